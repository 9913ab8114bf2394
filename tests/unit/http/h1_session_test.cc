// One connection's life: requests of every form, pipelining, keep-alive, expectations, shutdown.
#include "http/h1_session.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/h1_connection.h"

namespace gateway::http {
namespace {

using test::H1Answer;
using test::H1Connection;

const char kGet[] = "GET /events?boards=a HTTP/1.1\r\nHost: localhost:8443\r\n\r\n";

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

TEST(H1SessionTest, AnswersARequest) {
  H1Connection connection;
  EXPECT_TRUE(connection.receive(kGet));
  EXPECT_EQ(connection.drain(),
            "HTTP/1.1 200 OK\r\n"
            "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "content-length: 20\r\n"
            "\r\n"
            "GET /events?boards=a");
  EXPECT_FALSE(connection.session().finished());
  EXPECT_EQ(connection.session().open_exchanges(), 0u);
  EXPECT_EQ(connection.counters.requests_h1.value(), 1u);
  EXPECT_EQ(connection.counters.responses_2xx.value(), 1u);
  EXPECT_GE(connection.output_calls, 1u);
}

TEST(H1SessionTest, AnAnswerMayEndTheConnection) {
  H1Connection connection;
  connection.handler.on_handle = [](Exchange& exchange) {
    exchange.respond({.status = 401, .fields = {}, .body = {}, .ends_connection = true});
  };
  connection.receive(get("/a") + get("/b"));
  EXPECT_NE(connection.drain().find("\r\nconnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.handler.requests.size(), 1u);
}

TEST(H1SessionTest, HandsOverWhatTheRequestSays) {
  H1Connection connection;
  connection.options.cookie = "b";
  connection.receive(
      "\r\nPOST /events?a=b%20c&d HTTP/1.1\r\n"
      "HOST: LocalHost:8443\r\n"
      "Content-Type:\ttext/plain \r\n"
      "Accept: a/a\r\n"
      "Accept: b/b\r\n"
      "content-LENGTH: 5\r\n"
      "Cookie: a=1\r\n"
      "Cookie: b=2\r\n"
      "Upgrade: h2c\r\n"
      "Connection: Upgrade, HTTP2-Settings\r\n"
      "X-Unused: \xC3\xA9\r\n"
      "\r\nhello");
  ASSERT_EQ(connection.handler.requests.size(), 1u);
  const Request& request = connection.handler.requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/events");
  EXPECT_EQ(request.query, "a=b%20c&d");
  EXPECT_EQ(request.authority, "localhost:8443");
  EXPECT_EQ(request.fields.get("content-type"), "text/plain");
  EXPECT_EQ(request.fields.get("accept"), "a/a, b/b");
  EXPECT_EQ(request.fields.get("cookie"), "b=2");
  EXPECT_FALSE(request.fields.has("x-unused"));
  EXPECT_EQ(request.body, "hello");
  EXPECT_EQ(request.protocol, Protocol::http1);
  EXPECT_TRUE(request.tls);
}

TEST(H1SessionTest, TakesEveryFormOfTarget) {
  H1Connection connection;
  connection.exchange("GET http://Example.com:80/a?b HTTP/1.1\r\nHost: other\r\n\r\n");
  connection.exchange("GET https://example.com HTTP/1.1\r\nHost: other\r\n\r\n");
  connection.exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(connection.handler.requests.size(), 3u);
  EXPECT_EQ(connection.handler.requests[0].authority, "example.com:80");
  EXPECT_EQ(connection.handler.requests[0].path, "/a");
  EXPECT_EQ(connection.handler.requests[0].query, "b");
  EXPECT_EQ(connection.handler.requests[1].path, "/");
  EXPECT_EQ(connection.handler.requests[2].path, "*");
}

TEST(H1SessionTest, ReadsChunkedBodies) {
  H1Connection connection;
  const std::string raw =
      "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;name=\"quo;ted\"\r\nhello\r\n"
      "0a;x\r\n, chunked \r\n"
      "000\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\nX: y\r\n\r\n";
  connection.receive(raw + get("/next"));
  connection.drain();
  ASSERT_EQ(connection.handler.requests.size(), 2u);
  EXPECT_EQ(connection.handler.requests[0].body, "hello, chunked ");
  EXPECT_FALSE(connection.handler.requests[0].fields.has("content-length"));
  EXPECT_EQ(connection.handler.requests[1].path, "/next");
  EXPECT_EQ(connection.handler.requests[1].body, "");
}

TEST(H1SessionTest, AnswersPipelinedRequestsInOrder) {
  H1Connection connection;
  std::vector<base::WeakPtr<Exchange>> waiting;
  const auto answer_at_once = connection.handler.on_handle;
  connection.handler.on_handle = [&](Exchange& exchange) {
    if (exchange.request().path == "/slow") {
      waiting.push_back(exchange.weak());
    } else {
      answer_at_once(exchange);
    }
  };
  connection.receive(get("/slow") + get("/2") + get("/3"));
  EXPECT_EQ(connection.drain(), "");
  EXPECT_EQ(connection.handler.requests.size(), 1u);
  EXPECT_EQ(connection.session().open_exchanges(), 1u);
  EXPECT_EQ(connection.counters.exchanges_open.value(), 1);
  connection.receive(get("/4"));
  EXPECT_EQ(connection.handler.requests.size(), 1u);

  ASSERT_NE(waiting[0].get(), nullptr);
  const std::size_t calls = connection.output_calls;
  waiting[0].get()->respond({200, {}, "slow"});
  EXPECT_GT(connection.output_calls, calls);
  ASSERT_NE(waiting[0].get(), nullptr) << "it dies in the flush, not in the call";
  const std::vector<H1Answer> answers = test::H1Client().read(connection.drain());
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[0].body, "slow");
  EXPECT_EQ(answers[1].body, "GET /2");
  EXPECT_EQ(answers[2].body, "GET /3");
  EXPECT_EQ(answers[3].body, "GET /4");
  EXPECT_EQ(waiting[0].get(), nullptr);
  EXPECT_EQ(connection.counters.exchanges_open.value(), 0);
}

TEST(H1SessionTest, GathersPipelinedAnswersInOneSend) {
  H1Connection connection;
  connection.receive(get("/1") + get("/2") + get("/3"));
  std::vector<char> buffer(16'384);
  const std::size_t bytes = connection.session().send(buffer.data(), buffer.size());
  EXPECT_EQ(test::H1Client().read({buffer.data(), bytes}).size(), 3u);
}

TEST(H1SessionTest, ReadsTheNextRequestOnlyBehindAWholeResponse) {
  H1Connection connection;
  connection.handler.on_handle = [](Exchange& exchange) {
    exchange.respond({200, {}, std::string(10'000, 'x')});
  };
  connection.receive(get("/1") + get("/2"));
  std::vector<char> buffer(10'000);
  connection.session().send(buffer.data(), buffer.size());
  EXPECT_EQ(connection.handler.requests.size(), 1u);
  connection.session().send(buffer.data(), buffer.size());
  EXPECT_EQ(connection.handler.requests.size(), 2u);
}

TEST(H1SessionTest, BoundsWhatWaitsBehindARequest) {
  H1Connection connection;
  Exchange* waiting = nullptr;
  connection.handler.on_handle = [&](Exchange& exchange) { waiting = &exchange; };
  EXPECT_TRUE(connection.session().wants_input());
  connection.receive(get("/slow"));
  EXPECT_TRUE(connection.session().wants_input());
  const std::string request = get("/" + std::string(1000, 'p'));
  std::size_t sent = 0;
  while (connection.session().wants_input()) {
    connection.receive(request);
    ++sent;
    ASSERT_LE(sent * request.size(), H1Session::kPipelinedBytesMax + request.size());
  }
  waiting->respond({200, {}, ""});
  connection.drain();
  EXPECT_TRUE(connection.session().wants_input());
  EXPECT_EQ(connection.handler.requests.size(), 2u);
  for (std::size_t i = 0; i < sent; ++i) {
    waiting->respond({200, {}, ""});
    connection.drain();
  }
  EXPECT_EQ(connection.handler.requests.size(), sent + 1);
}

TEST(H1SessionTest, AnswersHeadWithoutABody) {
  H1Connection connection;
  const std::vector<H1Answer> answers =
      connection.exchange("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n" + get("/b"), {"HEAD"});
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].field("content-length"), "7");
  EXPECT_EQ(answers[1].body, "GET /b");
}

TEST(H1SessionTest, SendsNoBodyWhereThereIsNone) {
  H1Connection connection;
  int status = 204;
  connection.handler.on_handle = [&](Exchange& exchange) { exchange.respond({status, {}, "no"}); };
  EXPECT_EQ(connection.exchange(get("/"))[0].field("content-length"), "");
  status = 304;
  EXPECT_EQ(connection.exchange(get("/"))[0].field("content-length"), "");
  EXPECT_EQ(connection.counters.responses_2xx.value(), 1u);
  EXPECT_EQ(connection.counters.responses_3xx.value(), 1u);
}

TEST(H1SessionTest, KeepsHeadersFromSplitting) {
  H1Connection connection;
  connection.handler.on_handle = [](Exchange& exchange) {
    Response response{200, {}, ""};
    response.fields.add("location", "/a\r\nset-cookie: b\n");
    exchange.respond(std::move(response));
  };
  const std::vector<H1Answer> answers = connection.exchange(get("/"));
  EXPECT_EQ(answers[0].field("location"), "/a  set-cookie: b ");
  EXPECT_EQ(answers[0].field("set-cookie"), "");
}

TEST(H1SessionTest, ClosesWhenTheClientAsks) {
  for (const char* value : {"close", "Close", "keep-alive, CLOSE", "x,close"}) {
    H1Connection connection;
    EXPECT_TRUE(connection.receive("GET / HTTP/1.1\r\nHost: a\r\nConnection: " +
                                   std::string(value) + "\r\n\r\n" + get("/never")));
    EXPECT_FALSE(connection.session().finished());
    const std::vector<H1Answer> answers = test::H1Client().read(connection.drain());
    ASSERT_EQ(answers.size(), 1u) << value;
    EXPECT_EQ(answers[0].field("connection"), "close");
    EXPECT_TRUE(connection.session().finished());
    EXPECT_FALSE(connection.receive(get("/never")));
    EXPECT_EQ(connection.handler.requests.size(), 1u);
  }
}

TEST(H1SessionTest, IgnoresInputBehindTheLastRequest) {
  H1Connection connection;
  Exchange* waiting = nullptr;
  connection.handler.on_handle = [&](Exchange& exchange) { waiting = &exchange; };
  connection.receive("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(connection.receive(std::string(16'384, 'x'))) << "the answer is still to come";
    EXPECT_TRUE(connection.session().wants_input()) << "so that its FIN is seen";
  }
  waiting->respond({200, {}, "ok"});
  EXPECT_EQ(test::H1Client().read(connection.drain()).size(), 1u);
  EXPECT_TRUE(connection.session().finished());
}

TEST(H1SessionTest, ServesHttp10AndCloses) {
  H1Connection connection;
  const std::vector<H1Answer> answers =
      connection.exchange("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 200);
  EXPECT_EQ(answers[0].field("connection"), "close");
  EXPECT_EQ(connection.handler.requests[0].authority, "");
  EXPECT_TRUE(connection.session().finished());
}

TEST(H1SessionTest, AsksForTheBodyWhenExpected) {
  H1Connection connection;
  connection.receive(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(connection.drain(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(connection.handler.requests.empty());
  connection.receive("ok");
  EXPECT_EQ(test::H1Client().read(connection.drain())[0].status, 200);
  EXPECT_EQ(connection.handler.requests[0].body, "ok");
}

TEST(H1SessionTest, AsksForNoBodyThatThereIsNot) {
  H1Connection connection;
  connection.receive("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(test::H1Client().read(connection.drain())[0].status, 200);
  H1Connection old;
  old.receive("POST / HTTP/1.0\r\nHost: a\r\nExpect: x\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(old.drain(), "");
  old.receive("x");
  EXPECT_EQ(test::H1Client().read(old.drain())[0].status, 200);
}

TEST(H1SessionTest, ShutsDownAtOnceWhenIdle) {
  H1Connection fresh;
  fresh.session().shut_down();
  EXPECT_TRUE(fresh.session().finished());

  H1Connection used;
  used.exchange(kGet);
  used.session().shut_down();
  EXPECT_TRUE(used.session().finished());
  EXPECT_EQ(used.session().deadline(), std::nullopt);
  EXPECT_FALSE(used.receive(kGet));
}

TEST(H1SessionTest, ShutsDownBehindTheRunningExchange) {
  H1Connection connection;
  Exchange* waiting = nullptr;
  connection.handler.on_handle = [&](Exchange& exchange) { waiting = &exchange; };
  connection.receive(get("/1") + get("/2"));
  connection.session().shut_down();
  EXPECT_FALSE(connection.session().finished());
  waiting->respond({200, {}, "1"});
  const std::vector<H1Answer> answers = test::H1Client().read(connection.drain());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].field("connection"), "close");
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.handler.requests.size(), 1u);
}

TEST(H1SessionTest, ShutsDownBehindARequestThatHasBegun) {
  H1Connection connection;
  connection.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhal");
  connection.session().shut_down();
  EXPECT_FALSE(connection.session().finished());
  const std::vector<H1Answer> answers = connection.exchange("f" + get("/2"));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].field("connection"), "close");
  EXPECT_TRUE(connection.session().finished());
}

TEST(H1SessionTest, DiesWithAnExchangeOpen) {
  H1Connection connection;
  connection.handler.on_handle = [](Exchange&) {};
  connection.receive(kGet);
  const base::WeakPtr<Exchange> exchange = connection.handler.exchanges[0];
  ASSERT_NE(exchange.get(), nullptr);
  connection.destroy_session();
  EXPECT_EQ(exchange.get(), nullptr);
  EXPECT_EQ(connection.counters.exchanges_open.value(), 0);
}

TEST(H1SessionTest, CutsAnExchangeThatIsAborted) {
  H1Connection connection;
  connection.handler.on_handle = [](Exchange& exchange) { exchange.abort(); };
  connection.receive(kGet + get("/2"));
  EXPECT_EQ(connection.session().open_exchanges(), 1u);
  EXPECT_EQ(connection.drain(), "");
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.session().open_exchanges(), 0u);
  EXPECT_EQ(connection.handler.requests.size(), 1u);
}

TEST(H1SessionDeathTest, RefusesTwoAnswers) {
  H1Connection connection;
  connection.handler.on_handle = [](Exchange& exchange) {
    exchange.respond({200, {}, ""});
    exchange.respond({500, {}, ""});
  };
  EXPECT_DEATH(connection.receive(kGet), "check failed");
}

}  // namespace
}  // namespace gateway::http
