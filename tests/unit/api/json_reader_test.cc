#include "api/json_reader.h"

#include <chrono>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/json_stream.h"

namespace gateway::api {
namespace {

using Kind = JsonToken::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

/// Writes each token down as "separator kind source"; strings with their text behind.
class Scribe final : public JsonVisitor {
 public:
  bool visit(const JsonToken& token) override {
    std::string line;
    if (token.separator != '\0') line += token.separator;
    line += std::string(1, "{}[]ks="[static_cast<std::size_t>(token.kind)]);
    line += token.source;
    if (token.kind == Kind::key || token.kind == Kind::string) {
      line += "<" + std::string(token.text) + ">";
    }
    lines.push_back(line);
    return lines.size() < stop_after;
  }

  std::vector<std::string> lines;
  std::size_t stop_after = SIZE_MAX;
};

std::vector<std::string> tokens(std::string_view json) {
  Scribe scribe;
  const auto read = read_json(json, 64, scribe);
  EXPECT_TRUE(read.ok()) << json << ": " << (read ? "" : read.error().what);
  return scribe.lines;
}

JsonError error_of(std::string_view json, std::size_t depth = 64) {
  Scribe scribe;
  const auto read = read_json(json, depth, scribe);
  EXPECT_FALSE(read.ok()) << json;
  return read ? JsonError{} : read.error();
}

TEST(JsonReader, GivesTokensAsTheyAreWritten) {
  EXPECT_THAT(
      tokens(" { \"a\\u0062\" :\t[ 1 ,\r\n-2.50E+07 , true,null ] , \"c\":{ } , "
             "\"d\" : \" \\/ , \" } "),
      ElementsAre("{{", "k\"a\\u0062\"<ab>", ":[[", "=1", ",=-2.50E+07", ",=true", ",=null", "]]",
                  ",k\"c\"<c>", ":{{", "}}", ",k\"d\"<d>", ":s\" \\/ , \"< / , >", "}}"));
}

TEST(JsonReader, TakesScalarsAtTheTop) {
  EXPECT_THAT(tokens("12"), ElementsAre("=12"));
  EXPECT_THAT(tokens(" false\n"), ElementsAre("=false"));
  EXPECT_THAT(tokens("\"\\\\\\\"\""), ElementsAre("s\"\\\\\\\"\"<\\\">"));
}

TEST(JsonReader, NumbersAreNeverConverted) {
  const std::string digits(400, '9');
  for (const std::string& number : {std::string("1e400"), std::string("-1E+99999999999999999999"),
                                    std::string("1.10"), std::string("0.0"), std::string("-0"),
                                    std::string("1234567890123456789012345678901234567890"), digits,
                                    digits + "." + digits + "e-" + digits}) {
    EXPECT_THAT(tokens(number), ElementsAre("=" + number));
    EXPECT_THAT(tokens("[" + number + "]"), ElementsAre("[[", "=" + number, "]]"));
  }
}

TEST(JsonReader, RefusesWhatIsNoNumber) {
  for (const std::string number :
       {"-",         "--1", "+1",    "01",  "-01",   "00",   "1.",    ".5",  "1.e5",
        "1e",        "1e+", "1.5.3", "1-2", "1e5e5", "0x10", "1_000", "NaN", "Infinity",
        "-Infinity", "1 2", "１",    "1a",  "1\"",   "-a",   "1e5.0"}) {
    EXPECT_THAT(error_of(number).what, HasSubstr("Broken JSON")) << number;
    EXPECT_THAT(error_of("[" + number + "]").what, HasSubstr("Broken JSON")) << number;
    EXPECT_THAT(error_of("{\"a\":" + number + "}").what, HasSubstr("Broken JSON")) << number;
  }
}

TEST(JsonReader, RefusesBrokenTexts) {
  for (const std::string json : {"",           " ",           "{",
                                 "}",          "[",           "]",
                                 "[1",         "[1,",         "[,1]",
                                 "[1,]",       "{\"a\"}",     "{\"a\":}",
                                 "{\"a\":1,}", "{a:1}",       "{'a':1}",
                                 "{1:1}",      "[1 2]",       "[1][2]",
                                 "{}{}",       "tru",         "nul",
                                 "True",       "\"a",         "\"\\x\"",
                                 "\"\\u12\"",  "\"\\u12g4\"", "[1]x",
                                 "/**/1",      "[1,//\n2]",   "\xEF\xBB\xBF{}",
                                 "\"a\nb\"",   "\"\t\"",      "{\"a\":1 \"b\":2}",
                                 "[}",         "{]",          "[1}",
                                 "{\"a\":1]",  "{:1}",        "[:1]",
                                 "{\"a\"::1}", "{\"a\",1}",   "\v1",
                                 "1\f",        "\xA0"}) {
    EXPECT_THAT(error_of(json).what, HasSubstr("Broken JSON")) << json;
  }
}

TEST(JsonReader, SaysWhere) {
  EXPECT_EQ(error_of("{\"a\":nope}").at, 6U);
  EXPECT_EQ(error_of("[1, 2, 03]").at, 7U);
}

TEST(JsonReader, StringsAreUtf8) {
  for (const std::string bytes : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    EXPECT_THAT(error_of("\"" + bytes + "\"").what, HasSubstr("encoding")) << bytes;
    EXPECT_THAT(error_of("{\"" + bytes + "\":1}").what, HasSubstr("encoding")) << bytes;
  }
  EXPECT_THAT(tokens("\"\\uD83D\\uDE00\""), ElementsAre("s\"\\uD83D\\uDE00\"<😀>"));
}

TEST(JsonReader, RefusesHalvesOfSurrogatePairs) {
  for (const std::string half : {"\\uD800", "\\uDBFF", "\\uDC00", "\\uDFFF", "\\udc00\\ud800",
                                 "\\uD800\\u0041", "\\uD800x", "\\uD800\\n", "\\uD800\\uD800"}) {
    EXPECT_THAT(error_of("\"" + half + "\"").what, HasSubstr("surrogate pair")) << half;
    EXPECT_THAT(error_of("[{\"" + half + "\":1}]").what, HasSubstr("surrogate pair")) << half;
  }
}

TEST(JsonReader, NulIsACharacterOnlyAsAnEscape) {
  EXPECT_THAT(tokens("\"a\\u0000b\""), ElementsAre(std::string("s\"a\\u0000b\"<a\0b>", 16)));
  EXPECT_EQ(error_of(std::string("[1]\0]", 5)).at, 3U);
  EXPECT_THAT(error_of(std::string("[1]\0]", 5)).what, HasSubstr("NUL"));
  EXPECT_THAT(error_of(std::string("\"\0\"", 3)).what, HasSubstr("NUL"));
}

TEST(JsonReader, RefusesRepeatedMembersAtEveryDepth) {
  for (const std::string json :
       {R"({"a":1,"a":1})", R"({"a":1,"b":2,"\u0061":3})", R"([[{"x":{"a":1,"a":2}}]])",
        R"({"x":{"a":{}},"y":[{"a":1},{"a":1,"a":1}]})", R"({"":1,"":2})"}) {
    EXPECT_THAT(error_of(json).what, HasSubstr("Repeated member")) << json;
  }
  tokens(R"({"a":{"a":{"a":1},"b":2},"b":[{"a":1},{"a":1}],"A":1})");
}

TEST(JsonReader, KeysThatDifferAfterNulDiffer) { tokens(R"({"a\u0000b":1,"a\u0000c":1,"a":1})"); }

TEST(JsonReader, BoundsTheDepth) {
  const auto nested = [](std::size_t depth, std::string_view open, std::string_view close) {
    std::string json;
    for (std::size_t i = 0; i < depth; ++i) json += open;
    json += "1";
    for (std::size_t i = 0; i < depth; ++i) json += close;
    return json;
  };
  EXPECT_EQ(tokens(nested(64, "[", "]")).size(), 129U);
  EXPECT_EQ(tokens(nested(64, "{\"a\":", "}")).size(), 193U);
  EXPECT_THAT(error_of(nested(65, "[", "]")).what, HasSubstr("deeper than 64"));
  EXPECT_THAT(error_of(nested(65, "{\"a\":", "}")).what, HasSubstr("deeper than 64"));
  EXPECT_THAT(error_of("[]", 0).what, HasSubstr("deeper than 0"));
  // Depth, not count: what is closed is forgotten.
  std::string wide = "[";
  for (int i = 0; i < 1000; ++i) wide += "[{}],";
  tokens(wide + "[]]");
}

TEST(JsonReader, VisitorEndsTheReading) {
  Scribe scribe;
  scribe.stop_after = 3;
  const auto read = read_json("[1,2,3,broken", 64, scribe);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().what, "");
  EXPECT_EQ(scribe.lines.size(), 3U);
}

class Nobody final : public JsonVisitor {
 public:
  bool visit(const JsonToken&) override {
    ++count;
    return true;
  }
  std::size_t count = 0;
};

TEST(JsonReader, HostileMegabytesAreQuick) {
  constexpr std::size_t kMegabyte = 1024 * 1024;
  const auto begin = std::chrono::steady_clock::now();
  Nobody nobody;
  EXPECT_FALSE(read_json(std::string(kMegabyte, '['), 64, nobody).ok());
  EXPECT_FALSE(read_json(std::string(kMegabyte, '1') + "x", 64, nobody).ok());
  EXPECT_FALSE(read_json("[" + std::string(kMegabyte, '-'), 64, nobody).ok());
  EXPECT_TRUE(read_json(std::string(kMegabyte, '7'), 64, nobody).ok());
  EXPECT_TRUE(read_json('"' + std::string(kMegabyte, 'x') + '"', 64, nobody).ok());
  EXPECT_TRUE(read_json("1" + std::string(kMegabyte, ' '), 64, nobody).ok());

  std::string members = "{";
  for (std::size_t i = 0; members.size() < kMegabyte; ++i) {
    members += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  }
  EXPECT_TRUE(read_json(members + "}", 64, nobody).ok());
  // Long names alike to the last byte: comparing them is what costs.
  members = "{";
  for (std::size_t i = 0; members.size() < kMegabyte; ++i) {
    members += (i == 0 ? "\"" : ",\"") + std::string(1000, 'x') + std::to_string(i) + "\":1";
  }
  EXPECT_TRUE(read_json(members + "}", 64, nobody).ok());
  EXPECT_GT(nobody.count, 100'000U);
  // Quadratic would be hours; linear is well under a second, sanitizers and a busy machine apart.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(JsonNumber, LengthEndsAtADelimiter) {
  EXPECT_EQ(json_number_length("0"), 1U);
  EXPECT_EQ(json_number_length("-12.5e-3,"), 8U);
  EXPECT_EQ(json_number_length("1E2]"), 3U);
  EXPECT_EQ(json_number_length("1 "), 1U);
  for (const std::string_view none : {"", "-", "x", "1x", "1.", "1.x", "1e", "1e+", "00", "1\""}) {
    EXPECT_EQ(json_number_length(none), 0U) << none;
  }
}

}  // namespace
}  // namespace gateway::api
