// What: an HTTP connection's protocol: bytes in, requests out to the Handler; responses in, bytes
// out. No socket, no thread, no clock: the connection feeds bytes, asks for output, passes the time
// in. Owner: the connection. Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/counter.h"
#include "base/memory_level.h"
#include "http/exchange.h"
#include "http/options.h"

namespace gateway::http {

/// Cells of one worker; every session of the worker adds to them.
struct SessionCounters {
  base::Counter requests_h1;
  base::Counter requests_h2;
  base::Gauge exchanges_open;
  base::Counter responses_2xx;
  base::Counter responses_3xx;
  base::Counter responses_4xx;
  base::Counter responses_5xx;
  base::Counter resets_received;
  base::Counter resets_sent;
  base::Counter goaways_sent;
  base::Counter protocol_errors;
  base::Counter header_timeouts;
  base::Counter body_timeouts;
  base::Counter idle_timeouts;
  base::Counter ping_timeouts;
  base::Counter response_timeouts;
  base::Counter header_limit_refusals;
  base::Counter body_limit_refusals;
  base::Counter memory_refusals;  // bodies refused because memory is short
  base::Counter queue_limit_closes;
  base::Counter glitch_closes;       // HTTP/2: too much needless work, see H2Glitches
  base::Counter reset_limit_closes;  // HTTP/2: the client reset too many streams
  base::Counter data_frames_sent;
  base::Gauge h2_library_bytes;  // heap of the HTTP/2 library over all connections
};

/// What a session needs from around it. All outlive the session.
struct SessionContext {
  const Options& options;
  Handler& handler;
  SessionCounters& counters;
  const base::Clock& clock;  // for `date`, and the time where none comes in as an argument
  const Peer& peer;
  bool tls = false;
  const base::MemoryState* memory = nullptr;  // null: there is always enough

  /// Nothing that a client sends may be kept now.
  bool memory_is_short() const {
    return memory != nullptr &&
           memory->load(std::memory_order_relaxed) >= base::MemoryLevel::shedding;
  }
};

class Session {
 public:
  /// The connection, seen from the session.
  class Host {
   public:
    virtual ~Host() = default;
    /// There may be output now; the host flushes at the end of the turn. Cheap to repeat.
    virtual void output_ready() = 0;

    /// Bytes since the connection began, as they are on the wire.
    struct Outgoing {
      std::uint64_t acknowledged = 0;  // by the peer's kernel
      std::uint64_t written = 0;       // to ours; no less
    };
    /// How far the output has come; not free of cost. Whoever cannot know says nothing waits.
    virtual Outgoing outgoing() const { return {}; }
  };

  virtual ~Session() = default;

  /// Takes all of `bytes`, then hands complete requests to the handler. False: the protocol is
  /// broken or over; write what `send` still gives (GOAWAY, 400), then close.
  virtual bool receive(std::string_view bytes, base::MonoTime now) = 0;
  /// Writes up to `room` bytes of output, gathered from as many streams as have some; 0: nothing
  /// now. `room` is at least 1 KiB.
  virtual std::size_t send(char* out, std::size_t room) = 0;
  /// False: the last `send` gave all there was, and until the host hears of more there is none.
  virtual bool left_over() const = 0;
  /// True: nothing is open and nothing more will be sent; close.
  virtual bool finished() const = 0;
  /// False while the session cannot take input (pipelined request in work, body budget full): the
  /// connection stops reading until output was sent.
  virtual bool wants_input() const = 0;

  /// The next time at which `advance` wants to be called, if any.
  virtual std::optional<base::MonoTime> deadline() const = 0;
  /// Acts on what is due: time-outs, PING. False as in `receive`.
  virtual bool advance(base::MonoTime now) = 0;

  /// Takes no new request: GOAWAY in two steps on HTTP/2 (RFC 9113 §6.8), `connection: close` on
  /// HTTP/1.1; running exchanges go on. `finished` becomes true when they are done.
  virtual void shut_down() = 0;
  virtual std::size_t open_exchanges() const = 0;
};

/// ALPN h2 or prior knowledge (RFC 9113 §3.3).
std::unique_ptr<Session> make_h2_session(const SessionContext& context, Session::Host& host,
                                         base::MonoTime now);
/// HTTP/1.1 (RFC 9112).
std::unique_ptr<Session> make_h1_session(const SessionContext& context, Session::Host& host,
                                         base::MonoTime now);

}  // namespace gateway::http
