#include "app/key_refresh.h"

#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::app {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr const char* kSet = R"({"keys":[{"kty":"oct","alg":"HS256","kid":"1",)"
                             R"("k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]})";

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
        own, source, [this, text](const std::atomic<bool>&) { return ask(text); }, clock, pace);
    refresh->start();
  }
  base::Result<std::string> ask(const std::optional<std::string>& text) {
    const std::lock_guard<std::mutex> lock(mutex);
    asked.push_back(clock.wall_ms());
    changed.notify_all();
    if (text) return *text;
    return base::Fail{base::Error{"away"}};
  }
  /// The clock's times at which it was asked, once they are so many.
  std::vector<std::int64_t> times(std::size_t count) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(10), [&] { return asked.size() >= count; });
    return asked;
  }

  SharedClock clock;
  const std::shared_ptr<const auth::KeySet> own = *auth::load_key_set({});
  auth::KeySource source{own};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::int64_t> asked;
  std::optional<KeyRefresh> refresh;
};

TEST_F(KeyRefreshTest, AsksBeforeItsThreadBeginsAndExchangesTheSet) {
  begin(kSet);
  EXPECT_EQ(source.current().keys->keys().size(), 1U);
  EXPECT_EQ(refresh->fetched(), 1U);
  clock.turn_to(2'000);
  EXPECT_EQ(refresh->age_seconds(), 2);
}

TEST_F(KeyRefreshTest, AsksAnewWhenTheyAreOldAndTheSameTextIsTheSameSet) {
  begin(kSet);
  clock.turn_to(599'999);
  clock.turn_to(600'000);
  EXPECT_THAT(times(2), ElementsAre(0, 600'000));
  clock.turn_to(1'200'000);
  EXPECT_THAT(times(3), ElementsAre(0, 600'000, 1'200'000));
  EXPECT_EQ(source.generation(), 1U);
}

TEST_F(KeyRefreshTest, KeepsWhatItHadAndAsksLessAndLessOften) {
  begin(std::nullopt);
  EXPECT_EQ(refresh->age_seconds(), -1);
  for (const std::int64_t at : {20, 59, 60, 139, 140}) {
    clock.turn_to(at);
    if (at % 20 == 0) times(at == 20 ? 2 : at == 60 ? 3 : 4);
  }
  EXPECT_THAT(times(4), ElementsAre(0, 20, 60, 140));
  EXPECT_EQ(source.generation(), 0U);
}

TEST_F(KeyRefreshTest, AMissAsksSoonerOnce) {
  begin(kSet);
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
