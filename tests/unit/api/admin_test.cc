#include "api/admin.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/health.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using test::ApiWorld;
using test::FakeExchange;

const std::vector<WorkerView> kViews = {{2, 1, {{"board-1", 2}, {"team-*", 1}}},
                                        {1, 1, {{"board-2", 1}, {"board-1", 1}}}};

TEST(ConnectionsJson, SumsTheWorkers) {
  EXPECT_EQ(connections_json({}, {}), R"({"total":0,"boards":{},"connections":0})");
  EXPECT_EQ(connections_json(kViews, {}),
            R"({"total":3,"boards":{"board-1":3,"board-2":1,"team-*":1},"connections":2})");
}

TEST(ConnectionsJson, SelectsByPrefixAndLimit) {
  EXPECT_EQ(connections_json(kViews, {"board-", 1000}),
            R"({"total":3,"boards":{"board-1":3,"board-2":1},"connections":2})");
  EXPECT_EQ(connections_json(kViews, {"", 2}),
            R"({"total":3,"boards":{"board-1":3,"board-2":1},"connections":2,"truncated":true})");
  EXPECT_EQ(connections_json(kViews, {"board-", 2}),
            R"({"total":3,"boards":{"board-1":3,"board-2":1},"connections":2})");
  EXPECT_EQ(connections_json(kViews, {"", 0}),
            R"({"total":3,"boards":{},"connections":2,"truncated":true})");
}

TEST(ConnectionsJson, EscapesNames) {
  EXPECT_EQ(connections_json({{1, 1, {{"a\"é\\", 1}}}}, {}),
            "{\"total\":1,\"boards\":{\"a\\\"é\\\\\":1},\"connections\":1}");
}

class AdminTest : public testing::Test {
 protected:
  ApiWorld world;
  Admin admin{world.context(), [](http::Exchange& exchange, http::Response response) {
                exchange.respond(std::move(response));
              }};
};

TEST_F(AdminTest, ConnectionsAnswersWhenAllHaveCounted) {
  FakeExchange exchange("GET", "/admin/connections?prefix=board-&limit=1&other=1");
  admin.connections(exchange);
  EXPECT_FALSE(exchange.answered());
  ASSERT_EQ(world.fleet.asked.size(), 1u);
  EXPECT_EQ(world.fleet.selected[0].prefix, "board-");
  EXPECT_EQ(world.fleet.selected[0].limit, 1u);
  world.fleet.asked[0](kViews);
  EXPECT_EQ(exchange.response().status, 200);
  EXPECT_EQ(exchange.field("content-type"), "application/json");
  EXPECT_EQ(exchange.field("cache-control"), "no-store");
  EXPECT_EQ(exchange.response().body,
            "{\"total\":3,\"boards\":{\"board-1\":3},\"connections\":2,\"truncated\":true}\n");
}

TEST_F(AdminTest, AnAskerThatLeftIsNotAnswered) {
  auto exchange = std::make_optional<FakeExchange>("GET", "/admin/connections");
  admin.connections(*exchange);
  exchange.reset();
  ASSERT_EQ(world.fleet.asked.size(), 1u);
  world.fleet.asked[0](kViews);
}

TEST_F(AdminTest, ABadLimitIsRefused) {
  for (const char* limit : {"", "x", "-1", "1.5", "10001", "18446744073709551615"}) {
    FakeExchange exchange("GET", std::string("/admin/connections?limit=") + limit);
    admin.connections(exchange);
    EXPECT_EQ(exchange.response().status, 400) << limit;
    EXPECT_THAT(exchange.response().body, testing::HasSubstr("up to 10000"));
  }
  EXPECT_TRUE(world.fleet.asked.empty());
  FakeExchange most("GET", "/admin/connections?limit=10000");
  admin.connections(most);
  EXPECT_EQ(world.fleet.asked.size(), 1u);
}

TEST_F(AdminTest, AConnectionIsCutWhereverItLives) {
  for (const bool there : {true, false}) {
    FakeExchange exchange("DELETE", "/admin/connections/c17");
    admin.cut(exchange, "c17");
    EXPECT_FALSE(exchange.answered());
    EXPECT_EQ(world.fleet.cut_asked.back().first, "c17");
    world.fleet.cut_asked.back().second(there);
    EXPECT_EQ(exchange.response().status, there ? 204 : 404);
  }
  auto own = std::make_optional<FakeExchange>("DELETE", "/admin/connections/c18");
  admin.cut(*own, "c18");
  own.reset();
  world.fleet.cut_asked.back().second(true);
}

TEST_F(AdminTest, MetricsArePrometheusText) {
  base::Gauge cell;
  cell.set(4);
  world.metrics.gauge("boardcast_streams", "Streams open now.", {}, cell);
  FakeExchange exchange("GET", "/metrics");
  admin.metrics(exchange);
  EXPECT_EQ(exchange.field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(exchange.response().body, testing::EndsWith("\nboardcast_streams 4\n"));
}

TEST_F(AdminTest, ReadinessFollowsTheNode) {
  const auto ready = [this] { return readiness(world.fleet, world.backbone, world.gate); };
  EXPECT_EQ(health().status, 200);
  EXPECT_EQ(health().body, "{\"status\":\"up\"}\n");
  EXPECT_EQ(ready().status, 200);
  EXPECT_EQ(ready().body, "{\"status\":\"ready\"}\n");
  EXPECT_FALSE(ready().fields.has("retry-after"));
  world.backbone.is_connected = false;
  EXPECT_EQ(ready().status, 503);
  EXPECT_EQ(ready().body, "{\"status\":\"disconnected\"}\n");
  EXPECT_TRUE(ready().fields.has("retry-after"));
  world.backbone.is_connected = true;
  world.fleet.memory_level = base::MemoryLevel::full;
  EXPECT_EQ(ready().body, "{\"status\":\"full\"}\n");
  EXPECT_EQ(ready().status, 503);
  world.fleet.memory_level = base::MemoryLevel::normal;
  world.fleet.is_starved = true;
  EXPECT_EQ(ready().body, "{\"status\":\"full\"}\n");
  world.fleet.is_starved = false;
  world.fleet.is_ready = false;  // told to stop, still accepting
  EXPECT_EQ(ready().status, 503);
  EXPECT_EQ(ready().body, "{\"status\":\"draining\"}\n");
  world.fleet.is_ready = true;
  world.auth.mode = auth::Mode::jwt;
  world.auth.jwks = "https://issuer.example/keys";
  world.gate.use(world.auth, world.keys);
  EXPECT_EQ(ready().status, 503);
  EXPECT_EQ(ready().body, "{\"status\":\"keyless\"}\n");
  world.keys->looked();
  EXPECT_EQ(ready().status, 200);
}

TEST(AdminHost, OnlyLoopbackNamesAndAddresses) {
  for (const char* good :
       {"localhost", "localhost:9901", "a.localhost:9901", "127.0.0.1", "127.0.0.1:9901",
        "10.1.2.3:9901", "[::1]", "[::1]:9901", "[2001:db8::1]:80", ""}) {
    EXPECT_TRUE(is_admin_host(good)) << good;
  }
  for (const char* bad :
       {"example.com", "example.com:9901", "localhost.example.com", "notlocalhost", "127.0.0.1.x",
        "127.0.0.1.example.com", "127.1", "2130706433", "0x7f.1", "[::1", "[example.com]", "[]",
        "::1", ":9901", "localhost@evil"}) {
    EXPECT_FALSE(is_admin_host(bad)) << bad;
  }
}

}  // namespace
}  // namespace gateway::api
