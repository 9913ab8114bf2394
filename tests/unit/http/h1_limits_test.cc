// Limits and time-outs: the status, the counter, and that the connection ends.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "support/h1_connection.h"

namespace gateway::http {
namespace {

using std::chrono::milliseconds;
using test::H1Answer;
using test::H1Connection;

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

/// Expects that `raw` is refused with `status` and that the connection ends.
void expect_refused(H1Connection& connection, const std::string& raw, int status) {
  EXPECT_FALSE(connection.receive(raw));
  const std::vector<H1Answer> answers = test::H1Client().read(connection.drain());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, status);
  EXPECT_EQ(answers[0].field("connection"), "close");
  EXPECT_TRUE(connection.session().finished());
  EXPECT_FALSE(connection.receive(get("/behind")));
  EXPECT_EQ(connection.drain(), "");
  EXPECT_TRUE(connection.handler.requests.empty());
}

TEST(H1LimitTest, BoundsTheUrl) {
  H1Connection fits;
  fits.options.url_bytes = 1000;
  EXPECT_EQ(fits.exchange(get("/" + std::string(999, 'a')))[0].status, 200);

  H1Connection over;
  over.options.url_bytes = 1000;
  expect_refused(over, get("/" + std::string(1000, 'a')), 414);
  EXPECT_EQ(over.counters.header_limit_refusals.value(), 1u);

  H1Connection endless;
  endless.options.url_bytes = 1000;
  endless.options.header_bytes = 100;
  expect_refused(endless, "GET /" + std::string(1200, 'a'), 414);
}

TEST(H1LimitTest, BoundsTheHeader) {
  H1Connection fits;
  fits.options.header_bytes = 1000;  // name + value + 32 each: 37 for host, 33 + n for x
  EXPECT_EQ(fits.exchange(get("/", "x: " + std::string(930, 'a') + "\r\n"))[0].status, 200);

  H1Connection over;
  over.options.header_bytes = 1000;
  expect_refused(over, get("/", "x: " + std::string(931, 'a') + "\r\n"), 431);
  EXPECT_EQ(over.counters.header_limit_refusals.value(), 1u);

  H1Connection endless;
  endless.options.header_bytes = 1000;
  expect_refused(endless, "GET / HTTP/1.1\r\nx: " + std::string(1000, 'a'), 431);

  H1Connection many;
  std::string fields;
  for (std::size_t i = 0; i < many.options.header_fields; ++i) fields += "x: y\r\n";
  expect_refused(many, get("/", fields), 431);
}

TEST(H1LimitTest, BoundsTheBody) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  H1Connection fits;
  fits.options.body_bytes = 10;
  EXPECT_EQ(fits.exchange(head + "Content-Length: 10\r\n\r\n0123456789")[0].status, 200);
  EXPECT_EQ(fits.exchange(head + "Transfer-Encoding: chunked\r\n\r\n"
                                 "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n")[0]
                .status,
            200);

  // Refused by its length alone, and nobody is asked to send it.
  H1Connection declared;
  declared.options.body_bytes = 10;
  expect_refused(declared, head + "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n", 413);
  EXPECT_EQ(declared.counters.body_limit_refusals.value(), 1u);

  H1Connection chunked;
  chunked.options.body_bytes = 10;
  expect_refused(chunked,
                 head +
                     "Transfer-Encoding: chunked\r\n\r\n"
                     "5\r\n01234\r\n6\r\n",
                 413);
  EXPECT_EQ(chunked.counters.body_limit_refusals.value(), 1u);
}

TEST(H1LimitTest, WithoutMemoryNoBodyIsRead) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n";
  H1Connection waits;
  waits.memory = base::MemoryLevel::shedding;
  expect_refused(waits, head + "Expect: 100-continue\r\n\r\n", 503);
  EXPECT_EQ(waits.counters.memory_refusals.value(), 1u);

  H1Connection under_way;
  EXPECT_TRUE(under_way.receive(head + "\r\n01234"));
  under_way.memory = base::MemoryLevel::shedding;
  expect_refused(under_way, "5678", 503);

  H1Connection others;
  others.memory = base::MemoryLevel::critical;
  EXPECT_EQ(others.exchange(get("/"))[0].status, 200);
  others.memory = base::MemoryLevel::full;
  EXPECT_EQ(others.exchange(head + "\r\n0123456789")[0].status, 200);
}

TEST(H1LimitTest, BoundsExtensionsOfManyChunks) {
  H1Connection connection;
  std::string raw = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 50; ++i) raw += "1;" + std::string(100, 'e') + "\r\nx\r\n";
  expect_refused(connection, raw, 400);
}

TEST(H1LimitTest, AnswersOnlyForItsHosts) {
  H1Connection connection;
  connection.options.hosts = {"example.com"};
  EXPECT_EQ(connection.exchange("GET / HTTP/1.1\r\nHost: Example.COM:8443\r\n\r\n")[0].status, 200);
  const std::vector<H1Answer> answers = connection.exchange(get("/"));
  EXPECT_EQ(answers[0].status, 421);
  H1Connection old;
  old.options.hosts = {"example.com"};
  expect_refused(old, "GET / HTTP/1.0\r\n\r\n", 421);
}

TEST(H1TimeTest, ClosesAFreshConnectionSilently) {
  H1Connection connection;
  EXPECT_TRUE(connection.pass(milliseconds(9'999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
  EXPECT_EQ(connection.drain(), "");
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.counters.header_timeouts.value(), 1u);
}

TEST(H1TimeTest, BoundsTheHeadFromItsFirstByte) {
  H1Connection connection;
  connection.pass(milliseconds(5'000));
  connection.receive("G");
  // A byte now and then buys no time.
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(connection.pass(milliseconds(1'000)));
    connection.receive("E");
  }
  EXPECT_TRUE(connection.pass(milliseconds(999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
  const std::vector<H1Answer> answers = test::H1Client().read(connection.drain());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 408);
  EXPECT_EQ(answers[0].field("connection"), "close");
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.counters.header_timeouts.value(), 1u);
}

TEST(H1TimeTest, BoundsTheBodyFromTheEndOfTheHead) {
  H1Connection connection;
  connection.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 59; ++i) {
    EXPECT_TRUE(connection.pass(milliseconds(1'000)));
    connection.receive("x");
  }
  EXPECT_TRUE(connection.pass(milliseconds(999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
  EXPECT_EQ(test::H1Client().read(connection.drain()).at(0).status, 408);
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.counters.body_timeouts.value(), 1u);
  EXPECT_EQ(connection.counters.header_timeouts.value(), 0u);
}

TEST(H1TimeTest, ClosesAnIdleConnectionSilently) {
  H1Connection connection;
  connection.exchange(get("/"));
  connection.sent.clear();
  EXPECT_TRUE(connection.pass(milliseconds(299'999)));
  EXPECT_FALSE(connection.pass(milliseconds(1)));
  EXPECT_EQ(connection.drain(), "");
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.counters.idle_timeouts.value(), 1u);
}

TEST(H1TimeTest, BeginsAnewForEveryRequest) {
  H1Connection connection;
  for (int i = 0; i < 5; ++i) {
    connection.receive("GET / HT");
    EXPECT_TRUE(connection.pass(milliseconds(9'000)));
    connection.receive("TP/1.1\r\nHost: a\r\n\r\n");
    connection.drain();
    EXPECT_TRUE(connection.pass(milliseconds(200'000)));
  }
  EXPECT_EQ(connection.handler.requests.size(), 5u);
}

TEST(H1TimeTest, WaitsForAnAnswerWithoutEnd) {
  H1Connection connection;
  connection.handler.on_handle = [](Exchange&) {};
  connection.receive(get("/1") + "GET /half");
  EXPECT_EQ(connection.session().deadline(), std::nullopt);
  EXPECT_TRUE(connection.pass(std::chrono::hours(48)));
  connection.handler.exchanges[0].get()->respond({200, {}, ""});
  connection.drain();
  // The half request behind it has its own time from now on.
  ASSERT_TRUE(connection.session().deadline().has_value());
  EXPECT_EQ(*connection.session().deadline(), connection.clock.now() + milliseconds(10'000));
  EXPECT_FALSE(connection.pass(milliseconds(10'000)));
  EXPECT_EQ(test::H1Client().read(connection.drain()).at(0).status, 408);
}

TEST(H1TimeTest, LetsABlankLineBeIdleTime) {
  H1Connection connection;
  connection.exchange(get("/"));
  connection.receive("\r\n");
  EXPECT_TRUE(connection.pass(milliseconds(100'000)));
  EXPECT_EQ(connection.exchange(get("/"))[0].status, 200);
}

}  // namespace
}  // namespace gateway::http
