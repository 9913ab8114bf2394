// What: what a reload changes of the redis backbone. Owner: the backbone. Thread: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

#include "backbone/options.h"
#include "backbone/redis_script.h"
#include "base/thread_annotations.h"
#include "broker/options.h"

namespace gateway::backbone {

class RedisKept {
 public:
  void set(const broker::Options& broker_options, const Options& options) {
    backlog_bytes_ = broker_options.backlog_bytes;
    keys_count_ = options.dedupe_window.count() > 0;
    const RedisOptions& redis = options.redis;
    std::string keep =
        keep_word({redis.events, redis.bytes, redis.age, options.dedupe_window, redis.latest_bytes},
                  broker_options.history);
    const base::MutexLock lock(mutex_);
    keep_ = std::move(keep);
  }
  std::size_t backlog_bytes() const { return backlog_bytes_; }
  bool keys_count() const { return keys_count_; }
  std::string keep() const {
    const base::MutexLock lock(mutex_);
    return keep_;
  }

 private:
  std::atomic<std::size_t> backlog_bytes_{0};
  std::atomic<bool> keys_count_{false};
  mutable base::Mutex mutex_;
  std::string keep_ BC_GUARDED_BY(mutex_);
};

}  // namespace gateway::backbone
