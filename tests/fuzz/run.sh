#!/usr/bin/env bash
# run.sh LIMIT TARGET…: gives targets of preset fuzz, which are built, inputs of libFuzzer's. LIMIT
# is its option that ends each: -runs=N or -max_total_time=SECONDS. See `./dev help`, fuzz.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.."

say() { printf 'dev: %s\n' "$*" >&2; }

# What most of the time went to: freed memory that is kept from use (256 MB, so every allocation was
# of cold memory), long stacks of each allocation (a replay has them), and weighing inputs.
readonly sanitizer=quarantine_size_mb=16:malloc_context_size=2
readonly options=(-entropic=0 -max_len=2048 -timeout=60 -rss_limit_mb=2048
  -print_final_stats=1)

# run TARGET LIMIT: false when something was found. The limit is an option of libFuzzer's.
run() {
  local name=$1 seeds=tests/fuzz/corpus/$1 grown=build/fuzz/corpus/$1 log=build/fuzz/$1.log
  local program=build/fuzz/tests/${name}_fuzz found=build/fuzz/found/$name- words=()
  local begun=$SECONDS
  [[ -f tests/fuzz/$name.dict ]] && words=("-dict=tests/fuzz/$name.dict")
  mkdir -p "$grown" build/fuzz/found
  UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=$sanitizer nice -n 10 "$program" \
    "${words[@]}" "${options[@]}" "$2" "-artifact_prefix=$found" "$grown" "$seeds" \
    >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    say "$name: found; the whole log is $log. Replay it with
  $program $(sed -n 's/^.*Test unit written to //p' "$log" | tail -n 1)"
    return 1
  }
  say "$name: $(count "$name") executions in $((SECONDS - begun)) s, nothing found"
}

# 0 when libFuzzer did not come so far as to say it.
count() {
  local count
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$1.log")
  echo "${count:-0}"
}

# run_each LIMIT TARGET…: one on each core; prints those in which something was found.
run_each() {
  local limit=$1 name ended
  local -A running=()
  shift
  for name in "$@" ''; do
    while ((${#running[@]} >= $(nproc))) || [[ ! $name && ${running[*]} ]]; do
      wait -n -p ended "${!running[@]}" || printf '%s\n' "${running[$ended]}"
      unset "running[$ended]"
    done
    [[ $name ]] || break
    say "$name"
    run "$name" "$limit" >&2 &
    running[$!]=$name
  done
}

failed=$(run_each "$@")
total=0
for name in "${@:2}"; do total=$((total + $(count "$name"))); done
say "$total executions of $(($# - 1)) targets"
if [[ $failed ]]; then
  say "something was found by: ${failed//$'\n'/ }"
  exit 1
fi
