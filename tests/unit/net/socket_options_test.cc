#include "net/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/net/net_world.h"

namespace gateway::net {
namespace {

using Outgoing = http::Session::Host::Outgoing;

int value_of(int fd, int level, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, option, &value, &length), 0);
  return value;
}

/// Knows the options of TCP as little as an old kernel.
Fd unix_socket() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  const Fd peer(ends[1]);
  return Fd(ends[0]);
}

class SocketOptions : public NetWorld {};

TEST_F(SocketOptions, HoldOnEveryConnection) {
  options_.user_timeout = std::chrono::milliseconds(12'345);
  options_.notsent_lowat = 54'321;
  TcpPair pair = TcpPair::make();
  const int fd = pair.server.get();
  connections_->add({std::move(pair.server), Scheme::http, Role::traffic, peer_});
  EXPECT_EQ(value_of(fd, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(value_of(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 54'321);
  EXPECT_EQ(value_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 12'345);
  EXPECT_EQ(value_of(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(value_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(value_of(fd, IPPROTO_TCP, TCP_KEEPINTVL), 10);
}

TEST_F(SocketOptions, ThoseThatAreRefusedAreNamed) {
  EXPECT_EQ(tune_socket(TcpPair::make().server.get(), options_), "");
  const std::string told = tune_socket(unix_socket().get(), options_);
  EXPECT_THAT(told,
              testing::StartsWith("TCP_NODELAY (Operation not supported), TCP_NOTSENT_LOWAT ("));
  EXPECT_THAT(told, testing::EndsWith("TCP_KEEPINTVL (Operation not supported)"));
  EXPECT_THAT(told, testing::Not(testing::HasSubstr("SO_KEEPALIVE")));
}

TEST_F(SocketOptions, TheOperatorIsToldOnce) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 2; ++i) {
    connections_->add({unix_socket(), Scheme::http, Role::traffic, peer_});
  }
  const std::string log = testing::internal::GetCapturedStderr();
  const std::size_t told = log.find("TCP_USER_TIMEOUT");
  EXPECT_THAT(log, testing::HasSubstr("the kernel refuses socket options"));
  EXPECT_THAT(log, testing::HasSubstr("warn"));
  ASSERT_NE(told, std::string::npos);
  EXPECT_EQ(log.find("TCP_USER_TIMEOUT", told + 1), std::string::npos) << log;
}

TEST_F(SocketOptions, WhatAPeerHasTakenIsKnown) {
  const TcpPair pair = TcpPair::make(8192);
  const std::string much(16'384, 'x');
  std::uint64_t sent = 0;
  while (true) {
    const ssize_t taken = ::send(pair.server.get(), much.data(), much.size(), MSG_NOSIGNAL);
    if (taken < 0) break;
    sent += static_cast<std::uint64_t>(taken);
  }
  const Outgoing full = outgoing(pair.server.get());
  EXPECT_EQ(full.written, sent);
  EXPECT_LT(full.acknowledged, full.written);
  Received got;
  ASSERT_TRUE(turn_until([&] {
    take(pair.client, got);
    return outgoing(pair.server.get()).acknowledged == full.written;
  }));
  EXPECT_EQ(got.text.size(), sent);
  EXPECT_EQ(outgoing(pair.server.get()).written, full.written);
  EXPECT_EQ(outgoing(unix_socket().get()).written, 0U) << "nothing is known";
}

}  // namespace
}  // namespace gateway::net
