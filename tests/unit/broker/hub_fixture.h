// What: a log, one hub and a clock in the test's hand; streams that note what they are told.
// Owner and thread: the test's.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/random.h"
#include "broker/hub.h"
#include "support/fake_clock.h"
#include "support/sse_parser.h"

namespace gateway::broker {

using Texts = std::vector<std::string>;

class NoWake final : public base::Wakeable {
 public:
  void wake() override {}
};

inline Draft draft(std::vector<std::string> boards, std::string data, std::string type = {}) {
  return Draft{std::move(boards), std::move(type), std::move(data), false};
}

inline Subscription::Settings settings(const std::vector<std::string>& names,
                                       Format format = Format::plain,
                                       const std::vector<std::string>& types = {}) {
  auto filter = Filter::compile(names, types);
  BC_CHECK(filter.ok());
  return {std::move(filter.value()), format, 0};
}

/// A stream: pulls its blocks and parses them as a browser would.
class Stream final : public Subscription::Listener {
 public:
  Stream(Hub& hub, Subscription::Settings settings)
      : subscription(hub.subscribe(std::move(settings), *this)) {}

  void blocks_ready() override { ++ready; }
  void stalled() override { ++stalls; }

  /// The next block's text, popped; empty when there is none.
  std::string pull() {
    const Block* block = subscription->front();
    if (block == nullptr) return {};
    std::string text(block->text());
    subscription->pop();
    return text;
  }
  /// Pulls all and returns the data of the events dispatched.
  std::vector<std::string> data() {
    std::vector<std::string> data;
    for (std::string text = pull(); !text.empty(); text = pull()) {
      for (const test::SseEvent& event : parser.feed(text)) data.push_back(event.data);
    }
    return data;
  }

  int ready = 0;
  int stalls = 0;
  test::SseParser parser;
  std::unique_ptr<Subscription> subscription;
};

class HubTest : public ::testing::Test {
 protected:
  explicit HubTest(const HistoryOptions& history = {}) : log_(7, clock_, history) {}
  void publish(std::vector<std::string> boards, std::string data, std::string type = {}) {
    std::vector<Draft> batch;
    batch.push_back(draft(std::move(boards), std::move(data), std::move(type)));
    log_.append(std::move(batch));
  }
  void spread() {
    while (hub_.spread(1'000)) {
    }
  }
  void turn() {
    clock_.advance(std::chrono::milliseconds(1));
    hub_.spread(1'000);
    hub_.replay(8);
  }
  /// Pulls as a prompt reader does until nothing comes any more.
  Texts read(Stream& stream) {
    Texts all;
    for (int idle = 0; idle < 2; ++idle) {
      turn();
      const Texts some = stream.data();
      if (!some.empty()) idle = 0;
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  /// Beats each tick for `time`.
  void run(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds t{0}; t < time; t += hub_.heartbeat_tick()) {
      clock_.advance(hub_.heartbeat_tick());
      hub_.spread(1'000);
      hub_.beat(SIZE_MAX);
    }
  }

  test::FakeClock clock_;
  base::SeededRandom random_{1};
  Options options_;
  NoWake no_wake_;
  Log log_;
  Hub hub_{log_, no_wake_, options_, clock_, random_};
};

}  // namespace gateway::broker
