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

/// A port of 127.0.0.1, which the kernel accepts connections for, or refuses them.
class Port {
 public:
  explicit Port(bool listens, int backlog = 16) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const HostAddress any = numeric("127.0.0.1", 0);
    const auto* place = reinterpret_cast<const sockaddr*>(&any.storage);
    EXPECT_EQ(::bind(fd_, place, any.size), 0);
    EXPECT_EQ(listens ? ::listen(fd_, backlog) : 0, 0);
    sockaddr_in got{};
    socklen_t size = sizeof got;
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&got), &size), 0);
    number_ = ntohs(got.sin_port);
  }
  ~Port() { ::close(fd_); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  HostAddress address() const { return numeric("127.0.0.1", number_); }
  std::uint16_t number() const { return number_; }
  /// One that connected.
  int accepted() const { return ::accept(fd_, nullptr, nullptr); }

 private:
  int fd_;
  std::uint16_t number_ = 0;
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
    open(host("127.0.0.1", port.number()));
    turn_until([this] { return up_; });
    if (!up_) return -1;
    const int server = port.accepted();
    EXPECT_GE(server, 0);
    return server;
  }

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
  EXPECT_LT(clock_.now() - began, milliseconds(10'000));
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
