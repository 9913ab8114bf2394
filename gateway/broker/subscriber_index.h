// What: which subscriptions of one hub read a board, by exact name or by pattern. Owner: the hub.
// Thread: the hub's. A board's subscribers lie in one flat vector, because walking it is the hot
// path. One that leaves is replaced by the last (its place is kept in the subscription), so that a
// board's thousand streams can all leave in linear time; the price is that a board's order of
// subscribers is not that of their opening, which nothing depends on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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

 private:
  std::unordered_map<std::string, Entries> boards_;
  PrefixTrie<Entries> prefixes_;
};

}  // namespace gateway::broker
