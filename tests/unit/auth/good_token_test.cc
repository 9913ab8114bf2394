// Tokens that count: every algorithm with every form of key, and what is free to differ.
#include <atomic>
#include <thread>

#include "unit/auth/auth_world.h"

namespace gateway::test {
namespace {

constexpr const char* kRsaAlgorithms[] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"};
struct EcAlgorithm {
  const char* name;
  const char* curve;
};
constexpr EcAlgorithm kEcAlgorithms[] = {
    {"ES256", "P-256"}, {"ES384", "P-384"}, {"ES512", "P-521"}};

const std::string kSecret(64, 's');

auth::Options keys_only() {
  auth::Options options;
  options.mode = auth::Mode::jwt;
  return options;
}

bool counts(const auth::Options& options, const std::string& token) {
  const auto keys = auth::load_key_set(options);
  EXPECT_TRUE(keys) << (keys ? "" : keys.error().front());
  return keys && auth::verify(token, **keys, options, 1000).ok();
}

std::string text(const std::string& alg) {
  return join(R"({"alg":")" + alg + R"("})", R"({"exp":2000})");
}

TEST(EveryAlgorithm, CountsOfEverySecret) {
  const KeyFolder folder;
  for (const std::string alg : {"HS256", "HS384", "HS512"}) {
    auth::Options options = keys_only();
    options.keys = {{folder.write(alg, kSecret), alg, ""}};
    EXPECT_TRUE(counts(options, with_hmac(alg, kSecret, text(alg)))) << alg;
    options.keys = {{folder.write(alg + ".jwk", secret_jwk(kSecret, "")), alg, ""}};
    EXPECT_TRUE(counts(options, with_hmac(alg, kSecret, text(alg)))) << alg;
  }
}

TEST(EveryAlgorithm, CountsOfEveryRsaAlgorithm) {
  const KeyFolder folder;
  const Pkey key = rsa_key(0);
  for (const std::string alg : kRsaAlgorithms) {
    auth::Options options = keys_only();
    const std::string token = with_key(alg, key, text(alg));
    options.keys = {{folder.write("public", to_pem(key)), alg, ""}};
    EXPECT_TRUE(counts(options, token)) << alg;
    options.keys = {{folder.write("private", to_pem(key, true)), alg, ""}};
    EXPECT_TRUE(counts(options, token)) << alg;
    options.keys.clear();
    options.jwks = folder.write(
        "jwks", "{\"keys\":[" + rsa_jwk(key, R"(,"use":"sig","alg":")" + alg + '"') + "]}");
    EXPECT_TRUE(counts(options, token)) << alg;
  }
}

TEST(EveryAlgorithm, CountsOfEveryCurve) {
  const KeyFolder folder;
  for (const auto& [alg, curve] : kEcAlgorithms) {
    // Often enough that some number begins with zeros.
    for (int i = 0; i < 20; ++i) {
      const Pkey key = new_ec(curve);
      auth::Options options = keys_only();
      const std::string token = with_key(alg, key, text(alg));
      options.keys = {{folder.write("public", to_pem(key)), alg, ""}};
      EXPECT_TRUE(counts(options, token)) << alg;
      options.keys = {{folder.write("private", to_pem(key, true)), "", ""}};
      EXPECT_TRUE(counts(options, token)) << alg;
      options.keys.clear();
      options.jwks = folder.write("jwks", "{\"keys\":[" + ec_jwk(key, curve, "") + "]}");
      EXPECT_TRUE(counts(options, token)) << alg;
    }
  }
}

struct GoodTokens : testing::Test, AuthWorld {
  bool good_header(const std::string& header) {
    return verify(with_hmac("HS256", secret, join(header, claims()))).ok();
  }
  auth::Grant granted(const std::string& payload) {
    const auto grant = verify(good(payload));
    EXPECT_TRUE(grant) << (grant ? "" : grant.error().why);
    return grant ? *grant : auth::Grant{};
  }
  std::string with(const std::string& old, const std::string& what) {
    std::string text = claims();
    return text.replace(text.find(old), old.size(), what);
  }
};

TEST_F(GoodTokens, MayHaveOtherHeaders) {
  EXPECT_TRUE(good_header(R"({"alg":"HS256","kid":"hs"})"));
  EXPECT_TRUE(good_header(R"({"alg":"HS256"})")) << "no kid: the keys of the algorithm";
  EXPECT_TRUE(good_header(R"({"typ":"jwt","alg":"HS256"})"));
  EXPECT_TRUE(good_header(R"({"typ":"at+jwt","alg":"HS256"})")) << "RFC 9068";
  EXPECT_TRUE(good_header(R"({"typ":"application/at+JWT","alg":"HS256"})"));
  EXPECT_TRUE(good_header(R"({"alg":"HS256","kid":"hs","x5t":"AAAA","nonce":"1"})")) << "unknown";
}

TEST_F(GoodTokens, SayWhoAndWhat) {
  const auth::Grant grant = granted(claims(R"(,"admin":true)"));
  EXPECT_EQ(grant.subject, "ann");
  EXPECT_EQ(grant.subscribe, auth::NameSet{"team-*"});
  EXPECT_EQ(grant.publish, std::vector<std::string>{"board-1"});
  EXPECT_TRUE(grant.admin);
  EXPECT_EQ(grant.proof, auth::Proof::token);
  EXPECT_EQ(grant.ends, (now() + 60) * 1000);
}

TEST_F(GoodTokens, MayGrantNothing) {
  const auth::Grant grant =
      granted(with(R"({"subscribe":["team-*"],"publish":["board-1"]})", "{\"later\":[]}"));
  EXPECT_TRUE(grant.subscribe.empty() && grant.publish.empty() && !grant.admin);
}

TEST_F(GoodTokens, MayHaveFractionsOfSeconds) {
  const std::string exp = std::to_string(now() + 60);
  EXPECT_EQ(granted(with("\"exp\":" + exp, "\"exp\":" + exp + ".5")).ends,
            (now() + 60) * 1000 + 500);
}

TEST_F(GoodTokens, MayNameSeveralAudiences) {
  granted(with(R"("aud":"boards")", R"("aud":["mail","boards"])"));
}

TEST_F(GoodTokens, CountUntilTheLeewayIsOver) {
  const std::string token = good();
  clock.advance(std::chrono::milliseconds(119'999));
  EXPECT_TRUE(verify(token));
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(verify(token));
}

TEST_F(GoodTokens, CountFromNbfLessTheLeeway) {
  const std::string token = good(claims(",\"nbf\":" + std::to_string(now() + 60)));
  EXPECT_TRUE(verify(token));
  clock.set_wall_ms(clock.wall_ms() - 1);
  EXPECT_FALSE(verify(token));
}

TEST_F(GoodTokens, NeedNoPartiesWhereNoneAreAsked) {
  options.issuer.clear();
  options.audience.clear();
  granted(R"({"exp":9999999999})");
  granted(R"({"exp":9999999999,"iss":"x","aud":["y"]})");
}

TEST_F(GoodTokens, AreVerifiedByManyThreadsAtOnce) {
  const std::vector<std::string> tokens = {good(), good_rs(), good_ps(), good_es()};
  std::atomic<int> verified{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        for (const std::string& token : tokens) verified += verify(token).ok() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(verified, 4 * 50 * 4);
}

}  // namespace
}  // namespace gateway::test
