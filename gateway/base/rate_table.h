// What: token buckets by key, for rates of many clients: an address, a subject. Memory is fixed
// (1 MiB, from a shard's first use on), however many keys come: a bucket that is full again is as
// good as none, and when all places of a set are taken the one that is full soonest is forgotten.
// So strangers with a million addresses push out each other, and least of all whoever has taken
// most; what is forgotten errs in the client's favour. Owner: the supervisor. Thread: safe from
// any; a lock for each of the shards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/thread_annotations.h"

namespace gateway::base {

/// `per_second` tokens come back, up to `burst` seconds' worth of them (at least one).
struct Rate {
  std::uint64_t per_second = 0;  // 0: no limit
  Duration burst{};
};

class RateTable {
 public:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kSetsPerShard = 512;
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kKeysMax = kShards * kSetsPerShard * kWays;

  /// Takes a token. Zero: it was there; else how long until it is, and nothing is taken. `key`: a
  /// hash that clients cannot compute (base/sip_hash.h), not 0.
  Duration take(std::uint64_t key, Rate rate, MonoTime now);
  /// Takes so many more of one who was given a token, whether they are there or not: what he asks
  /// next waits for them.
  void charge(std::uint64_t key, Rate rate, std::uint64_t tokens, MonoTime now);

 private:
  struct Bucket {
    std::uint64_t key = 0;
    MonoTime full_at{};
  };
  using Set = std::array<Bucket, kWays>;
  struct Shard {
    Mutex mutex;
    std::vector<Set> sets BC_GUARDED_BY(mutex);
  };

  Shard& shard_of(std::uint64_t key) { return shards_[key % kShards]; }
  /// The key's bucket, or one in its place.
  static Bucket& find(Shard& shard, std::uint64_t key) BC_REQUIRES(shard.mutex);

  std::array<Shard, kShards> shards_;
};

}  // namespace gateway::base
