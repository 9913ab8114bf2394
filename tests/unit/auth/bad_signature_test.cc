// Well-formed tokens that no known key has signed.
#include <openssl/bn.h>

#include "unit/auth/bad_tokens.h"

namespace gateway::test {
namespace {

using Make = std::function<std::string(const AuthWorld&)>;

BadToken unsigned_token(std::string name, const char* why, Make make) {
  return {std::move(name), auth::Refusal::Kind::unsigned_, why, std::move(make)};
}

/// HS256, signed with what is no secret: everybody has it.
BadToken confused(std::string name, const char* kid,
                  const std::function<std::string(const AuthWorld&)>& secret) {
  const std::string header = *kid != '\0' ? AuthWorld::header("HS256", kid) : R"({"alg":"HS256"})";
  const char* const why = *kid == '\0' ? "signature of HS256 is wrong" : "no such key is for HS256";
  return unsigned_token(std::move(name), why, [header, secret](const AuthWorld& world) {
    return with_hmac("HS256", secret(world), join(header, world.claims()));
  });
}

/// Signed with the right secret, under another name of a key.
BadToken of_key(std::string name, const std::string& kid, const char* why = "no key has the kid") {
  return unsigned_token(std::move(name), why, [kid](const AuthWorld& world) {
    return with_hmac("HS256", world.secret, join(AuthWorld::header("HS256", kid), world.claims()));
  });
}

std::string flipped(std::string token) {
  char& middle = token[(token.rfind('.') + token.size()) / 2];
  middle = middle == 'A' ? 'B' : 'A';
  return token;
}

std::string signature_of(const std::string& token) { return token.substr(token.rfind('.') + 1); }
std::string signed_part(const std::string& token) { return token.substr(0, token.rfind('.')); }

std::string es_with(const AuthWorld& world, std::string_view signature) {
  return signed_part(world.good_es()) + '.' + base64url(signature);
}

/// The order of P-256.
std::string order() {
  BIGNUM* n = nullptr;
  BN_hex2bn(&n, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
  std::string bytes(32, '\0');
  BN_bn2binpad(n, reinterpret_cast<unsigned char*>(bytes.data()), 32);
  BN_free(n);
  return bytes;
}

std::vector<BadToken> confusions() {
  constexpr const char* kOther = "no such key is for";
  return {
      confused("the RSA key's PEM as a secret", "rs",
               [](const AuthWorld& w) { return to_pem(w.rsa); }),
      confused("the RSA key's PEM as a secret, no kid", "",
               [](const AuthWorld& w) { return to_pem(w.rsa); }),
      confused("its PEM without the line break", "",
               [](const AuthWorld& w) {
                 std::string pem = to_pem(w.rsa);
                 pem.pop_back();
                 return pem;
               }),
      confused("the RSA key's DER as a secret", "rs",
               [](const AuthWorld& w) { return to_der(w.rsa); }),
      confused("the JWK's text as a secret", "ps",
               [](const AuthWorld& w) { return rsa_jwk(w.rsa_ps, ""); }),
      confused("the modulus as a secret", "ps",
               [](const AuthWorld& w) { return number_of(w.rsa_ps, OSSL_PKEY_PARAM_RSA_N); }),
      confused("the EC key's PEM as a secret", "es",
               [](const AuthWorld& w) { return to_pem(w.ec); }),
      unsigned_token("PS256 with the key for RS256", kOther,
                     [](const AuthWorld& w) {
                       return with_key("PS256", w.rsa,
                                       join(AuthWorld::header("PS256", "rs"), w.claims()));
                     }),
      unsigned_token("RS256 with the key for PS256", kOther,
                     [](const AuthWorld& w) {
                       return with_key("RS256", w.rsa_ps,
                                       join(AuthWorld::header("RS256", "ps"), w.claims()));
                     }),
      unsigned_token("RS512 with the key for RS256", kOther,
                     [](const AuthWorld& w) {
                       return with_key("RS512", w.rsa,
                                       join(AuthWorld::header("RS512", "rs"), w.claims()));
                     }),
      unsigned_token("HS512 with the secret for HS256", kOther,
                     [](const AuthWorld& w) {
                       return with_hmac("HS512", w.secret,
                                        join(AuthWorld::header("HS512", "hs"), w.claims()));
                     }),
      unsigned_token("ES384 with the key for ES256", kOther,
                     [](const AuthWorld& w) {
                       return with_key("ES384", w.ec,
                                       join(AuthWorld::header("ES384", "es"), w.claims()));
                     }),
      unsigned_token("RS256 said and PS256 signed", "signature of RS256 is wrong",
                     [](const AuthWorld& w) {
                       return with_key("PS256", w.rsa,
                                       join(AuthWorld::header("RS256", "rs"), w.claims()));
                     }),
      unsigned_token("PS256 said and RS256 signed", "signature of PS256 is wrong",
                     [](const AuthWorld& w) {
                       return with_key("RS256", w.rsa_ps,
                                       join(AuthWorld::header("PS256", "ps"), w.claims()));
                     }),
  };
}

std::vector<BadToken> kids() {
  return {
      of_key("an unknown kid", "other"),
      of_key("an empty kid", ""),
      of_key("a kid in capitals", "HS"),
      of_key("the beginning of a kid", "h"),
      of_key("a kid and more", "hs2"),
      of_key("a kid and a space", "hs "),
      of_key("a kid that is a path", "../../../../dev/null"),
      of_key("a kid that is a query", "hs' UNION SELECT 'x"),
      of_key("a kid that is a command", "|/usr/bin/true"),
      of_key("a kid that is a URL", "https://evil.example/key"),
      of_key("another key's kid", "es", "no such key is for HS256"),
      unsigned_token("a kid that is a path to an empty secret", "no key has the kid",
                     [](const AuthWorld& world) {
                       return with_hmac(
                           "HS256", "",
                           join(AuthWorld::header("HS256", "/dev/null"), world.claims()));
                     }),
      unsigned_token("a kid and a tab", "no key has the kid",
                     [](const AuthWorld& world) {
                       return with_hmac("HS256", world.secret,
                                        join(R"({"alg":"HS256","kid":"hs\t"})", world.claims()));
                     }),
  };
}

std::vector<BadToken> secrets() {
  constexpr const char* kHs = "signature of HS256 is wrong";
  const auto guessed = [](std::string name, const std::string& secret) {
    return unsigned_token(std::move(name), kHs, [secret](const AuthWorld& world) {
      return with_hmac("HS256", secret, join(AuthWorld::header("HS256", "hs"), world.claims()));
    });
  };
  return {
      guessed("signed with nothing", ""),
      guessed("signed with a word", "secret"),
      guessed("signed with a secret of zeros", std::string(32, '\0')),
      guessed("signed with the secret and its line break", "0123456789abcdef0123456789abcdef\n"),
      guessed("signed with the beginning of the secret", "0123456789abcdef0123456789abcde"),
      unsigned_token("no signature", kHs,
                     [](const AuthWorld& w) { return signed_part(w.good()) + '.'; }),
      unsigned_token("half of a signature", kHs,
                     [](const AuthWorld& w) {
                       const std::string text = signed_part(w.good());
                       return text + '.' + base64url(hmac("HS256", w.secret, text).substr(0, 16));
                     }),
      unsigned_token("a signature and a byte", kHs,
                     [](const AuthWorld& w) {
                       const std::string text = signed_part(w.good());
                       return text + '.' + base64url(hmac("HS256", w.secret, text) + 'x');
                     }),
      unsigned_token(
          "a signature of HS512", kHs,
          [](const AuthWorld& w) { return with_hmac("HS512", w.secret, signed_part(w.good())); }),
      unsigned_token("another token's signature", kHs,
                     [](const AuthWorld& w) {
                       return signed_part(w.good()) + '.' +
                              signature_of(w.good(w.claims(R"(,"x":1)")));
                     }),
      unsigned_token("claims that were changed", kHs,
                     [](const AuthWorld& w) {
                       return join(AuthWorld::header("HS256", "hs"), w.claims(R"(,"admin":true)")) +
                              '.' + signature_of(w.good());
                     }),
      unsigned_token("a header that was changed", kHs,
                     [](const AuthWorld& w) {
                       return join(R"({"alg":"HS256","kid":"hs"})", w.claims()) + '.' +
                              signature_of(w.good());
                     }),
      unsigned_token("HS256, a bit changed", kHs,
                     [](const AuthWorld& w) { return flipped(w.good()); }),
  };
}

std::vector<BadToken> signatures() {
  constexpr const char* kRs = "signature of RS256 is wrong";
  constexpr const char* kEs = "signature of ES256 is wrong";
  return {
      unsigned_token("RS256, a bit changed", kRs,
                     [](const AuthWorld& w) { return flipped(w.good_rs()); }),
      unsigned_token("PS256, a bit changed", "signature of PS256 is wrong",
                     [](const AuthWorld& w) { return flipped(w.good_ps()); }),
      unsigned_token("ES256, a bit changed", kEs,
                     [](const AuthWorld& w) { return flipped(w.good_es()); }),
      unsigned_token("signed by another RSA key", kRs,
                     [](const AuthWorld& w) {
                       return with_key("RS256", rsa_key(2), signed_part(w.good_rs()));
                     }),
      unsigned_token("signed by another EC key", kEs,
                     [](const AuthWorld& w) {
                       return with_key("ES256", new_ec("P-256"), signed_part(w.good_es()));
                     }),
      unsigned_token("an RSA signature of 1", kRs,
                     [](const AuthWorld& w) {
                       return signed_part(w.good_rs()) + '.' +
                              base64url(std::string(255, '\0') + '\1');
                     }),
      unsigned_token("an RSA signature behind a zero", kRs,
                     [](const AuthWorld& w) {
                       const std::string text = signed_part(w.good_rs());
                       return text + '.' + base64url('\0' + sign("RS256", w.rsa, text));
                     }),
      unsigned_token("an EC signature of zeros", kEs,
                     [](const AuthWorld& w) { return es_with(w, std::string(64, '\0')); }),
      unsigned_token("an EC signature of the order and the order", kEs,
                     [](const AuthWorld& w) { return es_with(w, order() + order()); }),
      unsigned_token("an empty EC signature", kEs,
                     [](const AuthWorld& w) { return es_with(w, ""); }),
      unsigned_token("an EC signature in DER", kEs,
                     [](const AuthWorld& w) {
                       return es_with(w, sign_der("ES256", w.ec, signed_part(w.good_es())));
                     }),
      unsigned_token("an EC signature with wider numbers", kEs,
                     [](const AuthWorld& w) {
                       const std::string text = signed_part(w.good_es());
                       return text + '.' +
                              base64url(side_by_side(sign_der("ES256", w.ec, text), 33));
                     }),
  };
}

TEST(BadTokens, OfAConfusedKey) { expect_all_refused(confusions()); }
TEST(BadTokens, OfAnotherKid) { expect_all_refused(kids()); }
TEST(BadTokens, OfAnotherSecret) { expect_all_refused(secrets()); }
TEST(BadTokens, OfAnotherSignature) { expect_all_refused(signatures()); }

}  // namespace
}  // namespace gateway::test
