// What: which subscriptions of one hub read a board, by exact name or by pattern. Owner: the hub.
// Thread: the hub's. A board's subscribers lie in one flat vector, because walking it is the hot
// path. One that leaves is replaced by the last (its place is kept in the subscription), so that a
// board's thousand streams can all leave in linear time; the price is that a board's order of
// subscribers is not that of their opening, which nothing depends on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/first_names.h"
#include "broker/log.h"
#include "broker/prefix_trie.h"

namespace gateway::broker {

class Subscription;

class SubscriberIndex {
 public:
  struct Entry {
    Subscription* subscription;
    std::uint32_t name;  // which of its filter's names
  };
  using Entries = std::vector<Entry>;

  /// Adds it under all names of its filter. Returns those that nobody had before; views into the
  /// filter.
  Interest add(Subscription& subscription);
  /// The reverse. Returns the names that nobody has any more.
  Interest remove(Subscription& subscription);

  /// Calls `visit(const Entries&)` for the exact name and then for each prefix of it, shortest
  /// first. A subscription of several of them is met in each.
  template <typename Visit>
  void visit(const std::string& board, Visit visit) const {
    const auto exact = boards_.find(board);
    if (exact != boards_.end()) visit(exact->second);
    prefixes_.walk(board, visit);
  }

  /// Subscriptions by board name or pattern text: of those that begin with `prefix` the first
  /// `names_max` in byte order.
  std::map<std::string, std::uint64_t> counts(std::string_view prefix, std::size_t names_max) const;
  /// Of this board name or pattern text.
  std::uint64_t count(const std::string& name) const;

 private:
  friend class MostRead;

  /// Calls `visit(text, count)` for each pattern, from that of the prefix `from` on, until it
  /// returns false.
  template <typename Visit>
  void each_pattern(std::string_view from, Visit visit) const;

  std::unordered_map<std::string, Entries> boards_;
  PrefixTrie<Entries> prefixes_;
};

/// The names of an index with the most subscriptions, of equal ones the first in byte order. They
/// are looked for in parts, between which subscriptions may come and go: with a million names, one
/// pass over all of them would hold up the hub's thread.
class MostRead {
 public:
  /// Places in the table of boards, each with about one, that a part looks at; or patterns. The
  /// part that ends the boards looks at so many patterns, too.
  static constexpr std::size_t kBuckets = 2048;

  /// `index` outlives it.
  MostRead(const SubscriberIndex& index, std::size_t names_max)
      : index_(index), names_max_(names_max), first_(names_max) {}

  /// Looks at the next part: first of the boards, then of the patterns. False: that was all.
  bool go_on();
  /// After that: `names_max` at most, in order.
  std::vector<NameCount> take() { return first_.take(); }

 private:
  /// Begins anew when the table has grown meanwhile.
  bool look_at_boards();
  bool look_at_patterns();

  const SubscriberIndex& index_;
  const std::size_t names_max_;
  FirstNames<ByCount> first_;
  std::size_t bucket_ = 0;             // the next one …
  std::size_t buckets_ = 0;            // … of so many
  std::optional<std::string> prefix_;  // of the next pattern; nothing: the boards are not over
};

}  // namespace gateway::broker
