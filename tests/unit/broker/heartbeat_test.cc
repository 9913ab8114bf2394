// Silence and stalls: what the hub's wheel finds as time passes.
#include <gtest/gtest.h>

#include "unit/broker/hub_fixture.h"

namespace gateway::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HeartbeatTest : public HubTest {
 protected:
  /// Beats at uneven moments for `time`; every block is pulled at once. Returns when they came.
  std::vector<double> listen(Stream& stream, seconds time) {
    std::vector<double> at;
    const base::MonoTime start = clock_.now();
    while (clock_.now() - start < time) {
      clock_.advance(hub_.heartbeat_tick() + std::chrono::microseconds(random_.below(2'000)));
      hub_.spread(100);
      hub_.beat(SIZE_MAX);
      if (stream.subscription->front() == nullptr) continue;
      stream.data();
      at.push_back(std::chrono::duration<double>(clock_.now() - start).count());
    }
    return at;
  }
};

TEST_F(HeartbeatTest, ComesAfterEachPeriodOfSilenceWithoutDrift) {
  clock_.advance(milliseconds(137));
  Stream a(hub_, settings({"a"}));
  const std::vector<double> at = listen(a, seconds(3'000));
  ASSERT_EQ(at.size(), 199U);
  for (std::size_t i = 0; i < at.size(); ++i) {
    EXPECT_NEAR(at[i], 15.0 * static_cast<double>(i + 1), 0.4);
  }
}

TEST_F(HeartbeatTest, CountsSilenceFromTheLastEvent) {
  Stream a(hub_, settings({"a"}));
  run(seconds(10));
  publish({"a"}, "1");
  spread();
  EXPECT_EQ(a.data(), Texts{"1"});
  const std::vector<double> at = listen(a, seconds(31));
  ASSERT_EQ(at.size(), 2U);
  EXPECT_NEAR(at[0], 15, 0.4);
  EXPECT_NEAR(at[1], 30, 0.4);
}

TEST_F(HeartbeatTest, ABusyStreamHasNone) {
  Stream a(hub_, settings({"a"}));
  for (int i = 0; i < 100; ++i) {
    publish({"a"}, "1");
    spread();
    a.data();
    run(seconds(5));
  }
  EXPECT_EQ(hub_.counters().heartbeats.value(), 0U);
  EXPECT_EQ(a.subscription->pending(), 0U);
}

TEST_F(HeartbeatTest, CarriesThePositionOnlyWhenItMoved) {
  Stream narrow(hub_, settings({"a"}, Format::plain, {"never"}));
  Stream other(hub_, settings({"b"}));
  run(options_.heartbeat);
  EXPECT_EQ(narrow.pull(), ": heartbeat\n\n");
  publish({"a"}, "1");
  publish({"nobody"}, "2");
  run(options_.heartbeat);
  EXPECT_EQ(narrow.pull(), ": heartbeat\nid: 00000007-000000000002\n\n");
  EXPECT_EQ(narrow.subscription->position(), (EventId{7, 2}));
  run(options_.heartbeat);
  EXPECT_EQ(narrow.pull(), ": heartbeat\n\n");
  EXPECT_EQ(other.pull(), ": heartbeat\n\n") << "one waits: no second, no third";
  EXPECT_EQ(other.pull(), "");
}

TEST_F(HeartbeatTest, NeverPassesEventsThatAreStillToBeSpread) {
  Stream a(hub_, settings({"a"}));
  clock_.advance(options_.heartbeat * 2);
  for (const char* data : {"1", "2", "3"}) publish({"a"}, data);
  publish({"nobody"}, "4");
  hub_.beat(SIZE_MAX);
  EXPECT_EQ(a.pull(), ": heartbeat\n\n");
  spread();
  EXPECT_EQ(a.data(), (Texts{"1", "2", "3"}));
  run(options_.heartbeat + seconds(1));
  EXPECT_EQ(a.pull(), ": heartbeat\nid: 00000007-000000000004\n\n");
}

TEST_F(HeartbeatTest, IsEncodedOnceForAllThatAreDue) {
  Stream a(hub_, settings({"a"}));
  Stream b(hub_, settings({"b"}));
  run(options_.heartbeat + seconds(1));
  ASSERT_NE(a.subscription->front(), nullptr);
  EXPECT_EQ(a.subscription->front(), b.subscription->front());
  EXPECT_EQ(hub_.counters().heartbeats.value(), 2U);
}

TEST_F(HeartbeatTest, ALateBeatFindsEveryStreamOnce) {
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 100; ++i) {
    streams.push_back(std::make_unique<Stream>(hub_, settings({"a"})));
    clock_.advance(milliseconds(211));
  }
  clock_.advance(std::chrono::hours(5));
  hub_.beat(SIZE_MAX);
  for (const auto& stream : streams) EXPECT_EQ(stream->subscription->pending(), 1U);
}

TEST_F(HeartbeatTest, ComesInPortionsWhenManyAreDueAtOnce) {
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 5; ++i) streams.push_back(std::make_unique<Stream>(hub_, settings({"a"})));
  const auto told = [&] {
    return std::count_if(streams.begin(), streams.end(),
                         [](const auto& stream) { return stream->subscription->pending() == 1; });
  };
  clock_.advance(options_.heartbeat + seconds(1));
  EXPECT_TRUE(hub_.beat(2));
  EXPECT_EQ(told(), 2);
  EXPECT_TRUE(hub_.beat(2));
  EXPECT_FALSE(hub_.beat(2));
  EXPECT_EQ(told(), 5);
}

class ShortHeartbeatTest : public ::testing::TestWithParam<int> {};

TEST_P(ShortHeartbeatTest, HasATickOfItsOwn) {
  test::FakeClock clock;
  base::SeededRandom random(1);
  NoWake wake;
  Options options;
  options.heartbeat = milliseconds(GetParam());
  Log log(7, clock);
  Hub hub(log, wake, options, clock, random);
  EXPECT_LE(hub.heartbeat_tick() * 4, options.heartbeat);
  {
    Stream a(hub, settings({"a"}));
    int heartbeats = 0;
    const base::MonoTime start = clock.now();
    while (clock.now() - start < options.heartbeat * 50) {
      clock.advance(hub.heartbeat_tick());
      hub.beat(SIZE_MAX);
      if (!a.pull().empty()) ++heartbeats;
    }
    EXPECT_NEAR(heartbeats, 50, 1);
  }
}
INSTANTIATE_TEST_SUITE_P(Milliseconds, ShortHeartbeatTest,
                         ::testing::Values(4, 10, 100, 999, 1'000, 60'000, 600'000));

TEST_F(HeartbeatTest, AStalledStreamIsReportedOnce) {
  Stream stuck(hub_, settings({"a"}));
  Stream reading(hub_, settings({"a"}));
  run(seconds(7));
  publish({"a"}, "1");
  publish({"a"}, "2");
  spread();
  run(options_.stall - seconds(1));
  EXPECT_EQ(stuck.stalls, 0);
  reading.pull();
  run(milliseconds(1'500));
  EXPECT_EQ(stuck.stalls, 1);
  run(options_.stall - seconds(2));
  EXPECT_EQ(reading.stalls, 0) << "a pop starts the time anew";
  run(seconds(2));
  EXPECT_EQ(reading.stalls, 1);
  run(options_.stall * 3);
  EXPECT_EQ(stuck.stalls, 1);
  EXPECT_EQ(hub_.counters().streams_stalled.value(), 2U);
  stuck.subscription.reset();
  EXPECT_EQ(hub_.counters().streams_ended_client.value(), 0U) << "counted as stalled";
}

TEST_F(HeartbeatTest, AnEndThatNobodyTakesStallsToo) {
  Stream stuck(hub_, settings({"a"}));
  stuck.subscription->end(EndReason::drain);
  run(options_.stall + seconds(1));
  EXPECT_EQ(stuck.stalls, 1);
  EXPECT_EQ(hub_.counters().streams_stalled.value(), 0U) << "it has ended by the drain";
}

TEST_F(HeartbeatTest, AStreamThatRecoversIsHeardAgain) {
  Stream a(hub_, settings({"a"}));
  publish({"a"}, "1");
  spread();
  run(seconds(40));
  a.data();
  const std::vector<double> at = listen(a, seconds(31));
  ASSERT_EQ(at.size(), 2U);
  EXPECT_NEAR(at[0], 15, 0.6) << "the pull was noted with the time of the turn before";
}

TEST_F(HeartbeatTest, ChangesOfPeriodsSkipNoHeartbeat) {
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<base::MonoTime> heard;
  base::Duration longest{0};
  const auto step = [&](milliseconds time) {
    clock_.advance(time);
    hub_.spread(100);
    hub_.beat(SIZE_MAX);
    for (std::size_t i = 0; i < streams.size(); ++i) {
      longest = std::max(longest, clock_.now() - heard[i]);
      if (!streams[i]->pull().empty()) heard[i] = clock_.now();
    }
  };
  for (int i = 0; i < 100; ++i) {
    streams.push_back(std::make_unique<Stream>(hub_, settings({"a"})));
    heard.push_back(clock_.now());
    step(milliseconds(150));
  }
  for (int i = 1; i < 4'000; ++i) {
    step(hub_.heartbeat_tick());
    if (i % 37 != 0) continue;
    clock_.advance(milliseconds(random_.below(250)));  // between two beats
    options_.stall += milliseconds(1);
    hub_.options_changed();
  }
  EXPECT_LE(longest, options_.heartbeat + 3 * hub_.heartbeat_tick());
}

TEST_F(HeartbeatTest, AnotherPeriodHoldsForStreamsThatAreThere) {
  Stream a(hub_, settings({"a"}));
  run(seconds(1));
  options_.heartbeat = milliseconds(500);
  hub_.options_changed();
  EXPECT_LT(hub_.heartbeat_tick(), milliseconds(100));
  EXPECT_NEAR(static_cast<double>(listen(a, seconds(30)).size()), 60, 2);
  options_.heartbeat = seconds(15);
  hub_.options_changed();
  EXPECT_NEAR(static_cast<double>(listen(a, seconds(150)).size()), 10, 1);
}

}  // namespace
}  // namespace gateway::broker
