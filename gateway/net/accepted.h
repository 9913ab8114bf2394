// What: a socket that was just accepted, on its way from the main thread to a worker. Owns the
// descriptor until somebody takes it.
#pragma once

#include <utility>

#include "net/options.h"
#include "net/socket_address.h"

namespace gateway::net {

/// What a listener's clients may reach.
enum class Role : std::uint8_t { traffic, admin };

/// Owns one file descriptor; closes it on destruction.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Accepted {
  Fd fd;  // non-blocking, close-on-exec
  Scheme scheme = Scheme::https;
  Role role = Role::traffic;
  SocketAddress peer;                  // of the socket: a proxy's, where there is one in front
  bool in_place_of_half_open = false;  // see Connections::add
};

}  // namespace gateway::net
