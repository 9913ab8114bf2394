// Deterministic simulation of the broker: one log, several hubs on one thread, a clock in the
// simulation's hand, and random acts drawn from a seed: batches, streams that come, read slowly and
// leave, small spreads, beats, drains. A model that shares no code with the broker says after each
// act what every stream must have been given. A failure prints its seed (see sim/seeds.h).
#include <gtest/gtest.h>

#include "sim/broker_world.h"
#include "sim/seeds.h"

namespace gateway::sim {
namespace {

TEST(BrokerSimulation, StreamsGetExactlyWhatTheModelSays) {
  Coverage coverage;
  const std::uint64_t seeds = for_each_seed(2'000, [&coverage](std::uint64_t seed) {
    BrokerWorld world(seed, coverage);
    for (int act = 0; act < 150 && !HasFatalFailure(); ++act) world.act();
    if (!HasFatalFailure()) world.finish();
  });
  if (seeds == 0 || HasFailure()) return;
  // A simulation that never gets anywhere proves nothing.
  EXPECT_GT(coverage.events_read, 20 * seeds);
  EXPECT_GT(coverage.heartbeats, seeds);
  EXPECT_GT(coverage.moved_heartbeats, seeds / 4);
  EXPECT_GT(coverage.ended_limit, seeds / 4);
  EXPECT_GT(coverage.ended_slow, seeds / 4);
  EXPECT_GT(coverage.ended_drain, seeds / 4);
  EXPECT_GT(coverage.ended_kicked, seeds / 4);
  EXPECT_GT(coverage.stalls, seeds / 20);
}

}  // namespace
}  // namespace gateway::sim
