// What: a gateway's keys, one for each of several algorithms, and tokens that they sign. Owner and
// thread: the test's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/key_set.h"
#include "auth/options.h"
#include "auth/verify.h"
#include "support/fake_clock.h"
#include "unit/auth/forge.h"

namespace gateway::test {

/// Made once: drawing one takes a tenth of a second.
inline const Pkey& rsa_key(std::size_t which) {
  static const Pkey keys[] = {new_rsa(), new_rsa(), new_rsa()};
  return keys[which];
}

struct AuthWorld {
  AuthWorld() {
    options.mode = auth::Mode::jwt;
    options.issuer = "https://issuer.example";
    options.audience = "boards";
    options.keys = {
        {folder.write("hs", secret + "\n"), "HS256", "hs"},
        {folder.write("rs", to_pem(rsa)), "RS256", "rs"},
        {folder.write("ps", rsa_jwk(rsa_ps, R"(,"kid":"ps","alg":"PS256")")), "", ""},
        {folder.write("es", to_pem(ec)), "", "es"},
    };
    auto loaded = auth::load_key_set(options);
    EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().front());
    keys = *std::move(loaded);
  }

  static std::string header(std::string_view alg, std::string_view kid) {
    return R"({"alg":")" + std::string(alg) + R"(","kid":")" + std::string(kid) +
           R"(","typ":"JWT"})";
  }
  /// What everything else is changed from; `more` are further members (",\"nbf\":…").
  std::string claims(const std::string& more = "") const {
    return R"({"iss":"https://issuer.example","aud":"boards","sub":"ann","exp":)" +
           std::to_string(now() + 60) +
           R"(,"boards":{"subscribe":["team-*"],"publish":["board-1"]})" + more + '}';
  }
  std::string good(const std::string& payload) const {
    return with_hmac("HS256", secret, join(header("HS256", "hs"), payload));
  }
  std::string good() const { return good(claims()); }
  std::string good_rs() const {
    return with_key("RS256", rsa, join(header("RS256", "rs"), claims()));
  }
  std::string good_ps() const {
    return with_key("PS256", rsa_ps, join(header("PS256", "ps"), claims()));
  }
  std::string good_es() const {
    return with_key("ES256", ec, join(header("ES256", "es"), claims()));
  }
  std::int64_t now() const { return clock.wall_ms() / 1000; }
  base::Result<auth::Grant, auth::Refusal> verify(std::string_view token) const {
    return auth::verify(token, *keys, options, clock.wall_ms());
  }

  FakeClock clock;
  KeyFolder folder;
  std::string secret = "0123456789abcdef0123456789abcdef";
  Pkey rsa = rsa_key(0);
  Pkey rsa_ps = rsa_key(1);
  Pkey ec = new_ec("P-256");
  auth::Options options;
  std::shared_ptr<const auth::KeySet> keys;
};

}  // namespace gateway::test
