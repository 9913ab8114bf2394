#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "net/outbox.h"
#include "net/transport.h"

namespace gateway::net {
namespace {

class PlainTransport final : public Transport {
 public:
  PlainTransport(int fd, OutboxSpace& space) : fd_(fd), outbox_(fd, space) {}

  IoResult handshake() override { return {}; }
  int messages_heard() const override { return 0; }

  IoResult read(char* to, std::size_t room) override {
    using Status = IoResult::Status;
    const ssize_t got = ::recv(fd_, to, room, 0);
    if (got > 0) return {Status::ok, static_cast<std::size_t>(got), false};
    if (got == 0) return {Status::closed, 0, false};
    if (errno == EAGAIN || errno == EINTR) return {Status::again, 0, false};
    error_ = errno;
    return {Status::failed, 0, false};
  }

  IoResult write(const char* from, std::size_t bytes) override {
    return outbox_.put({from, bytes});
  }

  bool waits() const override { return outbox_.waits(); }
  bool has_room() const override { return outbox_.has_room(); }
  IoResult flush() override { return outbox_.flush(); }

  // The peer may be gone already (ENOTCONN): then there is nobody to tell.
  void close_write() override { ::shutdown(fd_, SHUT_WR); }

  std::string_view alpn() const override { return {}; }
  bool resumed() const override { return false; }
  std::unique_ptr<const http::PeerCertificate> peer_certificate() const override { return {}; }
  bool refused_certificate() const override { return false; }
  std::string error() const override {
    return std::strerror(error_ != 0 ? error_ : outbox_.error());
  }

 private:
  int fd_;
  int error_ = 0;  // of reading
  Outbox outbox_;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(int fd, OutboxSpace& space) {
  return std::make_unique<PlainTransport>(fd, space);
}

}  // namespace gateway::net
