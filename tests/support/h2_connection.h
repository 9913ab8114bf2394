// What: an HTTP/2 session with fakes all around it and a client at the other end, and a
// connection's part played by the test: carry bytes to and fro, turn the clock. Owner and thread:
// the test's.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "http/session.h"
#include "support/fake_clock.h"
#include "support/fake_handler.h"
#include "support/fake_source.h"
#include "support/h2_client.h"

namespace gateway::test {

class H2Connection : public http::Session::Host {
 public:
  explicit H2Connection(H2ClientOptions client_options = {}) : client(client_options) {}
  /// The limits; change them before the first use of `session`.
  http::Options options;
  http::SessionCounters counters;
  base::MemoryState memory{base::MemoryLevel::normal};
  FakeClock clock;
  FakeHandler handler;
  http::Peer peer{"127.0.0.1:40612", "c17", http::Protocol::http2};
  H2Client client;
  std::size_t output_calls = 0;
  std::size_t sends = 0;  // calls of `send` that gave something
  std::vector<std::size_t> send_sizes;
  std::size_t room = 16 * 1024;    // of each `send`
  base::Random* chunks = nullptr;  // set: input comes in random pieces

  void output_ready() override {
    ++output_calls;
    called_ = true;
  }
  Outgoing kernel;  // the test's to change
  Outgoing outgoing() const override { return kernel; }

  http::Session& session() {
    if (!session_) {
      session_ = http::make_h2_session({options, handler, counters, clock, peer, true, &memory},
                                       *this, clock.now());
    }
    return *session_;
  }
  void destroy_session() { session_.reset(); }

  bool receive(std::string_view bytes) {
    bool alive = true;
    while (!bytes.empty() && alive) {
      const std::size_t size = chunks != nullptr ? 1 + chunks->below(bytes.size()) : bytes.size();
      alive = session().receive(bytes.substr(0, size), clock.now());
      bytes.remove_prefix(size);
    }
    return alive;
  }

  /// All output that the session has now, asked for as a connection does: once it says that nothing
  /// is left, not again before it calls.
  std::string drain() {
    std::string all;
    std::vector<char> buffer(room);
    while (std::exchange(called_, false)) {
      std::size_t bytes = session().send(buffer.data(), room);
      if (bytes == 0 && called_) bytes = session().send(buffer.data(), room);
      if (bytes == 0) break;
      called_ = called_ || session().left_over();
      ++sends;
      send_sizes.push_back(bytes);
      all.append(buffer.data(), bytes);
    }
    return all;
  }

  /// Carries bytes both ways until nothing moves. False: a side ended the connection.
  bool pump() {
    for (;;) {
      const std::string up = client.output();
      const bool alive = up.empty() || receive(up);
      const std::string down = drain();
      if (!down.empty() && !client.receive(down)) return false;
      if (!alive) return false;
      if (up.empty() && down.empty()) return true;
    }
  }

  /// Turns the clock and tells the session when its deadline is due, as a connection would.
  bool pass(std::chrono::milliseconds time) {
    const base::MonoTime end = clock.now() + time;
    while (session().deadline() && *session().deadline() <= end) {
      clock.advance(std::max(base::Duration(0), *session().deadline() - clock.now()));
      const bool alive = session().advance(clock.now());
      if (connected && !pump()) return false;
      if (!alive) return false;
    }
    clock.advance(std::max(base::Duration(0), end - clock.now()));
    return true;
  }
  /// False: `pass` carries no bytes, as if the network were gone.
  bool connected = true;

 private:
  bool called_ = true;  // there may be output
  std::unique_ptr<http::Session> session_;
};

/// A handler's answer with a body that the test feeds.
inline auto stream_from(Feed& feed) {
  return [&feed](http::Exchange& exchange) {
    http::Response head;
    head.fields.add("content-type", "text/event-stream");
    exchange.respond_stream(std::move(head), std::make_unique<FakeSource>(feed));
  };
}

}  // namespace gateway::test
