// Deterministic simulation of the broker: one log, several hubs on one thread, a clock in the
// simulation's hand, and random acts drawn from a seed: batches, streams that come, read slowly and
// leave, small spreads, beats, drains. A model that shares no code with the broker says after each
// act what every stream must have been given. A failure prints its seed;
// BOARDCAST_SEED=<seed> replays it alone, BOARDCAST_SEEDS=<n> runs more of them.
#include <cstdlib>

#include <gtest/gtest.h>

#include "sim/broker_world.h"

namespace gateway::sim {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void run(std::uint64_t seed, Coverage& coverage) {
  SCOPED_TRACE("replay with BOARDCAST_SEED=" + std::to_string(seed));
  BrokerWorld world(seed, coverage);
  for (int act = 0; act < 150 && !::testing::Test::HasFatalFailure(); ++act) world.act();
  if (!::testing::Test::HasFatalFailure()) world.finish();
}

TEST(BrokerSimulation, StreamsGetExactlyWhatTheModelSays) {
  const std::uint64_t only = number_from("BOARDCAST_SEED", 0);
  const std::uint64_t seeds = only != 0 ? 1 : number_from("BOARDCAST_SEEDS", 2'000);
  const std::uint64_t first = only != 0 ? only : 1;
  Coverage coverage;
  for (std::uint64_t seed = first; seed < first + seeds && !HasFailure(); ++seed) {
    run(seed, coverage);
  }
  if (only != 0) return;
  // A simulation that never gets anywhere proves nothing.
  EXPECT_GT(coverage.events_read, 20 * seeds);
  EXPECT_GT(coverage.heartbeats, seeds);
  EXPECT_GT(coverage.moved_heartbeats, seeds / 4);
  EXPECT_GT(coverage.ended_limit, seeds / 4);
  EXPECT_GT(coverage.ended_slow, seeds / 4);
  EXPECT_GT(coverage.ended_drain, seeds / 4);
  EXPECT_GT(coverage.stalls, seeds / 20);
}

}  // namespace
}  // namespace gateway::sim
