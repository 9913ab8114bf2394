// What Redis refuses is told once for each kind, until it is taken again.
#include "backbone/redis_refusals.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace gateway::backbone {
namespace {

using std::chrono::seconds;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

const RedisReply kTaken{RedisReply::Kind::number, 1, {}, {}};
const RedisReply kNoRight{RedisReply::Kind::error, 0, "NOPERM no such right", {}};

class RedisRefusalsTest : public testing::Test {
 protected:
  /// The lines that came of it.
  std::size_t lines(const RedisReply& reply, std::string_view kind = "PUBSUB") {
    CaptureStderr();
    refusals.hear(kind, reply);
    said = GetCapturedStderr();
    return static_cast<std::size_t>(std::count(said.begin(), said.end(), '\n'));
  }

  test::FakeClock clock;
  base::Gauge refused;
  RedisRefusals refusals{clock, refused};
  std::string said;
};

TEST_F(RedisRefusalsTest, EachKindIsToldOnceWithItsWords) {
  EXPECT_EQ(lines(kTaken), 0u);
  EXPECT_EQ(lines(kNoRight), 1u);
  EXPECT_NE(said.find("PUBSUB"), std::string::npos) << said;
  EXPECT_NE(said.find("NOPERM no such right"), std::string::npos) << said;
  clock.advance(seconds(60));
  EXPECT_EQ(lines(kNoRight), 0u);
  EXPECT_EQ(lines(kNoRight, "MGET"), 1u);
  EXPECT_EQ(refused.value(), 2);
  EXPECT_EQ(lines(kTaken), 1u) << "that it is taken again";
  EXPECT_EQ(lines(kTaken), 0u);
  EXPECT_EQ(refused.value(), 1);
}

TEST_F(RedisRefusalsTest, WhatComesAndGoesDoesNotFillTheLog) {
  std::size_t told = 0;
  for (int i = 0; i < 100; ++i) told += lines(i % 2 == 0 ? kNoRight : kTaken);
  EXPECT_EQ(told, 2u);
  EXPECT_EQ(lines(kNoRight), 0u);
  clock.advance(seconds(10));
  EXPECT_EQ(lines(kNoRight), 1u) << "what stays is told";
}

TEST_F(RedisRefusalsTest, ALostAnswerSaysNothing) {
  lines(kNoRight);
  EXPECT_EQ(lines({}), 0u);
  EXPECT_EQ(refused.value(), 1);
}

TEST_F(RedisRefusalsTest, AnotherConnectionIsToldAnew) {
  lines(kNoRight);
  refusals.forget();
  EXPECT_EQ(refused.value(), 0);
  clock.advance(seconds(10));
  EXPECT_EQ(lines(kNoRight), 1u);
  EXPECT_EQ(refused.value(), 1);
}

TEST_F(RedisRefusalsTest, AKindOfWhichThereIsNoNeedIsToldAnew) {
  lines(kNoRight);
  lines(kNoRight, "XACK");
  for (int i = 0; i < 2; ++i) refusals.forget("XACK");
  refusals.forget("XDEL");
  EXPECT_EQ(refused.value(), 1);
  clock.advance(seconds(10));
  EXPECT_EQ(lines(kNoRight, "XACK"), 1u);
  EXPECT_EQ(lines(kNoRight), 0u);
  EXPECT_EQ(refused.value(), 2);
}

TEST(RedisRefusals, AScriptIsNamedByItsFirstKey) {
  EXPECT_EQ(RedisRefusals::kind_of({"PUBSUB", "NUMSUB", "talk"}), "PUBSUB");
  EXPECT_EQ(RedisRefusals::kind_of({"EVAL", "return 1", "2", "notes", "ends"}), "EVAL notes");
}

}  // namespace
}  // namespace gateway::backbone
