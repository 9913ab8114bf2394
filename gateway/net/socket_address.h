// What: socket addresses as values: from a host and port, to text, loopback or not. Plain values.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "net/options.h"

namespace gateway::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  int family() const { return storage.ss_family; }
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
  /// The address alone, 4 or 16 bytes in the network's order; empty: of another family.
  std::string bytes() const;
  /// "127.0.0.1:8443", "[::1]:8443".
  std::string text() const;
};

/// An IPv4 address that is written as one of IPv6 (::ffff:0:0/96, RFC 4291 section 2.5.5.2) as
/// such; any other as it is.
SocketAddress unmapped(const SocketAddress& address);

/// A mapped IPv4 address is in networks of IPv6 alone.
bool is_in(const SocketAddress& address, const AddressRange& range);

/// Each address of the host once, with the port. `localhost` is 127.0.0.1 and ::1, whatever the
/// machine's hosts file says. Blocks while a name is looked up. The error says what to do.
base::Result<std::vector<SocketAddress>> resolve(const ListenAddress& address);

}  // namespace gateway::net
