#include "client/backoff.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace gateway::client {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToItsCapAndDrawsFromTheUpperHalf) {
  base::SeededRandom random(1);
  for (int run = 0; run < 200; ++run) {
    Backoff backoff(milliseconds(100), milliseconds(1000), random);
    for (const int bound : {100, 200, 400, 800, 1000, 1000, 1000}) {
      const auto wait = backoff.next();
      EXPECT_GE(wait, milliseconds(bound / 2));
      EXPECT_LE(wait, milliseconds(bound));
    }
  }
}

TEST(Backoff, WaitsDiffer) {
  base::SeededRandom random(2);
  std::set<milliseconds> waits;
  for (int run = 0; run < 1000; ++run) {
    Backoff backoff(milliseconds(1000), milliseconds(1000), random);
    waits.insert(backoff.next());
  }
  EXPECT_GT(waits.size(), 300U);
  EXPECT_LT(*waits.begin(), milliseconds(550));
  EXPECT_GT(*waits.rbegin(), milliseconds(950));
}

TEST(Backoff, AThousandFailuresStayAtTheCap) {
  base::SeededRandom random(3);
  Backoff backoff(milliseconds(1), milliseconds(1000), random);
  for (int i = 0; i < 1000; ++i) EXPECT_LE(backoff.next(), milliseconds(1000));
  EXPECT_GE(backoff.next(), milliseconds(500));
}

TEST(Backoff, SuccessBeginsAnew) {
  base::SeededRandom random(4);
  Backoff backoff(milliseconds(100), milliseconds(10'000), random);
  for (int i = 0; i < 5; ++i) backoff.next();
  backoff.reset();
  EXPECT_LE(backoff.next(), milliseconds(100));
}

TEST(Backoff, TheServerSaysTheFirstWait) {
  base::SeededRandom random(5);
  Backoff backoff(milliseconds(100), milliseconds(5000), random);
  backoff.set_first(milliseconds(2000));
  EXPECT_GE(backoff.next(), milliseconds(1000));
  backoff.reset();
  backoff.set_first(milliseconds(3'600'000));
  EXPECT_LE(backoff.next(), milliseconds(5000)) << "it cannot send clients away for an hour";
  backoff.reset();
  backoff.set_first(milliseconds(0));
  EXPECT_LE(backoff.next(), milliseconds(1));
  EXPECT_GE(std::max(backoff.next(), backoff.next()), milliseconds(1)) << "never a busy loop";
}

}  // namespace
}  // namespace gateway::client
