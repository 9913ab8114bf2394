#include "base/rate_table.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace gateway::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Rate kTenOfTwoSeconds{10, seconds(2)};

class RateTableTest : public testing::Test {
 protected:
  Duration take(std::uint64_t key, Rate rate = kTenOfTwoSeconds) {
    return table.take(key, rate, clock.now());
  }
  int takes(std::uint64_t key) {
    int taken = 0;
    while (take(key) == Duration::zero()) ++taken;
    return taken;
  }

  test::FakeClock clock;
  RateTable table;
};

TEST_F(RateTableTest, GivesABurstAndThenTheRate) {
  EXPECT_EQ(takes(1), 20);
  EXPECT_EQ(take(1), milliseconds(100)) << "until the next is there";
  EXPECT_EQ(take(1), milliseconds(100)) << "asking in vain costs nothing";
  clock.advance(milliseconds(250));
  EXPECT_EQ(takes(1), 2);
  clock.advance(seconds(60));
  EXPECT_EQ(takes(1), 20) << "no more than a burst is saved up";
}

TEST_F(RateTableTest, KeysDoNotMeet) {
  EXPECT_EQ(takes(1), 20);
  EXPECT_EQ(takes(2), 20);
}

TEST_F(RateTableTest, ABurstIsOneAtLeast) {
  EXPECT_EQ(take(1, {1, milliseconds(10)}), Duration::zero());
  EXPECT_EQ(take(1, {1, milliseconds(10)}), seconds(1));
}

TEST_F(RateTableTest, WithoutALimitNothingIsTaken) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(take(1, {0, seconds(2)}), Duration::zero());
  EXPECT_EQ(takes(1), 20);
}

TEST_F(RateTableTest, WhatIsChargedIsWaitedFor) {
  EXPECT_EQ(take(1), Duration::zero());
  table.charge(1, kTenOfTwoSeconds, 99, clock.now());
  EXPECT_EQ(take(1), milliseconds(8'100)) << "101 tokens, of which 20 may be saved";
  clock.advance(milliseconds(8'100));
  EXPECT_EQ(takes(1), 1);
}

// A network of 2^16 times as many clients as there is room for, each with one token.
TEST_F(RateTableTest, StrangersDoNotPushOutWhoTookMost) {
  EXPECT_EQ(takes(7), 20);
  for (std::uint64_t i = 0; i < 20 * RateTable::kKeysMax; ++i) {
    EXPECT_EQ(take(0x9e3779b97f4a7c15 * (i + 1)), Duration::zero());
  }
  EXPECT_EQ(take(7), milliseconds(100));
}

TEST_F(RateTableTest, ThreadsTakeNoMoreThanThereIs) {
  std::vector<std::thread> threads;
  std::vector<int> taken(4);
  for (int& mine : taken) threads.emplace_back([this, &mine] { mine = takes(1); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken[0] + taken[1] + taken[2] + taken[3], 20);
}

}  // namespace
}  // namespace gateway::base
