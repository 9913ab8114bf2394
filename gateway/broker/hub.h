// What: one worker's share of the broker: which local subscriptions want which board, and the turn
// in which new events are spread over them. Owner: the worker. Thread: the worker's; it meets other
// threads only in the Log.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/counter.h"
#include "base/random.h"
#include "base/wakeable.h"
#include "broker/log.h"
#include "broker/options.h"
#include "broker/subscription.h"

namespace gateway::broker {

/// Cells of one hub.
struct HubCounters {
  base::Gauge streams;  // subscriptions open now
  base::Counter streams_opened;
  base::Counter streams_ended_client;  // closed by the peer or its connection
  base::Counter streams_ended_limit;
  base::Counter streams_ended_slow;
  base::Counter streams_ended_drain;
  base::Counter streams_stalled;
  base::Counter events_taken;  // events drained from the log
  base::Counter deliveries;    // event blocks queued to a stream
  base::Counter encodings;     // forms built by this hub
  base::Counter heartbeats;
};

class Hub {
 public:
  /// Attaches to `log`; `wakeable` is the worker's loop. All arguments outlive the hub.
  Hub(Log& log, base::Wakeable& wakeable, const Options& options, const base::Clock& clock,
      base::Random& random);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// A live subscription from the log's head on: it gets exactly the events after its position().
  /// `listener` outlives it.
  std::unique_ptr<Subscription> subscribe(Subscription::Settings settings,
                                          Subscription::Listener& listener);

  /// Spreads events that the log has put into the outbox, at most `events_max`; true when some are
  /// left (call again next turn, so that the sockets can take what is queued first). Call every
  /// turn.
  bool spread(std::size_t events_max);

  /// Queues heartbeats of streams silent for options.heartbeat and reports stalled ones. Call about
  /// every heartbeat_tick(); costs only for what is due.
  void beat();
  static std::chrono::milliseconds heartbeat_tick() { return std::chrono::milliseconds(250); }

  /// `retry` ± 50 %, drawn anew for each stream so that reconnects spread.
  std::chrono::milliseconds draw_retry();

  /// Streams by board or pattern text ("team-*"), as they are now.
  std::map<std::string, std::uint64_t> streams_by_board() const;
  /// Everything up to here that this hub wants has been spread.
  EventId position() const;
  /// Ends about `share` (0 to 1] of the streams that are still open, reason `drain`.
  void end_some(double share, EndReason reason);

  const HubCounters& counters() const;
};

}  // namespace gateway::broker
