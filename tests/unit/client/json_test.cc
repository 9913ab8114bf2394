#include "client/json.h"

#include <gmock/gmock.h>

namespace gateway::client {
namespace {

using testing::ElementsAre;

TEST(Json, ValuesAreWholeAndAlone) {
  for (const std::string_view good :
       {"0", "-0.5e+3", "1E9", "10.25", "true", "false", "null", "\"\"", R"("a\"b\\")", "[]", "{}",
        " [1, {\"a\": [ ]} ,\n\"x\"]\t", R"({"a":1,"b":{"c":null}})"}) {
    EXPECT_TRUE(is_json(good)) << good;
  }
  for (const std::string_view bad :
       {"",      " ",       "01",        "1.",         ".5",
        "+1",    "1e",      "-",         "tru",        "truex",
        "nul",   "\"",      "\"a",       "\"\\\"",     "\"\n\"",
        "[1",    "[1,]",    "[,]",       "[1 2]",      "{",
        "{1:2}", "{\"a\"}", "{\"a\":}",  "{\"a\":1,}", "1,\"event\":\"x\"",
        "1 2",   "]",       "{\"a\":1]", "'a'"}) {
    EXPECT_FALSE(is_json(bad)) << bad;
  }
}

TEST(Json, IsNestedAsDeepAsAGatewayTakes) {
  EXPECT_TRUE(is_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(is_json(std::string(65, '[') + std::string(65, ']')));
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
}

TEST(Json, MembersAreFoundAsTheyAreWritten) {
  constexpr std::string_view kText =
      R"( {"x": {"reason": "inner"}, "reason" : "epoch" , "more":3,"list":[ "a" , "b,]" ] } )";
  EXPECT_EQ(json_member(kText, "reason"), "\"epoch\"");
  EXPECT_EQ(json_member(kText, "more"), "3");
  EXPECT_EQ(json_member(kText, "x"), R"({"reason": "inner"})");
  EXPECT_EQ(json_member(kText, "list"), R"([ "a" , "b,]" ])");
  EXPECT_EQ(json_member(kText, "none"), std::nullopt);
  EXPECT_EQ(json_member(R"({"re\u0061son":1})", "reason"), "1");
  EXPECT_EQ(json_member("[\"reason\"]", "reason"), std::nullopt);
  EXPECT_EQ(json_member(R"({"reason":1)", "reason"), std::nullopt) << "no JSON";
  EXPECT_EQ(json_text_member(kText, "reason"), "epoch");
  EXPECT_EQ(json_text_member(kText, "more"), "") << "no text";
}

TEST(Json, StringsSayTheirText) {
  EXPECT_EQ(json_text(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(json_text(R"("\u0041\u00e9\u20AC\ud83d\ude00")"),
            "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  for (const std::string_view bad : {R"("\x")", R"("\u12")", R"("\u12g4")", R"("\ud83d")",
                                     R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ude00")", "7"}) {
    EXPECT_EQ(json_text(bad), std::nullopt) << bad;
  }
}

TEST(Json, ListsOfStringsAreReadOrNothingIs) {
  EXPECT_THAT(json_texts(R"(["a", "\u0062" ,""])"), ElementsAre("a", "b", ""));
  EXPECT_THAT(json_texts("[]"), ElementsAre());
  EXPECT_THAT(json_texts(R"(["a",7])"), ElementsAre());
  EXPECT_THAT(json_texts(R"(["a")"), ElementsAre());
  EXPECT_THAT(json_texts(R"("a")"), ElementsAre());
}

}  // namespace
}  // namespace gateway::client
