// Several threads append, several hubs take on threads of their own: one order, no gap. Meant for
// ThreadSanitizer as much as for its assertions.
#include <algorithm>
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "unit/broker/hub_fixture.h"

namespace gateway::broker {
namespace {

constexpr std::size_t kAppenders = 3;
constexpr std::size_t kHubs = 3;
constexpr std::size_t kBatches = 400;
constexpr std::size_t kBatch = 5;
constexpr std::size_t kEvents = kAppenders * kBatches * kBatch;

/// A loop's wait, without the loop.
class Bell final : public base::Wakeable {
 public:
  void wake() override {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    condition_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool rung_ = false;
};

/// One worker: a hub with two streams of all boards, and one that comes and goes.
struct Worker {
  Worker(Log& log, const Options& options, const base::Clock& clock)
      : hub(log, bell, options, clock, random) {}

  void read(Stream& stream, std::vector<std::string>& ids) {
    for (std::string text = stream.pull(); !text.empty(); text = stream.pull()) {
      ids.push_back(text.substr(4, kEventIdLength));
    }
  }
  void run(std::barrier<>& start) {
    Stream plain(hub, settings({"*"}));
    Stream json(hub, settings({"board-0", "board-*"}, Format::json));
    std::unique_ptr<Stream> guest;
    start.arrive_and_wait();
    while (plain_ids.size() < kEvents) {
      bell.wait();
      for (bool more = true; more;) {
        more = hub.spread(64);
        read(plain, plain_ids);
        read(json, json_ids);
      }
      guest = guest ? nullptr : std::make_unique<Stream>(hub, settings({"board-1", "b*"}));
    }
  }

  Bell bell;
  base::SeededRandom random{1};
  Hub hub;
  std::vector<std::string> plain_ids;
  std::vector<std::string> json_ids;
};

void append_all(Log& log, std::size_t appender, std::vector<EventId>& ids) {
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    std::vector<Draft> drafts;
    for (std::size_t i = 0; i < kBatch; ++i) {
      drafts.push_back(draft({"board-" + std::to_string(appender), "board-9"}, "x"));
    }
    const std::vector<EventId> placed = log.append(std::move(drafts));
    ids.insert(ids.end(), placed.begin(), placed.end());
  }
}

std::vector<std::string> all_ids() {
  std::vector<std::string> ids;
  for (Seq seq = 1; seq <= kEvents; ++seq) ids.push_back(to_string(EventId{7, seq}));
  return ids;
}

TEST(BrokerConcurrency, EveryHubSeesOneOrderWithoutAGap) {
  test::FakeClock clock;
  Log log(7, clock);
  Options options;
  options.pending_events = kEvents;
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < kHubs; ++i) {
    workers.push_back(std::make_unique<Worker>(log, options, clock));
  }
  std::vector<std::vector<EventId>> placed(kAppenders);
  std::vector<std::thread> threads;
  std::barrier start(kHubs + kAppenders);  // streams first
  for (const auto& worker : workers) threads.emplace_back([&] { worker->run(start); });
  for (std::size_t i = 0; i < kAppenders; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      append_all(log, i, placed[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();

  const std::vector<std::string> expected = all_ids();
  std::uint64_t encodings = 0;
  for (const auto& worker : workers) {
    EXPECT_EQ(worker->plain_ids, expected);
    EXPECT_EQ(worker->json_ids, expected);
    encodings += worker->hub.counters().encodings.value();
  }
  EXPECT_EQ(encodings, 2 * kEvents) << "each form once in the whole process";
  for (const std::vector<EventId>& ids : placed) {
    for (std::size_t i = 1; i < ids.size(); ++i) {
      ASSERT_EQ(ids[i].seq > ids[i - 1].seq, true);
      if (i % kBatch != 0) {
        ASSERT_EQ(ids[i].seq, ids[i - 1].seq + 1) << "a batch is contiguous";
      }
    }
  }
}

TEST(BrokerConcurrency, ADetachedHubIsNotWokenAfterwards) {
  test::FakeClock clock;
  Log log(7, clock);
  Options options;
  base::SeededRandom random(1);
  std::atomic<bool> stop{false};
  std::thread appender([&] {
    while (!stop) {
      std::vector<Draft> drafts;
      drafts.push_back(draft({"a"}, "x"));
      log.append(std::move(drafts));
    }
  });
  for (int i = 0; i < 2'000; ++i) {
    Bell bell;  // its memory ends with this turn; the sanitizers see a late wake
    Hub hub(log, bell, options, clock, random);
    Stream stream(hub, settings({"a"}));
    hub.spread(10);
  }
  stop = true;
  appender.join();
  EXPECT_EQ(log.interests(), 0U);
}

}  // namespace
}  // namespace gateway::broker
