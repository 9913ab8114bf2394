// What: an HTTP/1.1 session with fakes all around it, and a connection's part played by the test:
// hand in bytes, take out bytes, turn the clock. Owner and thread: the test's.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/session.h"
#include "support/fake_clock.h"
#include "support/fake_handler.h"
#include "support/h1_client.h"

namespace gateway::test {

class H1Connection : public http::Session::Host {
 public:
  H1Connection() = default;
  /// The limits; change them before the first use of `session`.
  http::Options options;
  http::SessionCounters counters;
  base::MemoryState memory{base::MemoryLevel::normal};
  FakeClock clock;
  FakeHandler handler;
  http::Peer peer{"127.0.0.1:40612", "c17", http::Protocol::http1};
  std::size_t output_calls = 0;

  void output_ready() override { ++output_calls; }

  http::Session& session() {
    if (!session_) {
      session_ = http::make_h1_session({options, handler, counters, clock, peer, true, &memory},
                                       *this, clock.now());
    }
    return *session_;
  }
  void destroy_session() { session_.reset(); }

  bool receive(std::string_view bytes) { return session().receive(bytes, clock.now()); }

  /// All output that there is now, taken `room` bytes at a time, and appended to `sent`.
  std::string drain(std::size_t room = 16 * 1024) {
    std::string now;
    std::vector<char> buffer(room);
    while (const std::size_t bytes = session().send(buffer.data(), room)) {
      now.append(buffer.data(), bytes);
    }
    sent += now;
    return now;
  }
  std::string sent;

  /// Hands in `bytes` and gives what comes back at once, as answers.
  std::vector<H1Answer> exchange(std::string_view bytes, std::vector<std::string> methods = {}) {
    receive(bytes);
    return H1Client(std::move(methods)).read(drain());
  }

  /// Turns the clock and tells the session when its deadline is due, as a connection would.
  bool pass(std::chrono::milliseconds time) {
    const base::MonoTime end = clock.now() + time;
    bool alive = true;
    while (session().deadline() && *session().deadline() <= end) {
      clock.advance(std::max(base::Duration(0), *session().deadline() - clock.now()));
      alive = session().advance(clock.now());
      if (!alive) break;
    }
    clock.advance(std::max(base::Duration(0), end - clock.now()));
    return alive;
  }

 private:
  std::unique_ptr<http::Session> session_;
};

}  // namespace gateway::test
