#include "base/open_counts.h"

#include <gtest/gtest.h>

namespace gateway::base {
namespace {

TEST(OpenCounts, LetsInAsManyAsItSays) {
  OpenCounts counts;
  EXPECT_TRUE(counts.open_within(1, 2));
  EXPECT_TRUE(counts.open_within(1, 2));
  EXPECT_FALSE(counts.open_within(1, 2));
  EXPECT_TRUE(counts.open_within(17, 2)) << "of the same shard";
  EXPECT_EQ(counts.open_of(1), 2U);
  counts.close(1);
  EXPECT_TRUE(counts.open_within(1, 2));
  EXPECT_FALSE(counts.open_within(1, 1)) << "lowered";
  EXPECT_FALSE(counts.open_within(2, 0));
}

TEST(OpenCounts, OfWhatIsClosedNothingStays) {
  OpenCounts counts;
  counts.open(1);
  counts.open(1);
  counts.close(1);
  EXPECT_EQ(counts.open_of(1), 1U);
  counts.close(1);
  EXPECT_EQ(counts.open_of(1), 0U);
  EXPECT_DEATH(counts.close(1), "");
}

}  // namespace
}  // namespace gateway::base
