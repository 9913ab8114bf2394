// However the network cuts the input and whatever room there is for output: the same requests, the
// same bytes out.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/fake_source.h"
#include "support/h1_connection.h"

namespace gateway::http {
namespace {

using test::H1Connection;

const std::string kPipeline =
    "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
    "\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello\r\n\r\n0\r"
    "HEAD /3 HTTP/1.1\r\nHost: a\r\n\r\n"
    "POST /4 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
    "b;ext=\"1\"\r\nfirst chunk\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n"
    "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET http://b/5?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    "GET /never HTTP/1.1\r\nHost: a\r\n\r\n";

/// A connection whose answers say all that the requests said.
struct Echo {
  Echo() {
    connection.handler.on_handle = [this](Exchange& exchange) {
      const Request& request = exchange.request();
      std::string body = request.method + ' ' + request.authority + ' ' + request.path + '?' +
                         request.query + ' ' + request.body;
      if (request.path != "/stream") return exchange.respond({200, {}, std::move(body)});
      feed = {};
      feed.bytes = body;
      feed.end = true;
      exchange.respond_stream({200, {}, ""}, std::make_unique<test::FakeSource>(feed));
    };
  }
  test::Feed feed;
  H1Connection connection;
};

std::string unchunked(const std::string& raw) {
  std::string all;
  for (const test::H1Answer& answer :
       test::H1Client({"GET", "POST", "HEAD", "POST", "GET"}).read(raw)) {
    all += std::to_string(answer.status) + ' ' + answer.field("content-length") + ' ' +
           answer.field("connection") + ' ' + answer.body + (answer.complete ? "\n" : "...\n");
  }
  return all;
}

std::string whole() {
  Echo echo;
  echo.connection.receive(kPipeline);
  echo.connection.drain();
  return unchunked(echo.connection.sent);
}

TEST(H1SplitTest, AnswersThePipelineWhole) {
  EXPECT_EQ(whole(),
            "200 10  GET a /1? \n"
            "200 22  POST a /2? hello\r\n\r\n0\r\n"
            "200 11  \n"
            "100   \n"
            "200 23  POST a /4? first chunk!\n"
            "200   GET a /stream? \n"
            "200 13  OPTIONS a *? \n"
            "200 11 close GET b /5?q \n");
}

TEST(H1SplitTest, AnswersTheSameForEverySplitInTwo) {
  const std::string expected = whole();
  for (std::size_t at = 0; at <= kPipeline.size(); ++at) {
    Echo echo;
    echo.connection.receive(kPipeline.substr(0, at));
    echo.connection.drain();
    echo.connection.receive(kPipeline.substr(at));
    echo.connection.drain();
    ASSERT_EQ(unchunked(echo.connection.sent), expected) << at;
    ASSERT_TRUE(echo.connection.session().finished()) << at;
  }
}

TEST(H1SplitTest, AnswersTheSameInAnyPiecesAndRooms) {
  const std::string expected = whole();
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    base::SeededRandom random(seed);
    Echo echo;
    const std::size_t piece_max = 1 + random.below(60);
    std::size_t at = 0;
    while (at < kPipeline.size()) {
      const std::size_t piece =
          std::min<std::size_t>(kPipeline.size() - at, 1 + random.below(piece_max));
      echo.connection.receive(kPipeline.substr(at, piece));
      at += piece;
      if (random.below(3) == 0) echo.connection.drain(6 + random.below(40));
    }
    echo.connection.drain(6 + random.below(40));
    ASSERT_EQ(unchunked(echo.connection.sent), expected) << "seed " << seed;
    ASSERT_TRUE(echo.connection.session().finished());
    ASSERT_EQ(echo.connection.counters.exchanges_open.value(), 0);
  }
}

TEST(H1SplitTest, SurvivesNoise) {
  // Mutations of good input: whatever comes, no crash, at most one refusal, and it is the last.
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    base::SeededRandom random(seed);
    std::string input = kPipeline;
    for (std::uint64_t i = 1 + random.below(4); i > 0; --i) {
      const std::size_t at = random.below(input.size());
      switch (random.below(3)) {
        case 0:
          input[at] = static_cast<char>(random.next());
          break;
        case 1:
          input.erase(at, 1 + random.below(5));
          break;
        default:
          input.insert(at, input.substr(random.below(input.size()), 1 + random.below(20)));
      }
    }
    Echo echo;
    H1Connection& connection = echo.connection;
    for (std::size_t at = 0; at < input.size();) {
      const std::size_t piece = 1 + random.below(100);
      connection.receive(std::string_view(input).substr(at, piece));
      connection.drain(16 + random.below(100));
      at += piece;
    }
    ASSERT_LE(connection.handler.refusals.size(), 1u) << seed;
    ASSERT_TRUE(connection.handler.refusals.empty() || connection.session().finished()) << seed;
    ASSERT_LE(connection.counters.exchanges_open.value(), 0) << seed;
  }
}

}  // namespace
}  // namespace gateway::http
