// What: orders events and spreads them between nodes. The memory backbone is one process's own log;
// with the redis backbone each node has a copy of one log that all share. Whatever the backbone,
// subscribers read from `log()`.
// Owner: the app; outlives workers. Thread: `publish` from any worker; see PublishDone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backbone/nodes.h"
#include "backbone/options.h"
#include "backbone/redis_counters.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "broker/event.h"
#include "broker/log.h"

namespace gateway::backbone {

/// Why a publish was not accepted.
struct PublishError {
  enum Reason : std::uint8_t {
    unavailable,  // overloaded, or the shared store is away: nothing of the batch was published
    unknown,      // it may have been published
    conflict,     // a key stands for other content: nothing of the batch was published
  };
  Reason reason = unavailable;
  std::size_t index = 0;  // of the event in conflict
};

struct Published {
  std::vector<broker::EventId> ids;  // in the order of the batch
  std::size_t repeated = 0;          // how many of them were there already, by their keys
};

using PublishResult = base::Result<Published, PublishError>;
/// Called exactly once, from any thread or inside `publish` itself; see AnswersOn.
using PublishDone = std::function<void(PublishResult)>;

class Backbone {
 public:
  virtual ~Backbone() = default;
  /// Places the batch in the order, contiguous, all or nothing. An event whose key is remembered is
  /// not published again: it gets the id it has.
  virtual void publish(std::vector<broker::Draft> batch, PublishDone done) = 0;
  /// Works by these from now on: what of them can change while it runs (the history's limits, the
  /// backlog, the window of keys). Any thread.
  virtual void use(const broker::Options& broker_options, const Options& options) = 0;
  /// Can take events now; false makes the node not ready.
  virtual bool connected() const = 0;
  virtual broker::Log& log() = 0;
  /// The log has its content: false only until the first connection, and no stream may open then.
  virtual bool loaded() const { return true; }
  /// The log is the newest that anybody may have heard of; otherwise another one may have begun.
  virtual bool current() const { return true; }
  /// Ids of the log's epoch up to this one may have been given to somebody; where other nodes do
  /// so, that may be beyond this node's head.
  virtual broker::EventId newest() { return log().head(); }
  /// Calls `done` once, from any thread: soon, when all that was published here and accepted is in
  /// the log. Nobody publishes any more.
  virtual void settle(std::function<void()> done) { done(); }
  /// Ends its thread, if it has one; after the return nothing is called any more. Main thread.
  virtual void stop() {}
  /// Those that share the log. Safe from any thread.
  virtual Nodes& nodes() { return alone_; }
  /// Null: this is no redis backbone.
  virtual const RedisCounters* redis() const { return nullptr; }
  struct Keys {
    std::size_t held = 0;
    std::uint64_t forgotten_early = 0;  // before their window was over, to make room
  };
  /// Safe from any thread.
  virtual Keys keys() const = 0;

 private:
  NoNodes alone_;
};

/// One of the nodes that share the log in the Redis of `options.redis`. It begins to connect at
/// once, on a thread of its own, and is `connected` when the log is loaded. `options` are valid.
/// The rest as with the memory backbone.
std::unique_ptr<Backbone> make_redis_backbone(const base::Clock& clock,
                                              const broker::Options& broker_options,
                                              const Options& options);

/// Whether the files can be used, as each connection by TLS will: the error names the one that
/// cannot.
base::Result<base::Unit> check_redis_tls(const RedisTlsOptions& options);

/// One node on its own: a new epoch at every start, never away. While more than
/// `broker_options.backlog_bytes` of events wait for a worker, publishes are `unavailable`:
/// publishers cannot outrun the workers for longer than that. `clock` outlives it.
std::unique_ptr<Backbone> make_memory_backbone(const base::Clock& clock, base::Random& random,
                                               const broker::Options& broker_options,
                                               const Options& options);

}  // namespace gateway::backbone
