// What: what the micro-benchmarks stand on: a log and a hub with a clock by hand, drafts, and
// listeners that only take notes. Owner and thread: the benchmark's.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "base/random.h"
#include "broker/hub.h"
#include "support/fake_clock.h"

namespace bench {

inline constexpr std::size_t kDataBytes = 256;

class NoWake final : public gateway::base::Wakeable {
 public:
  void wake() override {}
};

inline gateway::broker::Draft draft(std::string board, std::string type = {}) {
  return {{std::move(board)}, std::move(type), std::string(kDataBytes, 'x'), false};
}

inline gateway::broker::Filter filter(const std::vector<std::string>& names) {
  auto compiled = gateway::broker::Filter::compile(names, {});
  BC_CHECK(compiled.ok());
  return std::move(compiled.value());
}

struct World {
  void publish(const std::string& board) {
    std::vector<gateway::broker::Draft> batch;
    batch.push_back(draft(board));
    log.append(std::move(batch));
  }

  gateway::test::FakeClock clock;
  gateway::base::SeededRandom random{1};
  gateway::broker::Options options;
  NoWake no_wake;
  gateway::broker::Log log{7, clock, options.history};
  gateway::broker::Hub hub{log, no_wake, options, clock, random};
};

/// A stream whose socket always takes everything.
class Stream final : public gateway::broker::Subscription::Listener {
 public:
  Stream(World& world, const std::vector<std::string>& names)
      : subscription(world.hub.subscribe({filter(names), {}, 0}, *this)) {}
  void blocks_ready() override { ready = true; }
  void stalled() override {}
  /// Pops all; how many there were.
  std::size_t take() {
    std::size_t count = 0;
    for (; subscription->front() != nullptr; ++count) {
      benchmark::DoNotOptimize(subscription->front()->text().data());
      subscription->pop();
    }
    ready = false;
    return count;
  }

  bool ready = false;
  std::unique_ptr<gateway::broker::Subscription> subscription;
};

}  // namespace bench
