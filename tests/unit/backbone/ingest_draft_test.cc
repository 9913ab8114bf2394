// What other programs write into Redis, as events.
#include "backbone/ingest_draft.h"

#include <gtest/gtest.h>

#include "backbone/options.h"
#include "backbone/redis_greeting.h"
#include "unit/backbone/redis_values.h"

namespace gateway::backbone {
namespace {

using test::error;
using test::list;
using test::text;

constexpr std::size_t kMax = 10;

InboxEntry read(const std::vector<std::string>& fields) {
  std::vector<RedisReply> pairs;
  for (const std::string& field : fields) pairs.push_back(text(field));
  auto entries = read_inbox_entries(list({list({text("5-1"), list(std::move(pairs))})}), kMax);
  EXPECT_EQ(entries.size(), 1U);
  return std::move(entries.front());
}

TEST(InboxMessage, IsTextOfItsBoard) {
  const auto draft = read_inbox_message("in:", "in:a b", "{}", kMax);
  ASSERT_TRUE(draft.ok());
  EXPECT_EQ(draft->boards, std::vector<std::string>{"a b"});
  EXPECT_EQ(draft->data, "{}");
  EXPECT_FALSE(draft->data_is_json);
  EXPECT_TRUE(read_inbox_message("in:", "in:a", std::string(kMax, 'x'), kMax).ok());
  EXPECT_FALSE(read_inbox_message("in:", "in:a", std::string(kMax + 1, 'x'), kMax).ok());
  EXPECT_FALSE(read_inbox_message("in:", "in:", "x", kMax).ok());
  EXPECT_FALSE(read_inbox_message("in:", "in:a*", "x", kMax).ok());
  EXPECT_FALSE(read_inbox_message("in:", "in:a", "\xff", kMax).ok());
  EXPECT_FALSE(read_inbox_message("in:", "in:a", std::string_view("\0", 1), kMax).ok());
}

TEST(InboxMessage, OfAChannelThatWasNotAskedForIsRefused) {
  for (const char* channel : {"", "in", "xin:a"}) {
    EXPECT_FALSE(read_inbox_message("in:", channel, "x", kMax).ok()) << channel;
  }
}

TEST(InboxEntry, HasBoardsDataTypeAndKey) {
  const InboxEntry entry =
      read({"board", "a", "event", "t", "board", "b", "board", "a", "data", "x", "key", "k"});
  EXPECT_EQ(entry.id, "5-1");
  ASSERT_TRUE(entry.draft.ok());
  EXPECT_EQ(entry.draft->boards, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(entry.draft->type, "t");
  EXPECT_EQ(entry.draft->key, "k");
  EXPECT_EQ(read({"board", "a", "data", "", "event", "message"}).draft->type, "");
}

TEST(InboxEntry, SaysHowLargeItIs) {
  EXPECT_EQ(read({"board", "a", "data", "hello"}).bytes, 15U);
  EXPECT_EQ(read({"board", "a", "data", std::string(100, 'x')}).bytes, 110U);
}

TEST(InboxEntry, WhatIsNoEventKeepsItsId) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"board", "a"},
      {"data", "x"},
      {"board", "a", "data", "x", "more", "y"},
      {"board", "a", "data", "x", "event", "open"},
      {"board", "a", "data", "x", "event", "boardcast.gap"},
      {"board", "a", "data", "x", "event", "a\nb"},
      {"board", "a", "data", "x", "event", std::string(257, 'x')},
      {"board", "a", "data", "x", "key", ""},
      {"board", "a", "data", "x", "key", "\xc2\x85"},
      {"board", "a", "data", std::string(kMax + 1, 'x')}};
  for (const auto& fields : wrong) {
    const InboxEntry entry = read(fields);
    EXPECT_FALSE(entry.draft.ok());
    EXPECT_EQ(entry.id, "5-1");
  }
  EXPECT_TRUE(read_inbox_entries({}, kMax).empty());
  EXPECT_TRUE(read_inbox_entries(list({RedisReply{}}), kMax).empty()) << "deleted meanwhile";
}

TEST(RedisGreeting, ARefusalRepeatsNoPassword) {
  EXPECT_EQ(auth_refusal(error("WRONGPASS invalid"), "hush"), "AUTH: WRONGPASS invalid");
  EXPECT_EQ(auth_refusal(error("ERR unknown command 'AUTH', with args: 'hush'"), "hush"),
            "AUTH: ERR");
}

}  // namespace
}  // namespace gateway::backbone
