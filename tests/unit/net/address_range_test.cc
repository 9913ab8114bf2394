#include <string>

#include <gtest/gtest.h>

#include "net/options.h"
#include "net/socket_address.h"

namespace gateway::net {
namespace {

struct Case {
  const char* range;
  const char* address;
  bool in;
};

TEST(AddressRange, HoldsTheAddressesOfItsNetwork) {
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.1.2", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/8", "::ffff:a00:1", false},
      {"192.168.4.0/22", "192.168.7.255", true},
      {"192.168.4.0/22", "192.168.8.0", false},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1/32", "192.0.2.0", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "::1", true},
      {"::/0", "127.0.0.1", false},
      {"::1", "::1", true},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
  };
  for (const Case& c : cases) {
    const auto range = parse_address_range(c.range);
    ASSERT_TRUE(range.ok()) << c.range;
    const auto address = resolve({Scheme::http, c.address, 1});
    ASSERT_TRUE(address.ok()) << c.address;
    EXPECT_EQ(is_in(address->front(), *range), c.in) << c.range << ' ' << c.address;
  }
}

TEST(AddressRange, IsShownAsItIsWritten) {
  for (const char* text :
       {"10.0.0.0/8", "192.0.2.1", "0.0.0.0/0", "2001:db8::/32", "::1", "::/0"}) {
    const auto range = parse_address_range(text);
    ASSERT_TRUE(range.ok()) << text;
    EXPECT_EQ(to_string(*range), text);
  }
  EXPECT_EQ(to_string(*parse_address_range("::1/128")), "::1");
}

TEST(AddressRange, RefusesWhatIsNone) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08x",
                           "10.0.0/8", "10.0.0.1/8", "::1/127", "::/129", "host/8", "localhost",
                           "10.0.0.0/8/8", "fe80::1%lo", "[::1]"}) {
    EXPECT_FALSE(parse_address_range(text).ok()) << text;
  }
  EXPECT_FALSE(parse_address_range(std::string_view("10.0.0.0\0/8", 11)).ok());
}

}  // namespace
}  // namespace gateway::net
