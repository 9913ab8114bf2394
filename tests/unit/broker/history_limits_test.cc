// Limits that change while events are held.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/filter.h"
#include "broker/history.h"

namespace gateway::broker {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Seqs = std::vector<Seq>;

Filter filter(const std::vector<std::string>& names) { return *Filter::compile(names, {}); }

HistoryLimits limits(std::size_t events, Deliver deliver = Deliver::all) {
  return {events, std::size_t{1} << 20U, seconds(300), deliver};
}

class HistoryLimitsTest : public testing::Test {
 protected:
  Seq publish(std::vector<std::string> boards) {
    const Seq seq = history.head() + 1;
    const EventRef event = base::make_intrusive<const Event>(
        Draft{std::move(boards), "", "x", false}, EventId{7, seq}, base::WallMs{0});
    history.append(event, now, released);
    return seq;
  }
  void use(const HistoryLimits& board, std::vector<BoardRule> rules = {}) {
    options.board = board;
    options.rules = std::move(rules);
    history.use(options, now, released);
    while (history.shrink(released)) {
    }
  }
  Seqs read(const std::string& name) {
    std::vector<EventRef> events;
    history.read(filter({name}), 0, 100, events);
    Seqs seqs;
    for (const EventRef& event : events) seqs.push_back(event->id().seq);
    return seqs;
  }
  Seq missing(const std::string& name, Seq after = 0) {
    return history.missing(filter({name}), after).upto;
  }
  Seqs values(const std::string& name) {
    std::vector<History::Value> found;
    history.values(filter({name}), 0, history.head(), 100, found);
    Seqs seqs;
    for (const History::Value& value : found) seqs.push_back(value.event->id().seq);
    return seqs;
  }

  base::MonoTime now{seconds(100)};
  HistoryOptions options;
  History history{options};
  History::Released released;
};

TEST_F(HistoryLimitsTest, WhatIsOverNewLimitsGoesAtOnceAndIsTold) {
  for (int i = 0; i < 5; ++i) publish({"a"});
  publish({"b"});
  use(limits(2));
  EXPECT_THAT(read("a"), ElementsAre(4, 5));
  EXPECT_EQ(missing("a"), 3U);
  EXPECT_EQ(missing("b"), 0U);
  EXPECT_EQ(released.size(), 3U);
  use(limits(0));
  EXPECT_EQ(history.events(), 0U);
  EXPECT_EQ(history.boards(), 0U);
  EXPECT_EQ(missing("b"), 6U);
  EXPECT_EQ(missing("b", 6), 0U);
}

TEST_F(HistoryLimitsTest, WiderLimitsHoldFromNowOn) {
  use(limits(1));
  publish({"a"});
  publish({"a"});
  use(limits(3));
  for (int i = 0; i < 3; ++i) publish({"a"});
  EXPECT_THAT(read("a"), ElementsAre(3, 4, 5));
  EXPECT_EQ(missing("a", 1), 2U) << "what went before is gone";
}

TEST_F(HistoryLimitsTest, ABoardComesUnderTheRuleThatMatchesItNow) {
  for (int i = 0; i < 4; ++i) publish({"a1"});
  for (int i = 0; i < 4; ++i) publish({"b1"});
  use(limits(1000), {{"a*", limits(1)}});
  EXPECT_THAT(read("a1"), ElementsAre(4));
  EXPECT_THAT(read("b1"), ElementsAre(5, 6, 7, 8));
  use(limits(1000), {{"b*", limits(2)}, {"a*", limits(1)}});
  EXPECT_THAT(read("b1"), ElementsAre(7, 8));
}

TEST_F(HistoryLimitsTest, ABoardThatIsToDeliverItsLatestBeginsAnew) {
  publish({"a"});
  publish({"a", "b"});
  use(limits(1000), {{"a", limits(1, Deliver::latest)}});
  EXPECT_THAT(read("a"), IsEmpty());
  EXPECT_THAT(values("a"), IsEmpty());
  EXPECT_EQ(missing("a"), 2U) << "told as a gap";
  EXPECT_THAT(read("b"), ElementsAre(2));
  publish({"a"});
  publish({"a"});
  EXPECT_THAT(values("a"), ElementsAre(4));
  use(limits(1000));
  EXPECT_THAT(values("a"), IsEmpty());
  EXPECT_EQ(missing("a", 3), 4U);
  publish({"a"});
  EXPECT_THAT(read("a"), ElementsAre(5));
  EXPECT_EQ(missing("a", 4), 0U);
}

TEST_F(HistoryLimitsTest, WithTheSameRulesEachKeepsItsWatermark) {
  use(limits(10), {{"none", limits(0)}});
  publish({"none"});
  publish({"a"});
  use(limits(20), {{"none", limits(0)}});
  EXPECT_EQ(missing("none"), 1U);
  EXPECT_EQ(missing("other"), 0U) << "of another rule";
  use(limits(20), {{"other", limits(3)}, {"none", limits(0)}});
  EXPECT_EQ(missing("other"), 1U) << "it may have been of any: rather a gap too many than a hole";
}

TEST_F(HistoryLimitsTest, ASmallerTotalEvictsTheOldest) {
  for (int i = 0; i < 100; ++i) publish({"a"});
  options.total_bytes = history.bytes() / 2;
  use(limits(1000));
  EXPECT_LE(history.bytes(), options.total_bytes);
  EXPECT_GT(history.events(), 40U);
  EXPECT_EQ(read("a").back(), 100U);
}

TEST_F(HistoryLimitsTest, AMuchSmallerTotalIsReachedInPortions) {
  use(limits(1'000'000));
  for (int i = 0; i < 20'000; ++i) publish({"a"});
  released.clear();
  options.total_bytes = 100'000;
  history.use(options, now, released);
  EXPECT_EQ(history.events(), 20'000U);
  int portions = 0;
  for (bool more = true; more; ++portions) {
    const std::size_t before = history.bytes();
    more = history.shrink(released);
    EXPECT_LE(before - history.bytes(), History::kShrinkBytes + 1'000);
    publish({"a"});
  }
  EXPECT_GT(portions, 5);
  EXPECT_LE(history.bytes(), options.total_bytes);
  EXPECT_EQ(missing("a"), history.head() - history.events());
}

}  // namespace
}  // namespace gateway::broker
