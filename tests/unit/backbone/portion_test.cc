// How many are asked for at a time.
#include "backbone/portion.h"

#include <gtest/gtest.h>

namespace gateway::backbone {
namespace {

TEST(Portion, ComesToAboutAMebibyte) {
  EXPECT_EQ(next_portion(500, 10'000, 1'000), 104U);
  EXPECT_EQ(next_portion(2, kPortionBytes, 1'000), 1U);
  EXPECT_EQ(next_portion(1, SIZE_MAX - 1, 1'000), 1U) << "one at least";
}

TEST(Portion, GrowsNoFasterThanByTwo) {
  EXPECT_EQ(next_portion(1, 0, 1'000), 2U);
  EXPECT_EQ(next_portion(300, 0, 1'000), 600U);
  EXPECT_EQ(next_portion(600, 0, 1'000), 1'000U);
  EXPECT_EQ(next_portion(4, 0, 1), 1U);
}

}  // namespace
}  // namespace gateway::backbone
