#include "config/names.h"

#include <map>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::config {
namespace {

using testing::HasSubstr;

TEST(LoopbackHost, IsWhatNeverLeavesTheMachine) {
  for (const std::string_view host :
       {"localhost", "app.localhost", "127.0.0.1", "127.255.0.9", "::1", "[::1]"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (const std::string_view host :
       {"", ".localhost", "localhost.example.com", "notlocalhost", "127.0.0.1.example.com",
        "127.evil", "128.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1", "example.com"}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

TEST(Origin, AcceptsWhatBrowsersWrite) {
  for (const std::string_view origin :
       {"https://app.example.com", "http://app.example.com:8080", "https://xn--bcher-kva.example",
        "http://localhost:*", "https://127.0.0.1:*", "http://[::1]:*", "http://app.localhost:*",
        "https://[2001:db8::1]:8443", "http://192.0.2.7", "https://a.example:80"}) {
    const auto checked = check_origin(origin);
    EXPECT_TRUE(checked.ok()) << origin << ": " << checked.error().message;
  }
}

TEST(Origin, RefusesWhatCouldNeverMatchOrMatchTooMuch) {
  constexpr std::string_view kBad[][2] = {
      {"*", "every origin at once is refused"},
      {"", "must begin with https://"},
      {"null", "must begin with https://"},
      {"app.example.com", "must begin with https://"},
      {"HTTPS://app.example.com", "must begin with https://"},
      {"ftp://app.example.com", "must begin with https://"},
      {"https://app.example.com/", "no path"},
      {"https://app.example.com/page", "no path"},
      {"https://app.example.com?x", "no path"},
      {"https://user@app.example.com", "no path"},
      {"https://App.example.com", "lower case"},
      {"https://", "not a host name"},
      {"https://*.example.com", "not a host name"},
      {"https://bücher.example", "not a host name"},
      {"https://a..b", "not a host name"},
      {"https://app.example.com:*", "only a loopback host"},
      {"http://127.0.0.1.example.com:*", "only a loopback host"},
      {"https://app.example.com:443", "leave it out"},
      {"http://localhost:80", "leave it out"},
      {"https://app.example.com:", "port must be"},
      {"https://app.example.com:0", "port must be"},
      {"https://app.example.com:08443", "port must be"},
      {"https://app.example.com:65536", "port must be"},
      {"https://app.example.com:80*", "port must be"},
      {"https://app.example.com:1:2", "port must be"},
      {"https://[::1", "not an IPv6 address"},
      {"https://[0:0::1]:8443", "shortest form"},
      {"https://[2001:DB8::1]", "shortest form"},
      {"https://::1", "not a host name"},
  };
  for (const auto& [origin, what] : kBad) {
    const auto checked = check_origin(origin);
    ASSERT_FALSE(checked.ok()) << origin;
    EXPECT_THAT(checked.error().message, HasSubstr(std::string(what))) << origin;
  }
}

TEST(Host, StandsWithoutSchemeAndPort) {
  EXPECT_TRUE(check_host("app.example.com").ok());
  EXPECT_TRUE(check_host("192.0.2.7").ok());
  EXPECT_TRUE(check_host("[::1]").ok());
  for (const std::string_view host :
       {"", "*", "*.example.com", "app.example.com:443", "https://app.example.com", "::1", "[::1",
        "[]", "A.example", "a b", ".a", "[127.0.0.1]"}) {
    EXPECT_FALSE(check_host(host).ok()) << host;
  }
  EXPECT_FALSE(check_host(std::string(254, 'a')).ok());
}

TEST(Names, HostPatterns) {
  EXPECT_TRUE(check_host_pattern("*.localhost").ok());
  EXPECT_TRUE(check_host_pattern("app.example.com").ok());
  EXPECT_TRUE(check_host_pattern("[::1]").ok());
  for (const char* pattern : {"*", "*.", "a.*.b", "*.*.b", "*.[::1]", "*.A"}) {
    EXPECT_FALSE(check_host_pattern(pattern).ok()) << pattern;
  }
}

TEST(Names, BoardPatterns) {
  const std::string longest(256, 'a');
  for (const std::string& pattern : {std::string("*"), std::string("a"), std::string("a-*"),
                                     std::string("Ä, b c"), longest, longest.substr(1) + "*"}) {
    EXPECT_TRUE(check_board_pattern(pattern).ok()) << pattern;
  }
  const std::map<std::string, std::string> kBad = {
      {"", "empty"},          {longest + "*", "256 bytes"}, {longest + "a", "256 bytes"},
      {"a*b", "asterisk"},    {"**", "asterisk"},           {"*a", "asterisk"},
      {"a\xff", "UTF-8"},     {"a\nb", "control"},          {"\x7f*", "control"},
      {"\xc2\x85", "control"}};
  for (const auto& [pattern, what] : kBad) {
    const auto checked = check_board_pattern(pattern);
    ASSERT_FALSE(checked.ok()) << pattern;
    EXPECT_THAT(checked.error().message, HasSubstr(what)) << pattern;
  }
}

}  // namespace
}  // namespace gateway::config
