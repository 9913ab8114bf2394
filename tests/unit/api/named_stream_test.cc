// Streams with a name: what comes back under it, and who ends when another takes it.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/stream_change.h"
#include "api/subscribe.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using std::chrono::seconds;
using test::ApiWorld;
using test::FakeExchange;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kName = "&stream=0123456789abcdef";

class NamedStreamTest : public testing::Test {
 protected:
  /// The opening of `reader`.
  std::string open(FakeExchange& reader) {
    subscriber.handle(reader);
    EXPECT_TRUE(reader.streamed());
    return reader.pull_all();
  }
  static StreamId id_of(const std::string& opening) {
    return *parse_stream_id(opening.substr(opening.find("\"stream\":\"") + 10, 22));
  }
  /// The status of the answer; 404 also when there is no such stream.
  int change(const StreamId& id, const std::string& json) {
    const auto answer = change_as_everybody(world, json, id, 8);
    return answer ? answer->status : 404;
  }
  /// A named stream on board `a` that PATCH has put on `b`, and which is gone.
  void leave_changed() {
    FakeExchange reader("GET", std::string("/events?boards=a") + kName);
    EXPECT_EQ(change(id_of(open(reader)), R"({"add":["b"],"remove":["a"]})"), 200);
  }

  ApiWorld world;
  Subscriber subscriber{world.context(), [](http::Exchange& exchange, http::Response response) {
                          exchange.respond(std::move(response));
                        }};
  FakeExchange first{"GET", std::string("/events?boards=a") + kName};
  FakeExchange second{"GET", std::string("/events?boards=a&events=x") + kName};
};

TEST_F(NamedStreamTest, TheOpeningSaysWhetherTheBoardsAreTheRemembered) {
  FakeExchange unnamed("GET", "/events?boards=a");
  EXPECT_THAT(open(unnamed), Not(HasSubstr("restored")));
  EXPECT_THAT(open(first), HasSubstr(R"("boards":["a"],"resumed":false,"restored":false,)"));
  first.close();
  leave_changed();
  const std::string opening = open(second);
  EXPECT_THAT(opening, HasSubstr(R"("boards":["b"],"resumed":false,"restored":true,)"));
  EXPECT_THAT(opening, Not(HasSubstr("0123456789abcdef"))) << "a name is a secret";
}

TEST_F(NamedStreamTest, TheRememberedBoardsAreResumedWithTheTypesOfTheUrl) {
  leave_changed();
  const std::string before = broker::to_string(world.publish({"b"}, "0", "x"));
  world.publish({"a"}, "1", "x");
  world.publish({"b"}, "2", "y");
  world.publish({"b"}, "3", "x");
  second.mutable_request().fields.add("last-event-id", before);
  EXPECT_THAT(open(second), HasSubstr(R"("resumed":true,"restored":true)"));
  world.spread();
  EXPECT_EQ(second.pull_all(), "id: 7f3a91c2-000000000004\nevent: x\ndata: 3\n\n");
}

TEST_F(NamedStreamTest, WhatWasForgottenIsNotRestored) {
  leave_changed();
  world.clock.advance(seconds(120));
  EXPECT_THAT(open(first), HasSubstr(R"("boards":["a"],"resumed":false,"restored":false,)"));
}

TEST_F(NamedStreamTest, AChangeThatIsRefusedIsNotRemembered) {
  const StreamId id = id_of(open(first));
  EXPECT_EQ(change(id, R"({"remove":["a"]})"), 400);
  EXPECT_EQ(change(id, R"({"add":["b"],"after":"7f3a91c2-000000000009"})"), 400);
  first.close();
  EXPECT_EQ(world.names.lingering(), 0u);
  EXPECT_THAT(open(second), HasSubstr("\"restored\":false"));
}

TEST_F(NamedStreamTest, WhoTakesALiveNameEndsItsStream) {
  const StreamId before = id_of(open(first));
  EXPECT_EQ(change(before, R"({"add":["b"]})"), 200);
  first.pull_all();
  EXPECT_THAT(world.fleet.replaced, IsEmpty());
  EXPECT_THAT(open(second), HasSubstr(R"("boards":["a","b"],"resumed":false,"restored":true,)"));
  ASSERT_THAT(world.fleet.replaced, ElementsAre(before));
  end_replaced(world.table, before);
  end_replaced(world.table, {1, 2});
  const std::string end = first.pull_all();
  EXPECT_THAT(end, HasSubstr("event: boardcast.end\ndata: {\"reason\":\"replaced\"}\n\n"));
  EXPECT_GE(std::stoul(end.substr(end.find("retry: ") + 7)), 30'000U) << "30 × the least of 1 s";
  EXPECT_FALSE(first.open());
  EXPECT_TRUE(second.open());
  EXPECT_EQ(world.hub.counters().streams_ended_replaced.value(), 1U);
  EXPECT_EQ(world.hub.counters().streams_ended_client.value(), 0U);
}

TEST_F(NamedStreamTest, OneThatWasReplacedChangesNothingAnyMore) {
  const StreamId before = id_of(open(first));
  const StreamId now = id_of(open(second));
  EXPECT_EQ(change(before, R"({"add":["b"]})"), 404) << "its end is still on its way";
  EXPECT_EQ(change(now, R"({"add":["c"]})"), 200);
  end_replaced(world.table, before);
  EXPECT_EQ(change(before, R"({"add":["b"]})"), 404);
  first.close();
  second.close();
  FakeExchange third("GET", std::string("/events?boards=a") + kName);
  EXPECT_THAT(open(third), HasSubstr(R"("boards":["a","c"],"resumed":false,"restored":true,)"));
}

TEST_F(NamedStreamTest, WhatOpensNothingClaimsNothing) {
  open(first);
  FakeExchange head("HEAD", std::string("/events?boards=a") + kName);
  subscriber.handle(head);
  FakeExchange wrong("GET", std::string("/events?boards=a*b") + kName);
  subscriber.handle(wrong);
  world.fleet.is_draining = true;
  FakeExchange late("GET", std::string("/events?boards=a") + kName);
  subscriber.handle(late);
  EXPECT_THAT(world.fleet.replaced, IsEmpty());
  EXPECT_TRUE(first.open());
}

}  // namespace
}  // namespace gateway::api
