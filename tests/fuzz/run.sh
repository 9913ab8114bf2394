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

declare -A running=() begun=() # targets by their programs' pids; seconds by target
failed=()

end() {
  ((!${#running[@]})) || kill "${!running[@]}" 2>/dev/null || true
}
trap end EXIT
trap 'exit 1' TERM INT HUP

# begin TARGET LIMIT: the limit is an option of libFuzzer's.
begin() {
  local name=$1 program=build/fuzz/tests/$1_fuzz grown=build/fuzz/corpus/$1 words=()
  [[ -f tests/fuzz/$name.dict ]] && words=("-dict=tests/fuzz/$name.dict")
  mkdir -p "$grown" build/fuzz/found
  say "$name"
  UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=$sanitizer nice -n 10 "$program" \
    "${words[@]}" "${options[@]}" "$2" "-artifact_prefix=build/fuzz/found/$name-" \
    "$grown" "tests/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1 &
  running[$!]=$name
  begun[$name]=$SECONDS
}

# 0 when libFuzzer did not come so far as to say it.
count() {
  local count
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$1.log")
  echo "${count:-0}"
}

# finish PID STATUS: tells what became of it.
finish() {
  local name=${running[$1]}
  local log=build/fuzz/$name.log
  unset "running[$1]"
  if (($2 == 0)); then
    say "$name: $(count "$name") executions in $((SECONDS - ${begun[$name]})) s, nothing found"
    return
  fi
  failed+=("$name")
  tail -n 40 "$log" >&2
  say "$name: found; the whole log is $log. Replay it with
  build/fuzz/tests/${name}_fuzz $(sed -n 's/^.*Test unit written to //p' "$log" | tail -n 1)"
}

# run_each LIMIT TARGET…: one on each core.
run_each() {
  local limit=$1 name ended status
  shift
  for name in "$@" ''; do
    while ((${#running[@]} >= $(nproc))) || [[ ! $name && ${running[*]} ]]; do
      status=0
      wait -n -p ended "${!running[@]}" || status=$?
      finish "$ended" "$status"
    done
    [[ ! $name ]] || begin "$name" "$limit"
  done
}

run_each "$@"
total=0
for name in "${@:2}"; do total=$((total + $(count "$name"))); done
say "$total executions of $(($# - 1)) targets"
((!${#failed[@]})) || {
  say "something was found by: ${failed[*]}"
  exit 1
}
