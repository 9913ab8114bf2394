#include "app/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/log.h"
#include "net/accepted.h"

namespace gateway::app {
namespace {

constexpr timeval kPatience{1, 0};

/// Sends the datagram; false with errno set.
bool send_to(const std::string& path, const std::string& state) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  path.copy(to.sun_path, path.size());
  if (path.front() == '@') to.sun_path[0] = '\0';  // the way to write an abstract socket
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const net::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return fd && setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) == 0 &&
         sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                reinterpret_cast<const sockaddr*>(&to), length) >= 0;
}

void tell(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || *path == '\0' || send_to(path, state)) return;
  BC_LOG(warn, "the service manager could not be told", {"error", std::strerror(errno)},
         {"NOTIFY_SOCKET", path});
}

std::string microseconds(base::MonoTime::duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace

void tell_ready() { tell("READY=1"); }

// The time is what systemd 253 and later ask for with Type=notify-reload.
void tell_reloading(base::MonoTime now) {
  tell("RELOADING=1\nMONOTONIC_USEC=" + microseconds(now.time_since_epoch()));
}

void tell_stopping(std::chrono::milliseconds at_most) {
  tell("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + microseconds(at_most));
}

}  // namespace gateway::app
