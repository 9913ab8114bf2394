#include "api/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using test::ApiWorld;
using test::FakeExchange;
using testing::HasSubstr;

constexpr const char* kApp = "https://app.example.com";

class ApiTest : public testing::Test {
 protected:
  ApiTest() { world.options.cors.origins = {kApp}; }

  static void ask(http::Handler& handler, FakeExchange& exchange) { handler.handle(exchange); }
  /// The status, "late" when the answer waits for the workers' counts.
  static std::string status(http::Handler& handler, const char* method, const char* target) {
    FakeExchange exchange(method, target);
    exchange.mutable_request().fields.add("content-type", "text/plain");
    handler.handle(exchange);
    return exchange.answered() ? std::to_string(exchange.response().status) : "late";
  }

  ApiWorld world;
};

TEST_F(ApiTest, EachListenerServesItsPaths) {
  struct Case {
    const char* method;
    const char* target;
    const char* traffic;
    const char* traffic_open;  // admin_public: open
    const char* admin;
  };
  constexpr Case kCases[] = {
      {"GET", "/events?boards=a", "200", "200", "404"},
      {"HEAD", "/events?boards=a", "200", "200", "404"},
      {"POST", "/events?board=a", "200", "200", "404"},
      {"PUT", "/events", "405", "405", "404"},
      {"DELETE", "/events", "405", "405", "404"},
      {"OPTIONS", "/events", "204", "204", "404"},
      {"GET", "/events/", "404", "404", "404"},
      {"GET", "/Events", "404", "404", "404"},
      {"GET", "/", "200", "200", "200"},
      {"HEAD", "/", "200", "200", "200"},
      {"POST", "/", "405", "405", "405"},
      {"GET", "/healthz", "200", "200", "200"},
      {"GET", "/readyz", "200", "200", "200"},
      {"GET", "/metrics", "404", "200", "200"},
      {"GET", "/admin/connections", "404", "late", "late"},
      {"DELETE", "/admin/connections/c1", "404", "late", "late"},
      {"GET", "/admin/connections/c1", "404", "405", "405"},
      {"GET", "/admin/streams", "404", "late", "late"},
      {"DELETE", "/admin/streams/AAECAwQFBgcICQoLDA0ODw", "404", "late", "late"},
      {"DELETE", "/admin/streams", "404", "405", "405"},
      {"GET", "/admin/refusals", "404", "200", "200"},
      {"DELETE", "/admin/refusals", "404", "400", "400"},
      {"GET", "/page/index.html", "404", "404", "404"},
      {"GET", "/dashboard/dashboard.js", "404", "404", "200"},
      {"POST", "/metrics", "404", "405", "405"},
      {"OPTIONS", "/metrics", "404", "204", "204"},
      {"GET", "*", "404", "404", "404"},
  };
  const auto traffic = make_traffic_api(world.context());
  const auto admin = make_admin_api(world.context());
  world.options.admin_public = PublicAdmin::open;
  const auto traffic_open = make_traffic_api(world.context());
  for (const Case& c : kCases) {
    EXPECT_EQ(status(*traffic, c.method, c.target), c.traffic) << c.method << ' ' << c.target;
    EXPECT_EQ(status(*traffic_open, c.method, c.target), c.traffic_open) << c.target;
    EXPECT_EQ(status(*admin, c.method, c.target), c.admin) << c.method << ' ' << c.target;
  }
}

TEST_F(ApiTest, WhatIsNotThereSaysWhatIs) {
  const auto traffic = make_traffic_api(world.context());
  FakeExchange unknown("GET", "/nothing");
  ask(*traffic, unknown);
  EXPECT_EQ(unknown.field("content-type"), "application/problem+json");
  EXPECT_THAT(unknown.response().body, HasSubstr("/events"));
  FakeExchange method("PUT", "/events");
  ask(*traffic, method);
  EXPECT_EQ(method.field("allow"), "GET, HEAD, POST, OPTIONS");
}

TEST_F(ApiTest, ListedPagesDoNotReachTheAdminListener) {
  world.options = for_admin(world.options);
  const auto admin = make_admin_api(world.context());
  FakeExchange read("GET", "/metrics");
  FakeExchange preflight("OPTIONS", "/admin/connections/c1");
  FakeExchange cut("DELETE", "/admin/connections/c1");
  preflight.mutable_request().fields.add("access-control-request-method", "DELETE");
  for (FakeExchange* exchange : {&read, &preflight, &cut}) {
    exchange->mutable_request().fields.add("origin", kApp);
    ask(*admin, *exchange);
    EXPECT_EQ(exchange->field("access-control-allow-origin"), "");
  }
  EXPECT_EQ(preflight.response().status, 403);
  EXPECT_EQ(cut.response().status, 403);
  EXPECT_TRUE(world.fleet.cut_asked.empty());
}

TEST_F(ApiTest, EveryAnswerCarriesTheCrossOriginFields) {
  world.options.admin_public = PublicAdmin::open;
  const auto traffic = make_traffic_api(world.context());
  struct Case {
    http::Handler& handler;
    const char* method;
    const char* target;
  };
  const std::vector<Case> cases = {
      {*traffic, "GET", "/events?boards=a"},
      {*traffic, "HEAD", "/events?boards=a"},
      {*traffic, "GET", "/events"},
      {*traffic, "POST", "/events?board=a"},
      {*traffic, "POST", "/events"},
      {*traffic, "PUT", "/events"},
      {*traffic, "GET", "/nothing"},
      {*traffic, "OPTIONS", "/events"},
      {*traffic, "OPTIONS", "/nothing"},
      {*traffic, "GET", "/readyz"},
      {*traffic, "GET", "/"},
      {*traffic, "GET", "/metrics"},
      {*traffic, "GET", "/admin/connections"},
      {*traffic, "GET", "/admin/connections?limit=x"},
      {*traffic, "GET", "/admin/streams"},
      {*traffic, "DELETE", "/admin/streams/x"},
  };
  for (const Case& c : cases) {
    FakeExchange exchange(c.method, c.target);
    exchange.mutable_request().fields.add("origin", kApp);
    ask(c.handler, exchange);
    for (const auto& done : std::exchange(world.fleet.asked, {})) done({});
    for (const auto& [_, done] : std::exchange(world.fleet.streams_asked, {})) done({});
    EXPECT_EQ(exchange.field("access-control-allow-origin"), kApp) << c.method << ' ' << c.target;
    EXPECT_THAT(exchange.field("vary"), HasSubstr("origin")) << c.method << ' ' << c.target;
  }
  world.fleet.is_draining = true;
  FakeExchange draining("GET", "/events?boards=a");
  draining.mutable_request().fields.add("origin", kApp);
  draining.mutable_request().fields.add("accept", "text/event-stream");
  ask(*traffic, draining);
  EXPECT_EQ(draining.response().status, 200);
  EXPECT_EQ(draining.field("access-control-allow-origin"), kApp);
}

TEST_F(ApiTest, SessionsRefuseInTheSameWay) {
  const auto traffic = make_traffic_api(world.context());
  FakeExchange exchange("GET", "/events");
  exchange.mutable_request().fields.add("origin", kApp);
  traffic->refuse(exchange, {431, "The request's header fields are too large."});
  EXPECT_EQ(exchange.response().status, 431);
  EXPECT_EQ(exchange.field("content-type"), "application/problem+json");
  EXPECT_EQ(exchange.field("access-control-allow-origin"), kApp);
  EXPECT_THAT(exchange.response().body, HasSubstr("header fields are too large"));
}

TEST_F(ApiTest, AForeignPageCannotWrite) {
  const auto traffic = make_traffic_api(world.context());
  struct Case {
    const char* method;
    const char* origin;
    int status;
  };
  constexpr Case kCases[] = {
      {"POST", "https://evil.example.com", 403},   {"POST", "null", 403},
      {"DELETE", "https://evil.example.com", 403}, {"POST", kApp, 200},
      {"POST", "https://localhost:8443", 200},     {"GET", "https://evil.example.com", 200},
  };
  for (const Case& c : kCases) {
    FakeExchange exchange(c.method, "/events?board=a");
    exchange.mutable_request().fields.add("origin", c.origin);
    exchange.mutable_request().fields.add("content-type", "text/plain");
    ask(*traffic, exchange);
    EXPECT_EQ(exchange.response().status, c.status) << c.method << ' ' << c.origin;
  }
  EXPECT_EQ(world.counters.foreign_origin.value(), 3u);
  EXPECT_EQ(world.log.head().seq, 2u);
}

TEST_F(ApiTest, APreflightIsGrantedToListedOrigins) {
  const auto traffic = make_traffic_api(world.context());
  const auto preflight = [&traffic](const char* target, const char* origin) {
    auto exchange = std::make_unique<FakeExchange>("OPTIONS", target);
    exchange->mutable_request().fields.add("origin", origin);
    exchange->mutable_request().fields.add("access-control-request-method", "POST");
    ask(*traffic, *exchange);
    return exchange;
  };
  EXPECT_EQ(preflight("/events", kApp)->response().status, 204);
  EXPECT_EQ(preflight("/events", kApp)->field("access-control-allow-methods"),
            "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(preflight("/nothing", kApp)->response().status, 204);
  EXPECT_EQ(preflight("/events", "https://evil.example.com")->response().status, 403);
}

TEST_F(ApiTest, TheAdminListenerKnowsItsHosts) {
  const auto admin = make_admin_api(world.context());
  const auto traffic = make_traffic_api(world.context());
  for (http::Handler* handler : {admin.get(), traffic.get()}) {
    FakeExchange exchange("GET", "/healthz");
    exchange.mutable_request().authority = "rebound.example.com:9901";
    ask(*handler, exchange);
    EXPECT_EQ(exchange.response().status, handler == admin.get() ? 421 : 200);
  }
}

TEST_F(ApiTest, HelpNamesTheAddressThatWasAsked) {
  const auto traffic = make_traffic_api(world.context());
  FakeExchange exchange("GET", "/");
  exchange.mutable_request().authority = "boards.example.com";
  ask(*traffic, exchange);
  EXPECT_EQ(exchange.field("content-type"), "text/plain; charset=utf-8");
  EXPECT_THAT(exchange.response().body,
              HasSubstr("curl -N 'https://boards.example.com/events?boards=board-1,board-2"));
  FakeExchange odd("GET", "/");
  odd.mutable_request().authority = "a';reboot;'";
  odd.mutable_request().tls = false;
  ask(*traffic, odd);
  EXPECT_THAT(odd.response().body, HasSubstr("'http://localhost/events?"));
  EXPECT_THAT(odd.response().body, testing::Not(HasSubstr("reboot")));
}

TEST_F(ApiTest, HelpTrustsTheDevelopmentCaWhereNoOtherCanBe) {
  const auto traffic = make_traffic_api(world.context());
  const auto help = [&](const std::string& authority, bool tls) {
    FakeExchange exchange("GET", "/");
    exchange.mutable_request().authority = authority;
    exchange.mutable_request().tls = tls;
    ask(*traffic, exchange);
    return exchange.response().body;
  };
  for (const char* name :
       {"localhost", "localhost:8443", "a.localhost:1", "127.0.0.1:8443", "[::1]", "[::1]:8443"}) {
    EXPECT_THAT(help(name, true), HasSubstr("curl --cacert certs/ca.crt -N 'https://")) << name;
    EXPECT_THAT(help(name, false), testing::Not(HasSubstr("cacert"))) << name;
  }
  for (const char* name : {"boards.example.com", "10.0.0.2:8443", "localhost.example.com:8443"}) {
    EXPECT_THAT(help(name, true), HasSubstr("curl -N 'https://")) << name;
    EXPECT_THAT(help(name, true), testing::Not(HasSubstr("cacert"))) << name;
  }
}

TEST_F(ApiTest, AStreamHearsWhatIsPosted) {
  const auto traffic = make_traffic_api(world.context());
  FakeExchange stream("GET", "/events?boards=a");
  ask(*traffic, stream);
  stream.pull_all();
  FakeExchange post("POST", "/events?board=a&event=greeting");
  post.mutable_request().body = "hello";
  post.mutable_request().fields.add("content-type", "application/x-www-form-urlencoded");
  ask(*traffic, post);
  EXPECT_EQ(post.response().status, 200) << post.response().body;
  world.spread();
  EXPECT_EQ(stream.pull_all(), "id: 7f3a91c2-000000000001\nevent: greeting\ndata: hello\n\n");
}

// Neither to read what an operator sees, nor to act as him.
TEST_F(ApiTest, PagesOfOthersReachNothingThatIsForOperators) {
  world.options.admin_public = PublicAdmin::token;
  const auto traffic = make_traffic_api(world.context());
  struct Case {
    const char* method;
    const char* target;
  };
  for (const Case& c :
       {Case{"GET", "/admin/streams"}, Case{"GET", "/admin/connections"}, Case{"GET", "/metrics"},
        Case{"DELETE", "/admin/connections/c1"}, Case{"DELETE", "/admin/streams/x"},
        Case{"GET", "/admin/refusals"}, Case{"DELETE", "/admin/refusals?subject=ann"},
        Case{"OPTIONS", "/metrics"}, Case{"OPTIONS", "/admin/streams/x"}}) {
    FakeExchange exchange(c.method, c.target);
    exchange.mutable_request().fields.add("origin", kApp);
    exchange.mutable_request().fields.add("access-control-request-method", "DELETE");
    ask(*traffic, exchange);
    ASSERT_TRUE(exchange.answered()) << c.method << ' ' << c.target;
    EXPECT_EQ(exchange.response().status, 403) << c.method << ' ' << c.target;
    EXPECT_EQ(exchange.field("access-control-allow-origin"), "") << c.method << ' ' << c.target;
  }
  FakeExchange own("DELETE", "/admin/connections/c1");
  own.mutable_request().fields.add("origin", "https://localhost:8443");
  ask(*traffic, own);
  EXPECT_EQ(world.fleet.cut_asked.size(), 1U);
}

}  // namespace
}  // namespace gateway::api
