#include "api/client_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/subscribe.h"
#include "unit/api/publish_world.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeExchange;
using test::PublishWorld;
using testing::HasSubstr;
using testing::MatchesRegex;

http::Peer peer(std::uint64_t network) {
  http::Peer made{"203.0.113.1:1", "c1", http::Protocol::http2};
  made.network = network;
  return made;
}

class ClientLimitsTest : public testing::Test {
 protected:
  std::optional<ClientLimit> open(std::uint64_t network, std::string_view subject = "") {
    const auto over = limits.open(peer(network), subject, options);
    return over ? std::optional(over->limit) : std::nullopt;
  }
  std::optional<ClientLimit> publish(std::uint64_t network, std::string_view subject = "") {
    const auto over = limits.publish(peer(network), subject, options);
    return over ? std::optional(over->limit) : std::nullopt;
  }

  test::FakeClock clock;
  ClientLimits limits{{1, 2}, clock};
  ClientOptions options;
};

TEST_F(ClientLimitsTest, AnAddressHasSoManyStreams) {
  options.streams_per_ip = 2;
  limits.add_stream(std::uint64_t{7});
  EXPECT_EQ(open(7), std::nullopt);
  limits.add_stream(std::uint64_t{7});
  EXPECT_EQ(open(7), ClientLimit::streams_per_ip);
  EXPECT_FALSE(limits.open(peer(7), "", options)->wait) << "nobody knows";
  EXPECT_EQ(open(8), std::nullopt);
  EXPECT_EQ(open(0), std::nullopt) << "exempt";
  limits.remove_stream(std::uint64_t{7});
  EXPECT_EQ(open(7), std::nullopt);
}

TEST_F(ClientLimitsTest, ASubjectHasSoManyWhereverItComesFrom) {
  options.streams_per_subject = 1;
  limits.add_stream("ann");
  EXPECT_EQ(open(1, "ann"), ClientLimit::streams_per_subject);
  EXPECT_EQ(open(0, "ann"), ClientLimit::streams_per_subject);
  EXPECT_EQ(open(1, "bob"), std::nullopt);
  EXPECT_EQ(open(1), std::nullopt) << "nobody in particular";
}

TEST_F(ClientLimitsTest, RatesAreOfEachAndSayWhenToComeAgain) {
  options.stream_rate_per_ip = 2;
  options.stream_rate_per_subject = 1;
  options.rate_burst = seconds(1);
  EXPECT_EQ(open(1, "ann"), std::nullopt);
  EXPECT_EQ(open(1, "ann"), ClientLimit::stream_rate_per_subject);
  EXPECT_EQ(limits.open(peer(1), "bob", options)->limit, ClientLimit::stream_rate_per_ip);
  EXPECT_EQ(limits.open(peer(1), "bob", options)->wait, milliseconds(500));
  EXPECT_EQ(open(0, "bob"), std::nullopt);
  EXPECT_EQ(publish(1, "ann"), std::nullopt) << "another rate";
}

TEST_F(ClientLimitsTest, ABatchIsPaidForAfterwards) {
  options.publish_rate_per_ip = 10;
  options.publish_rate_per_subject = 20;
  options.rate_burst = seconds(1);
  EXPECT_EQ(publish(1, "ann"), std::nullopt);
  limits.charge(100, peer(1), "ann", options);
  EXPECT_EQ(limits.publish(peer(1), "ann", options)->wait, milliseconds(9'100));
  EXPECT_EQ(limits.publish(peer(2), "ann", options)->limit, ClientLimit::publish_rate_per_subject);
  EXPECT_EQ(limits.publish(peer(0), "ann", options)->wait, milliseconds(4'050));
  EXPECT_EQ(publish(2), std::nullopt);
}

TEST_F(ClientLimitsTest, HaveTheNamesOfTheirOptions) {
  EXPECT_EQ(to_string(ClientLimit::streams_per_ip), "streams_per_ip");
  EXPECT_EQ(to_string(ClientLimit::publish_rate_per_subject), "publish_rate_per_subject");
}

/// Somebody whose address is limited asks.
class LimitedClient : public testing::Test {
 protected:
  LimitedClient() {
    world.options.clients.rate_burst = seconds(1);
    world.stream_options.retry = seconds(2);
  }
  std::unique_ptr<FakeExchange> ask(std::string_view accept, std::string method = "GET") {
    auto exchange = std::make_unique<FakeExchange>(std::move(method), "/events?boards=a");
    exchange->mutable_peer().network = 7;
    exchange->mutable_request().fields.add("accept", std::string(accept));
    subscriber.handle(*exchange);
    return exchange;
  }
  http::Response post(std::string_view body) {
    auto request = test::make_request("POST", "/events");
    request.body = body;
    request.fields.add("content-type", "application/json");
    FakeExchange exchange(std::move(request));
    exchange.mutable_peer().network = 7;
    world.publisher->handle(exchange);
    return exchange.response();
  }
  std::uint64_t refused(ClientLimit limit) { return world.counters.clients.of(limit).value(); }

  PublishWorld world;
  Subscriber subscriber{world.context(), [](http::Exchange& exchange, http::Response response) {
                          exchange.respond(std::move(response));
                        }};
};

constexpr std::string_view kStream = "text/event-stream";

TEST_F(LimitedClient, AnEventSourceIsToldInTheStreamAndLater) {
  world.options.clients.streams_per_ip = 1;
  auto first = ask(kStream);
  EXPECT_TRUE(first->streamed());
  const auto second = ask(kStream);
  EXPECT_EQ(second->response().status, 200);
  EXPECT_EQ(second->field("content-type"), kStream);
  EXPECT_THAT(second->response().body, MatchesRegex("retry: [123][0-9]{4}\n\nevent: boardcast.end\n"
                                                    "data: \\{\"reason\":\"too_many\"\\}\n\n"));
  EXPECT_EQ(refused(ClientLimit::streams_per_ip), 1U);
  EXPECT_EQ(world.streams(), 1);
  EXPECT_EQ(ask(kStream, "HEAD")->response().status, 200) << "it opens nothing";
  first->close();
  EXPECT_TRUE(ask(kStream)->streamed()) << "one has ended";
}

TEST_F(LimitedClient, OthersAreToldByTheStatus) {
  world.options.clients.streams_per_ip = 1;
  const auto first = ask("*/*");
  const auto second = ask("*/*");
  EXPECT_EQ(second->response().status, 429);
  EXPECT_EQ(second->field("content-type"), "application/problem+json");
  EXPECT_THAT(std::string(second->field("retry-after")), MatchesRegex("[123][0-9]"));
  EXPECT_THAT(second->response().body, HasSubstr("Too many streams are open from this address"));
  world.options.refuse = Refuse::status;
  EXPECT_EQ(ask(kStream)->response().status, 429);
}

TEST_F(LimitedClient, WhoOpensTooFastWaitsUntilHeMay) {
  world.options.clients.stream_rate_per_ip = 1;
  world.stream_options.retry = milliseconds(100);
  EXPECT_TRUE(ask("*/*")->streamed());
  const auto second = ask("*/*");
  EXPECT_EQ(second->response().status, 429);
  EXPECT_EQ(second->field("retry-after"), "2") << "1 s and some of the mean delay";
  EXPECT_EQ(refused(ClientLimit::stream_rate_per_ip), 1U);
  world.clock.advance(seconds(1));
  EXPECT_TRUE(ask("*/*")->streamed());
}

TEST_F(LimitedClient, EventsOfABatchCountEach) {
  world.options.clients.publish_rate_per_ip = 2;
  const std::string_view event = R"({"board":"a","data":1})";
  EXPECT_EQ(post(event).status, 200);
  EXPECT_EQ(
      post(R"([{"board":"a","data":1},{"board":"a","data":2},{"board":"a","data":3}])").status, 200)
      << "as a whole";
  const http::Response over = post(event);
  EXPECT_EQ(over.status, 429);
  EXPECT_EQ(over.fields.get("retry-after"), "2");
  EXPECT_THAT(over.body, HasSubstr("Events are published too fast from this address"));
  EXPECT_EQ(world.recorder.drafts.size(), 4U);
  EXPECT_EQ(refused(ClientLimit::publish_rate_per_ip), 1U);
  world.clock.advance(milliseconds(1'500));
  EXPECT_EQ(post(event).status, 200);
  EXPECT_EQ(post("nonsense").status, 429) << "looked at before it is read";
}

}  // namespace
}  // namespace gateway::api
