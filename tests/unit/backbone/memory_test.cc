#include <set>

#include <gtest/gtest.h>

#include "backbone/backbone.h"
#include "support/fake_clock.h"

namespace gateway::backbone {
namespace {

std::vector<broker::Draft> batch(std::size_t count) {
  return std::vector<broker::Draft>(count, broker::Draft{{"a"}, "", "x", false});
}

TEST(MemoryBackbone, PlacesABatchInsideTheCall) {
  test::FakeClock clock;
  base::SeededRandom random(1);
  const auto backbone = make_memory_backbone(clock, random);
  EXPECT_TRUE(backbone->connected());
  const broker::Epoch epoch = backbone->log().head().epoch;
  std::vector<broker::EventId> ids;
  int calls = 0;
  const auto keep = [&](PublishResult result) {
    ++calls;
    ASSERT_TRUE(result.ok());
    ids = result.value();
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
    epochs.insert(make_memory_backbone(clock, random)->log().head().epoch);
  }
  EXPECT_GT(epochs.size(), 990U);
  EXPECT_EQ(epochs.count(0), 0U);
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
  EXPECT_NE(make_memory_backbone(clock, zero)->log().head().epoch, 0U);
}

}  // namespace
}  // namespace gateway::backbone
