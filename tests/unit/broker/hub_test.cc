#include "broker/hub.h"

#include <gtest/gtest.h>

#include "broker/sse.h"
#include "unit/broker/hub_fixture.h"

namespace gateway::broker {
namespace {

TEST_F(HubTest, DeliversWhatComesAfterThePositionAndMatches) {
  publish({"a"}, "before");
  Stream a(hub_, settings({"a"}));
  EXPECT_EQ(a.subscription->position(), (EventId{7, 1}));
  Stream all(hub_, settings({"*"}));
  publish({"a"}, "1");
  publish({"b"}, "2");
  spread();
  EXPECT_EQ(a.data(), Texts{"1"});
  EXPECT_EQ(all.data(), (Texts{"1", "2"}));
  EXPECT_EQ(a.parser.last_event_id(), "00000007-000000000002");
  EXPECT_EQ(a.subscription->position(), (EventId{7, 2}));
}

TEST_F(HubTest, SkipsWhatTheOutboxHoldsOfBefore) {
  Stream early(hub_, settings({"a"}));
  publish({"a"}, "1");
  Stream late(hub_, settings({"a"}));
  publish({"a"}, "2");
  spread();
  EXPECT_EQ(early.data(), (Texts{"1", "2"}));
  EXPECT_EQ(late.data(), Texts{"2"});
}

TEST_F(HubTest, AStreamOfTwoOfTheBoardsGetsTheEventOnceThroughTheFirst) {
  Stream json(hub_, settings({"c", "b", "a*"}, Format::json));
  publish({"x", "b", "a", "c"}, "1");
  spread();
  const Texts data = json.data();
  ASSERT_EQ(data.size(), 1U);
  EXPECT_NE(data[0].find(R"("board":"b")"), std::string::npos) << data[0];
}

TEST_F(HubTest, KeepsOnlyTheTypesAsked) {
  Stream some(hub_, settings({"a"}, Format::plain, {"x", "message"}));
  publish({"a"}, "1", "x");
  publish({"a"}, "2", "y");
  publish({"a"}, "3");
  spread();
  EXPECT_EQ(some.data(), (Texts{"1", "3"}));
}

TEST_F(HubTest, EncodesAFormOncePerEventAndOnlyWhatSomebodyReads) {
  std::vector<std::unique_ptr<Stream>> streams;
  const Texts names{"a", "b", "*"};
  for (int i = 0; i < 300; ++i) {
    const auto format = i % 2 == 0 ? Format::plain : Format::json;
    streams.push_back(
        std::make_unique<Stream>(hub_, settings({names[static_cast<std::size_t>(i) % 3]}, format)));
  }
  publish({"a", "b"}, "1");
  spread();
  EXPECT_EQ(hub_.counters().encodings.value(), 3U) << "plain, json of a, json of b";
  EXPECT_EQ(hub_.counters().deliveries.value(), 300U);
  EXPECT_EQ(streams[0]->subscription->front(), streams[2]->subscription->front())
      << "one block for all streams of the worker";
  publish({"nobody", "c"}, "2", "t");
  spread();
  EXPECT_EQ(hub_.counters().encodings.value(), 5U) << "plain and json of the first board";
}

TEST_F(HubTest, TellsHowManyEventsAStreamWasGivenAndWhatWouldEndIt) {
  for (const std::uint64_t limit : {0U, 3U}) {
    Subscription::Settings wanted = settings({"a"});
    wanted.limit = limit;
    Stream stream(hub_, std::move(wanted));
    publish({"a"}, "1");
    publish({"b"}, "2");
    publish({"a"}, "3");
    spread();
    EXPECT_EQ(stream.subscription->events_queued(limit), 2U);
    EXPECT_EQ(stream.subscription->outcome(), "client");
    publish({"a"}, "4");
    publish({"a"}, "5");
    spread();
    EXPECT_EQ(stream.subscription->events_queued(limit), limit == 0 ? 4U : 3U);
    EXPECT_EQ(stream.subscription->outcome(), limit == 0 ? "client" : "limit");
  }
}

TEST_F(HubTest, SpreadsAtMostWhatItIsAllowed) {
  Stream a(hub_, settings({"a"}));
  for (int i = 1; i <= 5; ++i) publish({"a"}, std::to_string(i));
  EXPECT_TRUE(hub_.spread(2));
  EXPECT_EQ(hub_.position(), (EventId{7, 2}));
  publish({"a"}, "6");
  EXPECT_TRUE(hub_.spread(2));
  EXPECT_TRUE(hub_.spread(1)) << "the sixth is left, and its wake is spent";
  EXPECT_FALSE(hub_.spread(9));
  EXPECT_EQ(a.data(), (Texts{"1", "2", "3", "4", "5", "6"}));
  EXPECT_EQ(hub_.position(), (EventId{7, 6}));
}

TEST_F(HubTest, ListenersHearWhenTheEmptyQueueFills) {
  Stream a(hub_, settings({"a"}));
  publish({"a"}, "1");
  publish({"a"}, "2");
  spread();
  EXPECT_EQ(a.ready, 1);
  EXPECT_EQ(a.subscription->waiting(1)->text(), "id: 00000007-000000000002\ndata: 2\n\n");
  EXPECT_EQ(a.subscription->waiting(2), nullptr);
  a.data();
  publish({"a"}, "3");
  spread();
  EXPECT_EQ(a.ready, 2);
}

TEST_F(HubTest, EndsAtTheLimitWithARetryAndAReason) {
  auto limited = settings({"a"});
  limited.limit = 2;
  Stream a(hub_, std::move(limited));
  for (const char* data : {"1", "2", "3"}) publish({"a"}, data);
  spread();
  EXPECT_EQ(a.subscription->ended(), EndReason::limit);
  EXPECT_EQ(a.data(), (Texts{"1", "2", R"({"reason":"limit"})"}));
  EXPECT_EQ(a.parser.last_event_id(), "00000007-000000000002") << "the end carries no id";
  ASSERT_TRUE(a.parser.retry());
  EXPECT_GE(*a.parser.retry(), 1'000U);
  EXPECT_LE(*a.parser.retry(), 3'000U);
  publish({"a"}, "4");
  spread();
  run(options_.heartbeat * 3);
  EXPECT_EQ(a.subscription->pending(), 0U) << "nothing follows the end";
  EXPECT_EQ(hub_.counters().streams_ended_limit.value(), 1U);
}

TEST_F(HubTest, AFullQueueEndsTheStreamAndKeepsWhatItHas) {
  options_.slow = Slow::close;
  options_.pending_events = 3;
  Stream slow(hub_, settings({"a"}));
  Stream quick(hub_, settings({"a"}));
  for (const char* data : {"1", "2", "3"}) publish({"a"}, data);
  spread();
  EXPECT_EQ(slow.subscription->ended(), EndReason::none) << "full, but nothing more came";
  EXPECT_EQ(quick.data().size(), 3U);
  publish({"a"}, "4");
  spread();
  EXPECT_EQ(slow.subscription->ended(), EndReason::slow);
  EXPECT_EQ(slow.data(), (Texts{"1", "2", "3", R"({"reason":"slow"})"}));
  EXPECT_EQ(slow.subscription->position(), (EventId{7, 3}));
  EXPECT_EQ(quick.data(), Texts{"4"});
  EXPECT_EQ(hub_.counters().streams_ended_slow.value(), 1U);
}

TEST_F(HubTest, AWaitingHeartbeatTakesNoEventsPlace) {
  options_.slow = Slow::close;
  options_.pending_events = 3;
  Stream slow(hub_, settings({"a"}));
  run(options_.heartbeat);
  ASSERT_EQ(slow.subscription->pending(), 1U);
  for (const char* data : {"1", "2", "3"}) publish({"a"}, data);
  spread();
  EXPECT_EQ(slow.subscription->ended(), EndReason::none);
  publish({"a"}, "4");
  spread();
  EXPECT_EQ(slow.subscription->ended(), EndReason::slow);
  EXPECT_EQ(slow.data().size(), 4U) << "three events and the end";
}

TEST_F(HubTest, AKickedStreamGetsWhatIsQueuedAndTheReason) {
  Stream a(hub_, settings({"a"}));
  publish({"a"}, "1");
  spread();
  a.subscription->end(EndReason::kicked);
  publish({"a"}, "2");
  spread();
  EXPECT_EQ(a.data(), (Texts{"1", R"({"reason":"kicked"})"}));
  EXPECT_EQ(hub_.counters().streams_ended_kicked.value(), 1U);
  a.subscription.reset();
  EXPECT_EQ(hub_.counters().streams_ended_client.value(), 0U);
}

TEST_F(HubTest, EndingIsIdempotentAndCountedOnce) {
  Stream a(hub_, settings({"a"}));
  a.subscription->end(EndReason::drain);
  a.subscription->end(EndReason::slow);
  EXPECT_EQ(a.data(), Texts{R"({"reason":"drain"})"});
  EXPECT_EQ(hub_.counters().streams_ended_drain.value(), 1U);
  EXPECT_EQ(hub_.counters().streams_ended_slow.value(), 0U);
  a.subscription.reset();
  EXPECT_EQ(hub_.counters().streams_ended_client.value(), 0U);
}

TEST_F(HubTest, CountsStreamsByBoardAndPattern) {
  Stream one(hub_, settings({"a", "b"}));
  auto two = std::make_unique<Stream>(hub_, settings({"b", "team-*", "*"}));
  EXPECT_EQ(hub_.streams_by_board(),
            (std::map<std::string, std::uint64_t>{{"a", 1}, {"b", 2}, {"team-*", 1}, {"*", 1}}));
  EXPECT_EQ(hub_.counters().streams.value(), 2);
  two.reset();
  EXPECT_EQ(hub_.streams_by_board(), (std::map<std::string, std::uint64_t>{{"a", 1}, {"b", 1}}));
  EXPECT_EQ(hub_.counters().streams.value(), 1);
  EXPECT_EQ(hub_.counters().streams_opened.value(), 2U);
  EXPECT_EQ(hub_.counters().streams_ended_client.value(), 1U);
  EXPECT_EQ(log_.interests(), 2U);
}

TEST_F(HubTest, LeavingInAnyOrderDisturbsNobody) {
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 500; ++i) {
    streams.push_back(std::make_unique<Stream>(hub_, settings({"x", "a", "a*"})));
  }
  while (streams.size() > 1) {
    streams.erase(streams.begin() + static_cast<std::ptrdiff_t>(random_.below(streams.size())));
    if (streams.size() % 50 != 0) continue;
    publish({"a", "x"}, std::to_string(streams.size()));
    spread();
    for (const auto& stream : streams) {
      ASSERT_EQ(stream->data(), Texts{std::to_string(streams.size())});
    }
  }
  streams.clear();
  EXPECT_EQ(log_.interests(), 0U);
}

TEST_F(HubTest, DrainsInShares) {
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 1'000; ++i) {
    streams.push_back(std::make_unique<Stream>(hub_, settings({"a"})));
  }
  hub_.end_some(0.25, EndReason::drain);
  EXPECT_NEAR(static_cast<double>(hub_.counters().streams_ended_drain.value()), 250, 1);
  hub_.end_some(0.5, EndReason::drain);
  EXPECT_NEAR(static_cast<double>(hub_.counters().streams_ended_drain.value()), 625, 2);
  hub_.end_some(1, EndReason::drain);
  EXPECT_EQ(hub_.counters().streams_ended_drain.value(), 1'000U);
  for (const auto& stream : streams) EXPECT_EQ(stream->data(), Texts{R"({"reason":"drain"})"});
}

TEST_F(HubTest, RetriesSpreadOverHalfTheMeanEitherWay) {
  auto least = hub_.draw_retry();
  auto most = least;
  for (int i = 0; i < 20'000; ++i) {
    const auto retry = hub_.draw_retry();
    least = std::min(least, retry);
    most = std::max(most, retry);
  }
  EXPECT_GE(least.count(), 1'000);
  EXPECT_LE(least.count(), 1'010);
  EXPECT_LE(most.count(), 3'000);
  EXPECT_GE(most.count(), 2'990);
}

/// Breaks the rule: destroys a stream while it is being told something.
class Destroyer final : public Subscription::Listener {
 public:
  void blocks_ready() override { victim.reset(); }
  void stalled() override {}
  std::unique_ptr<Subscription> victim;
};

TEST_F(HubTest, DestroyingAStreamInsideAListenerIsABug) {
  Destroyer destroyer;
  destroyer.victim = hub_.subscribe(settings({"a"}), destroyer);
  publish({"a"}, "1");
  EXPECT_DEATH(spread(), "check failed: telling_ == 0");
}

TEST_F(HubTest, AHubThatDiesWithStreamsIsABug) {
  EXPECT_DEATH(
      {
        auto hub = std::make_unique<Hub>(log_, no_wake_, options_, clock_, random_);
        Stream stream(*hub, settings({"a"}));
        hub.reset();
      },
      "check failed: counters_.streams");
}

TEST_F(HubTest, IsCrowdedWhileAQueueIsMoreThanHalfFull) {
  options_.slow = Slow::close;
  options_.pending_events = 4;
  auto reader = std::make_unique<Stream>(hub_, settings({"a"}));
  auto silent = std::make_unique<Stream>(hub_, settings({"a"}));
  const auto events = [&](int count) {
    for (int i = 0; i < count; ++i) publish({"a"}, "x");
    spread();
  };
  events(2);
  EXPECT_FALSE(hub_.crowded());
  events(1);
  EXPECT_TRUE(hub_.crowded());
  reader->pull();
  EXPECT_TRUE(hub_.crowded()) << "the other one still is";
  silent->pull();
  EXPECT_FALSE(hub_.crowded());
  reader->data();
  events(3);
  reader->data();
  EXPECT_EQ(silent->subscription->ended(), EndReason::slow);
  EXPECT_FALSE(hub_.crowded()) << "who has ended holds up nobody";
  events(3);
  EXPECT_TRUE(hub_.crowded());
  reader.reset();
  EXPECT_FALSE(hub_.crowded()) << "nor who has left";
}

}  // namespace
}  // namespace gateway::broker
