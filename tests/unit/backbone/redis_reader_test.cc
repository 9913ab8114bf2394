// Bytes of Redis's protocol become replies, within bounds.
#include "backbone/redis_reader.h"

#include <gtest/gtest.h>

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;

constexpr std::size_t kMax = std::size_t{1} << 20U;

std::string error_of(std::string_view bytes) {
  RedisReader reader(kMax);
  reader.feed(bytes);
  while (reader.next()) {
  }
  return reader.error();
}

TEST(RedisReader, RepliesOfEachKind) {
  RedisReader reader(kMax);
  reader.feed(
      "+OK\r\n-ERR "
      "no\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*0\r\n*3\r\n:1\r\n*1\r\n$0\r\n\r\n+x\r\n");
  const auto next = [&reader] { return reader.next().value(); };
  RedisReply reply = next();
  EXPECT_TRUE(reply.is(Kind::text) && reply.text == "OK");
  reply = next();
  EXPECT_TRUE(reply.is_error("ERR") && reply.text == "ERR no");
  reply = next();
  EXPECT_TRUE(reply.is(Kind::number) && reply.number == -7);
  reply = next();
  EXPECT_TRUE(reply.is(Kind::text) && reply.text == "a\r\n") << "not only lines";
  EXPECT_TRUE(next().is(Kind::nil));
  EXPECT_TRUE(next().is(Kind::nil));
  reply = next();
  EXPECT_TRUE(reply.is(Kind::list) && reply.list.empty());
  reply = next();
  ASSERT_TRUE(reply.is(Kind::list) && reply.list.size() == 3);
  EXPECT_EQ(reply.list[0].number, 1);
  ASSERT_EQ(reply.list[1].list.size(), 1U);
  EXPECT_TRUE(reply.list[1].list[0].is(Kind::text) && reply.list[1].list[0].text.empty());
  EXPECT_EQ(reply.list[2].text, "x");
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.error(), "");
}

TEST(RedisReader, BytesMayComeOneByOne) {
  RedisReader reader(kMax);
  const std::string_view bytes = "*2\r\n*2\r\n:1\r\n$5\r\nhello\r\n-ERR\r\n";
  for (const char byte : bytes.substr(0, bytes.size() - 1)) {
    reader.feed({&byte, 1});
    ASSERT_FALSE(reader.next().has_value());
  }
  reader.feed("\n");
  const auto reply = reader.next();
  ASSERT_TRUE(reply && reply->list.size() == 2);
  EXPECT_EQ(reply->list[0].list[1].text, "hello");
}

TEST(RedisReader, WhatIsNoReplyEndsIt) {
  for (const char* bytes :
       {"x", ">1\r\n:1\r\n", "%1\r\n", "#t\r\n", "\r\n", ":x\r\n", ":\r\n", "$-2\r\n", "*-2\r\n",
        "*x\r\n", "*2147483648\r\n", "$99999999999999999999\r\n"}) {
    EXPECT_NE(error_of(bytes), "") << bytes;
  }
  std::string deep;
  for (int i = 0; i < 9; ++i) deep += "*1\r\n";
  EXPECT_NE(error_of(deep + ":1\r\n"), "");
  RedisReader reader(kMax);
  reader.feed("x");
  EXPECT_FALSE(reader.next().has_value());
  reader.feed("+OK\r\n");
  EXPECT_FALSE(reader.next().has_value()) << "never again";
}

TEST(RedisReader, WhatWouldTakeTooMuchEndsIt) {
  EXPECT_NE(error_of("*1000000000\r\n").find("more than 1048576 bytes"), std::string::npos);
  EXPECT_NE(error_of("$2147483647\r\n" + std::string(kMax + RedisReader::kLineMax, 'x'))
                .find("more than"),
            std::string::npos);
  EXPECT_EQ(error_of("$1000000\r\n" + std::string(999'999, 'x')), "") << "not yet, and it may be";
  // Small ones that together are large.
  std::string numbers = "*10\r\n";
  for (int list = 0; list < 10; ++list) {
    numbers += "*5000\r\n";
    for (int i = 0; i < 5'000; ++i) numbers += ":1\r\n";
  }
  EXPECT_NE(error_of(numbers).find("more than"), std::string::npos);
}

TEST(RedisReader, EachReplyMayTakeAsMuchAsTheOneBefore) {
  RedisReader reader(kMax);
  for (int i = 0; i < 8; ++i) {
    reader.feed("*2\r\n$600000\r\n" + std::string(600'000, 'x') + "\r\n:1\r\n");
    ASSERT_TRUE(reader.next().has_value()) << i << reader.error();
  }
}

TEST(RedisReader, ALineHasAnEnd) {
  const std::string long_line(RedisReader::kLineMax - 10, 'x');
  EXPECT_EQ(error_of("+" + long_line), "");
  EXPECT_NE(error_of("+" + long_line + long_line).find("a line of more than"), std::string::npos);
  EXPECT_NE(error_of("$" + long_line + long_line).find("a line of more than"), std::string::npos);
}

}  // namespace
}  // namespace gateway::backbone
