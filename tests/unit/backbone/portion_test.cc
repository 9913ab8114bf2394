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

constexpr std::size_t kSmall = 100;  // bytes of each

/// Asks for portions that come, until as many are asked for.
int portions_until(Portion& portion, std::size_t wanted) {
  for (int asked = 0; asked < 1'000; ++asked) {
    const std::size_t count = portion.ask();
    if (count >= wanted) return asked;
    portion.came(count, count * kSmall);
  }
  return -1;
}

TEST(Portion, BeginsSmallAndGrowsToItsMost) {
  Portion portion(100);
  EXPECT_EQ(portion.ask(), kPortionFirst);
  EXPECT_EQ(portions_until(portion, 100), 6);
  portion.came(100, 100 * kPortionBytes / 4);
  EXPECT_EQ(portion.ask(), 3U) << "of large ones few";
  portion.came(0, 0);
  EXPECT_EQ(portion.ask(), 6U) << "nothing came";
}

TEST(Portion, WhatWasLostIsNotAskedForAgainSoon) {
  Portion portion(100);
  ASSERT_EQ(portions_until(portion, 64), 5);
  portion.lost();
  for (int i = 0; i < 15; ++i) {
    const std::size_t count = portion.ask();
    EXPECT_LE(count, 32U);
    portion.came(count, count * kSmall);
  }
  EXPECT_GT(portions_until(portion, 64), 0) << "later it may";
  portion.lost();
  portion.lost();
  EXPECT_EQ(portions_until(portion, 32), 4) << "nothing was asked for when it was lost again";
}

/// Reads `total` from the front until all came at one go; more than `most` at once are lost.
int tries_for(std::size_t total, std::size_t most) {
  Portion portion(250);
  for (int tries = 1; tries < 100; ++tries) {
    std::size_t read = 0;
    while (read < total) {
      const std::size_t count = portion.ask();
      if (count > most) break;
      portion.came(count, count * kSmall);
      read += count;
    }
    if (read >= total) return tries;
    portion.lost();
  }
  return -1;
}

TEST(Portion, WhoeverBeginsAtTheFrontComesToTheEnd) {
  EXPECT_EQ(tries_for(40, 4), 2);
  EXPECT_GT(tries_for(1'600, 4), 2);
  EXPECT_GT(tries_for(100'000, 30), 2);
}

TEST(Portion, WhatNobodyWaitsForWasNotTooMuch) {
  Portion portion(100);
  ASSERT_EQ(portions_until(portion, 64), 5);
  portion.forget();
  portion.lost();
  EXPECT_EQ(portions_until(portion, 64), 5);
}

TEST(Portion, OneIsAskedForWhateverIsLost) {
  Portion portion(100);
  for (int i = 0; i < 10; ++i) {
    EXPECT_GE(portion.ask(), 1U);
    portion.lost();
  }
  EXPECT_EQ(portion.ask(), 1U);
}

}  // namespace
}  // namespace gateway::backbone
