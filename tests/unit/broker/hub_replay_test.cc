// Streams that continue after a position, and live ones that fall behind.
#include <gmock/gmock.h>

#include "unit/broker/hub_fixture.h"

namespace gateway::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Start::Kind;

class ReplayTest : public HubTest {
 protected:
  std::optional<Gap> begin(Stream& stream, const Start& start) {
    return hub_.begin(*stream.subscription, start).gap;
  }
};

TEST_F(ReplayTest, ContinuesExactlyAfterItsPositionAndBecomesLive) {
  for (const char* data : {"1", "2", "3"}) publish({"a"}, data);
  Stream stream(hub_, settings({"a"}));
  EXPECT_FALSE(begin(stream, {Kind::after, {7, 1}, 0}).has_value());
  EXPECT_EQ(stream.subscription->position(), (EventId{7, 1}));
  EXPECT_FALSE(stream.subscription->live());
  publish({"a"}, "4");
  EXPECT_EQ(read(stream), (Texts{"2", "3", "4"})) << "4 waits in the outbox too, and comes once";
  EXPECT_TRUE(stream.subscription->live());
  publish({"a"}, "5");
  EXPECT_EQ(read(stream), Texts{"5"});
  EXPECT_EQ(hub_.counters().catching_up.value(), 0);
  EXPECT_EQ(hub_.counters().replayed.value(), 3U);
}

TEST_F(ReplayTest, AtTheHeadThereIsNothingToCatchUpWith) {
  publish({"a"}, "1");
  Stream stream(hub_, settings({"a"}));
  EXPECT_FALSE(begin(stream, {Kind::after, {7, 1}, 0}).has_value());
  EXPECT_TRUE(stream.subscription->live());
}

TEST_F(ReplayTest, ALongReplayHoldsAFewEventsAtATime) {
  options_.pending_events = 100;
  for (int i = 0; i < 1'000; ++i) publish({"a"}, std::to_string(i));
  Stream stream(hub_, settings({"a"}));
  begin(stream, {Kind::after, {7, 0}, 0});
  std::size_t most = 0;
  Texts all;
  while (!stream.subscription->live() || stream.subscription->pending() > 0) {
    turn();
    most = std::max(most, stream.subscription->pending());
    for (std::string& data : stream.data()) all.push_back(std::move(data));
  }
  EXPECT_EQ(all.size(), 1'000U);
  EXPECT_EQ(most, 64U);
}

TEST_F(ReplayTest, OneTurnServesSomeStreamsAndAllInTheEnd) {
  for (int i = 0; i < 10; ++i) publish({"a"}, std::to_string(i));
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(std::make_unique<Stream>(hub_, settings({"a"})));
    begin(*streams.back(), {Kind::earliest, {}, 0});
  }
  hub_.replay(8);
  std::size_t served = 0;
  for (const auto& stream : streams) served += stream->subscription->pending() > 0 ? 1U : 0U;
  EXPECT_EQ(served, 8U);
  EXPECT_TRUE(hub_.replaying());
  hub_.replay(8);
  hub_.replay(8);
  EXPECT_FALSE(hub_.replaying());
  for (const auto& stream : streams) EXPECT_EQ(stream->data().size(), 10U);
}

TEST_F(ReplayTest, FiltersTypesAndCountsTheLimit) {
  publish({"a"}, "1", "x");
  publish({"a"}, "2", "y");
  publish({"b"}, "3", "x");
  publish({"a", "b"}, "4", "x");
  auto wanted = settings({"b*", "c"}, Format::json, {"x"});
  wanted.limit = 2;
  Stream stream(hub_, std::move(wanted));
  begin(stream, {Kind::earliest, {}, 0});
  const Texts all = read(stream);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_THAT(all[0], HasSubstr(R"("board":"b","event":"x")"));
  EXPECT_THAT(all[1], HasSubstr(R"("id":"00000007-000000000004","board":"b")"));
  EXPECT_EQ(all[2], R"({"reason":"limit"})");
}

TEST_F(ReplayTest, LastGivesTheNewestOfEachBoard) {
  for (const char* data : {"1", "2", "3"}) publish({"a-1"}, data);
  publish({"a-2"}, "4");
  publish({"b"}, "5");
  Stream stream(hub_, settings({"a-*"}));
  begin(stream, {Kind::last, {}, 2});
  publish({"a-3"}, "6");
  EXPECT_EQ(read(stream), (Texts{"2", "3", "4", "6"}));
}

TEST_F(ReplayTest, AFullQueueContinuesFromTheLog) {
  options_.pending_events = 3;
  Stream slow(hub_, settings({"a"}));
  Stream quick(hub_, settings({"a"}));
  for (int i = 1; i <= 9; ++i) {
    publish({"a"}, std::to_string(i));
    turn();
    EXPECT_EQ(quick.data(), Texts{std::to_string(i)});
  }
  EXPECT_FALSE(slow.subscription->live());
  EXPECT_FALSE(hub_.crowded()) << "nobody waits for a stream that nothing is spread to";
  EXPECT_EQ(read(slow), (Texts{"1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  EXPECT_TRUE(slow.subscription->live());
  EXPECT_EQ(hub_.counters().fallen_behind.value(), 1U);
  EXPECT_EQ(hub_.counters().gaps_slow.value(), 0U);
}

// At 64 a time, and more than that coming in between, it would never be live again.
TEST_F(ReplayTest, WhoTakesWhatItIsGivenIsGivenMoreAtATime) {
  options_.pending_events = 400;
  for (int i = 0; i < 900; ++i) publish({"a"}, std::to_string(i));
  Stream late(hub_, settings({"a"}));
  begin(late, {Kind::earliest, {}, 0});
  std::vector<std::size_t> pieces;
  while (hub_.replaying()) {
    hub_.replay(1);
    pieces.push_back(late.data().size());
  }
  EXPECT_EQ(pieces, (std::vector<std::size_t>{64, 128, 200, 200, 200, 108}));
}

TEST_F(ReplayTest, ALargePieceCountsAsSeveralStreams) {
  for (int i = 0; i < 900; ++i) publish({"a"}, std::to_string(i));
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 4; ++i) {
    streams.push_back(std::make_unique<Stream>(hub_, settings({"a"})));
    begin(*streams.back(), {Kind::earliest, {}, 0});
  }
  const auto served = [&](std::size_t streams_max) {
    hub_.replay(streams_max);
    std::size_t count = 0;
    for (const auto& stream : streams) count += stream->data().empty() ? 0U : 1U;
    return count;
  };
  EXPECT_EQ(served(4), 4U) << "64 events each";
  EXPECT_EQ(served(4), 2U) << "128 each";
  EXPECT_EQ(served(4), 2U);
}

TEST_F(ReplayTest, WhoComesToTheHeadHasRoomForWhatIsNew) {
  options_.slow = Slow::close;
  for (int i = 0; i < 64 + 128; ++i) publish({"a"}, std::to_string(i));
  Stream stream(hub_, settings({"a"}));
  begin(stream, {Kind::earliest, {}, 0});
  hub_.replay(1);
  EXPECT_EQ(stream.data().size(), 64U);
  hub_.replay(1);
  EXPECT_TRUE(stream.subscription->live());
  for (int i = 0; i < 128; ++i) publish({"a"}, std::to_string(i));
  turn();
  EXPECT_EQ(stream.subscription->ended(), EndReason::none);
}

class ShortReplayTest : public ReplayTest {
 protected:
  ShortReplayTest() {
    HistoryOptions history;
    history.board.events = 2;
    log = std::make_unique<Log>(7, clock_, history);
    hub = std::make_unique<Hub>(*log, no_wake_, options_, clock_, random_);
  }
  void publish(const std::string& board, const std::string& data) {
    log->append({draft({board}, data)});
    hub->spread(1'000);
    hub->replay(8);
  }
  std::unique_ptr<Log> log;
  std::unique_ptr<Hub> hub;
};

TEST_F(ShortReplayTest, WhatTheLogNoLongerHoldsIsToldBeforeWhatFollows) {
  options_.pending_events = 2;
  Stream slow(*hub, settings({"a", "b"}));
  publish("b", "b1");
  for (int i = 1; i <= 6; ++i) publish("a", std::to_string(i));
  EXPECT_THAT(slow.data(), ElementsAre("b1", "1"));
  hub->replay(8);
  EXPECT_THAT(slow.data(), ElementsAre(R"({"boards":["a"],"reason":"slow","after":)"
                                       R"("00000007-000000000002","upto":"00000007-000000000005"})",
                                       "5", "6"));
  EXPECT_EQ(hub->counters().gaps_slow.value(), 1U);
  EXPECT_EQ(slow.parser.last_event_id(), "00000007-000000000007");
}

TEST_F(ShortReplayTest, AGapIsToldOnceAndAgainWhenMoreGoes) {
  options_.pending_events = 1;
  for (int i = 1; i <= 3; ++i) publish("a", std::to_string(i));
  Stream stream(*hub, settings({"a"}));
  const auto gap = hub->begin(*stream.subscription, {Kind::after, {7, 0}, 0}).gap;
  ASSERT_TRUE(gap.has_value());
  EXPECT_EQ(gap->upto, (EventId{7, 1}));
  hub->replay(1);
  EXPECT_EQ(stream.data(), Texts{"2"});
  publish("a", "4");
  EXPECT_EQ(stream.data(), Texts{"3"}) << "read before 4 came, or after: 3 was still held";
  for (int i = 5; i <= 7; ++i) log->append({draft({"a"}, std::to_string(i))});
  hub->replay(1);
  EXPECT_THAT(stream.data(), ElementsAre(HasSubstr(R"("upto":"00000007-000000000005")"), "6"));
}

class UnevenReplayTest : public ReplayTest {
 protected:
  UnevenReplayTest() {
    HistoryOptions history;
    history.board.events = 2;
    history.rules = {{"one", {1, 1'000, std::chrono::seconds(300)}}};
    log = std::make_unique<Log>(7, clock_, history);
    hub = std::make_unique<Hub>(*log, no_wake_, options_, clock_, random_);
  }
  void publish(const std::vector<std::string>& boards) {
    for (const std::string& board : boards) log->append({draft({board}, board)});
  }
  std::unique_ptr<Log> log;
  std::unique_ptr<Hub> hub;
};

TEST_F(UnevenReplayTest, TheGapOfOneBoardHidesNoLaterLossOfAnother) {
  options_.pending_events = 1;
  publish({"one", "two", "two", "one", "one"});
  Stream stream(*hub, settings({"one", "two"}));
  ASSERT_TRUE(hub->begin(*stream.subscription, {Kind::after, {7, 0}, 0}).gap.has_value());
  publish({"two", "two"});  // 2 and 3 are below what was told of `one`
  hub->replay(1);
  EXPECT_THAT(stream.data(), ElementsAre(HasSubstr(R"({"boards":["two"])"), "one"));
}

TEST_F(UnevenReplayTest, NeitherDoesEarliest) {
  options_.pending_events = 1;
  publish({"one", "two", "two", "one", "one"});
  Stream stream(*hub, settings({"one", "two"}));
  EXPECT_FALSE(hub->begin(*stream.subscription, {Kind::earliest, {}, 0}).gap.has_value());
  publish({"two", "two"});
  hub->replay(1);
  EXPECT_THAT(stream.data(), ElementsAre(HasSubstr(R"({"boards":["two"])"), "one"));
}

TEST_F(ShortReplayTest, AnotherEpochAndNobodysPositionGetAllThatIsHeld) {
  for (int i = 1; i <= 3; ++i) publish("a", std::to_string(i));
  for (const Start& start : {Start{Kind::after, {6, 40}, 0}, Start{Kind::unknown, {}, 0}}) {
    Stream stream(*hub, settings({"a", "b"}));
    const auto gap = hub->begin(*stream.subscription, start).gap;
    ASSERT_TRUE(gap.has_value());
    EXPECT_EQ(gap->reason, start.kind == Kind::after ? GapReason::epoch : GapReason::unknown);
    EXPECT_EQ(gap->after.has_value(), start.kind == Kind::after);
    EXPECT_THAT(gap->boards, ElementsAre("a", "b"));
    hub->replay(8);
    EXPECT_EQ(stream.data(), (Texts{"2", "3"})) << "and not the same gap again";
  }
}

TEST_F(ReplayTest, AHeartbeatTellsAPositionThatWasReadInSilence) {
  publish({"b"}, "1");
  publish({"b"}, "2");
  Stream stream(hub_, settings({"a"}));
  begin(stream, {Kind::after, {7, 0}, 0});
  EXPECT_THAT(read(stream), IsEmpty());
  run(options_.heartbeat);
  EXPECT_EQ(stream.pull(), ": heartbeat\nid: 00000007-000000000002\n\n");
  run(options_.heartbeat);
  EXPECT_EQ(stream.pull(), ": heartbeat\n\n");
}

TEST_F(ReplayTest, ADrainLetsWhoLagsBehindGoOnUntilTheLastMoment) {
  for (int i = 0; i < 100; ++i) publish({"a"}, "x");
  Stream stream(hub_, settings({"a"}));
  begin(stream, {Kind::earliest, {}, 0});
  for (int i = 0; i < 50; ++i) hub_.end_some(0.5, EndReason::drain);
  EXPECT_EQ(stream.subscription->ended(), EndReason::none);
  hub_.end_some(1, EndReason::drain);
  EXPECT_EQ(stream.subscription->ended(), EndReason::drain);
  EXPECT_FALSE(hub_.replaying());
  EXPECT_EQ(hub_.counters().catching_up.value(), 0);
}

TEST_F(ReplayTest, WhoLeavesWhileCatchingUpIsForgotten) {
  publish({"a"}, "x");
  {
    Stream stream(hub_, settings({"a"}));
    begin(stream, {Kind::earliest, {}, 0});
  }
  EXPECT_FALSE(hub_.replaying());
  hub_.replay(8);
  EXPECT_EQ(hub_.counters().catching_up.value(), 0);
  EXPECT_EQ(log_.interests(), 0U);
}

}  // namespace
}  // namespace gateway::broker
