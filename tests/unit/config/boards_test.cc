// `boards:`, the section that is a list of overrides.

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"
#include "unit/config/loading.h"

namespace gateway::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The rules as "match events bytes age-in-ms".
std::vector<std::string> rules_of(const base::Result<Settings, std::vector<Problem>>& loaded) {
  std::vector<std::string> rules = lines_of(loaded);
  if (!loaded) return rules;
  for (const broker::BoardRule& rule : loaded->broker.history.rules) {
    rules.push_back(rule.match + " " + std::to_string(rule.history.events) + " " +
                    std::to_string(rule.history.bytes) + " " +
                    std::to_string(rule.history.age.count()));
  }
  return rules;
}

std::string effective_boards(const Settings& settings) {
  const std::string text = effective_yaml(settings);
  const std::size_t start = text.find("\nboards: ") + 1;
  return text.substr(start, text.find('\n', start) - start);
}

TEST(Boards, SayWhatHoldsInsteadAndInheritTheRest) {
  EXPECT_THAT(rules_of(load_text("boards:\n"
                                 "  - match: ticks-*\n"
                                 "    history: {events: 1, bytes: 64KiB, age: 1m}\n"
                                 "  - {match: 'a, b', history: {events: 0}}\n"
                                 "  - {history: {age: 2500ms}, match: \"*\"}\n")),
              ElementsAre("ticks-* 1 65536 60000", "a, b 0 1048576 300000", "* 1000 1048576 2500"));
}

TEST(Boards, MayRepeatWhatHoldsForAllToExemptThoseOfALaterPattern) {
  EXPECT_THAT(rules_of(load_text("boards: [{match: a}, {match: b, history: {}}]")),
              ElementsAre("a 1000 1048576 300000", "b 1000 1048576 300000"));
}

TEST(Boards, AreNoneByDefault) {
  EXPECT_THAT(rules_of(load({}, environment_of({}))), IsEmpty());
  EXPECT_EQ(effective_boards(*load({}, environment_of({}))), "boards: []");
  EXPECT_THAT(default_yaml(), HasSubstr("Default: [].\nboards: []\n\n"));
}

TEST(Boards, TakeTheRangesOfHistory) {
  EXPECT_THAT(
      rules_of(load_text("boards: [{match: a, history: {events: 0, bytes: 1KiB, age: 1s}}, "
                         "{match: b, history: {events: 10000000, bytes: 64GiB, age: 720h}}]")),
      ElementsAre("a 0 1024 1000", "b 10000000 68719476736 2592000000"));
}

TEST(Boards, InheritWhatHoldsWhenAllFilesAreRead) {
  const auto loaded = load({{"a.yaml",
                             "history: {events: 5, bytes: 2KiB}\n"
                             "boards: [{match: a, history: {age: 1m}}]\n"},
                            {"b.yaml", "history: {events: 7}\n"}},
                           environment_of({}));
  EXPECT_THAT(rules_of(loaded), ElementsAre("a 7 2048 60000"));
}

TEST(Boards, AreReplacedWhole) {
  const auto files = [](const char* last) {
    return load({{"a.yaml", "boards: [{match: a, history: {events: 1}}, {match: b}]\n"},
                 {"b.yaml", "stream: {retry: 1s}\n"},
                 {"c.yaml", last}},
                environment_of({}));
  };
  EXPECT_THAT(rules_of(files("")), testing::SizeIs(2));
  EXPECT_THAT(rules_of(files("boards: [{match: a, history: {age: 1m}}]")),
              ElementsAre("a 1000 1048576 60000"));
  EXPECT_THAT(rules_of(files("boards: []")), IsEmpty());
}

TEST(Boards, MayHoldVariables) {
  const std::string text =
      "boards: [{match: \"${TEAM}-*\", history: {events: '${KEEP}', age: '${AGE:-1m}'}}]";
  EXPECT_THAT(rules_of(load_text(text, {{"TEAM", "red"}, {"KEEP", "3"}})),
              ElementsAre("red-* 3 1048576 60000"));
  EXPECT_THAT(problems_of(text, {{"TEAM", "a*"}, {"KEEP", "3"}}),
              ElementsAre(HasSubstr("f.yaml:1:18: boards[0].match: \"a*-*\": an asterisk")));
  EXPECT_THAT(problems_of(text, {{"TEAM", "a"}}),
              ElementsAre(HasSubstr("boards[0].history.events: the environment variable KEEP")));
}

TEST(Boards, ReadBackTheSame) {
  const auto loaded = load_text(
      "boards: [{match: \"a$$*\", deliver: latest, history: {bytes: 1025}}, {match: \"\\\"ü\", "
      "history: {age: 61s}}]");
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  EXPECT_EQ(
      effective_boards(*loaded),
      "boards: [{match: \"a$$*\", deliver: latest, history: {events: 1, bytes: 1025, age: 5m}}, "
      "{match: \"\\\"ü\", deliver: all, history: {events: 1000, bytes: 1MiB, age: 61s}}]");
  const auto again = load_text(effective_yaml(*loaded));
  EXPECT_EQ(rules_of(again), rules_of(loaded));
}

TEST(Boards, AreBounded) {
  const auto list_of = [](std::size_t count) {
    std::string text = "boards:\n";
    for (std::size_t i = 0; i < count; ++i) text += "- {match: b" + std::to_string(i) + "}\n";
    return text;
  };
  EXPECT_THAT(rules_of(load_text(list_of(1000))), testing::SizeIs(1000));
  EXPECT_THAT(problems_of(list_of(1001)),
              ElementsAre("f.yaml:2:1: boards: more than 1000 elements"));
}

constexpr const char* kKnown =
    "unknown key (known: match, deliver, history.events, history.bytes, history.age)";

/// A text and the whole line that `boardcast check` prints for it.
const std::pair<std::string, std::string> kBad[] = {
    {"boards:", "f.yaml:1:1: boards: has no value; write [] for an empty list"},
    {"boards: {match: a}", "f.yaml:1:9: boards: must be a list, such as [a, b], not a map"},
    {"bords: []", "f.yaml:1:1: bords: unknown key (nearest: boards)"},
    {"history: {boards: []}", "f.yaml:1:11: history.boards: unknown key (nearest: boards)"},
    {"boards.: []", "f.yaml:1:1: boards.: unknown key (nearest: boards)"},
    {"boards.boards: []", "f.yaml:1:1: boards.boards: unknown key"},
    {"boards: [a]",
     "f.yaml:1:10: boards[0]: must be {match, deliver, history: {events, bytes, age}}, not a "
     "single value"},
    {"boards: [{history: {events: 1}}]", "f.yaml:1:10: boards[0]: lacks match"},
    {"boards: [{match: }]", "f.yaml:1:11: boards[0].match: has no value"},
    {"boards: [{match: [a]}]", "f.yaml:1:18: boards[0].match: must be a single value, not a list"},
    {"boards: [{match: ''}]", "f.yaml:1:18: boards[0].match: \"\": no board has an empty name"},
    {"boards: [{match: a*b}]",
     "f.yaml:1:18: boards[0].match: \"a*b\": an asterisk stands only at the end, for every board "
     "that begins like this"},
    {"boards:\n- match: a-*\n- match: a\n- match: \"a-*\"\n",
     "f.yaml:4:10: boards[2].match: \"a-*\" stands here again; first on line 2"},
    {"boards: [{match: a, mach: b}]", "f.yaml:1:21: boards[0].mach: unknown key (nearest: match)"},
    {"boards: [{match: a, events: 1}]",
     "f.yaml:1:21: boards[0].events: unknown key (nearest: history.events)"},
    {"boards: [{match: a, histry: {}}]",
     "f.yaml:1:21: boards[0].histry: unknown key (nearest: history)"},
    {"boards: [{match: a, deliver: newest}]",
     "f.yaml:1:30: boards[0].deliver: \"newest\": must be one of all, latest"},
    {"boards: [{match: a, deliver: latest, history: {events: 2}}]",
     "f.yaml:1:9: boards: \"a\" delivers its latest, which is the one event that is kept: leave "
     "history.events out"},
    {"boards: [{match: a, '': 1}]", std::string("f.yaml:1:21: boards[0].\"\": ") + kKnown},
    {"boards: [{match: a, history: }]", "f.yaml:1:21: boards[0].history: has no value"},
    {"boards: [{match: a, history: 5}]",
     "f.yaml:1:30: boards[0].history: must be a map, not a single value"},
    {"boards: [{match: a, history: {total_bytes: 1MiB}}]",
     std::string("f.yaml:1:31: boards[0].history.total_bytes: ") + kKnown},
    {"boards: [{match: a, history: {match: b}}]",
     "f.yaml:1:31: boards[0].history.match: unknown key (nearest: match)"},
    {"boards: [{match: a}, {match: b, history: {events: -1}}]",
     "f.yaml:1:51: boards[1].history.events: \"-1\": must be a number from 0 to 10000000"},
    {"boards: [{match: a, history: {events: '1'}}]",
     "f.yaml:1:39: boards[0].history.events: must be a number: leave out the quotes"},
    {"boards: [{match: a, history: {bytes: 1MB}}]",
     "f.yaml:1:38: boards[0].history.bytes: \"1MB\": must be a size from 1KiB to 64GiB, such as "
     "1024, 64KiB, 1MiB or 2GiB"},
    {"boards: [{match: a, history: {age: 999ms}}]",
     "f.yaml:1:36: boards[0].history.age: \"999ms\" is finer than 100ms"},
    {"boards: [{match: a, history: {age: 721h}}]",
     "f.yaml:1:36: boards[0].history.age: \"721h\": must be a duration from 1s to 720h"},
};

TEST(Boards, GiveOneProblemForEachMistakeWithItsPlace) {
  for (const auto& [text, line] : kBad) {
    EXPECT_THAT(problems_of(text), ElementsAre(line)) << text;
  }
}

TEST(Boards, AreCheckedAllAtOnce) {
  EXPECT_THAT(
      problems_of("boards: [{mach: a}, x, {match: a, history: {events: x, ages: 1m}}]"),
      ElementsAre(HasSubstr(":11: boards[0].mach: "), HasSubstr(":10: boards[0]: lacks"),
                  HasSubstr(":21: boards[1]: must"), HasSubstr(": boards[2].history.events: \"x\""),
                  HasSubstr(": boards[2].history.ages: ")));
}

}  // namespace
}  // namespace gateway::config
