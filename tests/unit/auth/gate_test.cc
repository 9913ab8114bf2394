#include "auth/gate.h"

#include "unit/auth/auth_world.h"

namespace gateway::test {
namespace {

struct Gates : testing::Test, AuthWorld {
  std::string why(auth::Gate& gate, const std::string& token) {
    const auto grant = gate.admit(token);
    return grant ? "" : grant.error().why;
  }
  auth::Gate make() { return auth::Gate(options, source, clock, random); }

  base::SeededRandom random{7};
  auth::KeySource source{keys};
};

TEST_F(Gates, VerifyAnUnknownTokenOnce) {
  auth::Gate gate = make();
  const std::string token = good();
  for (int i = 0; i < 100; ++i) {
    const auto grant = gate.admit(token);
    ASSERT_TRUE(grant);
    EXPECT_EQ((*grant)->subject, "ann");
  }
  EXPECT_EQ(gate.counters().verified.value(), 1U);
  EXPECT_EQ(gate.counters().cached.value(), 99U);
}

TEST_F(Gates, DoNotTakeOneTokenForAnother) {
  auth::Gate gate = make();
  ASSERT_TRUE(gate.admit(good()));
  std::string other = good();
  other.back() = other.back() == 'A' ? 'E' : 'A';
  EXPECT_FALSE(gate.admit(other));
  EXPECT_TRUE(gate.admit(good()));
}

TEST_F(Gates, ForgetAtTheEndOfAToken) {
  auth::Gate gate = make();
  const std::string token = good();
  ASSERT_TRUE(gate.admit(token));
  clock.advance(std::chrono::seconds(119));
  ASSERT_TRUE(gate.admit(token));
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(why(gate, token), "exp is over");
  EXPECT_EQ(gate.counters().refused_expired.value(), 1U);
}

TEST_F(Gates, FollowTheKeys) {
  auth::Gate gate = make();
  const std::string token = good();
  ASSERT_TRUE(gate.admit(token));
  AuthWorld others;
  others.secret = std::string(32, 'x');
  auth::Options changed = options;
  changed.keys[0].file = folder.write("changed", std::string(32, 'x'));
  source.replace(*auth::load_key_set(changed));
  EXPECT_EQ(why(gate, token), "the signature of HS256 is wrong") << "though it was verified before";
  EXPECT_TRUE(gate.admit(with_hmac("HS256", others.secret, token.substr(0, token.rfind('.')))));
  source.replace(keys);
  EXPECT_TRUE(gate.admit(token));
}

TEST_F(Gates, TellOfTokensThatNameAnUnknownKey) {
  auth::Gate gate = make();
  EXPECT_FALSE(gate.admit("x"));
  EXPECT_FALSE(gate.admit(with_hmac("HS256", "no", join(header("HS256", "hs"), claims()))));
  EXPECT_FALSE(source.take_miss());
  EXPECT_FALSE(gate.admit(with_hmac("HS256", "no", join(header("HS256", "newer"), claims()))));
  EXPECT_TRUE(source.take_miss());
  EXPECT_FALSE(source.take_miss());
}

TEST_F(Gates, RememberWithinTheirBound) {
  options.cache_bytes = 16 * 1024;
  auth::TokenCache cache({1, 2}, options.cache_bytes);
  for (int i = 0; i < 1000; ++i) {
    const base::Digest digest = cache.digest(std::to_string(i));
    cache.add(digest, {.subject = std::to_string(i), .subscribe = {}, .publish = {}});
    ASSERT_LE(cache.bytes(), options.cache_bytes);
    ASSERT_NE(cache.find(cache.digest("0")), nullptr) << "what is asked for stays, at " << i;
  }
  EXPECT_GT(cache.size(), 10U);
  EXPECT_EQ(cache.find(cache.digest("1")), nullptr) << "what is not asked for goes first";
  EXPECT_EQ(cache.find(cache.digest("999"))->subject, "999");
  cache.clear();
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(Gates, KeepTheNewestHoweverLarge) {
  auth::TokenCache cache({1, 2}, 1);
  cache.add(cache.digest("a"), {});
  const auth::Grant& grant =
      cache.add(cache.digest("b"), {.subject = "b", .subscribe = {}, .publish = {}});
  EXPECT_EQ(grant.subject, "b");
  EXPECT_EQ(cache.size(), 1U);
}

TEST_F(Gates, CountWhatTheyRefuse) {
  auth::Gate gate = make();
  EXPECT_FALSE(gate.admit("x"));
  EXPECT_FALSE(gate.admit(with_hmac("HS256", "no", join(header("HS256", "hs"), claims()))));
  EXPECT_FALSE(gate.admit(good(R"({"exp":1})")));
  EXPECT_FALSE(gate.admit(good("{}")));
  const auth::Counters& counters = gate.counters();
  EXPECT_EQ(counters.refused_malformed.value(), 1U);
  EXPECT_EQ(counters.refused_signature.value(), 1U);
  EXPECT_EQ(counters.refused_expired.value(), 1U);
  EXPECT_EQ(counters.refused_claims.value(), 1U);
  EXPECT_EQ(counters.verified.value(), 0U);
}

TEST_F(Gates, AskNobodyWithoutTokens) {
  EXPECT_TRUE(make().asks());
  options.mode = auth::Mode::none;
  auth::Gate gate = make();
  EXPECT_FALSE(gate.asks());
  EXPECT_TRUE(gate.without_token().may_publish("any"));
}

}  // namespace
}  // namespace gateway::test
