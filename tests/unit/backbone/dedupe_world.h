// What: a log with a memory of keys in front of it, a clock turned by hand, and short ways to write
// events with keys. Owner and thread: the test's.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "backbone/dedupe.h"
#include "support/fake_clock.h"

namespace gateway::test {

constexpr broker::Epoch kDedupeEpoch = 7;

inline broker::Draft keyed(std::string key, std::string data) {
  return {{"a"}, "", std::move(data), false, std::move(key)};
}

struct DedupeWorld {
  explicit DedupeWorld(const backbone::Options& options) : dedupe(log, clock, {1, 2}, options) {}

  /// The seqs of the answer; empty after a conflict, whose index is then in `conflict`.
  std::vector<broker::Seq> publish(std::vector<broker::Draft> batch) {
    const backbone::PublishResult result = dedupe.publish(std::move(batch));
    std::vector<broker::Seq> seqs;
    if (!result) {
      conflict = result.error().index;
      return seqs;
    }
    for (const broker::EventId id : result->ids) {
      BC_CHECK(id.epoch == kDedupeEpoch, id.epoch);
      seqs.push_back(id.seq);
    }
    repeated = result->repeated;
    return seqs;
  }
  broker::Seq head() const { return log.head().seq; }

  FakeClock clock;
  broker::Log log{kDedupeEpoch, clock};
  backbone::Dedupe dedupe;
  std::size_t conflict = SIZE_MAX;
  std::size_t repeated = 0;
};

}  // namespace gateway::test
