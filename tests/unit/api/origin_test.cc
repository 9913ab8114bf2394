#include "api/origin.h"

#include <gtest/gtest.h>

#include "support/fake_exchange.h"

namespace gateway::api {
namespace {

http::Request from(std::string_view method, std::string_view authority, bool tls) {
  auto request = gateway::test::make_request(std::string(method), "/events");
  request.authority = authority;
  request.tls = tls;
  return request;
}

TEST(OwnOrigin, IsSchemeAndAuthority) {
  EXPECT_EQ(own_origin(from("GET", "localhost:8443", true)), "https://localhost:8443");
  EXPECT_EQ(own_origin(from("GET", "localhost:8080", false)), "http://localhost:8080");
  EXPECT_EQ(own_origin(from("GET", "[::1]:8443", true)), "https://[::1]:8443");
}

TEST(OwnOrigin, LeavesOutTheDefaultPortAsBrowsersDo) {
  EXPECT_EQ(own_origin(from("GET", "a.example", true)), "https://a.example");
  EXPECT_EQ(own_origin(from("GET", "a.example:443", true)), "https://a.example");
  EXPECT_EQ(own_origin(from("GET", "a.example:80", false)), "http://a.example");
  EXPECT_EQ(own_origin(from("GET", "a.example:80", true)), "https://a.example:80");
  EXPECT_EQ(own_origin(from("GET", "a.example:443", false)), "http://a.example:443");
}

TEST(OwnOrigin, IsEmptyWithoutAuthority) {
  const http::Request request = from("POST", "", false);
  EXPECT_EQ(own_origin(request), "");
  EXPECT_FALSE(origin_allowed({}, "", request));
  EXPECT_FALSE(origin_allowed({}, "http://", request));
}

struct Listing {
  std::string rule;
  std::string origin;
  bool listed;
};

class OriginRule : public testing::TestWithParam<Listing> {};

TEST_P(OriginRule, Matches) {
  CorsOptions cors;
  cors.origins = {"https://other.example", GetParam().rule};
  EXPECT_EQ(origin_listed(cors, GetParam().origin), GetParam().listed)
      << GetParam().rule << " " << GetParam().origin;
}

INSTANTIATE_TEST_SUITE_P(
    Exact, OriginRule,
    testing::Values(
        Listing{"https://app.example", "https://app.example", true},
        Listing{"https://app.example", "https://other.example", true},
        Listing{"https://app.example", "http://app.example", false},
        Listing{"https://app.example", "https://app.example:8443", false},
        Listing{"https://app.example", "https://app.example.evil.example", false},
        Listing{"https://app.example", "https://evil.example/https://app.example", false},
        Listing{"https://app.example", "https://app.example, https://app.example", false},
        Listing{"https://app.example", "https://APP.example", false},
        Listing{"https://app.example", "", false}, Listing{"null", "null", false},
        Listing{"*", "*", false}, Listing{"*", "https://app.example", false},
        Listing{"", "", false}));

INSTANTIATE_TEST_SUITE_P(
    AnyLoopbackPort, OriginRule,
    testing::Values(Listing{"http://localhost:*", "http://localhost:3000", true},
                    Listing{"http://localhost:*", "http://localhost", true},
                    Listing{"http://localhost:*", "http://localhost:65535", true},
                    Listing{"http://localhost:*", "http://localhost:65536", false},
                    Listing{"http://localhost:*", "http://localhost:0", false},
                    Listing{"http://localhost:*", "http://localhost:", false},
                    Listing{"http://localhost:*", "http://localhost:80x", false},
                    Listing{"http://localhost:*", "http://localhost:*", false},
                    Listing{"http://localhost:*", "http://localhost:3000/", false},
                    Listing{"http://localhost:*", "http://localhost.evil.example", false},
                    Listing{"http://localhost:*", "http://localhost:80@evil.example", false},
                    Listing{"http://localhost:*", "https://localhost:3000", false},
                    Listing{"http://localhost:*", "http://app.localhost:3000", false},
                    Listing{"http://app.localhost:*", "http://app.localhost:3000", true},
                    Listing{"http://127.0.0.1:*", "http://127.0.0.1:5173", true},
                    Listing{"http://127.0.0.1:*", "http://127.0.0.10:5173", false},
                    Listing{"http://127.9.8.7:*", "http://127.9.8.7:5173", true},
                    Listing{"https://[::1]:*", "https://[::1]:8443", true}));

INSTANTIATE_TEST_SUITE_P(
    NoOtherHostHasAWildcard, OriginRule,
    testing::Values(Listing{"https://app.example:*", "https://app.example:8443", false},
                    Listing{"https://app.example:*", "https://app.example", false},
                    Listing{"http://128.0.0.1:*", "http://128.0.0.1:80", false},
                    Listing{"http://127.0.0.256:*", "http://127.0.0.256:80", false},
                    Listing{"http://127.0.0.1.example:*", "http://127.0.0.1.example:80", false},
                    Listing{"http://.localhost:*", "http://.localhost:80", false},
                    Listing{"http://notlocalhost:*", "http://notlocalhost:80", false},
                    Listing{"localhost:*", "localhost://:80", false}));

TEST(ForeignWrite, IsAnyUnsafeMethodOfAForeignOrigin) {
  CorsOptions cors;
  cors.origins = {"https://app.example"};
  for (const std::string_view method : {"POST", "PATCH", "DELETE", "PUT", "QUERY", "post"}) {
    http::Request request = from(method, "localhost:8443", true);
    EXPECT_FALSE(foreign_write(cors, request)) << method << " without origin";
    for (const std::string origin : {"https://localhost:8443", "https://app.example"}) {
      http::Request friendly = request;
      friendly.fields.add("origin", origin);
      EXPECT_FALSE(foreign_write(cors, friendly)) << method << origin;
    }
    for (const std::string origin :
         {"https://evil.example", "null", "", "http://localhost:8443", "https://localhost",
          "https://app.example, https://evil.example"}) {
      http::Request foreign = request;
      foreign.fields.add("origin", origin);
      EXPECT_TRUE(foreign_write(cors, foreign)) << method << origin;
    }
  }
}

TEST(ForeignWrite, ReadingIsNone) {
  for (const std::string_view method : {"GET", "HEAD", "OPTIONS", "TRACE"}) {
    http::Request request = from(method, "localhost:8443", true);
    request.fields.add("origin", "https://evil.example");
    EXPECT_FALSE(foreign_write({}, request)) << method;
  }
}

TEST(ForeignWrite, ProblemNamesTheOriginAndTheOption) {
  http::Request request = from("POST", "localhost:8443", true);
  request.fields.add("origin", "https://evil.example");
  const http::Response response = foreign_origin_problem(request);
  EXPECT_EQ(response.status, 403);
  EXPECT_NE(response.body.find("https://evil.example"), std::string::npos);
  EXPECT_NE(response.body.find("cors.origins"), std::string::npos);
}

}  // namespace
}  // namespace gateway::api
