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
        latest(base + "latest"),
        lease(base + "ingest"),
        channel(base + "events"),
        inbox(prefix + ":in"),
        inbox_channels(prefix + ":in:"),
        notes(base + "notes"),
        notes_end(base + "notes:end"),
        nodes(base + "nodes"),
        talk(base + "talk") {}

  /// Of an event's key with its subject, see broker::Draft::key.
  std::string key(const std::string& key) const { return base + "key:" + key; }

  /// What this node tells of itself.
  std::string entry(const std::string& node) const { return base + "node:" + node; }

  std::string base;
  std::string head;     // hash: epoch, seq, run_id, bytes, first, since, keep, latest_bytes
  std::string log;      // stream, one entry an event
  std::string latest;   // hash: the newest event of each board that delivers its latest
  std::string lease;    // whose node takes what other programs send
  std::string channel;  // one message a batch
  // What other programs write, under names that are easy to type.
  std::string inbox;           // stream
  std::string inbox_channels;  // and a board's name
  // Of nodes among themselves, see redis_talk.h.
  std::string notes;      // hash
  std::string notes_end;  // sorted set: when each ends
  std::string nodes;      // sorted set: when each is gone
  std::string talk;       // channel
};

}  // namespace gateway::backbone
