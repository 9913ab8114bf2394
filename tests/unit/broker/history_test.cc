#include "broker/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/filter.h"

namespace gateway::broker {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Seqs = std::vector<Seq>;

Filter filter(const std::vector<std::string>& names) { return *Filter::compile(names, {}); }

class HistoryTest : public testing::Test {
 protected:
  void make(const HistoryLimits& limits, std::vector<BoardRule> rules = {}) {
    HistoryOptions options;
    options.board = limits;
    options.total_bytes = total_bytes;
    options.rules = std::move(rules);
    history.emplace(std::move(options));
  }
  Seq publish(std::vector<std::string> boards, const std::string& data = "x") {
    const Seq seq = history->head() + 1;
    const EventRef event = base::make_intrusive<const Event>(
        Draft{std::move(boards), "", data, false}, EventId{7, seq}, base::WallMs{0});
    history->append(event, now, released);
    return seq;
  }
  Seqs read(const std::vector<std::string>& names, Seq after, std::size_t max = 100) {
    std::vector<EventRef> events;
    upto = history->read(filter(names), after, max, events);
    Seqs seqs;
    for (const EventRef& event : events) seqs.push_back(event->id().seq);
    return seqs;
  }
  Seq missing(const std::vector<std::string>& names, Seq after) {
    return history->missing(filter(names), after).upto;
  }

  base::MonoTime now{seconds(100)};
  std::size_t total_bytes = std::size_t{1} << 30U;
  std::optional<History> history;
  History::Released released;
  Seq upto = 0;
};

TEST_F(HistoryTest, ReadsTheEventsOfSomeBoardsInOrderAndOnce) {
  make({});
  publish({"a"});
  publish({"b"});
  publish({"a", "b"});
  publish({"c"});
  publish({"a"});
  EXPECT_THAT(read({"a", "b"}, 0), ElementsAre(1, 2, 3, 5));
  EXPECT_EQ(upto, 5U);
  EXPECT_THAT(read({"a", "b"}, 0, 2), ElementsAre(1, 2));
  EXPECT_EQ(upto, 2U);
  EXPECT_THAT(read({"b"}, 2), ElementsAre(3));
  EXPECT_EQ(upto, 5U) << "nothing else of it up to the head";
  EXPECT_THAT(read({"a"}, 5), IsEmpty());
  EXPECT_THAT(read({"*"}, 3), ElementsAre(4, 5));
  EXPECT_EQ(missing({"*"}, 0), 0U);
}

TEST_F(HistoryTest, ScansForPatternsABoundedNumberAtATime) {
  make({SIZE_MAX, SIZE_MAX, seconds(300)});
  for (std::size_t i = 0; i < 2 * History::kScanMax; ++i) publish({"a"});
  EXPECT_EQ(read({"b*"}, 0, 1'000'000).size(), History::kScanMax) << "the reader sifts";
  EXPECT_EQ(upto, History::kScanMax);
  read({"b*"}, upto, 1'000'000);
  EXPECT_EQ(upto, history->head());
}

TEST_F(HistoryTest, ABoardIsBoundedByCount) {
  make({3, SIZE_MAX, seconds(300)});
  for (int i = 0; i < 5; ++i) publish({"a"});
  publish({"b"});
  EXPECT_THAT(read({"a"}, 0), ElementsAre(3, 4, 5));
  EXPECT_EQ(missing({"a"}, 0), 2U);
  EXPECT_EQ(missing({"a"}, 1), 2U);
  EXPECT_EQ(missing({"a"}, 2), 0U) << "who has seen it misses nothing";
  EXPECT_EQ(missing({"b"}, 0), 0U) << "the other board is whole";
  EXPECT_EQ(missing({"*"}, 0), 2U);
  EXPECT_EQ(missing({"b*"}, 0), 0U);
  EXPECT_THAT(history->missing(filter({"b", "a"}), 0).names, ElementsAre(1));
  EXPECT_EQ(released.size(), 2U);
}

TEST_F(HistoryTest, ABoardIsBoundedByBytesButKeepsItsNewest) {
  make({100, 10, seconds(300)});
  publish({"a"}, "12345");
  publish({"a"}, "12345");
  EXPECT_EQ(read({"a"}, 0).size(), 2U);
  publish({"a"}, "1");
  EXPECT_THAT(read({"a"}, 0), ElementsAre(2, 3));
  publish({"a"}, std::string(1'000, 'x'));
  EXPECT_THAT(read({"a"}, 0), ElementsAre(4));
}

TEST_F(HistoryTest, WhatIsTooOldGoesWhenItsBoardIsWrittenOrWithTheOldest) {
  make({100, SIZE_MAX, seconds(300)}, {{"short", {100, SIZE_MAX, seconds(10)}}});
  publish({"short"});
  publish({"a"});
  now += seconds(11);
  publish({"short"});
  EXPECT_THAT(read({"short"}, 0), ElementsAre(3));
  EXPECT_EQ(missing({"short"}, 0), 1U);
  now += seconds(290);
  history->expire(now, released);
  EXPECT_THAT(read({"*"}, 0), ElementsAre(3)) << "301 s old against 290";
  now += seconds(20);
  history->expire(now, released);
  EXPECT_EQ(history->events(), 0U);
  EXPECT_EQ(history->boards(), 0U);
  EXPECT_EQ(missing({"short"}, 2), 3U);
  EXPECT_EQ(missing({"a"}, 2), 0U) << "what is forgotten of another rule";
  EXPECT_EQ(missing({"b"}, 1), 2U) << "of this one's only the newest watermark is known";
}

TEST_F(HistoryTest, ClocksThatStepBackTrimNothing) {
  make({100, SIZE_MAX, seconds(300)});
  publish({"a"});
  now -= seconds(50);
  publish({"a"});
  history->expire(now, released);
  EXPECT_EQ(history->events(), 2U);
}

TEST_F(HistoryTest, AnEventStaysWhileOneOfItsBoardsHoldsIt) {
  make({100, SIZE_MAX, seconds(300)}, {{"one", {1, SIZE_MAX, seconds(300)}}});
  publish({"one", "a"});
  publish({"one"});
  EXPECT_THAT(read({"one"}, 0), ElementsAre(2));
  EXPECT_EQ(missing({"one"}, 0), 1U);
  EXPECT_THAT(read({"a"}, 0), ElementsAre(1));
  EXPECT_EQ(missing({"a"}, 0), 0U);
}

TEST_F(HistoryTest, TheTotalEvictsTheOldestOfAll) {
  total_bytes = 20'000;
  make({1'000, SIZE_MAX, seconds(300)});
  publish({"quiet"}, std::string(1'000, 'x'));
  while (missing({"quiet"}, 0) == 0) publish({"busy"}, std::string(1'000, 'x'));
  EXPECT_EQ(missing({"busy"}, 1), 0U) << "the quiet board's event was older";
  EXPECT_LE(history->bytes(), total_bytes);
  for (int i = 0; i < 100; ++i) publish({"busy"}, std::string(1'000, 'x'));
  EXPECT_LE(history->bytes(), total_bytes);
  EXPECT_GE(read({"busy"}, 0).size(), 5U);
}

TEST_F(HistoryTest, BoardsWithoutHistoryLeaveTheirWatermark) {
  make({100, SIZE_MAX, seconds(300)}, {{"live-*", {0, 0, seconds(1)}}});
  publish({"live-1"});
  EXPECT_EQ(history->events(), 0U);
  EXPECT_EQ(missing({"live-1"}, 0), 1U);
  publish({"live-1", "a"});
  EXPECT_THAT(read({"a"}, 0), ElementsAre(2));
  EXPECT_EQ(missing({"live-1"}, 1), 2U);
  EXPECT_EQ(missing({"a"}, 2), 0U);
}

TEST_F(HistoryTest, AMillionOneShotBoardsLeaveNothing) {
  total_bytes = std::size_t{1} << 20U;
  make({});
  for (int i = 0; i < 1'000'000; ++i) publish({"once-" + std::to_string(i)});
  EXPECT_LE(history->bytes(), total_bytes);
  EXPECT_LE(history->boards(), 2'000U);
  now += seconds(301);
  history->expire(now, released);
  EXPECT_EQ(history->boards(), 0U);
  EXPECT_EQ(history->bytes(), 0U);
  EXPECT_EQ(history->head(), 1'000'000U);
}

TEST_F(HistoryTest, OfAPatternOfTooManyBoardsItMaySayMoreButNeverLess) {
  make({1, SIZE_MAX, seconds(300)});
  publish({"z"});
  publish({"z"});
  for (std::size_t i = 0; i <= History::kPatternBoardsMax; ++i) publish({"a" + std::to_string(i)});
  EXPECT_EQ(missing({"a*"}, 0), 1U) << "z's, since looking at all of a* would take too long";
  EXPECT_EQ(missing({"a1*"}, 0), 0U);
}

TEST_F(HistoryTest, TheNewestOfEachBoard) {
  make({});
  for (int i = 0; i < 5; ++i) publish({"a-1"});
  publish({"a-2"});
  publish({"b"});
  EXPECT_EQ(history->newest(filter({"a-*", "b", "c"}), 2, 100),
            (History::Starts{{"a-1", 3}, {"a-2", 0}, {"b", 0}}));
  EXPECT_EQ(history->newest(filter({"*"}), 2, 2).size(), 2U);
}

TEST_F(HistoryTest, WhatALatestReplacesIsNotMissed) {
  make({}, {{"t*", {1, 1'000, seconds(5), Deliver::latest}}});
  for (int i = 0; i < 3; ++i) publish({"t1"});
  const Seq shared = publish({"news", "t1"});
  publish({"t1"});
  publish({"t1"}, std::string(5'000, 'x'));
  EXPECT_THAT(read({"t1"}, 0), ElementsAre(6U)) << "the newest, whatever its size";
  EXPECT_EQ(missing({"t1", "t*", "*"}, 0), 0U);
  EXPECT_THAT(read({"news"}, 0), ElementsAre(shared));
  EXPECT_EQ(history->boards(), 2U);
  now += seconds(6);
  publish({"t1", "news"});
  EXPECT_EQ(missing({"t1"}, 0), 0U) << "replaced before it was too old";
  now += seconds(301);
  publish({"news"});
  history->expire(now, released);
  EXPECT_EQ(missing({"t1"}, 0), 7U) << "its last one went without a newer";
}

TEST_F(HistoryTest, WhatIsForgottenOfOtherRulesIsNotMissed) {
  make({1, 1'000, seconds(300)}, {{"ticks-*", {1, 1'000, seconds(5), Deliver::latest}},
                                  {"typing-*", {0, 1'000, seconds(5)}}});
  publish({"ticks-a"});
  for (int i = 0; i < 3; ++i) publish({"typing-" + std::to_string(i)});
  for (int i = 0; i < 3; ++i) publish({"news"});
  for (const char* name : {"ticks-a", "ticks-*", "tick*", "ticks-b", "ticks-b*"}) {
    EXPECT_EQ(missing({name}, 0), 0U) << name;
  }
  EXPECT_EQ(missing({"typing-9"}, 0), 4U);
  EXPECT_EQ(missing({"typing-*"}, 0), 4U);
  EXPECT_EQ(missing({"t*"}, 0), 4U);
  EXPECT_EQ(missing({"news"}, 0), 6U);
  EXPECT_EQ(missing({"other", "n*"}, 6), 0U);
  EXPECT_EQ(missing({"*"}, 0), 6U);
  for (int i = 0; i < 5'000; ++i) publish({"ticks-" + std::to_string(i)});
  for (int i = 0; i < 5'000; ++i) publish({"page-" + std::to_string(i), "news"});
  EXPECT_EQ(missing({"ticks-*"}, 0), 0U) << "however many they are";
}

TEST_F(HistoryTest, AValueThatRarelyChangesCostsNoMore) {
  make({}, {{"ticks-*", {1, 1'000, std::chrono::hours(24), Deliver::latest}}});
  publish({"ticks-rare"});
  publish({"ticks-busy"});
  const std::size_t before = history->bytes();
  for (int i = 0; i < 100'000; ++i) publish({"ticks-busy"});
  EXPECT_EQ(history->bytes(), before);
  EXPECT_THAT(read({"*"}, 0), ElementsAre(1U, 100'002U)) << "in one step";
}

TEST_F(HistoryTest, ValuesGoAtTheirOwnAge) {
  make({}, {{"old-*", {1, 1'000, seconds(1'000), Deliver::latest}},
            {"new-*", {1, 1'000, seconds(5), Deliver::latest}}});
  for (int i = 0; i < 1'000; ++i) {
    publish({"old-" + std::to_string(i)});
    publish({"new-" + std::to_string(i)});
  }
  now += seconds(6);
  for (int call = 0; call < 8; ++call) history->expire(now, released);
  EXPECT_EQ(history->boards(), 1'000U);
  EXPECT_EQ(missing({"new-*"}, 0), 2'000U);
  EXPECT_EQ(missing({"old-*"}, 0), 0U);
}

TEST_F(HistoryTest, TheTotalEvictsValuesToo) {
  total_bytes = 20'000;
  make({}, {{"ticks-*", {1, 1'000'000, seconds(300), Deliver::latest}}});
  publish({"ticks-a"}, std::string(4'000, 'x'));
  publish({"news"}, std::string(4'000, 'x'));
  publish({"ticks-b"}, std::string(4'000, 'x'));
  EXPECT_LE(history->bytes(), total_bytes);
  EXPECT_THAT(read({"*"}, 0), ElementsAre(2U, 3U)) << "the oldest went, though it was a value";
  EXPECT_EQ(missing({"ticks-a"}, 0), 1U);
  publish({"ticks-b"}, std::string(20'000, 'x'));
  EXPECT_EQ(history->events(), 0U) << "more than all of it";
  EXPECT_EQ(history->bytes(), 0U);
}

TEST_F(HistoryTest, ReadsValuesInOrderAndEachEventOnce) {
  make({}, {{"ticks-*", {1, 1'000, seconds(300), Deliver::latest}}});
  publish({"ticks-z", "news", "ticks-a"});
  publish({"ticks-b"});
  publish({"ticks-a"});
  publish({"ticks-c", "ticks-d"});
  const auto values = [&](const std::vector<std::string>& names, Seq after, Seq to,
                          std::size_t max) {
    std::vector<History::Value> read;
    upto = history->values(filter(names), after, to, max, read);
    std::vector<std::string> told;
    for (const History::Value& value : read) {
      told.push_back(std::to_string(value.event->id().seq) + ' ' +
                     value.event->boards()[value.board]);
    }
    return told;
  };
  EXPECT_THAT(values({"*"}, 0, 4, 100),
              ElementsAre("1 ticks-z", "2 ticks-b", "3 ticks-a", "4 ticks-c"));
  EXPECT_EQ(upto, 4U);
  const std::vector<std::string> names{"ticks-d", "ticks-a", "ticks-z", "news"};
  EXPECT_THAT(values(names, 0, 3, 1), ElementsAre("1 ticks-z"));
  EXPECT_EQ(upto, 1U);
  EXPECT_THAT(values(names, 1, 3, 1), ElementsAre("3 ticks-a"));
  EXPECT_EQ(upto, 3U);
  EXPECT_THAT(values({"*"}, 0, 4, 2), ElementsAre("1 ticks-z", "2 ticks-b"));
  EXPECT_EQ(upto, 2U);
  EXPECT_THAT(values({"*"}, 2, 3, 100), ElementsAre("3 ticks-a"));
  EXPECT_THAT(values({"n*"}, 0, 4, 100), IsEmpty());
  EXPECT_EQ(upto, 4U);
}

TEST_F(HistoryTest, CountsTheEventsOfABoardAsLongAsItIsHeld) {
  HistoryLimits latest;
  latest.deliver = Deliver::latest;
  HistoryLimits nothing;
  nothing.events = 0;
  nothing.age = seconds(10);
  make({2, 1'000, seconds(10)}, {{"value", latest}, {"nothing", nothing}});
  EXPECT_EQ(history->events_of("a"), 0U);
  for (int i = 0; i < 5; ++i) publish({"a", "value", "nothing"});
  publish({"b"});
  EXPECT_EQ(history->events_of("a"), 5U) << "those too that are held no more";
  EXPECT_EQ(history->events_of("value"), 5U);
  EXPECT_EQ(history->events_of("nothing"), 0U);
  EXPECT_EQ(history->events_of("b"), 1U);
  now += seconds(20);
  history->expire(now, released);
  EXPECT_EQ(history->events_of("a"), 0U) << "forgotten";
  publish({"a"});
  EXPECT_EQ(history->events_of("a"), 1U);
}

TEST_F(HistoryTest, SaysWhichBoardsDeliverTheirLatest) {
  make({}, {{"none", {0, 1'000, seconds(5)}}, {"t*", {1, 1'000, seconds(5), Deliver::latest}}});
  const EventRef event = base::make_intrusive<const Event>(
      Draft{{"t1", "news", "none", "t2"}, "", "x", false}, EventId{7, 1}, base::WallMs{0});
  EXPECT_EQ(history->append(event, now, released), 0b1001U);
}

}  // namespace
}  // namespace gateway::broker
