#include "net/probe.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/text.h"
#include "net/accepted.h"

namespace gateway::net {
namespace {

struct Target {
  std::string host;
  std::string port;
  std::string path;
  std::string authority;
};

base::Result<Target> parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (url.substr(0, kScheme.size()) != kScheme) {
    return base::Fail{base::Error{std::string(url) +
                                  ": only http:// can be asked; the admin listener speaks it"}};
  }
  url.remove_prefix(kScheme.size());
  const std::size_t slash = url.find('/');
  Target target;
  target.path = slash == std::string_view::npos ? "/readyz" : std::string(url.substr(slash));
  target.authority = std::string(url.substr(0, slash));
  const std::size_t colon = target.authority.rfind(':');
  const std::size_t bracket = target.authority.rfind(']');
  const bool has_port =
      colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  target.port = has_port ? target.authority.substr(colon + 1) : "80";
  target.host = has_port ? target.authority.substr(0, colon) : target.authority;
  if (target.host.size() > 2 && target.host.front() == '[') {
    target.host = target.host.substr(1, target.host.size() - 2);
  }
  return target;
}

base::Error failed(const std::string& url, const char* step, int error) {
  return {url + ": " + step + ": " + std::strerror(error)};
}

/// Connects to the first address that answers; every later step has the same time limit.
base::Result<Fd> connect_to(const Target& target, const std::string& url, timeval limit) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int rc = getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found);
  if (rc != 0) return base::Fail{base::Error{url + ": " + gai_strerror(rc)}};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  int error = ENOENT;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    Fd fd(socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
    if (fd && setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
        setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        connect(fd.get(), at->ai_addr, at->ai_addrlen) == 0) {
      return fd;
    }
    error = errno == EINPROGRESS ? ETIMEDOUT : errno;
  }
  return base::Fail{failed(url, "connect", error)};
}

}  // namespace

base::Result<int> probe(const std::string& url, std::chrono::milliseconds timeout) {
  const auto target = parse_url(url);
  if (!target) return base::Fail{target.error()};
  const timeval limit{static_cast<time_t>(timeout.count() / 1000),
                      static_cast<suseconds_t>(timeout.count() % 1000 * 1000)};
  const auto fd = connect_to(*target, url, limit);
  if (!fd) return base::Fail{fd.error()};

  const std::string request = "GET " + target->path + " HTTP/1.1\r\nhost: " + target->authority +
                              "\r\nconnection: close\r\n\r\n";
  const ssize_t sent = send(fd->get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) return base::Fail{failed(url, "send", errno)};
  // "HTTP/1.1 200": all that is needed stands in the first 12 bytes.
  char head[12];
  const ssize_t got = recv(fd->get(), head, sizeof head, MSG_WAITALL);
  if (got < 0) return base::Fail{failed(url, "receive", errno)};
  const std::string_view line(head, static_cast<std::size_t>(got));
  const auto status = base::parse_decimal(line.size() == 12 ? line.substr(9) : "");
  if (!status || line.substr(0, 7) != "HTTP/1.") {
    return base::Fail{base::Error{url + ": the answer is not HTTP/1"}};
  }
  return static_cast<int>(*status);
}

}  // namespace gateway::net
