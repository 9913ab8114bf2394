// What: the names of what the backbone has in Redis. All have one hash tag, so that a cluster keeps
// them in one place, which one script needs. Thread: a plain value.
#pragma once

#include <string>

namespace gateway::backbone {

struct RedisNames {
  explicit RedisNames(const std::string& prefix)
      : base("{" + prefix + "}:"),
        head(base + "head"),
        log(base + "log"),
        channel(base + "events") {}

  /// Of an event's key with its subject, see broker::Draft::key.
  std::string key(const std::string& key) const { return base + "key:" + key; }

  std::string base;
  std::string head;     // hash: epoch, seq, run_id, bytes, first, since
  std::string log;      // stream, one entry an event
  std::string channel;  // one message a batch
};

}  // namespace gateway::backbone
