// Boards that deliver their latest: what a reader skips, and what one that joins is told.
#include <set>

#include <gmock/gmock.h>

#include "unit/broker/hub_fixture.h"

namespace gateway::broker {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Kind = Start::Kind;

HistoryOptions with_ticks() {
  HistoryOptions history;
  history.rules = {{"ticks-*", {1, 1'000'000, std::chrono::minutes(5), Deliver::latest}}};
  return history;
}

class LatestTest : public HubTest {
 protected:
  LatestTest() : HubTest(with_ticks()) { options_.history = with_ticks(); }

  void open(Stream& stream) {
    EXPECT_TRUE(hub_.begin(*stream.subscription, {}).snapshots);
    hub_.open(*stream.subscription, "retry: 1\n\n", "id: 7-o\ndata: open\n\n");
  }
  /// The blocks as they go out.
  Texts blocks(Stream& stream) {
    Texts all;
    for (int idle = 0; idle < 2; ++idle, turn()) {
      for (std::string text = stream.pull(); !text.empty(); text = stream.pull()) {
        all.push_back(text);
        idle = 0;
      }
    }
    return all;
  }
};

TEST_F(LatestTest, AReaderThatKeepsUpGetsEachEvent) {
  Stream stream(hub_, settings({"ticks-a"}));
  for (const char* data : {"1", "2", "3"}) {
    publish({"ticks-a"}, data);
    EXPECT_EQ(read(stream), Texts{data});
  }
  for (const char* data : {"4", "5"}) publish({"ticks-a"}, data);
  EXPECT_EQ(read(stream), (Texts{"4", "5"})) << "both came in one turn";
  EXPECT_EQ(hub_.counters().conflated.value(), 0U);
}

TEST_F(LatestTest, AReaderThatIsBehindGetsTheNewestOfEachAndNoQueueGrows) {
  for (const Slow slow : {Slow::gap, Slow::close}) {
    options_.slow = slow;
    Stream stream(hub_, settings({"ticks-*"}));
    for (int i = 1; i <= 1'000; ++i) {
      publish({"ticks-a"}, "a" + std::to_string(i));
      publish({i % 2 == 0 ? "ticks-b" : "ticks-c"}, "x" + std::to_string(i));
      turn();
      EXPECT_LE(stream.subscription->pending(), 2U);
    }
    EXPECT_FALSE(stream.subscription->live());
    EXPECT_EQ(read(stream), (Texts{"a1", "x1", "x999", "a1000", "x1000"})) << "and no gap";
    EXPECT_TRUE(stream.subscription->live());
    publish({"ticks-a"}, "later");
    EXPECT_EQ(read(stream), Texts{"later"});
  }
  EXPECT_EQ(hub_.counters().conflated.value(), 2U);
  EXPECT_EQ(hub_.counters().fallen_behind.value(), 0U);
}

TEST_F(LatestTest, AHeartbeatOfThisTurnIsNoSignOfBeingBehind) {
  Stream stream(hub_, settings({"ticks-a"}));
  clock_.advance(options_.heartbeat + std::chrono::seconds(1));
  hub_.beat(SIZE_MAX);
  ASSERT_EQ(stream.subscription->pending(), 1U);
  for (const char* data : {"1", "2"}) publish({"ticks-a"}, data);
  EXPECT_EQ(read(stream), (Texts{"1", "2"}));
  clock_.advance(options_.heartbeat + std::chrono::seconds(1));
  hub_.beat(SIZE_MAX);
  clock_.advance(std::chrono::seconds(2));
  for (const char* data : {"3", "4"}) publish({"ticks-a"}, data);
  EXPECT_EQ(read(stream), Texts{"4"}) << "one that was not taken for long is";
}

TEST_F(LatestTest, WhatElseItReadsStaysCompleteAndInOrder) {
  Stream stream(hub_, settings({"ticks-a", "news"}));
  for (int i = 1; i <= 5; ++i) {
    publish({"ticks-a"}, "t" + std::to_string(i));
    publish({"news"}, "n" + std::to_string(i));
    turn();
  }
  EXPECT_EQ(read(stream), (Texts{"t1", "n1", "n2", "n3", "n4", "t5", "n5"}));
}

TEST_F(LatestTest, WhoJoinsIsToldTheNewestOfEachBeforeItIsOpen) {
  for (const char* data : {"a1", "a2"}) publish({"ticks-a"}, data, "price");
  publish({"news"}, "n");
  publish({"ticks-b"}, "b");
  Stream stream(hub_, settings({"ticks-*", "news"}));
  open(stream);
  publish({"ticks-a"}, "a3");
  EXPECT_THAT(blocks(stream), ElementsAre("retry: 1\n\n", "data: b\n\n", "id: 7-o\ndata: open\n\n",
                                          "id: 00000007-000000000005\ndata: a3\n\n"))
      << "what is newer than the opening comes behind it, in its place";
  EXPECT_TRUE(stream.subscription->live());
  Stream json(hub_, settings({"ticks-a"}, Format::json, {"message"}));
  open(json);
  EXPECT_THAT(blocks(json), ElementsAre("retry: 1\n\n", StartsWith("data: {\"id\":\"00000007-"),
                                        EndsWith("open\n\n")));
  EXPECT_EQ(hub_.counters().snapshots.value(), 2U);
}

TEST_F(LatestTest, SnapshotsComeInPortionsAndEachOnce) {
  constexpr int kBoards = 2'000;
  for (int i = 0; i < kBoards; ++i) publish({"ticks-" + std::to_string(i)}, std::to_string(i));
  publish({"ticks-0", "ticks-1", "news"}, "both");
  publish({"ticks-1"}, "one");
  for (int i = 0; i < 3'000; ++i) publish({"a" + std::to_string(i)}, "not of these");
  Stream stream(hub_, settings({"ticks-7", "a*", "ticks-*", "ticks-70"}));
  open(stream);
  std::multiset<std::string> told;
  while (told.count("open") == 0) {
    EXPECT_LE(stream.subscription->pending(), 65U);
    for (std::string& data : stream.data()) told.insert(std::move(data));
    turn();
  }
  EXPECT_EQ(told.size(), kBoards + 1U);
  EXPECT_EQ(told.count("both") + told.count("one") + told.count("7") + told.count("70"), 4U);
  EXPECT_THAT(told, Not(testing::Contains("0")));
}

TEST_F(LatestTest, SnapshotsFitTheShortestQueue) {
  options_.pending_events = 1;
  std::vector<std::string> names;
  for (int i = 0; i < 16; ++i) names.push_back("ticks-" + std::to_string(i));
  for (const std::string& name : names) publish({name}, name);
  Stream stream(hub_, settings(names));
  open(stream);
  Texts all;
  for (int i = 0; i < 40; ++i, turn()) {
    ASSERT_LE(stream.subscription->pending(), 2U) << "one, and the opening";
    const Texts some = stream.data();
    all.insert(all.end(), some.begin(), some.end());
  }
  names.emplace_back("open");
  EXPECT_EQ(all, names);
}

TEST_F(LatestTest, AFullQueueIsNoReasonToEndWhoReadsTheLatest) {
  options_.slow = Slow::close;
  options_.pending_events = 4;
  Stream stream(hub_, settings({"ticks-*"}));
  for (int i = 0; i < 6; ++i) publish({"ticks-a"}, std::to_string(i));  // all in one turn
  EXPECT_EQ(read(stream), (Texts{"0", "1", "2", "3", "5"}));
  EXPECT_EQ(stream.subscription->ended(), EndReason::none);
}

TEST_F(LatestTest, WithAPositionWhatIsNewerComesInItsPlace) {
  for (const char* data : {"1", "2", "3"}) publish({"ticks-a"}, data);
  for (const Seq after : {Seq{0}, Seq{2}, Seq{3}}) {
    Stream stream(hub_, settings({"ticks-a"}));
    const Hub::Beginning beginning = hub_.begin(*stream.subscription, {Kind::after, {7, after}, 0});
    EXPECT_FALSE(beginning.gap.has_value()) << "what was replaced is not missed";
    EXPECT_FALSE(beginning.snapshots);
    EXPECT_EQ(read(stream), after == 3 ? Texts{} : Texts{"3"});
  }
}

TEST_F(LatestTest, AnAddedBoardIsToldBeforeTheBarrier) {
  publish({"ticks-a"}, "a");
  publish({"ticks-b"}, "b");
  Stream stream(hub_, settings({"news"}));
  const Filter& filter = stream.subscription->filter();
  publish({"news"}, "before");
  for (const bool waiting : {true, false}) {
    if (waiting) hub_.spread(10);
    const std::string name = waiting ? "ticks-a" : "ticks-b";
    Hub::Change change{*filter.with_names({"news", name}), *filter.with_names({name}), {}};
    ASSERT_TRUE(hub_.change(*stream.subscription, change));
    EXPECT_EQ(hub_.change(*stream.subscription, change).error(), Hub::ChangeError::busy);
    publish({"news"}, "behind");
    const Texts all = blocks(stream);
    ASSERT_EQ(all.size(), waiting ? 4U : 3U);
    EXPECT_EQ(all[all.size() - 3], waiting ? "data: a\n\n" : "data: b\n\n");
    EXPECT_THAT(all[all.size() - 2], HasSubstr("boardcast.boards"));
    EXPECT_THAT(all.back(), HasSubstr("behind"));
  }
}

TEST_F(LatestTest, WhoReadsNoneOfThemIsToldNothing) {
  publish({"ticks-a"}, "1");
  Stream stream(hub_, settings({"tick", "ticks"}));
  EXPECT_FALSE(hub_.begin(*stream.subscription, {}).snapshots);
  EXPECT_TRUE(stream.subscription->live());
  Stream pattern(hub_, settings({"typing-*"}));
  EXPECT_FALSE(hub_.begin(*pattern.subscription, {}).snapshots);
  hub_.open(*stream.subscription, "retry: 1\n", "data: open\n\n");
  EXPECT_EQ(stream.pull(), "retry: 1\ndata: open\n\n");
}

TEST_F(LatestTest, AStreamThatEndsAmongItsSnapshotsSaysNoMore) {
  publish({"ticks-a"}, "1");
  Stream stream(hub_, settings({"ticks-a"}));
  open(stream);
  stream.subscription->end(EndReason::kicked);
  EXPECT_THAT(blocks(stream), ElementsAre("retry: 1\n\n", HasSubstr("kicked")));
}

}  // namespace
}  // namespace gateway::broker
