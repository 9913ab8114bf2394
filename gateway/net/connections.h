// What: one worker's connections: makes them from accepted sockets, owns them, flushes the dirty
// ones at the end of the turn, ends them. Owner: the worker. Thread: the worker's. Invariant: a
// connection is flushed when it was read, for what it asked, and once at the end of a turn, for all
// else; each flush gathers the output of all its streams into full records (≤ 16 KiB), and at most
// two unsent records are kept per connection. Half-open ones (no PROXY header yet, or no end of the
// TLS handshake) whose peer has not said its first whole message in 250 ms, or a further one in a
// second, give way to others, the one that is silent longest first: to whoever comes while all
// places are taken, and, of more than Context::half_open_max, to all while memory is short.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/counter.h"
#include "base/memory_level.h"
#include "http/session.h"
#include "loop/event_loop.h"
#include "net/accepted.h"
#include "net/address_limits.h"
#include "net/options.h"
#include "net/tls.h"

namespace gateway::net {

/// Cells of one worker.
struct ConnectionCounters {
  static constexpr std::int64_t kNobody = INT64_MAX;

  base::Gauge open;          // all sockets
  base::Gauge open_traffic;  // those of Role::traffic
  base::Counter opened_h1;
  base::Counter opened_h2;
  base::Gauge half_open;
  base::Gauge next_gives_way;  // when the first of them does, in ns of the clock; kNobody: none
  base::Counter closed;
  base::Counter lost;             // of them: the socket failed, or the peer broke TLS
  base::Counter refused_ip_many;  // options.connections_per_ip
  base::Counter refused_ip_fast;  // options.connection_rate_per_ip
  base::Counter closed_half_open;
  base::Counter proxy_refused_peer;    // not in options.proxy_trusted
  base::Counter proxy_refused_header;  // trusted, but what it said first is no PROXY header
  base::Counter proxy_refused_timeout;
  base::Counter proxy_refused_closed;  // by the peer, before its header was there
  base::Counter handshake_failures;
  base::Counter handshake_timeouts;
  base::Counter tls_resumed;
  base::Counter client_certificates;          // verified, resumed sessions included
  base::Counter client_certificates_refused;  // of the handshakes that failed
  base::Counter bytes_received;               // of HTTP, without TLS
  base::Counter bytes_sent;
  base::Counter records_sent;  // writes handed to the transport
  base::Counter write_stalls;  // writes that a socket refused for the moment
};

class Connections {
 public:
  struct Context {
    loop::EventLoop& loop;
    const Options& options;
    const http::Options& http_options;
    const http::Options& admin_http_options;  // of connections of Role::admin
    TlsContextRef tls;                        // null when no https listener is configured
    http::Handler& traffic_handler;
    http::Handler& admin_handler;
    http::SessionCounters& session_counters;
    ConnectionCounters& counters;
    /// "c17": the next connection id of the process.
    std::function<std::string()> next_id;
    AddressLimits& addresses;
    const std::atomic<std::size_t>& half_open_max;  // of this worker
    const base::MemoryState* memory = nullptr;      // null: there is always enough
  };

  explicit Connections(const Context& context);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// Closes it instead when its address has had its share. False, if it is to come in the place of
  /// one that is half open: there is none any more, or none has been silent for long enough yet,
  /// and then the loop is woken in time. `accepted` is left as it is, to be offered again.
  bool add(Accepted&& accepted);
  /// New connections begin with this from now on; those that there are go on with what they have.
  void use(TlsContextRef tls);
  /// Writes what the dirty connections have to say. Call at the end of every turn.
  void flush();
  /// Ends the connection with this id at once and with a reset, so that the peer is told nothing,
  /// as by a pulled cable. False: there is none.
  bool cut(std::string_view id);
  /// Takes no new requests on connections of Role::traffic (Session::shut_down); each closes when
  /// its exchanges are done. New ones are shut down as soon as their session begins.
  void shut_down();
  /// Closes everything now.
  void close_all();
  /// Sockets that are open or linger: for tests; the counters tell others.
  std::size_t size() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::net
