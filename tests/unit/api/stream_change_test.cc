#include "api/stream_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api.h"
#include "api/stream_body.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using test::ApiWorld;
using test::FakeExchange;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReadStreamChange, TakesEachMemberOrNone) {
  const auto change =
      read_stream_change(R"({"add":["a","p*"],"remove":["b"],"after":"7f3a91c2-000000000007"})", 8);
  ASSERT_TRUE(change);
  EXPECT_THAT(change->add, ElementsAre("a", "p*"));
  EXPECT_THAT(change->remove, ElementsAre("b"));
  EXPECT_EQ(change->after, (broker::EventId{0x7f3a91c2, 7}));
  EXPECT_EQ(read_stream_change(R"({"add":["a"],"after":"earliest"})", 8)->after, broker::EventId{});
  EXPECT_TRUE(read_stream_change("{}", 8));
}

TEST(ReadStreamChange, RefusesAllElse) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "Broken JSON"},
      {"[]", "one JSON object"},
      {"\"add\"", "one JSON object"},
      {R"({"ad":["a"]})", "\"add\""},
      {R"({"add":"a"})", "takes a list"},
      {R"({"add":[1]})", "takes a list"},
      {R"({"add":[["a"]]})", "nested deeper"},
      {R"({"add":{"a":1}})", "takes a list"},
      {R"({"add":null})", "takes a list"},
      {R"({"add":["a"],"add":["b"]})", "add"},
      {R"({"add":["a"],"after":7})", "\"after\" takes"},
      {R"({"add":["a"],"after":"7"})", "\"after\" takes"},
      {R"({"remove":["a"],"after":"earliest"})", "add a board"},
      {R"({"remove":["1","2","3","4"]})", "at most 3"},
  };
  for (const auto& [json, says] : cases) {
    const auto change = read_stream_change(json, 3);
    ASSERT_FALSE(change) << json;
    EXPECT_EQ(change.error().status, 400);
    EXPECT_THAT(change.error().detail, HasSubstr(says)) << json;
  }
}

class StreamChangeTest : public testing::Test {
 protected:
  StreamChangeTest() : api(make_traffic_api(world.context())) {
    api->handle(reader);
    opening = reader.pull_all();
    id = *parse_stream_id(opening.substr(opening.find("\"stream\":\"") + 10, 22));
  }
  http::Response change(const std::string& json, std::size_t names_max = 8) {
    auto answer = change_as_everybody(world, json, id, names_max);
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(http::Response{});
  }

  ApiWorld world;
  std::unique_ptr<http::Handler> api;
  FakeExchange reader{"GET", "/events?boards=a"};
  std::string opening;
  StreamId id;
};

TEST_F(StreamChangeTest, TheStreamReadsItsNewBoardsBehindABarrier) {
  const http::Response answer = change(R"({"add":["b","b",""],"remove":["a","nothing"]})");
  EXPECT_EQ(answer.body, "{\"boards\":[\"b\"],\"position\":\"7f3a91c2-000000000000\"}\n");
  world.publish({"a"}, "no");
  world.publish({"b"}, "yes");
  std::string text = reader.pull_all();
  world.spread();
  text += reader.pull_all();
  EXPECT_EQ(text,
            "id: 7f3a91c2-000000000000\nevent: boardcast.boards\n"
            "data: {\"boards\":[\"b\"],\"position\":\"7f3a91c2-000000000000\"}\n\n"
            "id: 7f3a91c2-000000000002\ndata: yes\n\n");
}

TEST_F(StreamChangeTest, AllOfAChangeOrNothing) {
  EXPECT_EQ(change(R"({"remove":["a"]})").status, 400);
  EXPECT_THAT(change(R"({"add":["b","c"]})", 2).body, HasSubstr("at most 2"));
  EXPECT_THAT(change(R"({"add":["b","x*y"]})").body, HasSubstr("asterisk"));
  EXPECT_THAT(change(R"({"add":["b"],"after":"7f3a91c2-000000000009"})").body,
              HasSubstr("beyond the stream's position"));
  EXPECT_THAT(world.hub.streams_by_board(),
              ElementsAre(std::pair<const std::string, std::uint64_t>("a", 1)));
  EXPECT_EQ(reader.pull_all(), "");
}

TEST_F(StreamChangeTest, IsAskedOfTheWorkerThatHasTheStream) {
  FakeExchange exchange("PATCH", "/events/" + to_string(id));
  exchange.mutable_request().fields.add("content-type", "application/json");
  exchange.mutable_request().body = R"({"add":["b"]})";
  api->handle(exchange);
  ASSERT_EQ(world.fleet.change_asked.size(), 1U);
  EXPECT_EQ(world.fleet.change_asked[0].id, id);
  EXPECT_FALSE(exchange.answered());
  http::Response answer;
  answer.body = "done";
  world.fleet.change_asked[0].done(answer);
  EXPECT_EQ(exchange.response().body, "done");
}

TEST_F(StreamChangeTest, WhatIsNoStreamOrNoChangeIsRefused) {
  struct Case {
    const char* id;
    const char* type;
    const char* body;
    int status;
  };
  for (const Case& c : {Case{"short", "application/json", "{}", 404},
                        Case{"AAAAAAAAAAAAAAAAAAAAAA", "application/json", "{}", 404},
                        Case{"AAAAAAAAAAAAAAAAAAAAAA", "text/plain", "{}", 415},
                        Case{"AAAAAAAAAAAAAAAAAAAAAA", "application/json", "[", 400}}) {
    FakeExchange exchange("PATCH", std::string("/events/") + c.id);
    exchange.mutable_request().fields.add("content-type", c.type);
    exchange.mutable_request().body = c.body;
    api->handle(exchange);
    for (auto& asked : std::exchange(world.fleet.change_asked, {})) asked.done(std::nullopt);
    EXPECT_EQ(exchange.response().status, c.status) << c.id << ' ' << c.body;
  }
}

}  // namespace
}  // namespace gateway::api
