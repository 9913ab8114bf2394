// What: what one client, an address or a subject, may take of the streams and of publishing. The
// delivery of events knows nothing of it. Owner: the supervisor. Thread: safe from any worker;
// without a limit nothing shared is touched but where a stream is opened or ends. Invariant: memory
// is bounded by the streams that are open and by two fixed tables (base/rate_table.h). Counts are
// looked at before a stream is added, so when workers open streams for one client at the same
// moment, each may let in one too many.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "api/options.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/open_counts.h"
#include "base/rate_table.h"
#include "base/sip_hash.h"
#include "http/exchange.h"

namespace gateway::api {

/// The limits, each by the name of its option.
enum class ClientLimit : std::uint8_t {
  streams_per_ip,
  streams_per_subject,
  stream_rate_per_ip,
  stream_rate_per_subject,
  publish_rate_per_ip,
  publish_rate_per_subject,
};
inline constexpr std::array kClientLimits = {
    ClientLimit::streams_per_ip,      ClientLimit::streams_per_subject,
    ClientLimit::stream_rate_per_ip,  ClientLimit::stream_rate_per_subject,
    ClientLimit::publish_rate_per_ip, ClientLimit::publish_rate_per_subject};
/// "streams_per_ip"
std::string_view to_string(ClientLimit limit);

/// Cells of one worker: who was refused, by limit.
struct ClientCounters {
  std::array<base::Counter, kClientLimits.size()> refused;
  base::Counter& of(ClientLimit limit) { return refused[static_cast<std::size_t>(limit)]; }
  const base::Counter& of(ClientLimit limit) const {
    return refused[static_cast<std::size_t>(limit)];
  }
};

/// A client has had his share.
struct Exceeded {
  ClientLimit limit;
  /// Until it passes; none: when some stream of his has ended.
  std::optional<base::Duration> wait;
};

class ClientLimits {
 public:
  /// `secret`: random, so that nobody finds names that get into each other's way.
  ClientLimits(base::SipKey secret, const base::Clock& clock) : secret_(secret), clock_(clock) {}

  /// What forbids one more stream; otherwise its share of the rates is taken.
  std::optional<Exceeded> open(const http::Peer& peer, std::string_view subject,
                               const ClientOptions& options);
  /// What forbids one more publish; otherwise that of one event is taken. It comes before the body
  /// is read: a batch is let in as a whole and paid for afterwards.
  std::optional<Exceeded> publish(const http::Peer& peer, std::string_view subject,
                                  const ClientOptions& options);
  /// That publish was a batch of so many.
  void charge(std::size_t events, const http::Peer& peer, std::string_view subject,
              const ClientOptions& options);

  /// Streams come and go, by network (not 0) and by subject.
  void add_stream(std::uint64_t network) { by_network_.open(network); }
  void remove_stream(std::uint64_t network) { by_network_.close(network); }
  void add_stream(std::string_view subject) { by_subject_.open(key_of(subject)); }
  void remove_stream(std::string_view subject) { by_subject_.close(key_of(subject)); }

  /// Says so in the log, of each limit at most once in 10 s, whoever meets it.
  void tell(ClientLimit limit, const http::Peer& peer, std::string_view subject,
            const base::Counter& refused);

 private:
  /// What one client may take of a rate.
  struct Bucket {
    ClientLimit limit;
    std::uint64_t key;  // 0: nobody is limited
    base::Rate rate;
  };
  using Buckets = std::array<Bucket, 2>;  // of his address and his subject

  std::uint64_t key_of(std::string_view subject) const;
  static Bucket bucket(ClientLimit limit, std::uint64_t per_second, const http::Peer& peer,
                       const ClientOptions& options);
  Bucket bucket(ClientLimit limit, std::uint64_t per_second, std::string_view subject,
                const ClientOptions& options) const;
  Buckets publishing(const http::Peer& peer, std::string_view subject,
                     const ClientOptions& options) const;
  std::optional<Exceeded> take(base::RateTable& table, const Buckets& buckets);
  std::optional<Exceeded> full(const http::Peer& peer, std::string_view subject,
                               const ClientOptions& options);

  const base::SipKey secret_;
  const base::Clock& clock_;
  base::OpenCounts by_network_;
  base::OpenCounts by_subject_;
  base::RateTable opens_;
  base::RateTable publishes_;
  std::array<std::atomic<base::MonoTime>, kClientLimits.size()> next_lines_{};
};

/// What to say to somebody who has met this limit.
std::string_view advice(ClientLimit limit);

}  // namespace gateway::api
