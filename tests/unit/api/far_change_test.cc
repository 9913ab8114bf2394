// PATCH and DELETE where there are other nodes: who is asked, and what the answer waits for.
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api.h"
#include "api/node_talk.h"
#include "api/stream_admin.h"
#include "api/stream_body.h"
#include "api/stream_change.h"
#include "unit/api/api_world.h"
#include "unit/api/fake_nodes.h"

namespace gateway::api {
namespace {

using backbone::AskError;
using test::FakeExchange;
using testing::ElementsAre;

constexpr const char* kStream = "/events/AAAAAAAAAAcAAAAAAAAAEA";

class FarChangeTest : public testing::Test {
 protected:
  FarChangeTest() {
    world.backbone.told = &nodes;
    world.names.share(nodes);
    patch.mutable_request().fields.add("content-type", "application/json");
    patch.mutable_request().body = R"({"add":["b"]})";
  }
  static Reply reply() {
    return [](http::Exchange& exchange, http::Response response) {
      exchange.respond(std::move(response));
    };
  }
  /// The status that an asker gets for it.
  int told(base::Result<std::string, AskError> said) {
    api->handle(patch);
    world.fleet.change_asked.back().done(std::nullopt);
    nodes.asked.back().second(std::move(said));
    return patch.response().status;
  }
  /// Opens a named stream on board `a`; its id.
  StreamId open() {
    api->handle(reader);
    const std::string opening = reader.pull_all();
    return *parse_stream_id(opening.substr(opening.find("\"stream\":\"") + 10, 22));
  }
  void change(const StreamId& id) {
    StreamChange adds;
    adds.add = {"b"};
    adds.grant = world.gate.without_token();
    apply(adds, id, world.context(),
          [this](std::optional<http::Response> of) { answer = std::move(of); });
  }
  std::vector<std::string> boards(const StreamId& id) {
    return world.table.find(id)->subscription()->filter().names();
  }

  test::ApiWorld world;
  test::FakeStore store{world.clock};
  test::FakeNodes nodes{store};
  std::unique_ptr<http::Handler> api = make_traffic_api(world.context());
  FakeExchange patch{"PATCH", kStream};
  FakeExchange reader{"GET", "/events?boards=a&stream=0123456789abcdef"};
  std::optional<http::Response> answer;
};

TEST_F(FarChangeTest, AnotherNodesAnswerIsPassedOn) {
  http::Response response;
  response.fields.add("content-type", "application/json");
  response.body = "yes";
  EXPECT_EQ(told(answer_text(response)), 200);
  EXPECT_EQ(patch.response().body, "yes");
  const auto question = read_question(nodes.asked.at(0).first);
  ASSERT_TRUE(question);
  EXPECT_THAT(std::get<ChangeQuestion>(*question).change.add, ElementsAre("b"));
}

TEST_F(FarChangeTest, NoStreamIsOneThatNobodyHas) { EXPECT_EQ(told(std::string()), 404); }
TEST_F(FarChangeTest, ASilentNodeMayHaveIt) {
  EXPECT_EQ(told(base::Fail{AskError::silent}), 503);
  EXPECT_EQ(patch.response().fields.get("retry-after"), "1");
}
TEST_F(FarChangeTest, WithoutRedisNobodyKnows) {
  EXPECT_EQ(told(base::Fail{AskError::unavailable}), 503);
}
TEST_F(FarChangeTest, AnAnswerThatNoNodeGivesIsNone) { EXPECT_EQ(told(std::string("x")), 503); }

TEST_F(FarChangeTest, ANamedStreamsAnswerWaitsUntilOthersWouldKnow) {
  const StreamId id = open();
  change(id);
  EXPECT_FALSE(answer);
  EXPECT_THAT(boards(id), ElementsAre("a", "b"));
  while (nodes.write()) {
  }
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

TEST_F(FarChangeTest, WhatMayNotHaveBeenWrittenIsToBeSentAgain) {
  const StreamId id = open();
  change(id);
  nodes.is_up = false;
  while (nodes.write()) {
  }
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  change(id);
  EXPECT_EQ(answer->status, 503) << "and at once, while nobody can be told";
  EXPECT_THAT(boards(id), ElementsAre("a", "b"));
  nodes.is_up = true;
  change(id);
  while (nodes.write()) {
  }
  EXPECT_EQ(answer->status, 200);
}

TEST_F(FarChangeTest, WhileNobodyCanBeToldNothingChanges) {
  const StreamId id = open();
  nodes.is_up = false;
  change(id);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_THAT(boards(id), ElementsAre("a"));
}

TEST_F(FarChangeTest, AKickIsAskedOfOthersToo) {
  StreamAdmin admin{world.fleet, world.backbone, reply()};
  const auto kicked = [&](base::Result<std::string, AskError> said) {
    FakeExchange asked("DELETE", "/admin/streams/x");
    admin.end(asked, kStream + 8);
    world.fleet.kicked.back().second(false);
    nodes.asked.back().second(std::move(said));
    return asked.response().status;
  };
  EXPECT_EQ(kicked(std::string(kKicked)), 204);
  EXPECT_EQ(kicked(std::string()), 404);
  EXPECT_EQ(kicked(base::Fail{AskError::silent}), 503);
}

}  // namespace
}  // namespace gateway::api
