#include "backbone/dedupe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/backbone/dedupe_world.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::keyed;
using testing::ElementsAre;
using testing::IsEmpty;

struct DedupeTest : testing::Test, test::DedupeWorld {
  DedupeTest() : DedupeWorld({seconds(10), 4}) {}
};

TEST_F(DedupeTest, AKeyIsPublishedOnceAndAnswersItsId) {
  EXPECT_THAT(publish({keyed("k", "x")}), ElementsAre(1));
  EXPECT_EQ(repeated, 0U);
  EXPECT_THAT(publish({keyed("other", "x")}), ElementsAre(2));
  EXPECT_THAT(publish({keyed("k", "x")}), ElementsAre(1));
  EXPECT_EQ(repeated, 1U);
  EXPECT_EQ(head(), 2U);
}

TEST_F(DedupeTest, TheWindowBeginsWithTheFirstPublish) {
  publish({keyed("k", "x")});
  clock.advance(seconds(6));
  EXPECT_THAT(publish({keyed("k", "x")}), ElementsAre(1));
  clock.advance(seconds(4) - base::Duration(1));
  EXPECT_THAT(publish({keyed("k", "x")}), ElementsAre(1));
  clock.advance(base::Duration(1));
  EXPECT_THAT(publish({keyed("k", "other content")}), ElementsAre(2));
  clock.advance(seconds(10) - base::Duration(1));
  EXPECT_THAT(publish({keyed("k", "other content")}), ElementsAre(2)) << "a window of its own";
}

TEST_F(DedupeTest, WithoutAWindowAllIsForgotten) {
  publish({keyed("k", "x"), keyed("l", "x")});
  dedupe.use({seconds(0), 4});
  EXPECT_EQ(dedupe.keys().held, 0U);
  EXPECT_EQ(dedupe.keys().forgotten_early, 0U);
  EXPECT_THAT(publish({keyed("k", "x")}), ElementsAre(3));
  dedupe.use({seconds(10), 4});
  EXPECT_THAT(publish({keyed("k", "y")}), ElementsAre(4));
  EXPECT_THAT(publish({keyed("k", "y")}), ElementsAre(4));
}

TEST_F(DedupeTest, ContentIsAllThatSubscribersCouldSee) {
  const broker::Draft first{{"a", "bc"}, "t", "1", true, "k"};
  ASSERT_THAT(publish({first}), ElementsAre(1));
  const broker::Draft others[] = {
      {{"a"}, "t", "1", true, "k"},        {{"bc", "a"}, "t", "1", true, "k"},
      {{"ab", "c"}, "t", "1", true, "k"},  {{"a", "bc"}, "", "1", true, "k"},
      {{"a", "bc"}, "t", "1 ", true, "k"}, {{"a", "bc"}, "t", "1", false, "k"},
      {{"bc"}, "ta", "1", true, "k"},
  };
  for (const broker::Draft& other : others) {
    conflict = SIZE_MAX;
    EXPECT_THAT(publish({other}), IsEmpty());
    EXPECT_EQ(conflict, 0U);
  }
  EXPECT_THAT(publish({first}), ElementsAre(1));
  EXPECT_EQ(head(), 1U);
}

TEST_F(DedupeTest, KnownAndNewOnesInOneBatch) {
  publish({keyed("k", "x"), keyed("l", "y")});
  EXPECT_THAT(publish({keyed("m", "z"), keyed("l", "y"), keyed("", "no key"), keyed("k", "x"),
                       keyed("n", "")}),
              ElementsAre(3, 2, 4, 1, 5));
  EXPECT_EQ(repeated, 2U);
  EXPECT_EQ(head(), 5U);
}

TEST_F(DedupeTest, WithinABatchTheFirstWins) {
  EXPECT_THAT(publish({keyed("k", "x"), keyed("", "x"), keyed("k", "x"), keyed("", "x")}),
              ElementsAre(1, 2, 1, 3));
  EXPECT_EQ(repeated, 1U);
  EXPECT_THAT(publish({keyed("l", "x"), keyed("k", "x"), keyed("l", "x"), keyed("k", "x")}),
              ElementsAre(4, 1, 4, 1));
}

TEST_F(DedupeTest, AConflictPublishesNothingOfTheBatch) {
  publish({keyed("k", "x")});
  EXPECT_THAT(publish({keyed("new", "1"), keyed("", "2"), keyed("k", "y"), keyed("k", "x")}),
              IsEmpty());
  EXPECT_EQ(conflict, 2U);
  EXPECT_THAT(publish({keyed("twice", "1"), keyed("k", "x"), keyed("twice", "2")}), IsEmpty());
  EXPECT_EQ(conflict, 2U);
  EXPECT_EQ(head(), 1U);
  EXPECT_EQ(dedupe.keys().held, 1U) << "nor is a key of it remembered";
  EXPECT_THAT(publish({keyed("twice", "2"), keyed("new", "other")}), ElementsAre(2, 3));
}

TEST_F(DedupeTest, TheOldestGoFirstWhenThereAreTooMany) {
  for (const char* key : {"a", "b", "c", "d"}) publish({keyed(key, "x")});
  EXPECT_EQ(dedupe.keys().forgotten_early, 0U);
  EXPECT_THAT(publish({keyed("e", "x"), keyed("f", "x")}), ElementsAre(5, 6));
  EXPECT_EQ(dedupe.keys().held, 4U);
  EXPECT_EQ(dedupe.keys().forgotten_early, 2U);
  EXPECT_THAT(publish({keyed("c", "x"), keyed("d", "x"), keyed("e", "x"), keyed("f", "x")}),
              ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(publish({keyed("a", "x")}), ElementsAre(7)) << "forgotten";
}

TEST_F(DedupeTest, ABatchOfMoreKeysThanAreRememberedIsStillOne) {
  EXPECT_THAT(publish({keyed("a", "x"), keyed("b", "x"), keyed("c", "x"), keyed("d", "x"),
                       keyed("e", "x"), keyed("a", "x")}),
              ElementsAre(1, 2, 3, 4, 5, 1));
  EXPECT_EQ(dedupe.keys().held, 4U);
}

TEST_F(DedupeTest, WhatIsOverTheWindowIsNotForgottenEarly) {
  for (const char* key : {"a", "b", "c", "d"}) publish({keyed(key, "x")});
  clock.advance(seconds(10));
  publish({keyed("e", "x"), keyed("f", "x")});
  EXPECT_EQ(dedupe.keys().held, 2U);
  EXPECT_EQ(dedupe.keys().forgotten_early, 0U);
}

TEST(Dedupe, APauseThatLeftManyBehindIsNoStall) {
  test::DedupeWorld world({seconds(10), 1'000});
  std::vector<broker::Draft> batch;
  for (int i = 0; i < 1'000; ++i) batch.push_back(keyed(std::to_string(i), "x"));
  world.publish(batch);
  world.clock.advance(seconds(10));
  // The newest is still held, and must count for nothing.
  EXPECT_THAT(world.publish({keyed("999", "other")}), ElementsAre(1'001));
  EXPECT_EQ(world.dedupe.keys().held, 1'000U - 64 - 2);
  for (int i = 0; i < 20; ++i) world.publish({keyed("999", "other")});
  EXPECT_EQ(world.dedupe.keys().held, 1U);
  EXPECT_THAT(world.publish({keyed("999", "other")}), ElementsAre(1'001))
      << "its first turn is over, its second is not";
}

TEST(Dedupe, AWindowOfZeroRemembersNothing) {
  test::DedupeWorld world({milliseconds(0), 4});
  EXPECT_THAT(world.publish({keyed("k", "x"), keyed("k", "y")}), ElementsAre(1, 2));
  EXPECT_THAT(world.publish({keyed("k", "x")}), ElementsAre(3));
  EXPECT_EQ(world.dedupe.keys().held, 0U);
}

}  // namespace
}  // namespace gateway::backbone
