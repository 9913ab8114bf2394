#include "net/outbox.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace gateway::net {

IoResult Outbox::put(std::string_view bytes) {
  BC_CHECK(bytes.size() <= kRoom, bytes.size());
  if (waits() || space_.used + bytes.size() > kRoom) {
    if (const IoResult sent = flush(); sent.status != IoResult::Status::ok) return sent;
  }
  BC_CHECK(space_.used == 0 || space_.user == this, space_.used);
  space_.user = this;
  std::memcpy(space_.bytes.data() + space_.used, bytes.data(), bytes.size());
  space_.used += bytes.size();
  return {IoResult::Status::ok, bytes.size(), false};
}

IoResult Outbox::flush() {
  using Status = IoResult::Status;
  const std::string_view bytes = waits() ? std::string_view(rest_) : gathered();
  if (bytes.empty()) return {};
  const ssize_t result = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (result < 0 && errno != EAGAIN && errno != EINTR) {
    error_ = errno;
    leave_space();
    return {Status::failed, 0, false};
  }
  const std::size_t sent = result < 0 ? 0 : static_cast<std::size_t>(result);
  const bool rest_changes = waits() ? sent > 0 : sent < bytes.size();
  if (rest_changes) std::string(bytes.substr(sent)).swap(rest_);  // frees what was there
  leave_space();
  return {waits() ? Status::again : Status::ok, sent, waits()};
}

std::string_view Outbox::gathered() const {
  return {space_.bytes.data(), space_.user == this ? space_.used : 0};
}

void Outbox::leave_space() {
  if (space_.user != this) return;
  space_.user = nullptr;
  space_.used = 0;
}

}  // namespace gateway::net
