#include "api/stream_admin.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/subscribe.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using test::ApiWorld;
using test::FakeExchange;
using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* kId = "AAECAwQFBgcICQoLDA0ODw";

class StreamAdminTest : public testing::Test {
 protected:
  static Reply reply() {
    return [](http::Exchange& exchange, http::Response response) {
      exchange.respond(std::move(response));
    };
  }
  void list(FakeExchange& exchange) { admin.list(exchange); }
  int status_of_end(const std::string& query) {
    FakeExchange exchange("DELETE", std::string("/admin/streams/") + kId + query);
    admin.end(exchange, kId);
    if (exchange.answered()) return exchange.response().status;
    world.fleet.kicked.back().second(true);
    return exchange.response().status;
  }

  ApiWorld world;
  StreamAdmin admin{world.fleet, world.backbone, reply()};
  Subscriber subscriber{world.context(), reply()};
};

TEST_F(StreamAdminTest, ListsWhenAllHaveLooked) {
  FakeExchange exchange("GET", "/admin/streams?sort=age&limit=7&other=1");
  admin.list(exchange);
  EXPECT_FALSE(exchange.answered());
  ASSERT_EQ(world.fleet.streams_asked.size(), 1u);
  EXPECT_EQ(world.fleet.streams_asked[0].first.sort, StreamSelection::Sort::age);
  EXPECT_EQ(world.fleet.streams_asked[0].first.limit, 7u);
  world.fleet.streams_asked[0].second({{{}, 3}, {{}, 4}});
  EXPECT_EQ(exchange.response().status, 200);
  EXPECT_EQ(exchange.field("content-type"), "application/json");
  EXPECT_EQ(exchange.field("cache-control"), "no-store");
  EXPECT_EQ(exchange.response().body, "{\"streams\":[],\"total\":7,\"truncated\":true}\n");
}

TEST_F(StreamAdminTest, ListsTheFiftyThatLagTheMost) {
  FakeExchange exchange("GET", "/admin/streams");
  admin.list(exchange);
  EXPECT_EQ(world.fleet.streams_asked.at(0).first.sort, StreamSelection::Sort::lag);
  EXPECT_EQ(world.fleet.streams_asked.at(0).first.limit, 50u);
}

TEST_F(StreamAdminTest, SaysWhatItTakes) {
  for (const char* query : {"limit=", "limit=0", "limit=1001", "limit=x", "sort=", "sort=peer"}) {
    FakeExchange exchange("GET", std::string("/admin/streams?") + query);
    admin.list(exchange);
    EXPECT_EQ(exchange.response().status, 400) << query;
    EXPECT_THAT(exchange.response().body, HasSubstr("= takes "));
  }
  for (const char* query : {"?for=", "?for=10", "?for=999ms", "?for=25h", "?for=-1s",
                            "?for=1m&prefix=48", "?for=1m&prefix=", "?prefix=64"}) {
    EXPECT_EQ(status_of_end(query), 400) << query;
  }
  EXPECT_TRUE(world.fleet.streams_asked.empty() && world.fleet.kicked.empty());
}

TEST_F(StreamAdminTest, EndsAStreamWhereverItLives) {
  EXPECT_EQ(status_of_end(""), 204);
  EXPECT_EQ(world.fleet.kicked.back().first.stream, *parse_stream_id(kId));
  EXPECT_EQ(world.fleet.kicked.back().first.refused_for, milliseconds(0));
  EXPECT_EQ(status_of_end("?for=10m"), 204);
  EXPECT_EQ(world.fleet.kicked.back().first.refused_for, minutes(10));
  EXPECT_EQ(world.fleet.kicked.back().first.reach, Reach::address);
  EXPECT_EQ(status_of_end("?for=10m&prefix=64"), 204);
  EXPECT_EQ(world.fleet.kicked.back().first.reach, Reach::network);

  FakeExchange gone("DELETE", "/admin/streams/x");
  admin.end(gone, kId);
  world.fleet.kicked.back().second(false);
  EXPECT_EQ(gone.response().status, 404);
  EXPECT_THAT(gone.response().body, HasSubstr(kId));
  const std::size_t asked = world.fleet.kicked.size();
  FakeExchange none("DELETE", "/admin/streams/none");
  admin.end(none, "none");
  EXPECT_EQ(none.response().status, 404) << "what is no id is no stream";
  EXPECT_EQ(world.fleet.kicked.size(), asked);
}

TEST_F(StreamAdminTest, AnAskerThatLeftIsNotAnswered) {
  auto asker = std::make_optional<FakeExchange>("GET", "/admin/streams");
  admin.list(*asker);
  asker.emplace("DELETE", "/admin/streams/x");
  admin.end(*asker, kId);
  asker.reset();
  world.fleet.streams_asked.at(0).second({});
  world.fleet.kicked.at(0).second(true);
}

TEST_F(StreamAdminTest, WhoIsKickedForATimeGetsNoStreamUntilItIsOver) {
  FakeExchange first("GET", "/events?boards=a");
  subscriber.handle(first);
  const std::string opening = first.pull_all();
  const std::size_t id = opening.find("\"stream\":\"") + 10;
  EXPECT_TRUE(
      end_stream(world.context(), {*parse_stream_id(opening.substr(id, 22)), minutes(10), {}}));
  EXPECT_THAT(first.pull_all(), EndsWith("boardcast.end\ndata: {\"reason\":\"kicked\"}\n\n"));
  EXPECT_FALSE(first.open());
  EXPECT_EQ(world.table.size(), 0u);

  world.fleet.is_draining = true;  // another node would refuse it likewise
  for (const char* method : {"GET", "HEAD"}) {
    FakeExchange again(method, "/events?boards=a");
    subscriber.handle(again);
    EXPECT_EQ(again.response().status, 204);
  }
  EXPECT_EQ(world.counters.streams_refused_kicked.value(), 2u);
  world.fleet.is_draining = false;
  world.clock.advance(minutes(10));
  FakeExchange later("GET", "/events?boards=a");
  subscriber.handle(later);
  EXPECT_TRUE(later.streamed());
}

}  // namespace
}  // namespace gateway::api
