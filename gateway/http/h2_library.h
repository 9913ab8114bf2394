// What: makes the nghttp2 session under an H2Session: callbacks, limits, memory account. Owner: the
// H2Session. Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/counter.h"
#include "http/options.h"

struct nghttp2_session;

namespace gateway::http {

class H2Session;

/// Heap bytes of one library session, also added to the worker's sum.
struct H2Memory {
  explicit H2Memory(base::Gauge& worker_total) : total(worker_total) {}
  std::size_t bytes = 0;
  base::Gauge& total;
};

/// The frames that may wait for the socket before the peer counts as an attacker.
std::size_t h2_outbound_frames_max(const Options& options);

/// A server session whose first frame, SETTINGS, is queued. `memory` and `session` outlive it; free
/// it with nghttp2_session_del. The library's allocations never fail, see base/heap.h.
nghttp2_session* make_h2_library(H2Session& session, const Options& options, H2Memory& memory);

}  // namespace gateway::http
