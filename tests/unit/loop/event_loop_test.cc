#include "loop/event_loop.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gateway::loop {
namespace {

using std::chrono::milliseconds;

class EventLoopTest : public testing::Test {
 protected:
  base::SystemClock clock_;
  EventLoop loop_{clock_};
};

TEST_F(EventLoopTest, RunsPostedTasksInOrderOnItsThread) {
  std::vector<int> order;
  std::thread::id ran_on;
  std::thread runner([this, &ran_on] {
    ran_on = std::this_thread::get_id();
    loop_.run();
  });
  for (int i = 0; i < 100; ++i) loop_.post([&order, i] { order.push_back(i); });
  std::thread::id task_on;
  loop_.post([this, &task_on] {
    task_on = std::this_thread::get_id();
    loop_.stop();
  });
  runner.join();
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(task_on, ran_on);
}

TEST_F(EventLoopTest, LosesNothingFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  int ran = 0;
  std::vector<int> last(kThreads, -1);
  bool in_order = true;
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        loop_.post([&, t, i] {
          in_order = in_order && last[static_cast<std::size_t>(t)] == i - 1;
          last[static_cast<std::size_t>(t)] = i;
          if (++ran == kThreads * kEach) loop_.stop();
        });
      }
    });
  }
  loop_.run();
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(ran, kThreads * kEach);
  EXPECT_TRUE(in_order);
}

TEST_F(EventLoopTest, StopBeforeRunEndsIt) {
  loop_.stop();
  loop_.run();
}

TEST_F(EventLoopTest, EndOfTurnRunsOncePerTurnAfterTheTasks) {
  std::string log;
  loop_.at_end_of_turn([&log] { log += '|'; });
  loop_.post([&log] { log += 'a'; });
  loop_.post([&log] { log += 'b'; });
  loop_.turn(true);
  EXPECT_EQ(log, "ab|");
  loop_.turn(false);
  EXPECT_EQ(log, "ab||");
}

// Each of these would hang in `turn(true)` if the work had been forgotten.
TEST_F(EventLoopTest, WorkFromTheHookLeadsToAnotherTurn) {
  int hooks = 0;
  loop_.at_end_of_turn([this, &hooks] {
    if (++hooks < 3) loop_.wake();
    if (hooks == 3) loop_.post([this] { loop_.stop(); });
  });
  loop_.wake();
  loop_.run();
  EXPECT_EQ(hooks, 4);
}

TEST_F(EventLoopTest, ManyWakesAreOneTurn) {
  int hooks = 0;
  loop_.at_end_of_turn([&hooks] { ++hooks; });
  for (int i = 0; i < 10; ++i) loop_.wake();
  loop_.turn(true);
  EXPECT_EQ(hooks, 1);
  std::atomic<bool> late{false};
  std::thread waker([this, &late] {
    late = true;
    loop_.wake();
  });
  loop_.turn(true);  // sleeps until the wake: the ten before left nothing behind
  EXPECT_TRUE(late);
  waker.join();
}

// A wake that meets a turn in full swing must not leave the eventfd readable for ever.
TEST_F(EventLoopTest, AWakeDuringATurnLeavesNoSpinBehind) {
  for (int round = 0; round < 400; ++round) {
    std::atomic<int> waking{8};
    std::vector<std::thread> wakers;
    for (int i = 0; i < 8; ++i) {
      wakers.emplace_back([this, &waking] {
        loop_.wake();
        --waking;
      });
    }
    while (waking > 0) loop_.turn(false);
    for (std::thread& waker : wakers) waker.join();
    loop_.turn(false);
    bool fired = false;
    const auto timer = loop_.make([&fired] { fired = true; });
    timer->arm(milliseconds(1));
    int turns = 0;
    while (!fired) {
      loop_.turn(true);
      ++turns;
    }
    ASSERT_LE(turns, 3) << round;
  }
}

TEST_F(EventLoopTest, ATaskPostedByATaskRunsInAComingTurn) {
  std::string log;
  loop_.at_end_of_turn([&log] { log += '|'; });
  loop_.post([this, &log] {
    log += 'a';
    loop_.post([&log] { log += 'b'; });
  });
  loop_.turn(true);
  loop_.turn(true);
  EXPECT_EQ(log, "a|b|");
}

TEST_F(EventLoopTest, WhatIsLeftForTheEndOfATurnRunsThereOnceBeforeTheHook) {
  std::string log;
  loop_.at_end_of_turn([&log] { log += '|'; });
  loop_.post([this, &log] {
    loop_.once_at_end_of_turn([this, &log] {
      log += 'x';
      loop_.once_at_end_of_turn([&log] { log += 'z'; });
    });
    loop_.once_at_end_of_turn([&log] { log += 'y'; });
    log += 'a';
  });
  loop_.post([&log] { log += 'b'; });
  loop_.turn(true);
  EXPECT_EQ(log, "abxyz|");
  loop_.turn(false);
  EXPECT_EQ(log, "abxyz||");
}

TEST_F(EventLoopTest, WhatIsLeftBetweenTurnsOrByTheHookWaitsForNothing) {
  int ran = 0;
  const auto leave = [this, &ran] {
    loop_.once_at_end_of_turn([this, &ran] {
      ++ran;
      loop_.wake();  // or the turn below waits for ever
    });
  };
  leave();
  loop_.turn(true);
  EXPECT_EQ(ran, 1);
  loop_.at_end_of_turn(leave);
  loop_.turn(false);
  loop_.at_end_of_turn({});
  loop_.turn(true);
  EXPECT_EQ(ran, 2);
}

TEST_F(EventLoopTest, TimersFireInOrderAndNeverEarly) {
  std::string order;
  const base::MonoTime start = clock_.now();
  base::Duration after{};
  const auto late = loop_.make([&] {
    order += 'c';
    after = clock_.now() - start;
    loop_.stop();
  });
  const auto soon = loop_.make([&order] { order += 'b'; });
  const auto at_once = loop_.make([&order] { order += 'a'; });
  late->arm(milliseconds(60));
  soon->arm(milliseconds(20));
  at_once->arm(milliseconds(0));
  EXPECT_EQ(order, "") << "never inside arm";
  EXPECT_TRUE(late->armed());
  loop_.run();
  EXPECT_EQ(order, "abc");
  EXPECT_GE(after, milliseconds(60));
  EXPECT_FALSE(late->armed());
}

TEST_F(EventLoopTest, RearmingReplacesAndCancelHolds) {
  int fired = 0;
  const auto moved = loop_.make([&fired] { ++fired; });
  moved->arm(milliseconds(1));
  moved->arm(milliseconds(2));
  const auto cancelled = loop_.make([&fired] { fired += 100; });
  cancelled->arm(milliseconds(1));
  cancelled->cancel();
  EXPECT_FALSE(cancelled->armed());
  auto destroyed = loop_.make([&fired] { fired += 1000; });
  destroyed->arm(milliseconds(1));
  destroyed.reset();
  const auto end = loop_.make([this] { loop_.stop(); });
  end->arm(milliseconds(30));
  loop_.run();
  EXPECT_EQ(fired, 1);
}

TEST_F(EventLoopTest, ATimerMayRearmCancelOthersAndDestroyItselfWhileItFires) {
  int fired = 0;
  std::unique_ptr<base::Timer> other;
  std::unique_ptr<base::Timer> self;
  const std::string captured(100, 'x');
  self = loop_.make([this, &fired, &other, &self, captured] {
    if (++fired < 3) {
      self->arm(milliseconds(1));
      return;
    }
    other->cancel();
    self.reset();
    EXPECT_EQ(captured, std::string(100, 'x')) << "the callback outlives its timer";
    loop_.stop();
  });
  other = loop_.make([] { ADD_FAILURE() << "was cancelled"; });
  self->arm(milliseconds(1));
  other->arm(milliseconds(10'000));
  loop_.run();
  EXPECT_EQ(fired, 3);
  EXPECT_EQ(self, nullptr);
}

class Pair {
 public:
  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0); }
  ~Pair() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int near() const { return ends_[0]; }
  int far() const { return ends_[1]; }

 private:
  int ends_[2] = {-1, -1};
};

TEST_F(EventLoopTest, WatchReportsWhatIsWanted) {
  const Pair pair;
  std::string seen;
  const auto watch = loop_.watch(pair.near(), [&seen](bool readable, bool writable) {
    if (readable) seen += 'r';
    if (writable) seen += 'w';
  });
  loop_.turn(false);
  EXPECT_EQ(seen, "") << "nothing is wanted yet";
  watch->want(true, true);
  loop_.turn(true);
  EXPECT_EQ(seen, "w");
  watch->want(true, false);
  ASSERT_EQ(send(pair.far(), "x", 1, MSG_NOSIGNAL), 1);
  loop_.turn(true);
  loop_.turn(true);
  EXPECT_EQ(seen, "wrr") << "level triggered";
  watch->want(false, false);
  loop_.turn(false);
  EXPECT_EQ(seen, "wrr");
}

TEST_F(EventLoopTest, AWatchMayDestroyItselfWithBothEventsReady) {
  const Pair pair;
  ASSERT_EQ(send(pair.far(), "x", 1, MSG_NOSIGNAL), 1);
  int calls = 0;
  std::unique_ptr<FdWatch> watch;
  const std::string captured(100, 'x');
  watch = loop_.watch(pair.near(), [&calls, &watch, captured](bool, bool) {
    ++calls;
    watch.reset();
    EXPECT_EQ(captured.size(), 100U);
  });
  watch->want(true, true);
  loop_.turn(true);
  loop_.turn(false);
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, SignalsArriveOnTheLoop) {
  int delivered = 0;
  auto watch = loop_.watch_signal(SIGUSR1, [this, &delivered] {
    ++delivered;
    loop_.stop();
  });
  raise(SIGUSR1);
  loop_.run();
  EXPECT_EQ(delivered, 1);
  raise(SIGUSR1);
  loop_.run();
  EXPECT_EQ(delivered, 2);
  watch.reset();
  struct sigaction now {};
  ASSERT_EQ(sigaction(SIGUSR1, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_DFL) << "given back";
}

#ifndef NDEBUG
TEST(EventLoopDeathTest, UseFromAForeignThreadAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        const base::SystemClock clock;
        EventLoop loop(clock);
        loop.turn(false);
        std::thread([&loop] { loop.turn(false); }).join();
      },
      "check failed");
}
#endif

}  // namespace
}  // namespace gateway::loop
