#!/usr/bin/env bash
# Load-tests a gateway with h2load (Debian: nghttp2-client); h2load.md says what figures mean.
#
#   bench/h2load.sh                        starts build/release/boardcast on free loopback ports
#   URL=https://localhost:8443 bench/h2load.sh   against a gateway that runs already
#
# REQUESTS (20000) is the number of requests of each run.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

readonly requests=${REQUESTS:-20000}
source bench/gateway.sh

command -v h2load >/dev/null || fail "h2load is missing: apt-get install nghttp2-client"

# h2load's lines that say something, indented.
figures() {
  grep -E '^(finished in|requests:|status codes:|traffic:|time for request:)' | sed 's/^/  /'
}

# post TITLE CONTENT-TYPE FILE PATH
post() {
  echo "$1"
  h2load -n "$requests" -c 4 -m 32 -d "$3" -H "content-type: $2" "$url$4" | figures
}

url=${URL:-}
[[ $url ]] || start_gateway '{}'

printf '%s' '{"board":"h2load","data":{"card":7,"to":"done"}}' >"$work/one.json"
{
  printf '['
  for n in {1..99}; do printf '{"board":"h2load","data":{"card":%d,"to":"done"}},' "$n"; done
  printf '{"board":"h2load","data":{"card":100,"to":"done"}}]'
} >"$work/hundred.json"

post "publish, one event a request (4 connections, 32 at once)" application/json \
  "$work/one.json" /events
batch_requests=$((requests / 20))
echo "publish, 100 events a request: events/s = 100 x req/s"
h2load -n "$batch_requests" -c 4 -m 32 -d "$work/hundred.json" -H 'content-type: application/json' \
  "$url/events" | figures

echo "streams that end after one event (10 connections, 100 at once; one event each 5 ms)"
printf 'tick' >"$work/tick"
h2load -D 60 -c 1 -m 1 --rps 200 -d "$work/tick" -H 'content-type: text/plain' \
  "$url/events?board=h2load-tick" >/dev/null &
pids+=($!)
sleep 0.5
h2load -n "$requests" -c 10 -m 100 -H 'accept: text/event-stream' \
  "$url/events?boards=h2load-tick&limit=1" | figures
