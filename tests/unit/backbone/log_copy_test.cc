// How a node's log is made complete and stays so, against a shared log in the test's hand: order,
// holes, epochs, trimming, and messages at every moment.
#include "backbone/log_copy.h"

#include <gtest/gtest.h>

#include "broker/filter.h"
#include "support/fake_clock.h"
#include "unit/backbone/redis_values.h"

namespace gateway::backbone {
namespace {

using test::message_of;

/// Redis: a log, and questions that wait for their answer.
class FakeSource final : public LogCopy::Source {
 public:
  void ask_standing() override { ++standings; }
  void ask_entries(broker::Seq from, broker::Seq upto, std::size_t count) override {
    asked = {from, upto, count};
    ++reads;
  }
  void ask_values() override { ++value_reads; }
  struct Asked {
    broker::Seq from = 0, upto = 0;
    std::size_t count = 0;
  };
  Asked asked;
  int standings = 0;
  int reads = 0;
  int value_reads = 0;
};

class LogCopyTest : public ::testing::Test {
 protected:
  static constexpr broker::Epoch kOwn = 1, kShared = 7, kNext = 9;

  /// Boards that deliver their latest hold nothing.
  void stands(broker::Epoch epoch, broker::Seq seq, broker::Seq first = 1) {
    const int before = source_.value_reads;
    copy_.stands({epoch, seq, first, 0});
    if (source_.value_reads > before) copy_.values(epoch, {});
  }
  /// What was asked for, of events that all are there from `first` on.
  void answer_read(broker::Epoch epoch, broker::Seq first = 1) {
    RedisEntries entries;
    entries.epoch = epoch;
    for (broker::Seq seq = std::max(source_.asked.from, first);
         seq <= source_.asked.upto && entries.events.size() < source_.asked.count; ++seq) {
      entries.events.push_back({{{"a"}, "", std::to_string(seq), false}, seq, 0});
      if (entries.first == 0) entries.first = seq;
      entries.upto = seq;
      entries.bytes += 10;
    }
    copy_.read(std::move(entries));
  }
  /// In as many portions as it takes.
  void answer_reads(broker::Epoch epoch, broker::Seq first = 1) {
    for (int portions = 0; portions < 10 && !copy_.live(); ++portions) answer_read(epoch, first);
  }
  void message(broker::Epoch epoch, broker::Seq first, std::size_t count = 1) {
    copy_.message(message_of(epoch, first, std::vector<std::string>(count, "a")));
  }
  /// Live, with so many events.
  void load(broker::Seq seq) {
    copy_.begin("start");
    stands(kShared, seq);
    while (!copy_.live()) answer_read(kShared);
  }
  broker::EventId head() { return log_.head(); }

  test::FakeClock clock_;
  broker::Log log_{kOwn, clock_};
  FakeSource source_;
  std::vector<LogCopy::Report> reports_;
  LogCopy copy_{log_, source_, 1'000,
                [this](const LogCopy::Report& report) { reports_.push_back(report); }};
};

TEST_F(LogCopyTest, LoadsAllThatIsHeldBeforeItIsLive) {
  copy_.begin("start");
  EXPECT_EQ(source_.standings, 1);
  message(kShared, 41);  // published while it is being read
  stands(kShared, 40, 11);
  EXPECT_EQ(head(), (broker::EventId{kShared, 10}));
  EXPECT_EQ(source_.asked.from, 11U);
  EXPECT_EQ(source_.asked.upto, 40U);
  EXPECT_FALSE(copy_.loaded());
  answer_read(kShared);
  EXPECT_LT(head().seq, 40U) << "by portions";
  while (!copy_.live()) answer_read(kShared);
  EXPECT_TRUE(copy_.loaded());
  EXPECT_EQ(head(), (broker::EventId{kShared, 41}));
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].read, 30U);
  EXPECT_EQ(reports_[0].skipped, 0U);
  EXPECT_TRUE(reports_[0].restarted);
}

// Behind small events there may be large ones.
TEST_F(LogCopyTest, APortionIsNoMoreThanTwiceTheLast) {
  copy_.begin("start");
  stands(kShared, 5'000);
  std::size_t last = source_.asked.count;
  EXPECT_EQ(last, kPortionFirst);
  while (!copy_.live()) {
    answer_read(kShared);
    EXPECT_LE(source_.asked.count, 2 * last);
    last = source_.asked.count;
  }
  EXPECT_EQ(last, LogCopy::kPortionMax);
}

// It would come too late again, and cost the connection each time.
TEST_F(LogCopyTest, APortionThatWasLostIsNotAskedForAgain) {
  copy_.begin("start");
  stands(kShared, 5'000);
  while (source_.asked.count < 64) answer_read(kShared);
  copy_.lose(true);
  copy_.begin("connection");
  stands(kShared, 5'000);
  for (int portions = 0; portions < 12; ++portions) {
    EXPECT_LE(source_.asked.count, 32U);
    answer_read(kShared);
  }
}

// Whoever may write in Redis could otherwise empty the history of all nodes.
TEST_F(LogCopyTest, AnEntryThatIsNoEventCostsNothingButItsPlace) {
  load(3);
  message(kShared, 5);
  stands(kShared, 5);
  RedisEntries entries;
  entries.epoch = kShared;
  entries.first = 4;
  entries.upto = 5;
  entries.events.push_back({{}, 4, 0});
  entries.events.push_back({{{"a"}, "", "5", false}, 5, 0});
  copy_.read(std::move(entries));
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head().seq, 5U);
  EXPECT_EQ(reports_.back().skipped, 0U);
  EXPECT_EQ(log_.held().events, 4U);
}

TEST_F(LogCopyTest, LiveItPlacesWhatComesAndDropsWhatItHas) {
  load(3);
  message(kShared, 4, 2);
  EXPECT_EQ(head().seq, 5U);
  message(kShared, 4, 2);
  message(kShared, 5, 3);
  EXPECT_EQ(head().seq, 7U) << "only what is new of it";
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(source_.standings, 1);
}

TEST_F(LogCopyTest, AHoleIsReadBeforeWhatIsBehindIt) {
  load(3);
  message(kShared, 6);
  EXPECT_FALSE(copy_.live());
  EXPECT_EQ(head().seq, 3U) << "nothing newer goes out";
  message(kShared, 7);
  stands(kShared, 6);
  EXPECT_EQ(source_.asked.from, 4U);
  answer_reads(kShared);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head().seq, 7U);
  EXPECT_STREQ(reports_.back().why, "a hole");
}

TEST_F(LogCopyTest, WhatWasLostWithoutATraceIsSeenAtTheSecondLook) {
  load(3);
  stands(kShared, 5);
  EXPECT_TRUE(copy_.live()) << "it may be on its way";
  message(kShared, 4, 2);
  stands(kShared, 6);
  EXPECT_TRUE(copy_.live());
  stands(kShared, 6);
  EXPECT_FALSE(copy_.live());
  stands(kShared, 6);
  answer_read(kShared);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head().seq, 6U);
}

TEST_F(LogCopyTest, AfterALossItGoesOnFromWhereItIs) {
  load(3);
  copy_.lose(true);
  message(kShared, 4);
  EXPECT_EQ(head().seq, 3U) << "of a connection that is gone";
  copy_.begin("connection");
  stands(kShared, 8);
  EXPECT_EQ(source_.asked.from, 4U);
  answer_reads(kShared);
  EXPECT_EQ(head(), (broker::EventId{kShared, 8}));
  EXPECT_FALSE(reports_.back().restarted);
  EXPECT_TRUE(copy_.loaded());
}

TEST_F(LogCopyTest, WhatRedisHoldsNoMoreIsSkipped) {
  load(3);
  copy_.lose(true);
  copy_.begin("connection");
  stands(kShared, 20, 11);
  EXPECT_EQ(head().seq, 10U);
  answer_read(kShared, 15);  // trimmed further, before it was read
  EXPECT_EQ(head().seq, 10U) << "what else goes is told by the log alone";
  stands(kShared, 20, 15);
  EXPECT_EQ(head().seq, 14U);
  answer_reads(kShared, 15);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head().seq, 20U);
  EXPECT_EQ(reports_.back().skipped, 11U);
}

TEST_F(LogCopyTest, WhatSomebodyDeletedIsAskedForTwiceAndSkipped) {
  load(3);
  copy_.lose(true);
  copy_.begin("connection");
  stands(kShared, 20);
  answer_read(kShared, 15);
  stands(kShared, 20);
  answer_reads(kShared, 15);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head().seq, 20U);
  EXPECT_EQ(reports_.back().skipped, 11U);
}

broker::Log::Value value(const std::string& board, broker::Seq seq) {
  return {board, {{{board}, "", "v" + std::to_string(seq), false}, seq, 0}};
}

TEST_F(LogCopyTest, WhatIsGoneLeavesTheLatestOfItsBoards) {
  log_.use({{},
            std::size_t{1} << 20U,
            {{"l*", {1, 1'000, std::chrono::hours(1), broker::Deliver::latest}}}});
  copy_.begin("start");
  copy_.stands({kShared, 20, 11, 0});
  EXPECT_EQ(source_.value_reads, 1);
  EXPECT_EQ(head().epoch, kOwn) << "nothing is gone before they are there";
  copy_.values(kShared, {value("l2", 7), value("l1", 4), value("other", 5), value("l3", 12)});
  EXPECT_EQ(head(), (broker::EventId{kShared, 10}));
  answer_reads(kShared);
  EXPECT_TRUE(copy_.live());
  const auto filter = broker::Filter::compile({"*"}, {});
  std::vector<broker::History::Value> values;
  log_.values(*filter, 0, head(), 10, values);
  ASSERT_EQ(values.size(), 2U) << "neither of a board that delivers all, nor what the log has";
  EXPECT_EQ(values[0].event->data(), "v4");
  EXPECT_EQ(values[1].event->id(), (broker::EventId{kShared, 7}));
  EXPECT_TRUE(values[1].event->is_latest(0));
}

TEST_F(LogCopyTest, ValuesOfAnotherEpochAreAskedForAgain) {
  copy_.begin("start");
  copy_.stands({kShared, 20, 11, 0});
  copy_.values(kNext, {});
  EXPECT_EQ(source_.standings, 2);
  stands(kNext, 0);
  EXPECT_TRUE(copy_.live());
  copy_.values(kNext, {});
  EXPECT_EQ(head(), (broker::EventId{kNext, 0})) << "a late answer";
}

TEST_F(LogCopyTest, AllMayGoWhileItIsRead) {
  load(3);
  copy_.lose(true);
  copy_.begin("connection");
  stands(kShared, 20);
  answer_read(kShared, 21);
  stands(kShared, 20, 21);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head().seq, 20U);
}

TEST_F(LogCopyTest, AnotherEpochRestartsTheLog) {
  load(3);
  copy_.message("epoch 00000009\n");
  EXPECT_FALSE(copy_.live());
  message(kNext, 1, 2);
  stands(kNext, 1);
  EXPECT_EQ(head(), (broker::EventId{kNext, 0}));
  answer_read(kNext);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head(), (broker::EventId{kNext, 2}));
}

TEST_F(LogCopyTest, AnEpochThatChangesAmidstIsNoticedByTheEntries) {
  load(3);
  copy_.lose(true);
  copy_.begin("connection");
  stands(kShared, 5'000);
  answer_read(kShared);
  answer_read(kNext);  // with seqs that would fit
  EXPECT_EQ(head(), (broker::EventId{kShared, 3 + kPortionFirst}));
  stands(kNext, 0);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head(), (broker::EventId{kNext, 0}));
}

TEST_F(LogCopyTest, MessagesOfAnEpochThatIsPastAreDropped) {
  load(3);
  copy_.lose(true);
  copy_.begin("connection");
  message(kShared, 4);  // by the old primary
  stands(kNext, 0);
  EXPECT_TRUE(copy_.live());
  message(kShared, 5);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head(), (broker::EventId{kNext, 0}));
}

TEST_F(LogCopyTest, AnUnknownEpochIsAskedAboutOnce) {
  load(3);
  message(5, 1);
  EXPECT_FALSE(copy_.live());
  stands(kShared, 3);
  EXPECT_TRUE(copy_.live()) << "it is over already, or nobody's";
  const int asked = source_.standings;
  message(5, 2);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(source_.standings, asked);
}

TEST_F(LogCopyTest, WhatClaimsToBeBeyondTheLogIsNotBelieved) {
  load(3);
  message(kShared, 1'000);
  stands(kShared, 3);
  EXPECT_TRUE(copy_.live());
  EXPECT_EQ(head().seq, 3U);
  copy_.message("garbage");
  EXPECT_TRUE(copy_.live());
}

TEST_F(LogCopyTest, TooMuchThatWaitsIsReadInstead) {
  load(3);
  message(kShared, 5);  // a hole
  for (broker::Seq seq = 6; seq < 100; ++seq) message(kShared, seq);
  stands(kShared, 5);
  answer_read(kShared);
  EXPECT_FALSE(copy_.live()) << "what was let go of is a hole";
  stands(kShared, 99);
  while (!copy_.live()) answer_read(kShared);
  EXPECT_EQ(head().seq, 99U);
}

TEST_F(LogCopyTest, LateAnswersOfNoUseAreIgnored) {
  stands(kShared, 5);
  EXPECT_EQ(head().epoch, kOwn);
  load(3);
  answer_read(kShared);
  EXPECT_EQ(head().seq, 3U);
}

}  // namespace
}  // namespace gateway::backbone
