// What: a table of tokens that must not count: each by its name, with the reason for which it has
// to be refused, so that none passes for a reason that is not its own. Owner and thread: the
// test's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "unit/auth/auth_world.h"

namespace gateway::test {

struct BadToken {
  std::string name;
  auth::Refusal::Kind kind;
  std::string why;  // a part of it
  std::function<std::string(const AuthWorld&)> make;
};

/// Each is refused for its own reason; what they were changed from is not refused.
inline void expect_all_refused(const std::vector<BadToken>& bad) {
  const AuthWorld world;
  for (const std::string& good :
       {world.good(), world.good_rs(), world.good_ps(), world.good_es()}) {
    ASSERT_TRUE(world.verify(good)) << world.verify(good).error().why;
  }
  for (const BadToken& token : bad) {
    const auto verified = world.verify(token.make(world));
    if (verified) {
      ADD_FAILURE() << token.name << " was let in";
      continue;
    }
    EXPECT_EQ(auth::to_string(verified.error().kind), auth::to_string(token.kind)) << token.name;
    EXPECT_NE(verified.error().why.find(token.why), std::string::npos)
        << token.name << ": " << verified.error().why;
  }
  testing::Test::RecordProperty("tokens", static_cast<int>(bad.size()));
}

}  // namespace gateway::test
