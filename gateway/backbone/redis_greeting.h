// What: what is said on a new connection before anything else: who we are, which database, and
// which Redis it is. Thread: the connection's.
#pragma once

#include <functional>
#include <string>
#include <vector>

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
/// Of valid options.
RedisPlace place_of(const RedisOptions& options);

/// Which Redis it is that answers, at its present start.
struct RedisServer {
  std::string run_id;
  std::string version;
  std::string policy;  // what it does when its memory is full; empty: it does not say
};

/// What AUTH says; empty: nobody asks.
std::vector<std::string> auth_command(const std::string& username, const std::string& password);
/// Why AUTH was refused, without the password, which an error may repeat.
std::string auth_refusal(const RedisReply& reply, const std::string& password);

/// Calls `done` once, unless the connection goes first. Only a primary will do. The error is for an
/// operator, without secrets.
void greet(RedisConnection& connection, const RedisPlace& place,
           std::function<void(base::Result<RedisServer>)> done);

}  // namespace gateway::backbone
