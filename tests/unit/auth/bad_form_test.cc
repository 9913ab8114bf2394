// Tokens that are refused for their form, before any key is looked at.
#include <functional>

#include "unit/auth/bad_tokens.h"

namespace gateway::test {
namespace {

/// A good token's header, with the member `json` (",\"x\":1") more, signed with the right key.
BadToken with_member(const char* name, const std::string& json, const char* why) {
  return {name, auth::Refusal::Kind::malformed, why, [json](const AuthWorld& world) {
            return with_hmac("HS256", world.secret,
                             join(R"({"alg":"HS256","kid":"hs")" + json + '}', world.claims()));
          }};
}

/// The whole header as written, signed with the right key.
BadToken with_header(const char* name, const std::string& header, const char* why) {
  return {name, auth::Refusal::Kind::malformed, why, [header](const AuthWorld& world) {
            return with_hmac("HS256", world.secret, join(header, world.claims()));
          }};
}

/// The text of a good token, spoilt.
BadToken spoilt(const char* name, const char* why,
                const std::function<std::string(std::string)>& spoil) {
  return {name, auth::Refusal::Kind::malformed, why,
          [spoil](const AuthWorld& world) { return spoil(world.good()); }};
}

/// The same bytes in other letters: the bits of the last one that stand for nothing are not zero.
std::string uncanonical(std::string text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  text.back() = kAlphabet[kAlphabet.find(text.back()) + 1];
  return text;
}

/// A text whose base64url has such bits: 1 or 2 more than a multiple of three bytes.
std::string odd(std::string json) {
  if (json.size() % 3 == 0) json += ' ';
  return json;
}

std::vector<BadToken> texts() {
  constexpr const char* kParts = "three parts";
  constexpr const char* kBase64 = "canonical base64url";
  return {
      spoilt("nothing", kParts, [](const std::string&) { return ""; }),
      spoilt("one part", kParts, [](std::string t) { return t.substr(0, t.find('.')); }),
      spoilt("two parts", kParts, [](std::string t) { return t.substr(0, t.rfind('.')); }),
      spoilt("four parts", kParts, [](const std::string& t) { return t + ".AAAA"; }),
      spoilt("five parts, as an encrypted token has", kParts,
             [](const std::string& t) { return t + ".AAAA.AAAA"; }),
      spoilt("a dot at its end", kParts, [](const std::string& t) { return t + "."; }),
      spoilt("dots alone", "header is not one JSON object",
             [](const std::string&) { return ".."; }),
      spoilt("padding in the signature", kBase64, [](const std::string& t) { return t + "="; }),
      spoilt("padding in the header", kBase64,
             [](std::string t) { return t.insert(t.find('.'), "="); }),
      spoilt("padding in the claims", kBase64,
             [](std::string t) { return t.insert(t.rfind('.'), "=="); }),
      spoilt("a space at its end", kBase64, [](const std::string& t) { return t + " "; }),
      spoilt("a line break at its end", kBase64, [](const std::string& t) { return t + "\n"; }),
      spoilt("a space in front", kBase64, [](const std::string& t) { return " " + t; }),
      spoilt("a NUL in it", kBase64, [](std::string t) { return t.insert(9, 1, '\0'); }),
      spoilt("a letter that base64url lacks", kBase64,
             [](std::string t) { return t.replace(t.rfind('.') + 1, 1, "+"); }),
      spoilt("a length that no value has", kBase64,
             [](std::string t) { return t + std::string(t.size() % 4 == 0 ? 1 : 2, 'A'); }),
      spoilt("a signature in other letters", kBase64, uncanonical),
      {"a header in other letters", auth::Refusal::Kind::malformed, kBase64,
       [](const AuthWorld& world) {
         const std::string header = uncanonical(base64url(odd(AuthWorld::header("HS256", "hs"))));
         return with_hmac("HS256", world.secret, header + '.' + base64url(world.claims()));
       }},
      {"claims in other letters", auth::Refusal::Kind::malformed, kBase64,
       [](const AuthWorld& world) {
         const std::string claims = uncanonical(base64url(odd(world.claims())));
         return with_hmac("HS256", world.secret,
                          base64url(AuthWorld::header("HS256", "hs")) + '.' + claims);
       }},
      {"longer than 8 KiB", auth::Refusal::Kind::malformed, "longer than 8 KiB",
       [](const AuthWorld& world) {
         return world.good(world.claims(R"(,"x":")" + std::string(6100, 'x') + '"'));
       }},
      {"a megabyte", auth::Refusal::Kind::malformed, "longer than 8 KiB",
       [](const AuthWorld&) { return std::string(1U << 20U, 'A'); }},
  };
}

std::vector<BadToken> headers() {
  constexpr const char* kObject = "not one JSON object";
  return {
      with_header("a header that is no JSON", "alg=HS256", kObject),
      with_header("a header that is empty", "", kObject),
      with_header("a header that is a list", R"(["HS256"])", kObject),
      with_header("a header that is a text", R"("HS256")", kObject),
      with_header("two headers", R"({"alg":"HS256"}{"alg":"HS256"})", kObject),
      with_header("a header with a comma too many", R"({"alg":"HS256",})", kObject),
      with_header("a header in another encoding", "{\"alg\":\"HS256\",\"x\":\"\xFF\"}", kObject),
      with_header("a NUL in the algorithm", R"({"alg":"HS256\u0000"})", kObject),
      with_header("alg twice, none first", R"({"alg":"none","alg":"HS256"})", kObject),
      with_header("alg twice, none last", R"({"alg":"HS256","alg":"none"})", kObject),
      with_header("alg twice, once escaped", R"({"alg":"HS256","\u0061lg":"none"})", kObject),
      with_header("a deep header", R"({"alg":"HS256","x":)" + std::string(3000, '[') + "}",
                  kObject),
      with_member("kid twice", R"(,"kid":"rs")", kObject),
      with_member("a member twice further in", R"(,"x":{"a":1,"a":2})", kObject),
      with_header("no alg", R"({"kid":"hs","typ":"JWT"})", "no alg"),
      with_header("alg null", R"({"alg":null,"kid":"hs"})", "no alg"),
      with_header("alg a number", R"({"alg":256,"kid":"hs"})", "no alg"),
      with_header("alg a list", R"({"alg":["HS256"],"kid":"hs"})", "no alg"),
      with_header("Alg with a capital", R"({"Alg":"HS256","kid":"hs"})", "no alg"),
      with_member("crit that names exp", R"(,"crit":["exp"],"exp":1)", "has crit"),
      with_member("crit that names nothing", R"(,"crit":[])", "has crit"),
      with_member("crit for b64", R"(,"b64":false,"crit":["b64"])", "has crit"),
      with_member("b64 false", R"(,"b64":false)", "has b64"),
      with_member("b64 true", R"(,"b64":true)", "has b64"),
      with_member("a key set by URL", R"(,"jku":"https://evil.example/jwks.json")", "has jku"),
      with_member("a certificate", R"(,"x5c":["MIIB"])", "has x5c"),
      with_member("a certificate by URL", R"(,"x5u":"https://evil.example/cert.pem")", "has x5u"),
      with_member("an encryption", R"(,"enc":"A128GCM")", "has enc"),
      with_member("a compression", R"(,"zip":"DEF")", "has zip"),
      with_member("a token within the token", R"(,"cty":"JWT")", "has cty"),
      with_member("a token of logout", R"(,"typ":"logout+jwt")", "typ is neither"),
      with_member("a proof of possession", R"(,"typ":"dpop+jwt")", "typ is neither"),
      with_member("typ a number", R"(,"typ":1)", "typ is neither"),
      with_header("kid a number", R"({"alg":"HS256","kid":1})", "kid is no string"),
      with_header("kid null", R"({"alg":"HS256","kid":null})", "kid is no string"),
      with_header("kid a list", R"({"alg":"HS256","kid":["hs"]})", "kid is no string"),
      with_header("a long kid", R"({"alg":"HS256","kid":")" + std::string(257, 'k') + "\"}",
                  "too long"),
      {"a key of its own, which signs it", auth::Refusal::Kind::malformed, "has jwk",
       [](const AuthWorld& world) {
         const Pkey own = rsa_key(2);
         const std::string header = R"({"alg":"RS256","kid":"rs","jwk":)" + rsa_jwk(own, "") + '}';
         return with_key("RS256", own, join(header, world.claims()));
       }},
  };
}

std::vector<BadToken> algorithms() {
  std::vector<BadToken> bad;
  for (const char* const alg :
       {"none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", " HS256", "HS1", "HS224", "RS1",
        "ES256K", "EdDSA", "dir", "A128KW", "RSA-OAEP", "PBES2-HS256+A128KW"}) {
    const std::string header = R"({"alg":")" + std::string(alg) + R"(","kid":"hs"})";
    bad.push_back({"alg \"" + std::string(alg) + "\", not signed", auth::Refusal::Kind::malformed,
                   "none of those that are spoken", [header](const AuthWorld& world) {
                     return join(header, world.claims()) + '.';
                   }});
    bad.push_back({"alg \"" + std::string(alg) + "\", signed with HS256",
                   auth::Refusal::Kind::malformed, "none of those that are spoken",
                   [header](const AuthWorld& world) {
                     return with_hmac("HS256", world.secret, join(header, world.claims()));
                   }});
  }
  return bad;
}

TEST(BadTokens, OfAnotherText) { expect_all_refused(texts()); }
TEST(BadTokens, OfAnotherHeader) { expect_all_refused(headers()); }
TEST(BadTokens, OfAnotherAlgorithm) { expect_all_refused(algorithms()); }

TEST(BadTokens, JustBelowTheLimitIsGood) {
  const AuthWorld world;
  std::string token;
  for (std::size_t more = 5900; token.size() < auth::kTokenBytesMax - 4; ++more) {
    token = world.good(world.claims(R"(,"x":")" + std::string(more, 'x') + '"'));
  }
  ASSERT_LE(token.size(), auth::kTokenBytesMax);
  EXPECT_TRUE(world.verify(token));
}

}  // namespace
}  // namespace gateway::test
