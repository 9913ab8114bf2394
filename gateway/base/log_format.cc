#include "base/log_format.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/text.h"

namespace gateway::base {
namespace {

constexpr std::string_view kCut = "…";
constexpr char kHex[] = "0123456789ABCDEF";

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      break;
  }
  return "off";
}

std::string timestamp(WallMs wall) {
  const auto second = static_cast<std::time_t>(wall / 1000);
  std::tm utc{};
  if (gmtime_r(&second, &utc) == nullptr) return "-";
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                                   utc.tm_min, utc.tm_sec, static_cast<int>(wall % 1000));
  return std::string(text, static_cast<std::size_t>(std::max(length, 0)));
}

/// The longest beginning of `text` of at most `bytes_max` bytes that splits no character.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t kept = bytes_max;
  while (kept > 0 && kept + 3 > bytes_max) {
    const auto next = static_cast<unsigned char>(text[kept]);
    if ((next & 0xC0U) != 0x80U) break;
    --kept;
  }
  return text.substr(0, kept);
}

void append_hex_byte(std::string& out, std::string_view prefix, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += prefix;
  out.push_back(kHex[byte >> 4U]);
  out.push_back(kHex[byte & 15U]);
}

/// Calls `plain(sequence)` for each good character and `broken(byte)` for each byte of none.
template <typename Plain, typename Broken>
void for_each_character(std::string_view text, Plain plain, Broken broken) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) {
      broken(text[0]);
      text.remove_prefix(1);
    } else {
      plain(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
}

void append_escaped_text(std::string& out, std::string_view text, bool quoted) {
  const auto plain = [&out, quoted](std::string_view sequence) {
    const char c = sequence[0];
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (has_any_control(sequence)) {
      for (const char byte : sequence) append_hex_byte(out, "\\x", byte);
    } else {
      if (quoted && (c == '"' || c == '\\')) out.push_back('\\');
      out += sequence;
    }
  };
  for_each_character(text, plain, [&out](char c) { append_hex_byte(out, "\\x", c); });
}

void append_text_value(std::string& out, std::string_view value) {
  const std::string_view kept = cut(value, kLogValueBytesMax);
  const bool bare =
      !kept.empty() && is_utf8(kept) && std::none_of(kept.begin(), kept.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte >= 0x7F || c == '"' || c == '\\' || c == '=';
      });
  if (!bare) out.push_back('"');
  append_escaped_text(out, kept, !bare);
  if (kept.size() < value.size()) out += kCut;
  if (!bare) out.push_back('"');
}

void append_json_value(std::string& out, std::string_view value, std::size_t bytes_max) {
  const std::string_view kept = cut(value, bytes_max);
  std::string clean;
  clean.reserve(kept.size() + kCut.size());
  for_each_character(
      kept,
      [&clean](std::string_view sequence) {
        clean += has_c1_control(sequence) ? "\uFFFD" : sequence;
      },
      [&clean](char) { clean += "\uFFFD"; });
  if (kept.size() < value.size()) clean += kCut;
  append_json_string(out, clean);
}

/// "nan" and "inf" are numbers to C++ and not to JSON.
bool is_json_number(const LogField& field) {
  return field.number && !field.value.empty() && field.value.back() >= '0' &&
         field.value.back() <= '9';
}

}  // namespace

std::string format_log_text(const LogRecord& record) {
  std::string line = timestamp(record.time);
  line.push_back(' ');
  const std::string_view level = level_name(record.level);
  line += level;
  line.append(6 - level.size(), ' ');
  const std::string_view message = cut(record.message, kLogMessageBytesMax);
  append_escaped_text(line, message, false);
  if (message.size() < record.message.size()) line += kCut;
  for (const LogField& field : record.fields) {
    if (field.name.empty()) continue;
    line.push_back(' ');
    line += field.name;
    line.push_back('=');
    append_text_value(line, field.value);
  }
  line.push_back('\n');
  return line;
}

std::string format_log_json(const LogRecord& record) {
  std::string line = "{\"time\":\"";
  line += timestamp(record.time);
  line += "\",\"level\":\"";
  line += level_name(record.level);
  line += "\",\"message\":";
  append_json_value(line, record.message, kLogMessageBytesMax);
  for (const LogField& field : record.fields) {
    if (field.name.empty()) continue;
    line.push_back(',');
    append_json_string(line, field.name);
    line.push_back(':');
    if (is_json_number(field)) {
      line += field.value;
    } else {
      append_json_value(line, field.value, kLogValueBytesMax);
    }
  }
  line += "}\n";
  return line;
}

}  // namespace gateway::base
