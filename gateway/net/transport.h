// What: a byte pipe over a socket: plain TCP or TLS. Owner: its connection. Thread: the
// connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/intrusive_ptr.h"
#include "http/exchange.h"

namespace gateway::net {

/// The result of a non-blocking step. `again`: nothing moved, wait for the readiness named by
/// `wants_write` (a TLS read may need to write and the other way round).
struct IoResult {
  enum class Status : std::uint8_t { ok, again, closed, failed };
  Status status = Status::ok;
  std::size_t bytes = 0;     // ok: > 0
  bool wants_write = false;  // again: wait for writable instead of readable
};

struct OutboxSpace;  // outbox.h

class Transport {
 public:
  virtual ~Transport() = default;
  /// Until it says ok nothing else may be called; `again` as above. Plain TCP: ok at once.
  virtual IoResult handshake() = 0;
  /// While the handshake lasts: its messages that the peer has sent whole. Plain TCP: 0.
  virtual int messages_heard() const = 0;
  virtual IoResult read(char* to, std::size_t room) = 0;
  /// Takes bytes, which `flush` sends: before another connection of the worker writes. After
  /// `again`, the same bytes must be offered next (they may have moved).
  virtual IoResult write(const char* from, std::size_t bytes) = 0;
  /// Bytes wait that the socket refused; a TLS read may leave such, too.
  virtual bool waits() const = 0;
  /// Whether one more write of 16 KiB fits before the next flush.
  virtual bool has_room() const = 0;
  /// ok: all that was written is sent. `again`: the rest is kept, to be flushed before more comes.
  virtual IoResult flush() = 0;
  /// Says goodbye as far as possible without waiting (close_notify; then shutdown(SHUT_WR)).
  virtual void close_write() = 0;
  /// The ALPN choice: "h2", "http/1.1", or empty.
  virtual std::string_view alpn() const = 0;
  /// The handshake resumed an earlier session by its ticket.
  virtual bool resumed() const = 0;
  /// What the peer has shown and TLS has verified; null: nothing.
  virtual std::unique_ptr<const http::PeerCertificate> peer_certificate() const = 0;
  /// The handshake failed because of what the peer has shown.
  virtual bool refused_certificate() const = 0;
  /// Why the last step failed, for logs.
  virtual std::string error() const = 0;
};

/// Does not own `fd`; writes gather in `space`, which outlives it.
std::unique_ptr<Transport> make_plain_transport(int fd, OutboxSpace& space);

/// The TLS side of the process: certificates, session tickets, ALPN (see tls.h for its making).
/// `records_per_key`: see TlsOptions.
class TlsContext;
std::unique_ptr<Transport> make_tls_transport(base::IntrusivePtr<const TlsContext> context, int fd,
                                              OutboxSpace& space, std::uint32_t records_per_key);

}  // namespace gateway::net
