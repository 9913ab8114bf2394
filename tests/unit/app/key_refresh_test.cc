#include "app/key_refresh.h"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/key.h"

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

constexpr const char* kOther =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"2",)"
    R"("x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
    R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]})";  // RFC 7517 §A.1

/// The secret of auth.keys, with the kid "own".
class KeyFile {
 public:
  KeyFile() { std::ofstream(name_) << std::string(32, 's'); }
  ~KeyFile() { std::filesystem::remove(name_); }
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;

  std::shared_ptr<const auth::KeySet> keys() const {
    auth::Options options;
    options.keys = {{name_, "HS256", "own"}};
    return *auth::load_key_set(options);
  }

 private:
  const std::string name_ =
      std::filesystem::temp_directory_path() / ("own-" + std::to_string(getpid()) + ".key");
};

class KeyRefreshTest : public testing::Test {
 protected:
  void begin(const std::optional<std::string>& text) { refresh.use(task_of(text)); }
  /// Reads `text` at `url`, for `keys`; nothing: it is away.
  KeyRefresh::Task task_of(std::optional<std::string> text, std::string url = "a") {
    KeyRefresh::Task task;
    task.keys = source;
    task.published = std::move(url);
    task.fetch = [this, text = std::move(text)](const std::atomic<bool>&) { return ask(text); };
    task.make = [own = source->current().keys](const std::string& read) {
      return auth::with_published(*own, read);
    };
    task.pace.again = milliseconds(20);
    task.pace.miss = milliseconds(10);
    task.pace.look = milliseconds(1);
    return task;
  }
  /// Begins to read, and when it was told to stop and `may_end`, has read something.
  KeyRefresh::Task slow_task() {
    KeyRefresh::Task task = task_of(kSet);
    task.fetch = [this](const std::atomic<bool>& stop) -> base::Result<std::string> {
      begun = true;
      while (!stop || !may_end) std::this_thread::yield();
      answered = true;
      return std::string(kSet);
    };
    return task;
  }
  /// What a reload does: another source, with its own keys alone. The one before.
  std::shared_ptr<auth::KeySource> reload(std::shared_ptr<const auth::KeySet> keys) {
    return std::exchange(source, std::make_shared<auth::KeySource>(std::move(keys)));
  }
  /// The kids that hold now.
  std::vector<std::string> kids() const {
    std::vector<std::string> all;
    for (const auto& key : source->current().keys->keys()) all.push_back(key->kid());
    return all;
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
  const std::shared_ptr<const auth::KeySet> none = *auth::load_key_set({});
  std::shared_ptr<auth::KeySource> source = std::make_shared<auth::KeySource>(none);
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::int64_t> asked;
  std::atomic<bool> begun{false};
  std::atomic<bool> may_end{true};
  std::atomic<bool> answered{false};
  KeyRefresh refresh{clock};
};

TEST_F(KeyRefreshTest, AsksAtOnceAndExchangesTheSet) {
  begin(kSet);
  EXPECT_TRUE(comes([&] { return source->looks() == 1; }));
  EXPECT_EQ(source->current().keys->keys().size(), 1U);
  EXPECT_TRUE(comes([&] { return refresh.fetched() == 1; }));
  clock.turn_to(2'000);
  EXPECT_EQ(refresh.age_seconds(), 2);
}

TEST_F(KeyRefreshTest, HoldsUpNoStart) {
  refresh.use(slow_task());
  EXPECT_FALSE(answered);
  EXPECT_EQ(source->looks(), 0U);
}

TEST_F(KeyRefreshTest, AsksAnewWhenTheyAreOldAndTheSameTextIsTheSameSet) {
  begin(kSet);
  times(1);
  clock.turn_to(599'999);
  clock.turn_to(600'000);
  EXPECT_THAT(times(2), ElementsAre(0, 600'000));
  clock.turn_to(1'200'000);
  EXPECT_THAT(times(3), ElementsAre(0, 600'000, 1'200'000));
  EXPECT_EQ(source->generation(), 1U);
  EXPECT_TRUE(comes([&] { return source->looks() == 3; })) << "it is seen that it is the same";
}

TEST_F(KeyRefreshTest, KeepsWhatItHadAndAsksLessAndLessOften) {
  begin(std::nullopt);
  times(1);
  EXPECT_EQ(refresh.age_seconds(), -1);
  for (const std::int64_t at : {20, 59, 60, 139, 140}) {
    clock.turn_to(at);
    if (at % 20 == 0) times(at == 20 ? 2 : at == 60 ? 3 : 4);
  }
  EXPECT_THAT(times(4), ElementsAre(0, 20, 60, 140));
  EXPECT_EQ(source->generation(), 0U);
  EXPECT_EQ(source->looks(), 0U);
}

TEST_F(KeyRefreshTest, AMissAsksSoonerOnce) {
  begin(kSet);
  times(1);
  source->miss();
  clock.turn_to(9);
  clock.turn_to(10);
  EXPECT_THAT(times(2), ElementsAre(0, 10));
  clock.turn_to(600'009);
  clock.turn_to(600'010);
  EXPECT_THAT(times(3), ElementsAre(0, 10, 600'010));
}

TEST_F(KeyRefreshTest, ItsEndIsHeardAtOnce) {
  begin(kSet);
  times(1);  // and waits for ten minutes to pass
}

TEST_F(KeyRefreshTest, AnotherSetComesAtOnceAndKeepsTheFormerUntilThen) {
  begin(kSet);
  ASSERT_TRUE(comes([&] { return refresh.fetched() == 1; }));
  reload(none);
  refresh.use(task_of(std::nullopt, "b"));
  EXPECT_THAT(kids(), ElementsAre("1")) << "before anybody judges by it";
  EXPECT_EQ(source->looks(), 0U) << "what is published there was not seen";
  ASSERT_TRUE(comes([&] { return refresh.failed() == 1; }));
  EXPECT_THAT(kids(), ElementsAre("1"));
  reload(none);
  refresh.use(task_of(kOther, "c"));
  ASSERT_TRUE(comes([&] { return refresh.fetched() == 2; }));
  EXPECT_THAT(kids(), ElementsAre("2"));
}

TEST_F(KeyRefreshTest, OtherKeysOfItsOwnStandBesideThoseThatWerePublished) {
  begin(kSet);
  ASSERT_TRUE(comes([&] { return refresh.fetched() == 1; }));
  const KeyFile file;
  reload(file.keys());
  refresh.use(task_of(std::nullopt));
  EXPECT_THAT(kids(), ElementsAre("own", "1"));
  EXPECT_EQ(source->looks(), 1U) << "and it is known that they are those";
  ASSERT_TRUE(comes([&] { return refresh.failed() == 1; }));
  reload(none);
  refresh.use(task_of(std::nullopt));
  EXPECT_THAT(kids(), ElementsAre("1")) << "those of before are not kept";
}

TEST_F(KeyRefreshTest, AReloadWaitsForNothingAndTakesNothingFromBefore) {
  refresh.use(slow_task());
  ASSERT_TRUE(comes([&] { return begun.load(); }));
  may_end = false;
  const auto former = reload(none);
  refresh.use(task_of(kOther));
  EXPECT_FALSE(answered);
  may_end = true;
  ASSERT_TRUE(comes([&] { return refresh.fetched() == 1; }));
  EXPECT_TRUE(answered) << "one at a time";
  EXPECT_THAT(kids(), ElementsAre("2"));
  EXPECT_EQ(former->looks(), 0U);
  EXPECT_TRUE(former->current().keys->keys().empty());
  EXPECT_EQ(refresh.failed(), 0U);
}

TEST_F(KeyRefreshTest, BeginsAndEndsToReadWithReloads) {
  refresh.use(key_task({}, source));
  reload(none);
  begin(kSet);
  ASSERT_TRUE(comes([&] { return refresh.fetched() == 1; }));
  EXPECT_EQ(refresh.age_seconds(), 0);
  reload(none);
  refresh.use(key_task({}, source));
  EXPECT_EQ(refresh.age_seconds(), -1);
  EXPECT_TRUE(source->current().keys->keys().empty());
  clock.turn_to(10'000'000);
  reload(none);
  begin(kOther);
  ASSERT_TRUE(comes([&] { return refresh.fetched() == 2; }));
  EXPECT_THAT(times(2), ElementsAre(0, 10'000'000)) << "not in between";
  EXPECT_THAT(kids(), ElementsAre("2"));
}

TEST_F(KeyRefreshTest, TheSameSetOfAnotherTaskIsNoOther) {
  begin(kSet);
  ASSERT_TRUE(comes([&] { return refresh.fetched() == 1; }));
  reload(none);
  begin(kSet);
  ASSERT_TRUE(comes([&] { return refresh.fetched() == 2; }));
  EXPECT_EQ(source->generation(), 1U) << "since they were kept; workers keep what they verified";
}

}  // namespace
}  // namespace gateway::app
