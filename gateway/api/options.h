// What: what the HTTP API may do for whom, with defaults. Filled by `config`, read by the handlers.
// Thread: a plain value. Workers have copies, whose values a reload changes between two handlers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/options.h"

namespace gateway::api {

struct CorsOptions {
  /// Exact origins ("https://app.example.com"), or a loopback host with a port wildcard
  /// ("http://localhost:*"). Empty: no cross-origin access.
  std::vector<std::string> origins;
  bool credentials = true;
  std::chrono::seconds max_age{600};
};

/// How a stream that cannot be served now is refused.
enum class Refuse : std::uint8_t { in_band, status };
/// Whether /admin and /metrics are answered on the public listeners: with `token` for those whose
/// token says so, with `open` for anybody.
enum class PublicAdmin : std::uint8_t { off, token, open };

/// Boards that one scrape may tell of.
inline constexpr std::size_t kBoardMetricsMax = 10'000;

/// What one client may take; 0: no limit. A client is an address (of those that a limit meets, see
/// http::Peer::network), and the subject of his token or certificate, if any: both limits hold.
struct ClientOptions {
  /// Streams open at once …
  std::size_t streams_per_ip = 16'384;
  std::size_t streams_per_subject = 0;
  /// … those opened in a second …
  std::uint64_t stream_rate_per_ip = 2'000;
  std::uint64_t stream_rate_per_subject = 0;
  /// … and events published in a second.
  std::uint64_t publish_rate_per_ip = 0;
  std::uint64_t publish_rate_per_subject = 0;
  /// So many seconds' worth of a rate may come at once.
  std::chrono::milliseconds rate_burst{10'000};
};

struct Options {
  ClientOptions clients;
  CorsOptions cors;
  /// How long browsers that came by https shall come by https alone; 0: no longer. None: not said.
  std::optional<std::chrono::seconds> hsts;
  /// Whether `/` shows browsers the page that lets people see and try the gateway.
  bool page = false;
  PublicAdmin admin_public = PublicAdmin::off;
  /// Boards and patterns of which /metrics tells, at most kBoardMetricsMax.
  std::size_t metrics_per_board = 0;
  /// Default of ?format=.
  broker::Format format = broker::Format::plain;
  Refuse refuse = Refuse::in_band;
  /// How long the changed boards of a named stream are kept when it has ended; 0: not at all.
  std::chrono::milliseconds linger{120'000};
  /// What all of them may cost together, by estimate.
  std::size_t linger_bytes = std::size_t{16} << 20U;
  /// Events in one publish request.
  std::size_t batch_events = 10'000;
  /// Nesting of published JSON.
  std::size_t json_depth = 64;
};

}  // namespace gateway::api
