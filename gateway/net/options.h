// What: where to listen, with which certificates, and the limits of sockets, with defaults. Filled
// by `config`, read by listeners and connections. Thread: a plain value. Workers have copies, whose
// values a reload changes between two handlers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gateway::net {

/// What a listener speaks: TLS with ALPN h2 and http/1.1; HTTP/1.1 in the clear; HTTP/2 with prior
/// knowledge in the clear.
enum class Scheme : std::uint8_t { https, http, h2c };
std::string_view to_string(Scheme scheme);

/// "https://localhost:8443", "http://127.0.0.1:0", "h2c://[::1]:8080", or without a scheme (https).
/// A host name listens on every address it resolves to (localhost: 127.0.0.1 and ::1). Port 0: any
/// free one.
struct ListenAddress {
  Scheme scheme = Scheme::https;
  std::string host;
  std::uint16_t port = 0;
};

/// Parses the text forms above; the error says what is wrong and shows a good one.
base::Result<ListenAddress> parse_listen_address(std::string_view text);

/// The addresses of one network.
struct AddressRange {
  std::array<std::uint8_t, 16> bytes{};  // IPv4: the first four
  bool is_v6 = false;
  std::size_t prefix_bits = 0;
};

/// "10.0.0.0/8", "2001:db8::/32", or one address; the error says what is wrong and shows a good
/// one.
base::Result<AddressRange> parse_address_range(std::string_view text);
/// Reading it back gives the same range: "10.0.0.0/8", one address without a slash.
std::string to_string(const AddressRange& range);

/// Loopback and private networks (RFC 1918, RFC 4193).
std::vector<AddressRange> default_exempt();

struct CertificateFiles {
  std::string certificate;  // PEM, leaf first
  std::string key;          // PEM
  bool operator==(const CertificateFiles&) const = default;
};

enum class TlsVersion : std::uint8_t { tls1_2, tls1_3 };

/// CAs of clients, each of which is named to every client that connects.
inline constexpr std::size_t kClientAuthoritiesMax = 64;
/// CAs between one of those and a client's certificate.
inline constexpr int kClientChainMax = 4;
/// Bytes of the certificates that a client may show.
inline constexpr long kClientChainBytesMax = 16 * 1024;

struct TlsOptions {
  std::vector<CertificateFiles> certificates;
  TlsVersion min_version = TlsVersion::tls1_2;
  /// CAs whose certificates clients may show, see ClientAuthority; empty: clients are not asked.
  std::string client_ca = {};
  /// Keys of session tickets, see TicketKeys; empty: random ones.
  std::vector<std::string> ticket_keys = {};
  /// Records sent by one key of TLS 1.3, which then changes: AES-GCM is safe for 2^24.5 (RFC 8446
  /// §5.5).
  std::uint32_t records_per_key = std::uint32_t{1} << 23U;
  /// How often its files are looked at; changed ones are loaded. 0: only when told to.
  std::chrono::milliseconds reload{10'000};
};

struct Options {
  std::vector<ListenAddress> listen;
  /// Connections of Role::traffic begin with a PROXY header (proxy_header.h), and come from these
  /// peers alone.
  bool proxy_protocol = false;
  std::vector<AddressRange> proxy_trusted;
  TlsOptions tls;
  /// Open connections of the whole process; also bounded by the open-file limit less 256.
  std::size_t connections = 10'000;
  /// Of one client, see AddressLimits: connections open at once (0: no limit), new ones a second
  /// (0: no limit), and so many seconds' worth of those at once.
  std::size_t connections_per_ip = 256;
  std::uint64_t connection_rate_per_ip = 50;
  std::chrono::milliseconds rate_burst{10'000};
  /// Whom no limit by address meets: by default addresses that nobody has on the Internet, behind
  /// which stand proxies, whose clients share one.
  std::vector<AddressRange> exempt = default_exempt();
  /// Handshakes under way in the whole process that need not give way, see Connections; 0: a tenth
  /// of the connections.
  std::size_t half_open = 0;
  /// From accept to the end of the TLS handshake.
  std::chrono::milliseconds handshake_timeout{10'000};
  /// TCP_USER_TIMEOUT: data, or keepalive probes, unacknowledged for this long end the connection.
  /// Above the stall limit of streams, because it also cuts peers with a closed window that are
  /// alive; with a heartbeat's time below 90 s, within which a peer that vanished is to be noticed.
  std::chrono::milliseconds user_timeout{70'000};
  /// TCP_NOTSENT_LOWAT: unsent bytes that the kernel may hold before the socket stops being
  /// writable.
  std::size_t notsent_lowat = 64 * 1024;
};

}  // namespace gateway::net
