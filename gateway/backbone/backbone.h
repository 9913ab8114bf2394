// What: orders events and spreads them between nodes. The memory backbone is one process's own log;
// others put a shared store in front of it. Whatever the backbone, subscribers read from `log()`.
// Owner: the app; outlives workers. Thread: `publish` from any worker; see PublishDone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backbone/options.h"
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
/// Called exactly once, on the publishing thread's loop or inside `publish` itself.
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
  struct Keys {
    std::size_t held = 0;
    std::uint64_t forgotten_early = 0;  // before their window was over, to make room
  };
  /// Safe from any thread.
  virtual Keys keys() const = 0;
};

/// One node on its own: a new epoch at every start, never away. While more than
/// `broker_options.backlog_bytes` of events wait for a worker, publishes are `unavailable`:
/// publishers cannot outrun the workers for longer than that. `clock` outlives it.
std::unique_ptr<Backbone> make_memory_backbone(const base::Clock& clock, base::Random& random,
                                               const broker::Options& broker_options,
                                               const Options& options);

}  // namespace gateway::backbone
