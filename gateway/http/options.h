// What: the limits of HTTP sessions, and what they log, with their defaults. Filled by `config`,
// read by the sessions. Thread: a plain value. Workers have copies, whose values a reload changes
// between two handlers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gateway::http {

struct Options {
  /// Streams a client may have open at once on an HTTP/2 connection
  /// (SETTINGS_MAX_CONCURRENT_STREAMS).
  std::uint32_t max_concurrent_streams = 256;
  /// Requests a connection may carry in its life, then a graceful GOAWAY (0: no limit).
  std::uint64_t streams_per_connection = 0;
  /// Size of a header list: the sum of name + value + 32 over its fields (RFC 9113 §6.5.2).
  std::size_t header_bytes = 32 * 1024;
  std::size_t header_fields = 64;
  /// The request target, path and query.
  std::size_t url_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;
  /// From the first byte of a request's header section (or the connection's start) to its end.
  std::chrono::milliseconds header_timeout{10'000};
  /// From the end of the header section to the end of the body.
  std::chrono::milliseconds body_timeout{60'000};
  /// A whole response of which the client takes nothing for this long is cut (HTTP/2).
  std::chrono::milliseconds response_stall{60'000};
  /// A connection without any open exchange is closed after this long.
  std::chrono::milliseconds idle_timeout{300'000};
  /// HTTP/2 PING after this much silence from the peer, 15 % more or less by the connection; the
  /// reply is awaited for `ping_timeout` from when it left, and anew while what was sent before it
  /// still arrives.
  std::chrono::milliseconds ping_interval{30'000};
  std::chrono::milliseconds ping_timeout{10'000};
  /// Hosts that this server answers for, without port; "*.example.com": every host below it. Empty:
  /// every host. Others get 421 (RFC 9110 §15.5.20).
  std::vector<std::string> hosts;
  /// The cookie that some handler reads; empty: none. What else a browser sends along is not kept.
  std::string cookie;
  /// Whether the log gets a line of each exchange that ends, see AccessLine.
  bool access_log = false;
};

}  // namespace gateway::http
