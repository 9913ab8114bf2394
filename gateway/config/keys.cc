#include "config/keys.h"

#include "base/quantity.h"
#include "config/access.h"
#include "config/keys_auth.h"
#include "config/keys_boards.h"
#include "config/keys_server.h"

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
constexpr string_view kFormats[] = {"plain", "json"};
constexpr string_view kSlow[] = {"gap", "close"};
constexpr string_view kRefusals[] = {"in_band", "status"};
constexpr string_view kBackbones[] = {"memory"};
constexpr string_view kPublicAdmin[] = {"off", "token", "open"};
constexpr string_view kLogLevels[] = {"debug", "info", "warn", "error", "off"};
constexpr string_view kLogFormats[] = {"text", "json"};

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
     "A PING goes out after this much silence from the peer, to find those that vanished."},
    {"ping_timeout", DurationRule{100, 10 * kMinute},
     member<&Settings::http, &http::Options::ping_timeout>,
     "How long the answer to a PING is awaited before the connection is closed."},
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
    {"header_bytes", SizeRule{4 * kKiB, kMiB},
     member<&Settings::http, &http::Options::header_bytes>,
     "Fields of one request: the sum of name + value + 32 (RFC 9113 section 6.5.2), the URL among "
     "them."},
    {"header_fields", NumberRule{16, 1'000}, member<&Settings::http, &http::Options::header_fields>,
     "Number of fields of one request."},
    {"url_bytes", SizeRule{kKiB, kMiB}, member<&Settings::http, &http::Options::url_bytes>,
     "Path and query of one request; long lists of boards live here."},
    {"body_bytes", SizeRule{kKiB, 64 * kMiB}, member<&Settings::http, &http::Options::body_bytes>,
     "Body of one request, so the largest publish; it is held in memory until it is complete."},
    {"boards_per_stream", NumberRule{1, 10'000},
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
     "Sent data that the peer's kernel leaves unacknowledged for this long ends the connection "
     "(TCP_USER_TIMEOUT). Above stream.stall, because it also cuts living peers whose window is "
     "closed."},
    {"notsent_lowat", SizeRule{4 * kKiB, 16 * kMiB},
     member<&Settings::net, &net::Options::notsent_lowat>,
     "Unsent bytes that the kernel may hold for a connection (TCP_NOTSENT_LOWAT): less keeps "
     "events fresh and memory small, more helps single fast readers far away."},
};

constexpr Key kStream[] = {
    {"heartbeat", DurationRule{100, kHour}, member<&Settings::broker, &broker::Options::heartbeat>,
     "Silence after which a comment is sent, so that proxies and clients see a living stream; "
     "below the shortest idle limit on the way (often 30s or 60s)."},
    {"retry", DurationRule{100, 10 * kMinute}, member<&Settings::broker, &broker::Options::retry>,
     "Mean delay before a client reconnects; each stream is told its own, 50 % more or less, so "
     "that they do not come back as a herd."},
    {"format", ChoiceRule{kFormats}, member<&Settings::api, &api::Options::format>,
     "What a stream gets that does not ask with ?format=: the publisher's bytes, or a JSON "
     "envelope "
     "with board, id and time."},
    {"pending_events", NumberRule{1, 65'536},
     member<&Settings::broker, &broker::Options::pending_events>,
     "Events that may wait for a slow reader; for a stream that needs more, see slow.",
     Effect::restart},
    {"slow", ChoiceRule{kSlow}, member<&Settings::broker, &broker::Options::slow>,
     "What a stream becomes whose reader is slower than its events: gap continues from the history "
     "and tells what that no longer holds, close ends it, after which its client resumes."},
    {"stall", DurationRule{100, kHour}, member<&Settings::broker, &broker::Options::stall>,
     "A stream that has something to say and whose connection takes none of it for this long is "
     "cut. Below limits.user_timeout."},
    {"linger", DurationRule{0, kHour}, member<&Settings::api, &api::Options::linger>,
     "How long the boards that PATCH has given a stream with a name (?stream=) are kept when it "
     "has ended: whoever comes back meanwhile gets them. 0s: not at all."},
    {"linger_bytes", SizeRule{kKiB, 64 * kGiB}, member<&Settings::api, &api::Options::linger_bytes>,
     "What all that is kept so may cost, by estimate; over it the oldest are forgotten "
     "(boardcast_stream_names_forgotten_early_total)."},
    {"refuse", ChoiceRule{kRefusals}, member<&Settings::api, &api::Options::refuse>,
     "How an EventSource is refused when that will pass: in_band is a 200 that ends at once, after "
     "which browsers retry; status is 503 or 429, after which they give up for good."},
};

constexpr Key kPublish[] = {
    {"dedupe_window", DurationRule{0, 24 * kHour},
     member<&Settings::backbone, &backbone::Options::dedupe_window>,
     "How long the key of an event is remembered: sent again meanwhile, the event is not published "
     "again and gets the id it has. 0s: keys mean nothing."},
    {"dedupe_keys", NumberRule{1, 10'000'000},
     member<&Settings::backbone, &backbone::Options::dedupe_keys>,
     "Keys remembered at most, about 100 bytes each. The oldest go first, so more keys than this "
     "within the window make it shorter (boardcast_publish_keys_forgotten_early_total).",
     Effect::restart},
};

constexpr Key kBackbone[] = {
    {"type", ChoiceRule{kBackbones}, kOnlyOne,
     "What orders and keeps events: memory is this process alone; a restart forgets them.",
     Effect::restart},
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
};

constexpr Key kLog[] = {
    {"level", ChoiceRule{kLogLevels}, member<&Settings::log, &base::LogOptions::level>,
     "The least that is logged, to standard error."},
    {"format", ChoiceRule{kLogFormats}, member<&Settings::log, &base::LogOptions::format>,
     "Lines for people, or one JSON object each."},
};

}  // namespace

std::span<const Section> sections() {
  static const Section all[] = {
      server_section(),
      tls_section(),
      {"http2", "HTTP/2 connections.", kHttp2},
      {"limits", "What one client, or all together, may take.", kLimits},
      {"stream", "Streams of events.", kStream},
      history_section(),
      boards_section(),
      {"publish", "What publishers send.", kPublish},
      {"backbone", "Where events get their order.", kBackbone},
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

std::string path_of(const Section& section, const Key& key) {
  if (is_single_value(section)) return std::string(section.name);
  return std::string(section.name) + "." + std::string(key.name);
}

}  // namespace gateway::config
