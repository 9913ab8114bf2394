// What: where the process listens and how far it is on its way out, read by every worker. Owner:
// the supervisor, which alone writes it. Thread: read from any.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "base/memory_level.h"

namespace gateway::app {

struct RunState {
  /// The traffic listeners with their real ports; not written any more once the workers run.
  std::vector<std::string> addresses;
  /// False from the first stop signal on: /readyz says 503, everything else still works.
  std::atomic<bool> ready{true};
  /// True once `server.drain_delay` has passed: no new stream, no publish.
  std::atomic<bool> draining{false};
  /// How full the memory is that limits.memory grants.
  base::MemoryState memory{base::MemoryLevel::normal};
  /// Some listener finds no descriptors.
  std::atomic<bool> starved{false};
  /// Of one worker, see net::Connections.
  std::atomic<std::size_t> half_open_max{0};
};

}  // namespace gateway::app
