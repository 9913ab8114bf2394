#include "auth/grant.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace gateway::auth {
namespace {

struct Row {
  const char* granted;
  const char* name;
  bool may;
};

// Boards and patterns, held against boards and patterns.
constexpr Row kMatrix[] = {
    {"team-a", "team-a", true},  {"team-a", "team-b", false},  {"team-a", "team-ab", false},
    {"team-a", "team-", false},  {"team-a", "team-a*", false}, {"team-a", "*", false},
    {"team-a", "Team-a", false}, {"team-*", "team-a", true},   {"team-*", "team-", true},
    {"team-*", "team-a*", true}, {"team-*", "team-*", true},   {"team-*", "te*", false},
    {"team-*", "team*", false},  {"team-*", "*", false},       {"team-*", "team", false},
    {"team-*", "tea", false},    {"team-*", "steam-a", false}, {"team-*", "TEAM-a", false},
    {"*", "anything", true},     {"*", "any*", true},          {"*", "*", true},
    {"ü*", "ümlaut", true},      {"ü*", "u", false},           {"a,b", "a,b", true},
    {"a,b", "a", false},         {"a", "a,b", false},
};

TEST(Grant, CoversWhatItCouldName) {
  for (const Row& row : kMatrix) {
    const Grant grant{.subject = {}, .subscribe = {row.granted}, .publish = {}};
    EXPECT_EQ(grant.may_subscribe(row.name), row.may) << row.granted << " of " << row.name;
    EXPECT_FALSE(grant.may_publish(row.name)) << "to read is not to write";
    const Grant other{.subject = {}, .subscribe = {}, .publish = {row.granted}};
    EXPECT_EQ(other.may_publish(row.name), row.may) << row.granted << " of " << row.name;
    EXPECT_FALSE(other.may_subscribe(row.name)) << "to write is not to read";
  }
}

TEST(Grant, IsAnyOfItsNames) {
  const Grant grant{.subject = {}, .subscribe = {"a", "b*"}, .publish = {}};
  EXPECT_TRUE(grant.may_subscribe("a") && grant.may_subscribe("bc"));
  EXPECT_FALSE(grant.may_subscribe("ac"));
}

TEST(Grant, OfEverybodyIsEverything) {
  const Grant grant = grant_everything();
  EXPECT_TRUE(grant.may_subscribe("*") && grant.may_publish("any") && grant.admin);
  EXPECT_EQ(grant.ends, kNever);
}

TEST(Grant, WithoutATokenIsWhatTheConfigurationSays) {
  Options options;
  EXPECT_FALSE(grant_anonymous(options).may_subscribe("news"));
  options.anonymous = {{"news*"}, {"guestbook"}};
  const Grant grant = grant_anonymous(options);
  EXPECT_TRUE(grant.may_subscribe("news-1") && grant.may_publish("guestbook"));
  EXPECT_FALSE(grant.may_subscribe("guestbook") || grant.may_publish("news") || grant.admin);
  EXPECT_FALSE(grant.is_proven());
}

/// One granted name at a time, as the words of grant.h have it.
bool covers_alone(std::string_view granted, std::string_view name) {
  if (!granted.ends_with('*')) return granted == name;
  granted.remove_suffix(1);
  if (name.ends_with('*')) name.remove_suffix(1);
  return name.starts_with(granted);
}

TEST(NameSets, CoverWhatOneOfTheirNamesCovers) {
  base::SeededRandom random(11);
  const auto draw = [&] {
    std::string name;
    for (std::uint64_t i = random.below(4) + 1; i > 0; --i) name += "ab-\xC3"[random.below(4)];
    return random.below(3) == 0 ? name + '*' : name;
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> names;
    for (std::uint64_t i = random.below(8); i > 0; --i) names.push_back(draw());
    const NameSet set(names);
    EXPECT_EQ(set.empty(), names.empty());
    for (int i = 0; i < 20; ++i) {
      const std::string name = draw();
      const bool covered = std::any_of(names.begin(), names.end(), [&](const std::string& one) {
        return covers_alone(one, name);
      });
      ASSERT_EQ(set.covers(name), covered) << name << " of " << testing::PrintToString(names);
    }
  }
}

/// What asking a set of so many names takes, of the clock.
std::chrono::nanoseconds time_of_asking(int granted) {
  std::vector<std::string> names;
  for (int i = 0; i < granted; ++i) {
    names.push_back("granted-board-" + std::to_string(i) + (i % 2 == 0 ? "" : "-*"));
  }
  const NameSet set(names);
  const auto begun = std::chrono::steady_clock::now();
  std::size_t covered = 0;
  for (int i = 0; i < 2'000; ++i) {
    if (set.covers("granted-board-x" + std::to_string(i))) ++covered;
  }
  EXPECT_EQ(covered, 0U);
  return std::chrono::steady_clock::now() - begun;
}

// A request may name ten thousand boards, and a token a thousand. A comparison of each with each
// would take many times as long for more names; the best of some, since others work here, too.
TEST(NameSets, AskLittleOfManyNames) {
  auto few = time_of_asking(10);
  auto many = time_of_asking(40'000);
  for (int n = 0; n < 10; ++n) {
    few = std::min(few, time_of_asking(10));
    many = std::min(many, time_of_asking(40'000));
  }
  EXPECT_LT(many, 10 * few);
}

}  // namespace
}  // namespace gateway::auth
