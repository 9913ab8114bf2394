#include "api/subscribe.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using test::ApiWorld;
using test::FakeExchange;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class SubscribeTest : public testing::Test {
 protected:
  explicit SubscribeTest(const broker::Options& options = {}) : world(options) {}
  void ask(FakeExchange& exchange) { subscriber.handle(exchange); }
  /// The opening of a GET on these boards, with this Last-Event-ID.
  std::string opening(const std::string& query, const std::string& last_event_id) {
    FakeExchange exchange("GET", "/events?" + query);
    if (!last_event_id.empty()) {
      exchange.mutable_request().fields.add("last-event-id", last_event_id);
    }
    ask(exchange);
    EXPECT_TRUE(exchange.streamed()) << exchange.response().body;
    return exchange.streamed() ? exchange.pull_all() : "";
  }

  ApiWorld world;
  Subscriber subscriber{world.context(), [](http::Exchange& exchange, http::Response response) {
                          exchange.respond(std::move(response));
                        }};
};

TEST_F(SubscribeTest, OpensWithOneBlockThatNamesItsPosition) {
  world.publish({"elsewhere"}, "x");
  FakeExchange exchange("GET", "/events?boards=board-1,%22q%22&board=a,b&boards=team-*,*");
  ask(exchange);
  ASSERT_TRUE(exchange.streamed());
  EXPECT_EQ(exchange.response().status, 200);
  EXPECT_EQ(exchange.field("content-type"), "text/event-stream");
  EXPECT_EQ(exchange.field("cache-control"), "no-store, no-transform");
  EXPECT_EQ(exchange.field("x-accel-buffering"), "no");
  EXPECT_THAT(exchange.pull_all(),
              MatchesRegex("retry: [0-9]+\n"
                           "id: 7f3a91c2-000000000001\n"
                           "event: boardcast.open\n"
                           "data: \\{\"stream\":\"[A-Za-z0-9_-]{22}\","
                           "\"boards\":\\[\"board-1\",\"\\\\\"q\\\\\"\",\"a,b\",\"team-\\*\","
                           "\"\\*\"\\],\"resumed\":false,\"protocol\":\"h2\","
                           "\"connection\":\"c17\"\\}\n\n"));
  EXPECT_TRUE(exchange.open());
  EXPECT_EQ(world.streams(), 1);
}

TEST_F(SubscribeTest, SaysHttp1AndDrawsRetryAndStreamAnew) {
  FakeExchange one("GET", "/events?boards=a");
  one.mutable_request().protocol = http::Protocol::http1;
  ask(one);
  const std::string first = one.pull_all();
  EXPECT_THAT(first, HasSubstr("\"protocol\":\"http/1.1\""));
  const std::string second = opening("boards=a", "");
  EXPECT_NE(first.substr(0, first.find('\n')), second.substr(0, second.find('\n')));
  const auto stream = [](const std::string& text) {
    return text.substr(text.find("\"stream\""), 33);
  };
  EXPECT_NE(stream(first), stream(second));
}

TEST_F(SubscribeTest, HeadHasTheSameFieldsAndOpensNothing) {
  FakeExchange get("GET", "/events?boards=a");
  ask(get);
  FakeExchange head("HEAD", "/events?boards=a");
  ask(head);
  ASSERT_TRUE(head.streamed());
  EXPECT_EQ(head.response().status, 200);
  ASSERT_EQ(head.response().fields.size(), get.response().fields.size());
  for (const http::Field& field : get.response().fields) {
    EXPECT_EQ(head.field(field.name), field.value) << field.name;
  }
  EXPECT_EQ(world.streams(), 1);
  EXPECT_EQ(world.hub.counters().streams_opened.value(), 1u);

  FakeExchange refused("HEAD", "/events");
  ask(refused);
  EXPECT_EQ(refused.response().status, 400);
}

TEST_F(SubscribeTest, RefusesWithoutOpening) {
  struct Case {
    const char* query;
    const char* accept;
    int status;
    const char* says;
  };
  const std::vector<Case> cases = {
      {"", "*/*", 400, "at least one board"},
      {"boards=a&limit=0", "*/*", 400, "limit="},
      {"boards=a&format=xml", "*/*", 400, "plain or json"},
      {"boards=a&lastEventId=junk", "*/*", 400, "lastEventId="},
      {"boards=a&lastEventId=7f3a91c2-000000000001", "*/*", 400, "lastEventId="},
      {"boards=a%00", "*/*", 400, "control"},
      {"boards=a", "application/json", 406, "text/event-stream"},
      {"boards=a", "text/event-stream;q=0, */*", 406, "text/event-stream"},
  };
  for (const Case& c : cases) {
    FakeExchange exchange("GET", std::string("/events?") + c.query);
    exchange.mutable_request().fields.add("accept", c.accept);
    ask(exchange);
    EXPECT_EQ(exchange.response().status, c.status) << c.query;
    EXPECT_EQ(exchange.field("content-type"), "application/problem+json");
    EXPECT_THAT(exchange.response().body, HasSubstr(c.says));
  }
  EXPECT_EQ(world.hub.counters().streams_opened.value(), 0u);
}

TEST_F(SubscribeTest, BoardsPerStreamAreBounded) {
  std::string query = "boards=board-0";
  for (std::size_t i = 1; i < world.stream_options.boards_per_stream; ++i) {
    query += ",board-" + std::to_string(i);
  }
  EXPECT_THAT(opening(query, ""), HasSubstr("\"board-255\""));
  FakeExchange over("GET", "/events?" + query + ",one-more");
  ask(over);
  EXPECT_EQ(over.response().status, 400);
  EXPECT_THAT(over.response().body, HasSubstr("at most 256"));
}

TEST_F(SubscribeTest, ResumesExactlyWhereItWas) {
  const std::string first = broker::to_string(world.publish({"a"}, "x"));
  const std::string head = broker::to_string(world.publish({"a"}, "y"));
  for (const std::string& id : {first, head}) {
    const std::string begin = "id: " + id + "\nevent: boardcast.open\n";
    EXPECT_THAT(opening("boards=a", id), HasSubstr(begin));
    EXPECT_THAT(opening("boards=a&lastEventId=" + id, ""), HasSubstr("\"resumed\":true"));
  }
  const std::string earliest = opening("boards=a", "earliest");
  EXPECT_THAT(earliest, HasSubstr("id: 7f3a91c2-000000000000\nevent: boardcast.open\n"));
  EXPECT_THAT(earliest, HasSubstr("\"resumed\":false"));
  EXPECT_THAT(earliest, Not(HasSubstr("gap")));
}

TEST_F(SubscribeTest, APositionWinsOverLast) {
  const std::string first = broker::to_string(world.publish({"a"}, "x"));
  world.publish({"a"}, "y");
  EXPECT_THAT(opening("boards=a&last=1", ""), HasSubstr("id: 7f3a91c2-000000000000\n"));
  EXPECT_THAT(opening("boards=a&last=1", first), HasSubstr("id: " + first + '\n'));
}

class ShortHistoryTest : public SubscribeTest {
 protected:
  static broker::Options one_event() {
    broker::Options options;
    options.history.board.events = 1;
    return options;
  }
  ShortHistoryTest() : SubscribeTest(one_event()) {}
};

TEST_F(ShortHistoryTest, TellsWhatMayBeMissingBeforeItOpens) {
  for (int i = 0; i < 42; ++i) world.publish({"a"}, "x");
  struct Case {
    const char* id;
    const char* boards;
    const char* gap;
    const char* begin;
  };
  const std::vector<Case> cases = {
      {"7f3a91c2-000000000028", R"(["a"])",
       R"("trimmed","after":"7f3a91c2-000000000028","upto":"7f3a91c2-000000000029"})",
       "7f3a91c2-000000000028"},
      {"7f3a91c2-000000000000", R"(["a"])",
       R"("trimmed","after":"7f3a91c2-000000000000","upto":"7f3a91c2-000000000029"})",
       "7f3a91c2-000000000000"},
      {"7f3a91c3-00000000002a", R"(["a","b"])",
       R"("epoch","after":"7f3a91c3-00000000002a","upto":"7f3a91c2-000000000029"})",
       "7f3a91c2-000000000000"},
      {"7f3a91c2-00000000002b", R"(["a","b"])", R"("unknown","upto":"7f3a91c2-000000000029"})",
       "7f3a91c2-000000000000"},
      {"of another server", R"(["a","b"])", R"("unknown","upto":"7f3a91c2-000000000029"})",
       "7f3a91c2-000000000000"},
  };
  for (const Case& c : cases) {
    const std::string text = opening("boards=a,b", c.id);
    const std::size_t gap = text.find("\n\n") + 2;
    EXPECT_THAT(text.substr(0, gap), MatchesRegex("retry: [0-9]+\n\n"));
    EXPECT_THAT(text.substr(gap),
                StartsWith(std::string("event: boardcast.gap\ndata: {\"boards\":") + c.boards +
                           ",\"reason\":" + c.gap + "\n\nid: " + c.begin +
                           "\nevent: boardcast.open\ndata: {"));
    EXPECT_THAT(text, HasSubstr("\"resumed\":false"));
  }
  EXPECT_EQ(world.hub.counters().gaps_trimmed.value(), 2U);
  EXPECT_EQ(world.hub.counters().gaps_epoch.value(), 1U);
  EXPECT_EQ(world.hub.counters().gaps_unknown.value(), 2U);
}

TEST_F(SubscribeTest, AGapNamesAtMost64Boards) {
  std::string query = "boards=b0";
  for (int i = 1; i < 64; ++i) query += ",b" + std::to_string(i);
  EXPECT_THAT(opening(query, "junk"), Not(HasSubstr("\"more\"")));
  const std::string text = opening(query + ",b64,b65", "junk");
  EXPECT_THAT(text, HasSubstr("\"b63\"],\"reason\":\"unknown\",\"upto\":"
                              "\"7f3a91c2-000000000000\",\"more\":2}\n\n"));
  EXPECT_THAT(text, HasSubstr("\"b65\"],\"resumed\""));
}

TEST_F(SubscribeTest, GetsWhatIsPublishedAfterItsPosition) {
  world.publish({"a"}, "before");
  FakeExchange plain("GET", "/events?boards=a,b&events=greeting");
  FakeExchange json("GET", "/events?boards=b,a&format=json&limit=1");
  ask(plain);
  ask(json);
  plain.pull_all();
  json.pull_all();
  world.publish({"a", "b"}, "1\n2", "greeting");
  world.publish({"a"}, "3");
  world.publish({"c"}, "4", "greeting");
  world.spread();
  EXPECT_GE(plain.wakes(), 1u);
  EXPECT_EQ(plain.pull_all(), "id: 7f3a91c2-000000000002\nevent: greeting\ndata: 1\ndata: 2\n\n");
  const std::string text = json.pull_all();
  EXPECT_THAT(text,
              StartsWith("id: 7f3a91c2-000000000002\n"
                         "data: {\"id\":\"7f3a91c2-000000000002\",\"board\":\"a\","
                         "\"event\":\"greeting\",\"time\":784111777000,\"data\":\"1\\n2\"}\n\n"));
  EXPECT_THAT(text, HasSubstr("event: boardcast.end\ndata: {\"reason\":\"limit\"}\n"));
  EXPECT_FALSE(json.open());
  EXPECT_TRUE(plain.open());
  EXPECT_EQ(world.streams(), 1);
}

TEST_F(SubscribeTest, CountsAreTrueAtOnceWhenAStreamGoes) {
  FakeExchange one("GET", "/events?boards=a,b");
  FakeExchange two("GET", "/events?boards=b,team-*");
  ask(one);
  ask(two);
  using Counts = std::map<std::string, std::uint64_t>;
  EXPECT_EQ(world.hub.streams_by_board(), (Counts{{"a", 1}, {"b", 2}, {"team-*", 1}}));
  one.close();
  EXPECT_EQ(world.hub.streams_by_board(), (Counts{{"b", 1}, {"team-*", 1}}));
  EXPECT_EQ(world.streams(), 1);
  two.close();
  EXPECT_EQ(world.hub.streams_by_board(), Counts{});
  EXPECT_EQ(world.hub.counters().streams_ended_client.value(), 2u);
}

TEST_F(SubscribeTest, WithoutMemoryABrowserIsToldInBandAndOthersByStatus) {
  world.fleet.memory_level = base::MemoryLevel::full;
  FakeExchange browser("GET", "/events?boards=a");
  browser.mutable_request().fields.add("accept", "text/event-stream");
  ask(browser);
  EXPECT_EQ(browser.response().status, 200);
  EXPECT_THAT(browser.response().body, testing::StartsWith("retry: "));
  EXPECT_THAT(browser.response().body, testing::HasSubstr(R"({"reason":"full"})"));
  FakeExchange other("GET", "/events?boards=a");
  ask(other);
  EXPECT_EQ(other.response().status, 503);
  EXPECT_TRUE(other.response().fields.has("retry-after"));
  EXPECT_EQ(world.counters.streams_refused_memory.value(), 2U);
  EXPECT_EQ(world.streams(), 0);
  world.fleet.memory_level = base::MemoryLevel::normal;
  FakeExchange later("GET", "/events?boards=a");
  ask(later);
  EXPECT_EQ(world.streams(), 1);
}

TEST_F(SubscribeTest, WhileDrainingABrowserIsToldInBand) {
  world.fleet.is_draining = true;
  struct Case {
    const char* accept;
    Refuse refuse;
    bool in_band;
  };
  const std::vector<Case> cases = {
      {"text/event-stream", Refuse::in_band, true},
      {"*/*", Refuse::in_band, false},
      {"", Refuse::in_band, false},
      {"text/event-stream", Refuse::status, false},
      {"application/json", Refuse::in_band, false},
  };
  std::uint64_t refused = 0;
  for (const Case& c : cases) {
    world.options.refuse = c.refuse;
    FakeExchange exchange("GET", "/events?boards=a");
    if (*c.accept != '\0') exchange.mutable_request().fields.add("accept", c.accept);
    ask(exchange);
    const http::Response& response = exchange.response();
    EXPECT_EQ(world.counters.streams_refused_drain.value(), ++refused);
    if (c.in_band) {
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.fields.get("content-type"), "text/event-stream");
      EXPECT_EQ(response.fields.get("cache-control"), "no-store, no-transform");
      EXPECT_THAT(response.body,
                  MatchesRegex("retry: [0-9]+\n\n"
                               "event: boardcast.end\ndata: \\{\"reason\":\"drain\"\\}\n\n"));
      continue;
    }
    EXPECT_EQ(response.status, 503) << c.accept;
    const auto seconds = base::parse_decimal(response.fields.get("retry-after"));
    ASSERT_TRUE(seconds);
    EXPECT_GE(*seconds, 1u);
    EXPECT_LE(*seconds, 3u);
  }
  EXPECT_EQ(world.hub.counters().streams_opened.value(), 0u);
}

TEST_F(SubscribeTest, IsRefusedWhileNobodyCanSayWhatWasMissed) {
  std::uint64_t refused = 0;
  const auto asked = [&](const std::string& last_event_id) {
    FakeExchange exchange("GET", "/events?boards=a");
    exchange.mutable_request().fields.add("accept", "text/event-stream");
    exchange.mutable_request().fields.add("last-event-id", last_event_id);
    ask(exchange);
    const std::uint64_t before =
        std::exchange(refused, world.counters.streams_refused_backbone.value());
    EXPECT_EQ(refused - before, exchange.streamed() ? 0U : 1U);
    return exchange.streamed() ? std::string("opened") : exchange.response().body;
  };
  world.backbone.is_loaded = false;
  EXPECT_THAT(asked("7f3a91c2-000000000000"), HasSubstr(R"({"reason":"backbone"})"));
  world.backbone.is_loaded = true;
  world.backbone.is_current = false;
  EXPECT_THAT(asked("00000001-000000000004"), HasSubstr(R"({"reason":"backbone"})"))
      << "it may be of a log that this node has yet to hear of";
  EXPECT_EQ(asked("7f3a91c2-000000000000"), "opened") << "of its own log it knows all";
  world.backbone.is_current = true;
  EXPECT_EQ(asked("00000001-000000000004"), "opened") << "told a gap";
}

TEST_F(SubscribeTest, APositionThatAnotherNodeHasGivenIsWaitedFor) {
  world.backbone.others_are_ahead = true;
  world.backbone.others = {ApiWorld::kEpoch, broker::kSeqMax};
  const std::string text = opening("boards=a", "7f3a91c2-000000000005");
  EXPECT_THAT(text, Not(HasSubstr("boardcast.gap")));
  EXPECT_THAT(text, HasSubstr("id: 7f3a91c2-000000000005\n"));
  EXPECT_THAT(text, HasSubstr("\"resumed\":true"));
}

}  // namespace
}  // namespace gateway::api
