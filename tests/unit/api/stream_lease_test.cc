// Streams that a token has opened: told before its end, ended at it, renewed by PATCH.
#include "api/stream_lease.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/stream_admin.h"
#include "api/stream_change.h"
#include "api/subscribe.h"
#include "auth/mint.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeExchange;
using testing::HasSubstr;
using testing::IsEmpty;

/// A secret in a file of its own.
class SecretFile {
 public:
  SecretFile() {
    std::string name = (std::filesystem::temp_directory_path() / "secret-XXXXXX").string();
    const int file = mkstemp(name.data());
    EXPECT_GE(file, 0);
    close(file);
    std::ofstream(name) << std::string(32, 's');
    name_ = name;
  }
  ~SecretFile() { std::filesystem::remove(name_); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  auth::Options options() const {
    auth::Options options;
    options.mode = auth::Mode::jwt;
    options.keys = {{name_, "HS256", ""}};
    return options;
  }

 private:
  std::string name_;
};

class StreamLeaseTest : public testing::Test {
 protected:
  StreamLeaseTest() : StreamLeaseTest(broker::Options{}) {}
  explicit StreamLeaseTest(broker::Options options) : world(std::move(options), file.options()) {}

  std::string token(seconds ttl, std::string subject = "ann") {
    const auto made =
        auth::mint(file.options().keys[0], {{"a", "b"}, {}, subject, "", "", false, ttl},
                   world.clock.wall_ms());
    EXPECT_TRUE(made);
    return *made;
  }
  void open(FakeExchange& exchange, seconds ttl) {
    exchange.mutable_request().fields.add("authorization", "Bearer " + token(ttl));
    subscriber.handle(exchange);
    ASSERT_TRUE(exchange.streamed()) << exchange.response().body;
    const std::string opening = exchange.pull_all();
    id = *parse_stream_id(opening.substr(opening.find("\"stream\":\"") + 10, 22));
  }
  /// What the stream is told until then.
  std::string pass(FakeExchange& exchange, base::Duration time) {
    world.clock.advance(time);
    world.leases.expire(world.hub, 64);
    return exchange.pull_all();
  }
  int patch(const std::string& json, const std::string& with) {
    StreamChange change = *read_stream_change(json, 8);
    change.grant = **world.gate.admit(with);
    const auto answer = test::apply_now(change, id, world.context());
    return answer ? answer->status : 404;
  }

  SecretFile file;
  test::ApiWorld world;
  Subscriber subscriber{world.context(), [](http::Exchange& exchange, http::Response response) {
                          exchange.respond(std::move(response));
                        }};
  StreamId id;
  FakeExchange reader{"GET", "/events?boards=a"};
};

TEST_F(StreamLeaseTest, IsToldHalfAMinuteBeforeItsEndAndEndsAtIt) {
  open(reader, seconds(600));
  EXPECT_THAT(pass(reader, seconds(570) - milliseconds(1)), IsEmpty());
  EXPECT_EQ(pass(reader, milliseconds(1)),
            "event: boardcast.expiring\ndata: {\"expires\":784112377000,\"seconds\":30}\n\n");
  EXPECT_THAT(pass(reader, seconds(30) - milliseconds(1)), IsEmpty());
  EXPECT_TRUE(reader.open());
  EXPECT_THAT(pass(reader, milliseconds(1)),
              HasSubstr("boardcast.end\ndata: {\"reason\":\"token\"}"));
  EXPECT_EQ(world.hub.counters().streams_ended_token.value(), 1U);
  EXPECT_EQ(world.leases.size(), 0U);
}

TEST_F(StreamLeaseTest, OfAShortTokenIsToldAtOnce) {
  open(reader, seconds(10));
  EXPECT_THAT(pass(reader, milliseconds(250)), HasSubstr("\"seconds\":9}"));
  EXPECT_THAT(pass(reader, seconds(10)), HasSubstr("\"reason\":\"token\""));
}

TEST_F(StreamLeaseTest, IsForgottenWithItsStream) {
  {
    FakeExchange brief("GET", "/events?boards=a");
    open(brief, seconds(600));
    EXPECT_EQ(world.leases.size(), 1U);
  }
  EXPECT_EQ(world.leases.size(), 0U);
  world.clock.advance(seconds(3600));
  world.leases.expire(world.hub, 64);
}

TEST_F(StreamLeaseTest, IsMovedByAFreshTokenAndToldAnew) {
  open(reader, seconds(60));
  EXPECT_THAT(pass(reader, seconds(30)), HasSubstr("boardcast.expiring"));
  EXPECT_EQ(patch("{}", token(seconds(120))), 200);
  EXPECT_THAT(pass(reader, seconds(60)), IsEmpty()) << "no barrier, no end";
  EXPECT_THAT(pass(reader, seconds(30)), HasSubstr("boardcast.expiring"));
  EXPECT_THAT(pass(reader, seconds(30)), HasSubstr("\"reason\":\"token\""));
  EXPECT_EQ(patch("{}", token(seconds(120))), 404) << "it is ending";
}

TEST_F(StreamLeaseTest, IsMovedByAChangeToo) {
  open(reader, seconds(60));
  EXPECT_EQ(patch(R"({"add":["b"]})", token(seconds(600))), 200);
  EXPECT_THAT(pass(reader, seconds(500)), HasSubstr("boardcast.boards"));
  EXPECT_TRUE(reader.open());
}

TEST_F(StreamLeaseTest, IsNotMovedByAnotherSubjectNorByLessThanItReads) {
  open(reader, seconds(60));
  EXPECT_EQ(patch("{}", token(seconds(600), "bob")), 403);
  EXPECT_EQ(patch(R"({"add":["c"]})", token(seconds(600))), 403);
  EXPECT_THAT(pass(reader, seconds(60)), HasSubstr("\"reason\":\"token\""));
}

TEST_F(StreamLeaseTest, OfNobodyInParticularBecomesTheirsWhoTakeItOver) {
  reader.mutable_request().fields.add("authorization", "Bearer " + token(seconds(600), ""));
  subscriber.handle(reader);
  const std::string opening = reader.pull_all();
  id = *parse_stream_id(opening.substr(opening.find("\"stream\":\"") + 10, 22));
  EXPECT_EQ(patch("{}", token(seconds(600), "ann")), 200);
  EXPECT_EQ(patch("{}", token(seconds(600), "bob")), 403);
  EXPECT_TRUE(end_stream(world.context(), {id, seconds(60), {}}));
  EXPECT_TRUE(world.kicks.refuses({}, world.clock.now(), "ann")) << "not his address";
  EXPECT_FALSE(world.kicks.refuses(reader.peer(), world.clock.now()));
}

TEST_F(StreamLeaseTest, OfSomebodyWithoutATokenBecomesTheirsToo) {
  world.auth.anonymous.subscribe = {"a"};
  world.auth.mode = auth::Mode::jwt;
  auth::Gate gate(world.auth, world.keys, world.clock, world.random);
  const Context context = world.context();
  const Context open_to_all{context.options,
                            context.stream_options,
                            context.backbone,
                            context.hub,
                            context.random,
                            context.clock,
                            context.fleet,
                            context.metrics,
                            context.counters,
                            context.streams,
                            context.kicks,
                            context.names,
                            gate,
                            context.leases,
                            context.clients};
  Subscriber anybody{open_to_all, [](http::Exchange& exchange, http::Response response) {
                       exchange.respond(std::move(response));
                     }};
  anybody.handle(reader);
  const std::string opening = reader.pull_all();
  id = *parse_stream_id(opening.substr(opening.find("\"stream\":\"") + 10, 22));
  EXPECT_EQ(patch("{}", token(seconds(600), "ann")), 200);
  EXPECT_EQ(patch("{}", token(seconds(600), "bob")), 403);
}

// Or he would come back by way of a stream that he had opened as somebody else.
TEST_F(StreamLeaseTest, IsNotMovedByWhoWasSentAway) {
  StreamChanger changer{world.context(), [](http::Exchange& exchange, http::Response response) {
                          exchange.respond(std::move(response));
                        }};
  const auto change = [&](const std::string& subject) {
    FakeExchange exchange("PATCH", "/events/" + to_string(id));
    exchange.mutable_request().fields.add("authorization", "Bearer " + token(seconds(60), subject));
    exchange.mutable_request().fields.add("content-type", "application/json");
    exchange.mutable_request().body = "{}";
    changer.handle(exchange, to_string(id));
    return exchange.answered() ? exchange.response().status : 0;
  };
  open(reader, seconds(60));
  world.kicks.add(reader.peer(), world.clock.now() + seconds(60), "ann");
  EXPECT_EQ(change("ann"), 403);
  EXPECT_TRUE(world.fleet.change_asked.empty());
  EXPECT_EQ(world.counters.streams_refused_kicked.value(), 1U);
  EXPECT_EQ(change("bob"), 0) << "the stream's worker decides";
  world.clock.advance(seconds(60));
  EXPECT_EQ(change("ann"), 0);
}

TEST_F(StreamLeaseTest, CountsAsItsSubjectsUntilItEnds) {
  const auto room = [&](const std::string& subject) {
    ClientOptions options;
    options.streams_per_subject = 1;
    return !world.clients.open(reader.peer(), subject, options);
  };
  reader.mutable_request().fields.add("authorization", "Bearer " + token(seconds(60), ""));
  subscriber.handle(reader);
  const std::string opening = reader.pull_all();
  id = *parse_stream_id(opening.substr(opening.find("\"stream\":\"") + 10, 22));
  EXPECT_TRUE(room("ann"));
  EXPECT_EQ(patch("{}", token(seconds(60), "ann")), 200);
  EXPECT_FALSE(room("ann")) << "it has become ann's";
  EXPECT_TRUE(room("bob"));
  reader.close();
  EXPECT_TRUE(room("ann"));
}

TEST_F(StreamLeaseTest, EndsAfterADayThoughItsTokenDoesNot) {
  open(reader, std::chrono::hours(1000));
  EXPECT_THAT(pass(reader, std::chrono::hours(24) - seconds(30)), HasSubstr("\"seconds\":30}"));
  EXPECT_THAT(pass(reader, seconds(30)), HasSubstr("\"reason\":\"token\""));
}

// What passes by itself must not stop an EventSource for good.
TEST_F(StreamLeaseTest, WaitsInBandForAKeyThatMayCome) {
  world.auth.jwks = "https://issuer.example/keys";
  world.gate.use(world.auth, world.keys);
  const auto ask = [&](const char* accept) {
    auto exchange = std::make_unique<FakeExchange>("GET", "/events?boards=a");
    std::string stranger = token(seconds(60));
    stranger.back() = stranger.back() == 'A' ? 'E' : 'A';
    exchange->mutable_request().fields.add("authorization", "Bearer " + stranger);
    exchange->mutable_request().fields.add("accept", accept);
    subscriber.handle(*exchange);
    return exchange;
  };
  const auto told = ask("text/event-stream");
  EXPECT_EQ(told->response().status, 200);
  EXPECT_THAT(told->response().body, testing::StartsWith("retry: "));
  EXPECT_THAT(told->response().body, HasSubstr("boardcast.end\ndata: {\"reason\":\"token\"}"));
  EXPECT_EQ(world.streams(), 0);
  EXPECT_EQ(ask("*/*")->response().status, 503);
  EXPECT_EQ(ask("*/*")->field("retry-after"), "2");
  EXPECT_EQ(world.gate.counters().refused_keyless.value(), 3U);
  world.keys->looked();
  world.keys->looked();
  EXPECT_EQ(ask("text/event-stream")->response().status, 401);
}

TEST_F(StreamLeaseTest, KeepsWhatItWasGrantedWhenAReloadGrantsLess) {
  open(reader, seconds(7200));
  world.auth.stream_max = seconds(60);
  world.gate.use(world.auth, world.keys);
  FakeExchange later("GET", "/events?boards=a");
  open(later, seconds(7200));
  EXPECT_THAT(pass(reader, seconds(120)), IsEmpty());
  EXPECT_TRUE(reader.open());
  EXPECT_THAT(pass(later, seconds(0)), Not(IsEmpty()));
}

TEST_F(StreamLeaseTest, FollowsTheWallClockWhereverItJumps) {
  open(reader, seconds(600));
  world.clock.set_wall_ms(world.clock.wall_ms() - 31'536'000'000);
  EXPECT_THAT(pass(reader, seconds(1)), IsEmpty());
  world.clock.set_wall_ms(world.clock.wall_ms() + 2 * 31'536'000'000);
  EXPECT_THAT(pass(reader, seconds(1)), HasSubstr("\"reason\":\"token\""));
}

TEST_F(StreamLeaseTest, ManyThatEndAtOnceEndInPortions) {
  std::vector<std::unique_ptr<FakeExchange>> readers;
  for (int i = 0; i < 5; ++i) {
    readers.push_back(std::make_unique<FakeExchange>("GET", "/events?boards=a"));
    open(*readers.back(), seconds(60));
  }
  world.clock.advance(seconds(60));
  EXPECT_TRUE(world.leases.expire(world.hub, 2));
  EXPECT_EQ(world.hub.counters().streams_ended_token.value(), 2U);
  EXPECT_TRUE(world.leases.expire(world.hub, 2));
  EXPECT_FALSE(world.leases.expire(world.hub, 2));
  EXPECT_EQ(world.hub.counters().streams_ended_token.value(), 5U);
}

class FullStreamLeaseTest : public StreamLeaseTest {
 protected:
  static broker::Options two_events() {
    broker::Options options;
    options.pending_events = 2;
    return options;
  }
  FullStreamLeaseTest() : StreamLeaseTest(two_events()) {}
};

TEST_F(FullStreamLeaseTest, IsToldLaterWhenItsQueueHasRoom) {
  open(reader, seconds(60));
  for (int i = 0; i < 2; ++i) world.publish({"a"}, "x");
  world.spread();
  world.clock.advance(seconds(30));
  world.leases.expire(world.hub, 64);
  EXPECT_THAT(reader.pull_all(), testing::Not(HasSubstr("expiring")));
  EXPECT_THAT(pass(reader, milliseconds(999)), IsEmpty());
  EXPECT_THAT(pass(reader, milliseconds(1)), HasSubstr("boardcast.expiring"));
}

TEST_F(FullStreamLeaseTest, EndsThoughItsQueueIsFull) {
  open(reader, seconds(60));
  for (int i = 0; i < 2; ++i) world.publish({"a"}, "x");
  world.spread();
  const std::string told = pass(reader, seconds(60));
  EXPECT_THAT(told, HasSubstr("data: x"));
  EXPECT_THAT(told, HasSubstr("\"reason\":\"token\""));
}

}  // namespace
}  // namespace gateway::api
