// What: the PROXY protocol (haproxy.org, proxy-protocol.txt, versions 1 and 2): what a proxy that
// passes TCP on says first of whom the connection comes from. Nothing behind it is taken from the
// socket. Owner: the connection. Thread: the worker's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "net/socket_address.h"

namespace gateway::net {

/// The longest header taken: a line of version 1 has 107 bytes at most (section 2.1), one of
/// version 2 with addresses 52, and the rest is for its extensions (TLVs), which are passed over.
inline constexpr std::size_t kProxyHeaderBytesMax = 2048;

struct ProxyHeader {
  enum class Status : std::uint8_t { more, done, bad };
  Status status = Status::bad;
  std::size_t bytes = 0;                // done: of the header
  std::optional<SocketAddress> source;  // done; none: the proxy speaks for itself, or cannot say
  const char* error = "";               // bad
};
/// `bytes` is how a connection begins. `more`: all of it belongs to a header that goes on.
ProxyHeader parse_proxy_header(std::string_view bytes);

class ProxyReader {
 public:
  enum class Step : std::uint8_t { done, again, closed, bad };
  /// Takes what there is of the header from a non-blocking socket.
  Step read(int fd);
  /// After `done`: see ProxyHeader.
  const std::optional<SocketAddress>& source() const { return source_; }
  /// After `bad`, for logs.
  const char* error() const { return error_; }

 private:
  std::string taken_;  // of the header, from the socket
  std::optional<SocketAddress> source_;
  const char* error_ = "";
};

}  // namespace gateway::net
