// What: takes the POSTs of `boardcast publish --redis`: checks them as a gateway would, and
// publishes them in Redis. Owner and thread: the command's.
#pragma once

#include <chrono>
#include <string>

#include "backbone/redis_publisher.h"
#include "client/publish.h"

namespace gateway::app {

class RedisPoster final : public client::Poster {
 public:
  RedisPoster(const base::Clock& clock, const backbone::RedisOptions& options)
      : publisher_(clock, options) {}

  /// Takes as long as Redis may, whatever `time_max`.
  client::Outcome post(const std::string& body, std::chrono::milliseconds time_max,
                       client::Receiver& receiver) override;

 private:
  backbone::RedisPublisher publisher_;
};

}  // namespace gateway::app
