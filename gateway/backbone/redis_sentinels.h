// What: asks Sentinels which Redis is the primary, one after the other until one of them knows.
// That one is asked first the next time, and over the same connection. Owner: the link. Thread: its
// loop's. Invariant: each `find` is answered once, later, unless `stop` comes first.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "backbone/options.h"
#include "backbone/redis_connection.h"
#include "base/result.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

class RedisSentinels {
 public:
  /// `found` gets the primary's host and port, or why nobody names one. `options` name at least one
  /// Sentinel, and are valid; `loop` and `lookup` outlive it.
  using Found = std::function<void(base::Result<RedisAddress>)>;
  RedisSentinels(loop::EventLoop& loop, HostLookup& lookup, const RedisOptions& options,
                 Found found);

  /// While it looks already, it goes on.
  void find();
  void stop();

 private:
  void ask();
  void answered(const RedisReply& reply);
  void next(const std::string& why);

  const std::string name_;
  const std::string password_;
  const std::vector<std::string> auth_;
  const RedisConnection::Bounds bounds_;
  const Found found_;
  std::vector<RedisAddress> sentinels_;  // the one to ask first in front
  RedisConnection connection_;
  bool finding_ = false;
  std::size_t asked_ = 0;  // in this search
  std::string refusal_;    // of AUTH
};

}  // namespace gateway::backbone
