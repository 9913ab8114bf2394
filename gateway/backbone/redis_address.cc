#include <limits>
#include <string>
#include <utility>

#include "backbone/options.h"
#include "base/text.h"

namespace gateway::backbone {
namespace {

base::Fail<base::Error> wrong(std::string what) { return base::Fail{base::Error{std::move(what)}}; }

template <typename T>
bool read_number(std::string_view text, T& number) {
  const auto read = base::parse_decimal(text);
  if (!read || *read > std::numeric_limits<T>::max()) return false;
  number = static_cast<T>(*read);
  return true;
}

base::Result<RedisAddress> read_socket(std::string_view rest) {
  RedisAddress address;
  const std::size_t query = rest.find('?');
  address.path = rest.substr(0, query);
  constexpr std::size_t kPathMax = 107;  // unix(7)
  if (!address.path.starts_with('/') || address.path.size() > kPathMax) {
    return wrong("a unix:// URL names a socket by a path from the root: unix:///run/redis.sock");
  }
  if (query == std::string_view::npos) return address;
  std::string_view database = rest.substr(query + 1);
  if (!database.starts_with("db=") || !read_number(database.substr(3), address.database)) {
    return wrong("behind a socket's path only ?db= and a number may stand");
  }
  return address;
}

base::Result<RedisAddress> read_host(std::string_view rest) {
  RedisAddress address;
  const std::size_t slash = rest.find('/');
  std::string_view place = rest.substr(0, slash);
  if (slash != std::string_view::npos && slash + 1 < rest.size() &&
      !read_number(rest.substr(slash + 1), address.database)) {
    return wrong("behind the host's slash only the number of a database may stand");
  }
  const std::size_t bracket = place.starts_with('[') ? place.find(']') : 0;
  if (bracket == std::string_view::npos) return wrong("the [ of an IPv6 address is not closed");
  const std::size_t colon = place.find(':', bracket);
  if (colon != std::string_view::npos &&
      (!read_number(place.substr(colon + 1), address.port) || address.port == 0)) {
    return wrong("the port is no number from 1 to 65535");
  }
  place = place.substr(0, colon);
  if (bracket > 0) place = place.substr(1, bracket - 1);
  address.host = place;
  if (address.host.empty()) return wrong("there is no host");
  return address;
}

}  // namespace

base::Result<RedisAddress> parse_redis_address(std::string_view url) {
  if (base::has_control(url) || url.find(' ') != std::string_view::npos) {
    return wrong("there is a blank or a control character in it");
  }
  constexpr std::string_view kSeparator = "://";
  const std::size_t end = url.find(kSeparator);
  const std::string_view scheme = url.substr(0, end);
  const bool encrypted = scheme == "rediss";
  const bool socket = scheme == "unix";
  if (end == std::string_view::npos || (scheme != "redis" && !encrypted && !socket)) {
    return wrong("it begins with redis://, rediss:// or unix://");
  }
  const std::string_view rest = url.substr(end + kSeparator.size());
  if (rest.substr(0, rest.find('/')).find('@') != std::string_view::npos) {
    return wrong("user and password are keys of their own, not part of the URL");
  }
  auto address = socket ? read_socket(rest) : read_host(rest);
  if (address) address->tls = encrypted;
  return address;
}

base::Result<RedisAddress> parse_sentinel_address(std::string_view text) {
  constexpr std::uint16_t kSentinelPort = 26'379;
  const bool has_port = text.find(':', text.find(']') + 1) != std::string_view::npos;
  if (text.find_first_of("/@") != std::string_view::npos) {
    return wrong("a Sentinel is written host or host:port");
  }
  auto address = parse_redis_address("redis://" + std::string(text));
  if (address && !has_port) address->port = kSentinelPort;
  return address;
}

std::string to_string(const RedisAddress& address) {
  const std::string database = std::to_string(address.database);
  if (!address.path.empty()) return "unix://" + address.path + "?db=" + database;
  const bool v6 = address.host.find(':') != std::string::npos;
  return (address.tls ? "rediss://" : "redis://") + (v6 ? "[" + address.host + "]" : address.host) +
         ":" + std::to_string(address.port) + "/" + database;
}

}  // namespace gateway::backbone
