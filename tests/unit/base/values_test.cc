#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/intrusive_list.h"
#include "base/intrusive_ptr.h"
#include "base/random.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "base/weak_ptr.h"

namespace gateway::base {
namespace {

TEST(Result, HoldsAValueOrAnError) {
  Result<std::string> good(std::string("value"));
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(good->size(), 5U);
  EXPECT_EQ(std::move(good).value(), "value");
  const Result<std::string> bad(Fail{Error{"why"}});
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "why");
}

TEST(Result, TellsEqualTypesApart) {
  const Result<int, int> good(1);
  const Result<int, int> bad(Fail{2});
  EXPECT_EQ(*good, 1);
  EXPECT_EQ(bad.error(), 2);
}

TEST(ResultDeathTest, AskingForTheWrongOneAborts) {
  const Result<int> bad(Fail{Error{"why"}});
  EXPECT_DEATH(bad.value(), "result.h.*check failed: ok\\(\\)");
  const Result<int> good(1);
  EXPECT_DEATH(good.error(), "check failed");
}

TEST(CheckDeathTest, PrintsTheValues) {
  const int left = 3;
  EXPECT_DEATH(BC_CHECK(left > 4, left, "text"), "check failed: left > 4 \\(3, text\\)");
}

struct OneTag;
struct TwoTag;
struct Item : ListLink<OneTag>, ListLink<TwoTag> {
  explicit Item(int v) : value(v) {}
  int value;
};

TEST(IntrusiveList, IsAQueueThatElementsCanLeave) {
  IntrusiveList<Item, OneTag> list;
  Item a(1);
  Item b(2);
  {
    Item gone(3);
    list.push_back(a);
    list.push_back(gone);
    list.push_back(b);
  }
  EXPECT_EQ(list.pop_front(), &a);
  EXPECT_FALSE(a.ListLink<OneTag>::linked());
  EXPECT_EQ(list.front(), &b);
  b.ListLink<OneTag>::unlink();
  b.ListLink<OneTag>::unlink();
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.pop_front(), nullptr);
}

TEST(IntrusiveList, AnElementIsOnTwoListsAtOnce) {
  IntrusiveList<Item, OneTag> one;
  IntrusiveList<Item, TwoTag> two;
  Item a(1);
  one.push_back(a);
  two.push_back(a);
  EXPECT_EQ(one.pop_front(), &a);
  EXPECT_EQ(two.front(), &a);
}

TEST(IntrusiveList, SpliceMovesAllInOrder) {
  IntrusiveList<Item, OneTag> list;
  IntrusiveList<Item, OneTag> more;
  Item a(1);
  Item b(2);
  Item c(3);
  list.push_back(a);
  more.push_back(b);
  more.push_back(c);
  list.splice(more);
  list.splice(more);
  EXPECT_TRUE(more.empty());
  for (const int expected : {1, 2, 3}) EXPECT_EQ(list.pop_front()->value, expected);
  more.push_back(a);
  EXPECT_EQ(more.front(), &a) << "usable after being spliced away";
}

TEST(IntrusiveListDeathTest, TwiceOnOneListAborts) {
  IntrusiveList<Item, OneTag> list;
  Item a(1);
  list.push_back(a);
  EXPECT_DEATH(list.push_back(a), "check failed");
}

struct Counted : SharedCount<Counted> {
  explicit Counted(int& alive) : count(alive) { ++count; }
  ~Counted() { --count; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int& count;
};

TEST(IntrusivePtr, TheLastOneDeletes) {
  int alive = 0;
  auto first = make_intrusive<Counted>(alive);
  auto second = first;
  auto moved = std::move(first);
  EXPECT_FALSE(first);  // NOLINT: the state after a move is the point
  EXPECT_EQ(second, moved);
  second = {};
  EXPECT_EQ(alive, 1);
  moved = IntrusivePtr<Counted>(moved.get());
  EXPECT_EQ(alive, 1);
  moved = {};
  EXPECT_EQ(alive, 0);
}

struct Target : WeakTarget<Target> {};

TEST(WeakPtr, BecomesNullWithItsTarget) {
  WeakPtr<Target> weak;
  EXPECT_EQ(weak.get(), nullptr);
  auto target = std::make_unique<Target>();
  weak = target->weak();
  const WeakPtr<Target> copy = target->weak();
  EXPECT_EQ(weak.get(), target.get());
  target.reset();
  EXPECT_EQ(weak.get(), nullptr);
  EXPECT_EQ(copy.get(), nullptr);
}

TEST(Random, BelowIsInRangeAndReachesAll) {
  SeededRandom random(7);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = random.below(10);
    ASSERT_LT(value, 10U);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 10U);
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_DEATH(random.below(0), "check failed");
}

TEST(Random, SeedsRepeatAndTheKernelDoesNot) {
  SeededRandom one(1);
  SeededRandom same(1);
  SeededRandom other(2);
  const std::uint64_t first = one.next();
  EXPECT_EQ(first, same.next());
  EXPECT_NE(first, other.next());
  SystemRandom system;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(system.next());
  EXPECT_EQ(seen.size(), 1000U) << "over several refills";
}

TEST(Random, TokensHaveTheirLengthAndAlphabet) {
  SystemRandom random;
  std::set<char> letters;
  for (int i = 0; i < 200; ++i) {
    for (const char c : random.token(22)) letters.insert(c);
  }
  EXPECT_EQ(letters.size(), 64U);
  EXPECT_EQ(random.token(22).size(), 22U);
  EXPECT_EQ(random.token(0), "");
  EXPECT_NE(random.token(22), random.token(22));
}

TEST(HttpDate, IsImfFixdate) {
  HttpDate date;
  EXPECT_STREQ(date.text(784'111'777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_STREQ(date.text(784'111'777'999), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_STREQ(date.text(784'111'778'000), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_STREQ(date.text(951'782'400'000), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_STREQ(date.text(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Clock, MonotonicTimeDoesNotGoBack) {
  const SystemClock clock;
  const MonoTime before = clock.now();
  EXPECT_LE(before, clock.now());
  EXPECT_GT(clock.wall_ms(), 1'600'000'000'000);
}

TEST(Counter, AddsAndIsReadFromElsewhere) {
  Counter counter;
  Gauge gauge;
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) counter.add();
    counter.add(5);
    gauge.add(3);
    gauge.add(-4);
  });
  writer.join();
  EXPECT_EQ(counter.value(), 1005U);
  EXPECT_EQ(gauge.value(), -1);
  gauge.set(7);
  EXPECT_EQ(gauge.value(), 7);
}

#ifndef NDEBUG
TEST(ThreadCheckerDeathTest, AbortsOnAForeignThreadUntilReleased) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ThreadChecker checker;
  checker.check();
  EXPECT_DEATH(std::thread([&checker] { checker.check(); }).join(), "check failed");
  checker.release();
  std::thread([&checker] { checker.check(); }).join();
}
#endif

}  // namespace
}  // namespace gateway::base
