#include "auth/grant.h"

#include <gtest/gtest.h>

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
  EXPECT_FALSE(grant.by_token);
}

}  // namespace
}  // namespace gateway::auth
