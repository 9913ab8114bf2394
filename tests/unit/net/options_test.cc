#include "net/options.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::net {
namespace {

using testing::HasSubstr;

void expect_address(std::string_view text, Scheme scheme, std::string_view host, int port) {
  SCOPED_TRACE(text);
  const base::Result<ListenAddress> address = parse_listen_address(text);
  ASSERT_TRUE(address.ok()) << address.error().message;
  EXPECT_EQ(address->scheme, scheme);
  EXPECT_EQ(address->host, host);
  EXPECT_EQ(address->port, port);
}

TEST(ListenAddress, ReadsEachForm) {
  expect_address("https://localhost:8443", Scheme::https, "localhost", 8443);
  expect_address("http://127.0.0.1:0", Scheme::http, "127.0.0.1", 0);
  expect_address("h2c://[::1]:8080", Scheme::h2c, "::1", 8080);
  expect_address("0.0.0.0:65535", Scheme::https, "0.0.0.0", 65535);
  expect_address("[::]:443", Scheme::https, "::", 443);
  expect_address("Gateway.Example.COM:1", Scheme::https, "gateway.example.com", 1);
}

TEST(ListenAddress, SaysWhatIsWrongAndShowsAGoodOne) {
  constexpr std::string_view kBad[][2] = {
      {"", "port is missing"},
      {"localhost", "port is missing"},
      {"https://[::1]", "port is missing"},
      {"ftp://localhost:21", "scheme must be"},
      {"HTTPS://localhost:1", "scheme must be"},
      {"://localhost:1", "scheme must be"},
      {"https://localhost:", "port must be a number"},
      {"https://localhost:65536", "port must be a number"},
      {"https://localhost:-1", "port must be a number"},
      {"https://localhost:99999999999999999999", "port must be a number"},
      {"https://localhost:80x", "port must be a number"},
      {"https://localhost:8443/", "no path"},
      {"https://localhost/events:80", "no path"},
      {"::1:8443", "in brackets"},
      {"[::1:8443", "in brackets"},
      {"[:::1]:8443", "not an IPv6 address"},
      {"[localhost]:8443", "not an IPv6 address"},
      {"[]:8443", "host must be"},
      {":8443", "host must be"},
      {"*:8443", "host must be"},
      {"user@host:8443", "host must be"},
      {"local host:8443", "host must be"},
  };
  for (const auto& [text, what] : kBad) {
    SCOPED_TRACE(text);
    const base::Result<ListenAddress> address = parse_listen_address(text);
    ASSERT_FALSE(address.ok());
    EXPECT_THAT(address.error().message, HasSubstr(std::string(what)));
    EXPECT_THAT(address.error().message, HasSubstr("https://localhost:8443"));
  }
  EXPECT_FALSE(parse_listen_address(std::string_view("a\0b:1", 5)).ok());
}

TEST(ListenAddress, SchemesHaveTheNamesThatAreRead) {
  for (const Scheme scheme : {Scheme::https, Scheme::http, Scheme::h2c}) {
    const auto address = parse_listen_address(std::string(to_string(scheme)) + "://localhost:1");
    ASSERT_TRUE(address.ok());
    EXPECT_EQ(address->scheme, scheme);
  }
}

}  // namespace
}  // namespace gateway::net
