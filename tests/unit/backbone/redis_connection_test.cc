// A connection gets where its host's name leads, and never waits for longer than it may.
#include "backbone/redis_connection.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "unit/backbone/hanging_names.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;
using test::host;
using test::numeric;

/// A socket of this machine, by any name: the kernel gives it one.
HostAddress any_local() {
  HostAddress any;
  any.storage.ss_family = AF_UNIX;
  any.size = sizeof any.storage.ss_family;
  return any;
}

/// A port of 127.0.0.1 or a local socket, which the kernel accepts connections for, or refuses
/// them.
class Port {
 public:
  explicit Port(bool listens, int backlog = 16, const HostAddress& any = numeric("127.0.0.1", 0))
      : fd_(::socket(any.storage.ss_family, SOCK_STREAM, 0)) {
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&any.storage), any.size), 0);
    EXPECT_EQ(listens ? ::listen(fd_, backlog) : 0, 0);
    address_.size = sizeof address_.storage;
    auto* place = reinterpret_cast<sockaddr*>(&address_.storage);
    EXPECT_EQ(::getsockname(fd_, place, &address_.size), 0);
    if (place->sa_family == AF_INET) address_ = numeric("127.0.0.1", number());
  }
  ~Port() { ::close(fd_); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  const HostAddress& address() const { return address_; }
  std::uint16_t number() const {
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address_.storage)->sin_port);
  }
  /// One that connected.
  int accepted() const { return ::accept(fd_, nullptr, nullptr); }

 private:
  int fd_;
  HostAddress address_;
};

class RedisConnectionTest : public test::Turning {
 protected:
  void open(const RedisAddress& address, milliseconds timeout = milliseconds(5'000)) {
    why_.clear();
    up_ = false;
    RedisOptions options;
    options.timeout = timeout;
    connection_.open(address, RedisConnection::Bounds(options));
  }

  /// The server's end; -1, and the test has failed.
  int connect_to(const Port& port) {
    names_.give("it", {port.address()});
    open(host("it"));
    turn_until([this] { return up_; });
    if (!up_) return -1;
    const int server = port.accepted();
    EXPECT_GE(server, 0);
    return server;
  }

  void fill_and_drain(const Port& port, int rounds, std::size_t bytes);

  HostLookup lookup_{loop_, names_.resolve()};
  bool up_ = false;
  std::string why_;  // it is down
  RedisConnection connection_{
      loop_,
      lookup_,
      {[this] { up_ = true; }, [this](const std::string& why) { why_ = why; },
       [](std::string_view) {}, [](std::string_view, std::string_view) {}}};
};

TEST_F(RedisConnectionTest, ANameLeadsToItsAddress) {
  const Port port(true);
  names_.give("redis", {port.address()});
  open(host("redis"));
  turn_until([this] { return up_; });
}

TEST_F(RedisConnectionTest, AddressesAreTriedInTurn) {
  const Port refuses(false);
  const Port full(true, 0);
  // Its queue is full, so it is silent from now on.
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    const HostAddress address = full.address();
    ::connect(fillers.back(), reinterpret_cast<const sockaddr*>(&address.storage), address.size);
  }
  const Port takes(true);
  names_.give("redis", {refuses.address(), full.address(), takes.address()});
  open(host("redis"), milliseconds(2'000));
  turn_until([this] { return up_ || !why_.empty(); });
  EXPECT_TRUE(up_) << why_;
  for (const int fd : fillers) ::close(fd);
}

TEST_F(RedisConnectionTest, OfAllThatFailItIsToldWhy) {
  const Port one(false);
  const Port other(false);
  names_.give("redis", {one.address(), other.address()});
  open(host("redis"));
  turn_until([this] { return !why_.empty(); });
  EXPECT_EQ(why_, one.address().text + ": Connection refused; " + other.address().text +
                      ": Connection refused");
  EXPECT_FALSE(connection_.is_open());
}

TEST_F(RedisConnectionTest, WhatIsNotFoundIsDown) {
  open(host("nowhere"));
  EXPECT_TRUE(connection_.is_open()) << "told later";
  turn_until([this] { return !why_.empty(); });
  EXPECT_EQ(why_, "nowhere: unknown");
}

TEST_F(RedisConnectionTest, ANameThatHangsIsALossInTime) {
  names_.hang("slow");
  const base::MonoTime began = clock_.now();
  open(host("slow"), milliseconds(100));
  bool lost = false;
  connection_.ask({"PING"},
                  [&lost](const RedisReply& reply) { lost = reply.is(RedisReply::Kind::lost); });
  turn_until([this] { return !why_.empty(); });
  EXPECT_TRUE(lost);
  EXPECT_EQ(why_, "its host's name: no answer within 100 ms");
  EXPECT_LT(clock_.now() - began, milliseconds(2'000));
  EXPECT_FALSE(connection_.is_open());
}

TEST_F(RedisConnectionTest, WhatIsFoundLateServesTheNextTry) {
  const Port port(true);
  names_.hang("slow");
  names_.give("slow", {port.address()});
  for (int i = 0; i < 3; ++i) {
    open(host("slow"), milliseconds(20));
    turn_until([this] { return !why_.empty(); });
  }
  open(host("slow"));
  names_.release();
  turn_until([this] { return up_; });
  EXPECT_EQ(names_.begun(), 1) << "there is one thread, however often it is tried";
}

TEST_F(RedisConnectionTest, ClosedItHearsNothingMore) {
  const Port port(true);
  names_.hang("slow");
  names_.give("slow", {port.address()});
  open(host("slow"));
  turn_until([this] { return names_.begun() == 1; });
  connection_.close();
  names_.release();
  turn_for(milliseconds(20));
  EXPECT_FALSE(up_ || connection_.is_open());
  EXPECT_EQ(why_, "");
}

// --- What the server gets ---

/// Sends `rounds` commands with a value of `bytes`, a turn each, to a server that reads nothing
/// before the last one: all of it has to come, in order.
void RedisConnectionTest::fill_and_drain(const Port& port, int rounds, std::size_t bytes) {
  const int server = connect_to(port);
  if (server < 0) return;
  std::string wanted;
  for (int round = 0; round < rounds; ++round) {
    const std::string value(bytes, static_cast<char>('a' + round % 26));
    connection_.ask({"ECHO", value}, [](const RedisReply&) {});
    wanted += "*2\r\n$4\r\nECHO\r\n$" + std::to_string(bytes) + "\r\n" + value + "\r\n";
    loop_.turn(false);
  }
  turn_for(milliseconds(20));
  std::string got;
  std::string piece(std::size_t{1} << 20U, '\0');
  turn_until([&] {
    const ssize_t count = ::recv(server, piece.data(), piece.size(), MSG_DONTWAIT);
    if (count > 0) got.append(piece, 0, static_cast<std::size_t>(count));
    return got.size() >= wanted.size();
  });
  EXPECT_TRUE(got == wanted) << got.size();
  EXPECT_EQ(why_, "");
  connection_.close();
  ::close(server);
}

TEST_F(RedisConnectionTest, LargeCommandsComeWhole) {
  fill_and_drain(Port(true), 3, std::size_t{4} << 20U);
}

// A local socket takes such a command or does not: it is full between two.
TEST_F(RedisConnectionTest, CommandsThatTheSocketHasNoRoomForYetComeInOrder) {
  fill_and_drain(Port(true, 16, any_local()), 1'000, 1'000);
}

// --- What the server says ---

TEST_F(RedisConnectionTest, AnErrorThatNobodyAskedForIsTheReason) {
  const Port port(true);
  const int server = connect_to(port);
  const std::string_view said = "-ERR max number of clients reached\r\n";
  ASSERT_EQ(::send(server, said.data(), said.size(), 0), static_cast<ssize_t>(said.size()));
  turn_until([this] { return !why_.empty(); });
  EXPECT_EQ(why_, "ERR max number of clients reached");
  ::close(server);
}

TEST_F(RedisConnectionTest, AnAnswerThatNobodyAskedForEndsIt) {
  const Port port(true);
  const int server = connect_to(port);
  std::string answer;
  connection_.ask({"PING"}, [&answer](const RedisReply& reply) { answer = reply.text; });
  ASSERT_EQ(::send(server, "+PONG\r\n", 7, 0), 7);
  turn_until([&answer] { return !answer.empty(); });
  EXPECT_EQ(answer, "PONG");
  EXPECT_EQ(why_, "");
  ASSERT_EQ(::send(server, "+OK\r\n", 5, 0), 5);
  turn_until([this] { return !why_.empty(); });
  EXPECT_EQ(why_, "an answer that nobody asked for");
  ::close(server);
}

}  // namespace
}  // namespace gateway::backbone
