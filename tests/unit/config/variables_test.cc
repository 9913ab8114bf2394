#include "config/variables.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/loading.h"

namespace gateway::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Variables kVariables = {{"A", "one"}, {"_b2", "two"}, {"EMPTY", ""}, {"ODD", "${A}$$: [x"}};

std::string expanded(std::string_view text) {
  const base::Result<std::string> result = expand(text, environment_of(kVariables));
  return result ? *result : "error: " + result.error().message;
}

TEST(Variables, ExpandInPlace) {
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded(""), "");
  EXPECT_EQ(expanded("${A}"), "one");
  EXPECT_EQ(expanded("<${A}-${_b2}>"), "<one-two>");
  EXPECT_EQ(expanded("${EMPTY}"), "");
}

TEST(Variables, DefaultsStandInForUnsetAndEmpty) {
  EXPECT_EQ(expanded("${A:-x}"), "one");
  EXPECT_EQ(expanded("${NONE:-x}"), "x");
  EXPECT_EQ(expanded("${NONE:-}"), "");
  EXPECT_EQ(expanded("${EMPTY:-x}"), "x");
  EXPECT_EQ(expanded("${NONE:-http://a:1/b c:-d}"), "http://a:1/b c:-d");
}

TEST(Variables, TwoDollarsAreOneAndBeginNothing) {
  EXPECT_EQ(expanded("$$"), "$");
  EXPECT_EQ(expanded("$${A}"), "${A}");
  EXPECT_EQ(expanded("a$$$$b"), "a$$b");
  EXPECT_EQ(expanded("$$${A}"), "$one");
}

TEST(Variables, ValuesAreNotExpandedAgain) { EXPECT_EQ(expanded("${ODD}"), "${A}$$: [x"); }

TEST(Variables, MistakesAreNamed) {
  EXPECT_THAT(expanded("${NONE}"), HasSubstr("error: the environment variable NONE is not set"));
  EXPECT_THAT(expanded("${A"), HasSubstr("error: ${ without its }"));
  EXPECT_THAT(expanded("$A"), HasSubstr("error: a single $"));
  EXPECT_THAT(expanded("a$"), HasSubstr("error: a single $"));
  EXPECT_THAT(expanded("${}"), HasSubstr("error: ${ must be followed by the name"));
  EXPECT_THAT(expanded("${1A}"), HasSubstr("error: ${ must be followed by the name"));
  EXPECT_THAT(expanded("${ A}"), HasSubstr("error: ${ must be followed by the name"));
  EXPECT_THAT(expanded("${A-x}"), HasSubstr("error: only ${A} and ${A:-default}"));
  EXPECT_THAT(expanded("${A:x}"), HasSubstr("error: only ${A} and ${A:-default}"));
  EXPECT_THAT(expanded("${A:?x}"), HasSubstr("error: only ${A} and ${A:-default}"));
  EXPECT_THAT(expanded("${A:-${_b2}}"), HasSubstr("error: a variable inside the default of A"));
}

TEST(Variables, ExpandInEveryKindOfValue) {
  const auto loaded = load_text(
      "server: {listen: ['https://localhost:${PORT}'], workers: '${W}', drain: \"${D:-7s}\"}\n"
      "tls: {certificates: [{cert: '${DIR}/a.crt', key: $$x}]}\n"
      "stream:\n  format: ${F}\nlimits: {body_bytes: '${B}'}\nauth: {open: \"${O}\"}\n",
      {{"PORT", "1234"}, {"W", "3"}, {"DIR", "d"}, {"F", "json"}, {"B", "2MiB"}, {"O", "true"}});
  ASSERT_THAT(lines_of(loaded), ElementsAre());
  EXPECT_EQ(loaded->net.listen.front().port, 1234);
  EXPECT_EQ(loaded->server.workers, 3U);
  EXPECT_EQ(loaded->server.drain, std::chrono::seconds(7));
  EXPECT_EQ(loaded->net.tls.certificates.front().certificate, "d/a.crt");
  EXPECT_EQ(loaded->net.tls.certificates.front().key, "$x");
  EXPECT_EQ(loaded->api.format, broker::Format::json);
  EXPECT_EQ(loaded->http.body_bytes, 2U << 20U);
  EXPECT_TRUE(loaded->auth_open);
}

TEST(Variables, CannotAddKeysOrElements) {
  EXPECT_THAT(problems_of("stream: ${X}", {{"X", "{heartbeat: 1s}"}}),
              ElementsAre("f.yaml:1:9: stream: must be a map of keys"));
  EXPECT_THAT(problems_of("${X}: {}", {{"X", "stream"}}),
              ElementsAre("f.yaml:1:1: ${X}: unknown key"));
  const auto loaded = load_text("server: {hosts: ['${X}']}", {{"X", "a,b"}});
  EXPECT_THAT(lines_of(loaded),
              ElementsAre("f.yaml:1:18: server.hosts[0]: \"a,b\": not a host name "
                          "(international names in their xn-- form)"));
}

}  // namespace
}  // namespace gateway::config
