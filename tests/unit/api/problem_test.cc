#include "api/problem.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace gateway::api {
namespace {

TEST(Problem, SaysTitleStatusAndDetail) {
  const http::Response response = problem(404, "Nothing \"here\".");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.fields.get("content-type"), "application/problem+json");
  EXPECT_EQ(response.fields.get("cache-control"), "no-store");
  EXPECT_EQ(response.body,
            "{\"title\":\"Not Found\",\"status\":404,\"detail\":\"Nothing \\\"here\\\".\"}\n");
}

TEST(Problem, DetailIsAlwaysUtf8) {
  const http::Response response = problem(400, "a\xFF\xC3(\xE2\x82\xAC\xE2\x82");
  EXPECT_TRUE(base::is_utf8(response.body));
  EXPECT_NE(response.body.find("\"a\uFFFD\uFFFD(\u20AC\uFFFD\uFFFD\""), std::string::npos)
      << response.body;
}

TEST(Problem, UnavailableSaysWhenToComeBack) {
  const http::Response response = unavailable("Later.", std::chrono::seconds(7));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.fields.get("retry-after"), "7");
}

TEST(Problem, MethodNotAllowedNamesTheMethods) {
  const http::Response response = method_not_allowed("GET, HEAD");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.fields.get("allow"), "GET, HEAD");
  EXPECT_NE(response.body.find("GET, HEAD"), std::string::npos);
}

TEST(Quoted, EscapesAndReplaces) {
  EXPECT_EQ(in_quotes("plain"), "\"plain\"");
  EXPECT_EQ(in_quotes("a\r\nb\"c"), "\"a\\r\\nb\\\"c\"");
  EXPECT_EQ(in_quotes("\xFF"), "\"\uFFFD\"");
  EXPECT_EQ(in_quotes(""), "\"\"");
}

TEST(Quoted, ShowsTerminalsNoControlCharacter) {
  EXPECT_EQ(in_quotes("a\u0085b\u009Bc\u00A0\x7F"), "\"a\uFFFDb\uFFFDc\u00A0\\u007f\"");
  EXPECT_EQ(problem(400, "\u009B2J").body,
            "{\"title\":\"Bad Request\",\"status\":400,\"detail\":\"\uFFFD2J\"}\n");
}

TEST(Quoted, CutsBetweenCharacters) {
  EXPECT_EQ(in_quotes(std::string(64, 'x')), '"' + std::string(64, 'x') + '"');
  EXPECT_EQ(in_quotes(std::string(65, 'x')), '"' + std::string(64, 'x') + "…\"");
  // 63 bytes and a character of three: it does not fit and is not halved.
  EXPECT_EQ(in_quotes(std::string(63, 'x') + "\u20AC\u20AC"), '"' + std::string(63, 'x') + "…\"");
  EXPECT_LT(in_quotes(std::string(1 << 20, '\x01')).size(), 500U);
}

}  // namespace
}  // namespace gateway::api
