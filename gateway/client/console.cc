#include "client/console.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/text.h"

namespace gateway::client {
namespace {

// A pipe that says it can be written takes so much at once: the write never blocks.
constexpr std::size_t kPieceBytes = 4096;

}  // namespace

bool Console::print(std::string_view text) {
  while (!text.empty()) {
    if (!poll(POLLOUT, -1)) return false;
    const ssize_t written =
        ::write(descriptors_.out, text.data(), std::min(text.size(), kPieceBytes));
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      output_error_ = errno;
      return false;
    }
  }
  return true;
}

void Console::say(std::string_view text) {
  std::string line = name_ + ": ";
  for (const char c : text) line += base::has_control({&c, 1}) ? ' ' : c;
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptors_.error, rest.data(), rest.size());
    if (written <= 0 && errno != EINTR) return;  // nobody to tell
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

base::Result<std::size_t> Console::read(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t got = ::read(descriptors_.in, buffer, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN) {
      pollfd input{descriptors_.in, POLLIN, 0};
      ::poll(&input, 1, -1);
    } else if (errno != EINTR) {
      return base::Fail{
          base::Error{std::string("standard input cannot be read: ") + std::strerror(errno)}};
    }
  }
}

bool Console::ended() { return !poll(0, 0); }

std::string Console::output_trouble() const {
  if (closed()) return "standard output was closed";
  return std::string("standard output cannot be written: ") + std::strerror(output_error_);
}

bool Console::wait(std::chrono::milliseconds time) {
  constexpr auto kMost = static_cast<std::int64_t>(std::numeric_limits<int>::max());
  return poll(0, static_cast<int>(std::clamp<std::int64_t>(time.count(), 0, kMost)));
}

bool Console::poll(short events, int timeout_ms) {
  pollfd watched[] = {{descriptors_.stop, POLLIN, 0}, {descriptors_.out, events, 0}};
  while (!stopped_ && output_error_ == 0) {
    const int ready = ::poll(watched, 2, timeout_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (watched[0].revents != 0) stopped_ = true;
    if ((watched[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) output_error_ = EPIPE;
    break;
  }
  return !stopped_ && output_error_ == 0;
}

}  // namespace gateway::client
