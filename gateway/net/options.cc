#include "net/options.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace gateway::net {
namespace {

constexpr std::array kSchemes = {Scheme::https, Scheme::http, Scheme::h2c};
constexpr std::string_view kGood = "; write it like https://localhost:8443";

base::Fail<base::Error> fail(std::string_view what) {
  return base::Fail{base::Error{std::string(what) + std::string(kGood)}};
}

std::optional<Scheme> scheme_named(std::string_view name) {
  for (const Scheme scheme : kSchemes) {
    if (to_string(scheme) == name) return scheme;
  }
  return std::nullopt;
}

/// A host name or an IPv4 address: what a resolver could know.
bool is_name(std::string_view host) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), good);
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

std::string_view to_string(Scheme scheme) {
  switch (scheme) {
    case Scheme::https:
      return "https";
    case Scheme::http:
      return "http";
    case Scheme::h2c:
      return "h2c";
  }
  return "";
}

base::Result<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress address;
  if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
    const std::optional<Scheme> scheme = scheme_named(text.substr(0, end));
    if (!scheme) return fail("the scheme must be https, http or h2c");
    address.scheme = *scheme;
    text.remove_prefix(end + 3);
  }
  if (text.find('/') != std::string_view::npos) return fail("a listener has no path");

  const std::size_t colon = text.rfind(':');
  const bool in_brackets = text.substr(0, 1) == "[";
  if (colon == std::string_view::npos || (in_brackets && text.back() == ']')) {
    return fail("the port is missing");
  }
  const std::optional<std::uint64_t> port = base::parse_decimal(text.substr(colon + 1));
  if (!port || *port > 65'535) return fail("the port must be a number from 0 to 65535");
  address.port = static_cast<std::uint16_t>(*port);

  address.host = base::ascii_lower(text.substr(0, colon));
  if (in_brackets && address.host.size() > 2 && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
    if (!is_ipv6(address.host)) return fail("not an IPv6 address between the brackets");
  } else if (address.host.find(':') != std::string::npos) {
    return fail("an IPv6 address stands in brackets, [::1]");
  } else if (!is_name(address.host)) {
    return fail("the host must be a name or an address (0.0.0.0 or [::] for all)");
  }
  return address;
}

}  // namespace gateway::net
