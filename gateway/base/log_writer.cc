#include "base/log_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace gateway::base {

void LogWriter::write(std::string_view line) {
  if (!write_all(line)) dropped_.fetch_add(1, std::memory_order_relaxed);
}

// A pipe that polls writable takes PIPE_BUF bytes without blocking, also when its descriptor is a
// blocking one.
bool LogWriter::write_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    if (!wait_writable()) return false;
    const ssize_t wrote = ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (wrote < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

bool LogWriter::wait_writable() const {
  constexpr int kStepMs = 20;
  while (true) {
    const bool patient = clock_.now().time_since_epoch().count() < give_up_at_.load();
    pollfd ready{fd_, POLLOUT, 0};
    const int count = ::poll(&ready, 1, patient ? kStepMs : 0);
    if (count > 0) return (ready.revents & POLLOUT) != 0;
    if (count < 0 && errno != EINTR) return false;
    if (!patient) return false;
  }
}

}  // namespace gateway::base
