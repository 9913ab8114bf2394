#include "load/result.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

Result good() {
  Result result;
  result.requests = result.accepted = 10;
  result.expected = result.live.delivered = 100;
  result.slow_expected = 100;
  result.replay.expected = result.replay.tally.delivered = 50;
  return result;
}

constexpr std::uint64_t Tally::*kNever[] = {&Tally::repeated, &Tally::reordered, &Tally::strange,
                                            &Tally::refused};
constexpr std::uint64_t Tally::*kOnlyOfSlowOnes[] = {&Tally::skipped, &Tally::ended};

TEST(Result, IsExactWhenEachEventCameToEachStreamOnceAndInOrder) {
  EXPECT_TRUE(good().exact());
  for (std::uint64_t Result::*count : {&Result::requests, &Result::refused, &Result::expected}) {
    Result result = good();
    ++(result.*count);
    EXPECT_FALSE(result.exact());
  }
  Result result = good();
  ++result.replay.expected;
  EXPECT_FALSE(result.exact());
}

TEST(Result, ASlowStreamMayMissEventsAndBeEndedButGetNoneTwice) {
  for (std::uint64_t Tally::*count : kNever) {
    for (Tally Result::*of : {&Result::live, &Result::slow}) {
      Result result = good();
      ++(result.*of.*count);
      EXPECT_FALSE(result.exact());
    }
  }
  for (std::uint64_t Tally::*count : kOnlyOfSlowOnes) {
    Result slow = good();
    ++(slow.slow.*count);
    EXPECT_TRUE(slow.exact());
    Result live = good();
    ++(live.live.*count);
    EXPECT_FALSE(live.exact());
  }
}

}  // namespace
}  // namespace bench
