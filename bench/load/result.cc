#include "load/result.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>

namespace bench {
namespace {

double ratio(double a, double b) { return b > 0 ? a / b : 0; }
double count(std::uint64_t value) { return static_cast<double>(value); }
double grown(std::uint64_t from, std::uint64_t to) { return count(to) - count(from); }

/// What also holds for a reader that may miss events, or be ended for reading slowly.
bool sound(const Tally& tally) {
  return tally.repeated + tally.reordered + tally.strange + tally.refused == 0;
}
bool clean(const Tally& tally) { return sound(tally) && tally.skipped + tally.ended == 0; }

/// Numbers derived from a result, in the units that are printed.
struct Figures {
  Figures(const Plan& plan, const Result& result)
      : events_per_s(ratio(count(result.answers * plan.batch), result.seconds)),
        deliveries_per_s(ratio(count(result.deliveries), result.seconds)),
        server_us(ratio(result.server.total_us(), count(result.deliveries))),
        own_us(ratio(result.own.total_us(), count(result.deliveries))),
        server_share(ratio(result.server.total_us(), result.seconds * 1e6)),
        connections_per_s(ratio(count(plan.connections), result.connect_seconds)),
        opened_per_s(ratio(count(plan.connections * (plan.streams - 1)), result.open_seconds)),
        connection_bytes(
            ratio(grown(result.memory.before, result.memory.first), count(plan.connections))),
        stream_bytes(ratio(grown(result.memory.first, result.memory.all),
                           count(plan.connections * (plan.streams - 1)))) {}
  double events_per_s, deliveries_per_s, server_us, own_us, server_share;
  double connections_per_s, opened_per_s, connection_bytes, stream_bytes;
};

void print_checks(const char* name, const Tally& tally, std::uint64_t expected) {
  std::printf("%-12s %" PRIu64 " of %" PRIu64 ": skipped %" PRIu64 ", repeated %" PRIu64
              ", reordered %" PRIu64 ", of other boards %" PRIu64 "; streams refused %" PRIu64
              ", ended %" PRIu64 "\n",
              name, tally.delivered, expected, tally.skipped, tally.repeated, tally.reordered,
              tally.strange, tally.refused, tally.ended);
}

void print_latency(const char* name, const Histogram& all) {
  std::printf("%-12s p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms\n", name,
              all.percentile_ms(0.5), all.percentile_ms(0.9), all.percentile_ms(0.99),
              all.percentile_ms(0.999), all.max_ms());
}

void json_tally(const char* name, const Tally& tally, std::uint64_t expected) {
  std::printf(",\"%s\":{\"expected\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"skipped\":%" PRIu64
              ",\"repeated\":%" PRIu64 ",\"reordered\":%" PRIu64 ",\"strange\":%" PRIu64
              ",\"refused\":%" PRIu64 ",\"ended\":%" PRIu64 "}",
              name, expected, tally.delivered, tally.skipped, tally.repeated, tally.reordered,
              tally.strange, tally.refused, tally.ended);
}

void json_latency(const char* name, const Histogram& all) {
  std::printf(",\"%s\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p99_9\":%.3f,\"max\":%.3f}", name,
              all.percentile_ms(0.5), all.percentile_ms(0.9), all.percentile_ms(0.99),
              all.percentile_ms(0.999), all.max_ms());
}

void print_memory(const Plan& plan, const Result& result) {
  const Figures figures(plan, result);
  std::printf(
      "memory       %.1f MiB before, %.1f with a stream on each connection, %.1f with all, "
      "%.1f at the end\n",
      count(result.memory.before) / 1048576, count(result.memory.first) / 1048576,
      count(result.memory.all) / 1048576, count(result.memory.after) / 1048576);
  std::printf("             %.1f KiB for a connection with one stream, %.0f bytes for one more\n",
              figures.connection_bytes / 1024, figures.stream_bytes);
}

}  // namespace

std::uint64_t Result::lost() const { return expected - std::min(expected, live.delivered); }

bool Result::exact() const {
  return live.delivered == expected && clean(live) && sound(slow) && refused == 0 &&
         accepted == requests && replay.tally.delivered == replay.expected && clean(replay.tally);
}

void print_table(const Plan& plan, const Result& result) {
  const Figures figures(plan, result);
  std::printf("streams      %" PRIu64 " on %" PRIu64 " connections, %" PRIu64
              " boards; %.0f connections/s, then %.0f streams/s opened\n",
              result.live.opened, plan.connections, plan.boards, figures.connections_per_s,
              figures.opened_per_s);
  std::printf("events       %" PRIu64 " in %" PRIu64 " requests: accepted %" PRIu64
              ", refused %" PRIu64 "; %.0f events/s\n",
              result.events, result.requests, result.accepted, result.refused,
              figures.events_per_s);
  print_checks("deliveries", result.live, result.expected);
  if (plan.slow > 0) print_checks("slow", result.slow, result.slow_expected);
  print_latency("latency", result.latencies);
  if (plan.replay_connections > 0) {
    print_checks("replay", result.replay.tally, result.replay.expected);
    if (result.replay.seconds > 0) {
      std::printf("             all back in %.3f s\n", result.replay.seconds);
    }
    print_latency("meanwhile", result.replay.live);
  }
  std::printf("measured     %" PRIu64 " deliveries in %.2f s, %.0f/s\n", result.deliveries,
              result.seconds, figures.deliveries_per_s);
  if (!plan.pids.empty()) {
    std::printf(
        "server CPU   %.3f us per delivery (user %.2f s, system %.2f s: %.0f %% of a core)\n",
        figures.server_us, result.server.user_us / 1e6, result.server.system_us / 1e6,
        100 * figures.server_share);
    print_memory(plan, result);
  }
  std::printf("own CPU      %.3f us per delivery\n", figures.own_us);
  std::printf("%s\n", result.exact() ? "exact" : "NOT EXACT");
}

void print_json(const Plan& plan, const Result& result) {
  const Figures figures(plan, result);
  std::printf("{\"exact\":%s,\"lost\":%" PRIu64 ",\"connections\":%" PRIu64 ",\"streams\":%" PRIu64
              ",\"boards\":%" PRIu64 ",\"events\":%" PRIu64 ",\"requests\":%" PRIu64
              ",\"accepted\":%" PRIu64 ",\"refused\":%" PRIu64,
              result.exact() ? "true" : "false", result.lost(), plan.connections,
              result.live.opened, plan.boards, result.events, result.requests, result.accepted,
              result.refused);
  json_tally("live", result.live, result.expected);
  json_tally("slow", result.slow, result.slow_expected);
  json_tally("replay", result.replay.tally, result.replay.expected);
  json_latency("latency_ms", result.latencies);
  json_latency("replay_latency_ms", result.replay.live);
  std::printf(",\"replay_seconds\":%.4f,\"seconds\":%.3f,\"deliveries\":%" PRIu64
              ",\"deliveries_per_s\":%.0f,\"events_per_s\":%.0f",
              result.replay.seconds, result.seconds, result.deliveries, figures.deliveries_per_s,
              figures.events_per_s);
  std::printf(",\"connections_per_s\":%.0f,\"opened_per_s\":%.0f", figures.connections_per_s,
              figures.opened_per_s);
  std::printf(
      ",\"server_user_us\":%.0f,\"server_system_us\":%.0f,\"server_us_per_delivery\":%.4f"
      ",\"server_cores\":%.4f,\"own_us_per_delivery\":%.4f",
      result.server.user_us, result.server.system_us, figures.server_us, figures.server_share,
      figures.own_us);
  std::printf(",\"rss_before\":%" PRIu64 ",\"rss_first\":%" PRIu64 ",\"rss_all\":%" PRIu64
              ",\"rss_after\":%" PRIu64 ",\"connection_bytes\":%.0f,\"stream_bytes\":%.0f}\n",
              result.memory.before, result.memory.first, result.memory.all, result.memory.after,
              figures.connection_bytes, figures.stream_bytes);
}

}  // namespace bench
