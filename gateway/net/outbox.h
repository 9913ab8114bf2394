// What: what a connection has to send, gathered, so that all records of a turn go out in one send.
// The bytes of a turn lie in a space that the worker's connections share; only what the socket
// refused becomes the connection's own. Owner: a transport. Thread: the worker's. Invariant: the
// space holds one connection's bytes at a time, from its `put` to its `flush`.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "net/transport.h"

namespace gateway::net {

class Outbox {
 public:
  /// What a write of 16 KiB becomes under TLS: one record, or 32 where the client asks for the
  /// smallest (RFC 6066 §4), each with 29 bytes around it at most (TLS 1.2, AES-GCM).
  static constexpr std::size_t kWriteMax = 16 * 1024 + 32 * 29;
  /// Two, and what the handshake layer may have to say beside them.
  static constexpr std::size_t kRoom = 2 * kWriteMax + 1024;

  /// Does not own `fd`; `space` outlives it.
  Outbox(int fd, OutboxSpace& space) : fd_(fd), space_(space) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// Whether one more write fits before the next flush.
  bool has_room() const;
  /// The socket has refused some; they go before all others.
  bool waits() const { return !rest_.empty(); }
  /// Takes all of the bytes (at most kRoom), or (`again`) none because others wait.
  IoResult put(std::string_view bytes);
  /// One send. ok: nothing is left.
  IoResult flush();
  /// The errno of the last failure.
  int error() const { return error_; }

 private:
  std::string_view gathered() const;
  void leave_space();

  const int fd_;
  int error_ = 0;
  OutboxSpace& space_;
  std::string rest_;
};

struct OutboxSpace {
  std::array<char, Outbox::kRoom> bytes;
  std::size_t used = 0;
  const Outbox* user = nullptr;  // whose bytes they are
};

inline bool Outbox::has_room() const { return space_.used + kWriteMax <= kRoom; }

}  // namespace gateway::net
