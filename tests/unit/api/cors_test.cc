#include "api/cors.h"

#include <gtest/gtest.h>

#include "api/problem.h"
#include "support/fake_exchange.h"

namespace gateway::api {
namespace {

constexpr std::string_view kAllow = "GET, HEAD, OPTIONS, POST";

enum class Form { simple, error, preflight };

struct Origin {
  std::string_view text;  // empty: no field
  bool listed;
  bool own;
};

constexpr Origin kOrigins[] = {
    {"", false, false},
    {"https://app.example", true, false},
    {"http://localhost:5173", true, false},
    {"http://localhost", true, false},
    {"https://localhost:8443", false, true},
    {"https://evil.example", false, false},
    {"http://app.example", false, false},
    {"http://localhost.evil.example:5173", false, false},
    {"null", false, false},
};

Options options_with(bool credentials) {
  Options options;
  options.cors.origins = {"https://app.example", "http://localhost:*"};
  options.cors.credentials = credentials;
  options.cors.max_age = std::chrono::seconds(321);
  return options;
}

http::Request request_of(const Origin& origin, Form form) {
  auto request =
      gateway::test::make_request(form == Form::preflight ? "OPTIONS" : "GET", "/events?boards=a");
  if (!origin.text.empty()) request.fields.add("origin", std::string(origin.text));
  if (form == Form::preflight) request.fields.add("access-control-request-method", "POST");
  return request;
}

http::Response answer(const Options& options, const http::Request& request, Form form) {
  if (form == Form::preflight) return preflight(options, request, kAllow);
  http::Response response = form == Form::error ? problem(404, "No.") : http::Response{};
  add_cors(options, request, response);
  return response;
}

std::size_t count(const http::Response& response, std::string_view name) {
  std::size_t n = 0;
  for (const http::Field& field : response.fields) n += field.name == name ? 1U : 0U;
  return n;
}

class CorsMatrix : public testing::TestWithParam<std::tuple<Origin, bool, Form>> {
 protected:
  const Origin origin_ = std::get<0>(GetParam());
  const bool credentials_ = std::get<1>(GetParam());
  const Form form_ = std::get<2>(GetParam());
  const Options options_ = options_with(credentials_);
  const http::Request request_ = request_of(origin_, form_);
};

TEST_P(CorsMatrix, OnlyListedOriginsGetFields) {
  const http::Response response = answer(options_, request_, form_);
  EXPECT_NE(response.fields.get("vary").find("origin"), std::string_view::npos);
  EXPECT_EQ(response.fields.get("access-control-allow-origin"), origin_.listed ? origin_.text : "");
  EXPECT_EQ(response.fields.get("access-control-allow-credentials"),
            origin_.listed && credentials_ ? "true" : "");
  EXPECT_EQ(response.fields.has("access-control-expose-headers"), origin_.listed);
  EXPECT_FALSE(response.fields.has("access-control-allow-private-network"));
}

TEST_P(CorsMatrix, OnlyListedPreflightsAreGranted) {
  const http::Response response = answer(options_, request_, form_);
  const bool granted = form_ == Form::preflight && origin_.listed;
  EXPECT_EQ(response.fields.get("access-control-allow-methods"), granted ? kAllow : "");
  EXPECT_EQ(response.fields.has("access-control-allow-headers"), granted);
  EXPECT_EQ(response.fields.get("access-control-max-age"), granted ? "321" : "");
  if (form_ == Form::preflight) {
    const bool refused = !origin_.listed && !origin_.own && !origin_.text.empty();
    EXPECT_EQ(response.status, refused ? 403 : 204);
    EXPECT_EQ(response.body.empty(), !refused);
  }
}

TEST_P(CorsMatrix, AddingTwiceIsAddingOnce) {
  http::Response response = answer(options_, request_, form_);
  const std::size_t before = response.fields.size();
  const std::string vary(response.fields.get("vary"));
  add_cors(options_, request_, response);
  EXPECT_EQ(response.fields.size(), before);
  EXPECT_EQ(response.fields.get("vary"), vary);
  EXPECT_EQ(count(response, "vary"), 1U);
}

INSTANTIATE_TEST_SUITE_P(All, CorsMatrix,
                         testing::Combine(testing::ValuesIn(kOrigins), testing::Bool(),
                                          testing::Values(Form::simple, Form::error,
                                                          Form::preflight)));

TEST(Cors, NothingIsListedByDefault) {
  http::Response response;
  add_cors({}, request_of({"http://localhost:5173", false, false}, Form::simple), response);
  EXPECT_EQ(response.fields.get("vary"), "origin");
  EXPECT_EQ(response.fields.size(), 1U);
}

TEST(Cors, KeepsTheVaryOfTheAnswer) {
  http::Response response;
  response.fields.add("vary", "accept");
  add_cors({}, request_of({"", false, false}, Form::simple), response);
  EXPECT_EQ(count(response, "vary"), 1U);
  EXPECT_NE(response.fields.get("vary").find("accept"), std::string_view::npos);
  EXPECT_NE(response.fields.get("vary").find("origin"), std::string_view::npos);
}

TEST(Preflight, OptionsOfNobodyNamesTheMethods) {
  const auto request = gateway::test::make_request("OPTIONS", "/events");
  const http::Response response = preflight(options_with(true), request, kAllow);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.fields.get("allow"), kAllow);
}

TEST(Preflight, GrantsWhatClientsSend) {
  const auto request = request_of(kOrigins[1], Form::preflight);
  const http::Response response = preflight(options_with(true), request, kAllow);
  const std::string_view granted = response.fields.get("access-control-allow-headers");
  for (const std::string_view name : {"authorization", "content-type", "last-event-id"}) {
    EXPECT_NE(granted.find(name), std::string_view::npos) << name;
  }
  EXPECT_EQ(granted.find('*'), std::string_view::npos);
}

}  // namespace
}  // namespace gateway::api
