// What: how many of something (connections, streams) each client has open, by key. A client that
// has none open costs nothing, so the table is bounded by what is open. Owner: the supervisor.
// Thread: safe from any; a lock for each of the shards. Invariant: each `open` that said true has
// its `close`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/thread_annotations.h"

namespace gateway::base {

class OpenCounts {
 public:
  /// One more, whatever there are. `key`: a hash that clients cannot compute (base/sip_hash.h).
  void open(std::uint64_t key);
  /// One more, and true; or there are `max` or more already.
  bool open_within(std::uint64_t key, std::size_t max);
  void close(std::uint64_t key);
  std::size_t open_of(std::uint64_t key);

 private:
  static constexpr std::size_t kShards = 16;
  struct Shard {
    Mutex mutex;
    std::unordered_map<std::uint64_t, std::size_t> open BC_GUARDED_BY(mutex);
  };

  Shard& shard_of(std::uint64_t key) { return shards_[key % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace gateway::base
