#include "config/keys.h"

#include "base/quantity.h"
#include "config/access.h"
#include "config/keys_auth.h"
#include "config/keys_backbone.h"
#include "config/keys_boards.h"
#include "config/keys_server.h"
#include "config/keys_stream.h"

namespace gateway::config {
namespace {

using base::kGiB;
using base::kHour;
using base::kKiB;
using base::kMiB;
using base::kMinute;
using base::kSecond;
using std::string_view;

// In the order of the enums they stand for.
constexpr string_view kPublicAdmin[] = {"off", "token", "open"};
constexpr string_view kLogLevels[] = {"debug", "info", "warn", "error", "off"};
constexpr string_view kLogFormats[] = {"text", "json"};

/// Rooms that know nothing of each other go by it.
constexpr Access kRateBurst = {
    [](Settings& settings, const Value& value) {
      store(settings.net.rate_burst, value);
      store(settings.api.clients.rate_burst, value);
    },
    [](const Settings& settings) { return fetch(settings.net.rate_burst); }};

constexpr Key kHttp2[] = {
    {"max_concurrent_streams", NumberRule{1, 65'535},
     member<&Settings::http, &http::Options::max_concurrent_streams>,
     "Requests a client may have open at once on one connection. Over 100, because a page may have "
     "that many EventSources."},
    {"streams_per_connection", NumberRule{0, 2'147'483'647},
     member<&Settings::http, &http::Options::streams_per_connection>,
     "Requests a connection may carry in its life, then a graceful GOAWAY. 0: no limit."},
    {"ping_interval", DurationRule{100, kHour},
     member<&Settings::http, &http::Options::ping_interval>,
     "A PING goes out after this much silence from the peer, 15 % more or less by the connection, "
     "to find those that vanished."},
    {"ping_timeout", DurationRule{100, 10 * kMinute},
     member<&Settings::http, &http::Options::ping_timeout>,
     "How long the answer to a PING is awaited before the connection is closed; anew while what "
     "was sent before it still arrives at the peer."},
};

constexpr Key kLimits[] = {
    {"memory", SizeRule{16 * kMiB, 1024 * kGiB, "auto"},
     member<&Settings::server, &ServerSettings::memory>,
     "Heap of the process, history.total_bytes in it. From 80 % of the rest on, new streams are "
     "refused, from 90 % streams that lag end and requests with a body are refused, from 95 % no "
     "connection is accepted. auto is three quarters of what the machine has available at the "
     "start, or of the cgroup's limit where that is less: the rest is for the kernel's socket "
     "buffers."},
    {"connections", NumberRule{1, 1'000'000}, member<&Settings::net, &net::Options::connections>,
     "Open connections of the whole process; the limit of open files less 256 bounds it too."},
    {"connections_per_ip", NumberRule{1, 1'000'000, "off"},
     member<&Settings::net, &net::Options::connections_per_ip>,
     "Open connections of one address; an IPv6 client is its /64. Over it the newest is closed "
     "before TLS. A browser has one over HTTP/2, up to six over HTTP/1.1."},
    {"connection_rate_per_ip", NumberRule{1, 1'000'000, "off"},
     member<&Settings::net, &net::Options::connection_rate_per_ip>,
     "New connections of one address in a second, so TLS handshakes; others are closed before."},
    {"half_open", NumberRule{1, 1'000'000, "auto"},
     member<&Settings::net, &net::Options::half_open>,
     "Connections whose TLS handshake or PROXY header has not ended and that keep their places. "
     "While there are more, those whose clients have not sent a first whole message within 250 ms, "
     "or a next one within a second, give way to whoever comes when all connections are taken, and "
     "are closed when memory is short. auto is a tenth of connections."},
    {"streams_per_ip", NumberRule{1, 10'000'000, "off"},
     member<&Settings::api, &api::Options::clients, &api::ClientOptions::streams_per_ip>,
     "Open streams of one address, over all of its connections. More are refused as stream.refuse "
     "says."},
    {"streams_per_subject", NumberRule{1, 10'000'000, "off"},
     member<&Settings::api, &api::Options::clients, &api::ClientOptions::streams_per_subject>,
     "Open streams of one subject, whom a token or a certificate names; off where one token is for "
     "many."},
    {"stream_rate_per_ip", NumberRule{1, 1'000'000, "off"},
     member<&Settings::api, &api::Options::clients, &api::ClientOptions::stream_rate_per_ip>,
     "Streams that one address opens in a second; more are refused as stream.refuse says."},
    {"stream_rate_per_subject", NumberRule{1, 1'000'000, "off"},
     member<&Settings::api, &api::Options::clients, &api::ClientOptions::stream_rate_per_subject>,
     "Streams that one subject opens in a second."},
    {"publish_rate_per_ip", NumberRule{1, 10'000'000, "off"},
     member<&Settings::api, &api::Options::clients, &api::ClientOptions::publish_rate_per_ip>,
     "Events that one address publishes in a second; more get 429. A batch passes whole and is "
     "paid for afterwards; a request that publishes nothing counts as one event."},
    {"publish_rate_per_subject", NumberRule{1, 10'000'000, "off"},
     member<&Settings::api, &api::Options::clients, &api::ClientOptions::publish_rate_per_subject>,
     "Events that one subject publishes in a second."},
    {"rate_burst", DurationRule{kSecond, 10 * kMinute}, kRateBurst,
     "So much of each of these rates may come at once: with 50 in a second and 10s, 500."},
    {"exempt", RangesRule{}, member<&Settings::net, &net::Options::exempt>,
     "Networks that no limit of an address meets, such as those of proxies, whose clients have one "
     "address in common without server.proxy_protocol. By default what nobody has on the Internet: "
     "loopback and private networks."},
    {"header_bytes", SizeRule{4 * kKiB, kMiB},
     member<&Settings::http, &http::Options::header_bytes>,
     "Fields of one request: the sum of name + value + 32 (RFC 9113 section 6.5.2), the URL among "
     "them."},
    {"header_fields", NumberRule{16, 1'000}, member<&Settings::http, &http::Options::header_fields>,
     "Number of fields of one request."},
    {"url_bytes", SizeRule{kKiB, kMiB}, member<&Settings::http, &http::Options::url_bytes>,
     "Path and query of one request; long lists of boards live here."},
    {"body_bytes", SizeRule{kKiB, broker::kDataBytesMax},
     member<&Settings::http, &http::Options::body_bytes>,
     "Body of one request, so the largest publish; it is held in memory until it is complete."},
    {"boards_per_stream", NumberRule{1, broker::kBoardsPerStreamMax},
     member<&Settings::broker, &broker::Options::boards_per_stream>,
     "Boards and patterns that one stream may name."},
    {"backlog_bytes", SizeRule{kMiB, 64 * kGiB},
     member<&Settings::broker, &broker::Options::backlog_bytes>,
     "Events published and not yet handed to the streams' queues; while more wait for a worker, "
     "publishes get 503, so that publishers cannot outrun the workers for long."},
    {"batch_events", NumberRule{1, 100'000}, member<&Settings::api, &api::Options::batch_events>,
     "Events of one publish; they get their places together, so a batch holds others up."},
    {"json_depth", NumberRule{1, 256}, member<&Settings::api, &api::Options::json_depth>,
     "Nesting of published JSON."},
    {"header_timeout", DurationRule{100, 10 * kMinute},
     member<&Settings::http, &http::Options::header_timeout>,
     "From the first byte of a request (or the start of the connection) to the end of its fields; "
     "in all, not for each byte."},
    {"body_timeout", DurationRule{100, kHour},
     member<&Settings::http, &http::Options::body_timeout>,
     "From the end of the fields to the end of the body."},
    {"response_stall", DurationRule{100, kHour},
     member<&Settings::http, &http::Options::response_stall>,
     "A whole answer of which an HTTP/2 client takes nothing for this long is cut; streams of "
     "events have stream.stall."},
    {"idle_timeout", DurationRule{100, 24 * kHour},
     member<&Settings::http, &http::Options::idle_timeout>,
     "A connection without any open request is closed after this long."},
    {"handshake_timeout", DurationRule{100, 10 * kMinute},
     member<&Settings::net, &net::Options::handshake_timeout>,
     "From the accepted connection to the end of its TLS handshake."},
    {"user_timeout", DurationRule{kSecond, 2 * kHour},
     member<&Settings::net, &net::Options::user_timeout>,
     "A peer whose kernel acknowledges nothing for this long is cut (TCP_USER_TIMEOUT): neither "
     "data nor keepalive probes, which begin after 30s of silence. Above stream.stall, because it "
     "also cuts living peers whose window is closed. Over HTTP/1.1 a client that vanished is "
     "noticed within this and one stream.heartbeat."},
    {"notsent_lowat", SizeRule{4 * kKiB, 16 * kMiB},
     member<&Settings::net, &net::Options::notsent_lowat>,
     "Unsent bytes that the kernel may hold for a connection (TCP_NOTSENT_LOWAT): less keeps "
     "events fresh and memory small, more helps single fast readers far away."},
};

constexpr Key kCors[] = {
    {"origins", OriginsRule{},
     member<&Settings::api, &api::Options::cors, &api::CorsOptions::origins>,
     "Pages that may read and publish from other origins, each exactly as browsers write it, such "
     "as https://app.example.com; a loopback host may have the port *. Empty: none."},
    {"credentials", FlagRule{},
     member<&Settings::api, &api::Options::cors, &api::CorsOptions::credentials>,
     "Whether those pages may send cookies (withCredentials)."},
    {"max_age", DurationRule{0, 24 * kHour, kSecond},
     member<&Settings::api, &api::Options::cors, &api::CorsOptions::max_age>,
     "How long browsers may remember the answer to a preflight."},
};

constexpr Key kAdmin[] = {
    {"listen", AdminAddressRule{}, member<&Settings::admin>,
     "Counts, metrics and health, over plain HTTP: keep it on loopback or a private network.",
     Effect::restart},
    {"public", ChoiceRule{kPublicAdmin}, member<&Settings::api, &api::Options::admin_public>,
     "Whether /admin and /metrics are on the public listeners too, to count, and to cut "
     "connections: token is for those whose token says \"admin\": true, open for anybody.",
     Effect::restart},
    {"metrics_per_board", NumberRule{0, api::kBoardMetricsMax},
     member<&Settings::api, &api::Options::metrics_per_board>,
     "Boards and patterns that /metrics has series of their own for: those with the most streams. "
     "More than some thousands are felt by whoever shares a worker with the scrape. 0: none."},
};

constexpr Key kLog[] = {
    {"level", ChoiceRule{kLogLevels}, member<&Settings::log, &base::LogOptions::level>,
     "The least that is logged, to standard error."},
    {"format", ChoiceRule{kLogFormats}, member<&Settings::log, &base::LogOptions::format>,
     "Lines for people, or one JSON object each."},
    {"access", ChoiceRule{kSwitch}, member<&Settings::http, &http::Options::access_log>,
     "Whether each request that ends is a line, whatever level is, and each stream: who asked, for "
     "what, and what came of it. Queries and the ids of streams are left out: they can be "
     "secrets."},
};

}  // namespace

std::span<const Section> sections() {
  static const Section all[] = {
      server_section(),
      tls_section(),
      {"http2", "HTTP/2 connections.", kHttp2},
      {"limits", "What one client, or all together, may take.", kLimits},
      stream_section(),
      history_section(),
      boards_section(),
      publish_section(),
      backbone_section(),
      auth_section(),
      {"cors", "Web pages of other origins.", kCors},
      {"admin", "The operator's listener.", kAdmin},
      {"log", "The log.", kLog},
  };
  return all;
}

Settings default_settings() {
  Settings settings;
  settings.net.listen = {{net::Scheme::https, "localhost", 8443}};
  settings.net.tls.certificates = {{"certs/dev.crt", "certs/dev.key"}};
  return settings;
}

bool is_single_value(const Section& section) {
  return section.keys.size() == 1 && section.keys[0].name == section.name;
}

std::string reason_of(const Key& key) {
  const char* restart = key.effect == Effect::restart ? " A change needs a restart." : "";
  return std::string(key.reason) + restart;
}

std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {{}, name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::string path_of(const Section& section, const Key& key) {
  if (is_single_value(section)) return std::string(section.name);
  return std::string(section.name) + "." + std::string(key.name);
}

}  // namespace gateway::config
