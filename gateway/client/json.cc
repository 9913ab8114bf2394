#include "client/json.h"

#include <cstdint>

#include "base/text.h"

namespace gateway::client {
namespace {

constexpr int kDepthMax = 64;
constexpr std::string_view kDigits = "0123456789";

/// Walks over a text token by token. Each step answers whether the text was as it must be.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) { space(); }

  bool at_end() const { return rest_.empty(); }
  /// Steps over `c` and the space behind it, if it is there.
  bool skip(char c) {
    if (rest_.substr(0, 1) != std::string_view(&c, 1)) return false;
    rest_.remove_prefix(1);
    space();
    return true;
  }
  /// One value; `raw` becomes its text.
  bool value(std::string_view& raw, int depth = 0) {
    const std::string_view before = rest_;
    std::size_t length = 0;
    if (!bare_value(depth, length)) return false;
    if (length != 0) rest_.remove_prefix(length);
    raw = before.substr(0, before.size() - rest_.size());
    while (!raw.empty() && is_space(raw.back())) raw.remove_suffix(1);
    space();
    return true;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  void space() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }

  /// Steps over a list itself; of all else it says the length.
  bool bare_value(int depth, std::size_t& length) {
    if (rest_.empty()) return false;
    switch (rest_.front()) {
      case '{':
      case '[':
        return depth < kDepthMax && list(depth + 1);
      case '"':
        length = string_length();
        break;
      case 't':
        length = word_length("true");
        break;
      case 'f':
        length = word_length("false");
        break;
      case 'n':
        length = word_length("null");
        break;
      default:
        length = number_length();
    }
    return length != 0;
  }

  bool list(int depth) {
    const bool object = rest_.front() == '{';
    const char close = object ? '}' : ']';
    std::string_view ignored;
    skip(rest_.front());
    if (skip(close)) return true;
    do {
      if (object && (rest_.substr(0, 1) != "\"" || !value(ignored) || !skip(':'))) return false;
      if (!value(ignored, depth)) return false;
    } while (skip(','));
    return skip(close);
  }

  std::size_t word_length(std::string_view word) const {
    return rest_.substr(0, word.size()) == word ? word.size() : 0;
  }

  std::size_t string_length() const {
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      const auto byte = static_cast<unsigned char>(rest_[at]);
      if (byte == '"') return at + 1;
      if (byte < 0x20) return 0;
      if (byte == '\\') ++at;
    }
    return 0;
  }

  std::size_t digits(std::size_t from) const {
    const std::size_t end = rest_.find_first_not_of(kDigits, from);
    return (end == std::string_view::npos ? rest_.size() : end) - from;
  }
  bool has(std::size_t at, std::string_view any) const {
    return at < rest_.size() && any.find(rest_[at]) != std::string_view::npos;
  }
  std::size_t number_length() const {
    std::size_t at = has(0, "-") ? 1U : 0U;
    const std::size_t whole = digits(at);
    if (whole == 0 || (whole > 1 && rest_[at] == '0')) return 0;
    at += whole;
    if (has(at, ".")) {
      const std::size_t fraction = digits(at + 1);
      if (fraction == 0) return 0;
      at += 1 + fraction;
    }
    if (!has(at, "eE")) return at;
    at += has(at + 1, "+-") ? 2U : 1U;
    const std::size_t exponent = digits(at);
    return exponent == 0 ? 0 : at + exponent;
  }

  std::string_view rest_;
};

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6U);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12U);
    put(0x80 | (point >> 6U & 0x3F));
  } else {
    put(0xF0 | point >> 18U);
    put(0x80 | (point >> 12U & 0x3F));
    put(0x80 | (point >> 6U & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

/// The four hex digits at the start of `text`.
std::optional<std::uint32_t> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text.substr(0, 4)) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(base::ascii_lower({&c, 1}));
    if (digit == std::string_view::npos) return std::nullopt;
    number = number * 16 + static_cast<std::uint32_t>(digit);
  }
  return number;
}

/// Takes what stands behind `\u` off `text`: one character, perhaps of two surrogates.
bool take_unicode(std::string_view& text, std::string& out) {
  auto point = hex4(text);
  if (!point) return false;
  text.remove_prefix(4);
  if (*point >= 0xD800 && *point < 0xDC00 && text.substr(0, 2) == "\\u") {
    const auto low = hex4(text.substr(2));
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
    text.remove_prefix(6);
    point = 0x10000 + ((*point - 0xD800) << 10U) + (*low - 0xDC00);
  }
  if (*point >= 0xD800 && *point < 0xE000) return false;  // half of a pair
  append_utf8(out, *point);
  return true;
}

/// Takes what stands behind a backslash off `text`.
bool take_escape(std::string_view& text, std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char letter = text.front();
  text.remove_prefix(1);
  if (letter == 'u') return take_unicode(text, out);
  const std::size_t place = kLetters.find(letter);
  if (place == std::string_view::npos) return false;
  out += kMeanings[place];
  return true;
}

}  // namespace

bool is_json(std::string_view text) {
  Scanner scanner(text);
  std::string_view ignored;
  return scanner.value(ignored) && scanner.at_end();
}

std::optional<std::string_view> json_member(std::string_view text, std::string_view name) {
  if (!is_json(text)) return std::nullopt;
  Scanner scanner(text);
  if (!scanner.skip('{') || scanner.skip('}')) return std::nullopt;
  do {
    std::string_view key;
    std::string_view value;
    if (!scanner.value(key) || !scanner.skip(':') || !scanner.value(value)) return std::nullopt;
    if (json_text(key) == name) return value;
  } while (scanner.skip(','));
  return std::nullopt;
}

std::optional<std::string> json_text(std::string_view value) {
  if (value.substr(0, 1) != "\"" || !is_json(value)) return std::nullopt;
  std::string_view text = value.substr(1, value.rfind('"') - 1);
  std::string out;
  while (!text.empty()) {
    const std::size_t plain = text.find('\\');
    out += text.substr(0, plain);
    if (plain == std::string_view::npos) break;
    text.remove_prefix(plain + 1);
    if (!take_escape(text, out)) return std::nullopt;
  }
  return out;
}

std::vector<std::string> json_texts(std::string_view value) {
  if (!is_json(value)) return {};
  Scanner scanner(value);
  if (!scanner.skip('[') || scanner.skip(']')) return {};
  std::vector<std::string> texts;
  do {
    std::string_view item;
    if (!scanner.value(item)) return {};
    auto text = json_text(item);
    if (!text) return {};
    texts.push_back(*std::move(text));
  } while (scanner.skip(','));
  return texts;
}

std::string json_text_member(std::string_view text, std::string_view name) {
  const auto value = json_member(text, name);
  return value ? json_text(*value).value_or("") : "";
}

}  // namespace gateway::client
