// What: which commands Redis answers with an error, for want of a right, of memory, of what else.
// Each kind is told in the log with Redis's own words, once until it is answered well again or is
// needed no more, and not more often than each 10 s. Owner: the backbone. Thread: the link's
// loop's.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/redis_reply.h"
#include "base/clock.h"
#include "base/counter.h"

namespace gateway::backbone {

class RedisRefusals {
 public:
  /// Both outlive it. `refused`: how many kinds are needed and were answered with an error the last
  /// time.
  RedisRefusals(const base::Clock& clock, base::Gauge& refused)
      : clock_(clock), refused_(refused) {}

  /// A command's name, and of a script its first key as well: of these there are a few.
  static std::string kind_of(const std::vector<std::string>& command);
  void hear(std::string_view kind, const RedisReply& reply);
  /// This node has no need of them any more, or not for now.
  void forget(std::string_view kind);
  /// Who answers next may be another Redis.
  void forget();

 private:
  struct Kind {
    bool is_refused = false;
    bool is_told = false;
    base::MonoTime next_log{};
  };

  const base::Clock& clock_;
  base::Gauge& refused_;
  std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace gateway::backbone
