#!/usr/bin/env bash
# A million streams in one gateway: what do they take, what do they cost while nothing happens, and
# how long does one event to all of them take?
#
#   bench/million.sh          10 000 connections of 100 streams, on build/release
#
# CONNECTIONS (10000), STREAMS (100, of each), EVENTS (10), IDLE (60, seconds) make it another size;
# BOARDCAST and BENCH are other programs. The gateway has the shipped defaults but for its address,
# limits.connections and one worker, on the first core; whatever loads it is on the second.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

readonly connections=${CONNECTIONS:-10000} streams=${STREAMS:-100} events=${EVENTS:-10}
readonly idle=${IDLE:-60} clients=4 patience=600
readonly bench=${BENCH:-build/release/bench/boardcast-bench}
readonly all=$((connections / clients * clients * streams))
first=() second=() # cores; with one of them there is nothing to choose
if (($(nproc) > 1)); then first=(taskset -c 0) second=(taskset -c 1); fi
source bench/gateway.sh

metric() { curl -fsS "$admin/metrics" | awk -v name="$1" '$1 == name { printf "%d", $2 }'; }
resident() { awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$gateway/status"; }
# User and system time of the gateway, in ticks.
ticks() { sed 's/.*) //' "/proc/$gateway/stat" | awk '{ print $12 + $13 }'; }
seconds_since() { figure %.4f "($(ticks) - $1) / $(getconf CLK_TCK)"; }
figure() { awk "BEGIN { printf \"$1\", $2 }"; }

# Each keeps its share of the streams and checks that every event comes to each of them, in order.
open_streams() {
  local client
  for ((client = 0; client < clients; client++)); do
    "${second[@]}" "$bench" --url "$url" --connections $((connections / clients)) \
      --streams "$streams" --rate 0 --seconds 1 --settle 0 --quiet "$patience" \
      --expect "$events" --json \
      >"$work/client$client.json" 2>"$work/client$client.log" &
    pids+=($!)
  done
  for ((client = 0; client < clients; client++)); do
    local tries=$patience
    until grep -q '^holding' "$work/client$client.log"; do
      ((tries--)) || fail "opening the streams took more than $patience s"
      kill -0 "${pids[client + 1]}" 2>/dev/null || fail "not all streams could be opened"
      sleep 1
    done
  done
}

# The greatest of the clients' latencies of that name.
of_clients() {
  sed -E 's/.*"latency_ms":\{([^}]*)\}.*/\1/' "$work"/client*.json | grep -o "\"$1\":[0-9.]*" |
    cut -d : -f 2 | sort -g | tail -n 1
}
# What one delivery costs the gateway while there are only a thousand streams.
cost_with_few() {
  "${second[@]}" "$bench" --url "$url" --connections 10 --streams 100 --rate 100 --seconds 5 \
    --warmup 1 --pid "$gateway" --json >"$work/few.json" 2>"$work/few.log" || fail "load failed"
  grep -o '"server_us_per_delivery":[0-9.]*' "$work/few.json" | cut -d : -f 2
}

say() { printf '%-24s %s\n' "$1" "$2"; }

[[ -x $bench ]] || fail "$bench is missing: ./dev build release"
start_gateway "server: { workers: 1 }
limits: { connections: $((connections + 100)) }" "${first[@]}"
few=$(cost_with_few)
before=$(resident)
began=$(date +%s.%N)
open_streams
seconds=$(figure %.1f "$(date +%s.%N) - $began")
open=$(metric boardcast_streams)
say "streams" "$open open on $connections connections, after $seconds s"
((open == all)) || fail "$all streams were asked for"
held=$(resident)
say "memory" "$(figure '%.3f GiB resident, %.0f bytes for a stream with its share of a connection' \
  "$held / 2^30, ($held - $before) / $all")"

sleep 20 # what opening has left to do
beats=$(metric boardcast_heartbeats_total)
began=$(ticks)
sleep "$idle"
spent=$(seconds_since "$began")
beats=$(($(metric boardcast_heartbeats_total) - beats))
say "idle, with heartbeats" "$(figure '%.1f %% of a core; %.2f us for each of %d heartbeats' \
  "100 * $spent / $idle, 1e6 * $spent / $beats, $beats")"

began=$(ticks)
"${second[@]}" "$bench" --url "$url" --connections 1 --streams 1 --rate 1 --settle 0 \
  --seconds "$events" --json >"$work/publisher.json" 2>"$work/publisher.log" ||
  fail "the publisher failed"
for client in "${pids[@]:1}"; do wait "$client" || fail "not every stream got every event"; done
spent=$(seconds_since "$began")
cost=$(figure %.3f "1e6 * $spent / ($events * ($all + 1))")
say "one event to all" "$(of_clients p50) ms for half of them, $(of_clients max) ms at most"
say "CPU for each delivery" "$(figure '%.3f us, to 1 000 streams %.3f: %.2f times as much' \
  "$cost, $few, $cost / $few")"
