// Signed tokens whose claims do not hold here.
#include "unit/auth/bad_tokens.h"

namespace gateway::test {
namespace {

constexpr std::string_view kIssuer = R"("iss":"https://issuer.example")";
constexpr std::string_view kAudience = R"("aud":"boards")";

/// The good claims with `what` in the place of `old`, signed.
BadToken with(const char* name, std::string_view old, const std::string& what, const char* why) {
  return {name, auth::Refusal::Kind::claims, why,
          [old = std::string(old), what](const AuthWorld& world) {
            std::string claims = world.claims();
            const std::size_t at = claims.find(old);
            EXPECT_NE(at, std::string::npos) << old;
            return world.good(claims.replace(at, old.size(), what));
          }};
}

/// The good claims, and another member.
BadToken and_also(const char* name, const std::string& member, const char* why) {
  return {name, auth::Refusal::Kind::claims, why,
          [member](const AuthWorld& world) { return world.good(world.claims(',' + member)); }};
}

BadToken all(const char* name, const std::string& claims) {
  return {name, auth::Refusal::Kind::claims, "not one JSON object",
          [claims](const AuthWorld& world) { return world.good(claims); }};
}

/// The good claims with another `exp`, JSON.
BadToken ends(const char* name, const std::string& exp, const char* why = "exp is no time") {
  return {name, auth::Refusal::Kind::claims, why, [exp](const AuthWorld& world) {
            std::string claims = world.claims();
            const std::string old = "\"exp\":" + std::to_string(world.now() + 60);
            return world.good(claims.replace(claims.find(old), old.size(),
                                             exp.empty() ? "\"x\":1" : "\"exp\":" + exp));
          }};
}

BadToken over(const char* name, std::int64_t seconds_ago) {
  return {name, auth::Refusal::Kind::expired, "exp is over", [seconds_ago](const AuthWorld& world) {
            std::string claims = world.claims();
            const std::string old = std::to_string(world.now() + 60);
            return world.good(claims.replace(claims.find(old), old.size(),
                                             std::to_string(world.now() - seconds_ago)));
          }};
}

std::vector<BadToken> shapes() {
  return {
      all("claims that are no JSON", "exp=1"),
      all("claims that are empty", ""),
      all("claims that are a list", "[]"),
      all("claims that are null", "null"),
      all("claims with something behind", R"({"exp":9999999999} x)"),
      all("claims in another encoding", "{\"exp\":9999999999,\"sub\":\"\xC3\"}"),
      all("claims with a NUL", R"({"exp":9999999999,"sub":"a\u0000"})"),
      all("deep claims", R"({"exp":9999999999,"x":)" + std::string(3000, '[') + "}"),
      and_also("exp twice", R"("exp":9999999999)", "not one JSON object"),
      and_also("boards twice", R"("boards":{"subscribe":["*"]})", "not one JSON object"),
      and_also("a member twice further in", R"("x":[{"a":1,"a":1}])", "not one JSON object"),
      with("subscribe twice", R"("publish")", R"("subscribe")", "not one JSON object"),
  };
}

std::vector<BadToken> times() {
  return {
      ends("no exp", "", "exp is missing"),
      ends("exp a text", "\"9999999999\""),
      ends("exp null", "null"),
      ends("exp true", "true"),
      ends("exp a list", "[9999999999]"),
      ends("exp below zero", "-1"),
      ends("exp beyond the year 9999", "253402300800"),
      ends("exp beyond all years", "1e300"),
      ends("exp in milliseconds", "1732637226000"),
      ends("exp not to be counted", "1e999", "not one JSON object"),
      over("over for a minute and a second", 61),
      over("over for a minute", 60),
      over("over for a year", 31'536'000),
      over("over since 1970", 784'111'777),
      {"not begun", auth::Refusal::Kind::claims, "nbf is yet to come",
       [](const AuthWorld& world) {
         return world.good(world.claims(",\"nbf\":" + std::to_string(world.now() + 61)));
       }},
      and_also("nbf a text", R"("nbf":"1")", "nbf is no time"),
      and_also("nbf null", R"("nbf":null)", "nbf is no time"),
      and_also("iat a text", R"("iat":"1")", "iat is no time"),
  };
}

std::vector<BadToken> parties() {
  return {
      with("no issuer", kIssuer, R"("x":1)", "iss is missing"),
      with("another issuer", kIssuer, R"("iss":"https://evil.example")", "iss is not"),
      with("an issuer and a slash", kIssuer, R"("iss":"https://issuer.example/")", "iss is not"),
      with("an issuer in capitals", kIssuer, R"("iss":"HTTPS://ISSUER.EXAMPLE")", "iss is not"),
      with("a list of issuers", kIssuer, R"("iss":["https://issuer.example"])", "iss is no string"),
      with("no audience", kAudience, R"("x":1)", "aud is missing"),
      with("another audience", kAudience, R"("aud":"billing")", "aud does not name"),
      with("the beginning of the audience", kAudience, R"("aud":"board")", "aud does not name"),
      with("other audiences", kAudience, R"("aud":["billing","mail"])", "aud does not name"),
      with("no audiences", kAudience, R"("aud":[])", "aud does not name"),
      with("audiences of which one is no text", kAudience, R"("aud":["boards",1])", "aud lists"),
      with("an audience that is an object", kAudience, R"("aud":{"boards":1})", "aud is no"),
      with("a subject that is a number", R"("sub":"ann")", R"("sub":1)", "sub is no string"),
      with("a subject of two lines", R"("sub":"ann")", R"("sub":"a\nb")", "sub is longer"),
      with("a long subject", R"("sub":"ann")", R"("sub":")" + std::string(257, 'a') + '"',
           "sub is longer"),
  };
}

std::vector<BadToken> grants() {
  constexpr std::string_view kRead = R"(["team-*"])";
  constexpr std::string_view kWrite = R"(["board-1"])";
  return {
      with("boards that are a list", R"({"subscribe":["team-*"],"publish":["board-1"]})",
           R"(["team-*"])", "boards is no object"),
      with("one board in place of a list", kRead, R"("team-*")", "boards.subscribe is no list"),
      with("a list of numbers", kWrite, "[1]", "boards.publish lists"),
      with("an asterisk in between", kRead, R"(["te*am"])", "boards.subscribe lists"),
      with("two asterisks", kRead, R"(["team-**"])", "boards.subscribe lists"),
      with("a board without a name", kWrite, R"([""])", "boards.publish lists"),
      with("a board of two lines", kWrite, R"(["a\nb"])", "boards.publish lists"),
      with("a long board", kWrite, "[\"" + std::string(257, 'b') + "\"]", "boards.publish lists"),
      and_also("admin a text", R"("admin":"true")", "admin is neither"),
      and_also("admin 1", R"("admin":1)", "admin is neither"),
      and_also("admin null", R"("admin":null)", "admin is neither"),
  };
}

TEST(BadTokens, OfOtherClaims) { expect_all_refused(shapes()); }
TEST(BadTokens, OfAnotherTime) { expect_all_refused(times()); }
TEST(BadTokens, OfAndForOthers) { expect_all_refused(parties()); }
TEST(BadTokens, OfOtherGrants) { expect_all_refused(grants()); }

}  // namespace
}  // namespace gateway::test
