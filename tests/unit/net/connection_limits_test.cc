// How many connections begin: by address, and half open.
#include <chrono>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "unit/net/net_world.h"
#include "unit/net/tls_world.h"

namespace gateway::net {
namespace {

class ConnectionLimits : public NetWorld {
 protected:
  bool is_closed(const Fd& client) {
    Received received;
    return turn_until([&] {
      take(client, received);
      return received.ended || received.was_reset;
    });
  }
  /// So many that say nothing, where a PROXY header is expected.
  std::vector<Fd> silent(int count) {
    options_.proxy_protocol = true;
    options_.proxy_trusted = {*parse_address_range("127.0.0.0/8")};
    std::vector<Fd> clients;
    for (int i = 0; i < count; ++i) clients.push_back(connect());
    return clients;
  }
  std::int64_t half_open() const { return counters_.half_open.value(); }
  /// Time in which the loop does other things.
  void wait_without_turns(base::Duration time) {
    const base::MonoTime end = clock_.now() + time;
    while (clock_.now() < end) connections_->flush();
  }
  /// Whether it was taken, and its client's side.
  std::pair<bool, Fd> add_in_a_place() {
    TcpPair pair = TcpPair::make();
    const bool taken =
        connections_->add({std::move(pair.server), Scheme::http, Role::traffic, peer_, true});
    return {taken, std::move(pair.client)};
  }

  static constexpr std::string_view kFrom = "PROXY TCP4 203.0.113.9 203.0.113.1 5 443\r\n";
};

TEST_F(ConnectionLimits, AnAddressThatHasItsShareIsClosedBeforeItCosts) {
  options_.exempt.clear();
  options_.connections_per_ip = 1;
  Fd first = connect();
  EXPECT_TRUE(is_closed(connect()));
  EXPECT_EQ(counters_.refused_ip_many.value(), 1U);
  EXPECT_EQ(counters_.open.value(), 1);
  EXPECT_EQ(counters_.closed.value(), 1U) << "as the placing of connections counts it";
  EXPECT_EQ(last_id_, 1) << "nothing was made for it";
  first = Fd();
  ASSERT_TRUE(turn_until([this] { return connections_->size() == 0; }));
  const Fd next = connect();
  turns(3);
  EXPECT_EQ(counters_.open.value(), 1);
}

TEST_F(ConnectionLimits, TheOperatorIsNotCounted) {
  options_.exempt.clear();
  options_.connections_per_ip = 1;
  std::vector<Fd> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(connect(Scheme::http, 0, Role::admin));
  turns(3);
  EXPECT_EQ(counters_.open.value(), 3);
}

TEST_F(ConnectionLimits, TheRateIsOfTheAddress) {
  options_.exempt.clear();
  options_.connection_rate_per_ip = 1;
  options_.rate_burst = std::chrono::seconds(1);
  const Fd first = connect();
  EXPECT_TRUE(is_closed(connect()));
  EXPECT_EQ(counters_.refused_ip_fast.value(), 1U);
}

TEST_F(ConnectionLimits, BehindAProxyTheClientCountsAndNotTheProxy) {
  std::vector<Fd> clients = silent(3);
  options_.connections_per_ip = 1;
  turns(2);
  send_text(clients[0], kFrom);
  send_text(clients[1], kFrom);
  send_text(clients[2], "PROXY TCP4 203.0.113.10 203.0.113.1 5 443\r\n");
  ASSERT_TRUE(turn_until([this] { return counters_.opened_h1.value() == 2; }));
  ASSERT_TRUE(turn_until([this] { return counters_.refused_ip_many.value() == 1; }));
  EXPECT_EQ(counters_.open.value(), 2);
}

TEST_F(ConnectionLimits, ARequestKnowsWhoseItIs) {
  options_.exempt.clear();
  std::vector<std::uint64_t> networks;
  traffic_.on_handle = [&](http::Exchange& exchange) {
    networks.push_back(exchange.peer().network);
    exchange.respond({200, {}, {}});
  };
  const Fd client = connect();
  send_text(client, kGet);
  ASSERT_TRUE(turn_until([&] { return networks.size() == 1; }));
  options_.exempt = default_exempt();
  const Fd exempt = connect();
  send_text(exempt, kGet);
  ASSERT_TRUE(turn_until([&] { return networks.size() == 2; }));
  EXPECT_NE(networks[0], 0U);
  EXPECT_EQ(networks[1], 0U);
}

TEST_F(ConnectionLimits, WhereMemoryIsShortTheSilentOverTheBoundAreClosed) {
  half_open_max_ = 3;
  const std::vector<Fd> clients = silent(8);
  wait_without_turns(std::chrono::milliseconds(1'100));
  turns(5);
  EXPECT_EQ(half_open(), 8) << "nobody needs what they have";
  memory_ = base::MemoryLevel::full;
  ASSERT_TRUE(turn_until([this] { return half_open() <= 3; }));
  EXPECT_EQ(counters_.closed_half_open.value(), 5U);
  EXPECT_TRUE(is_closed(clients[0])) << "the one that is silent longest";
  turns(5);
  EXPECT_EQ(half_open(), 3) << "as many may take their time";
}

TEST_F(ConnectionLimits, WhatHasNotBeenReadYetIsNoPatienceLost) {
  half_open_max_ = 0;
  memory_ = base::MemoryLevel::full;
  const std::vector<Fd> clients = silent(2);
  turns(2);
  // One has said its part, which the loop does not come to read; both are late.
  send_text(clients[0], kFrom);
  wait_without_turns(std::chrono::milliseconds(1'100));
  EXPECT_EQ(counters_.closed_half_open.value(), 1U);
  ASSERT_TRUE(turn_until([this] { return counters_.opened_h1.value() == 1; }));
  EXPECT_EQ(half_open(), 0);
}

TEST_F(ConnectionLimits, NorIsItLate) {
  options_.handshake_timeout = std::chrono::milliseconds(1'000);
  const std::vector<Fd> clients = silent(2);
  turns(2);
  // It comes within a long turn, before the timer of its connection.
  const auto timer = loop_.make([&] { send_text(clients[0], kFrom); });
  timer->arm(std::chrono::milliseconds(1));
  wait_without_turns(std::chrono::milliseconds(1'100));
  ASSERT_TRUE(turn_until([this] { return half_open() == 0; }));
  EXPECT_EQ(counters_.opened_h1.value(), 1U);
  EXPECT_EQ(counters_.proxy_refused_timeout.value(), 1U);
}

TEST_F(ConnectionLimits, ButTheTimeForWhatFollowsIsGivenOnce) {
  options_.handshake_timeout = std::chrono::milliseconds(300);
  const std::vector<Fd> clients = silent(1);
  turns(2);
  // A byte of the header each time that it would be late.
  std::size_t said = 0;
  const auto timer = loop_.make([&] { send_text(clients[0], kFrom.substr(said++, 1)); });
  for (const int silence : {400, 1'400}) {
    EXPECT_EQ(half_open(), 1);
    timer->arm(std::chrono::milliseconds(1));
    wait_without_turns(std::chrono::milliseconds(silence));
    turns(2);
  }
  EXPECT_EQ(half_open(), 0);
}

TEST_F(ConnectionLimits, WhereAllPlacesAreTakenTheLongestSilentGivesWay) {
  const std::vector<Fd> clients = silent(2);
  turns(2);
  EXPECT_FALSE(add_in_a_place().first) << "they may still answer";
  wait_without_turns(std::chrono::milliseconds(150));
  send_text(clients[0], kFrom.substr(0, 5));
  turns(2);
  wait_without_turns(std::chrono::milliseconds(150));
  options_.proxy_protocol = false;
  ASSERT_TRUE(add_in_a_place().first);
  EXPECT_TRUE(is_closed(clients[0])) << "a part of a header is nothing said";
  EXPECT_EQ(half_open(), 1);
  ASSERT_TRUE(add_in_a_place().first);
  EXPECT_TRUE(is_closed(clients[1]));
  EXPECT_EQ(counters_.closed_half_open.value(), 2U);
  EXPECT_FALSE(add_in_a_place().first) << "there is none any more";
}

using NextGivesWay = TlsWorld;

TEST_F(NextGivesWay, IsToldAtTheEndOfATurn) {
  const auto told = [this] {
    return base::MonoTime(base::Duration(counters_.next_gives_way.value()));
  };
  const auto is_nobody = [this] {
    return counters_.next_gives_way.value() == ConnectionCounters::kNobody;
  };
  connections_->flush();
  EXPECT_TRUE(is_nobody());
  constexpr std::chrono::milliseconds kSilent{250};
  base::MonoTime since = clock_.now();
  const Ssl ssl = begin();
  connections_->flush();
  EXPECT_GE(told(), since + kSilent);
  EXPECT_LE(told(), clock_.now() + kSilent);
  constexpr std::chrono::seconds kHeard{1};
  since = clock_.now();
  EXPECT_EQ(SSL_do_handshake(ssl.get()), -1) << "says its first message, hears nothing yet";
  EXPECT_TRUE(turn_until([&] { return told() >= since + kHeard; }));
  EXPECT_LE(told(), clock_.now() + kHeard);
  socket_ = Fd();
  EXPECT_TRUE(turn_until(is_nobody));
}

}  // namespace
}  // namespace gateway::net
