// What: what a stream wants, compiled once: exact boards, prefix patterns, event types. Immutable,
// and compact: every stream has one. Thread: plain value, owned by its subscription.
#pragma once

#include <cstdint>
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

/// Has the trailing '*' of a pattern. `name` is not empty.
inline bool is_pattern(std::string_view name) { return name.back() == '*'; }
/// A pattern without its '*'.
inline std::string_view prefix_of(std::string_view pattern) {
  return pattern.substr(0, pattern.size() - 1);
}

/// `name` of a filter is this board, or a pattern of it.
inline bool names_board(std::string_view name, std::string_view board) {
  return is_pattern(name) ? board.starts_with(prefix_of(name)) : board == name;
}

class Filter {
 public:
  /// `names`: board names, or patterns: a prefix and a trailing '*' ("*" alone: every board).
  /// Repeats are dropped, empty names too. An asterisk anywhere else is an error. `types`: keep
  /// only these event types ("message": untyped); empty keeps all. The error is a sentence that
  /// names the culprit, fit for a client: valid UTF-8, of bounded length.
  static base::Result<Filter> compile(const std::vector<std::string>& names,
                                      const std::vector<std::string>& types);

  /// The same event types, of these names; the error as in `compile`.
  base::Result<Filter> with_names(const std::vector<std::string>& names) const {
    return compile(names, types_);
  }

  /// Boards and patterns (with '*'), distinct, in the order they were named.
  const std::vector<std::string>& names() const { return names_; }
  /// `type` as an Event has it: empty is untyped.
  bool wants_type(std::string_view type) const { return types_.empty() || names_type(type); }
  /// One of names() is this board, or a pattern of it.
  bool reads(std::string_view board) const;
  bool empty() const { return names_.empty(); }

 private:
  bool names_type(std::string_view type) const;

  std::vector<std::string> names_;
  std::vector<std::string> types_;  // empty: all
};

}  // namespace gateway::broker
