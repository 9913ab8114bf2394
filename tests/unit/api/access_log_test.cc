// What the API adds to the line that the log gets of an exchange.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api.h"
#include "support/captured_log.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using test::ApiWorld;
using test::FakeExchange;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class AccessLogTest : public testing::Test {
 protected:
  /// The line of one exchange, which `meanwhile` happens to.
  template <typename Meanwhile>
  std::string line_of(http::Handler& handler, http::Request request, Meanwhile meanwhile) {
    test::CapturedLog log;
    {
      FakeExchange exchange(std::move(request));
      exchange.log(world.clock);
      handler.handle(exchange);
      meanwhile(exchange);
    }
    const std::vector<std::string> lines = log.take();
    EXPECT_EQ(lines.size(), 1U);
    return lines.empty() ? "" : lines[0];
  }
  std::string line_of_stream(const std::string& query, int events) {
    return line_of(*traffic, test::make_request("GET", "/events?" + query),
                   [&](FakeExchange& exchange) {
                     for (int i = 0; i < events; ++i) world.publish({"a"}, "x");
                     world.publish({"b"}, "x");
                     world.spread();
                     exchange.pull_all();
                   });
  }

  ApiWorld world;
  std::unique_ptr<http::Handler> traffic = make_traffic_api(world.context());
  std::unique_ptr<http::Handler> admin = make_admin_api(world.context());
};

TEST_F(AccessLogTest, AStreamSaysHowItEndedAndHowManyEventsItHad) {
  EXPECT_THAT(line_of_stream("boards=a", 0), EndsWith(" ended=client events=0"));
  EXPECT_THAT(line_of_stream("boards=a", 3), EndsWith(" ended=client events=3"));
  EXPECT_THAT(line_of_stream("boards=a&limit=9", 3), EndsWith(" ended=client events=3"));
  EXPECT_THAT(line_of_stream("boards=a&limit=2", 3), EndsWith(" ended=limit events=2"));
  EXPECT_EQ(world.streams(), 0);
}

TEST_F(AccessLogTest, AStreamThatStallsOrIsEndedSaysSo) {
  const auto open = test::make_request("GET", "/events?boards=a");
  EXPECT_THAT(line_of(*traffic, open,
                      [&](FakeExchange&) {
                        world.clock.advance(world.stream_options.stall * 2);
                        world.hub.beat(10);
                      }),
              EndsWith(" ended=stalled events=0"));
  EXPECT_THAT(line_of(*traffic, open,
                      [&](FakeExchange&) { world.hub.end_some(1, broker::EndReason::kicked); }),
              EndsWith(" ended=kicked events=0"));
}

TEST_F(AccessLogTest, AStreamThatIsRefusedInBandSaysWhy) {
  world.fleet.is_draining = true;
  http::Request request = test::make_request("GET", "/events?boards=a");
  request.fields.add("accept", "text/event-stream");
  EXPECT_THAT(line_of(*traffic, request, [](FakeExchange&) {}), EndsWith(" ended=drain events=0"));
}

TEST_F(AccessLogTest, OtherAnswersHaveNoEnd) {
  for (const char* target : {"/healthz", "/nowhere", "/events?boards="}) {
    const std::string line =
        line_of(*traffic, test::make_request("GET", target), [](FakeExchange&) {});
    EXPECT_EQ(line.find("ended="), std::string::npos) << line;
    EXPECT_EQ(line.find('?'), std::string::npos) << line;
  }
  EXPECT_EQ(line_of(*traffic, test::make_request("HEAD", "/events?boards=a"), [](FakeExchange&) {})
                .find("ended="),
            std::string::npos);
}

TEST_F(AccessLogTest, NoPathTellsAStreamsId) {
  const std::string id = "AAECAwQFBgcICQoLDA0ODw";
  const auto nothing = [](FakeExchange&) {};
  const auto ask = [&](http::Handler& handler, const char* method, const std::string& path) {
    return line_of(handler, test::make_request(method, path), nothing);
  };
  for (const std::string& path : {"/events/" + id, "/events/" + id + "/", "/events//" + id}) {
    EXPECT_THAT(ask(*traffic, "PATCH", path), HasSubstr(" path=/events/{stream} ")) << path;
    EXPECT_THAT(ask(*traffic, "GET", path), HasSubstr(" path=/events/{stream} ")) << path;
  }
  EXPECT_THAT(ask(*admin, "DELETE", "/admin/streams/" + id),
              HasSubstr(" path=/admin/streams/{stream} "));
  EXPECT_THAT(ask(*admin, "GET", "/admin/streams"), HasSubstr(" path=/admin/streams "));

  test::CapturedLog log;
  {
    FakeExchange exchange("PATCH", "/events/" + id);
    exchange.log(world.clock);
    traffic->refuse(exchange, {413, "Too large."});
  }
  EXPECT_THAT(log.take(), ElementsAre(HasSubstr(" path=/events/{stream} ")));
}

}  // namespace
}  // namespace gateway::api
