#include "app/key_refresh.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::app {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr const char* kSet =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"1",)"
    R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";  // RFC 7515 §A.3.1

/// Turned by the test while the refresher's thread reads it.
class SharedClock final : public base::Clock {
 public:
  base::MonoTime now() const override { return base::MonoTime(milliseconds(ms_.load())); }
  base::WallMs wall_ms() const override { return ms_; }
  void turn_to(std::int64_t ms) { ms_ = ms; }

 private:
  std::atomic<std::int64_t> ms_{0};
};

class KeyRefreshTest : public testing::Test {
 protected:
  void begin(std::optional<std::string> text) {
    KeyRefresh::Pace pace;
    pace.again = milliseconds(20);
    pace.miss = milliseconds(10);
    pace.look = milliseconds(1);
    refresh.emplace(
        source, [this, text](const std::atomic<bool>&) { return ask(text); }, make, clock, pace);
    refresh->start();
  }
  base::Result<std::string> ask(const std::optional<std::string>& text) {
    const std::lock_guard<std::mutex> lock(mutex);
    asked.push_back(clock.wall_ms());
    changed.notify_all();
    if (text) return *text;
    return base::Fail{base::Error{"away"}};
  }
  /// Whether `condition` comes to be true.
  template <typename Condition>
  static bool comes(const Condition& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return condition();
  }
  /// The clock's times at which it was asked, once they are so many.
  std::vector<std::int64_t> times(std::size_t count) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(10), [&] { return asked.size() >= count; });
    return asked;
  }

  SharedClock clock;
  const std::shared_ptr<const auth::KeySet> own = *auth::load_key_set({});
  const KeyRefresh::Make make = [this](const std::string& text) {
    return auth::with_published(*own, text);
  };
  auth::KeySource source{own};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::int64_t> asked;
  std::optional<KeyRefresh> refresh;
};

TEST_F(KeyRefreshTest, AsksAtOnceAndExchangesTheSet) {
  begin(kSet);
  EXPECT_TRUE(comes([&] { return source.looks() == 1; }));
  EXPECT_EQ(source.current().keys->keys().size(), 1U);
  EXPECT_TRUE(comes([&] { return refresh->fetched() == 1; }));
  clock.turn_to(2'000);
  EXPECT_EQ(refresh->age_seconds(), 2);
}

TEST_F(KeyRefreshTest, HoldsUpNoStart) {
  std::atomic<bool> answered{false};
  KeyRefresh slow(source,
                  [&](const std::atomic<bool>& stop) -> base::Result<std::string> {
                    while (!stop) std::this_thread::yield();
                    answered = true;
                    return base::Fail{base::Error{"nobody resolved its name"}};
                  },
                  make, clock, {});
  slow.start();
  EXPECT_FALSE(answered);
  EXPECT_EQ(source.looks(), 0U);
}

TEST_F(KeyRefreshTest, AsksAnewWhenTheyAreOldAndTheSameTextIsTheSameSet) {
  begin(kSet);
  times(1);
  clock.turn_to(599'999);
  clock.turn_to(600'000);
  EXPECT_THAT(times(2), ElementsAre(0, 600'000));
  clock.turn_to(1'200'000);
  EXPECT_THAT(times(3), ElementsAre(0, 600'000, 1'200'000));
  EXPECT_EQ(source.generation(), 1U);
  EXPECT_TRUE(comes([&] { return source.looks() == 3; })) << "it is seen that it is the same";
}

TEST_F(KeyRefreshTest, KeepsWhatItHadAndAsksLessAndLessOften) {
  begin(std::nullopt);
  times(1);
  EXPECT_EQ(refresh->age_seconds(), -1);
  for (const std::int64_t at : {20, 59, 60, 139, 140}) {
    clock.turn_to(at);
    if (at % 20 == 0) times(at == 20 ? 2 : at == 60 ? 3 : 4);
  }
  EXPECT_THAT(times(4), ElementsAre(0, 20, 60, 140));
  EXPECT_EQ(source.generation(), 0U);
  EXPECT_EQ(source.looks(), 0U);
}

TEST_F(KeyRefreshTest, AMissAsksSoonerOnce) {
  begin(kSet);
  times(1);
  source.miss();
  clock.turn_to(9);
  clock.turn_to(10);
  EXPECT_THAT(times(2), ElementsAre(0, 10));
  clock.turn_to(600'009);
  clock.turn_to(600'010);
  EXPECT_THAT(times(3), ElementsAre(0, 10, 600'010));
}

TEST_F(KeyRefreshTest, ItsEndIsHeardAtOnce) {
  begin(kSet);
  refresh.reset();
  EXPECT_EQ(times(1).size(), 1U);
}

}  // namespace
}  // namespace gateway::app
