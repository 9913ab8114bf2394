#include "api/publish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/api/publish_world.h"

namespace gateway::test {
namespace {

using backbone::PublishError;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kLines = "application/x-ndjson";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

TEST(PublishBatch, ArrayAndLinesAnswerIdsInOrder) {
  const std::string_view events[] = {
      "[ {\"board\":\"a\",\"data\":1} , {\"board\":\"b\",\"data\":\"2\",\"event\":\"t\"} ]",
      "{\"board\":\"a\",\"data\":1}\r\n\n \r\n{\"board\":\"b\",\"data\":\"2\",\"event\":\"t\"}"};
  for (const std::string_view body : events) {
    PublishWorld world;
    const http::Response answer = world.post(body[0] == '[' ? kJson : kLines, "", body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.body, "{\"ids\":[\"00000abc-000000000001\",\"00000abc-000000000002\"]}\n");
    ASSERT_EQ(world.recorder.drafts.size(), 2U);
    EXPECT_THAT(world.recorder.drafts[0].boards, ElementsAre("a"));
    EXPECT_EQ(world.recorder.drafts[0].data, "1");
    EXPECT_EQ(world.recorder.drafts[0].type, "");
    EXPECT_EQ(world.recorder.drafts[1].type, "t");
    EXPECT_EQ(world.recorder.drafts[1].data, "2");
    EXPECT_FALSE(world.recorder.drafts[1].data_is_json);
    EXPECT_EQ(world.counters.published_events.value(), 2U);
  }
}

TEST(PublishBatch, OfOneIsABatch) {
  PublishWorld world;
  EXPECT_EQ(world.post(kJson, "", R"([{"board":"a","data":1}])").body,
            "{\"ids\":[\"00000abc-000000000001\"]}\n");
  EXPECT_EQ(world.post(kLines, "", R"({"board":"a","data":1})").body,
            "{\"ids\":[\"00000abc-000000000002\"]}\n");
}

TEST(PublishBatch, IsBoundedByTheOption) {
  PublishWorld world;
  world.options.batch_events = 3;
  const std::string event = R"({"board":"a","data":1})";
  const std::string three = event + "," + event + "," + event;
  EXPECT_EQ(world.post(kJson, "", "[" + three + "]").status, 200);
  const http::Response array = world.post(kJson, "", "[" + three + "," + event + "]");
  EXPECT_EQ(array.status, 413);
  EXPECT_THAT(array.body, HasSubstr("3 events at most"));
  std::string lines;
  for (int i = 0; i < 3; ++i) lines += event + "\n\n";
  EXPECT_EQ(world.post(kLines, "", lines).status, 200);
  EXPECT_EQ(world.post(kLines, "", lines + event).status, 413);
  EXPECT_EQ(world.recorder.drafts.size(), 6U);
  EXPECT_EQ(world.counters.publish_refused_invalid.value(), 2U);
}

TEST(PublishDepth, IsThatOfTheDataInEveryForm) {
  PublishWorld world;
  const auto event = [](std::size_t depth) {
    return R"({"board":"a","data":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(world.post(kJson, "", event(64)).status, 200);
  EXPECT_EQ(world.post(kJson, "", "[" + event(64) + "]").status, 200);
  EXPECT_EQ(world.post(kLines, "", event(64)).status, 200);
  for (const auto& [type, body] :
       {std::pair{kJson, event(65)}, {kJson, "[" + event(65) + "]"}, {kLines, event(65)}}) {
    const http::Response answer = world.post(type, "", body);
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr("nested deeper"));
  }
}

TEST(PublishBoards, SixtyFourDistinctOnes) {
  PublishWorld world;
  std::string list;
  for (int i = 0; i < 64; ++i) list += "\"b" + std::to_string(i) + "\",";
  EXPECT_EQ(world.post(kJson, "", "{\"data\":1,\"boards\":[" + list + "\"b7\"]}").status, 200);
  EXPECT_EQ(world.recorder.drafts[0].boards.size(), 64U);
  const http::Response more =
      world.post(kJson, "", "{\"data\":1,\"boards\":[" + list + "\"b64\"]}");
  EXPECT_EQ(more.status, 400);
  EXPECT_THAT(more.body, HasSubstr("64 boards at most"));
}

TEST(PublishHostile, MegabytesAreRefusedQuickly) {
  PublishWorld world;
  constexpr std::size_t kMegabyte = 1024 * 1024;
  for (const std::string_view open :
       {"[", "{\"data\":", "{\"board\":\"b\",\"data\":[", "[[", "{"}) {
    std::string body(open);
    body.resize(kMegabyte, '[');
    EXPECT_EQ(world.post(kJson, "", body).status, 400) << open;
    EXPECT_EQ(world.post(kLines, "", body).status, 400) << open;
  }
  EXPECT_EQ(world.post(kLines, "", std::string(kMegabyte, '\n')).status, 400);
  EXPECT_EQ(world.post(kForm, "", std::string(kMegabyte, '&')).status, 400);
  std::string fields;
  while (fields.size() < kMegabyte) fields += "board=b&";
  EXPECT_EQ(world.post(kForm, "", fields).status, 400);
  std::string boards = "{\"data\":1,\"boards\":[\"b\"";
  while (boards.size() < kMegabyte) boards += ",\"b\"";
  EXPECT_EQ(world.post(kJson, "", boards + "]}").status, 200);
}

constexpr std::string_view kKeyed = R"({"board":"b","data":1,"key":"k"})";

TEST(PublishKeys, ARepeatedEventIsAnsweredAndCountedApart) {
  PublishWorld world;
  world.recorder.repeated = 1;
  const http::Response answer =
      world.post(kJson, "", "[" + std::string(kKeyed) + R"(,{"board":"b","data":2}])");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{\"ids\":[\"00000abc-000000000001\",\"00000abc-000000000002\"]}\n");
  EXPECT_EQ(world.counters.published_events.value(), 1U);
  EXPECT_EQ(world.counters.publish_deduplicated.value(), 1U);
}

TEST(PublishKeys, AConflictIs409AndNamesTheItemOfABatch) {
  PublishWorld world;
  world.recorder.fails = PublishError{PublishError::conflict, 7};
  const http::Response one = world.post(kJson, "", kKeyed);
  EXPECT_EQ(one.status, 409);
  EXPECT_EQ(one.fields.get("content-type"), "application/problem+json");
  EXPECT_THAT(one.body, HasSubstr(R"("detail":"The key stands for an event of other content)"));
  const http::Response batch = world.post(kLines, "", kKeyed);
  EXPECT_EQ(batch.status, 409);
  EXPECT_THAT(batch.body, HasSubstr(R"("detail":"item 7: The key)"));
  EXPECT_EQ(world.counters.publish_refused_conflict.value(), 2U);
  EXPECT_EQ(world.counters.publish_refused_unavailable.value(), 0U);
  EXPECT_EQ(world.counters.publish_refused_invalid.value(), 0U);
  EXPECT_EQ(world.counters.published_events.value(), 0U);
}

TEST(PublishKeys, TheBackboneGetsTheKeyOfEachForm) {
  PublishWorld world;
  world.post(kJson, "", kKeyed);
  world.post(kJson, "", R"([{"board":"b","data":1,"key":"team-*"},{"board":"b","data":1}])");
  world.post(kLines, "", R"({"key":"a b\"\u00fc","board":"b","data":1})");
  world.post(kForm, "", "board=b&data=x&key=from+a+form");
  world.post(kForm, "board=b&key=of%20url", "key=k");
  world.post("text/plain", "key=of+text&board=b", "x");
  world.post(kForm, "", "board=b&data=x&key=" + std::string(256, 'k'));
  std::vector<std::string> keys;
  for (const broker::Draft& draft : world.recorder.drafts) keys.push_back(draft.key);
  EXPECT_THAT(keys, ElementsAre("k", "team-*", "", "a b\"\xC3\xBC", "from a form", "of url",
                                "of text", std::string(256, 'k')));
}

TEST(PublishUnavailable, WhileDraining) {
  PublishWorld world;
  world.fleet.is_draining = true;
  const http::Response answer = world.post(kJson, "", "not even read");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.fields.get("retry-after"), "5");
  EXPECT_EQ(answer.fields.get("content-type"), "application/problem+json");
  EXPECT_EQ(world.counters.publish_refused_unavailable.value(), 1U);
  EXPECT_EQ(world.counters.publish_refused_invalid.value(), 0U);
  EXPECT_EQ(world.counters.publish_requests.value(), 1U);
}

TEST(PublishUnavailable, WithoutTheBackbone) {
  PublishWorld world;
  world.recorder.is_connected = false;
  const http::Response answer = world.post(kJson, "", R"({"board":"b","data":1})");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.fields.get("retry-after"), "2");
  EXPECT_TRUE(world.recorder.drafts.empty());
  EXPECT_EQ(world.counters.publish_refused_unavailable.value(), 1U);
}

TEST(PublishUnavailable, WhenTheBackboneSaysNo) {
  for (const auto& [error, word] :
       {std::pair{PublishError{PublishError::unavailable}, "nothing was published"},
        {PublishError{PublishError::unknown}, "published or not"}}) {
    PublishWorld world;
    world.recorder.fails = error;
    const http::Response answer = world.post(kJson, "", R"({"board":"b","data":1})");
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.fields.has("retry-after"));
    EXPECT_THAT(answer.body, HasSubstr(word));
    EXPECT_EQ(world.counters.publish_refused_unavailable.value(), 1U);
    EXPECT_EQ(world.counters.published_events.value(), 0U);
  }
}

TEST(PublishLater, AnswersWhenTheBackboneDoes) {
  PublishWorld world;
  world.recorder.later = true;
  FakeExchange exchange("POST", "/events?board=b");
  exchange.mutable_request().fields.add("content-type", "text/plain");
  world.publisher->handle(exchange);
  EXPECT_FALSE(exchange.answered());
  EXPECT_EQ(world.counters.published_events.value(), 0U);
  world.recorder.answer_all();
  ASSERT_TRUE(exchange.answered());
  EXPECT_EQ(exchange.response().status, 200);
  EXPECT_EQ(world.replies, 1U);
  EXPECT_EQ(world.counters.published_events.value(), 1U);
}

TEST(PublishLater, TheAskerMayHaveLeft) {
  PublishWorld world;
  world.recorder.later = true;
  {
    FakeExchange exchange("POST", "/events?board=b");
    exchange.mutable_request().fields.add("content-type", "text/plain");
    world.publisher->handle(exchange);
  }
  world.recorder.answer_all();
  EXPECT_EQ(world.replies, 0U);
  EXPECT_EQ(world.counters.published_events.value(), 1U);
}

TEST(PublishLater, ThePublisherMayHaveLeft) {
  PublishWorld world;
  world.recorder.later = true;
  FakeExchange exchange("POST", "/events?board=b");
  exchange.mutable_request().fields.add("content-type", "text/plain");
  world.publisher->handle(exchange);
  world.publisher.reset();
  world.recorder.answer_all();
  EXPECT_FALSE(exchange.answered());
}

}  // namespace
}  // namespace gateway::test
