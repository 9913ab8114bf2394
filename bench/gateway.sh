#!/usr/bin/env bash
# A gateway for the scripts here, which source this in the root of the checkout: a folder for what
# is not to be kept ($work) and processes to end ($pids), which are gone when the script is.
# BOARDCAST is another program than the release's.
set -euo pipefail

readonly program=${BOARDCAST:-build/release/boardcast}
work=$(mktemp -d)
pids=()
clean_up() {
  ((${#pids[@]})) && kill "${pids[@]}" 2>/dev/null
  wait 2>/dev/null || true
  rm -rf -- "$work"
}
trap clean_up EXIT

fail() {
  printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
  tail -n 5 -- "$work"/*.log >&2 2>/dev/null || true
  exit 1
}

# start_gateway YAML [COMMAND…]: with this configuration over that of a gateway on free loopback
# ports, run by the command. Then $gateway is its pid, $url its address and $admin the operator's.
start_gateway() {
  [[ -x $program ]] || fail "$program is missing: ./dev build release"
  certs/make-dev-certs.sh >&2
  cat >"$work/config.yaml" <<'YAML'
server: { listen: ["https://127.0.0.1:0"], drain: 1s, drain_delay: 0s }
admin: { listen: "http://127.0.0.1:0" }
log: { format: json }
YAML
  printf '%s\n' "$1" >"$work/more.yaml"
  "${@:2}" "$program" serve --config "$work/config.yaml" --config "$work/more.yaml" \
    2>"$work/gateway.log" &
  gateway=$!
  pids+=("$gateway")
  local tries=100
  until admin=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/gateway.log") &&
    url=$(grep -o 'https://127.0.0.1:[0-9]*' "$work/gateway.log"); do
    ((tries--)) || fail "the gateway does not start"
    sleep 0.1
  done
  # shellcheck disable=SC2034 # they are for whoever sources this
  readonly gateway admin url
}
