#include "net/address_limits.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace gateway::net {
namespace {

using std::chrono::seconds;

class AddressLimitsTest : public testing::Test {
 protected:
  AddressLimitsTest() {
    options.connections_per_ip = 2;
    options.connection_rate_per_ip = 0;
  }

  static SocketAddress address(const std::string& host) {
    return resolve({Scheme::https, host, 443})->front();
  }
  base::Result<AddressClaim, AddressRefusal> admit(const std::string& host) {
    return limits.admit(address(host), options, clock.now());
  }
  /// One more connection that stays; false: refused.
  bool connect(const std::string& host) {
    auto admitted = admit(host);
    if (admitted) open.push_back(*std::move(admitted));
    return admitted.ok();
  }

  test::FakeClock clock;
  Options options;
  AddressLimits limits{{1, 2}};
  std::vector<AddressClaim> open;
};

TEST_F(AddressLimitsTest, AnAddressHasSoManyConnections) {
  EXPECT_TRUE(connect("203.0.113.1"));
  EXPECT_TRUE(connect("203.0.113.1"));
  EXPECT_EQ(admit("203.0.113.1").error(), AddressRefusal::too_many);
  EXPECT_TRUE(connect("203.0.113.2")) << "its neighbour";
  open.erase(open.begin());
  EXPECT_TRUE(connect("203.0.113.1"));
  options.connections_per_ip = 0;
  EXPECT_TRUE(connect("203.0.113.1")) << "off";
}

TEST_F(AddressLimitsTest, AClientOfVersionSixIsItsNetworkOf64Bits) {
  EXPECT_TRUE(connect("2001:db8:1:2::1"));
  EXPECT_TRUE(connect("2001:db8:1:2:ffff::2"));
  EXPECT_FALSE(connect("2001:db8:1:2:3::"));
  EXPECT_TRUE(connect("2001:db8:1:3::1"));
  EXPECT_EQ(open[0].network(), open[1].network());
  EXPECT_NE(open[0].network(), open[2].network());
}

TEST_F(AddressLimitsTest, AnAddressOfVersionFourIsTheSameHoweverItIsWritten) {
  EXPECT_TRUE(connect("203.0.113.1"));
  EXPECT_TRUE(connect("::ffff:203.0.113.1"));
  EXPECT_FALSE(connect("::ffff:203.0.113.1"));
  EXPECT_TRUE(connect("::ffff:203.0.113.2")) << "no /64 of all of them";
  options.connections_per_ip = 1;
  EXPECT_TRUE(connect("::ffff:10.0.0.1"));
  EXPECT_TRUE(connect("::ffff:10.0.0.1")) << "exempt";
}

TEST_F(AddressLimitsTest, WhatNobodyHasOnTheInternetIsExempt) {
  for (const char* host :
       {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "::1", "fd00::1"}) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(connect(host)) << host;
    EXPECT_EQ(open.back().network(), 0U) << host;
  }
  for (const char* host : {"172.32.0.1", "11.0.0.1", "2001:db8::1", "1.1.1.1"}) {
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(connect(host)) << host;
    EXPECT_FALSE(connect(host)) << host;
  }
  options.exempt.clear();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(connect("127.0.0.1"));
  EXPECT_FALSE(connect("127.0.0.1"));
}

TEST_F(AddressLimitsTest, AnAddressOpensSoManyInASecond) {
  options.connections_per_ip = 0;
  options.connection_rate_per_ip = 5;
  options.rate_burst = seconds(2);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(admit("203.0.113.1")) << i;
  EXPECT_EQ(admit("203.0.113.1").error(), AddressRefusal::too_fast);
  EXPECT_TRUE(admit("203.0.113.2"));
  clock.advance(seconds(1));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(admit("203.0.113.1")) << i;
  EXPECT_FALSE(admit("203.0.113.1"));
}

}  // namespace
}  // namespace gateway::net
