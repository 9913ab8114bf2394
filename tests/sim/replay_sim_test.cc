// Resume under a seed: see replay_world.h. BOARDCAST_SEED=N replays one.
#include <gtest/gtest.h>

#include "sim/replay_world.h"
#include "sim/seeds.h"

namespace gateway::sim {
namespace {

constexpr std::uint64_t kSeeds = 10'000;
constexpr int kActs = 120;

TEST(ReplaySimulation, NothingIsLostUnsaidAndNothingComesTwice) {
  ReplayCoverage coverage;
  const std::uint64_t seeds = for_each_seed(kSeeds, [&](std::uint64_t seed) {
    ReplayWorld world(seed, coverage);
    for (int i = 0; i < kActs && !testing::Test::HasFailure(); ++i) world.act();
    world.finish();
  });
  if (seeds == 0 || HasFailure()) return;
  EXPECT_GT(coverage.delivered, 20 * seeds);
  EXPECT_GT(coverage.replayed, 2 * seeds);
  EXPECT_GT(coverage.resumed, seeds);
  EXPECT_GT(coverage.restarts, seeds / 10);
  EXPECT_GT(coverage.gaps_trimmed, seeds / 10);
  EXPECT_GT(coverage.gaps_slow, seeds / 10);
  EXPECT_GT(coverage.gaps_epoch, seeds / 10);
  EXPECT_GT(coverage.ended_slow, seeds / 10);
  EXPECT_GT(coverage.changes, seeds);
  EXPECT_GT(coverage.backfills, seeds / 4);
  EXPECT_GT(coverage.conflated, seeds / 10);
  EXPECT_GT(coverage.snapshots, seeds / 10);
}

TEST(ReplaySimulation, WhatACopyMissesIsToldBeforeWhatFollows) {
  ReplayCoverage coverage;
  const std::uint64_t seeds = for_each_seed(kSeeds / 4, [&](std::uint64_t seed) {
    ReplayWorld world(seed, coverage, true);
    for (int i = 0; i < kActs && !testing::Test::HasFailure(); ++i) world.act();
    world.finish();
  });
  if (seeds == 0 || HasFailure()) return;
  EXPECT_GT(coverage.delivered, 20 * seeds);
  EXPECT_GT(coverage.skips, seeds);
  EXPECT_GT(coverage.other_logs, seeds / 2);
  EXPECT_GT(coverage.gaps_backbone, seeds);
  EXPECT_GT(coverage.gaps_epoch_live, seeds / 2);
  EXPECT_GT(coverage.backfills, seeds / 4);
  EXPECT_GT(coverage.snapshots, seeds / 10);
}

}  // namespace
}  // namespace gateway::sim
