#!/usr/bin/env bash
# 1,000 lines a POST over 8 connections, as fast as it is acknowledged, and counted only when a query sees it:
# the rate is all acknowledged readings by the time from the first POST until the store itself counts them all.
# Every contestant starts each round with an empty store. Sourced by compare.sh.

work_queryable_10k() {
  queryable_in_turns queryable-10k 10000
}

work_queryable_1m() {
  queryable_in_turns queryable-1m 1000000
}

queryable_in_turns() {
  local work=$1 devices=$2 name round
  able "$work" sluice victoria-metrics questdb
  for round in $(seq "$QUERYABLE_ROUNDS"); do
    for name in "${ABLE[@]}"; do
      start "$name" "$devices"
      queryable_once "$work" "$name" "$round" "$devices"
      end "$name"
    done
  done
}

# queryable_once WORK NAME ROUND DEVICES
queryable_once() {
  local work=$1 name=$2 round=$3 devices=$4 base begin cpu half readings took behind
  drive "$name" lines 1000 8 "$WARM_SECONDS" "$devices"
  settle "$name"
  flush "$name"
  base=$(queryable "$name")
  cpu=$(cpu_seconds "$name")
  truncate -s 0 "$SCRATCH/progress"
  truncate -s $((8 * THREADS)) "$SCRATCH/progress"
  rm -f "$SCRATCH/half"
  (
    sleep $((QUERYABLE_SECONDS / 2))
    echo $(($(sent_so_far "$SCRATCH/progress") * 1000 + base - $(queryable "$name"))) >"$SCRATCH/half"
  ) &
  half=$!
  begin=$(date +%s%N)
  drive "$name" lines 1000 8 "$QUERYABLE_SECONDS" "$devices" "$SCRATCH/progress"
  readings=$((REQUESTS * 1000))
  behind=$((base + readings - $(queryable "$name")))
  until_queryable "$name" $((base + readings))
  took=$(seconds_since "$begin")
  wait "$half"
  settle "$name"
  cpu=$(per_million "$(minus "$(cpu_seconds "$name")" "$cpu")" "$readings")
  row "$work" "$name" "$round" "$(awk -v n="$readings" -v s="$took" 'BEGIN{printf "%.0f", n/s}')" \
    "readings/s queryable" "$cpu" "$P99_US" "$FAILED"
  row "$work" "$name" "$round" "$(times "$RATE" 1000)" "readings/s acknowledged"
  row "$work" "$name" "$round" "$(cat "$SCRATCH/half")" "readings behind at half time"
  row "$work" "$name" "$round" "$((behind > 0 ? behind : 0))" "readings behind at the end"
}
