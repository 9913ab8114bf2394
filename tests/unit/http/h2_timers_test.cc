// The times of an HTTP/2 connection, with a clock turned by hand.
#include <chrono>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "support/h2_connection.h"
#include "support/h2_frames.h"

namespace gateway::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class H2Timers : public testing::Test {
 protected:
  /// The settings are exchanged.
  void connect() { ASSERT_TRUE(connection.pump()); }
  /// To the moment at which the silent peer is asked; nothing else is due before.
  void pass_to_ping() {
    const base::Duration left = *connection.session().deadline() - connection.clock.now();
    EXPECT_TRUE(connection.pass(std::chrono::ceil<milliseconds>(left)));
  }
  /// A peer that says nothing any more, and the PING to it, which has left.
  void ask() {
    connect();
    connection.handler.on_handle = stream_from(feed);
    client.get("/events");
    connect();
    connection.connected = false;
    pass_to_ping();
    connection.drain();
  }
  Feed feed;  // outlives the session and its sources
  H2Connection connection;
  H2Client& client = connection.client;
};

TEST_F(H2Timers, ThePrefaceHasToCome) {
  connection.connected = false;
  connection.receive(kH2Preface);  // without SETTINGS
  EXPECT_TRUE(connection.pass(milliseconds(9'999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
  EXPECT_EQ(connection.counters.header_timeouts.value(), 1U);
  connection.drain();
  EXPECT_TRUE(connection.session().finished());
}

TEST_F(H2Timers, AHeaderBlockHasToEnd) {
  connection.connected = false;
  connection.receive(h2_hello());
  EXPECT_TRUE(connection.pass(seconds(20)));
  connection.receive(h2_frame(kH2Headers, kH2EndStream, 1, h2_get_block()));
  EXPECT_TRUE(connection.pass(seconds(6)));
  connection.receive(h2_frame(kH2Continuation, 0, 1, ""));
  EXPECT_TRUE(connection.pass(milliseconds(3'999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
  EXPECT_EQ(connection.counters.header_timeouts.value(), 1U);
}

TEST_F(H2Timers, ABlockOfAnIgnoredStreamEndsToo) {
  connection.connected = false;
  connection.receive(h2_hello());
  std::string large = h2_get_block();
  for (int i = 0; i < 80; ++i) large += h2_field("x", "y");
  connection.receive(h2_frame(kH2Headers, kH2EndStream | kH2EndHeaders, 1, large));
  EXPECT_TRUE(connection.pass(seconds(20)));
  EXPECT_EQ(connection.counters.header_timeouts.value(), 0U);
}

TEST_F(H2Timers, ABodyHasToArrive) {
  connect();
  const auto id = client.request({{":method", "POST"},
                                  {":scheme", "https"},
                                  {":authority", "localhost"},
                                  {":path", "/events"}},
                                 "half", true);
  connect();
  EXPECT_TRUE(connection.pass(milliseconds(59'999)));
  EXPECT_EQ(client.answer(id).status, 0);
  EXPECT_TRUE(connection.pass(milliseconds(1)));
  EXPECT_EQ(client.answer(id).status, 408);
  EXPECT_TRUE(connection.pass(milliseconds(1000)));
  EXPECT_EQ(client.answer(id).reset_code, NGHTTP2_NO_ERROR);
  EXPECT_EQ(connection.counters.body_timeouts.value(), 1U);
  EXPECT_EQ(connection.session().open_exchanges(), 0U);
}

TEST_F(H2Timers, AnIdleConnectionEndsInTwoSteps) {
  connect();
  client.get("/");
  connect();
  EXPECT_TRUE(connection.pass(seconds(299)));
  EXPECT_TRUE(client.goaways().empty());
  EXPECT_TRUE(connection.pass(seconds(1)));
  ASSERT_EQ(client.goaways().size(), 1U);
  EXPECT_EQ(client.goaways()[0].last_stream_id, 0x7FFFFFFF);
  EXPECT_EQ(client.goaways()[0].error_code, NGHTTP2_NO_ERROR);
  EXPECT_EQ(connection.counters.idle_timeouts.value(), 1U);
  // This client, having nothing open, hears no more: the second step waits for its time.
  EXPECT_TRUE(connection.pass(seconds(1)));
  EXPECT_EQ(connection.counters.goaways_sent.value(), 2U);
  EXPECT_TRUE(connection.session().finished());
}

TEST_F(H2Timers, AnOpenExchangeIsNotIdle) {
  connection.handler.on_handle = stream_from(feed);
  client.get("/events");
  connect();
  EXPECT_TRUE(connection.pass(seconds(1000)));
  EXPECT_TRUE(client.goaways().empty());
  EXPECT_FALSE(feed.destroyed);
}

TEST_F(H2Timers, ASilentPeerIsAsked) {
  connect();
  EXPECT_TRUE(connection.pass(milliseconds(25'499)));
  EXPECT_EQ(client.pings_received(), 0U);
  EXPECT_TRUE(connection.pass(milliseconds(9'001)));
  EXPECT_EQ(client.pings_received(), 1U);
  EXPECT_TRUE(connection.pass(seconds(200)));
  EXPECT_EQ(connection.counters.ping_timeouts.value(), 0U);
}

TEST(H2PingInterval, DiffersBetweenConnectionsThatCameTogether) {
  std::set<base::Duration> intervals;
  for (int i = 1; i <= 100; ++i) {
    H2Connection connection;
    connection.peer.connection_id = "c" + std::to_string(i);
    ASSERT_TRUE(connection.pump());
    intervals.insert(*connection.session().deadline() - connection.clock.now());
  }
  EXPECT_GE(*intervals.begin(), milliseconds(25'500));
  EXPECT_LT(*intervals.begin(), milliseconds(27'000));
  EXPECT_GT(*intervals.rbegin(), milliseconds(33'000));
  EXPECT_LE(*intervals.rbegin(), milliseconds(34'500));
  EXPECT_GE(intervals.size(), 70U) << "of some three hundred";
}

TEST_F(H2Timers, APeerThatDoesNotAnswerIsGone) {
  ask();
  EXPECT_TRUE(connection.pass(milliseconds(9'999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
  EXPECT_EQ(connection.counters.ping_timeouts.value(), 1U);
}

TEST_F(H2Timers, APingThatCouldNotLeaveProvesNothing) {
  connect();
  connection.connected = false;
  EXPECT_TRUE(connection.pass(seconds(100)));  // never drained
  EXPECT_EQ(connection.counters.ping_timeouts.value(), 0U);
}

TEST_F(H2Timers, AnAnswerHasItsTimeFromWhenThePingLeft) {
  connect();
  connection.connected = false;
  pass_to_ping();
  EXPECT_TRUE(connection.pass(milliseconds(19'900)));
  connection.drain();
  EXPECT_TRUE(connection.pass(milliseconds(9'999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
}

TEST_F(H2Timers, ASlowLineIsASignOfLife) {
  connection.kernel = {1'000, 50'000};
  ask();
  for (int i = 0; i < 10; ++i) {
    connection.kernel.acknowledged += 4'900;
    EXPECT_TRUE(connection.pass(seconds(10)));
  }
  // Now the PING is there.
  connection.kernel = {60'000, 90'000};
  EXPECT_TRUE(connection.pass(milliseconds(9'999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
  EXPECT_EQ(connection.counters.ping_timeouts.value(), 1U);
}

TEST_F(H2Timers, ALineOnWhichNothingMovesIsNone) {
  connection.kernel = {1'000, 50'000};
  ask();
  connection.kernel = {2'000, 60'000};
  EXPECT_TRUE(connection.pass(milliseconds(19'999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
}

// The kernel of a process that hangs acknowledges the PING and all that follows it.
TEST_F(H2Timers, WhatArrivesBehindThePingIsNoSignOfLife) {
  connection.kernel = {1'000, 1'000};
  ask();
  connection.kernel = {9'000, 9'000};
  EXPECT_TRUE(connection.pass(milliseconds(9'999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
}

TEST_F(H2Timers, AnyBytesAreASignOfLife) {
  ask();
  EXPECT_TRUE(connection.pass(seconds(9)));
  connection.receive(h2_frame(kH2Priority, 0, 1, std::string_view("\0\0\0\0\x10", 5)));
  EXPECT_TRUE(connection.pass(seconds(25)));
  EXPECT_EQ(connection.counters.ping_timeouts.value(), 0U);
}

// --- Whole responses to a client that takes nothing ---

class H2Stalled : public testing::Test {
 protected:
  static H2ClientOptions narrow() {
    H2ClientOptions options;
    options.stream_window_bytes = 10;
    options.auto_window = false;
    return options;
  }
  // No other time falls due, so the session has to ask for this one itself.
  void SetUp() override { connection.options.ping_interval = seconds(10'000); }
  H2Connection connection{narrow()};
  H2Client& client = connection.client;
};

TEST_F(H2Stalled, AWholeResponseIsCut) {
  const auto id = client.get("/a-long-path");
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).body.size(), 10U);
  EXPECT_TRUE(connection.pass(milliseconds(59'999)));
  EXPECT_FALSE(client.answer(id).reset_code);
  EXPECT_TRUE(connection.pass(milliseconds(1)));
  EXPECT_EQ(client.answer(id).reset_code, NGHTTP2_CANCEL);
  EXPECT_EQ(connection.session().open_exchanges(), 0U);
  EXPECT_EQ(connection.counters.response_timeouts.value(), 1U);
}

TEST_F(H2Stalled, ProgressGivesTimeAnew) {
  const auto id = client.get("/a-path-that-is-long-enough-for-three");
  const auto other = client.get("/a-path-that-is-long-enough-for-three");
  ASSERT_TRUE(connection.pump());
  EXPECT_TRUE(connection.pass(seconds(59)));
  client.consume(id);
  ASSERT_TRUE(connection.pump());
  EXPECT_TRUE(connection.pass(seconds(59)));
  EXPECT_FALSE(client.answer(id).reset_code);
  EXPECT_EQ(client.answer(other).reset_code, NGHTTP2_CANCEL);
  EXPECT_TRUE(connection.pass(seconds(1)));
  EXPECT_EQ(client.answer(id).reset_code, NGHTTP2_CANCEL);
}

TEST_F(H2Stalled, StreamsAreNotCut) {
  Feed feed;
  feed.bytes = "more than the window has room for";
  connection.handler.on_handle = stream_from(feed);
  client.get("/events");
  ASSERT_TRUE(connection.pump());
  EXPECT_TRUE(connection.pass(seconds(1000)));
  EXPECT_EQ(connection.session().open_exchanges(), 1U);
  EXPECT_EQ(connection.counters.response_timeouts.value(), 0U);
  connection.destroy_session();
}

TEST_F(H2Stalled, ADrainComesToItsEnd) {
  client.get("/a-long-path");
  ASSERT_TRUE(connection.pump());
  connection.session().shut_down();
  ASSERT_TRUE(connection.pump());
  EXPECT_TRUE(connection.pass(seconds(59)));
  EXPECT_FALSE(connection.session().finished());
  EXPECT_TRUE(connection.pass(seconds(1)));
  EXPECT_TRUE(connection.session().finished());
}

// --- The graceful end ---

TEST_F(H2Timers, ShutDownServesWhatIsOnItsWay) {
  connect();
  connection.handler.on_handle = stream_from(feed);
  client.get("/events");
  connect();
  const auto second = client.get("/events");
  const std::string on_its_way = client.output();  // sent before the client hears of the end
  connection.session().shut_down();
  connection.session().shut_down();
  connection.receive(on_its_way);
  connect();
  EXPECT_EQ(client.answer(second).status, 200);
  ASSERT_EQ(client.goaways().size(), 2U);
  EXPECT_EQ(client.goaways()[1].last_stream_id, second);
  EXPECT_FALSE(connection.session().finished());
  feed.end = true;
  for (const auto& exchange : connection.handler.exchanges) exchange.get()->wake();
  connect();
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.counters.goaways_sent.value(), 2U);
}

TEST_F(H2Timers, AnAnswerMayEndTheConnectionAndNoStream) {
  connection.handler.on_handle = [this](http::Exchange& exchange) {
    if (exchange.request().path == "/stream") {
      return exchange.respond_stream({}, std::make_unique<FakeSource>(feed));
    }
    exchange.respond({.status = 401, .fields = {}, .body = "no", .ends_connection = true});
  };
  connect();
  const auto stream = client.get("/stream");
  connect();
  const auto last = client.get("/");
  connect();
  EXPECT_EQ(client.answer(last).status, 401);
  EXPECT_EQ(client.answer(last).body, "no");
  ASSERT_EQ(client.goaways().size(), 2U);
  EXPECT_EQ(client.goaways()[1].last_stream_id, last);
  EXPECT_FALSE(client.answer(stream).complete);
  EXPECT_FALSE(connection.session().finished());
}

TEST_F(H2Timers, ShutDownDoesNotWaitLongForASilentPeer) {
  connect();
  connection.connected = false;
  connection.pass(seconds(5));
  connection.session().shut_down();
  connection.drain();
  EXPECT_FALSE(connection.session().finished());
  EXPECT_TRUE(connection.pass(milliseconds(999)));
  connection.drain();
  EXPECT_FALSE(connection.session().finished());
  EXPECT_TRUE(connection.pass(milliseconds(1)));
  connection.drain();
  EXPECT_TRUE(connection.session().finished());
}

TEST_F(H2Timers, AnAnswerToAnEarlierPingIsNotTheRoundTrip) {
  connect();
  connection.connected = false;
  pass_to_ping();
  client.receive(connection.drain());
  const std::string answer = client.output();
  connection.session().shut_down();
  connection.receive(answer);
  client.receive(connection.drain());
  EXPECT_EQ(client.goaways().size(), 1U);
}

TEST_F(H2Timers, NothingNewAfterTheSecondGoaway) {
  connect();
  connection.handler.on_handle = stream_from(feed);
  client.get("/events");
  connect();
  connection.session().shut_down();
  connect();
  const std::string late = h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, 9, h2_get_block());
  connection.receive(late);
  connection.drain();
  EXPECT_EQ(connection.handler.requests.size(), 1U);
  EXPECT_EQ(connection.session().open_exchanges(), 1U);
}

TEST_F(H2Timers, AConnectionCarriesItsShareOfRequests) {
  connection.options.streams_per_connection = 3;
  for (int i = 0; i < 3; ++i) {
    const auto id = client.get("/");
    ASSERT_TRUE(connection.pump());
    EXPECT_EQ(client.answer(id).status, 200);
    EXPECT_EQ(client.goaways().empty(), i < 2);
  }
  EXPECT_TRUE(connection.session().finished());
}

}  // namespace
}  // namespace gateway::test
