#include "api/refusal_admin.h"

#include <string>

#include <gtest/gtest.h>

#include "support/fake_clock.h"
#include "support/fake_exchange.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeExchange;

class RefusalAdminTest : public testing::Test {
 protected:
  std::string listed() {
    FakeExchange exchange("GET", "/admin/refusals");
    admin.list(exchange);
    EXPECT_EQ(exchange.response().status, 200);
    EXPECT_EQ(exchange.field("content-type"), "application/json");
    EXPECT_EQ(exchange.field("cache-control"), "no-store");
    return exchange.response().body;
  }
  int taken_back(const std::string& query) {
    FakeExchange exchange("DELETE", "/admin/refusals" + query);
    admin.take_back(exchange);
    return exchange.response().status;
  }

  test::FakeClock clock;
  Kicks kicks;
  RefusalAdmin admin{kicks, clock, [](http::Exchange& exchange, http::Response response) {
                       exchange.respond(std::move(response));
                     }};
};

TEST_F(RefusalAdminTest, ListsWhoIsRefusedAndForHowLong) {
  EXPECT_EQ(listed(), "{\"refusals\":[]}\n");
  const http::Peer peer{"[::1]:4", "c1", http::Protocol::http2};
  kicks.add(peer, clock.now() + milliseconds(600));
  kicks.add(peer, clock.now() + seconds(9), "an\"n }");
  EXPECT_EQ(listed(),
            "{\"refusals\":[{\"subject\":\"an\\\"n }\",\"left\":9},"
            "{\"address\":\"[::1]\",\"left\":1}]}\n");
}

TEST_F(RefusalAdminTest, TakesBackTheOneThatIsNamed) {
  const http::Peer peer{"[::1]:4", "c1", http::Protocol::http2};
  kicks.add(peer, clock.now() + seconds(9));
  kicks.add(peer, clock.now() + seconds(9), "a&b c");
  for (const char* query : {"", "?subject=", "?other=ann", "?subject=ann&address=1.2.3.4"}) {
    EXPECT_EQ(taken_back(query), 400) << query;
  }
  EXPECT_EQ(taken_back("?subject=ann"), 404);
  EXPECT_EQ(taken_back("?address=%5B%3A%3A2%5D"), 404);
  EXPECT_EQ(taken_back("?subject=a%26b+c"), 204);
  EXPECT_EQ(listed(), "{\"refusals\":[{\"address\":\"[::1]\",\"left\":9}]}\n");
  EXPECT_EQ(taken_back("?address=%5B%3A%3A1%5D"), 204);
  EXPECT_EQ(taken_back("?address=%5B%3A%3A1%5D"), 404);
  EXPECT_FALSE(kicks.refuses(peer, clock.now()));
}

}  // namespace
}  // namespace gateway::api
