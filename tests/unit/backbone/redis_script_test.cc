// The script's call and its answers.
#include "backbone/redis_script.h"

#include <gtest/gtest.h>

#include "unit/backbone/redis_values.h"

namespace gateway::backbone {
namespace {

using test::error;
using test::list;
using test::number;
using test::text;

using Words = std::vector<std::string>;

TEST(RedisScript, WordsAreKeysAndArguments) {
  const RedisNames names("p");
  std::vector<broker::Draft> batch{{{"a", "b"}, "t", "x", false, "k\nsub"},
                                   {{"c"}, "", "{}", true}};
  Words command{"EVALSHA", "sha"};
  for (std::string& word : script_words(names, "keep", batch, "me")) command.push_back(word);
  set_server(command, "run", 0x2a, {7, 0x1f});
  EXPECT_EQ(command, (Words{"EVALSHA",    "sha",
                            "5",          "{p}:head",
                            "{p}:log",    "{p}:latest",
                            "{p}:ingest", "{p}:key:k\nsub",
                            "run",        "0000002a",
                            "{p}:events", "keep",
                            "me",         "00000007-00000000001f",
                            "a\nb",       "t",
                            "text",       "x",
                            "1",          "c",
                            "",           "json",
                            "{}",         ""}));
}

TEST(RedisScript, WhatToKeepIsNumbersAndTheBoardsThatDeliverTheirLatest) {
  const RedisKeeping keeping{10, 1'000, std::chrono::seconds(60), std::chrono::seconds(2), 500};
  broker::HistoryOptions history;
  history.rules.push_back({"x", {}});
  EXPECT_EQ(keep_word(keeping, history), "10 1000 60000 2000 500\n") << "all deliver all";
  broker::HistoryLimits latest;
  latest.deliver = broker::Deliver::latest;
  history.rules.push_back({"y*", latest});
  history.rules.push_back({"z", {}});
  EXPECT_EQ(keep_word(keeping, history), "10 1000 60000 2000 500\n-x\n+y*\n");
}

TEST(RedisScript, DifferencesInWhatToKeepAreNamed) {
  const std::string here = "10 1000 60000 2000 500\n+y*\n";
  EXPECT_EQ(keep_difference(here, here), "");
  EXPECT_EQ(keep_difference(here, "10 2000 60000 0 500\n+y*\n"),
            "redis.bytes: 1000 here, 2000 there; publish.dedupe_window (ms): 2000 here, 0 there");
  EXPECT_EQ(keep_difference(here, "10 1000 60000 2000 500\n"), "which boards deliver their latest");
  for (const char* none : {"", "\n", "1 2 3", "a b c d e\n", "1 2 3 4 5 6\n", "1 2 3 4 5"}) {
    EXPECT_EQ(keep_difference(here, none), "all of it") << none;
  }
  EXPECT_EQ(keep_hint(here), "?" + here);
}

TEST(RedisScript, AnswersSayWhereTheLogStandsAndGiveIds) {
  const auto answer =
      read_script_answer(list({text("0000002a"), number(9), number(5'000), number(4), number(1),
                               text("0000002a-000000000009"), text("00000001-000000000003")}),
                         2);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->standing.epoch, 0x2aU);
  EXPECT_EQ(answer->standing.seq, 9U);
  EXPECT_EQ(answer->standing.first, 4U);
  EXPECT_EQ(answer->published.repeated, 1U);
  EXPECT_EQ(answer->published.ids, (std::vector<broker::EventId>{{0x2a, 9}, {1, 3}}));
}

TEST(RedisScript, AnswersWithFewerIdsThanEventsAcknowledgeNothing) {
  const auto answer = list({text("0000002a"), number(9), number(5'000), number(4), number(0),
                            text("0000002a-000000000009")});
  EXPECT_TRUE(read_script_answer(answer, 1).has_value());
  EXPECT_FALSE(read_script_answer(answer, 2).has_value());
  EXPECT_EQ(publish_error(answer).reason, PublishError::unknown);
}

TEST(RedisScript, OtherAnswersAreNone) {
  EXPECT_FALSE(read_script_answer({}, 0).has_value());
  EXPECT_FALSE(read_script_answer(error("ERR"), 0).has_value());
  EXPECT_FALSE(read_script_answer(
      list({text("0000002a"), number(9), number(5'000), number(4), number(1), text("")}), 0))
      << "more events were there than there are";
  const auto standing = [](RedisReply epoch, std::int64_t seq, std::int64_t first) {
    return list(
        {std::move(epoch), number(seq), number(5), number(first), number(0), text("1 2 3 4 5\n")});
  };
  EXPECT_EQ(read_script_answer(standing(text("0000002a"), 0, 1), 0)->kept, "1 2 3 4 5\n");
  EXPECT_TRUE(read_script_answer(standing(text("0000002a"), 0, 1), 0).has_value());
  EXPECT_FALSE(read_script_answer(standing(text("00000000"), 0, 1), 0).has_value());
  EXPECT_FALSE(read_script_answer(standing(text("x"), 0, 1), 0).has_value());
  EXPECT_FALSE(read_script_answer(standing(text("0000002a"), 3, 5), 0).has_value());
  EXPECT_FALSE(read_script_answer(standing(text("0000002a"), -1, 1), 0).has_value());
}

TEST(RedisScript, ErrorsSayWhatBecameOfTheEvents) {
  EXPECT_EQ(publish_error({}).reason, PublishError::unknown) << "lost: it may have been done";
  EXPECT_EQ(publish_error(error("ERR anything")).reason, PublishError::unknown);
  EXPECT_EQ(publish_error(error("NOPERM")).reason, PublishError::unknown) << "in the midst of it";
  for (const char* nothing :
       {"OOM command not allowed", "READONLY You can't", "LOADING", "TOOLARGE 3"}) {
    EXPECT_EQ(publish_error(error(nothing)).reason, PublishError::unavailable) << nothing;
  }
  const PublishError conflict = publish_error(error("CONFLICT 12"));
  EXPECT_EQ(conflict.reason, PublishError::conflict);
  EXPECT_EQ(conflict.index, 12U);
  for (const char* of_nothing : {"CONFLICT", "CONFLICT ", "CONFLICT x"}) {
    EXPECT_EQ(publish_error(error(of_nothing)).reason, PublishError::conflict) << of_nothing;
    EXPECT_EQ(publish_error(error(of_nothing)).index, 0U) << of_nothing;
  }
}

TEST(RedisScript, FieldsOfInfo) {
  const char* info = "# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n";
  EXPECT_EQ(info_field(info, "run_id"), "abc");
  EXPECT_EQ(info_field(info, "redis_version"), "7.0.15");
  EXPECT_EQ(info_field(info, "run"), "");
}

}  // namespace
}  // namespace gateway::backbone
