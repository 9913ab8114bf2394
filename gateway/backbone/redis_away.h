// What: a Redis that is away: when to try again, and what operators read of it. Each reason is told
// once until it is back: more would bury what else there is. Owner: the link. Thread: its loop's.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "backbone/options.h"
#include "base/random.h"

namespace gateway::backbone {

class RedisAway {
 public:
  /// It is back, and all is well.
  void over();
  /// Until the next try: longer each time, and drawn.
  std::chrono::milliseconds next_pause();
  void log_loss(const char* connection, const RedisAddress& address, const std::string& why);
  /// What an operator has to mend.
  void log_refusal(const RedisAddress& address, const std::string& why);

 private:
  bool is_news(const std::string& why);

  base::SystemRandom random_;
  std::chrono::milliseconds pause_{0};
  std::vector<std::string> told_;
};

}  // namespace gateway::backbone
