// What is said to a person, and what a URL becomes.
#include <gtest/gtest.h>

#include "client/target.h"
#include "client/wording.h"

namespace gateway::client {
namespace {

TEST(Wording, ARefusalSaysItsDetailOrItsStatus) {
  EXPECT_EQ(refusal(400, R"({"title":"Bad Request","status":400,"detail":"No \"board\"."})", {}),
            "No \"board\".");
  EXPECT_EQ(refusal(502, "<html>Bad Gateway", {}), "the server answered 502");
}

TEST(Wording, ARefusalForWantOfATokenSaysWhichOrHow) {
  const std::string body = R"({"detail":"A token is needed."})";
  EXPECT_EQ(refusal(401, body, {}),
            "A token is needed (401; --token-file FILE, or the environment's BOARDCAST_TOKEN)");
  const auto token = Token::find("", "a.b.c", "THERE");
  ASSERT_TRUE(token);
  EXPECT_EQ(refusal(401, body, *token), "A token is needed (401; the token of THERE)");
  EXPECT_EQ(refusal(403, "", *token), "the server answered 403 (403; the token of THERE)");
}

TEST(Wording, AGapSaysWhatMayBeMissingAndWhy) {
  EXPECT_EQ(
      gap_in_words(R"({"boards":["a","team-*"],"reason":"epoch","after":"1-2","upto":"3-4"})"),
      "gap (epoch): events of a, team-* after 1-2 up to 3-4 may be missing: the gateway "
      "began a new log: it was restarted");
  EXPECT_EQ(gap_in_words(R"({"boards":["a"],"more":7,"reason":"odd","upto":"3-4"})"),
            "gap (odd): events of a and 7 more up to 3-4 may be missing: odd");
}

TEST(Target, NoPathMeansEvents) {
  EXPECT_EQ(parse_target("https://example.com", "x")->url, "https://example.com/events");
  EXPECT_EQ(parse_target("https://example.com:8443/", "x")->url, "https://example.com:8443/events");
  EXPECT_EQ(parse_target("http://localhost:8080/events", "x")->url, "http://localhost:8080/events");
  EXPECT_EQ(parse_target("https://example.com/gw/events", "x")->url,
            "https://example.com/gw/events");
}

TEST(Target, OtherUrlsAreRefused) {
  for (const char* bad : {"", "localhost:8443", "ftp://example.com", "https://", "https://a b/",
                          "https://example.com/events?boards=a", "https://example.com/#x"}) {
    EXPECT_FALSE(parse_target(bad, "").ok()) << bad;
  }
}

TEST(Target, LoopbackIsKnownByName) {
  for (const char* here : {"https://localhost", "https://LOCALHOST:1", "https://a.localhost",
                           "https://127.0.0.1:8443", "https://127.9.9.9", "https://[::1]:8443"}) {
    EXPECT_TRUE(parse_target(here, "x")->loopback) << here;
  }
  for (const char* there : {"https://example.com", "https://localhost.example.com",
                            "https://xlocalhost", "https://[::2]"}) {
    EXPECT_FALSE(parse_target(there, "x")->loopback) << there;
  }
}

TEST(Target, QueriesAreEncoded) {
  std::string url = "https://example.com/events";
  add_query(url, "boards", "a,team-*");
  add_query(url, "events", "\xC3\xA9 &=+%#");
  EXPECT_EQ(url, "https://example.com/events?boards=a,team-*&events=%C3%A9%20%26%3D%2B%25%23");
}

}  // namespace
}  // namespace gateway::client
