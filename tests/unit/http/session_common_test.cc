#include "http/session_common.h"

#include <string>

#include <gtest/gtest.h>

namespace gateway::http {
namespace {

using Size = RequestBuilder::Size;

class Builder : public testing::Test {
 protected:
  RequestBuilder h2() { return RequestBuilder(options, Protocol::http2, true); }
  RequestBuilder h1() { return RequestBuilder(options, Protocol::http1, false); }
  static int status(const RequestBuilder& builder) {
    const auto refusal = builder.check();
    return refusal ? refusal->status : 200;
  }
  /// The status for an HTTP/1.1 request of `target` with one Host.
  int of_target(std::string_view target, std::string_view host = "localhost") {
    RequestBuilder builder = h1();
    builder.set_method("GET");
    builder.set_target(target);
    builder.add("host", host);
    return status(builder);
  }
  Options options;
};

TEST_F(Builder, SplitsTheTarget) {
  RequestBuilder builder = h2();
  builder.add(":method", "GET");
  builder.add(":path", "/events?boards=a?b");
  builder.add(":authority", "LocalHost:8443");
  ASSERT_EQ(status(builder), 200);
  const Request request = builder.take();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/events");
  EXPECT_EQ(request.query, "boards=a?b");
  EXPECT_EQ(request.authority, "localhost:8443");
  EXPECT_TRUE(request.tls);
  EXPECT_EQ(request.protocol, Protocol::http2);
}

TEST_F(Builder, KeepsOnlyFieldsThatAreUsedAndJoinsThem) {
  RequestBuilder builder = h2();
  builder.add("user-agent", "curl");
  builder.add("accept", "text/html");
  builder.add("authorization", "Bearer t");
  builder.add("accept", "text/event-stream");
  const Request request = builder.take();
  EXPECT_FALSE(request.fields.has("user-agent"));
  EXPECT_EQ(request.fields.get("authorization"), "Bearer t");
  EXPECT_EQ(request.fields.get("accept"), "text/html, text/event-stream");
  EXPECT_EQ(request.fields.size(), 2U);
}

TEST_F(Builder, KeepsTheOneCookieThatIsRead) {
  const auto kept = [&](const std::string& name) {
    options.cookie = name;
    RequestBuilder builder = h2();
    for (const char* const pairs : {"a=1; t=2;bt=3; tt=4 ;t", " t=5", "T=6"}) {
      builder.add("cookie", pairs);
    }
    const Request request = builder.take();
    return std::string(request.fields.get("cookie"));
  };
  EXPECT_EQ(kept("t"), "t=2; t=5") << "two of them stay two";
  EXPECT_EQ(kept("tt"), "tt=4");
  EXPECT_EQ(kept("nothing"), "");
  EXPECT_EQ(kept(""), "") << "where there are no tokens none is read";
}

TEST_F(Builder, CountsBytesAsTheStandardDoes) {
  options.header_bytes = 100;
  RequestBuilder builder = h2();
  EXPECT_EQ(builder.add("a", std::string(67, 'x')), Size::fits);  // 1 + 67 + 32
  EXPECT_EQ(builder.add("", ""), Size::over);
  EXPECT_EQ(builder.add("b", std::string(35, 'x')), Size::over);  // exactly twice
  EXPECT_EQ(builder.add("", ""), Size::far_over);
  EXPECT_EQ(status(builder), 431);
}

TEST_F(Builder, CountsFieldsButNotCookies) {
  options.header_fields = 3;
  RequestBuilder builder = h2();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(builder.add("a", "b"), Size::fits);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(builder.add("cookie", "c=d"), Size::fits);
  EXPECT_EQ(builder.add("a", "b"), Size::over);
}

TEST_F(Builder, StoresNothingOverTheLimit) {
  options.header_fields = 1;
  RequestBuilder builder = h2();
  builder.add("accept", "a");
  builder.add("origin", "b");
  EXPECT_FALSE(builder.take().fields.has("origin"));
}

TEST_F(Builder, RefusesALongTarget) {
  options.url_bytes = 10;
  EXPECT_EQ(of_target("/123456789"), 200);
  EXPECT_EQ(of_target("/1234567890"), 414);
}

TEST_F(Builder, RefusesABrokenTarget) {
  EXPECT_EQ(of_target(""), 400);
  EXPECT_EQ(of_target("events"), 400);
  EXPECT_EQ(of_target("/a b"), 400);
  EXPECT_EQ(of_target("/a\tb"), 400);
  EXPECT_EQ(of_target("/a#b"), 400);
  EXPECT_EQ(of_target("ftp://localhost/"), 400);
  EXPECT_EQ(of_target("*"), 400);
}

TEST_F(Builder, OnlyOptionsMayAskForTheAsterisk) {
  const auto of = [](RequestBuilder builder, std::string_view method) {
    builder.add(":method", method);
    builder.add(":path", "*");
    builder.add("host", "localhost");
    return status(builder);
  };
  EXPECT_EQ(of(h2(), "OPTIONS"), 200);
  EXPECT_EQ(of(h2(), "GET"), 400);
  EXPECT_EQ(of(h1(), "OPTIONS"), 200);
  EXPECT_EQ(of(h1(), "GET"), 400);
}

TEST_F(Builder, AnAbsoluteTargetIsNoPathInHttp2) {
  RequestBuilder builder = h2();
  builder.add(":method", "GET");
  builder.add(":authority", "localhost");
  builder.add(":path", "https://evil.example/events");
  EXPECT_EQ(status(builder), 400);
  EXPECT_EQ(builder.take().authority, "localhost");
}

TEST_F(Builder, TakesTheAuthorityOfAnAbsoluteTarget) {
  RequestBuilder builder = h1();
  builder.set_method("GET");
  builder.set_target("HTTP://Example.com:80?boards=a");
  builder.add("host", "other.example");
  ASSERT_EQ(status(builder), 200);
  const Request request = builder.take();
  EXPECT_EQ(request.authority, "example.com:80");
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(request.query, "boards=a");
}

TEST_F(Builder, WantsExactlyOneHost) {
  RequestBuilder none = h1();
  none.set_target("/");
  EXPECT_EQ(status(none), 400);
  RequestBuilder two = h1();
  two.set_target("/");
  two.add("host", "localhost");
  EXPECT_EQ(status(two), 200);
  two.add("host", "localhost");
  EXPECT_EQ(status(two), 400);
}

TEST_F(Builder, RefusesAHostThatIsNone) {
  EXPECT_EQ(of_target("/", ""), 400);
  EXPECT_EQ(of_target("/", "a b"), 400);
  EXPECT_EQ(of_target("/", "user@localhost"), 400);
  EXPECT_EQ(of_target("/", "localhost/x"), 400);
  EXPECT_EQ(of_target("/", "[::1]:8443"), 200);
}

TEST_F(Builder, RefusesTwoAuthoritiesThatDiffer) {
  const auto of = [this](std::string_view authority, std::string_view host) {
    RequestBuilder builder = h2();
    builder.add(":path", "/");
    builder.add(":authority", authority);
    builder.add("host", host);
    return status(builder);
  };
  EXPECT_EQ(of("localhost", "LOCALHOST"), 200);
  EXPECT_EQ(of("localhost", "localhost:443"), 400);
  EXPECT_EQ(of("localhost", "evil.example"), 400);
}

TEST_F(Builder, TakesHostWhereThereIsNoAuthority) {
  RequestBuilder builder = h2();
  builder.add(":path", "/");
  builder.add("host", "LocalHost");
  ASSERT_EQ(status(builder), 200);
  EXPECT_EQ(builder.take().authority, "localhost");
}

TEST_F(Builder, AnswersOnlyForItsHosts) {
  options.hosts = {"example.com", "[::1]"};
  EXPECT_EQ(of_target("/", "EXAMPLE.com:8443"), 200);
  EXPECT_EQ(of_target("/", "[::1]:8443"), 200);
  EXPECT_EQ(of_target("/", "[::1]"), 200);
  EXPECT_EQ(of_target("/", "[::2]"), 421);
  EXPECT_EQ(of_target("/", "www.example.com"), 421);
}

TEST_F(Builder, AnswersForHostsBelowAName) {
  options.hosts = {"*.localhost"};
  EXPECT_EQ(of_target("/", "app.localhost:8443"), 200);
  EXPECT_EQ(of_target("/", "a.b.LOCALHOST"), 200);
  EXPECT_EQ(of_target("/", "localhost"), 421);
  EXPECT_EQ(of_target("/", ".localhost"), 421);
  EXPECT_EQ(of_target("/", "evil-localhost"), 421);
  EXPECT_EQ(of_target("/", "app.localhost.evil.example"), 421);
}

TEST_F(Builder, DoesNotTunnel) {
  RequestBuilder builder = h2();
  builder.add(":method", "CONNECT");
  builder.add(":authority", "example.com:443");
  EXPECT_EQ(status(builder), 501);
}

TEST(SessionCommon, KnowsWhichResponsesHaveContent) {
  EXPECT_TRUE(has_content("GET", 200));
  EXPECT_TRUE(has_content("POST", 404));
  EXPECT_FALSE(has_content("HEAD", 200));
  EXPECT_FALSE(has_content("GET", 204));
  EXPECT_FALSE(has_content("GET", 304));
}

TEST(SessionCommon, AddsDateAndLength) {
  Response response{200, {}, ""};
  complete_fields(response, 5, "today");
  EXPECT_EQ(response.fields.get("date"), "today");
  EXPECT_EQ(response.fields.get("content-length"), "5");
  for (const int status : {204, 304}) {
    Response empty{status, {}, ""};
    complete_fields(empty, 0, "today");
    EXPECT_FALSE(empty.fields.has("content-length")) << status;
  }
  Response streamed{200, {}, ""};
  complete_fields(streamed, std::nullopt, "today");
  EXPECT_FALSE(streamed.fields.has("content-length"));
}

TEST(SessionCommon, BlanksControlCharactersOfResponses) {
  Response response{200, {}, ""};
  response.fields.add("location", "/a\r\nset-cookie: b\n\x7F");
  complete_fields(response, 5, "today");
  EXPECT_EQ(response.fields.get("location"), "/a  set-cookie: b  ");
}

TEST(SessionCommon, CountsStatusesByClass) {
  SessionCounters counters;
  for (const int status : {200, 204, 304, 404, 431, 503}) count_response(counters, status);
  EXPECT_EQ(counters.responses_2xx.value(), 2U);
  EXPECT_EQ(counters.responses_3xx.value(), 1U);
  EXPECT_EQ(counters.responses_4xx.value(), 2U);
  EXPECT_EQ(counters.responses_5xx.value(), 1U);
}

}  // namespace
}  // namespace gateway::http
