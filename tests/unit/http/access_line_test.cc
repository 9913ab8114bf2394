#include "http/access_line.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "base/log.h"
#include "support/captured_log.h"
#include "support/h1_connection.h"
#include "support/h2_connection.h"

namespace gateway::http {
namespace {

using std::chrono::milliseconds;
using test::CapturedLog;
using test::FakeSource;
using test::Feed;
using test::H1Connection;
using test::H2Connection;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kPeer = "request peer=127.0.0.1:40612 connection=c17 ";

std::string get(const std::string& target, const char* method = "GET") {
  return method + (" " + target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

/// One handler that lets answers wait.
void later(Exchange&) {}

TEST(AccessLine, OfH2HasNoQueryAndCountsTheBody) {
  H2Connection connection;
  connection.options.access_log = true;
  CapturedLog log;
  connection.client.get("/a?access_token=canary");
  connection.pump();
  EXPECT_THAT(log.take(), ElementsAre(kPeer + "method=GET path=/a protocol=h2 status=200 bytes=26 "
                                              "duration_ms=0"));
}

TEST(AccessLine, OfH1HasNoQueryAndCountsTheBody) {
  H1Connection connection;
  connection.options.access_log = true;
  CapturedLog log;
  connection.exchange(get("/a?access_token=canary") + get("/b", "HEAD"), {"GET", "HEAD"});
  EXPECT_THAT(log.take(),
              ElementsAre(kPeer + "method=GET path=/a protocol=http/1.1 status=200 bytes=26 "
                                  "duration_ms=0",
                          kPeer + "method=HEAD path=/b protocol=http/1.1 status=200 bytes=0 "
                                  "duration_ms=0"));
}

TEST(AccessLine, ThereIsNoneByDefault) {
  H1Connection h1;
  H2Connection h2;
  h1.handler.on_handle = h2.handler.on_handle = [](Exchange& exchange) {
    EXPECT_EQ(exchange.access_line(), nullptr);
    exchange.respond({204, {}, ""});
  };
  CapturedLog log;
  h1.exchange(get("/a"));
  h2.client.get("/a");
  h2.pump();
  EXPECT_EQ(h1.handler.requests.size() + h2.handler.requests.size(), 2U);
  EXPECT_THAT(log.take(), IsEmpty());
}

TEST(AccessLine, ComesWhateverTheLevelIs) {
  H1Connection connection;
  connection.options.access_log = true;
  CapturedLog log;
  base::log_use({base::LogLevel::off, base::LogFormat::text});
  connection.exchange(get("/a"));
  base::log_use({});
  EXPECT_THAT(log.take(), ElementsAre(testing::HasSubstr(" path=/a ")));
}

TEST(AccessLine, FromTheNextRequestOnWhenItIsSwitchedOn) {
  H1Connection connection;
  CapturedLog log;
  connection.exchange(get("/a"));
  connection.options.access_log = true;
  connection.exchange(get("/b"));
  connection.options.access_log = false;
  connection.exchange(get("/c"));
  EXPECT_THAT(log.take(), ElementsAre(testing::HasSubstr(" path=/b ")));
}

TEST(AccessLine, OfAnH1StreamComesAtItsEndWithoutFraming) {
  Feed feed;
  H1Connection connection;
  connection.options.access_log = true;
  connection.handler.on_handle = test::stream_from(feed);
  CapturedLog log;
  connection.receive(get("/events"));
  feed.bytes = std::string(5000, 'x');
  connection.drain(1000);
  connection.clock.advance(milliseconds(1500));
  feed.bytes = "12345";
  feed.end = true;
  connection.handler.exchanges[0].get()->wake();
  connection.drain();
  EXPECT_THAT(log.take(), ElementsAre(kPeer + "method=GET path=/events protocol=http/1.1 "
                                              "status=200 bytes=5005 duration_ms=1500"));
}

TEST(AccessLine, OfAnH2StreamSaysWhatItsSourceAndItsHandlerHaveToSay) {
  struct Told final : BodySource {
    Told(Feed& feed, AccessLine& told) : source(feed), line(told) {}
    ~Told() override { line.stream_ended("client", 3); }
    Ready ready(std::size_t max) override { return source.ready(max); }
    void copy(char* to, std::size_t bytes) override { source.copy(to, bytes); }
    FakeSource source;
    AccessLine& line;
  };
  Feed feed;
  H2Connection connection;
  connection.options.access_log = true;
  connection.handler.on_handle = [&feed](Exchange& exchange) {
    AccessLine& line = *exchange.access_line();
    line.set_subject("ann \"the\nfirst\"");
    line.set_path("/other");
    exchange.respond_stream({}, std::make_unique<Told>(feed, line));
  };
  CapturedLog log;
  const auto id = connection.client.get("/events");
  feed.bytes = "1234567";
  connection.pump();
  connection.client.reset(id, NGHTTP2_CANCEL);
  connection.pump();
  EXPECT_THAT(log.take(),
              ElementsAre(kPeer + "method=GET path=/other protocol=h2 status=200 bytes=7 "
                                  R"(duration_ms=0 subject="ann \"the\nfirst\"" ended=client )"
                                  "events=3"));
}

TEST(AccessLine, OfWhatWasCutCountsWhatWasTaken) {
  H1Connection h1;
  test::H2ClientOptions stalled;
  stalled.stream_window_bytes = 1000;
  stalled.auto_window = false;
  H2Connection h2(stalled);
  h1.options.access_log = h2.options.access_log = true;
  h1.handler.on_handle = h2.handler.on_handle = [](Exchange& exchange) {
    exchange.respond({200, {}, std::string(200'000, 'x')});
  };
  CapturedLog log;
  h1.receive(get("/a"));
  std::vector<char> buffer(2'000);
  const std::size_t sent = h1.session().send(buffer.data(), buffer.size());
  const std::size_t head = std::string_view(buffer.data(), sent).find("\r\n\r\n") + 4;
  h1.destroy_session();
  h2.client.get("/b");
  h2.pump();
  h2.destroy_session();
  const std::vector<std::string> lines = log.take();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], testing::HasSubstr(" bytes=" + std::to_string(sent - head) + " "));
  EXPECT_THAT(lines[1], testing::HasSubstr(" status=200 bytes=1000 "));
}

TEST(AccessLine, WithoutAnAnswerHasNoStatus) {
  H1Connection h1;
  H2Connection h2;
  h1.options.access_log = h2.options.access_log = true;
  h1.handler.on_handle = h2.handler.on_handle = later;
  CapturedLog log;
  h1.receive(get("/a"));
  h1.destroy_session();
  const auto id = h2.client.get("/b");
  h2.pump();
  h2.client.reset(id, NGHTTP2_CANCEL);
  h2.pump();
  EXPECT_THAT(log.take(),
              ElementsAre(testing::HasSubstr("path=/a protocol=http/1.1 status=0 bytes=0 "),
                          testing::HasSubstr("path=/b protocol=h2 status=0 bytes=0 ")));
}

TEST(AccessLine, OfWhatASessionRefusesIsEscaped) {
  H1Connection connection;
  connection.options.access_log = true;
  CapturedLog log;
  connection.exchange("GET /\x1b[31m\xff\" HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::vector<std::string> lines = log.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], testing::HasSubstr(" status=400 "));
  for (const char c : lines[0]) EXPECT_TRUE(c >= ' ' && c < 0x7F) << lines[0];
}

TEST(AccessLine, ChangesNothingOfWhatIsSent) {
  std::string sent[2];
  for (const bool on : {false, true}) {
    H1Connection connection;
    connection.options.access_log = on;
    CapturedLog log;
    connection.handler.on_handle = [](Exchange& exchange) {
      const std::size_t size = exchange.request().path.size();
      exchange.respond(
          {size == 3 ? 204 : 200, {}, std::string(size == 2 ? 100'000 : size % 5, 'x')});
    };
    for (const char* path : {"/", "/1", "/12", "/123", "/1234", "/12345"}) {
      connection.receive(get(path));
      connection.drain(3'000);
    }
    sent[on ? 1 : 0] = connection.sent;
    EXPECT_EQ(log.take().size(), on ? 6U : 0U);
  }
  EXPECT_EQ(sent[0], sent[1]);
}

}  // namespace
}  // namespace gateway::http
