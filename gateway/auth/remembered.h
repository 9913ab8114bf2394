// What: what was found out about tokens lately, so that a storm of reconnects is no storm of
// signatures. A token is known by a hash under a secret (whoever does not know that can make no two
// tokens look the same), never kept. Owner and thread: the gate's. Invariant: at most `bytes_max`
// by estimate, but the newest stays; what was not asked for longest goes first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/counter.h"
#include "base/sip_hash.h"

namespace gateway::auth {

template <typename Finding>
class Remembered {
 public:
  /// `bytes`: told what is held. It outlives this.
  Remembered(std::size_t bytes_max, base::Gauge& bytes) : bytes_max_(bytes_max), bytes_(bytes) {}

  /// From now on so many.
  void bound(std::size_t bytes_max) {
    bytes_max_ = bytes_max;
    trim();
  }

  /// Null when it is not known. Lives until the next call of anything else but `find`.
  Finding* find(const base::Digest& token) {
    const auto found = index_.find(token);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->finding;
  }

  /// `token` is not known yet. `bytes`: what the finding's own parts cost outside of it. The
  /// reference lives as that of `find`.
  Finding& add(const base::Digest& token, Finding finding, std::size_t bytes) {
    bytes += sizeof(Entry) + kNodes;
    entries_.push_front({token, std::move(finding), bytes});
    const bool is_new = index_.emplace(token, entries_.begin()).second;
    BC_CHECK(is_new, entries_.size());
    hold(held_ + bytes);
    trim();
    return entries_.front().finding;
  }

  void remove(const base::Digest& token) {
    const auto found = index_.find(token);
    if (found != index_.end()) drop(found->second);
  }

  void clear() {
    index_.clear();
    entries_.clear();
    hold(0);
  }

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return held_; }

 private:
  struct Entry {
    base::Digest token;
    Finding finding;
    std::size_t bytes = 0;
  };
  using Entries = std::list<Entry>;
  /// A digest under a secret spreads evenly by itself.
  struct Low {
    std::size_t operator()(const base::Digest& digest) const noexcept { return digest.low; }
  };
  /// Of list and index, by estimate.
  static constexpr std::size_t kNodes = 96;

  void trim() {
    while (held_ > bytes_max_ && entries_.size() > 1) drop(std::prev(entries_.end()));
  }
  void drop(typename Entries::iterator entry) {
    hold(held_ - entry->bytes);
    index_.erase(entry->token);
    entries_.erase(entry);
  }
  void hold(std::size_t bytes) {
    held_ = bytes;
    bytes_.set(static_cast<std::int64_t>(bytes));
  }

  std::size_t bytes_max_;
  base::Gauge& bytes_;
  Entries entries_;  // the one asked for last in front
  std::unordered_map<base::Digest, typename Entries::iterator, Low> index_;
  std::size_t held_ = 0;
};

}  // namespace gateway::auth
