#include "base/open_counts.h"

#include <limits>

#include "base/check.h"

namespace gateway::base {

void OpenCounts::open(std::uint64_t key) {
  open_within(key, std::numeric_limits<std::size_t>::max());
}

bool OpenCounts::open_within(std::uint64_t key, std::size_t max) {
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  const auto found = shard.open.find(key);
  if (found == shard.open.end()) return max > 0 && shard.open.emplace(key, 1).second;
  if (found->second >= max) return false;
  ++found->second;
  return true;
}

void OpenCounts::close(std::uint64_t key) {
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  const auto found = shard.open.find(key);
  BC_CHECK(found != shard.open.end(), key);
  if (--found->second == 0) shard.open.erase(found);
}

std::size_t OpenCounts::open_of(std::uint64_t key) {
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  const auto found = shard.open.find(key);
  return found == shard.open.end() ? 0 : found->second;
}

}  // namespace gateway::base
