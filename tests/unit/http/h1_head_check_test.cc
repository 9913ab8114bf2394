#include "http/h1_head_check.h"

#include <string>

#include <gtest/gtest.h>

namespace gateway::http {
namespace {

using State = HeadScanner::State;

TEST(HeadScannerTest, FindsTheEndOfTheHead) {
  const Options options;
  HeadScanner scanner(options);
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX:\tb\xC3\xA9\r\n\r\n";
  for (std::size_t bytes = 0; bytes < head.size(); ++bytes) {
    ASSERT_EQ(scanner.scan(head.substr(0, bytes)), State::incomplete) << bytes;
  }
  EXPECT_EQ(scanner.scan(head + "body\n"), State::complete);
  EXPECT_EQ(scanner.bytes(), head.size());
  scanner.reset();
  EXPECT_EQ(scanner.scan("A\r\n\r\n"), State::complete);
  EXPECT_EQ(scanner.bytes(), 5u);
}

TEST(HeadScannerTest, RefusesAtTheFirstWrongByte) {
  struct Case {
    std::string good;
    char wrong;
    std::string_view says;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1", '\n', "without a carriage return"},
      {"GET / HTTP/1.1\r\nHost: a", '\n', "without a carriage return"},
      {"GET / HTTP/1.1\r\nHost: a\r\n", '\n', "without a carriage return"},
      {"GET / HTTP/1.1\r", 'H', "stands alone"},
      {"GET / HTTP/1.1\r\nHost: a\r", '\r', "stands alone"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r", 'x', "stands alone"},
      {"", '\x16', "control character"},
      {"GET /", '\0', "control character"},
      {"GET / HTTP/1.1\r\nX: ", '\x7F', "control character"},
      {"", ' ', "white space"},
      {"GET / HTTP/1.1\r\n", ' ', "white space"},
      {"GET / HTTP/1.1\r\nX: a\r\n", '\t', "white space"},
      {"\r", '\n', "empty line"},
  };
  const Options options;
  for (const Case& test : cases) {
    HeadScanner scanner(options);
    EXPECT_EQ(scanner.scan(test.good), State::incomplete) << test.good;
    EXPECT_EQ(scanner.scan(test.good + test.wrong), State::refused) << test.good;
    EXPECT_EQ(scanner.refusal().status, 400) << test.good;
    EXPECT_NE(scanner.refusal().detail.find(test.says), std::string_view::npos)
        << scanner.refusal().detail;
  }
}

TEST(HeadScannerTest, StopsAtItsLimits) {
  Options options;
  options.url_bytes = 100;
  options.header_bytes = 50;
  HeadScanner endless(options);
  EXPECT_EQ(endless.scan(std::string(214, 'a')), State::incomplete);
  EXPECT_EQ(endless.scan(std::string(215, 'a')), State::refused);
  EXPECT_EQ(endless.refusal().status, 414);
  HeadScanner fields(options);
  const std::string request_line = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(fields.scan(request_line + std::string(50, 'a')), State::incomplete);
  EXPECT_EQ(fields.scan(request_line + std::string(51, 'a')), State::refused);
  EXPECT_EQ(fields.refusal().status, 431);
}

TEST(HeadScannerTest, FollowsALineThatIsTooLongToTheEndOfTheHead) {
  Options options;
  options.url_bytes = 100;
  options.header_bytes = 50;
  const std::string line = std::string(165, 'a') + "\r\n";
  HeadScanner whole(options);
  EXPECT_EQ(whole.scan(line + "X: a\r\n"), State::incomplete);
  EXPECT_EQ(whole.scan(line + "X: a\r\n\r\nbody"), State::refused);
  EXPECT_EQ(whole.refusal().status, 414);
  EXPECT_EQ(whole.bytes(), line.size() + 8);
  HeadScanner over(options);  // what both limits allow together
  EXPECT_EQ(over.scan(line + std::string(47, 'a')), State::incomplete);
  EXPECT_EQ(over.scan(line + std::string(48, 'a')), State::refused);
  EXPECT_EQ(over.refusal().status, 414);
  HeadScanner wrong(options);
  EXPECT_EQ(wrong.scan(line + "\n"), State::refused);
  EXPECT_EQ(wrong.refusal().status, 400);
}

TEST(LoneOriginTest, IsTheOneWholeLine) {
  const std::string line = "GET / HTTP/1.1\r\n";
  const auto of = [&line](const char* fields) { return std::string(lone_origin(line + fields)); };
  EXPECT_EQ(of("Host: a\r\nOrigin: https://b\r\n"), "https://b");
  EXPECT_EQ(of("oRIGIN:\thttps://b \r\nHost: a"), "https://b");
  EXPECT_EQ(of("Origin: null\r\n\r\n"), "null");
  for (const char* none : {
           "",
           "Host: a\r\n",
           "Origin: https://b",
           "Origin: https://b\r",
           "Origin: https://b\n",
           "Origin:\r\n",
           "Origin : https://b\r\n",
           " Origin: https://b\r\n",
           "X-Origin: https://b\r\n",
           "Origin: https://b\r\nOrigin: https://b\r\n",
           "Origin:\r\nOrigin: https://b\r\n",
           "Origin: https://b https://c\r\n",
           "Origin: https://b\xC3\xA9\r\n",
       }) {
    EXPECT_EQ(of(none), "") << none;
  }
  EXPECT_EQ(lone_origin("Origin: https://b\r\n"), "") << "a request line";
  EXPECT_EQ(lone_origin(""), "");
}

TEST(FramingFieldsTest, KnowsOneWayToSayALength) {
  FramingFields none;
  EXPECT_FALSE(none.check(true));
  EXPECT_FALSE(none.chunked());
  EXPECT_EQ(none.content_length(), 0u);

  FramingFields length;
  length.add("content-length", "0042");
  EXPECT_FALSE(length.check(false));
  EXPECT_EQ(length.content_length(), 42u);

  FramingFields chunked;
  chunked.add("transfer-encoding", "CHUNKED");
  EXPECT_FALSE(chunked.check(true));
  EXPECT_TRUE(chunked.chunked());
  EXPECT_EQ(chunked.check(false)->status, 400);
  chunked.add("content-length", "0");
  EXPECT_EQ(chunked.check(true)->status, 400);

  FramingFields twice;
  twice.add("content-length", "1");
  twice.add("content-length", "1");
  EXPECT_EQ(twice.check(true)->status, 400);
}

TEST(FramingFieldsTest, KnowsOneExpectation) {
  FramingFields framing;
  framing.add("expect", "100-Continue");
  EXPECT_FALSE(framing.check(true));
  EXPECT_TRUE(framing.expects_continue());
  framing.add("expect", "more");
  EXPECT_EQ(framing.check(true)->status, 417);
  EXPECT_FALSE(framing.check(false)) << "HTTP/1.0 knows no expectations";
}

}  // namespace
}  // namespace gateway::http
