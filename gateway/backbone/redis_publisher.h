// What: publishes into the log in Redis by the script, without being one of its nodes: for
// commands. What to keep it leaves to the nodes. Owner: the command. Thread: one, whose loop it
// turns while it waits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backbone/backbone.h"
#include "backbone/redis_connection.h"
#include "backbone/redis_greeting.h"
#include "backbone/redis_names.h"
#include "base/clock.h"
#include "base/random.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

class RedisPublisher {
 public:
  /// Of `options` the URL, the prefix, the user and the timeout count; they are valid. `clock`
  /// outlives it.
  RedisPublisher(const base::Clock& clock, const RedisOptions& options);

  /// Waits for the answer; connects when it has to. All of the batch or nothing.
  PublishResult publish(std::vector<broker::Draft> batch);
  /// Why the last one failed, for a person and without secrets.
  const std::string& why() const { return why_; }

 private:
  void greeted(const base::Result<RedisServer>& server);
  void send();
  void answered(const RedisReply& reply);
  void fail(PublishError::Reason reason, const std::string& why);

  loop::EventLoop loop_;
  const RedisPlace place_;
  const RedisNames names_;
  const RedisConnection::Bounds bounds_;
  base::SystemRandom random_;
  HostLookup lookup_;
  RedisConnection connection_;
  std::string run_id_;              // empty: not known of this connection
  std::vector<std::string> words_;  // of the batch under way …
  std::size_t events_ = 0;          // … and how many it has
  std::optional<PublishResult> result_;
  std::string why_;
};

}  // namespace gateway::backbone
