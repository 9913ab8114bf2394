// Deterministic simulation of the whole gateway but its sockets and threads: workers with real hubs
// and handlers on one log, connections with real HTTP/2 and HTTP/1.1 sessions whose bytes come and
// go in pieces of any size, clients that keep up and clients that do not, a clock in the
// simulation's hand. What each client must see is judged by a model from what clients have sent and
// the bytes that reach them (sim/gateway_model.h). A failure prints its seed (see sim/seeds.h).
#include <gtest/gtest.h>

#include "sim/gateway_world.h"
#include "sim/seeds.h"

namespace gateway::sim {
namespace {

TEST(GatewaySimulation, ClientsSeeExactlyWhatTheModelSays) {
  GatewayCoverage coverage;
  const std::uint64_t seeds = for_each_seed(4'000, [&coverage](std::uint64_t seed) {
    GatewayWorld world(seed, coverage);
    for (int act = 0; act < 120 && !HasFailure(); ++act) world.act();
    if (!HasFailure()) world.finish();
  });
  if (seeds == 0 || HasFailure()) return;
  // A simulation that never gets anywhere proves nothing.
  EXPECT_GT(coverage.events_read, 20 * seeds);
  EXPECT_GT(coverage.published, 20 * seeds);
  EXPECT_GT(coverage.refused, seeds);
  EXPECT_GT(coverage.heartbeats, seeds);
  EXPECT_GT(coverage.moved_heartbeats, seeds / 4);
  EXPECT_GT(coverage.ended_limit, seeds / 4);
  EXPECT_GT(coverage.ended_slow, seeds / 4);
  EXPECT_GT(coverage.ended_drain, seeds / 4);
  EXPECT_GT(coverage.ended_kicked, seeds / 4);
  EXPECT_GT(coverage.ended_replaced, seeds / 4);
  EXPECT_GT(coverage.gaps, seeds / 4);
  EXPECT_GT(coverage.resumed, seeds / 4);
  EXPECT_GT(coverage.lost, seeds);
  EXPECT_GT(coverage.lost_to_limits, seeds / 20);
  EXPECT_GT(coverage.stalled, seeds / 50);
  EXPECT_GT(coverage.timeouts, seeds / 20);
  EXPECT_GT(coverage.counts_compared, 2 * seeds);
  EXPECT_GT(coverage.encodings_exact, seeds / 10);
}

}  // namespace
}  // namespace gateway::sim
