// Requests that the HTTP/2 session refuses itself, and those that break the protocol.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "support/h2_connection.h"
#include "support/h2_frames.h"

namespace gateway::test {
namespace {

H2FieldList post(H2FieldList extra = {}) {
  H2FieldList fields = {
      {":method", "POST"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", "/events"}};
  fields.insert(fields.end(), extra.begin(), extra.end());
  return fields;
}

class H2Refusal : public testing::Test {
 protected:
  /// The status of the refusal of the only request made.
  int refused(std::int32_t id) {
    EXPECT_TRUE(connection.pump());
    EXPECT_TRUE(connection.handler.requests.empty());
    if (connection.handler.refusals.size() != 1) return 0;
    EXPECT_EQ(client.answer(id).status, connection.handler.refusals[0].status);
    return client.answer(id).status;
  }
  void expect_reset(std::int32_t id, std::uint32_t code) {
    EXPECT_TRUE(connection.pump());
    EXPECT_TRUE(connection.handler.requests.empty());
    EXPECT_EQ(client.answer(id).reset_code, code);
    EXPECT_EQ(connection.session().open_exchanges(), 0U);
  }
  /// The rest of a request that was answered early is refused a second later, not at once: a client
  /// that still sends may drop the answer with the stream.
  void expect_late_reset(std::int32_t id) {
    EXPECT_EQ(connection.counters.resets_sent.value(), 0U);
    EXPECT_TRUE(connection.pass(std::chrono::milliseconds(999)));
    EXPECT_EQ(connection.counters.resets_sent.value(), 0U);
    EXPECT_TRUE(connection.pass(std::chrono::milliseconds(1)));
    EXPECT_EQ(client.answer(id).reset_code, NGHTTP2_NO_ERROR);
  }
  /// The connection goes on after what happened on a stream.
  void expect_alive() {
    connection.handler.requests.clear();
    const auto id = client.get("/alive");
    EXPECT_TRUE(connection.pump());
    EXPECT_EQ(client.answer(id).status, 200);
  }

  H2Connection connection;
  H2Client& client = connection.client;
};

TEST_F(H2Refusal, LongUrl) {
  connection.options.url_bytes = 100;
  EXPECT_EQ(refused(client.get("/" + std::string(100, 'a'))), 414);
  expect_alive();
}

TEST_F(H2Refusal, ForeignHost) {
  connection.options.hosts = {"example.com"};
  EXPECT_EQ(refused(client.get("/")), 421);
}

TEST_F(H2Refusal, HostThatDiffersFromAuthority) {
  EXPECT_EQ(refused(client.get("/", {{"host", "evil.example"}})), 400);
}

TEST_F(H2Refusal, Connect) {
  EXPECT_EQ(refused(client.request({{":method", "CONNECT"}, {":authority", "a.example:443"}})),
            501);
}

TEST_F(H2Refusal, NoAuthorityAtAll) {
  expect_reset(client.request({{":method", "GET"}, {":scheme", "https"}, {":path", "/"}}),
               NGHTTP2_PROTOCOL_ERROR);
  EXPECT_EQ(connection.counters.protocol_errors.value(), 1U);
  expect_alive();
}

TEST_F(H2Refusal, ConnectionFields) {
  const H2FieldList all = {{"connection", "close"},       {"keep-alive", "timeout=5"},
                           {"proxy-connection", "close"}, {"transfer-encoding", "chunked"},
                           {"upgrade", "websocket"},      {"te", "gzip"}};
  for (const auto& field : all) expect_reset(client.get("/", {field}), NGHTTP2_PROTOCOL_ERROR);
  EXPECT_EQ(connection.counters.protocol_errors.value(), all.size());
  expect_alive();
}

TEST_F(H2Refusal, BodyOfTheWrongLength) {
  expect_reset(client.request(post({{"content-length", "10"}}), "short"), NGHTTP2_PROTOCOL_ERROR);
  expect_alive();
}

TEST_F(H2Refusal, LargeBodyByItsBytes) {
  connection.options.body_bytes = 100'000;
  const auto id = client.request(post(), std::string(300'000, 'x'));
  EXPECT_EQ(refused(id), 413);
  EXPECT_TRUE(client.answer(id).complete);
  expect_late_reset(id);
  EXPECT_EQ(connection.counters.body_limit_refusals.value(), 1U);
  EXPECT_EQ(connection.handler.refused_requests[0].body, "");
  expect_alive();
}

TEST_F(H2Refusal, BodyWithoutMemory) {
  const auto under_way = client.request(post(), std::string(20'000, 'x'), true);
  EXPECT_TRUE(connection.pump());
  connection.memory = base::MemoryLevel::shedding;
  client.send_more(under_way, "more", false);
  EXPECT_EQ(refused(under_way), 503);
  EXPECT_EQ(connection.handler.refused_requests[0].body, "");
  connection.handler.refusals.clear();
  EXPECT_EQ(refused(client.request(post(), "short")), 503);
  EXPECT_EQ(connection.counters.memory_refusals.value(), 2U);
  connection.memory = base::MemoryLevel::full;
  expect_alive();
}

TEST_F(H2Refusal, LargeBodyByItsLengthField) {
  connection.options.body_bytes = 100;
  const auto id = client.request(post({{"content-length", "101"}}), std::nullopt, true);
  EXPECT_EQ(refused(id), 413);
  expect_late_reset(id);
}

TEST_F(H2Refusal, AnUploadThatEndsAfterItsAnswerIsNotReset) {
  connection.options.body_bytes = 100;
  const auto id = client.request(post({{"content-length", "101"}}), std::string(101, 'x'));
  EXPECT_EQ(refused(id), 413);
  EXPECT_EQ(connection.session().open_exchanges(), 0U);
  EXPECT_TRUE(connection.pass(std::chrono::seconds(2)));
  EXPECT_EQ(connection.counters.resets_sent.value(), 0U);
}

TEST_F(H2Refusal, BodyOfExactlyTheLimitPasses) {
  connection.options.body_bytes = 100'000;
  const auto id = client.request(post(), std::string(100'000, 'x'));
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).status, 200);
}

TEST_F(H2Refusal, UploadsStayWithinTheBudgetAndAllArrive) {
  constexpr std::size_t kBody = 1000 * 1024;
  constexpr std::size_t kUploads = 12;
  std::vector<std::int32_t> ids;
  ASSERT_TRUE(connection.pump());
  for (std::size_t i = 0; i < kUploads; ++i) {
    ids.push_back(client.request(post(), std::string(kBody, 'x'), true));
  }
  ASSERT_TRUE(connection.pump());
  std::size_t sent = 0;
  for (const auto id : ids) sent += kBody - client.unsent(id);
  EXPECT_GE(sent, 4U * 1024 * 1024);
  EXPECT_LE(sent, 4U * 1024 * 1024 + kUploads * 128 * 1024 + kBody);
  EXPECT_EQ(client.unsent(ids[0]), 0U);  // the oldest always proceeds
  EXPECT_GT(client.unsent(ids[11]), 0U);
  for (const auto id : ids) {
    client.send_more(id, "", true);
    ASSERT_TRUE(connection.pump());
  }
  for (const auto id : ids) EXPECT_EQ(client.answer(id).status, 200) << id;
  EXPECT_EQ(connection.counters.body_limit_refusals.value(), 0U);
}

// Its head is the last that this connection says: nothing else would give the others their windows.
TEST_F(H2Refusal, AnAnswerMakesRoomForUploadsAtOnce) {
  constexpr std::size_t kBody = 1000 * 1024;
  connection.handler.on_handle = [](http::Exchange&) {};  // later
  ASSERT_TRUE(connection.pump());
  const auto whole = client.request(post(), std::string(kBody, 'x'));
  ASSERT_TRUE(connection.pump());
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(client.request(post(), std::string(kBody, 'x'), true));
  ASSERT_TRUE(connection.pump());
  const std::size_t before = client.unsent(ids.back());
  ASSERT_GT(before, 0U);
  ASSERT_EQ(connection.handler.exchanges.size(), 1U);
  connection.handler.exchanges[0].get()->respond({200, {}, ""});
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(whole).status, 200);
  EXPECT_LT(client.unsent(ids.back()), before);
}

TEST_F(H2Refusal, AStalledUploadDoesNotStopOthers) {
  std::vector<std::int32_t> stalled;
  for (int i = 0; i < 8; ++i) {
    stalled.push_back(client.request(post(), std::string(600'000, 'x'), true));
  }
  ASSERT_TRUE(connection.pump());
  const auto id = client.request(post(), "small");
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).status, 200);
}

// --- Header limits ---

TEST_F(H2Refusal, ManySmallFieldsResetTheStream) {
  H2FieldList many;
  for (int i = 0; i < 61; ++i) many.push_back({"x-" + std::to_string(i), "v"});  // + 4 pseudo
  expect_reset(client.get("/", many), NGHTTP2_INTERNAL_ERROR);
  EXPECT_EQ(connection.counters.header_limit_refusals.value(), 1U);
  expect_alive();
  many.pop_back();
  const auto id = client.get("/", many);
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).status, 200);
}

TEST_F(H2Refusal, LargeFieldResetsTheStream) {
  expect_reset(client.get("/", {{"x-large", std::string(33 * std::size_t{1024}, 'v')}}),
               NGHTTP2_INTERNAL_ERROR);
  expect_alive();
}

TEST_F(H2Refusal, HugeFieldEndsTheConnection) {
  connection.options.header_bytes = 10'000;
  const auto id = client.get("/", {{"x-huge", std::string(20'000, 'v')}});
  EXPECT_FALSE(connection.pump());
  EXPECT_EQ(client.answer(id).status, 0);
  ASSERT_EQ(client.goaways().size(), 1U);
  EXPECT_EQ(client.goaways()[0].error_code, NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.counters.header_limit_refusals.value(), 1U);
}

TEST_F(H2Refusal, ManyCookiesAreNoOffence) {
  H2FieldList cookies;
  for (int i = 0; i < 200; ++i) cookies.push_back({"cookie", "c" + std::to_string(i) + "=1"});
  const auto id = client.get("/", cookies);
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(client.answer(id).status, 200);
}

// A page of an application with large cookies of its own, and all the streams that one may have.
TEST_F(H2Refusal, LargeCookiesOfOthersAreNoOffence) {
  connection.options.cookie = "token";
  connection.handler.on_handle = [](http::Exchange&) {};
  H2FieldList cookies = {{"cookie", "token=" + std::string(300, 't')}};
  for (int i = 0; i < 5; ++i) {
    cookies.push_back({"cookie", "c" + std::to_string(i) + "=" + std::string(1000, 'c')});
  }
  for (int i = 0; i < 250; ++i) client.get("/events", cookies);
  ASSERT_TRUE(connection.pump());
  ASSERT_EQ(connection.handler.requests.size(), 250U);
  EXPECT_EQ(connection.handler.requests[0].fields.get("cookie").size(), 306U);
  EXPECT_EQ(connection.counters.resets_sent.value(), 0U);
}

// --- What ends the connection ---

class H2Broken : public testing::Test {
 protected:
  /// Feeds `bytes` after preface and SETTINGS; the code of the GOAWAY that comes back.
  std::optional<std::uint32_t> goaway_code(const std::string& bytes) {
    client.output();  // the client only listens
    connection.receive(h2_hello() + bytes);
    client.receive(connection.drain());
    EXPECT_TRUE(client.goaways().empty() || connection.session().finished());
    if (client.goaways().empty()) return std::nullopt;
    return client.goaways().back().error_code;
  }
  H2Connection connection;
  H2Client& client = connection.client;
};

TEST_F(H2Broken, BadPreface) {
  EXPECT_FALSE(connection.receive("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"));
  connection.drain();
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.counters.protocol_errors.value(), 1U);
}

TEST_F(H2Broken, HeadersWithALowerIdThatNeverWasOpen) {
  const std::string get = h2_get_block();
  EXPECT_EQ(goaway_code(h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, 5, get) +
                        h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, 3, get)),
            NGHTTP2_PROTOCOL_ERROR);
}

TEST_F(H2Broken, TooManyContinuations) {
  std::string bytes = h2_frame(kH2Headers, kH2EndStream, 1, h2_get_block());
  for (int i = 0; i < 9; ++i) bytes += h2_frame(kH2Continuation, 0, 1, "");
  EXPECT_TRUE(goaway_code(bytes).has_value());
  EXPECT_TRUE(connection.handler.requests.empty());
}

TEST_F(H2Broken, FloodOfPings) {
  std::string pings;
  for (int i = 0; i < 101; ++i) pings += h2_frame(kH2Ping, 0, 0, "12345678");
  EXPECT_EQ(goaway_code(pings), NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_EQ(connection.counters.queue_limit_closes.value(), 1U);
}

TEST_F(H2Broken, FloodOfMalformedRequests) {
  std::string requests;
  const std::string bad = h2_field(":method", "GET");
  for (std::uint32_t i = 0; i < 1100; ++i) {
    requests += h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, 2 * i + 1, bad);
  }
  EXPECT_EQ(goaway_code(requests), NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_EQ(connection.counters.glitch_closes.value(), 1U);
  EXPECT_FALSE(connection.receive(h2_frame(kH2Ping, 0, 0, "12345678")));
}

TEST_F(H2Broken, RapidReset) {
  std::string bytes;
  for (std::uint32_t i = 0; i < 1100; ++i) {
    bytes += h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, 2 * i + 1, h2_get_block());
    bytes += h2_frame(kH2Reset, 0, 2 * i + 1, std::string_view("\0\0\0\x8", 4));
  }
  // In batches, as a socket gives them: what is reset in its own batch reaches nobody.
  EXPECT_TRUE(goaway_code(bytes).has_value());
  EXPECT_LE(connection.handler.requests.size(), 1U);
  EXPECT_EQ(connection.counters.reset_limit_closes.value(), 1U);
}

TEST_F(H2Broken, AReloadOfManyStreamsIsServed) {
  const std::string get = h2_get_block();
  std::string bytes;
  std::uint32_t id = 1;
  for (int reload = 0; reload < 4; ++reload) {
    std::string resets;
    for (int i = 0; i < 200; ++i, id += 2) {
      bytes += h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, id, get);
      resets += h2_frame(kH2Reset, 0, id, std::string_view("\0\0\0\x8", 4));
    }
    bytes += resets;
  }
  EXPECT_EQ(goaway_code(bytes + h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, id, get)),
            std::nullopt);
  EXPECT_EQ(connection.handler.requests.size(), 1U);
}

}  // namespace
}  // namespace gateway::test
