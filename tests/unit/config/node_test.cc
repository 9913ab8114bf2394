#include "config/node.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::config {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::string problem_of(const std::string& text) {
  const base::Result<Node, Problem> node = parse_yaml({"f.yaml", text});
  return node ? "" : to_string(node.error());
}

TEST(ParseYaml, EmptyTextsAreNull) {
  for (const char* text : {"", "\n\n", "# a comment\n", "---\n", "~", "\xEF\xBB\xBF"}) {
    const base::Result<Node, Problem> node = parse_yaml({"f.yaml", text});
    ASSERT_TRUE(node.ok()) << to_string(node.error());
    EXPECT_EQ(node->kind, Node::Kind::null) << text;
  }
}

TEST(ParseYaml, KeepsPlacesAndQuotes) {
  const auto node = parse_yaml({"f.yaml", "a:\n  - x\n  - 'y'\nb: {c: \"2\"}\r\nd:\n"});
  ASSERT_TRUE(node.ok());
  ASSERT_EQ(node->keys.size(), 3U);
  const Node& list = node->items[0];
  ASSERT_EQ(list.kind, Node::Kind::list);
  EXPECT_EQ(list.items[0].place.line, 2);
  EXPECT_EQ(list.items[0].place.column, 5);
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_TRUE(list.items[1].quoted);
  const Node& map = node->items[1];
  EXPECT_EQ(map.keys[0].text, "c");
  EXPECT_EQ(map.items[0].place.line, 4);
  EXPECT_EQ(map.items[0].place.column, 8);
  EXPECT_EQ(node->items[2].kind, Node::Kind::null);
  EXPECT_EQ(node->items[2].place.line, 5) << "a missing value is missing beside its key";
}

TEST(ParseYaml, RefusesWhatHidesOrRepeats) {
  EXPECT_EQ(problem_of("a: 1\nb: 2\na: 3\n"),
            "f.yaml:3:1: the key \"a\" stands here again; first on line 1");
  EXPECT_EQ(problem_of("s:\n  a: 1\n  'a': 1\n"),
            "f.yaml:3:3: the key \"a\" stands here again; first on line 2");
  EXPECT_EQ(problem_of("{x: 1, x: 1}"),
            "f.yaml:1:8: the key \"x\" stands here again; first on line 1");
  EXPECT_EQ(problem_of("a: &x 1\nb: *x\n"),
            "f.yaml:1:4: an anchor (&); write the value out where it is used");
  for (const char* text : {"a: *x\n", "a: *\n"}) {
    EXPECT_THAT(problem_of(text),
                MatchesRegex("f.yaml:1:[45]: an alias .*, or in quotes where .*"));
  }
  EXPECT_THAT(problem_of("&k a: 1\n"), HasSubstr("an anchor"));
  EXPECT_THAT(problem_of("a: &x {b: 1}\nc: {<<: *x}\n"), HasSubstr("an anchor"));
  EXPECT_EQ(problem_of("a: !!str 1\n"),
            "f.yaml:1:4: a tag (\"tag:yaml.org,2002:str\"); leave it out");
  EXPECT_THAT(problem_of("a: !x {b: 1}\n"), HasSubstr("a tag (\"!x\")"));
  EXPECT_THAT(problem_of("a: !x [1]\n"), HasSubstr("a tag (\"!x\")"));
  EXPECT_EQ(problem_of("a: 1\n---\nb: 2\n"), "f.yaml:2:1: a second document; one file holds one");
  EXPECT_THAT(problem_of("a: 1\n...\nb: 2\n"), HasSubstr("a second document"));
  EXPECT_EQ(problem_of("? [a]\n: 1\n"), "f.yaml:1:3: a key must be a name");
  EXPECT_EQ(problem_of(": 1\n"), "f.yaml:1:1: a key must be a name");
}

TEST(ParseYaml, SyntaxErrorsHaveAPlace) {
  EXPECT_EQ(problem_of("a: b: c\n"), "f.yaml:1:5: not YAML: illegal map value");
  EXPECT_THAT(problem_of("a:\n  - x\n - y\n"), StartsWith("f.yaml:3:2: not YAML:"));
  EXPECT_THAT(problem_of("{a: 1\n"), StartsWith("f.yaml:2:1: not YAML:"));
  EXPECT_THAT(problem_of("a: 'x"), StartsWith("f.yaml:1:6: not YAML:"));
  EXPECT_THAT(problem_of("@a: 1\n"), StartsWith("f.yaml:1:1: not YAML:"));
}

TEST(ParseYaml, RefusesBytesThatAreNotText) {
  // yaml-cpp takes byte 4 for the end of the file: what follows would be lost in silence.
  EXPECT_EQ(problem_of("a: 1\nb\x04: 2\n"), "f.yaml:2:2: a control character");
  EXPECT_EQ(problem_of(std::string("a: \0", 4)), "f.yaml:1:4: a control character");
  EXPECT_EQ(problem_of("a: \xFF\n"), "f.yaml: not UTF-8 text");
  EXPECT_EQ(problem_of("\xFF\xFE"
                       "a"),
            "f.yaml: not UTF-8 text");
}

TEST(ParseYaml, EscapesBecomeTextOrAreRefused) {
  const auto node = parse_yaml({"f.yaml", "a: \"\\xA0\\u0085\"\n"});
  ASSERT_TRUE(node.ok());
  EXPECT_EQ(node->items[0].text, "\xC2\xA0\xC2\x85");
  constexpr std::string_view kTold = "the escape \\_ or \\N; write \\u00A0 or \\u0085";
  EXPECT_EQ(problem_of("a: \"x\\_\"\n"), "f.yaml:1:4: " + std::string(kTold));
  EXPECT_EQ(problem_of("- \"\\N\"\n"), "f.yaml:1:3: " + std::string(kTold));
  EXPECT_EQ(problem_of("\"\\_\": 1\n"), "f.yaml:1:1: " + std::string(kTold));
}

TEST(ParseYaml, HugeTextsAreRefusedUnread) {
  EXPECT_EQ(problem_of(std::string(kSourceBytesMax + 1, ' ')), "f.yaml: larger than 1 MiB");
  EXPECT_EQ(problem_of(std::string(kSourceBytesMax, ' ')), "");
}

TEST(ParseYaml, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + "x" + std::string(depth, ']');
  };
  EXPECT_EQ(problem_of(nested(kDepthMax)), "");
  EXPECT_EQ(problem_of(nested(kDepthMax + 1)), "f.yaml:1:17: nested too deeply");
  for (const char* text : {"[", "{", "{a: ", "? ", "- ", "[{a: "}) {
    std::string deep;
    while (deep.size() < kSourceBytesMax - 8) deep += text;
    EXPECT_THAT(problem_of(deep), HasSubstr("nested too deeply")) << text;
  }
}

TEST(ParseYaml, MapsAreBounded) {
  std::string text;
  for (std::size_t i = 0; i <= kMapKeysMax; ++i) text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(problem_of(text), "f.yaml:1001:1: too many keys");
}

TEST(Shown, EscapesAndCuts) {
  EXPECT_EQ(shown("a\"b\n\x1B"), "\"a\\\"b\\n\\u001b\"");
  EXPECT_EQ(shown(std::string(60, 'x')), "\"" + std::string(60, 'x') + "\"");
  EXPECT_EQ(shown(std::string(61, 'x')), "\"" + std::string(60, 'x') + "\"…");
  EXPECT_EQ(shown(std::string(59, 'x') + "üü"), "\"" + std::string(59, 'x') + "\"…");
}

}  // namespace
}  // namespace gateway::config
