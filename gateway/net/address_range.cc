// Networks as they are written in the configuration; who is in one is said by socket_address.h.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <optional>

#include "base/text.h"
#include "net/options.h"

namespace gateway::net {
namespace {

base::Fail<base::Error> fail(std::string_view what) {
  return base::Fail{base::Error{std::string(what) + "; write it like 10.0.0.0/8 or 2001:db8::/32"}};
}

bool bit(const AddressRange& range, std::size_t index) {
  return (range.bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

}  // namespace

base::Result<AddressRange> parse_address_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  AddressRange range;
  range.is_v6 = address.find(':') != std::string::npos;
  if (address.find('\0') != std::string::npos ||
      ::inet_pton(range.is_v6 ? AF_INET6 : AF_INET, address.c_str(), range.bytes.data()) != 1) {
    return fail("not an IP address");
  }
  const std::size_t bits = range.is_v6 ? 128 : 32;
  range.prefix_bits = bits;
  if (slash != std::string_view::npos) {
    const std::optional<std::uint64_t> prefix = base::parse_decimal(text.substr(slash + 1));
    if (!prefix || *prefix > bits) {
      return fail("behind the slash stands a number from 0 to " + std::to_string(bits));
    }
    range.prefix_bits = *prefix;
  }
  for (std::size_t i = range.prefix_bits; i < bits; ++i) {
    if (bit(range, i)) return fail("an address within the network, not the network itself");
  }
  return range;
}

std::vector<AddressRange> default_exempt() {
  std::vector<AddressRange> ranges;
  for (const char* text :
       {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7"}) {
    ranges.push_back(*parse_address_range(text));
  }
  return ranges;
}

std::string to_string(const AddressRange& range) {
  char buffer[INET6_ADDRSTRLEN] = {};
  const int family = range.is_v6 ? AF_INET6 : AF_INET;
  if (::inet_ntop(family, range.bytes.data(), buffer, sizeof buffer) == nullptr) return "?";
  const bool is_one = range.prefix_bits == (range.is_v6 ? 128 : 32);
  return buffer + (is_one ? "" : "/" + std::to_string(range.prefix_bits));
}

}  // namespace gateway::net
