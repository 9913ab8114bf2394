// What: the bounds of the backbone, with defaults. Filled by `config`. Thread: a plain value; the
// backbone keeps what it needs and is told of changes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gateway::backbone {

/// Where Redis is.
struct RedisAddress {
  std::string path;  // of a unix socket; empty: host and port
  std::string host;
  std::uint16_t port = 6379;
  std::uint32_t database = 0;
  bool tls = false;
};
/// Takes redis://host[:port][/database], rediss:// likewise for TLS, and
/// unix:///path[?db=database]. The error says what is wrong.
base::Result<RedisAddress> parse_redis_address(std::string_view url);
/// Takes host[:port] of a Sentinel; the port is 26379 unless it says otherwise.
base::Result<RedisAddress> parse_sentinel_address(std::string_view text);
std::string to_string(const RedisAddress& address);

/// With rediss:// the certificate of Redis is always verified, chain and name. The files are PEM,
/// and are read for each connection.
struct RedisTlsOptions {
  std::string ca;           // whom to trust; empty: the system's
  std::string certificate;  // to show, with its issuers if need be; empty: none
  std::string key;          // of that certificate
  std::string server_name;  // what the certificate of Redis is for; empty: the host

  bool operator==(const RedisTlsOptions&) const = default;
};

enum class Type : std::uint8_t {
  memory,  // this process alone
  redis,   // all nodes that use one Redis
};

/// What else enters the log, beside what comes over HTTP.
enum class IngestFrom : std::uint8_t {
  off,
  channel,  // PUBLISH <prefix>:in:<board>
  stream,   // XADD <prefix>:in
  both,
};

/// Enough for as many events as are asked for when nothing is known of them, see log_copy.cc.
inline constexpr std::size_t kReplyBytes = std::size_t{256} << 20U;

struct RedisOptions {
  std::string url = "redis://127.0.0.1:6379";  // see parse_redis_address
  /// Begins all its keys and its channel: 1 to 64 of [A-Za-z0-9._-].
  std::string prefix = "boardcast";
  std::string username;  // of an ACL; empty: the default user
  std::string password;  // empty: none is asked for
  RedisTlsOptions tls;
  /// See parse_sentinel_address; empty: the primary is that of `url`.
  std::vector<std::string> sentinels;
  std::string sentinel_name = "mymaster";
  std::string sentinel_username;
  std::string sentinel_password;
  /// How long the answer to a command, or a connection, is awaited.
  std::chrono::milliseconds timeout{1'500};
  // What Redis keeps of the log, for nodes that start or were away; the newest event whatever its
  // size.
  std::size_t events = 1'000'000;
  std::size_t bytes = std::size_t{256} << 20U;  // by estimate
  std::chrono::milliseconds age{600'000};
  /// The same for the newest events of boards that deliver their latest; 0: none.
  std::size_t latest_bytes = std::size_t{64} << 20U;
  IngestFrom ingest = IngestFrom::off;
  std::size_t ingest_bytes = std::size_t{1} << 20U;  // of an event's data

  std::size_t reply_bytes = kReplyBytes;  // one answer of Redis, or a message, at most
  /// Messages that wait while the log is read, at most.
  std::size_t waiting_bytes = std::size_t{64} << 20U;
  /// Publishes that Redis has not answered yet, at most; beyond it they are refused.
  std::size_t unanswered_bytes = std::size_t{64} << 20U;
  /// Notes that Redis holds for the nodes, at most; those that end first go.
  std::size_t notes_bytes = std::size_t{64} << 20U;
  /// Notes that Redis has not answered yet, and questions under way, at most.
  std::size_t notes_unanswered = 10'000;
  std::size_t questions = 1'000;
};

struct Options {
  /// How long the key of a publish is remembered. Zero: not at all.
  std::chrono::milliseconds dedupe_window{120'000};
  /// Keys remembered at most, at least 1; the oldest are forgotten first. Redis has no such bound.
  std::size_t dedupe_keys = 1'000'000;
  Type type = Type::memory;
  RedisOptions redis{};
};

}  // namespace gateway::backbone
