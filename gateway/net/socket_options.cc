#include "net/socket_options.h"

#include <linux/sockios.h>
#include <linux/tcp.h>  // netinet/tcp.h knows no tcpi_bytes_acked
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace gateway::net {
namespace {

constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveIntervalSeconds = 10;

struct SocketOption {
  const char* name;
  int level;
  int number;
  int value;
};

}  // namespace

std::string tune_socket(int fd, const Options& options) {
  const SocketOption wanted[] = {
      {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1},
      {"TCP_NOTSENT_LOWAT", IPPROTO_TCP, TCP_NOTSENT_LOWAT,
       static_cast<int>(options.notsent_lowat)},
      {"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT,
       static_cast<int>(options.user_timeout.count())},
      {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1},
      {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds},
      {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds},
  };
  std::string refused;
  for (const SocketOption& option : wanted) {
    if (::setsockopt(fd, option.level, option.number, &option.value, sizeof option.value) == 0) {
      continue;
    }
    const std::string why = std::strerror(errno);
    refused += (refused.empty() ? "" : ", ") + std::string(option.name) + " (" + why + ")";
  }
  return refused;
}

void reset_on_close(int fd) {
  const linger at_once{1, 0};
  if (::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0) {
    BC_LOG(debug, "a socket option was refused", {"option", "SO_LINGER"},
           {"error", std::strerror(errno)});
  }
}

// In this order what is acknowledged between the two is never counted twice, but `written` may come
// out too small by it.
http::Session::Host::Outgoing outgoing(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  int waiting = 0;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return {};
  if (::ioctl(fd, SIOCOUTQ, &waiting) != 0) return {};
  const std::uint64_t acknowledged = info.tcpi_bytes_acked;
  return {acknowledged, acknowledged + static_cast<std::uint64_t>(waiting)};
}

}  // namespace gateway::net
