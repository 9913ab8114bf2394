// What: a resolver that does not answer until it is told to, and a loop to wait with. Owner and
// thread: the test's; the resolver is called by threads of their own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "backbone/host_lookup.h"
#include "base/thread_annotations.h"
#include "loop/event_loop.h"

namespace gateway::backbone::test {

/// Names that hang until `release`; others have the addresses that they were given, or none.
class Names {
 public:
  ~Names() {
    release();
    const base::MutexLock lock(state_->mutex);
    while (state_->running > 0) state_->changed.wait(state_->mutex);
  }
  void hang(const std::string& host) {
    const base::MutexLock lock(state_->mutex);
    state_->hanging[host] = true;
  }
  void give(const std::string& host, std::vector<HostAddress> addresses) {
    const base::MutexLock lock(state_->mutex);
    state_->known[host] = std::move(addresses);
  }
  void release() {
    const base::MutexLock lock(state_->mutex);
    state_->hanging.clear();
    state_->changed.notify_all();
  }
  /// Lookups that were begun.
  int begun() const {
    const base::MutexLock lock(state_->mutex);
    return state_->begun;
  }
  HostLookup::Resolve resolve() const {
    return [state = state_](const RedisAddress& address) { return look(*state, address.host); };
  }

 private:
  struct State {
    base::Mutex mutex;
    std::condition_variable_any changed;
    std::map<std::string, bool> hanging BC_GUARDED_BY(mutex);
    std::map<std::string, std::vector<HostAddress>> known BC_GUARDED_BY(mutex);
    int begun BC_GUARDED_BY(mutex) = 0;
    int running BC_GUARDED_BY(mutex) = 0;
  };

  static HostLookup::Addresses look(State& state, const std::string& host) {
    const base::MutexLock lock(state.mutex);
    ++state.begun;
    ++state.running;
    while (state.hanging.count(host) > 0) state.changed.wait(state.mutex);
    --state.running;
    state.changed.notify_all();
    const auto found = state.known.find(host);
    if (found == state.known.end()) return base::Fail{base::Error{host + ": unknown"}};
    return found->second;
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// A loop that the test turns.
class Turning : public testing::Test {
 protected:
  void turn_until(const std::function<bool()>& done) {
    const base::MonoTime limit = clock_.now() + std::chrono::seconds(20);
    const auto look = loop_.make([] {});
    while (!done()) {
      ASSERT_LT(clock_.now(), limit) << "it never came";
      look->arm(std::chrono::milliseconds(2));
      loop_.turn(true);
    }
  }
  void turn_for(std::chrono::milliseconds time) {
    bool over = false;
    const auto timer = loop_.make([&over] { over = true; });
    timer->arm(time);
    turn_until([&over] { return over; });
  }

  base::SystemClock clock_;
  loop::EventLoop loop_{clock_};
  Names names_;
};

inline RedisAddress host(const std::string& name, std::uint16_t port = 6379) {
  RedisAddress address;
  address.host = name;
  address.port = port;
  return address;
}

/// Of a numeric one.
inline HostAddress numeric(const std::string& name, std::uint16_t port = 6379) {
  auto addresses = backbone::resolve(host(name, port));
  EXPECT_TRUE(addresses.ok()) << name;
  return addresses->front();
}

}  // namespace gateway::backbone::test
