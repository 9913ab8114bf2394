// What: what one hub counts. Every stream opened is open, or has ended for exactly one of nine
// reasons. Owner: the hub. Thread: its worker's writes, any reads.
#pragma once

#include "base/counter.h"

namespace gateway::broker {

struct HubCounters {
  base::Gauge streams;  // subscriptions open now
  base::Counter streams_opened;
  base::Counter streams_ended_client;  // closed by the peer or its connection
  base::Counter streams_ended_limit;   // these seven count when the ending is queued, so that a
  base::Counter streams_ended_slow;    // stream may be counted here and still be open
  base::Counter streams_ended_drain;
  base::Counter streams_ended_kicked;
  base::Counter streams_ended_replaced;
  base::Counter streams_ended_token;
  base::Counter streams_ended_full;
  base::Counter streams_stalled;  // cut because the socket took nothing
  base::Counter events_taken;     // events drained from the log
  base::Counter deliveries;       // event blocks queued to a stream
  base::Counter replayed;         // those of them that came from the history
  base::Counter snapshots;        // those of them that came without an id, ahead of an opening
  base::Gauge catching_up;        // streams that are not live
  base::Counter fallen_behind;    // live streams that became slow
  base::Counter conflated;        // live streams that skip to the latest of some board
  base::Counter gaps_trimmed;     // boardcast.gap told, by reason
  base::Counter gaps_epoch;
  base::Counter gaps_unknown;
  base::Counter gaps_slow;
  base::Counter gaps_backbone;
  base::Counter encodings;  // forms built by this hub
  base::Counter heartbeats;
};

}  // namespace gateway::broker
