// Requests and responses of one HTTP/2 connection, and the life of an exchange.
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "support/h2_connection.h"

namespace gateway::test {
namespace {

H2FieldList fields_of(std::string method, std::string path) {
  return {{":method", std::move(method)},
          {":scheme", "https"},
          {":authority", "localhost"},
          {":path", std::move(path)}};
}

class H2Exchange : public testing::Test {
 protected:
  Feed feed;  // outlives the session and its sources
  H2Connection connection;
  H2Client& client = connection.client;
};

TEST_F(H2Exchange, AnswersAGet) {
  const auto id = client.get("/events?boards=a", {{"accept", "text/event-stream"}});
  ASSERT_TRUE(connection.pump());
  const H2Answer& answer = client.answer(id);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "GET /events?boards=a");
  EXPECT_EQ(answer.fields.at("content-length"), "20");
  EXPECT_EQ(answer.fields.at("date"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_TRUE(answer.complete);
  ASSERT_EQ(connection.handler.requests.size(), 1U);
  const http::Request& request = connection.handler.requests[0];
  EXPECT_EQ(request.fields.get("accept"), "text/event-stream");
  EXPECT_EQ(request.protocol, http::Protocol::http2);
  EXPECT_TRUE(request.tls);
  EXPECT_EQ(connection.counters.requests_h2.value(), 1U);
  EXPECT_EQ(connection.counters.responses_2xx.value(), 1U);
  EXPECT_EQ(connection.counters.exchanges_open.value(), 0);
  EXPECT_EQ(connection.session().open_exchanges(), 0U);
}

TEST_F(H2Exchange, OffersTheConfiguredStreams) {
  connection.options.max_concurrent_streams = 7;
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.server_max_streams(), 7U);
}

TEST_F(H2Exchange, AnswersHeadWithTheLengthAndNoBody) {
  const auto id = client.request(fields_of("HEAD", "/"));
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).fields.at("content-length"), "6");
  EXPECT_EQ(client.answer(id).body, "");
  EXPECT_EQ(client.answer(id).data_frames, 0U);
  EXPECT_TRUE(client.answer(id).complete);
}

TEST_F(H2Exchange, DestroysTheSourceOfAHeadUnread) {
  feed.bytes = "never";
  connection.handler.on_handle = stream_from(feed);
  const auto id = client.request(fields_of("HEAD", "/events"));
  ASSERT_TRUE(connection.pump());
  EXPECT_TRUE(feed.destroyed);
  EXPECT_EQ(feed.asked, 0U);
  EXPECT_TRUE(client.answer(id).complete);
}

TEST_F(H2Exchange, SendsNoConnectionFields) {
  connection.handler.on_handle = [](http::Exchange& exchange) {
    http::Response response{204, {}, ""};
    response.fields.add("connection", "close");
    response.fields.add("keep-alive", "timeout=5");
    response.fields.add("x-accel-buffering", "no");
    exchange.respond(std::move(response));
  };
  const auto id = client.get("/");
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).status, 204);
  EXPECT_EQ(client.answer(id).fields.size(), 2U);  // date, x-accel-buffering
}

TEST_F(H2Exchange, CollectsABody) {
  const std::string body(300'000, 'x');
  const auto id = client.request(fields_of("POST", "/events"), body);
  ASSERT_TRUE(connection.pump());
  ASSERT_EQ(connection.handler.requests.size(), 1U);
  EXPECT_EQ(connection.handler.requests[0].body, body);
  EXPECT_EQ(client.answer(id).status, 200);
  EXPECT_FALSE(client.answer(id).reset_code);
}

TEST_F(H2Exchange, SendsALargeBodyThroughSmallWindows) {
  const std::string body(500'000, 'y');
  connection.handler.on_handle = [&](http::Exchange& exchange) {
    exchange.respond({200, {}, body});
  };
  const auto id = client.get("/");
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).body, body);
  EXPECT_EQ(connection.counters.data_frames_sent.value(), client.answer(id).data_frames);
}

TEST_F(H2Exchange, AnswersLater) {
  connection.handler.on_handle = [](http::Exchange&) {};
  const auto id = client.get("/");
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).status, 0);
  http::Exchange* exchange = connection.handler.exchanges[0].get();
  ASSERT_NE(exchange, nullptr);
  const std::size_t calls = connection.output_calls;
  exchange->respond({202, {}, "later"});
  EXPECT_GT(connection.output_calls, calls);
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).body, "later");
  EXPECT_EQ(connection.handler.exchanges[0].get(), nullptr);
}

TEST_F(H2Exchange, StreamsAsTheSourceIsFed) {
  connection.handler.on_handle = stream_from(feed);
  const auto id = client.get("/events");
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).status, 200);
  EXPECT_FALSE(client.answer(id).fields.contains("content-length"));
  const std::size_t asked = feed.asked;
  connection.drain();
  EXPECT_EQ(feed.asked, asked);  // not asked again before wake

  http::Exchange& exchange = *connection.handler.exchanges[0].get();
  feed.bytes = "data: 1\n\n";
  exchange.wake();
  exchange.wake();
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).body, "data: 1\n\n");
  EXPECT_FALSE(feed.destroyed);

  feed.bytes = "data: 2\n\n";
  feed.end = true;
  exchange.wake();
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).body, "data: 1\n\ndata: 2\n\n");
  EXPECT_TRUE(client.answer(id).complete);
  EXPECT_TRUE(feed.destroyed);
}

TEST_F(H2Exchange, EndsAStreamWithoutBytes) {
  connection.handler.on_handle = stream_from(feed);
  const auto id = client.get("/events");
  ASSERT_TRUE(connection.pump());
  feed.end = true;
  connection.handler.exchanges[0].get()->wake();
  ASSERT_TRUE(connection.pump());
  EXPECT_TRUE(client.answer(id).complete);
  EXPECT_EQ(client.answer(id).body, "");
}

TEST_F(H2Exchange, NeverSeesARequestThatWasResetInTheSameBatch) {
  const auto id = client.get("/a");
  client.get("/b");
  const std::string opened = client.output();
  client.reset(id, NGHTTP2_CANCEL);
  connection.receive(opened + client.output());
  ASSERT_EQ(connection.handler.requests.size(), 1U);
  EXPECT_EQ(connection.handler.requests[0].path, "/b");
  EXPECT_EQ(connection.counters.resets_received.value(), 1U);
  EXPECT_EQ(connection.session().open_exchanges(), 1U);
}

TEST_F(H2Exchange, DestroysTheSourceWhenTheClientResets) {
  connection.handler.on_handle = stream_from(feed);
  const auto id = client.get("/events");
  ASSERT_TRUE(connection.pump());
  client.reset(id, NGHTTP2_CANCEL);
  ASSERT_TRUE(connection.pump());
  EXPECT_TRUE(feed.destroyed);
  EXPECT_EQ(connection.handler.exchanges[0].get(), nullptr);
  EXPECT_EQ(connection.counters.exchanges_open.value(), 0);
  EXPECT_EQ(connection.counters.resets_received.value(), 1U);
}

TEST_F(H2Exchange, AbortResetsInTheNextFlush) {
  connection.handler.on_handle = stream_from(feed);
  const auto id = client.get("/events");
  ASSERT_TRUE(connection.pump());
  http::Exchange& exchange = *connection.handler.exchanges[0].get();
  feed.bytes = "not any more";
  exchange.wake();
  exchange.abort();
  exchange.abort();
  EXPECT_FALSE(feed.destroyed);
  ASSERT_TRUE(connection.pump());
  EXPECT_TRUE(feed.destroyed);
  EXPECT_EQ(client.answer(id).reset_code, NGHTTP2_CANCEL);
  EXPECT_EQ(client.answer(id).body, "");
  EXPECT_EQ(connection.counters.resets_sent.value(), 1U);
}

TEST_F(H2Exchange, AbortInsideHandleNeedsNoAnswer) {
  connection.handler.on_handle = [](http::Exchange& exchange) { exchange.abort(); };
  const auto id = client.get("/");
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).reset_code, NGHTTP2_CANCEL);
}

TEST_F(H2Exchange, DestroyingTheSessionEndsEverythingOnce) {
  Feed feeds[3];
  int next = 0;
  connection.handler.on_handle = [&](http::Exchange& exchange) {
    stream_from(feeds[next++])(exchange);
  };
  for (int i = 0; i < 3; ++i) client.get("/events");
  ASSERT_TRUE(connection.pump());
  feeds[1].bytes = "unsent";
  connection.handler.exchanges[1].get()->wake();
  EXPECT_GT(connection.counters.h2_library_bytes.value(), 0);
  connection.destroy_session();
  for (const Feed& each : feeds) EXPECT_TRUE(each.destroyed);
  for (const auto& exchange : connection.handler.exchanges) EXPECT_EQ(exchange.get(), nullptr);
  EXPECT_EQ(connection.counters.exchanges_open.value(), 0);
  EXPECT_EQ(connection.counters.h2_library_bytes.value(), 0);
}

TEST_F(H2Exchange, AnIdleStreamIsLean) {
  connection.options.max_concurrent_streams = 1000;
  connection.handler.on_handle = stream_from(feed);
  ASSERT_TRUE(connection.pump());
  client.get("/events");
  ASSERT_TRUE(connection.pump());
  const auto before = connection.counters.h2_library_bytes.value();
  constexpr int kStreams = 900;
  for (int i = 0; i < kStreams; ++i) client.get("/events");
  ASSERT_TRUE(connection.pump());
  ASSERT_EQ(connection.session().open_exchanges(), kStreams + 1U);
  const auto each = (connection.counters.h2_library_bytes.value() - before) / kStreams;
  EXPECT_LE(each, 430);
}

TEST_F(H2Exchange, RequestsOverManySecondsLeaveNothingBehind) {
  connection.handler.on_handle = [](http::Exchange& exchange) {
    exchange.respond(http::Response{200, {}, "ok"});
  };
  const auto ask = [this] {
    connection.clock.advance(std::chrono::seconds(1));
    const auto id = client.get("/healthz");
    ASSERT_TRUE(connection.pump());
    ASSERT_EQ(client.answer(id).body, "ok");
  };
  ask();
  const auto before = connection.counters.h2_library_bytes.value();
  for (int i = 0; i < 30; ++i) ask();
  EXPECT_EQ(connection.counters.h2_library_bytes.value(), before);
}

}  // namespace
}  // namespace gateway::test
