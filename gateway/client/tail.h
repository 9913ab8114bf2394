// What: `boardcast tail`: reads boards and prints their events, and comes back by itself after any
// failure with the id it had last. What was lost, when it was back and what may be missing is said
// on standard error. Thread: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "client/target.h"
#include "client/world.h"

namespace gateway::client {

struct TailOptions {
  Target target;
  std::vector<std::string> boards;  // each may be a list with commas, or a pattern
  std::vector<std::string> events;  // the types to keep; none: all
  std::string after;                // an id or "earliest"; empty: from now on
  std::uint64_t last = 0;           // begin with so many of each board
  std::uint64_t limit = 0;          // end after so many; 0: never
  bool json = false;                // print envelopes, not the data alone
  bool fail_on_gap = false;
  std::chrono::milliseconds idle_timeout{45'000};
  std::chrono::milliseconds give_up_after{0};  // 0: never
};

/// The exit code (exit_code.h).
int tail(const TailOptions& options, const World& world);

}  // namespace gateway::client
