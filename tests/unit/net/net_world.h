// What: one worker's connections on a real loop with real loopback sockets, turned by the test, and
// clients of them. Owner and thread: the test's.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "loop/event_loop.h"
#include "net/connections.h"
#include "support/fake_handler.h"
#include "support/fake_source.h"

namespace gateway::net {

/// Both ends of a TCP connection over 127.0.0.1; the server's end is non-blocking.
struct TcpPair {
  Fd client;
  Fd server;

  /// `buffer_bytes` > 0: small socket buffers, so that a reader that stalls shows soon.
  static TcpPair make(int buffer_bytes = 0) {
    Fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    set_buffers(listening.get(), buffer_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listening.get(), raw, length), 0);
    EXPECT_EQ(::listen(listening.get(), 1), 0);
    EXPECT_EQ(::getsockname(listening.get(), raw, &length), 0);
    TcpPair pair;
    pair.client = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    set_buffers(pair.client.get(), buffer_bytes);
    EXPECT_EQ(::connect(pair.client.get(), raw, length), 0);
    pair.server = Fd(::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    EXPECT_TRUE(pair.server);
    EXPECT_EQ(::fcntl(pair.client.get(), F_SETFL, O_NONBLOCK), 0);
    return pair;
  }

  static void set_buffers(int fd, int bytes) {
    if (bytes == 0) return;
    EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
    EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
  }
};

/// Closes `fd` with RST instead of FIN.
inline void reset(Fd& fd) {
  const linger at_once{1, 0};
  EXPECT_EQ(::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  fd = Fd();
}

class NetWorld : public testing::Test {
 protected:
  NetWorld() {
    ::signal(SIGPIPE, SIG_IGN);
    loop_.at_end_of_turn([this] { connections_->flush(); });
    tick_ = loop_.make([this] { tick_->arm(std::chrono::milliseconds(2)); });
    tick_->arm(std::chrono::milliseconds(2));
    make_connections();
  }

  void make_connections(TlsContextRef tls = {}) {
    connections_ = std::make_unique<Connections>(Connections::Context{
        loop_, options_, http_options_, admin_http_options_, std::move(tls), traffic_, admin_,
        session_counters_, counters_, [this] { return "c" + std::to_string(++last_id_); },
        addresses_, half_open_max_, &memory_});
  }

  /// Turns the loop until `done`; false after 20 s. The tick ends each wait.
  bool turn_until(const std::function<bool()>& done) {
    const base::MonoTime end = clock_.now() + std::chrono::seconds(20);
    while (!done()) {
      if (clock_.now() > end) return false;
      loop_.turn(true);
    }
    return true;
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) loop_.turn(true);
  }

  /// `client` has a connection and closes it: its end is not after the second that it may linger.
  /// That is said of the shortest of some times, since others work here, too.
  void expect_ends_at_once(const std::function<void()>& client) {
    constexpr base::Duration kLessThanLingering = std::chrono::milliseconds(900);
    base::Duration shortest = base::Duration::max();
    for (int attempt = 0; attempt < 5 && shortest >= kLessThanLingering; ++attempt) {
      client();
      const base::MonoTime before = clock_.now();
      ASSERT_TRUE(turn_until([this] { return connections_->size() == 0; }));
      shortest = std::min(shortest, clock_.now() - before);
    }
    EXPECT_LT(shortest, kLessThanLingering);
  }

  SocketAddress peer_ = resolve({Scheme::http, "127.0.0.1", 1})->front();
  Fd connect(Scheme scheme = Scheme::http, int buffer_bytes = 0, Role role = Role::traffic) {
    TcpPair pair = TcpPair::make(buffer_bytes);
    connections_->add({std::move(pair.server), scheme, role, peer_});
    return std::move(pair.client);
  }

  static void send_text(const Fd& client, std::string_view text) {
    EXPECT_EQ(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  /// Takes what has arrived. `ended` becomes true at FIN, `was_reset` at RST.
  struct Received {
    std::string text;
    bool ended = false;
    bool was_reset = false;
  };
  static void take(const Fd& client, Received& into) {
    char buffer[65536];
    while (!into.ended && !into.was_reset) {
      const ssize_t got = ::recv(client.get(), buffer, sizeof buffer, 0);
      if (got > 0) into.text.append(buffer, static_cast<std::size_t>(got));
      if (got == 0) into.ended = true;
      if (got < 0 && errno == EAGAIN) return;
      if (got < 0) into.was_reset = true;
    }
  }
  bool receive_until(const Fd& client, Received& into, std::string_view wanted) {
    return turn_until([&] {
             take(client, into);
             return into.ended || into.was_reset || into.text.find(wanted) != std::string::npos;
           }) &&
           into.text.find(wanted) != std::string::npos;
  }

  /// Answers with a stream that says what `feed` has.
  void stream_from(test::Feed& feed) {
    traffic_.on_handle = [&feed](http::Exchange& exchange) {
      exchange.respond_stream({200, {}, {}}, std::make_unique<test::FakeSource>(feed));
    };
  }

  base::SystemClock clock_;
  loop::EventLoop loop_{clock_};
  Options options_;
  http::Options http_options_;
  http::Options admin_http_options_;
  test::FakeHandler traffic_;
  test::FakeHandler admin_;
  http::SessionCounters session_counters_;
  ConnectionCounters counters_;
  AddressLimits addresses_{{1, 2}};
  std::atomic<std::size_t> half_open_max_{1000};
  base::MemoryState memory_{base::MemoryLevel::normal};
  int last_id_ = 0;
  test::Feed feed_;  // outlives the connections whose sources read it
  std::unique_ptr<base::Timer> tick_;
  std::unique_ptr<Connections> connections_;
};

inline constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

}  // namespace gateway::net
