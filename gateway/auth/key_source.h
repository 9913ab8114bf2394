// What: the key set that holds now, for those who judge by the same options: a reload of them makes
// another source, so that nobody holds a token against new keys and old options. Owner: shared by
// its readers and who renews it. Thread: any. A reader that keeps the set and its generation pays
// one atomic read for each token; the mutex is taken when the set has changed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "auth/key_set.h"
#include "base/thread_annotations.h"

namespace gateway::auth {

class KeySource {
 public:
  struct Held {
    std::shared_ptr<const KeySet> keys;
    std::uint64_t generation = 0;
  };

  /// `keys`: never null.
  explicit KeySource(std::shared_ptr<const KeySet> keys) : keys_(std::move(keys)) {}

  /// From now on these. Tokens that only the former set verifies are refused. When they are the
  /// same, nothing happens.
  void replace(std::shared_ptr<const KeySet> keys) BC_EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    if (*keys == *keys_) return;
    keys_ = std::move(keys);
    generation_.fetch_add(1, std::memory_order_release);
  }
  /// What is published elsewhere has been seen so often, whether it was new or not.
  void looked(std::uint64_t times = 1) { looks_.fetch_add(times, std::memory_order_release); }
  /// How often it was.
  std::uint64_t looks() const { return looks_.load(std::memory_order_acquire); }
  /// A token names a key that is not there. Cheap to repeat.
  void miss() const {
    if (!missed_.load(std::memory_order_relaxed)) missed_.store(true, std::memory_order_relaxed);
  }
  /// Whether one did since the last call.
  bool take_miss() { return missed_.exchange(false, std::memory_order_relaxed); }
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  Held current() const BC_EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    return {keys_, generation()};
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const KeySet> keys_ BC_GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::uint64_t> looks_{0};
  mutable std::atomic<bool> missed_{false};
};

}  // namespace gateway::auth
