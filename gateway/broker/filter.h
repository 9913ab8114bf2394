// What: what a stream wants, compiled once: exact boards, prefix patterns, event types. Immutable
// and one word: a hub's streams that want the same share it. Owner: its holders together. Thread:
// one; it may be read on another while its holder waits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/intrusive_ptr.h"
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

/// Some board may be named by both, of which `pattern` is one.
inline bool overlap(std::string_view name, std::string_view pattern) {
  const std::string_view prefix = prefix_of(pattern);
  return names_board(pattern, name) || (is_pattern(name) && prefix.starts_with(prefix_of(name)));
}

class FilterPool;

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
    return compile(names, content_->types);
  }

  /// Boards and patterns (with '*'), distinct, in the order they were named. The reference lives as
  /// long as any filter of the same content that shares it.
  const std::vector<std::string>& names() const { return content_->names; }
  const std::vector<std::string>& types() const { return content_->types; }
  /// `type` as an Event has it: empty is untyped.
  bool wants_type(std::string_view type) const {
    return content_->types.empty() || names_type(type);
  }
  /// One of names() is this board, or a pattern of it.
  bool reads(std::string_view board) const;
  bool empty() const { return content_->names.empty(); }

 private:
  friend class FilterPool;
  struct Content final : base::LocalCount<Content> {
    Content() = default;
    ~Content();
    std::vector<std::string> names;
    std::vector<std::string> types;      // empty: all
    mutable FilterPool* pool = nullptr;  // knows it
  };

  explicit Filter(base::IntrusivePtr<const Content> content) : content_(std::move(content)) {}
  bool names_type(std::string_view type) const;

  base::IntrusivePtr<const Content> content_;
};

/// The contents of filters in use, each once. Outlives the filters that it gave. Thread: one.
class FilterPool {
 public:
  FilterPool() = default;
  ~FilterPool();
  FilterPool(const FilterPool&) = delete;
  FilterPool& operator=(const FilterPool&) = delete;

  /// The filter that wants the same as `filter`, in the same order of names; no other pool's.
  Filter share(Filter filter);
  std::size_t size() const { return contents_.size(); }

 private:
  friend struct Filter::Content;
  using Content = Filter::Content;
  struct Hash {
    std::size_t operator()(const Content* content) const;
  };
  struct Equal {
    bool operator()(const Content* a, const Content* b) const {
      return a->names == b->names && a->types == b->types;
    }
  };

  std::unordered_set<const Content*, Hash, Equal> contents_;
};

}  // namespace gateway::broker
