// Which keys are taken from files, and what is said of those that are not.
#include "unit/auth/auth_world.h"

namespace gateway::test {
namespace {

struct KeyFiles : testing::Test {
  /// What is said of this one key; empty when it is taken.
  std::string said(std::string_view text, const std::string& algorithm) {
    auth::Options options;
    options.keys = {{folder.write("key", text), algorithm, ""}};
    return first_line(options);
  }
  std::string said_of_set(const std::string& text) {
    auth::Options options;
    options.jwks = folder.write("jwks", text);
    return first_line(options);
  }
  static std::string first_line(const auth::Options& options) {
    const auto keys = auth::load_key_set(options);
    return keys ? "" : keys.error().front();
  }
  static std::string set_of(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

  KeyFolder folder;
  Pkey rsa = rsa_key(0);
  Pkey ec = new_ec("P-256");
};

#define EXPECT_SAYS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << "said: " << (text)

TEST_F(KeyFiles, WeakSecretsAreRefused) {
  EXPECT_SAYS(said(std::string(31, 's'), "HS256"), "a secret of 31 bytes; HS256 needs 32");
  EXPECT_SAYS(said(std::string(31, 's') + "\n", "HS256"), "a secret of 31 bytes");
  EXPECT_SAYS(said(std::string(47, 's'), "HS384"), "HS384 needs 48");
  EXPECT_SAYS(said(std::string(63, 's'), "HS512"), "HS512 needs 64");
  EXPECT_SAYS(said(secret_jwk(std::string(31, 's'), R"(,"alg":"HS256")"), ""), "31 bytes");
  EXPECT_SAYS(said_of_set(set_of(secret_jwk("short", R"(,"alg":"HS256")"))), "keys[0]");
  EXPECT_EQ(said(std::string(32, 's'), "HS256"), "");
}

TEST_F(KeyFiles, WeakRsaKeysAreRefused) {
  EXPECT_SAYS(said(to_pem(new_rsa(1024)), "RS256"), "1024 bits");
  EXPECT_SAYS(said(rsa_jwk(new_rsa(1024), ""), "PS256"), "1024 bits");
  const std::string n = '\0' + number_of(new_rsa(1024), OSSL_PKEY_PARAM_RSA_N);
  const auto padded = [&](const std::string& zeros, const std::string& e) {
    return R"({"kty":"RSA","n":")" + base64url(zeros + n) + R"(","e":")" + base64url(e) + "\"}";
  };
  EXPECT_SAYS(said(padded(std::string(128, '\0'), "\1\0\1"), "RS256"), "1024 bits")
      << "zeros in front are no strength";
  const std::string modulus = base64url(number_of(rsa, OSSL_PKEY_PARAM_RSA_N));
  for (const std::string& e :
       {std::string("\1"), std::string("\0\1", 2), std::string("\2"), std::string(9, '\3')}) {
    EXPECT_SAYS(
        said(R"({"kty":"RSA","n":")" + modulus + R"(","e":")" + base64url(e) + "\"}", "RS256"),
        "exponent")
        << base64url(e);
  }
}

TEST_F(KeyFiles, OfAnotherKindAreRefused) {
  EXPECT_SAYS(said(to_pem(rsa), "HS256"), "HS256 takes a secret, and this is an RSA key");
  EXPECT_SAYS(said(to_pem(ec), "RS256"), "RS256 takes an RSA key, and this is an EC key");
  EXPECT_SAYS(said(std::string(64, 's'), "RS256"),
              "takes an RSA key, and this is neither PEM nor the JWK of one");
  EXPECT_SAYS(said(to_pem(ec), "ES384"), "curve P-384, and this key of P-256");
  EXPECT_SAYS(said(to_pem(new_ec("secp256k1")), ""), "none of P-256");
  EXPECT_SAYS(said(to_pem(Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), PkeyFree())), ""),
              "neither RSA nor EC");
  EXPECT_SAYS(said(to_der(rsa), "HS256"), "another form");
  EXPECT_SAYS(said("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== me@here", "HS256"), "another form");
  std::string lines = base64url(to_der(rsa));
  for (char& c : lines) c = c == '-' ? '+' : c == '_' ? '/' : c;
  for (std::size_t at = 64; at < lines.size(); at += 65) lines.insert(at, "\n");
  for (const std::string& form :
       {to_der(ec), base64url(to_der(ec)), base64url(to_der(rsa)) + "==\n", lines,
        "# of the issuer\n" + to_pem(ec)}) {
    EXPECT_SAYS(said(form, "HS256"), "another form") << form;
  }
  EXPECT_SAYS(said(secret_jwk(to_der(ec), ""), "HS256"), "a key of another kind");
  EXPECT_SAYS(said(secret_jwk(to_pem(ec), ""), "HS256"), "a key of another kind");
}

TEST_F(KeyFiles, SayWhatTheyAreFor) {
  EXPECT_SAYS(said(to_pem(rsa), ""), "add its algorithm, such as RS256");
  EXPECT_SAYS(said(std::string(64, 's'), ""), "add its algorithm, such as HS256");
  EXPECT_SAYS(said(to_pem(rsa), "RS255"), "unknown algorithm RS255");
  EXPECT_SAYS(said(to_pem(rsa), "none"), "unknown algorithm none");
  EXPECT_SAYS(said(rsa_jwk(rsa, R"(,"alg":"PS256")"), "RS256"),
              "says of itself that it is for PS256");
  EXPECT_SAYS(said(rsa_jwk(rsa, R"(,"alg":"RSA-OAEP")"), ""), "no algorithm for signatures");
}

TEST_F(KeyFiles, OfBrokenFormAreRefused) {
  EXPECT_SAYS(said("", "HS256"), "is empty");
  EXPECT_SAYS(said("{", "HS256"), "not one JSON object");
  EXPECT_SAYS(said(R"({"kty":"oct","k":"AAAA","k":"BBBB"})", "HS256"), "not one JSON object");
  EXPECT_SAYS(said(R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})", ""), "none of RSA, EC and oct");
  EXPECT_SAYS(said(R"({"kty":"RSA","e":"AQAB"})", "RS256"), "no \"n\"");
  EXPECT_SAYS(said(R"({"kty":"RSA","n":"A","e":"AQAB"})", "RS256"), "\"n\" of the JWK");
  EXPECT_SAYS(said("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "RS256"),
              "holds no public or private key");
  EXPECT_SAYS(said(set_of(rsa_jwk(rsa, "")), "RS256"), "name it as auth.jwks");
  EXPECT_SAYS(said(std::string((1U << 20U) + 1, 's'), "HS256"), "larger than 1 MiB");
  auth::Options options;
  options.keys = {{folder.missing(), "HS256", ""}};
  EXPECT_EQ(first_line(options),
            "auth.keys[0]: " + folder.missing() + ": cannot be read (No such file or directory)");
  options.keys = {{"nowhere", "HS256", ""}};
  EXPECT_SAYS(first_line(options), "relative names start from the working directory");
}

TEST_F(KeyFiles, APointBesideTheCurveIsRefused) {
  const std::string x = base64url(number_of(ec, OSSL_PKEY_PARAM_EC_PUB_X, 32));
  std::string y = number_of(ec, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
  y.back() = static_cast<char>(y.back() ^ 1);
  EXPECT_SAYS(
      said(R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + base64url(y) + "\"}", ""),
      "do not make a key");
}

TEST_F(KeyFiles, ASetKeepsWhatIsForSignatures) {
  const std::string others = rsa_jwk(rsa, R"(,"use":"enc")") + ',' +
                             rsa_jwk(rsa, R"(,"alg":"RSA-OAEP")") + ',' +
                             R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"},)" +
                             ec_jwk(ec, "P-256", R"(,"key_ops":["deriveKey"])");
  EXPECT_SAYS(said_of_set(set_of(others)), "no key for signatures");
  auth::Options options;
  options.jwks =
      folder.write("jwks", set_of(others + ',' + ec_jwk(ec, "P-256", R"(,"key_ops":["verify"])") +
                                  ',' + rsa_jwk(rsa, R"(,"kid":"1")")));
  const auto keys = auth::load_key_set(options);
  ASSERT_TRUE(keys);
  EXPECT_EQ((*keys)->keys().size(), 2U);
}

TEST_F(KeyFiles, ASetIsTakenWholeOrNotAtAll) {
  EXPECT_SAYS(said_of_set("[]"), "is no JWK Set");
  EXPECT_SAYS(said_of_set("{\"keys\":{}}"), "is no JWK Set");
  EXPECT_SAYS(said_of_set(set_of("1")), "keys[0] is no key");
  EXPECT_SAYS(said_of_set(set_of(rsa_jwk(rsa, "") + ',' + rsa_jwk(new_rsa(1024), ""))), "keys[1]");
  std::string many;
  for (int i = 0; i < 257; ++i) many += (i == 0 ? "" : ",") + std::string("{\"use\":\"enc\"}");
  EXPECT_SAYS(said_of_set(set_of(many)), "more than 256 keys");
}

TEST_F(KeyFiles, AKidStandsForOneKey) {
  const std::string first = ec_jwk(ec, "P-256", R"(,"kid":"1")");
  EXPECT_SAYS(said_of_set(set_of(first + ',' + ec_jwk(new_ec("P-256"), "P-256", R"(,"kid":"1")"))),
              "two keys for ES256 have the kid 1");
  EXPECT_EQ(said_of_set(set_of(first + ',' + rsa_jwk(rsa, R"(,"kid":"1")"))), "");
}

TEST_F(KeyFiles, AKeyThatNoTokenReachesIsRefused) {
  std::string keys;
  for (int i = 0; i < 4; ++i) keys += ec_jwk(new_ec("P-256"), "P-256", "") + ',';
  EXPECT_EQ(said_of_set(set_of(keys + rsa_jwk(rsa, ""))), "");
  EXPECT_EQ(said_of_set(set_of(keys + ec_jwk(ec, "P-256", R"(,"kid":"1")"))), "");
  EXPECT_SAYS(said_of_set(set_of(keys + ec_jwk(ec, "P-256", ""))),
              "a key for ES256 without a kid stands behind four others");
}

/// What of a published set is taken, beside one key of a file; or why nothing.
struct PublishedKeys : KeyFiles {
  PublishedKeys() {
    options.keys = {{folder.write("key", to_pem(ec)), "", "own"}};
    options.jwks = "https://issuer.example/keys";
    own = *auth::load_key_set(options);
  }
  std::string taken(const std::string& keys) {
    const auto both = auth::with_published(*own, set_of(keys));
    return both ? std::to_string((*both)->keys().size() - 1) : both.error().message;
  }

  auth::Options options;
  std::shared_ptr<const auth::KeySet> own;
};

TEST_F(PublishedKeys, ComeBesideThoseOfFiles) {
  EXPECT_EQ(own->keys().size(), 1U) << "nobody is asked";
  EXPECT_EQ(taken(rsa_jwk(rsa, R"(,"kid":"theirs")")), "1");
  EXPECT_EQ(own->keys().size(), 1U) << "a set never changes";
}

TEST_F(PublishedKeys, AreTakenEachByItself) {
  const std::string good = rsa_jwk(rsa, R"(,"kid":"1")");
  const std::string other = ec_jwk(new_ec("P-256"), "P-256", R"(,"kid":"2")");
  for (const std::string& odd :
       {rsa_jwk(new_rsa(1024), ""), std::string("1"), std::string(R"({"kty":"RSA"})"),
        ec_jwk(ec, "P-256", R"(,"alg":"ES384")"), ec_jwk(ec, "P-256", R"(,"kid":7)"),
        ec_jwk(ec, "P-256", R"(,"kid":"own")"), ec_jwk(ec, "P-256", R"(,"kid":"2")"),
        std::string(R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})")}) {
    EXPECT_EQ(taken(good + ',' + other + ',' + odd), "2") << odd;
  }
  EXPECT_SAYS(taken(rsa_jwk(new_rsa(1024), "")), "no key for signatures that can be taken");
  EXPECT_SAYS(taken(""), "no key for signatures that can be taken");
}

TEST_F(PublishedKeys, AreNoSecrets) {
  const std::string secret = secret_jwk(std::string(32, 's'), R"(,"alg":"HS256","kid":"s")");
  EXPECT_EQ(taken(secret + ',' + rsa_jwk(rsa, R"(,"kid":"1")")), "1");
  EXPECT_SAYS(taken(secret), "no key for signatures that can be taken");
}

TEST_F(PublishedKeys, ComeFromAServerForWhomACertificateVouches) {
  options.jwks_ca = folder.missing();
  EXPECT_SAYS(first_line(options), "auth.jwks_ca: ");
  options.jwks_ca = folder.write("ca", to_pem(ec));
  EXPECT_SAYS(first_line(options), "holds no certificate in PEM form");
}

TEST_F(KeyFiles, EveryFaultIsSaidAtOnce) {
  auth::Options options;
  options.keys = {{folder.missing(), "HS256", ""}, {folder.write("weak", "weak"), "HS256", ""}};
  options.jwks = folder.missing();
  const auto keys = auth::load_key_set(options);
  ASSERT_FALSE(keys);
  ASSERT_EQ(keys.error().size(), 3U);
  EXPECT_TRUE(keys.error()[1].starts_with("auth.keys[1]: ")) << keys.error()[1];
  EXPECT_TRUE(keys.error()[2].starts_with("auth.jwks: ")) << keys.error()[2];
}

TEST_F(KeyFiles, OneThatEncryptsItselfIsRefusedWithoutAskingForItsPassword) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PKCS8PrivateKey(bio.get(), ec.get(), EVP_aes_128_cbc(), "word", 4, nullptr,
                                nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  EXPECT_SAYS(said({text, static_cast<std::size_t>(size)}, ""), "opens without a password");
}

}  // namespace
}  // namespace gateway::test
