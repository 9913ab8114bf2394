#include "client/retries.h"

#include <gtest/gtest.h>

namespace gateway::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr base::MonoTime kBegin{base::Duration(1'000'000'000)};

TEST(Retries, WhatWasNotPublishedIsTriedForAsLongAsWished) {
  Retries retries(minutes(10));
  EXPECT_TRUE(retries.failed(kBegin));
  EXPECT_FALSE(retries.failed(kBegin + seconds(300)));
  EXPECT_EQ(retries.deadline(), kBegin + minutes(10)) << "from the first failure in a row";
  EXPECT_EQ(retries.time_max(kBegin), milliseconds(0));
  retries.reset();
  EXPECT_TRUE(retries.failed(kBegin + seconds(500)));
  EXPECT_EQ(retries.deadline(), kBegin + seconds(500) + minutes(10));
}

TEST(Retries, WhatWasPerhapsPublishedGoesAgainOnlyWhileItsKeysAreRemembered) {
  constexpr seconds kDedupeWindow{120};
  Retries retries(minutes(10));
  retries.doubt(kBegin);
  retries.failed(kBegin + seconds(30));
  EXPECT_TRUE(retries.in_doubt());
  EXPECT_LE(retries.deadline(), kBegin + kDedupeWindow - seconds(30));
  retries.doubt(kBegin + seconds(60));
  EXPECT_EQ(retries.deadline(), kBegin + Retries::kRemembered) << "from when it was first sent";
  EXPECT_EQ(retries.time_max(kBegin + seconds(60)), Retries::kRemembered - seconds(60));
  EXPECT_EQ(retries.time_max(retries.deadline()), milliseconds(1)) << "0 would have no end";
}

TEST(Retries, TheWishBoundsADoubtToo) {
  Retries retries(seconds(5));
  retries.doubt(kBegin);
  retries.failed(kBegin + seconds(1));
  EXPECT_EQ(retries.deadline(), kBegin + seconds(6));
}

TEST(Retries, ADoubtEndsAlone) {
  Retries retries(minutes(10));
  retries.doubt(kBegin);
  retries.failed(kBegin + seconds(1));
  retries.end_doubt();
  EXPECT_FALSE(retries.in_doubt());
  EXPECT_EQ(retries.deadline(), kBegin + seconds(1) + minutes(10));
  retries.doubt(kBegin + seconds(2));
  retries.reset();
  EXPECT_FALSE(retries.in_doubt());
}

}  // namespace
}  // namespace gateway::client
