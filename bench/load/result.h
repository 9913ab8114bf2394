// What: what a run found out, and how it is printed. Plain values.
#pragma once

#include <cstdint>

#include "load/checker.h"
#include "load/histogram.h"
#include "load/plan.h"
#include "load/process.h"

namespace bench {

struct Memory {
  std::uint64_t before = 0;  // resident bytes of the server, nothing open
  std::uint64_t first = 0;   // every connection with its first stream
  std::uint64_t all = 0;     // every stream open
  std::uint64_t after = 0;   // the work done, every stream still open
};

struct Replay {
  Tally tally;
  std::uint64_t expected = 0;
  double seconds = 0;  // from the first request to the last old event
  Histogram live;      // latencies of live events that were due meanwhile
};

struct Result {
  Memory memory;
  double connect_seconds = 0;  // all connections, handshakes included
  double open_seconds = 0;     // all streams but the first of each connection
  std::uint64_t events = 0;
  std::uint64_t requests = 0;
  std::uint64_t accepted = 0;  // requests
  std::uint64_t refused = 0;
  Tally live;
  std::uint64_t expected = 0;
  Tally slow;
  std::uint64_t slow_expected = 0;  // of which they need not have read all
  Replay replay;
  Histogram latencies;

  // Between the end of the warm-up and the end of publishing.
  double seconds = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t answers = 0;
  Cpu server;
  Cpu own;

  std::uint64_t lost() const;
  /// Every request was accepted, and every event came to every stream once and in order; slow
  /// streams may have missed some, and may have been ended.
  bool exact() const;
};

void print_table(const Plan& plan, const Result& result);
void print_json(const Plan& plan, const Result& result);

}  // namespace bench
