#include "load/connection.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "load/common.h"
#include "load/h1_connection.h"
#include "load/h2_connection.h"

namespace bench {
namespace {

// What a connection may read before it is the next one's turn: a client that read one to its end
// would let a server that writes as fast starve its others.
constexpr std::size_t kReadAtOnce = 256 * 1024;

}  // namespace

bool Connection::on_ready() {
  if (state_ == State::connecting) {
    const Wire::Handshake done = wire_.shake_hands();
    if (done == Wire::Handshake::waiting) return false;
    state_ = done == Wire::Handshake::done ? State::open : State::closed;
    if (state_ == State::open) begin();
  }
  const bool left_over = !slow_ && read(kReadAtOnce);
  flush();
  return left_over;
}

bool Connection::read(std::size_t bytes_max) {
  static std::array<char, 64 * 1024> buffer;  // one thread reads, one connection at a time
  while (state_ == State::open && bytes_max > 0) {
    const ssize_t got = wire_.read(buffer.data(), std::min(buffer.size(), bytes_max));
    if (got == 0) return false;
    if (got < 0 || !receive({buffer.data(), static_cast<std::size_t>(got)}, now_ns())) {
      state_ = State::closed;
      return false;
    }
    bytes_max -= static_cast<std::size_t>(got);
  }
  return state_ == State::open;
}

void Connection::flush() {
  while (state_ == State::open && !unsent_.empty()) {
    const ssize_t sent = wire_.write(unsent_);
    if (sent == 0) return;
    if (sent < 0) {
      state_ = State::closed;
      return;
    }
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
}

std::unique_ptr<Connection> make_connection(const Target& target, SSL_CTX* context, Reader& reader,
                                            bool chrome) {
  if (target.h2) return std::make_unique<H2Connection>(target, context, reader, chrome);
  return std::make_unique<H1Connection>(target, context, reader);
}

}  // namespace bench
