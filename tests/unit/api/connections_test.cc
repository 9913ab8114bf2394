// /admin/connections over several workers: each tells only its first names, and the answer is the
// one that whole counts would give.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api/admin.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

class Quiet final : public broker::Subscription::Listener {
 public:
  void blocks_ready() override {}
  void stalled() override {}
};

/// Hubs with streams of random names: boards and patterns, many of them on several hubs.
class Splits {
 public:
  explicit Splits(std::uint64_t seed) : random_(seed) {
    const std::size_t count = 1 + random_.below(4);
    for (std::size_t i = 0; i < count; ++i) {
      hubs_.push_back(std::make_unique<broker::Hub>(log_, loop_, options_, clock_, random_));
    }
    for (std::size_t i = random_.below(60); i > 0; --i) subscribe();
  }

  /// What the workers would tell; everything, when `selection` is null.
  std::vector<WorkerView> views(const BoardSelection* selection) const {
    std::vector<WorkerView> views;
    for (const auto& hub : hubs_) {
      const auto streams = static_cast<std::uint64_t>(hub->counters().streams.value());
      views.push_back({streams, 1,
                       selection == nullptr
                           ? hub->streams_by_board()
                           : hub->streams_by_board(selection->prefix, selection->names_told())});
    }
    return views;
  }

  std::string name() {
    std::string made;
    for (std::size_t i = random_.below(4); i > 0; --i) {
      made += std::string_view("a!+~")[random_.below(4)];
    }
    return made;
  }
  base::Random& random() { return random_; }

 private:
  void subscribe() {
    std::vector<std::string> names;
    for (std::size_t i = 1 + random_.below(3); i > 0; --i) {
      names.push_back(random_.below(3) == 0 ? name() + '*' : 'a' + name());
    }
    broker::Hub& hub = *hubs_[random_.below(hubs_.size())];
    streams_.push_back(
        hub.subscribe({*broker::Filter::compile(names, {}), broker::Format::plain, 0}, quiet_));
  }

  test::FakeClock clock_;
  base::SeededRandom random_;
  broker::Options options_;
  test::NoWake loop_;
  broker::Log log_{1, clock_};
  Quiet quiet_;
  std::vector<std::unique_ptr<broker::Hub>> hubs_;
  std::vector<std::unique_ptr<broker::Subscription>> streams_;
};

TEST(Connections, FirstNamesOfEachWorkerGiveTheWholeAnswer) {
  std::size_t truncated = 0;
  std::size_t whole = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Splits splits(seed);
    for (int i = 0; i < 10; ++i) {
      const BoardSelection selection{splits.name(), splits.random().below(20)};
      const std::vector<WorkerView> told = splits.views(&selection);
      for (const WorkerView& view : told) EXPECT_LE(view.boards.size(), selection.limit + 1);
      const std::string answer = connections_json(told, selection);
      ASSERT_EQ(answer, connections_json(splits.views(nullptr), selection))
          << "seed " << seed << ", limit " << selection.limit << ", prefix " << selection.prefix;
      ++(answer.find("truncated") != std::string::npos ? truncated : whole);
    }
  }
  EXPECT_GT(truncated, 300U);
  EXPECT_GT(whole, 300U);
}

}  // namespace
}  // namespace gateway::api
