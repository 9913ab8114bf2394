// Keys at random against a model that is too simple to be wrong, and from several threads at once;
// the latter is meant for ThreadSanitizer as much as for its assertions.
#include <barrier>
#include <map>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "base/random.h"
#include "unit/backbone/dedupe_world.h"

namespace gateway::backbone {
namespace {

using std::chrono::seconds;
using test::keyed;

constexpr seconds kWindow{10};

/// What must come of a batch: seqs, or the index of the first conflict.
struct Expected {
  std::vector<broker::Seq> seqs;
  std::optional<std::size_t> conflict;
};

class Model {
 public:
  Expected publish(const std::vector<broker::Draft>& batch, base::MonoTime now) {
    const Model before = *this;
    Expected expected;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto [key, data] = std::pair(batch[i].key, batch[i].data);
      const auto known = known_.find(key);
      if (!key.empty() && known != known_.end() && now < known->second.until) {
        if (known->second.data != data) {
          *this = before;
          return {{}, i};
        }
        expected.seqs.push_back(known->second.seq);
        continue;
      }
      expected.seqs.push_back(++head_);
      if (!key.empty()) known_[key] = {data, head_, now + kWindow};
    }
    return expected;
  }

 private:
  struct Known {
    std::string data;
    broker::Seq seq = 0;
    base::MonoTime until;
  };
  std::map<std::string, Known> known_;
  broker::Seq head_ = 0;
};

std::vector<broker::Draft> draw_batch(base::Random& random) {
  std::vector<broker::Draft> batch;
  for (std::uint64_t i = 1 + random.below(6); i > 0; --i) {
    const std::string key = random.below(4) == 0 ? "" : std::to_string(random.below(30));
    // Mostly what the key stood for the last time.
    batch.push_back(keyed(key, random.below(20) == 0 ? "other" : "data of " + key));
  }
  return batch;
}

TEST(DedupeModel, AnswersWhatTheModelAnswers) {
  std::size_t conflicts = 0;
  std::size_t repeated = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    base::SeededRandom random(seed);
    test::DedupeWorld world({kWindow, 1'000});
    Model model;
    for (int step = 0; step < 200; ++step) {
      world.clock.advance(std::chrono::milliseconds(random.below(1'000)));
      const std::vector<broker::Draft> batch = draw_batch(random);
      const Expected expected = model.publish(batch, world.clock.now());
      ASSERT_EQ(world.publish(batch), expected.seqs) << "seed " << seed << " step " << step;
      if (expected.conflict) {
        ASSERT_EQ(world.conflict, *expected.conflict) << "seed " << seed << " step " << step;
      }
      conflicts += expected.conflict.has_value();
      if (!expected.conflict) repeated += world.repeated;
    }
  }
  EXPECT_GT(conflicts, 1'000U);
  EXPECT_GT(repeated, 1'000U);
}

constexpr std::size_t kThreads = 4;
constexpr std::size_t kRounds = 300;
constexpr std::size_t kKeys = 40;

/// Every thread publishes the same keys at the same time, with events of its own around them.
void race(Dedupe& dedupe, std::barrier<>& start, std::size_t thread,
          std::vector<std::vector<broker::EventId>>& answers) {
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::vector<broker::Draft> batch{keyed("", "own")};
    for (std::size_t i = 0; i < kKeys; ++i) {
      // In another order in each thread, so that batches overlap in part.
      const std::size_t key = (i + thread) % kKeys;
      batch.push_back(keyed(std::to_string(round) + "/" + std::to_string(key), "x"));
    }
    batch.push_back(keyed("", "own"));
    start.arrive_and_wait();
    answers.push_back(dedupe.publish(std::move(batch)).value().ids);
  }
}

TEST(DedupeConcurrency, OneOfThoseWhoRacePublishes) {
  test::DedupeWorld world({kWindow, 1'000'000});
  std::barrier start(kThreads);
  std::vector<std::vector<std::vector<broker::EventId>>> answers(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] { race(world.dedupe, start, thread, answers[thread]); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(world.head(), kRounds * (kKeys + 2 * kThreads)) << "each key once";
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      const std::vector<broker::EventId>& ids = answers[thread][round];
      for (std::size_t i = 0; i < kKeys; ++i) {
        const std::size_t in_first = 1 + (i + thread) % kKeys;
        ASSERT_EQ(ids[1 + i], answers[0][round][in_first]) << "the same id for everybody";
      }
      // What a batch itself published stands together.
      broker::Seq fresh = ids.front().seq;
      for (const broker::EventId id : ids) {
        if (id.seq > fresh) {
          ASSERT_EQ(id.seq, ++fresh);
        }
      }
      ASSERT_EQ(ids.back().seq, fresh);
    }
  }
}

TEST(DedupeConcurrency, OneOfTwoContentsWins) {
  test::DedupeWorld world({kWindow, 1'000'000});
  std::barrier start(kThreads);
  std::vector<std::vector<bool>> won(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t round = 0; round < kRounds; ++round) {
        start.arrive_and_wait();
        won[thread].push_back(
            world.dedupe.publish({keyed(std::to_string(round), std::to_string(thread))}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(world.head(), kRounds);
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::size_t winners = 0;
    for (const std::vector<bool>& of : won) winners += of[round];
    ASSERT_EQ(winners, 1U) << round;
  }
}

}  // namespace
}  // namespace gateway::backbone
