#include "base/rate_table.h"

#include <algorithm>

#include "base/check.h"

namespace gateway::base {
namespace {

Duration per_token(Rate rate) {
  return Duration(std::chrono::seconds(1)) / static_cast<std::int64_t>(rate.per_second);
}

}  // namespace

// The bucket as one time, at which it is full again: each token taken puts it off.
Duration RateTable::take(std::uint64_t key, Rate rate, MonoTime now) {
  if (rate.per_second == 0) return Duration::zero();
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  Bucket& bucket = find(shard, key);
  const MonoTime next = std::max(bucket.full_at, now) + per_token(rate);
  const Duration wait = next - now - std::max(rate.burst, per_token(rate));
  if (wait > Duration::zero()) return wait;
  bucket = {key, next};
  return Duration::zero();
}

void RateTable::charge(std::uint64_t key, Rate rate, std::uint64_t tokens, MonoTime now) {
  if (rate.per_second == 0 || tokens == 0) return;
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  Bucket& bucket = find(shard, key);
  bucket = {key,
            std::max(bucket.full_at, now) + per_token(rate) * static_cast<std::int64_t>(tokens)};
}

RateTable::Bucket& RateTable::find(Shard& shard, std::uint64_t key) {
  BC_CHECK(key != 0);
  if (shard.sets.empty()) shard.sets.resize(kSetsPerShard);
  Set& set = shard.sets[key / kShards % kSetsPerShard];
  const auto own = std::find_if(set.begin(), set.end(),
                                [key](const Bucket& bucket) { return bucket.key == key; });
  if (own != set.end()) return *own;
  Bucket& soonest = *std::min_element(set.begin(), set.end(), [](const Bucket& a, const Bucket& b) {
    return a.full_at < b.full_at;
  });
  soonest = {key, {}};
  return soonest;
}

}  // namespace gateway::base
