#include "api/kicks.h"

#include <string>

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

http::Peer peer(const std::string& address) { return {address, "c1", http::Protocol::http2}; }

class KicksTest : public testing::Test {
 protected:
  void kick(const std::string& address, milliseconds time) {
    kicks.add(peer(address), clock.now() + time);
  }
  bool refused(const std::string& address) { return kicks.refuses(peer(address), clock.now()); }

  test::FakeClock clock;
  Kicks kicks;
};

TEST_F(KicksTest, AnAddressIsRefusedOnAnyPortUntilItsTimeIsOver) {
  EXPECT_FALSE(refused("10.0.0.1:1"));
  kick("10.0.0.1:1", seconds(10));
  EXPECT_TRUE(refused("10.0.0.1:2"));
  EXPECT_FALSE(refused("10.0.0.2:1"));
  clock.advance(milliseconds(9'999));
  EXPECT_TRUE(refused("10.0.0.1:1"));
  clock.advance(milliseconds(1));
  EXPECT_FALSE(refused("10.0.0.1:1"));
  EXPECT_EQ(kicks.size(), 0u);
}

TEST_F(KicksTest, KnowsAddressesOfVersionSix) {
  kick("[2001:db8::1]:1", seconds(10));
  EXPECT_TRUE(refused("[2001:db8::1]:2"));
  EXPECT_FALSE(refused("[2001:db8::2]:1"));
}

TEST_F(KicksTest, ANetworkIsRefusedOnDemand) {
  const auto kick_network = [this](const std::string& address, std::string_view subject = {}) {
    kicks.add(peer(address), clock.now() + seconds(10), subject, Reach::network);
  };
  kick_network("[2001:db8:0:7:1::1]:1");
  kick_network("10.0.0.1:1");
  kick_network("[::ffff:10.0.0.3]:1");
  kick_network("[2001:db8:0:9::1]:1", "ann");
  EXPECT_TRUE(refused("[2001:db8:0:7:ffff::2]:2"));
  EXPECT_FALSE(refused("[2001:db8:0:8::1]:1"));
  EXPECT_FALSE(kicks.refuses(peer("[2001:db8:0:7::1]:1"), clock.now(), "bob")) << "has a subject";
  EXPECT_TRUE(refused("10.0.0.1:2"));
  EXPECT_FALSE(refused("10.0.0.2:1"));
  EXPECT_FALSE(refused("[::ffff:10.0.0.4]:1")) << "no network of IPv6";
  EXPECT_FALSE(refused("[2001:db8:0:9::1]:1")) << "that was ann";
  EXPECT_FALSE(kicks.take_back({{}, "[2001:db8:0:7:1::1]", {}}));
  EXPECT_TRUE(kicks.take_back({{}, "2001:db8:0:7::/64", {}}));
  EXPECT_FALSE(refused("[2001:db8:0:7:1::1]:1"));
}

TEST_F(KicksTest, TheLongerTimeHolds) {
  kick("10.0.0.1:1", seconds(10));
  kick("10.0.0.1:1", seconds(1));
  clock.advance(seconds(5));
  EXPECT_TRUE(refused("10.0.0.1:1"));
  kick("10.0.0.1:1", seconds(10));
  clock.advance(seconds(9));
  EXPECT_TRUE(refused("10.0.0.1:1"));
}

TEST_F(KicksTest, AreListedUntilTheyEndOrAreTakenBack) {
  kick("10.0.0.1:1", seconds(5));
  kick("[::1]:1", seconds(20));
  kicks.add(peer("10.0.0.2:1"), clock.now() + seconds(10), "ann");
  const std::vector<Refused> all = kicks.list(clock.now());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].address, "[::1]");
  EXPECT_EQ(all[1].subject, "ann");
  EXPECT_EQ(all[1].address, "");
  EXPECT_EQ(all[1].left, seconds(10));
  EXPECT_EQ(all[2].address, "10.0.0.1");
  clock.advance(seconds(5));
  EXPECT_EQ(kicks.list(clock.now()).size(), 2u) << "one is over";

  EXPECT_FALSE(kicks.take_back({"eve", {}, {}}));
  EXPECT_FALSE(kicks.take_back({{}, "=ann", {}})) << "a subject is no address";
  EXPECT_TRUE(kicks.take_back({"ann", {}, {}}));
  EXPECT_FALSE(kicks.refuses(peer("10.0.0.2:1"), clock.now(), "ann"));
  EXPECT_TRUE(refused("[::1]:9"));
  EXPECT_TRUE(kicks.take_back({{}, "[::1]", {}}));
  EXPECT_FALSE(refused("[::1]:9"));
}

TEST_F(KicksTest, OfTooManyTheOneThatEndsFirstIsForgotten) {
  for (std::size_t i = 0; i < Kicks::kMax; ++i) {
    kick("10.0." + std::to_string(i) + ":1", seconds(i == 700 ? 30 : 60));
  }
  EXPECT_TRUE(refused("10.0.700:1"));
  kick("10.0.5:1", seconds(90));
  EXPECT_TRUE(refused("10.0.700:1")) << "one that is there already takes no place";
  kick("10.1.1:1", seconds(10));
  EXPECT_EQ(kicks.size(), Kicks::kMax);
  EXPECT_TRUE(refused("10.1.1:1"));
  EXPECT_FALSE(refused("10.0.700:1"));
  EXPECT_TRUE(refused("10.0.701:1"));
}

}  // namespace
}  // namespace gateway::api
