// What: what a stream wants, compiled once: exact boards, prefix patterns, event types. Immutable.
// Thread: plain value, owned by its subscription.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gateway::broker {

enum class NameError : std::uint8_t { empty, too_long, not_utf8, control_character, asterisk };
std::string_view to_string(NameError error);

/// 1 to kNameBytesMax bytes of UTF-8 without control characters (C0, DEL and, as U+0080–U+009F, C1)
/// and without '*': the name of one board.
base::Result<base::Unit, NameError> check_board_name(std::string_view name);

class Filter {
 public:
  /// `names`: board names, or patterns: a prefix and a trailing '*' ("*" alone: every board).
  /// Repeats are dropped, empty names too. An asterisk anywhere else is an error. `types`: keep
  /// only these event types ("message": untyped); empty keeps all. The error is a sentence that
  /// names the culprit.
  static base::Result<Filter> compile(const std::vector<std::string>& names,
                                      const std::vector<std::string>& types);

  const std::vector<std::string>& boards() const { return boards_; }
  /// The prefixes, without '*'.
  const std::vector<std::string>& prefixes() const { return prefixes_; }
  /// All as their text, patterns with '*', in the order they were named.
  const std::vector<std::string>& names() const { return names_; }
  bool wants_type(std::string_view type) const;
  bool empty() const { return names_.empty(); }

 private:
  std::vector<std::string> boards_;
  std::vector<std::string> prefixes_;
  std::vector<std::string> names_;
  std::vector<std::string> types_;
};

}  // namespace gateway::broker
