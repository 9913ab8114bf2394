#include <string>
#include <string_view>
#include <utility>

#include "config/config.h"
#include "config/keys.h"

namespace gateway::config {
namespace {

constexpr std::size_t kColumns = 96;
constexpr std::string_view kHead =
    R"(# yaml-language-server: $schema=boardcast.schema.json
#
# Every key of Boardcast with its default; this file as it stands changes nothing. Printed by
# `boardcast config --default`. Copy what you need: a key left out keeps its default, an unknown or
# repeated one is an error. README.md in this folder is the manual.
#
# Durations: 500ms, 15s, 5m, 2h. Sizes: 1024 (bytes), 64KiB, 1MiB, 2GiB. In values, ${NAME} is an
# environment variable, ${NAME:-text} one with a default, and $$ a dollar; within [] and {} YAML
# wants quotes around them.
)";

/// `text` as comment lines with words kept whole.
void append_comment(std::string& out, std::string_view indent, std::string_view text) {
  std::size_t column = kColumns;
  bool first = true;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (first || column + 1 + word.size() > kColumns) {
      if (!first) out += '\n';
      out += indent;
      out += '#';
      column = indent.size() + 1;
      first = false;
    }
    out += ' ';
    out += word;
    column += 1 + word.size();
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  out += '\n';
}

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  return text + ".";
}

/// How far the keys of a section stand in, and the line above them.
std::string_view indent_of(const Section& section) { return is_single_value(section) ? "" : "  "; }
std::string heading(const Section& section) {
  return is_single_value(section) ? "" : std::string(section.name) + ":\n";
}

/// The keys of a section line by line: those of a map in it stand further in, below its name.
class Lines {
 public:
  explicit Lines(const Section& section) : section_(section) {}

  /// What has to stand above this key's line: the name of its map, where that is the first one.
  std::string above(const Key& key) {
    const std::string_view group = split_name(key.name).first;
    if (std::exchange(group_, group) == group || group.empty()) return "";
    return std::string(indent_of(section_)) + std::string(group) + ":\n";
  }
  std::string indent(const Key& key) const {
    return std::string(indent_of(section_)) + (split_name(key.name).first.empty() ? "" : "  ");
  }
  std::string line(const Key& key, const std::string& value) const {
    return indent(key) + std::string(split_name(key.name).second) + ": " + value + "\n";
  }

 private:
  const Section& section_;
  std::string_view group_;
};

}  // namespace

std::string default_yaml() {
  const Settings settings = default_settings();
  std::string out(kHead);
  for (const Section& section : sections()) {
    out += '\n';
    append_comment(out, "", section.reason);
    out += heading(section);
    bool first = true;
    Lines lines(section);
    for (const Key& key : section.keys) {
      if (!first) out += '\n';
      first = false;
      const std::string value = to_yaml(key.rule, key.access.get(settings));
      out += lines.above(key);
      append_comment(out, lines.indent(key), reason_of(key));
      append_comment(out, lines.indent(key),
                     sentence(describe(key.rule)) + " Default: " + value + ".");
      out += lines.line(key, value);
    }
  }
  return out;
}

std::string effective_yaml(const Settings& settings) {
  std::string out;
  for (const Section& section : sections()) {
    if (!out.empty()) out += '\n';
    out += heading(section);
    Lines lines(section);
    for (const Key& key : section.keys) {
      const std::string value = to_yaml(key.rule, key.access.get(settings));
      const bool hidden = key.secret && value != "\"\"";
      out += lines.above(key) + lines.line(key, hidden ? "\"********\"" : value);
    }
  }
  return out;
}

}  // namespace gateway::config
