#include "app/memory_watch.h"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace gateway::app {
namespace {

using base::MemoryLevel;
using std::chrono::seconds;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

class MemoryWatchTest : public testing::Test {
 protected:
  MemoryLevel look() {
    now_ += MemoryWatch::kEvery;
    watch_.look(share_, now_);
    return state_;
  }
  std::size_t used() const { return static_cast<std::size_t>(watch_.cells().used.value()); }
  std::size_t limit() const { return static_cast<std::size_t>(watch_.cells().limit.value()); }
  void pass(seconds time) {
    for (const base::MonoTime until = now_ + time; now_ < until;) look();
  }

  std::size_t in_use_ = 50 * kMiB;
  std::size_t resident_ = 70 * kMiB;
  std::size_t trimmable_ = 0;
  std::uint64_t spent_ = 0;
  bool reserve_ = true;
  int trims_ = 0;
  MemoryWatch::Share share_{356 * kMiB, 0, 256 * kMiB};  // 100 MiB beside the history
  base::MonoTime now_{};
  base::MemoryState state_{MemoryLevel::normal};
  std::vector<MemoryLevel> told_;
  MemoryWatch watch_{{[this] { return in_use_; }, [this] { return resident_; },
                      [this] {
                        ++trims_;
                        resident_ -= trimmable_;
                        trimmable_ = 0;
                      },
                      [this] { return reserve_; }, [this] { return spent_; }},
                     state_,
                     [this](MemoryLevel level) { told_.push_back(level); }};
};

TEST_F(MemoryWatchTest, TellsEachLevelOnce) {
  for (const std::size_t used : {79U, 80U, 81U, 91U, 96U, 99U, 91U, 89U, 70U, 60U}) {
    in_use_ = used * kMiB;
    look();
    look();
  }
  EXPECT_EQ(told_, (std::vector<MemoryLevel>{MemoryLevel::full, MemoryLevel::shedding,
                                             MemoryLevel::critical, MemoryLevel::shedding,
                                             MemoryLevel::normal}));
  EXPECT_EQ(watch_.cells().level.value(), 0);
}

TEST_F(MemoryWatchTest, TheHistoryIsApart) {
  in_use_ = 290 * kMiB;
  share_.history = 240 * kMiB;
  EXPECT_EQ(look(), MemoryLevel::normal);
  EXPECT_EQ(used(), 50 * kMiB);
  EXPECT_EQ(limit(), 100 * kMiB);
  share_.history_max = 356 * kMiB;  // all of it
  look();
  EXPECT_EQ(limit(), 89 * kMiB) << "a quarter is never the history's";
}

TEST_F(MemoryWatchTest, AFailedAllocationIsCriticalForASecond) {
  spent_ = 1;
  EXPECT_EQ(look(), MemoryLevel::critical);
  EXPECT_EQ(look(), MemoryLevel::critical) << "not before it had an effect";
  pass(seconds(1));
  EXPECT_EQ(state_, MemoryLevel::normal);
  EXPECT_EQ(watch_.cells().exhausted.value(), 1U);
  EXPECT_EQ(told_, (std::vector<MemoryLevel>{MemoryLevel::critical, MemoryLevel::normal}));
}

TEST_F(MemoryWatchTest, WithoutAReserveItStaysCritical) {
  reserve_ = false;
  pass(seconds(10));
  EXPECT_EQ(state_, MemoryLevel::critical);
  reserve_ = true;
  EXPECT_EQ(look(), MemoryLevel::normal);
}

TEST_F(MemoryWatchTest, GivesBackWhatIsFarAboveWhatIsInUse) {
  pass(seconds(2));
  EXPECT_EQ(trims_, 0) << "the program itself is resident, too";
  resident_ = 500 * kMiB;
  in_use_ = 480 * kMiB;
  share_.limit = 10'000 * kMiB;
  pass(seconds(2));
  EXPECT_EQ(trims_, 0) << "in use";
  in_use_ = 50 * kMiB;
  trimmable_ = 400 * kMiB;
  pass(seconds(1));
  EXPECT_EQ(trims_, 1);
  EXPECT_EQ(resident_, 100 * kMiB);
  EXPECT_EQ(watch_.cells().trims.value(), 1U);
}

TEST_F(MemoryWatchTest, WhatCannotBeGivenBackIsNotTriedForAgain) {
  pass(seconds(2));
  resident_ = 200 * kMiB;
  pass(seconds(60));
  EXPECT_EQ(trims_, 1);
  resident_ = 260 * kMiB;  // more of it, now free
  trimmable_ = 60 * kMiB;
  pass(seconds(10));
  EXPECT_EQ(trims_, 2);
}

}  // namespace
}  // namespace gateway::app
