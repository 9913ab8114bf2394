// What goes first when memory is short.
#include <gtest/gtest.h>

#include "hub_fixture.h"

namespace gateway::broker {
namespace {

TEST_F(HubTest, WhoIsFurthestBehindEndsFirstAndHoldsNothing) {
  Stream prompt(hub_, settings({"a", "b", "c"}));
  Stream behind(hub_, settings({"a"}));
  Stream further(hub_, settings({"a", "b"}));
  Stream furthest(hub_, settings({"a", "b", "c"}));
  for (const char* board : {"a", "b", "c"}) publish({board}, board);
  turn();
  EXPECT_EQ(prompt.data().size(), 3U);
  EXPECT_EQ(hub_.end_laggiest(2), 0U) << "in this turn nobody had a chance to take anything";
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(hub_.end_laggiest(2), 2U);
  EXPECT_EQ(furthest.subscription->ended(), EndReason::full);
  EXPECT_EQ(further.subscription->ended(), EndReason::full);
  EXPECT_EQ(behind.subscription->ended(), EndReason::none);
  EXPECT_EQ(furthest.data(), (Texts{"a", R"({"reason":"full"})"}))
      << "what may be on its way, and why there is no more";
  EXPECT_EQ(furthest.parser.last_event_id(), "00000007-000000000001") << "resumes from there";
  EXPECT_EQ(hub_.counters().streams_ended_full.value(), 2U);
  EXPECT_EQ(hub_.end_laggiest(2), 1U);
  EXPECT_EQ(hub_.end_laggiest(2), 0U) << "who keeps up stays";
  EXPECT_EQ(prompt.subscription->ended(), EndReason::none);
}

TEST_F(HubTest, AFullQueueThatIsShedIsNoLongerWaitedFor) {
  options_.pending_events = 4;
  Stream behind(hub_, settings({"a"}));
  for (int i = 0; i < 4; ++i) publish({"a"}, "x");
  turn();
  EXPECT_TRUE(hub_.crowded());
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(hub_.end_laggiest(1), 1U);
  EXPECT_FALSE(hub_.crowded());
  EXPECT_EQ(behind.subscription->pending(), 2U);
}

TEST_F(HubTest, OneThatCatchesUpIsShedToo) {
  for (int i = 0; i < 300; ++i) publish({"a"}, "x");
  Stream old(hub_, settings({"a"}));
  hub_.begin(*old.subscription, {Start::Kind::earliest, {}, 0});
  turn();
  ASSERT_GT(old.subscription->pending(), 60U);
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(hub_.end_laggiest(1), 1U);
  EXPECT_EQ(old.data().size(), 2U);
  turn();
  EXPECT_EQ(old.data().size(), 0U) << "nothing follows the end";
}

}  // namespace
}  // namespace gateway::broker
