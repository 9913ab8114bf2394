#include "net/socket_address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/check.h"

namespace gateway::net {
namespace {

struct InfoFree {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};

sockaddr_in as_v4(const SocketAddress& address) {
  sockaddr_in v4{};
  std::memcpy(&v4, &address.storage, sizeof v4);
  return v4;
}

sockaddr_in6 as_v6(const SocketAddress& address) {
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address.storage, sizeof v6);
  return v6;
}

bool same(const SocketAddress& a, const SocketAddress& b) { return a.text() == b.text(); }

/// Appends what `host` means, without repeats; 0 or an error of getaddrinfo.
int look_up(const std::string& host, std::vector<SocketAddress>& found) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = AF_UNSPEC;
  addrinfo* list = nullptr;
  const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (result != 0) return result;
  const std::unique_ptr<addrinfo, InfoFree> owner(list);
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    SocketAddress address;
    address.length = info->ai_addrlen;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    const bool known = std::any_of(found.begin(), found.end(),
                                   [&address](const auto& other) { return same(address, other); });
    if (!known) found.push_back(address);
  }
  return 0;
}

}  // namespace

std::uint16_t SocketAddress::port() const {
  return ntohs(family() == AF_INET6 ? as_v6(*this).sin6_port : as_v4(*this).sin_port);
}

void SocketAddress::set_port(std::uint16_t port) {
  if (family() == AF_INET6) {
    sockaddr_in6 v6 = as_v6(*this);
    v6.sin6_port = htons(port);
    std::memcpy(&storage, &v6, sizeof v6);
  } else {
    sockaddr_in v4 = as_v4(*this);
    v4.sin_port = htons(port);
    std::memcpy(&storage, &v4, sizeof v4);
  }
}

std::string SocketAddress::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (family() == AF_INET6) {
    const in6_addr address = as_v6(*this).sin6_addr;
    if (::inet_ntop(AF_INET6, &address, buffer, sizeof buffer) == nullptr) return "?";
    return "[" + std::string(buffer) + "]:" + std::to_string(port());
  }
  if (family() != AF_INET) return "?";
  const in_addr address = as_v4(*this).sin_addr;
  if (::inet_ntop(AF_INET, &address, buffer, sizeof buffer) == nullptr) return "?";
  return std::string(buffer) + ":" + std::to_string(port());
}

std::string SocketAddress::bytes() const {
  if (family() == AF_INET6) {
    const in6_addr v6 = as_v6(*this).sin6_addr;
    return {reinterpret_cast<const char*>(&v6), sizeof v6};
  }
  if (family() != AF_INET) return {};
  const in_addr v4 = as_v4(*this).sin_addr;
  return {reinterpret_cast<const char*>(&v4), sizeof v4};
}

SocketAddress unmapped(const SocketAddress& address) {
  constexpr std::string_view kMapped{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};
  const std::string bytes = address.bytes();
  if (bytes.size() != sizeof(in6_addr) || !bytes.starts_with(kMapped)) return address;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port());
  std::memcpy(&v4.sin_addr, bytes.data() + kMapped.size(), sizeof v4.sin_addr);
  SocketAddress plain;
  plain.length = sizeof v4;
  std::memcpy(&plain.storage, &v4, sizeof v4);
  return plain;
}

bool is_in(const SocketAddress& address, const AddressRange& range) {
  if (address.family() != (range.is_v6 ? AF_INET6 : AF_INET)) return false;
  const std::string text = address.bytes();
  std::array<std::uint8_t, 16> bytes{};
  std::copy(text.begin(), text.end(), bytes.begin());
  const std::size_t whole = range.prefix_bits / 8;
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  range.bytes.begin())) {
    return false;
  }
  const std::size_t rest = range.prefix_bits % 8;
  return rest == 0 || (bytes[whole] ^ range.bytes[whole]) >> (8 - rest) == 0;
}

base::Result<std::vector<SocketAddress>> resolve(const ListenAddress& address) {
  std::vector<SocketAddress> found;
  int result = 0;
  if (address.host == "localhost") {
    for (const char* literal : {"127.0.0.1", "::1"}) {
      if (result == 0) result = look_up(literal, found);
    }
  } else {
    result = look_up(address.host, found);
  }
  if (result != 0 || found.empty()) {
    const std::string why = result == EAI_SYSTEM ? std::strerror(errno)
                            : result != 0        ? ::gai_strerror(result)
                                                 : "no IPv4 or IPv6 address";
    return base::Fail{base::Error{"unknown host " + address.host + " (" + why +
                                  "); use an address of this machine, like 127.0.0.1 or 0.0.0.0"}};
  }
  for (SocketAddress& one : found) one.set_port(address.port);
  return found;
}

}  // namespace gateway::net
