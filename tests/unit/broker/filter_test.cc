#include "broker/filter.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace gateway::broker {
namespace {

using Texts = std::vector<std::string>;

NameError error_of(std::string_view name) { return check_board_name(name).error(); }
std::string refusal(const Texts& names, const Texts& types = {}) {
  return Filter::compile(names, types).error().message;
}

TEST(BoardName, MayBeAnyPlainUtf8) {
  for (const char* name : {"a", "board-1", "Räume/grün", "名前", "a b", "a,b", "\xC2\xA0"}) {
    EXPECT_TRUE(check_board_name(name)) << name;
  }
  EXPECT_TRUE(check_board_name(std::string(256, 'x')));
}

TEST(BoardName, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(""), NameError::empty);
  EXPECT_EQ(error_of(std::string(257, 'x')), NameError::too_long);
  EXPECT_EQ(error_of("\xFF"), NameError::not_utf8);
  EXPECT_EQ(error_of("\xC0\x80"), NameError::not_utf8);
  EXPECT_EQ(error_of("a\nb"), NameError::control_character);
  EXPECT_EQ(error_of(std::string(1, '\0')), NameError::control_character);
  EXPECT_EQ(error_of("\x7F"), NameError::control_character);
  EXPECT_EQ(error_of("a\xC2\x85"), NameError::control_character) << "U+0085, next line";
  EXPECT_EQ(error_of("*"), NameError::asterisk);
  EXPECT_EQ(error_of("a*"), NameError::asterisk);
  EXPECT_EQ(error_of("a*b"), NameError::asterisk);
}

TEST(FilterCompile, KeepsTheOrderAndDropsRepeatsAndEmptyNames) {
  const auto filter = Filter::compile({"b", "", "a", "b", "team-*", "*", "team-*"}, {});
  ASSERT_TRUE(filter);
  EXPECT_EQ(filter->names(), (Texts{"b", "a", "team-*", "*"}));
  EXPECT_TRUE(is_pattern(filter->names()[2]));
  EXPECT_EQ(prefix_of(filter->names()[2]), "team-");
  EXPECT_EQ(prefix_of("*"), "");
}

TEST(FilterCompile, MayBeEmpty) { EXPECT_TRUE(Filter::compile({"", ""}, {})->empty()); }

TEST(FilterCompile, NamesTheCulprit) {
  EXPECT_EQ(refusal({"ok", "a*b"}),
            "The board name \"a*b\" contains an asterisk, which only ends a pattern.");
  EXPECT_EQ(refusal({"a**"}),
            "The pattern \"a**\" contains an asterisk, which only ends a pattern.");
  EXPECT_EQ(refusal({"a\tb"}), "The board name \"a\\tb\" contains a control character.");
  EXPECT_EQ(refusal({"ok"}, {"x\ny"}), "The event type \"x\\ny\" contains a control character.");
  EXPECT_EQ(refusal({"\xFFz"}), "The board name \"\\xffz\" is not valid UTF-8.");
}

TEST(FilterCompile, CountsThePatternWithItsAsterisk) {
  EXPECT_TRUE(Filter::compile({std::string(255, 'x') + '*'}, {}));
  EXPECT_FALSE(Filter::compile({std::string(256, 'x') + '*'}, {}));
}

TEST(FilterCompile, AnErrorIsFitForAClient) {
  for (const std::string& name : {std::string(5'000, 'x'), std::string(300, '\xE2'),
                                  std::string("\xC2\x80"), std::string("a\xF0\x9F")}) {
    const std::string message = refusal({name});
    EXPECT_TRUE(base::is_utf8(message)) << message;
    EXPECT_LT(message.size(), 400U);
  }
}

TEST(FilterTypes, EmptyKeepsAllAndMessageMeansUntyped) {
  EXPECT_TRUE(Filter::compile({"a"}, {})->wants_type("x"));
  EXPECT_TRUE(Filter::compile({"a"}, {""})->wants_type("x"));
  const auto some = Filter::compile({"a"}, {"x", "message"});
  EXPECT_TRUE(some->wants_type("x"));
  EXPECT_TRUE(some->wants_type(""));
  EXPECT_FALSE(some->wants_type("y"));
  EXPECT_FALSE(Filter::compile({"a"}, {"x"})->wants_type(""));
}

TEST(FilterPool, GivesWhatIsEqualOneContentAndForgetsIt) {
  const auto compile = [](const std::vector<std::string>& names,
                          const std::vector<std::string>& types = {}) {
    return *Filter::compile(names, types);
  };
  FilterPool pool;
  {
    const Filter first = pool.share(compile({"a", "b*"}));
    const Filter same = pool.share(compile({"a", "b*", "a"}));
    EXPECT_EQ(&first.names(), &same.names());
    EXPECT_EQ(pool.size(), 1U);
    const Filter others[] = {pool.share(compile({"b*", "a"})), pool.share(compile({"a"})),
                             pool.share(compile({"a", "b*"}, {"x"})),
                             pool.share(compile({"a", "b*", "x"}))};
    for (const Filter& other : others) EXPECT_NE(&other.names(), &first.names());
    EXPECT_EQ(pool.size(), 5U);
    const Filter copy = others[2];
    EXPECT_FALSE(copy.wants_type("y"));
    EXPECT_EQ(&pool.share(copy).names(), &copy.names()) << "one of its own";
  }
  EXPECT_EQ(pool.size(), 0U);
}

}  // namespace
}  // namespace gateway::broker
