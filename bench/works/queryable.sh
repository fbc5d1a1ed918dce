#!/usr/bin/env bash
# 1,000 lines a POST over 8 connections, as fast as they are acknowledged, and counted only when a query sees them:
# the rate is all acknowledged readings divided by the time from the first POST until the store itself counts them all.
# Every contestant starts each round with an empty store. Sourced by compare.sh.
# shellcheck disable=SC2153  # names of measure.sh

work_queryable_10k() {
  queryable_in_turns queryable-10k 10000 sluice victoria-metrics questdb
}

work_queryable_1m() {
  queryable_in_turns queryable-1m 1000000 sluice victoria-metrics questdb
}

# queryable_in_turns WORK DEVICES NAME...
queryable_in_turns() {
  local work=$1 devices=$2 name round
  shift 2
  able "$work" "$@"
  for round in $(seq "$QUERYABLE_ROUNDS"); do
    for name in $(in_order "$round" "${ABLE[@]}"); do
      start "$name" "$devices"
      queryable_once "$work" "$name" "$round" "$devices"
      end "$name"
    done
  done
}

# introduce NAME DEVICES: warms it up until it has seen every device: a fleet is new only once.
introduce() {
  local sent=0 seconds=$WARM_SECONDS
  until [ "$sent" -ge $((2 * $2)) ]; do
    drive "$1" lines 1000 8 "$seconds" "$2"
    sent=$((REQUESTS * 1000))
    seconds=$((seconds * 2))
  done
}

# queryable_once WORK NAME ROUND DEVICES
queryable_once() {
  local work=$1 name=$2 round=$3 devices=$4 base begin cpu half readings took behind
  introduce "$name" "$devices"
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

# The same at a fixed rate for the same time: how much of the second half is still behind at the end, beyond what was
# behind at half time. A store that keeps up shows none.
work_sustained_10k() {
  sustained sustained-10k 10000 "${SUSTAINED_10K:-2000}"
}

work_sustained_1m() {
  sustained sustained-1m 1000000 "${SUSTAINED_1M:-1000}"
}

# sustained WORK DEVICES BATCHES_PER_SECOND
sustained() {
  local work=$1 devices=$2 rate=$3 round half end load
  bench_command "$work" || return 0
  for round in $(seq "$QUERYABLE_ROUNDS"); do
    start sluice
    introduce sluice "$devices"
    settle sluice
    fleet sluice --url "http://127.0.0.1:${PORT_OF[sluice]}" --format lines --batch 1000 --connections 8 \
      --devices "$devices" --rate "$rate" --duration "${QUERYABLE_SECONDS}s" &
    load=$!
    # The generator itself takes a second or two to start: at half time it is still sending.
    sleep $((QUERYABLE_SECONDS / 2))
    half=$(behind sluice)
    sleep $((QUERYABLE_SECONDS / 2))
    end=$(behind sluice)
    wait "$load"
    row "$work" sluice "$round" "$(of_fleet .readings_per_second)" "readings/s sustained" "" \
      "$(of_fleet .latency_us.p99)" "$(fleet_failed)"
    row "$work" sluice "$round" "$(awk -v h="$half" -v e="$end" -v n=$((rate * 1000 * QUERYABLE_SECONDS / 2)) \
      'BEGIN{printf "%.1f", (e - h) / n * 100}')" "% of the second half's readings added to the backlog"
    end sluice
  done
}

# behind NAME: readings that Sluice has acknowledged and a query does not see yet, starting from empty stores.
behind() {
  local accepted
  accepted=$(status_of "$1" .ingest.accepted)
  echo $((accepted - $(queryable "$1")))
}
