#include "api/stream_change.h"

#include <algorithm>
#include <ctime>

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

/// A list of `count` long names, alike but for their last bytes, as JSON; other ones for another
/// letter.
std::string many_names(char letter, int count) {
  std::string json = "[";
  for (int i = 0; i < count; ++i) {
    json += (i == 0 ? "\"" : ",\"") + std::string(200, 'x') + letter + std::to_string(100'000 + i) +
            '"';
  }
  return json + ']';
}

/// CPU time of an exchange of all boards of a stream, of which there are `count`.
std::clock_t cost_of_change(int count) {
  ApiWorld world;
  const auto api = make_traffic_api(world.context());
  FakeExchange reader("GET", "/events?boards=a");
  api->handle(reader);
  const std::string opening = reader.pull_all();
  const StreamId id = *parse_stream_id(opening.substr(opening.find("\"stream\":\"") + 10, 22));
  const auto change = [&](const std::string& json) {
    EXPECT_EQ(change_as_everybody(world, json, id, 20'000)->status, 200);
    reader.pull_all();
    world.spread();
  };
  const std::string before = many_names('b', count);
  change("{\"add\":" + before + ",\"remove\":[\"a\"]}");
  const std::clock_t begun = std::clock();
  change("{\"add\":" + many_names('c', count) + ",\"remove\":" + before + '}');
  return std::clock() - begun;
}

TEST(StreamChangeCost, GrowsLikeTheNumberOfBoards) {
  const auto least = [](int count) {
    std::clock_t cost = cost_of_change(count);
    for (int i = 0; i < 4; ++i) cost = std::min(cost, cost_of_change(count));
    return cost;
  };
  // Twenty times as many take 22 times as long. Names compared with each other, of the stream's, of
  // the change's or in the hub, made it 85 to 140.
  EXPECT_LT(least(10'000), 50 * least(500));
}

}  // namespace
}  // namespace gateway::api
