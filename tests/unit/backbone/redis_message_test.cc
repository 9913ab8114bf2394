// What comes from Redis, by its channel and by its stream, and what is not believed.
#include "backbone/redis_message.h"

#include <gtest/gtest.h>

#include "unit/backbone/redis_values.h"

namespace gateway::backbone {
namespace {

using test::entry;
using test::exec;
using test::message_of;

TEST(RedisMessage, ABatchHasDenseSeqsAndOneTime) {
  const auto message = read_message(
      "events 0000002a 7 1795743195754\n"
      "7:a\nb:c=d0:4:text7:x:1,\n2:1:z1:t4:json2:{}");
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->epoch, 0x2aU);
  ASSERT_EQ(message->events.size(), 2U);
  EXPECT_EQ(message->events[0].seq, 7U);
  EXPECT_EQ(message->events[1].seq, 8U);
  EXPECT_EQ(message->events[1].time, 1795743195754);
  EXPECT_EQ(message->events[0].age, base::Duration::zero());
  EXPECT_EQ(message->events[0].draft.boards, (std::vector<std::string>{"a", "b:c=d"}));
  EXPECT_EQ(message->events[0].draft.data, "x:1,\n2:");
  EXPECT_FALSE(message->events[0].draft.data_is_json);
  EXPECT_TRUE(message->events[1].draft.data_is_json);
  EXPECT_EQ(message->events[1].draft.type, "t");
}

TEST(RedisMessage, AnEpochBegins) {
  const auto message = read_message("epoch 0000002a\n");
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->epoch, 0x2aU);
  EXPECT_TRUE(message->events.empty());
}

TEST(RedisMessage, WhatIsNone) {
  const std::string good = message_of(1, 1, {"a"});
  ASSERT_TRUE(read_message(good).has_value());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_message(good.substr(0, size)).has_value()) << size;
  }
  for (const char* text :
       {"events 00000001 1 5\n", "events 00000000 1 5\n1:a0:4:text0:", "epoch 00000000\n",
        "events 00000001 0 5\n1:a0:4:text0:", "events 00000001 1 5\n1:a0:4:bits0:",
        "events 00000001 1 5\n0:0:4:text0:", "events 00000001 1 5\n1:*0:4:text0:",
        "events 00000001 1 5\n1:a16:boardcast.closed4:text0:",
        "events 00000001 1 5\n1:a2:\xc2\x85"
        "4:text0:",
        "events 00000001 1 5\n1:a5:error4:text0:", "events 00000001 1 5\n1:a0:4:text1:\xff",
        "events 00000001 1 5\n99999999999999999999:a",
        "events 00000001 -1 5\n1:a0:4:text0:", "hello", "events 00000001 1 5\n3:a\nb0:4:text0:x"}) {
    EXPECT_FALSE(read_message(text).has_value()) << text;
  }
}

TEST(RedisMessage, NamesAreNotReadBeyondWhatAnEventMayHave) {
  const auto event_on = [](std::size_t boards) {
    std::string names = "a";
    for (std::size_t n = 1; n < boards; ++n) names += "\na";
    return "events 00000001 1 5\n" + std::to_string(names.size()) + ':' + names + "0:4:text0:";
  };
  const auto repeated = read_message(event_on(broker::kBoardsPerEventMax));
  ASSERT_TRUE(repeated.has_value());
  EXPECT_EQ(repeated->events[0].draft.boards, std::vector<std::string>{"a"});
  EXPECT_FALSE(read_message(event_on(broker::kBoardsPerEventMax + 1)).has_value());
}

TEST(RedisEntries, HaveTheirAgeByRedissOwnClock) {
  const auto entries = read_entries(exec(1, {entry(3, "a", 97'000), entry(4, "b", 101'000)}, 100));
  ASSERT_TRUE(entries.has_value());
  EXPECT_EQ(entries->epoch, 1U);
  EXPECT_EQ(entries->upto, 4U);
  ASSERT_EQ(entries->events.size(), 2U);
  EXPECT_EQ(entries->events[0].seq, 3U);
  EXPECT_EQ(entries->events[0].age, std::chrono::seconds(3));
  EXPECT_EQ(entries->events[1].age, std::chrono::seconds(0)) << "a clock that stepped back";
}

TEST(RedisEntries, AreOfAnAgeThatCanBeReckonedWith) {
  const auto old = read_entries(exec(1, {entry(3, "a", 0)}, UINT32_MAX));
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->events[0].age, std::chrono::hours(24 * 365));
  for (const char* seconds : {"", "x", "-1", "4294967296", "18446744073709551615"}) {
    RedisReply reply = exec(1, {entry(3, "a", 0)}, 100);
    reply.list[2].list[0].text = seconds;
    EXPECT_FALSE(read_entries(reply).has_value()) << seconds;
  }
}

TEST(RedisEntries, WhatIsNoEventKeepsItsPlace) {
  RedisReply broken = entry(4, "*", 0);
  const auto entries = read_entries(exec(1, {entry(3, "a", 0), broken}, 100));
  ASSERT_TRUE(entries.has_value());
  ASSERT_EQ(entries->events.size(), 2U);
  EXPECT_TRUE(entries->events[1].draft.boards.empty());
  EXPECT_EQ(entries->events[1].seq, 4U);
  EXPECT_EQ(entries->upto, 4U);
  EXPECT_EQ(read_entries(exec(1, {}, 100))->upto, 0U);
}

TEST(RedisValues, AreEventsByTheirBoards) {
  const auto scan = [](std::vector<RedisReply> pairs) {
    RedisReply reply = exec(3, {}, 100);
    reply.list[1] = test::list({test::text("17"), test::list(std::move(pairs))});
    return reply;
  };
  using test::text;
  const auto values = read_values(scan({text("a"), text("9 97000\n3:a\nb1:t4:json2:{}"), text("b"),
                                        text("nonsense"), text("c"), text("0 1\n1:c0:4:text1:x")}));
  ASSERT_TRUE(values.has_value());
  EXPECT_EQ(values->epoch, 3U);
  EXPECT_EQ(values->cursor, "17");
  ASSERT_EQ(values->values.size(), 1U) << "what is no event is left out";
  const broker::Log::Value& value = values->values[0];
  EXPECT_EQ(value.board, "a");
  EXPECT_EQ(value.event.seq, 9U);
  EXPECT_EQ(value.event.time, 97'000);
  EXPECT_EQ(value.event.age, std::chrono::seconds(3));
  EXPECT_EQ(value.event.draft.boards, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(value.event.draft.data_is_json);
  EXPECT_FALSE(read_values(exec(3, {}, 100)).has_value());
}

TEST(RedisEntries, WhatIsNone) {
  EXPECT_FALSE(read_entries({}).has_value());
  EXPECT_FALSE(read_entries(test::number(3)).has_value());
  EXPECT_FALSE(read_entries(exec(1, {entry(4, "a", 0), entry(3, "a", 0)}, 100)).has_value());
  RedisReply wrong_type = exec(1, {}, 100);
  wrong_type.list[1] = test::error("WRONGTYPE Operation against a key");
  EXPECT_FALSE(read_entries(wrong_type).has_value());
}

}  // namespace
}  // namespace gateway::backbone
