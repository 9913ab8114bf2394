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
  std::shared_ptr<auth::KeySource> source = std::make_shared<auth::KeySource>(keys);
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
  source->replace(*auth::load_key_set(changed));
  EXPECT_EQ(why(gate, token), "the signature of HS256 is wrong") << "though it was verified before";
  EXPECT_TRUE(gate.admit(with_hmac("HS256", others.secret, token.substr(0, token.rfind('.')))));
  source->replace(keys);
  EXPECT_TRUE(gate.admit(token));
}

TEST_F(Gates, AskNobodyOrSomebodyAfterAReload) {
  options.anonymous.subscribe = {"news-*"};
  auth::Options open = options;
  open.mode = auth::Mode::none;
  auth::Gate gate(open, source, clock, random);
  EXPECT_TRUE(gate.without_token().admin);
  gate.use(options, source);
  EXPECT_TRUE(gate.asks());
  EXPECT_FALSE(gate.without_token().admin);
  EXPECT_TRUE(gate.without_token().may_subscribe("news-1"));
  EXPECT_TRUE(gate.admit(good()));
  options.anonymous.subscribe.clear();
  gate.use(options, source);
  EXPECT_FALSE(gate.without_token().may_subscribe("news-1"));
  gate.use(open, source);
  EXPECT_FALSE(gate.asks());
  EXPECT_TRUE(gate.without_token().may_publish("any"));
  EXPECT_EQ(gate.counters().granted_bytes.value(), 0) << "nothing is kept of tokens";
}

TEST_F(Gates, KeepWhatIsVerifiedWhereAReloadChangesNothingOfIt) {
  auth::Gate gate = make();
  const std::string token = good();
  ASSERT_TRUE(gate.admit(token));
  options.anonymous.publish = {"any"};
  options.cookie = "other";
  options.stream_max += std::chrono::hours(1);
  options.jwks_refresh += std::chrono::hours(1);
  gate.use(options, std::make_shared<auth::KeySource>(*auth::load_key_set(options)));
  ASSERT_TRUE(gate.admit(token));
  EXPECT_EQ(gate.counters().verified.value(), 1U) << "the same keys, though read anew";
  EXPECT_EQ(gate.options().cookie, "other");
}

TEST_F(Gates, JudgeAnewWhereAReloadAsksForSomethingElse) {
  auth::Gate gate = make();
  const std::string token = good();
  ASSERT_TRUE(gate.admit(token));
  const auth::Options before = options;
  const auto why_with = [&](const auto& change) {
    options = before;
    change(options);
    gate.use(options, source);
    return why(gate, token);
  };
  EXPECT_EQ(why_with([](auth::Options& of) { of.issuer = "x"; }), "iss is not auth.issuer");
  EXPECT_EQ(why_with([](auth::Options&) {}), "") << "nor is it remembered as refused";
  EXPECT_EQ(why_with([](auth::Options& of) { of.audience = "x"; }),
            "aud does not name auth.audience");
  EXPECT_EQ(why_with([](auth::Options&) {}), "");
  const std::string early = good(claims(",\"nbf\":" + std::to_string(now() + 30)));
  EXPECT_EQ(why(gate, early), "");
  options.leeway = std::chrono::seconds(0);
  gate.use(options, source);
  EXPECT_EQ(why(gate, early), "nbf is yet to come");
}

TEST_F(Gates, FollowTheKeysOfTheReload) {
  auth::Gate gate = make();
  const std::string token = good();
  ASSERT_TRUE(gate.admit(token));
  auth::Options fewer = options;
  fewer.keys.erase(fewer.keys.begin());
  const auto next = std::make_shared<auth::KeySource>(*auth::load_key_set(fewer));
  EXPECT_EQ(why(gate, token), "") << "not before it is told";
  gate.use(fewer, next);
  EXPECT_EQ(why(gate, token), "no key has the kid hs");
  EXPECT_TRUE(next->take_miss());
  source->replace(*auth::load_key_set({}));
  EXPECT_EQ(why(gate, good_es()), "") << "the former source is nothing to it";
  next->replace(keys);
  EXPECT_EQ(why(gate, token), "");
}

TEST_F(Gates, TakeAnotherBoundOfWhatTheyRemember) {
  auth::Gate gate = make();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(gate.admit(good(claims(",\"jti\":\"" + std::to_string(i) + '"'))));
  }
  options.cache_bytes = 2'000;
  gate.use(options, source);
  EXPECT_LE(gate.counters().granted_bytes.value(), 2'000);
  EXPECT_GT(gate.counters().granted_bytes.value(), 0);
}

TEST_F(Gates, TellOfTokensThatNameAnUnknownKey) {
  auth::Gate gate = make();
  EXPECT_FALSE(gate.admit("x"));
  EXPECT_FALSE(gate.admit(with_hmac("HS256", "no", join(header("HS256", "hs"), claims()))));
  EXPECT_FALSE(source->take_miss());
  EXPECT_FALSE(gate.admit(with_hmac("HS256", "no", join(header("HS256", "newer"), claims()))));
  EXPECT_TRUE(source->take_miss());
  EXPECT_FALSE(source->take_miss());
}

TEST_F(Gates, RememberWithinTheirBound) {
  constexpr std::size_t kBytesMax = 16 * 1024;
  base::Gauge told;
  auth::Remembered<std::string> memory(kBytesMax, told);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    memory.add({i, i}, std::to_string(i), 8);
    ASSERT_LE(memory.bytes(), kBytesMax);
    ASSERT_NE(memory.find({0, 0}), nullptr) << "what is asked for stays, at " << i;
  }
  EXPECT_EQ(static_cast<std::size_t>(told.value()), memory.bytes());
  EXPECT_GT(memory.size(), 10U);
  EXPECT_EQ(memory.find({1, 1}), nullptr) << "what is not asked for goes first";
  EXPECT_EQ(*memory.find({999, 999}), "999");
  memory.clear();
  EXPECT_EQ(memory.bytes(), 0U);
}

TEST_F(Gates, KeepTheNewestHoweverLarge) {
  base::Gauge told;
  auth::Remembered<std::string> memory(1, told);
  memory.add({1, 1}, "a", 0);
  EXPECT_EQ(memory.add({2, 2}, "b", 0), "b");
  EXPECT_EQ(memory.size(), 1U);
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

// Whoever makes up tokens pays for few signatures: one of a kind is computed once…
TEST_F(Gates, RefuseATokenThatTheyKnowWithoutItsSignature) {
  auth::Gate gate = make();
  const std::string forged = with_hmac("HS256", "no", join(header("HS256", "hs"), claims()));
  for (std::int64_t i = 0; i < 3 * auth::VainWork::kBurst; ++i) {
    ASSERT_EQ(why(gate, forged), "the signature of HS256 is wrong") << i;
  }
  EXPECT_EQ(gate.counters().refused_busy.value(), 0U);
  EXPECT_EQ(why(gate, good(R"({"exp":1})")), "exp is over");
}

std::string forged_one(std::int64_t which) {
  return with_hmac("HS256", "no", join(AuthWorld::header("HS256", "hs"), std::to_string(which)));
}

// … and different ones not faster than they come back.
TEST_F(Gates, LookAtNoMoreForgedTokensThanTheirShare) {
  auth::Gate gate = make();
  const std::string known = good();
  ASSERT_TRUE(gate.admit(known));
  for (std::int64_t i = 0; i < auth::VainWork::kBurst + 100; ++i)
    EXPECT_FALSE(gate.admit(forged_one(i)));
  EXPECT_EQ(gate.counters().refused_signature.value(), std::uint64_t{auth::VainWork::kBurst});
  EXPECT_EQ(gate.counters().refused_busy.value(), 100U);
  EXPECT_TRUE(gate.admit(known)) << "who was known before is let in";
  const std::string late = good(claims(R"(,"jti":"late")"));
  const auto refused = gate.admit(late);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().passes());
  clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(gate.admit(late));
  const std::uint64_t busy = gate.counters().refused_busy.value();
  constexpr std::int64_t kMore = 100;
  for (std::int64_t i = 0; i < auth::VainWork::kPerSecond + kMore; ++i) {
    EXPECT_FALSE(gate.admit(forged_one(-i - 1)));
  }
  EXPECT_EQ(gate.counters().refused_busy.value() - busy, std::uint64_t{kMore});
}

TEST_F(Gates, ChargeEachKeyThatWasTried) {
  for (int i = 0; i < 3; ++i) {
    options.keys.push_back({folder.write("more" + std::to_string(i), std::string(40, 'm')), "HS256",
                            "more" + std::to_string(i)});
  }
  source->replace(*auth::load_key_set(options));
  auth::Gate gate = make();
  const std::string nameless = join(R"({"alg":"HS256"})", claims());
  for (std::int64_t i = 0; i <= (auth::VainWork::kBurst + 3) / 4; ++i) {
    EXPECT_FALSE(gate.admit(with_hmac("HS256", "no" + std::to_string(i), nameless)));
  }
  EXPECT_EQ(gate.counters().refused_busy.value(), 1U);
}

TEST_F(Gates, LetInWhatWasTooEarlyOrTooLateByAClockThatIsSetRight) {
  auth::Gate gate = make();
  const std::string early = good(claims(",\"nbf\":" + std::to_string(now() + 65)));
  EXPECT_EQ(why(gate, early), "nbf is yet to come");
  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(why(gate, early), "");
  const std::string token = good();
  ASSERT_TRUE(gate.admit(token));
  const base::WallMs right = clock.wall_ms();
  clock.set_wall_ms(right + 3'600'000);
  EXPECT_EQ(why(gate, token), "exp is over");
  clock.set_wall_ms(right);
  EXPECT_EQ(why(gate, token), "");
}

TEST_F(Gates, ForgetATokenThatCameTooEarlyWhenTheClockIsSetBack) {
  auth::Gate gate = make();
  const std::string early = good(claims(",\"nbf\":" + std::to_string(now() + 65)));
  const base::WallMs right = clock.wall_ms();
  clock.set_wall_ms(right + 6'000);
  EXPECT_EQ(why(gate, early), "");
  clock.set_wall_ms(right);
  EXPECT_EQ(why(gate, early), "nbf is yet to come");
  clock.set_wall_ms(right + 6'000);
  EXPECT_EQ(why(gate, early), "");
}

constexpr const char* kPublished =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"1",)"
    R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";  // RFC 7515 §A.3.1

struct PublishedGates : Gates {
  PublishedGates() { options.jwks = "https://issuer.example/keys"; }
  std::string kind(auth::Gate& gate, const std::string& token) {
    const auto grant = gate.admit(token);
    return grant ? "" : std::string(auth::to_string(grant.error().kind));
  }
  const std::string newer = with_hmac("HS256", "no", join(header("HS256", "newer"), claims()));
  const std::string forged = with_hmac("HS256", "no", join(header("HS256", "hs"), claims()));
};

TEST_F(PublishedGates, ExpectKeysThatDidNotComeYet) {
  auth::Gate gate = make();
  EXPECT_TRUE(gate.awaits_keys());
  EXPECT_EQ(kind(gate, newer), "keyless");
  EXPECT_EQ(kind(gate, forged), "keyless") << "they may have another of that name";
  EXPECT_EQ(kind(gate, good()), "") << "keys of files hold";
  EXPECT_EQ(kind(gate, "x"), "malformed");
  EXPECT_EQ(kind(gate, good(R"({"exp":1})")), "expired");
  source->looked();
  EXPECT_FALSE(gate.awaits_keys());
  EXPECT_EQ(kind(gate, forged), "signature");
}

TEST_F(PublishedGates, ExpectAnUnknownKeyUntilItWasLookedForTwice) {
  source->looked();
  auth::Gate gate = make();
  EXPECT_EQ(kind(gate, newer), "keyless");
  EXPECT_TRUE(source->take_miss());
  source->looked();
  EXPECT_EQ(kind(gate, newer), "keyless") << "that look may have begun before";
  EXPECT_TRUE(source->take_miss());
  source->looked();
  EXPECT_EQ(kind(gate, newer), "signature");
  EXPECT_EQ(kind(gate, with_hmac("HS256", "no", join(R"({"alg":"HS256"})", claims()))), "keyless")
      << "one that names no key may be signed by a newer one, too";
  EXPECT_TRUE(source->take_miss());
}

TEST_F(PublishedGates, AreReadyWithKeysOfBeforeUntilOthersCome) {
  const auto before = auth::with_published(**auth::load_key_set({}), kPublished);
  ASSERT_TRUE(before);
  auth::Gate gate(options, std::make_shared<auth::KeySource>(auth::with_kept(*keys, **before)),
                  clock, random);
  EXPECT_FALSE(gate.awaits_keys());
  EXPECT_EQ(kind(gate, good()), "");
  EXPECT_EQ(kind(gate, forged), "keyless") << "the others may be of that name";
}

TEST_F(Gates, ExpectNoOtherKeysThanThoseOfFiles) {
  auth::Gate gate = make();
  EXPECT_FALSE(gate.awaits_keys());
  const auto refused =
      gate.admit(with_hmac("HS256", "no", join(header("HS256", "newer"), claims())));
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().passes());
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
