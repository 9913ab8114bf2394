// What: what the redis backbone counts. Owner: the backbone. Thread: written on its loop's, read
// from any.
#pragma once

#include "base/counter.h"

namespace gateway::backbone {

struct RedisCounters {
  base::Gauge connected;   // 1 while events can be published
  base::Gauge live;        // 1 while what others publish goes out at once
  base::Counter connects;  // of the commands' connection
  base::Counter losses;    // of either connection
  base::Counter reconciles;
  base::Counter epochs;   // times that another one began
  base::Counter read;     // events read from the log in Redis
  base::Counter skipped;  // seqs that were held nowhere any more
  base::Counter messages;
  base::Counter accepted;  // publishes, by their outcome
  base::Counter refused;   // nothing was published
  base::Counter unknown;
  base::Counter conflicts;
  base::Counter scripts;           // answered
  base::Counter script_micros;     // from sending to the answer, of all of them
  base::Gauge ingest_leads;        // 1 while this node takes what others publish in Redis
  base::Counter ingested_channel;  // events
  base::Counter ingested_stream;
  base::Counter ingest_rejected;  // they were none
  base::Counter ingest_lost;      // of channels, not appended or perhaps not
  base::Gauge unanswered;         // publishes that wait for their answer
  base::Gauge refusals;           // see RedisRefusals
  // Of nodes among themselves.
  base::Gauge nodes;         // seen at the last look, this one included; 0: Redis is away
  base::Counter notes;       // heard
  base::Counter notes_lost;  // put here, and not known to be in Redis
  base::Counter questions;   // asked here
  base::Counter silent;      // of them without an answer in time
  base::Counter malformed;   // messages and notes that no node writes
};

}  // namespace gateway::backbone
