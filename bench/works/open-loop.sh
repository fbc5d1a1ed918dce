#!/usr/bin/env bash
# Loads at a fixed rate from `sluice bench`, however long the answers take. Sourced by compare.sh.
# shellcheck disable=SC2153  # names of compare.sh

: "${OPEN_RATE:=20000}" "${OPEN_CONNECTIONS:=10000}"
readonly COOL_SECONDS=2

# 20,000 POSTs a second of one reading over 10,000 keep-alive connections; nginx at the same rate shows what
# the machine and the generator cost.
work_open_loop() {
  open_loop_in_turns open-loop "$OPEN_CONNECTIONS" "$OPEN_RATE" sluice empty-helidon nginx
}

# open_loop_in_turns WORK CONNECTIONS RATE NAME...
open_loop_in_turns() {
  local work=$1 connections=$2 rate=$3 round name
  shift 3
  bench_command "$work" || return 0
  able "$work" "$@"
  for name in "${ABLE[@]}"; do
    start "$name"
    open_loop "$name" "$connections" "$rate"
    hold "$name"
  done
  for round in $(seq "$ROUNDS"); do
    declare -A tail=()
    for name in $(in_order "$round" "${ABLE[@]}"); do
      release "$name"
      open_loop "$name" "$connections" "$rate"
      hold "$name"
      tail[$name]=$(of_fleet .latency_us.p99)
      row "$work" "$name" "$round" "$(of_fleet .requests_per_second)" requests/s "$CPU" "${tail[$name]}" \
        "$(fleet_failed)"
      row "$work" "$name" "$round" "${tail[$name]}" "us p99"
      row "$work" "$name" "$round" "$(of_fleet .behind_us.p99)" "us p99 by which the generator itself was late"
    done
    [ -z "${tail[nginx]:-}" ] || row "$work" "sluice - nginx" "$round" "$(minus "${tail[sluice]}" "${tail[nginx]}")" "us p99"
  done
  for name in "${ABLE[@]}"; do
    end "$name"
  done
}

# open_loop NAME CONNECTIONS RATE: sets CPU (seconds per million)
open_loop() {
  local cpu
  cpu=$(cpu_seconds "$1")
  fleet "$1" --url "http://127.0.0.1:${PORT_OF[$1]}" --connections "$2" --rate "$3" \
    --warmup "${WARM_SECONDS}s" --duration "${LOAD_SECONDS}s" --cooldown "${COOL_SECONDS}s"
  settle "$1"
  CPU=$(per_million "$(minus "$(cpu_seconds "$1")" "$cpu")" $(($3 * (WARM_SECONDS + LOAD_SECONDS + COOL_SECONDS))))
}

: "${SOAK_SECONDS:=3600}" "${SOAK_RATE:=5000}"

# An hour at a fixed rate: what happens to memory. A sample every ten seconds goes to soak.csv; the slope is that of a
# straight line through the second half, in percent of its midpoint an hour. The whole heap is touched from the start
# and in neither figure: its live part is measured after a tenth of the time and at the end.
work_soak() {
  local begin load early=
  bench_command soak || return 0
  start sluice
  echo "seconds,resident_mib,anonymous_mib" >"$OUT/soak.csv"
  fleet sluice --url "http://127.0.0.1:${PORT_OF[sluice]}" --connections 1000 --rate "$SOAK_RATE" \
    --duration "${SOAK_SECONDS}s" &
  load=$!
  begin=$SECONDS
  while kill -0 "$load" 2>/dev/null; do
    awk -v s=$((SECONDS - begin)) '/^VmRSS/{all = $2} /^RssAnon/{own = $2}
      END{printf "%d,%.1f,%.1f\n", s, all / 1024, own / 1024}' "/proc/${PID_OF[sluice]}/status" >>"$OUT/soak.csv"
    sleep $((SOAK_SECONDS < 100 ? 1 : 10))
    if [ -z "$early" ] && [ $((SECONDS - begin)) -gt $((SOAK_SECONDS / 10)) ]; then
      early=$(live_mib sluice)
    fi
  done
  wait "$load"
  row soak sluice 1 "$(of_fleet .requests_per_second)" requests/s "" "$(of_fleet .latency_us.p99)" "$(fleet_failed)"
  row soak sluice 1 "$(slope 2)" "% resident memory an hour"
  row soak sluice 1 "$(slope 3)" "% anonymous memory an hour"
  row soak sluice 1 "$early" "MiB of heap live after a tenth of the time"
  row soak sluice 1 "$(minus "$(live_mib sluice)" "$early")" "MiB of heap live more at the end"
  end sluice
}

live_mib() {
  echo $(($(live_kib "$1") / 1024))
}

# slope COLUMN
slope() {
  awk -F, -v column="$1" 'NR > 1 {t[++n] = $1; v[n] = $column}
    END {
      for (i = int(n / 2) + 1; i <= n; i++) { m++; x += t[i]; y += v[i]; xx += t[i] * t[i]; xy += t[i] * v[i] }
      rise = m * xx - x * x
      if (m < 3 || rise == 0) { print "bench: too few samples" >"/dev/stderr"; exit 1 }
      printf "%.2f", (m * xy - x * y) / rise * 3600 / (y / m) * 100
    }' "$OUT/soak.csv"
}
