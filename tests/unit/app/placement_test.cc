#include "app/placement.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace gateway::app {
namespace {

TEST(Placement, TheLeastLoadWins) {
  EXPECT_EQ(least_loaded({5, 3, 9}, 0), 1U);
  EXPECT_EQ(least_loaded({5, 3, 9}, 2), 1U);
  EXPECT_EQ(least_loaded({7}, 41), 0U);
}

TEST(Placement, TiesRotate) {
  EXPECT_EQ(least_loaded({4, 4, 4}, 0), 0U);
  EXPECT_EQ(least_loaded({4, 4, 4}, 1), 1U);
  EXPECT_EQ(least_loaded({4, 4, 4}, 5), 2U);
  EXPECT_EQ(least_loaded({9, 4, 4}, 0), 1U);
  EXPECT_EQ(least_loaded({4, 9, 4}, 1), 2U);
}

TEST(Placement, TheLongestSilentOfACrowdGivesWay) {
  EXPECT_EQ(first_to_give_way({{150, 0, 30}, {140, 0, 20}}, 15), 1U)
      << "although the other has more";
  EXPECT_EQ(first_to_give_way({{150, 0, 30}, {14, 0, 20}}, 15), 0U) << "so few may take their time";
  EXPECT_EQ(first_to_give_way({{15, 0, INT64_MAX}, {15, 0, 20}}, 15), 1U);
  EXPECT_EQ(first_to_give_way({{15, 0, INT64_MAX}, {0, 0, 0}}, 15), 0U)
      << "all have come this turn";
  EXPECT_EQ(first_to_give_way({{14, 0, 30}, {14, 0, 20}}, 15), std::nullopt);
}

TEST(Placement, APlaceIsGivenAwayOnceWhereThereAreOthers) {
  EXPECT_EQ(first_to_give_way({{20, 0, 30}, {20, 6, 20}}, 15), 0U);
  EXPECT_EQ(first_to_give_way({{20, 6, 20}, {20, 0, 30}}, 15), 1U);
  EXPECT_EQ(first_to_give_way({{20, 5, 30}, {20, 5, 20}}, 15), 1U) << "both have as many";
  EXPECT_EQ(first_to_give_way({{20, 6, 30}, {14, 0, 20}}, 15), 0U) << "so few are no crowd";
}

TEST(Placement, NobodyIsRefusedBecauseOthersWait) {
  EXPECT_EQ(first_to_give_way({{15, 1, 30}, {16, 9, 20}}, 15), 1U);
  EXPECT_EQ(first_to_give_way({{15, 15, 20}}, 15), 0U);
  EXPECT_EQ(first_to_give_way({{15, 40, 20}}, 15), 0U) << "more than there are";
}

TEST(Placement, AStormOfConnectionsSpreadsEvenly) {
  constexpr std::uint64_t kConnection = 32;
  std::vector<std::uint64_t> loads(8, 0);
  std::size_t rotation = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::size_t chosen = least_loaded(loads, rotation);
    rotation = chosen + 1;
    loads[chosen] += kConnection;
  }
  for (const std::uint64_t load : loads) EXPECT_EQ(load, 125 * kConnection);
}

TEST(Placement, AWorkerFullOfStreamsGetsNoConnectionUntilOthersCaughtUp) {
  std::vector<std::uint64_t> loads = {1000, 0};
  for (int i = 0; i < 31; ++i) {
    EXPECT_EQ(least_loaded(loads, 0), 1U);
    loads[1] += 32;
  }
  loads[1] += 32;
  EXPECT_EQ(least_loaded(loads, 0), 0U);
}

}  // namespace
}  // namespace gateway::app
