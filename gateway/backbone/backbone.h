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

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "broker/event.h"
#include "broker/log.h"

namespace gateway::backbone {

/// Why a publish was not accepted. Nothing of the batch was published (unavailable: overloaded, or
/// the shared store is away), or (unknown) it may have been.
enum class PublishError : std::uint8_t { unavailable, unknown };

using PublishResult = base::Result<std::vector<broker::EventId>, PublishError>;
/// Called exactly once, on the publishing thread's loop or inside `publish` itself.
using PublishDone = std::function<void(PublishResult)>;

class Backbone {
 public:
  virtual ~Backbone() = default;
  /// Places the batch in the order, contiguous, all or nothing. `ids` in the order of `batch`.
  virtual void publish(std::vector<broker::Draft> batch, PublishDone done) = 0;
  /// Can take events now; false makes the node not ready.
  virtual bool connected() const = 0;
  virtual broker::Log& log() = 0;
};

/// One node on its own: a new epoch at every start, never away. While more than
/// `options.backlog_bytes` of events wait for a worker, publishes are `unavailable`: publishers
/// cannot outrun the workers for longer than that. `clock` outlives it.
std::unique_ptr<Backbone> make_memory_backbone(const base::Clock& clock, base::Random& random,
                                               const broker::Options& options);

}  // namespace gateway::backbone
