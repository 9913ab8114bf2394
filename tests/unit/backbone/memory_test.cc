#include <optional>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "backbone/backbone.h"
#include "support/fake_clock.h"

namespace gateway::backbone {
namespace {

constexpr std::size_t kBacklog = 4'096;

broker::Options options() {
  broker::Options options;
  options.backlog_bytes = kBacklog;
  return options;
}

std::vector<broker::Draft> batch(std::size_t count) {
  return std::vector<broker::Draft>(count, broker::Draft{{"a"}, "", "x", false});
}

TEST(MemoryBackbone, PlacesABatchInsideTheCall) {
  test::FakeClock clock;
  base::SeededRandom random(1);
  const auto backbone = make_memory_backbone(clock, random, options(), {});
  EXPECT_TRUE(backbone->connected());
  const broker::Epoch epoch = backbone->log().head().epoch;
  std::vector<broker::EventId> ids;
  int calls = 0;
  const auto keep = [&](PublishResult result) {
    ++calls;
    ASSERT_TRUE(result.ok());
    ids = result->ids;
  };
  backbone->publish(batch(2), keep);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(ids, (std::vector<broker::EventId>{{epoch, 1}, {epoch, 2}}));
  backbone->publish(batch(1), keep);
  EXPECT_EQ(ids, (std::vector<broker::EventId>{{epoch, 3}}));
  EXPECT_EQ(backbone->log().head(), (broker::EventId{epoch, 3}));
}

TEST(MemoryBackbone, StartsAnEpochOfItsOwnNeverZero) {
  test::FakeClock clock;
  base::SeededRandom random(1);
  std::set<broker::Epoch> epochs;
  for (int i = 0; i < 1'000; ++i) {
    epochs.insert(make_memory_backbone(clock, random, options(), {})->log().head().epoch);
  }
  EXPECT_GT(epochs.size(), 990U);
  EXPECT_EQ(epochs.count(0), 0U);
}

struct NoWake final : base::Wakeable {
  void wake() override {}
};

TEST(MemoryBackbone, RefusesWhileTooMuchWaitsForAWorker) {
  test::FakeClock clock;
  base::SeededRandom random(1);
  const auto backbone = make_memory_backbone(clock, random, options(), {});
  broker::Log& log = backbone->log();
  NoWake loop;
  const broker::HubIndex hub = log.attach(loop);
  log.add(hub, {{"a"}, {}});
  const auto publish = [&] {
    bool accepted = false;
    backbone->publish(batch(4), [&](const PublishResult& result) {
      accepted = result.ok();
      if (!accepted) {
        EXPECT_EQ(result.error().reason, PublishError::unavailable);
      }
    });
    return accepted;
  };
  while (log.backlog_bytes() <= kBacklog) ASSERT_TRUE(publish());
  const broker::EventId head = log.head();
  EXPECT_FALSE(publish());
  EXPECT_EQ(log.head(), head) << "nothing of it";
  std::vector<broker::EventRef> events;
  log.take(hub, events);
  EXPECT_FALSE(publish()) << "taken, not yet spread";
  events.clear();
  log.take(hub, events);
  EXPECT_TRUE(publish());
  log.remove(hub, {{"a"}, {}});
  log.detach(hub);
}

TEST(MemoryBackbone, RemembersTheKeysOfWhatItAccepted) {
  test::FakeClock clock;
  base::SeededRandom random(1);
  const auto backbone = make_memory_backbone(clock, random, options(), {});
  const auto publish = [&](std::string key, std::string data) {
    std::vector<broker::Draft> batch = {{{"a"}, "", std::move(data), false, std::move(key)}};
    std::optional<PublishResult> answer;
    backbone->publish(std::move(batch), [&](PublishResult result) { answer = std::move(result); });
    return *answer;
  };
  EXPECT_EQ(publish("", "x")->ids.front().seq, 1U);
  EXPECT_EQ(backbone->keys().held, 0U);
  EXPECT_EQ(publish("k", "x")->ids.front().seq, 2U);
  EXPECT_EQ(publish("k", "x")->ids.front().seq, 2U);
  EXPECT_EQ(publish("k", "y").error().reason, PublishError::conflict);
  EXPECT_EQ(backbone->keys().held, 1U);
  clock.advance(std::chrono::seconds(2));
  backbone->use(options(), {std::chrono::seconds(1), 10});
  EXPECT_EQ(publish("k", "y")->ids.front().seq, 3U) << "over the window that holds now";
}

/// The smallest and the largest that a generator can say.
class Extreme final : public base::Random {
 public:
  explicit Extreme(std::uint64_t value) : value_(value) {}
  std::uint64_t next() override { return value_; }

 private:
  const std::uint64_t value_;
};

TEST(MemoryBackbone, TheEpochFitsWhateverTheGeneratorSays) {
  test::FakeClock clock;
  Extreme zero(0);
  EXPECT_NE(make_memory_backbone(clock, zero, options(), {})->log().head().epoch, 0U);
}

}  // namespace
}  // namespace gateway::backbone
