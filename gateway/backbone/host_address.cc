#include "backbone/host_address.h"

#include <netdb.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/check.h"

namespace gateway::backbone {
namespace {

struct InfoFree {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};
using Infos = std::unique_ptr<addrinfo, InfoFree>;

/// 0 or an error of getaddrinfo.
int ask(const RedisAddress& address, int flags, Infos& found) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = AF_UNSPEC;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(address.port);
  const int result = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &list);
  found.reset(list);
  return result;
}

std::string text_of(const addrinfo& info) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  const int result = ::getnameinfo(info.ai_addr, info.ai_addrlen, host, sizeof host, port,
                                   sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  if (result != 0) return "?";
  const std::string name = info.ai_family == AF_INET6 ? "[" + std::string(host) + "]" : host;
  return name + ":" + port;
}

HostAddress socket_of(const std::string& path) {
  sockaddr_un place{};
  BC_CHECK(path.size() < sizeof place.sun_path, path);
  place.sun_family = AF_UNIX;
  std::memcpy(place.sun_path, path.data(), path.size());
  HostAddress address;
  std::memcpy(&address.storage, &place, sizeof place);
  address.size = sizeof place;
  address.text = path;
  return address;
}

}  // namespace

bool is_numeric(const RedisAddress& address) {
  Infos found;
  return !address.path.empty() || ask(address, AI_NUMERICHOST, found) == 0;
}

base::Result<std::vector<HostAddress>> resolve(const RedisAddress& address) {
  std::vector<HostAddress> addresses;
  if (!address.path.empty()) {
    addresses.push_back(socket_of(address.path));
    return addresses;
  }
  Infos found;
  const int result = ask(address, 0, found);
  if (result != 0) {
    return base::Fail{base::Error{"the name " + address.host + ": " + ::gai_strerror(result)}};
  }
  for (const addrinfo* info = found.get(); info != nullptr; info = info->ai_next) {
    if (info->ai_addrlen > sizeof(sockaddr_storage)) continue;
    HostAddress one;
    std::memcpy(&one.storage, info->ai_addr, info->ai_addrlen);
    one.size = info->ai_addrlen;
    one.text = text_of(*info);
    const auto known = [&one](const HostAddress& other) { return other.text == one.text; };
    if (std::none_of(addresses.begin(), addresses.end(), known)) addresses.push_back(one);
  }
  if (!addresses.empty()) return addresses;
  return base::Fail{base::Error{"the name " + address.host + ": it has no address"}};
}

}  // namespace gateway::backbone
