#include "app/metrics_table.h"

#include <string>

#include "app/build_info.h"
#include "app/usage.h"
#include "base/log.h"

namespace gateway::app {
namespace {

constexpr double kMsPerSecond = 1'000;

void register_hub(api::Metrics& metrics, const broker::HubCounters& cells) {
  metrics.gauge("boardcast_streams", "Streams open now.", {}, cells.streams);
  metrics.counter("boardcast_streams_opened_total", "Streams opened.", {}, cells.streams_opened);
  const char* ended = "boardcast_streams_ended_total";
  const char* ended_help = "Streams ended, by reason (client: closed by the peer or the network).";
  metrics.counter(ended, ended_help, {{"reason", "client"}}, cells.streams_ended_client);
  metrics.counter(ended, ended_help, {{"reason", "limit"}}, cells.streams_ended_limit);
  metrics.counter(ended, ended_help, {{"reason", "slow"}}, cells.streams_ended_slow);
  metrics.counter(ended, ended_help, {{"reason", "drain"}}, cells.streams_ended_drain);
  metrics.counter(ended, ended_help, {{"reason", "kicked"}}, cells.streams_ended_kicked);
  metrics.counter(ended, ended_help, {{"reason", "replaced"}}, cells.streams_ended_replaced);
  metrics.counter(ended, ended_help, {{"reason", "token"}}, cells.streams_ended_token);
  metrics.counter(ended, ended_help, {{"reason", "full"}}, cells.streams_ended_full);
  metrics.counter("boardcast_streams_stalled_total",
                  "Streams cut because their socket took nothing for stream.stall.", {},
                  cells.streams_stalled);
  metrics.counter("boardcast_events_taken_total",
                  "Events that a worker took from the log, counted once for each worker.", {},
                  cells.events_taken);
  metrics.counter("boardcast_deliveries_total", "Events queued to a stream.", {}, cells.deliveries);
  metrics.counter("boardcast_replayed_total",
                  "Events queued to a stream that came from the history.", {}, cells.replayed);
  metrics.counter("boardcast_snapshots_total",
                  "Events of boards with deliver: latest, told to streams that came to read them.",
                  {}, cells.snapshots);
  metrics.counter("boardcast_streams_conflated_total",
                  "Times that a live stream was behind and went on to the latest of some board.",
                  {}, cells.conflated);
  metrics.gauge("boardcast_streams_catching_up", "Streams that get events from the history.", {},
                cells.catching_up);
  metrics.counter("boardcast_streams_fallen_behind_total",
                  "Times that a stream's queue was full (stream.pending_events).", {},
                  cells.fallen_behind);
  const char* gaps = "boardcast_gaps_total";
  const char* gaps_help = "boardcast.gap events told, by reason.";
  metrics.counter(gaps, gaps_help, {{"reason", "trimmed"}}, cells.gaps_trimmed);
  metrics.counter(gaps, gaps_help, {{"reason", "epoch"}}, cells.gaps_epoch);
  metrics.counter(gaps, gaps_help, {{"reason", "unknown"}}, cells.gaps_unknown);
  metrics.counter(gaps, gaps_help, {{"reason", "slow"}}, cells.gaps_slow);
  metrics.counter(gaps, gaps_help, {{"reason", "backbone"}}, cells.gaps_backbone);
  metrics.counter("boardcast_encodings_total",
                  "Wire forms built: at most one for each event and form in use.", {},
                  cells.encodings);
  metrics.counter("boardcast_heartbeats_total", "Heartbeat comments queued.", {}, cells.heartbeats);
}

void register_sessions(api::Metrics& metrics, const http::SessionCounters& cells) {
  const char* requests = "boardcast_http_requests_total";
  metrics.counter(requests, "Requests, by protocol.", {{"protocol", "http/1.1"}},
                  cells.requests_h1);
  metrics.counter(requests, "Requests, by protocol.", {{"protocol", "h2"}}, cells.requests_h2);
  metrics.gauge("boardcast_http_exchanges", "Requests whose answer has not ended.", {},
                cells.exchanges_open);
  const char* responses = "boardcast_http_responses_total";
  const char* responses_help = "Answers begun, by class of status.";
  metrics.counter(responses, responses_help, {{"code", "2xx"}}, cells.responses_2xx);
  metrics.counter(responses, responses_help, {{"code", "3xx"}}, cells.responses_3xx);
  metrics.counter(responses, responses_help, {{"code", "4xx"}}, cells.responses_4xx);
  metrics.counter(responses, responses_help, {{"code", "5xx"}}, cells.responses_5xx);
  const char* resets = "boardcast_http2_resets_total";
  metrics.counter(resets, "RST_STREAM frames, by direction.", {{"direction", "received"}},
                  cells.resets_received);
  metrics.counter(resets, "RST_STREAM frames, by direction.", {{"direction", "sent"}},
                  cells.resets_sent);
  metrics.counter("boardcast_http2_goaways_total", "GOAWAY frames sent.", {}, cells.goaways_sent);
  metrics.counter("boardcast_http2_data_frames_total", "DATA frames sent.", {},
                  cells.data_frames_sent);
  metrics.gauge("boardcast_http2_library_bytes", "Heap held by the HTTP/2 library.", {},
                cells.h2_library_bytes);
  metrics.counter("boardcast_http_protocol_errors_total",
                  "Connections ended because the peer broke the protocol.", {},
                  cells.protocol_errors);
  const char* timeouts = "boardcast_http_timeouts_total";
  const char* timeouts_help = "Connections or requests ended by a time limit.";
  metrics.counter(timeouts, timeouts_help, {{"kind", "header"}}, cells.header_timeouts);
  metrics.counter(timeouts, timeouts_help, {{"kind", "body"}}, cells.body_timeouts);
  metrics.counter(timeouts, timeouts_help, {{"kind", "idle"}}, cells.idle_timeouts);
  metrics.counter(timeouts, timeouts_help, {{"kind", "ping"}}, cells.ping_timeouts);
  metrics.counter(timeouts, timeouts_help, {{"kind", "response"}}, cells.response_timeouts);
  const char* refused = "boardcast_http_limit_refusals_total";
  const char* refused_help = "Requests or connections refused by a size limit.";
  metrics.counter(refused, refused_help, {{"limit", "header"}}, cells.header_limit_refusals);
  metrics.counter(refused, refused_help, {{"limit", "body"}}, cells.body_limit_refusals);
  metrics.counter(refused, refused_help, {{"limit", "memory"}}, cells.memory_refusals);
  metrics.counter(refused, refused_help, {{"limit", "queue"}}, cells.queue_limit_closes);
  metrics.counter(refused, refused_help, {{"limit", "glitches"}}, cells.glitch_closes);
  metrics.counter(refused, refused_help, {{"limit", "resets"}}, cells.reset_limit_closes);
}

void register_connections(api::Metrics& metrics, const net::ConnectionCounters& cells) {
  metrics.gauge("boardcast_connections", "Sockets open now, those of the operator included.", {},
                cells.open);
  const char* opened = "boardcast_connections_opened_total";
  metrics.counter(opened, "Connections that began to speak HTTP, by protocol.",
                  {{"protocol", "http/1.1"}}, cells.opened_h1);
  metrics.counter(opened, "Connections that began to speak HTTP, by protocol.",
                  {{"protocol", "h2"}}, cells.opened_h2);
  metrics.gauge("boardcast_connections_half_open",
                "Sockets whose PROXY header or TLS handshake has not ended.", {}, cells.half_open);
  const char* refused = "boardcast_connections_refused_total";
  const char* refused_help =
      "Connections closed before TLS by a limit of their address, and half-open ones that gave way "
      "to others, by the option's name.";
  metrics.counter(refused, refused_help, {{"limit", "connections_per_ip"}}, cells.refused_ip_many);
  metrics.counter(refused, refused_help, {{"limit", "connection_rate_per_ip"}},
                  cells.refused_ip_fast);
  metrics.counter(refused, refused_help, {{"limit", "half_open"}}, cells.closed_half_open);
  metrics.counter("boardcast_connections_closed_total", "Sockets closed.", {}, cells.closed);
  metrics.counter(
      "boardcast_connections_lost_total",
      "Of the closed, those with a fault: reset, timed out, or cut because the peer broke "
      "TLS or sent KeyUpdates without data.",
      {}, cells.lost);
  const char* proxies = "boardcast_proxy_refused_total";
  const char* proxies_help =
      "Connections that had no PROXY header under server.proxy_protocol, by what was wrong "
      "(peer: not in server.proxy_trusted; timeout: nothing within limits.handshake_timeout).";
  metrics.counter(proxies, proxies_help, {{"reason", "peer"}}, cells.proxy_refused_peer);
  metrics.counter(proxies, proxies_help, {{"reason", "header"}}, cells.proxy_refused_header);
  metrics.counter(proxies, proxies_help, {{"reason", "timeout"}}, cells.proxy_refused_timeout);
  metrics.counter(proxies, proxies_help, {{"reason", "closed"}}, cells.proxy_refused_closed);
  metrics.counter("boardcast_tls_handshake_failures_total", "TLS handshakes that failed.", {},
                  cells.handshake_failures);
  metrics.counter("boardcast_tls_handshake_timeouts_total",
                  "TLS handshakes not finished within limits.handshake_timeout.", {},
                  cells.handshake_timeouts);
  metrics.counter("boardcast_tls_resumed_total", "TLS sessions resumed.", {}, cells.tls_resumed);
  const char* shown = "boardcast_tls_client_certificates_total";
  const char* shown_help =
      "TLS handshakes in which the client showed a certificate (tls.client_ca), by what came of "
      "it; those that were refused are among the failed handshakes.";
  metrics.counter(shown, shown_help, {{"result", "ok"}}, cells.client_certificates);
  metrics.counter(shown, shown_help, {{"result", "refused"}}, cells.client_certificates_refused);
  metrics.counter("boardcast_received_bytes_total", "Bytes of HTTP received.", {},
                  cells.bytes_received);
  metrics.counter("boardcast_sent_bytes_total", "Bytes of HTTP sent.", {}, cells.bytes_sent);
  metrics.counter("boardcast_records_sent_total", "Pieces of output; with TLS each is one record.",
                  {}, cells.records_sent);
  metrics.counter("boardcast_write_stalls_total", "Writes that a socket refused for the moment.",
                  {}, cells.write_stalls);
}

void register_auth(api::Metrics& metrics, const auth::Counters& cells) {
  metrics.counter("boardcast_tokens_verified_total", "Tokens whose signature was verified.", {},
                  cells.verified);
  metrics.counter("boardcast_tokens_cached_total", "Tokens known from before.", {}, cells.cached);
  const char* held = "boardcast_tokens_remembered_bytes";
  const char* held_help = "What is remembered of tokens, by estimate, by whether they count.";
  metrics.gauge(held, held_help, {{"counts", "yes"}}, cells.granted_bytes);
  metrics.gauge(held, held_help, {{"counts", "no"}}, cells.refused_bytes);
  const char* refused = "boardcast_auth_refused_total";
  const char* refused_help =
      "Requests refused by who asked, by reason: no token, one that does not count (malformed, "
      "signature, expired, claims; expired: a certificate, too), one whose key may be on its way "
      "(keyless) or that was not "
      "looked at (busy), a cookie alone (origin), or what is not granted.";
  metrics.counter(refused, refused_help, {{"reason", "missing"}}, cells.refused_missing);
  metrics.counter(refused, refused_help, {{"reason", "malformed"}}, cells.refused_malformed);
  metrics.counter(refused, refused_help, {{"reason", "signature"}}, cells.refused_signature);
  metrics.counter(refused, refused_help, {{"reason", "expired"}}, cells.refused_expired);
  metrics.counter(refused, refused_help, {{"reason", "claims"}}, cells.refused_claims);
  metrics.counter(refused, refused_help, {{"reason", "keyless"}}, cells.refused_keyless);
  metrics.counter(refused, refused_help, {{"reason", "busy"}}, cells.refused_busy);
  metrics.counter(refused, refused_help, {{"reason", "origin"}}, cells.refused_origin);
  metrics.counter(refused, refused_help, {{"reason", "grant"}}, cells.refused_grant);
}

void register_api(api::Metrics& metrics, const api::Counters& cells) {
  metrics.counter("boardcast_publish_requests_total", "Publish requests.", {},
                  cells.publish_requests);
  metrics.counter("boardcast_published_events_total", "Events published.", {},
                  cells.published_events);
  metrics.counter("boardcast_publish_deduplicated_total",
                  "Events not published again because their key was known.", {},
                  cells.publish_deduplicated);
  const char* refused = "boardcast_publish_refused_total";
  const char* refused_help = "Publish requests refused, by reason.";
  metrics.counter(refused, refused_help, {{"reason", "invalid"}}, cells.publish_refused_invalid);
  metrics.counter(refused, refused_help, {{"reason", "conflict"}}, cells.publish_refused_conflict);
  metrics.counter(refused, refused_help, {{"reason", "unavailable"}},
                  cells.publish_refused_unavailable);
  metrics.counter("boardcast_foreign_origin_total",
                  "Unsafe requests refused because of their origin.", {}, cells.foreign_origin);
  const char* streams = "boardcast_streams_refused_total";
  metrics.counter(streams, "Streams refused, by reason.", {{"reason", "drain"}},
                  cells.streams_refused_drain);
  metrics.counter(streams, "Streams refused, by reason.", {{"reason", "kicked"}},
                  cells.streams_refused_kicked);
  metrics.counter(streams, "Streams refused, by reason.", {{"reason", "memory"}},
                  cells.streams_refused_memory);
  metrics.counter(streams, "Streams refused, by reason.", {{"reason", "backbone"}},
                  cells.streams_refused_backbone);
  for (const api::ClientLimit limit : api::kClientLimits) {
    metrics.counter("boardcast_client_refused_total",
                    "Streams and publishes refused because an address or a subject had its share, "
                    "by the option's name.",
                    {{"limit", std::string(api::to_string(limit))}}, cells.clients.of(limit));
  }
}

}  // namespace

void register_worker(api::Metrics& metrics, const Worker& worker, std::size_t index) {
  const api::Metrics::Labels label = {{"worker", std::to_string(index)}};
  metrics.gauge("boardcast_worker_connections", "Sockets open now, by worker.", label,
                worker.connection_counters().open);
  metrics.gauge("boardcast_worker_streams", "Streams open now, by worker.", label,
                worker.hub_counters().streams);
  register_hub(metrics, worker.hub_counters());
  register_sessions(metrics, worker.session_counters());
  register_connections(metrics, worker.connection_counters());
  register_api(metrics, worker.api_counters());
  register_auth(metrics, worker.auth_counters());
}

void register_names(api::Metrics& metrics, const api::StreamNames& names) {
  metrics.gauge(
      "boardcast_stream_names_lingering",
      "Streams with a name that have ended here, or are another node's, and whose changed "
      "boards are kept.",
      [&names] { return static_cast<double>(names.lingering()); });
  metrics.counter("boardcast_stream_names_forgotten_early_total",
                  "Those forgotten within stream.linger, because of stream.linger_bytes.",
                  [&names] { return static_cast<double>(names.forgotten_early()); });
}

void register_keys(api::Metrics& metrics, const KeyRefresh& refresh) {
  metrics.counter("boardcast_key_sets_fetched_total", "Times that auth.jwks gave its keys.",
                  [&refresh] { return static_cast<double>(refresh.fetched()); });
  metrics.counter("boardcast_key_set_failures_total",
                  "Times that it did not, or that its keys could not be taken.",
                  [&refresh] { return static_cast<double>(refresh.failed()); });
  metrics.gauge("boardcast_key_set_age_seconds",
                "Time since it last gave them; -1 when it never did, or is not set.",
                [&refresh] { return refresh.age_seconds(); });
}

void register_redis(api::Metrics& metrics, const backbone::RedisCounters& cells) {
  metrics.gauge("boardcast_redis_connected", "1 while events can be published.", {},
                cells.connected);
  metrics.gauge("boardcast_redis_live",
                "1 while events go out as they come; 0: the log is being read, or Redis is away.",
                {}, cells.live);
  metrics.counter("boardcast_redis_connects_total", "Connections made for commands.", {},
                  cells.connects);
  metrics.counter("boardcast_redis_losses_total", "Connections lost, for commands or the channel.",
                  {}, cells.losses);
  metrics.counter("boardcast_redis_reconciles_total",
                  "Times that the log of this node was made complete from that in Redis.", {},
                  cells.reconciles);
  metrics.counter("boardcast_redis_epochs_total",
                  "Times that another log began: a restart of Redis, or a failover.", {},
                  cells.epochs);
  metrics.counter("boardcast_redis_events_read_total", "Events read from the log in Redis.", {},
                  cells.read);
  metrics.counter("boardcast_redis_events_skipped_total",
                  "Events that Redis held no more when this node came for them: told as gaps.", {},
                  cells.skipped);
  metrics.counter("boardcast_redis_messages_total", "Batches that came by the channel.", {},
                  cells.messages);
  metrics.gauge("boardcast_redis_commands_refused",
                "Kinds of command that this node needs and that Redis answered with an error the "
                "last time; the log has its words.",
                {}, cells.refusals);
  metrics.gauge("boardcast_nodes",
                "Nodes of this gateway, this one included; 0 while Redis is away. One that died "
                "counts for some seconds more.",
                {}, cells.nodes);
  metrics.counter("boardcast_node_notes_total",
                  "Notes of nodes heard: names of streams, their boards, refused clients.", {},
                  cells.notes);
  metrics.counter("boardcast_node_notes_lost_total",
                  "Notes of this node that are not known to have reached Redis.", {},
                  cells.notes_lost);
  metrics.counter("boardcast_node_questions_total",
                  "Questions to other nodes: for a stream that is not here.", {}, cells.questions);
  metrics.counter("boardcast_node_silences_total",
                  "Those for which some node had no answer in time.", {}, cells.silent);
  metrics.counter("boardcast_node_malformed_total",
                  "Messages and notes in Redis that no node writes.", {}, cells.malformed);
  const char* publishes = "boardcast_redis_publishes_total";
  const char* publishes_help = "Publishes that were on their way to Redis, by what became of them.";
  metrics.counter(publishes, publishes_help, {{"outcome", "accepted"}}, cells.accepted);
  metrics.counter(publishes, publishes_help, {{"outcome", "refused"}}, cells.refused);
  metrics.counter(publishes, publishes_help, {{"outcome", "unknown"}}, cells.unknown);
  metrics.counter(publishes, publishes_help, {{"outcome", "conflict"}}, cells.conflicts);
  metrics.gauge("boardcast_redis_ingest_leads",
                "1 while this node takes what other programs publish in Redis.", {},
                cells.ingest_leads);
  const char* ingested = "boardcast_redis_ingested_events_total";
  const char* ingested_help = "Events that this node took so.";
  metrics.counter(ingested, ingested_help, {{"from", "channel"}}, cells.ingested_channel);
  metrics.counter(ingested, ingested_help, {{"from", "stream"}}, cells.ingested_stream);
  metrics.counter("boardcast_redis_ingest_rejected_total",
                  "What came so and was no event: see the log.", {}, cells.ingest_rejected);
  metrics.counter("boardcast_redis_ingest_lost_total",
                  "Events of channels that were not appended, or perhaps not.", {},
                  cells.ingest_lost);
  metrics.gauge("boardcast_redis_unanswered", "Publishes that await their answer.", {},
                cells.unanswered);
  metrics.counter("boardcast_redis_scripts_total", "Scripts answered.", {}, cells.scripts);
  metrics.counter("boardcast_redis_script_seconds_total",
                  "From sending a script to its answer, of all of them.", [&cells] {
                    constexpr double kMicrosPerSecond = 1'000'000;
                    return static_cast<double>(cells.script_micros.value()) / kMicrosPerSecond;
                  });
}

void register_process(api::Metrics& metrics, const net::ListenerCounters& listeners,
                      const RunState& state, backbone::Backbone& backbone) {
  const broker::Log& log = backbone.log();
  metrics.counter("boardcast_accepted_total", "Sockets accepted.", {}, listeners.accepted);
  metrics.counter("boardcast_accept_refused_total",
                  "Sockets closed because limits.connections was reached.", {},
                  listeners.refused_limit);
  metrics.counter("boardcast_accept_errors_total",
                  "Pauses of a listener because descriptors or memory ran out.", {},
                  listeners.accept_errors);
  metrics.gauge("boardcast_listeners_starved",
                "Listeners that found no descriptor when they last tried to accept.", {},
                listeners.starved);
  metrics.counter("boardcast_log_lines_dropped_total", "Log lines lost.",
                  [] { return static_cast<double>(base::log_lines_dropped()); });
  metrics.gauge("boardcast_backlog_bytes",
                "Bytes of events that the worker furthest behind has yet to spread; publishes are "
                "refused over limits.backlog_bytes.",
                [&log] { return static_cast<double>(log.backlog_bytes()); });
  metrics.gauge("boardcast_history_events", "Events held for readers that come later.",
                [&log] { return static_cast<double>(log.held().events); });
  metrics.gauge("boardcast_history_boards", "Boards of which some event is held.",
                [&log] { return static_cast<double>(log.held().boards); });
  metrics.gauge("boardcast_history_bytes", "What the history costs, by estimate.",
                [&log] { return static_cast<double>(log.held().bytes); });
  metrics.gauge("boardcast_publish_keys",
                "Keys of publishes held; those over publish.dedupe_window go with later keys.",
                [&backbone] { return static_cast<double>(backbone.keys().held); });
  metrics.counter("boardcast_publish_keys_forgotten_early_total",
                  "Keys forgotten within publish.dedupe_window, because of publish.dedupe_keys.",
                  [&backbone] { return static_cast<double>(backbone.keys().forgotten_early); });
  metrics.gauge("boardcast_ready", "1 while the node takes new work.",
                [&state] { return state.ready ? 1.0 : 0.0; });
  metrics.counter("process_cpu_seconds_total", "User and system time of the process.", cpu_seconds);
  metrics.gauge("process_resident_memory_bytes", "Resident memory of the process.", resident_bytes);
}

void register_start(api::Metrics& metrics, const base::Clock& clock) {
  metrics.info("boardcast_build_info", "1; the labels say which program this is.",
               {{"version", kVersion}, {"commit", kCommit}});
  metrics.gauge("process_start_time_seconds", "When the process began: seconds since 1970, UTC.",
                [at = static_cast<double>(clock.wall_ms()) / kMsPerSecond] { return at; });
}

void register_memory(api::Metrics& metrics, const MemoryCells& cells) {
  metrics.gauge("boardcast_memory_used_bytes",
                "Heap in use, the history apart: what limits.memory bounds.", {}, cells.used);
  metrics.gauge("boardcast_memory_limit_bytes",
                "What of limits.memory is left for it, history.total_bytes apart.", {},
                cells.limit);
  metrics.gauge("boardcast_memory_level",
                "0: normal; 1, from 80 %: no new streams; 2, from 90 %: streams that lag end, no "
                "bodies; 3, from 95 % or when an allocation failed: no connections.",
                {}, cells.level);
  metrics.counter("boardcast_memory_trims_total",
                  "Times that free memory was given back to the system.", {}, cells.trims);
  metrics.counter("boardcast_memory_exhausted_total",
                  "Times that an allocation failed and a reserve was given up for it.", {},
                  cells.exhausted);
}

void register_reloads(api::Metrics& metrics, const ReloadCounters& cells,
                      const base::Clock& clock) {
  const char* reloads = "boardcast_config_reloads_total";
  const char* reloads_help = "Times that SIGHUP asked for the configuration to be read again.";
  metrics.counter(reloads, reloads_help, {{"result", "ok"}}, cells.reloads);
  metrics.counter(reloads, reloads_help, {{"result", "failed"}}, cells.reloads_failed);
  if (cells.certificate_expires_at.value() == 0) return;  // no TLS, and none before a restart
  const char* renewals = "boardcast_certificate_reloads_total";
  const char* renewals_help =
      "Times that changed files of certificates were loaded, or for each that is wrong failed to.";
  metrics.counter(renewals, renewals_help, {{"result", "ok"}}, cells.renewals);
  metrics.counter(renewals, renewals_help, {{"result", "failed"}}, cells.renewals_failed);
  metrics.gauge(
      "boardcast_certificate_renewal_failing",
      "Pairs of certificates (and ticket keys) whose files could not be taken over at the "
      "last try, so that those before are in use.",
      {}, cells.renewals_failing);
  metrics.gauge("boardcast_certificate_expires_in_seconds",
                "Time until the certificate that expires first does; negative when one has.",
                [&cells, &clock] {
                  const base::WallMs left = cells.certificate_expires_at.value() - clock.wall_ms();
                  return static_cast<double>(left) / kMsPerSecond;
                });
}

}  // namespace gateway::app
