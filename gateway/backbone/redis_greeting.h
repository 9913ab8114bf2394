// What: what is said on a new connection before anything else: who we are, which database, and
// which Redis it is. Thread: the connection's.
#pragma once

#include <functional>
#include <string>

#include "backbone/options.h"
#include "backbone/redis_connection.h"
#include "base/result.h"

namespace gateway::backbone {

/// Where to, and as whom.
struct RedisPlace {
  RedisAddress address;
  std::string username;
  std::string password;  // empty: nobody asks
};

/// Which Redis it is that answers, at its present start.
struct RedisServer {
  std::string run_id;
  std::string version;
};

/// Calls `done` once, unless the connection goes first. The error is for an operator, without
/// secrets.
void greet(RedisConnection& connection, const RedisPlace& place,
           std::function<void(base::Result<RedisServer>)> done);

}  // namespace gateway::backbone
