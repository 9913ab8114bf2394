#include "base/log_format.h"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "base/text.h"

namespace gateway::base {
namespace {

constexpr WallMs kTime = 1795420800123;  // 2026-11-23T08:00:00.123Z

std::string text_of(std::string_view value) {
  return format_log_text({kTime, LogLevel::info, "m", {{"v", value}}});
}
std::string json_of(std::string_view value) {
  return format_log_json({kTime, LogLevel::info, "m", {{"v", value}}});
}

TEST(LogFormat, TextHasTimeLevelMessageAndFields) {
  EXPECT_EQ(format_log_text({kTime, LogLevel::info, "listening", {{"port", 8443}, {"a", "b c"}}}),
            "2026-11-23T08:00:00.123Z info  listening port=8443 a=\"b c\"\n");
  EXPECT_EQ(format_log_text({kTime, LogLevel::error, "m", {}}),
            "2026-11-23T08:00:00.123Z error m\n");
}

TEST(LogFormat, JsonHasTimeLevelMessageAndFields) {
  EXPECT_EQ(
      format_log_json({kTime, LogLevel::warn, "listening", {{"port", 8443}, {"a", "b \"c\""}}}),
      "{\"time\":\"2026-11-23T08:00:00.123Z\",\"level\":\"warn\",\"message\":\"listening\","
      "\"port\":8443,\"a\":\"b \\\"c\\\"\"}\n");
}

TEST(LogFormat, FieldsWithoutANameAreLeftOut) {
  EXPECT_TRUE(format_log_text({kTime, LogLevel::info, "m", {{"", 1}, {"a", 2}, {"", "b"}}})
                  .ends_with(" m a=2\n"));
  EXPECT_TRUE(format_log_json({kTime, LogLevel::info, "m", {{"", 1}, {"a", 2}, {"", "b"}}})
                  .ends_with("\"message\":\"m\",\"a\":2}\n"));
}

TEST(LogFormat, NumbersThatJsonDoesNotKnowBecomeStrings) {
  const std::string line = format_log_json({kTime, LogLevel::info, "m", {{"v", std::nan("")}}});
  EXPECT_NE(line.find("\"v\":\"nan\""), std::string::npos) << line;
  EXPECT_NE(json_of("12").find("\"v\":\"12\""), std::string::npos) << "text stays text";
}

TEST(LogFormat, TextQuotesWhatCouldBeMistaken) {
  const std::string head = "2026-11-23T08:00:00.123Z info  m v=";
  EXPECT_EQ(text_of("plain-value/1:2"), head + "plain-value/1:2\n");
  EXPECT_EQ(text_of(""), head + "\"\"\n");
  EXPECT_EQ(text_of("a=b"), head + "\"a=b\"\n");
  EXPECT_EQ(text_of("a\"b\\c"), head + "\"a\\\"b\\\\c\"\n");
  EXPECT_EQ(text_of("x\n2026 info forged"), head + "\"x\\n2026 info forged\"\n");
  EXPECT_EQ(text_of("\r\t\x1b[31m\x7f"), head + "\"\\r\\t\\x1B[31m\\x7F\"\n");
  EXPECT_EQ(text_of("caf\xC3\xA9"), head + "\"caf\xC3\xA9\"\n");
  EXPECT_EQ(text_of("\xC2\x9B"
                    "31m"),
            head + "\"\\xC2\\x9B31m\"\n")
      << "CSI as a C1 control";
  EXPECT_EQ(text_of("\xFF\xC3"), head + "\"\\xFF\\xC3\"\n");
}

TEST(LogFormat, JsonStaysValidForAnyBytes) {
  for (int first = 0; first < 256; ++first) {
    for (const int second : {0x00, 0x22, 0x41, 0x80, 0xBF, 0xFF}) {
      const std::string value{static_cast<char>(first), static_cast<char>(second)};
      const std::string line = json_of(value);
      ASSERT_TRUE(is_utf8(line)) << first << ' ' << second;
      ASSERT_FALSE(has_control(line.substr(0, line.size() - 1))) << first << ' ' << second;
      ASSERT_EQ(line.back(), '\n');
    }
  }
  EXPECT_NE(json_of("\xFFz").find("\"v\":\"\xEF\xBF\xBDz\""), std::string::npos);
}

TEST(LogFormat, MessagesCannotForgeALine) {
  const std::string line = format_log_text({kTime, LogLevel::info, "a\nb\x1b", {}});
  EXPECT_EQ(line, "2026-11-23T08:00:00.123Z info  a\\nb\\x1B\n");
}

TEST(LogFormat, LongValuesAreCutAndMarked) {
  const std::string head = "2026-11-23T08:00:00.123Z info  m v=";
  const std::string fits(kLogValueBytesMax, 'x');
  EXPECT_EQ(text_of(fits), head + fits + "\n");
  EXPECT_EQ(text_of(fits + "y"), head + fits + "…\n");
  EXPECT_NE(json_of(fits + "y").find('"' + fits + "…\""), std::string::npos);
  // The character that would be split goes as a whole.
  const std::string multi = std::string(kLogValueBytesMax - 1, 'x') + "é!";
  EXPECT_EQ(text_of(multi), head + std::string(kLogValueBytesMax - 1, 'x') + "…\n");
  const std::string tails(1000, '\x80');
  EXPECT_TRUE(is_utf8(text_of(tails)));
  EXPECT_TRUE(is_utf8(json_of(tails)));
}

}  // namespace
}  // namespace gateway::base
