#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "net/transport.h"

namespace gateway::net {
namespace {

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int fd) : fd_(fd) {}

  IoResult handshake() override { return {}; }

  IoResult read(char* to, std::size_t room) override {
    return result_of(::recv(fd_, to, room, 0), false);
  }

  IoResult write(const char* from, std::size_t bytes) override {
    return result_of(::send(fd_, from, bytes, MSG_NOSIGNAL), true);
  }

  // The peer may be gone already (ENOTCONN): then there is nobody to tell.
  void close_write() override { ::shutdown(fd_, SHUT_WR); }

  std::string_view alpn() const override { return {}; }
  bool resumed() const override { return false; }
  std::string error() const override { return std::strerror(error_); }

 private:
  IoResult result_of(ssize_t moved, bool writing) {
    using Status = IoResult::Status;
    if (moved > 0) return {Status::ok, static_cast<std::size_t>(moved), false};
    if (moved == 0) return {Status::closed, 0, false};
    if (errno == EAGAIN || errno == EINTR) return {Status::again, 0, writing};
    error_ = errno;
    return {Status::failed, 0, false};
  }

  int fd_;
  int error_ = 0;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(int fd) {
  return std::make_unique<PlainTransport>(fd);
}

}  // namespace gateway::net
