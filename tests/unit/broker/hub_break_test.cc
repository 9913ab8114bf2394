// A log whose places are given elsewhere: events that never come, and another log in its place.
#include <gmock/gmock.h>

#include "unit/broker/hub_fixture.h"

namespace gateway::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Start::Kind;

class BreakTest : public HubTest {
 protected:
  void place(Seq seq, std::string board, std::string data) {
    std::vector<Log::Placed> events;
    events.push_back({draft({std::move(board)}, std::move(data)), seq, 1'000});
    log_.place(std::move(events));
  }
  std::optional<Gap> begin(Stream& stream, const Start& start) {
    return hub_.begin(*stream.subscription, start).gap;
  }
};

TEST_F(BreakTest, WhatIsPlacedIsDeliveredWithItsSeqAndTime) {
  Stream stream(hub_, settings({"a"}, Format::json));
  place(1, "a", "x");
  place(2, "b", "y");
  place(3, "a", "z");
  const Texts got = read(stream);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_THAT(got[0], HasSubstr("00000007-000000000001"));
  EXPECT_THAT(got[1], HasSubstr("00000007-000000000003"));
  EXPECT_THAT(got[1], HasSubstr("\"time\":1000"));
  EXPECT_EQ(log_.head(), (EventId{7, 3}));
}

TEST_F(BreakTest, TheAgeOfWhatIsPlacedCounts) {
  options_.history.board.age = std::chrono::seconds(10);
  log_.use(options_.history);
  std::vector<Log::Placed> events;
  events.push_back({draft({"a"}, "old"), 1, 0, std::chrono::seconds(9)});
  events.push_back({draft({"a"}, "new"), 2, 0, std::chrono::seconds(1)});
  log_.place(std::move(events));
  clock_.advance(std::chrono::seconds(5));
  place(3, "b", "x");
  log_.expire();
  Stream stream(hub_, settings({"a"}));
  begin(stream, {Kind::earliest, {}, 0});
  EXPECT_EQ(read(stream), Texts{"new"});
}

TEST_F(BreakTest, ALiveStreamIsToldWhatWasSkippedBeforeWhatFollows) {
  Stream stream(hub_, settings({"a", "b*"}));
  Stream other(hub_, settings({"c"}));
  place(1, "a", "1");
  log_.skip(5);
  place(6, "a", "6");
  EXPECT_EQ(log_.head(), (EventId{7, 6}));
  const Texts got = read(stream);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0], "1") << "what waited in the outbox comes first";
  EXPECT_EQ(got[1], R"({"boards":["a","b*"],"reason":"backbone","after":"00000007-000000000001",)"
                    R"("upto":"00000007-000000000005"})");
  EXPECT_EQ(got[2], "6");
  EXPECT_THAT(read(other), ElementsAre(HasSubstr("backbone"))) << "its boards may have had some";
  EXPECT_TRUE(stream.subscription->live());
  EXPECT_EQ(hub_.counters().gaps_backbone.value(), 2U);
  place(7, "a", "7");
  EXPECT_EQ(read(stream), Texts{"7"});
}

TEST_F(BreakTest, OfTwoBreaksBetweenTwoTurnsBothAreToldInOne) {
  Stream stream(hub_, settings({"a"}));
  place(1, "a", "1");
  log_.skip(3);
  place(4, "a", "4");
  Stream later(hub_, settings({"a"}));
  log_.skip(8);
  place(9, "a", "9");
  const Texts got = read(stream);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0], "1");
  EXPECT_THAT(got[1],
              HasSubstr(R"("after":"00000007-000000000001","upto":"00000007-000000000008")"));
  EXPECT_EQ(got[2], "9");
  EXPECT_THAT(read(later), ElementsAre(HasSubstr(R"("after":"00000007-000000000004")"), "9"));
}

TEST_F(BreakTest, AReaderBehindIsToldAndOneThatComesIsToldBeforeItsOpening) {
  place(1, "a", "1");
  log_.skip(5);
  place(6, "a", "6");
  Stream stream(hub_, settings({"a"}));
  const auto gap = begin(stream, {Kind::after, {7, 1}, 0});
  ASSERT_TRUE(gap.has_value());
  EXPECT_EQ(gap->reason, GapReason::backbone);
  EXPECT_EQ(gap->upto, (EventId{7, 5}));
  EXPECT_EQ(read(stream), Texts{"6"});
  Stream behind(hub_, settings({"a"}));
  const auto none = begin(behind, {Kind::after, {7, 5}, 0});
  EXPECT_FALSE(none.has_value());
  EXPECT_EQ(read(behind), Texts{"6"});
}

TEST_F(BreakTest, AnotherLogIsToldAndThenReadFromItsBeginning) {
  place(1, "a", "1");
  Stream stream(hub_, settings({"a"}));
  place(2, "a", "2");
  log_.restart(9, 0);
  place(1, "a", "new 1");
  Stream joined(hub_, settings({"a"}));
  place(2, "a", "new 2");
  const Texts got = read(stream);
  ASSERT_EQ(got.size(), 4U);
  EXPECT_EQ(got[0], "2") << "of the old log, and acknowledged";
  EXPECT_EQ(got[1], R"({"boards":["a"],"reason":"epoch","after":"00000007-000000000002",)"
                    R"("upto":"00000009-000000000000"})");
  EXPECT_EQ(got[2], "new 1");
  EXPECT_EQ(got[3], "new 2");
  EXPECT_EQ(read(joined), Texts{"new 2"}) << "its position is of the new log";
  EXPECT_EQ(hub_.counters().gaps_epoch.value(), 1U);
  EXPECT_EQ(stream.subscription->position(), (EventId{9, 2}));
}

TEST_F(BreakTest, WhatTheNewLogNoLongerHoldsIsToldBehindIt) {
  Stream stream(hub_, settings({"a"}));
  log_.restart(9, 40);
  place(41, "a", "41");
  EXPECT_THAT(read(stream),
              ElementsAre(HasSubstr(R"("reason":"epoch","after":"00000007-000000000000")"),
                          HasSubstr(R"("reason":"slow","after":"00000009-000000000000",)"
                                    R"("upto":"00000009-000000000028")"),
                          "41"));
  Stream late(hub_, settings({"a"}));
  const auto gap = begin(late, {Kind::after, {9, 7}, 0});
  ASSERT_TRUE(gap.has_value());
  EXPECT_EQ(gap->reason, GapReason::trimmed) << "that is the shared log's own forgetting";
}

TEST_F(BreakTest, EventsOfTheOldLogAreNotForWhoCameInTheNewOne) {
  for (Seq seq = 1; seq <= 4; ++seq) place(seq, "a", "old");
  Stream stream(hub_, settings({"a"}));
  for (Seq seq = 5; seq <= 8; ++seq) place(seq, "a", "old " + std::to_string(seq));
  hub_.spread(1);  // the others are taken
  log_.restart(9, 0);
  Stream joined(hub_, settings({"a"}));
  clock_.advance(options_.heartbeat);
  hub_.beat(SIZE_MAX);
  EXPECT_EQ(joined.subscription->position(), (EventId{9, 0}));
  place(1, "a", "new");
  EXPECT_EQ(read(joined), Texts{"new"});
  EXPECT_THAT(read(stream),
              ElementsAre("old 5", "old 6", "old 7", "old 8", HasSubstr("epoch"), "new"));
}

TEST_F(BreakTest, APositionBeyondTheHeadIsWaitedFor) {
  place(1, "a", "1");
  Stream stream(hub_, settings({"a"}));
  EXPECT_FALSE(begin(stream, {Kind::after, {7, 3}, 0}).has_value());
  EXPECT_EQ(stream.subscription->position(), (EventId{7, 3}));
  for (Seq seq = 2; seq <= 4; ++seq) place(seq, "a", std::to_string(seq));
  EXPECT_EQ(read(stream), Texts{"4"});
}

TEST_F(BreakTest, WhatIsAddedToAStreamAheadOfTheLogWaitsForTheLog) {
  place(1, "b", "1");
  Stream stream(hub_, settings({"a"}));
  begin(stream, {Kind::after, {7, 2}, 0});
  const auto add = [&](std::optional<EventId> after) {
    return hub_.change(*stream.subscription,
                       {*Filter::compile({"a", "b"}, {}), *Filter::compile({"b"}, {}), after});
  };
  EXPECT_EQ(add({}).error(), Hub::ChangeError::ahead);
  EXPECT_EQ(add(EventId{7, 0}).error(), Hub::ChangeError::ahead);
  ASSERT_TRUE(hub_.change(*stream.subscription, {*Filter::compile({"c"}, {}), {}, {}}));
  EXPECT_THAT(read(stream), ElementsAre(HasSubstr("position")));
  place(2, "b", "2");
  ASSERT_TRUE(add(EventId{7, 0}));
  EXPECT_THAT(read(stream), ElementsAre(HasSubstr("position"), "1", "2", HasSubstr("position")));
}

TEST_F(BreakTest, ABackfillThatTheLogLeavesBehindEndsWithItsBarrier) {
  for (Seq seq = 1; seq <= 3; ++seq) place(seq, "b", std::to_string(seq));
  Stream stream(hub_, settings({"a"}));
  ASSERT_TRUE(hub_.change(*stream.subscription, {*Filter::compile({"a", "b"}, {}),
                                                 *Filter::compile({"b"}, {}), EventId{7, 0}}));
  log_.restart(9, 0);
  place(1, "b", "new");
  const Texts got = read(stream);
  ASSERT_EQ(got.size(), 5U);
  EXPECT_THAT(got[0], HasSubstr("position"));
  EXPECT_EQ(got[1], R"({"boards":["b"],"reason":"epoch","after":"00000007-000000000000",)"
                    R"("upto":"00000007-000000000003"})");
  EXPECT_THAT(got[2], HasSubstr("position"));
  EXPECT_THAT(got[3], HasSubstr(R"({"boards":["a","b"],"reason":"epoch")"));
  EXPECT_EQ(got[4], "new");
}

TEST_F(BreakTest, AHubIsWokenByABreakAlone) {
  struct Counting final : base::Wakeable {
    void wake() override { ++wakes; }
    int wakes = 0;
  } counting;
  const HubIndex hub = log_.attach(counting);
  log_.skip(3);
  EXPECT_EQ(counting.wakes, 1);
  log_.restart(9, 0);
  EXPECT_EQ(counting.wakes, 1) << "it has not looked yet";
  std::vector<EventRef> events;
  EXPECT_EQ(log_.take(hub, events).broken_at, 0U);
  EXPECT_EQ(log_.take(hub, events).broken_at, std::nullopt);
  log_.detach(hub);
}

}  // namespace
}  // namespace gateway::broker
