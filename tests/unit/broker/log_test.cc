#include "broker/log.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace gateway::broker {
namespace {

class CountingWakeable final : public base::Wakeable {
 public:
  void wake() override { ++wakes; }
  int wakes = 0;
};

std::vector<Draft> drafts(const std::vector<std::vector<std::string>>& boards) {
  std::vector<Draft> made;
  for (const auto& names : boards) made.push_back(Draft{names, "", "x", false});
  return made;
}

class LogTest : public ::testing::Test {
 protected:
  LogTest() : hub_a_(log_.attach(wakeable_a_)), hub_b_(log_.attach(wakeable_b_)) {}
  ~LogTest() override {
    log_.detach(hub_a_);
    log_.detach(hub_b_);
  }

  std::vector<Seq> take(HubIndex hub) {
    std::vector<EventRef> events;
    log_.take(hub, events);
    std::vector<Seq> seqs;
    for (const EventRef& event : events) seqs.push_back(event->id().seq);
    return seqs;
  }

  test::FakeClock clock_;
  Log log_{7, clock_};
  CountingWakeable wakeable_a_, wakeable_b_;
  const HubIndex hub_a_, hub_b_;
};

using Seqs = std::vector<Seq>;

TEST_F(LogTest, GivesDenseIdsInTheOrderOfTheBatch) {
  EXPECT_EQ(log_.head(), (EventId{7, 0}));
  EXPECT_EQ(log_.append(drafts({{"a"}, {"b"}})), (std::vector<EventId>{{7, 1}, {7, 2}}));
  EXPECT_EQ(log_.append(drafts({{"a"}})), (std::vector<EventId>{{7, 3}}));
  EXPECT_TRUE(log_.append({}).empty());
  EXPECT_EQ(log_.head(), (EventId{7, 3}));
}

TEST_F(LogTest, GoesToTheHubsThatWantABoardOfIt) {
  log_.add(hub_a_, {{"a"}, {}});
  log_.add(hub_b_, {{"b"}, {"team-"}});
  log_.append(drafts({{"a"}, {"b"}, {"team-1"}, {"a", "b", "team-2"}, {"c"}, {"team"}}));
  EXPECT_EQ(take(hub_a_), (Seqs{1, 4}));
  EXPECT_EQ(take(hub_b_), (Seqs{2, 3, 4})) << "an event of two of its boards comes once";
  EXPECT_EQ(take(hub_b_), Seqs{});
  log_.remove(hub_a_, {{"a"}, {}});
  log_.remove(hub_b_, {{"b"}, {"team-"}});
}

TEST_F(LogTest, AddingTellsTheHeadFromWhichOnEventsCome) {
  log_.append(drafts({{"a"}, {"a"}}));
  EXPECT_EQ(log_.add(hub_a_, {{"a"}, {}}), (EventId{7, 2}));
  log_.append(drafts({{"a"}}));
  EXPECT_EQ(log_.add(hub_a_, {{"a"}, {}}), (EventId{7, 3})) << "again: nothing new, the head exact";
  EXPECT_EQ(log_.interests(), 1U);
  EXPECT_EQ(take(hub_a_), Seqs{3});
  log_.remove(hub_a_, {{"a"}, {}});
}

TEST_F(LogTest, WakesOnceFromEmptyToNonEmpty) {
  log_.add(hub_a_, {{"a"}, {}});
  log_.append(drafts({{"a"}, {"a"}, {"a"}}));
  log_.append(drafts({{"a"}}));
  EXPECT_EQ(wakeable_a_.wakes, 1);
  EXPECT_EQ(wakeable_b_.wakes, 0);
  take(hub_a_);
  log_.append(drafts({{"b"}}));
  EXPECT_EQ(wakeable_a_.wakes, 1) << "nothing for it";
  log_.append(drafts({{"a"}}));
  EXPECT_EQ(wakeable_a_.wakes, 2);
  log_.remove(hub_a_, {{"a"}, {}});
}

TEST_F(LogTest, ForgetsWhatNobodyWants) {
  log_.add(hub_a_, {{"a"}, {"", "x"}});
  log_.add(hub_b_, {{"a"}, {"x"}});
  EXPECT_EQ(log_.interests(), 3U);
  log_.remove(hub_a_, {{"a"}, {"", "x"}});
  EXPECT_EQ(log_.interests(), 2U);
  log_.append(drafts({{"xy"}}));
  EXPECT_EQ(take(hub_a_), Seqs{});
  EXPECT_EQ(take(hub_b_), Seqs{1});
  log_.remove(hub_b_, {{"a"}, {"x"}});
  EXPECT_EQ(log_.interests(), 0U);
}

TEST_F(LogTest, EveryBoardIsUnderTheEmptyPrefix) {
  log_.add(hub_a_, {{}, {""}});
  log_.append(drafts({{"anything"}}));
  EXPECT_EQ(take(hub_a_), Seqs{1});
  log_.remove(hub_a_, {{}, {""}});
}

TEST_F(LogTest, CountsTheBacklogOfTheHubFurthestBehind) {
  log_.add(hub_a_, {{"a"}, {}});
  log_.add(hub_b_, {{"a", "b"}, {}});
  log_.append({Draft{{"c"}, "", std::string(100'000, 'x'), false}});
  EXPECT_EQ(log_.backlog_bytes(), 0U) << "nobody wants it";
  log_.append({Draft{{"a"}, "", std::string(1'000, 'x'), false}});
  const std::size_t one = log_.backlog_bytes();
  EXPECT_GE(one, 1'000U + sizeof(Event));
  EXPECT_LE(one, 1'500U);
  log_.append({Draft{{"b"}, "", std::string(1'000, 'x'), false}});
  EXPECT_EQ(log_.backlog_bytes(), 2 * one) << "the fullest, not the sum";
  std::vector<EventRef> events;
  log_.take(hub_b_, events);
  EXPECT_EQ(log_.backlog_bytes(), 2 * one) << "taken, not yet spread";
  log_.append({Draft{{"b"}, "", std::string(1'000, 'x'), false}});
  log_.take(hub_b_, events);
  EXPECT_EQ(log_.backlog_bytes(), 3 * one) << "taken behind what the caller still has";
  events.clear();
  log_.take(hub_b_, events);
  EXPECT_EQ(log_.backlog_bytes(), one) << "the other one's";
  take(hub_a_);
  take(hub_a_);
  EXPECT_EQ(log_.backlog_bytes(), 0U);
  log_.remove(hub_a_, {{"a"}, {}});
  log_.remove(hub_b_, {{"a", "b"}, {}});
}

TEST_F(LogTest, TakesTheTimeOfTheWallClock) {
  log_.add(hub_a_, {{"a"}, {}});
  clock_.set_wall_ms(1'234);
  log_.append(drafts({{"a"}}));
  std::vector<EventRef> events;
  EXPECT_EQ(log_.take(hub_a_, events).head, (EventId{7, 1}));
  EXPECT_EQ(events.at(0)->time(), 1'234);
  log_.append(drafts({{"a"}}));
  log_.take(hub_a_, events);
  EXPECT_EQ(events.size(), 2U) << "taken behind what the caller still has";
  log_.remove(hub_a_, {{"a"}, {}});
}

TEST_F(LogTest, ReusesThePlaceOfADetachedHub) {
  CountingWakeable other;
  const HubIndex third = log_.attach(other);
  log_.detach(third);
  EXPECT_EQ(log_.attach(other), third);
  log_.detach(third);
}

TEST_F(LogTest, DetachingAWantingHubIsABug) {
  log_.add(hub_a_, {{"a"}, {}});
  EXPECT_DEATH(log_.detach(hub_a_), "check failed");
  log_.remove(hub_a_, {{"a"}, {}});
}

}  // namespace
}  // namespace gateway::broker
