// What: takes what is published to the channels <prefix>:in:<board>, and appends it, in its order,
// once or, where that fails, not at all. Owner: Ingest, for one term. Thread: the link's loop's.
// Invariant: it subscribes when the lease is held, so it never gets what the term before got.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "backbone/ingest_queue.h"
#include "backbone/ingest_term.h"
#include "backbone/redis_connection.h"
#include "base/timer.h"
#include "base/weak_ptr.h"

namespace gateway::backbone {

class IngestChannel : public base::WeakTarget<IngestChannel> {
 public:
  explicit IngestChannel(const IngestTerm& term);
  /// Call it each second: sees that the connection lives.
  void look();
  void stop();

 private:
  void subscribe();
  void message(std::string_view channel, std::string_view data);
  void append();
  void appended(std::size_t count, const RedisReply& reply);

  const IngestTerm& term_;
  RedisConnection connection_;
  std::unique_ptr<base::Timer> again_;  // armed: the workers are behind
  IngestQueue waiting_;
  bool subscribed_ = false;
  bool appending_ = false;
  bool stopped_ = false;
};

}  // namespace gateway::backbone
