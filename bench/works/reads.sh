#!/usr/bin/env bash
# One random device's newest 1,000 readings, and its last hour, of READS_ROWS stored ones (READS_ROWS=1000000000 for the
# billion): one reader with ingest quiet, one at half of what Sluice sustains, and 64 at once. 10,000 devices send every
# 10 s, a million every minute. VictoriaMetrics has no "newest": it is asked for the time they cover.
# Sourced by compare.sh.

: "${READS_ROWS:=100000000}" "${READS:=1000}"

work_reads_10k() {
  reads reads-10k 10000 1000 1000000
}

work_reads_1m() {
  reads reads-1m 1000000 60 500000
}

# reads WORK DEVICES STEP_MICROS RATE
reads() {
  local work=$1 devices=$2 step=$3 rate=$4 name end kind writer
  able "$work" sluice victoria-metrics questdb
  for name in "${ABLE[@]}"; do
    start "$name" "$devices"
    end=$(date +%s)000000
    run_java DeviceReads fill "http://127.0.0.1:${PORT_OF[$name]}${PATH_OF[$name]}" "$devices" "$READS_ROWS" "$step" "$end"
    flush "$name"
    until_queryable "$name" "$READS_ROWS"
    settle "$name"
    for kind in newest hour; do
      read_devices "$work" "$name" "$kind" "$devices" 1 "$READS" "$end" "$step" warm-up >/dev/null
      read_devices "$work" "$name" "$kind" "$devices" 1 "$READS" "$end" "$step" "ingest quiet"
      read_devices "$work" "$name" "$kind" "$devices" 64 "$READS" "$end" "$step" "64 readers"
    done
    run_java DeviceReads write "http://127.0.0.1:${PORT_OF[$name]}${PATH_OF[$name]}" "$devices" "$rate" 60 &
    writer=$!
    for kind in newest hour; do
      read_devices "$work" "$name" "$kind" "$devices" 1 $((READS / 4)) "$end" "$step" "at half rate"
    done
    kill "$writer" 2>/dev/null || true
    wait "$writer" 2>/dev/null || true
    end "$name"
  done
}

# read_devices WORK NAME KIND DEVICES READERS READS END_MICROS STEP_MICROS WHEN: rows of p50 and p99, but for warm-up
read_devices() {
  local p50 p99 bytes failed words="newest 1,000"
  [ "$3" = newest ] || words="last hour"
  words=${words/,/}
  read -r _ p50 p99 bytes failed < <(run_java DeviceReads read \
    "$(read_url "$2" "$3" "$7" $(($8 * $4)))" "$4" "$5" "$6")
  [ "$9" != warm-up ] || return 0
  echo "$1, $2: $bytes bytes a read"
  row "$1" "$2" 1 "$(millis "$p50")" "ms p50; $words; $9"
  row "$1" "$2" 1 "$(millis "$p99")" "ms p99; $words; $9" "" "" "$failed"
}

millis() {
  awk -v us="$1" 'BEGIN{printf "%.2f", us / 1000}'
}

# read_url NAME KIND END_MICROS DEVICE_STEP_MICROS: with DEVICE where the device goes
read_url() {
  local base="http://127.0.0.1:${PORT_OF[$1]}" from=$(($3 / 1000 - 3600000)) to=$(($3 / 1000 + 1))
  local newest=$((($3 - 1000 * $4) / 1000))
  case $1-$2 in
    sluice-newest) echo "$base/v1/readings?device=DEVICE&order=desc&limit=1000" ;;
    sluice-hour) echo "$base/v1/readings?device=DEVICE&from=$from&to=$to&limit=1000" ;;
    victoria-metrics-newest) echo "$base/api/v1/export?match%5B%5D=temp_value%7Bdevice_id%3D%22DEVICE%22%7D&start=$((newest / 1000))" ;;
    victoria-metrics-hour) echo "$base/api/v1/export?match%5B%5D=temp_value%7Bdevice_id%3D%22DEVICE%22%7D&start=$((from / 1000))&end=$((to / 1000 + 1))" ;;
    questdb-newest) echo "$base/exec?query=SELECT%20timestamp%2C%20value%20FROM%20temp%20WHERE%20device_id%20%3D%20%27DEVICE%27%20ORDER%20BY%20timestamp%20DESC%20LIMIT%201000" ;;
    questdb-hour) echo "$base/exec?query=SELECT%20timestamp%2C%20value%20FROM%20temp%20WHERE%20device_id%20%3D%20%27DEVICE%27%20AND%20timestamp%20%3E%3D%20cast($((from * 1000))%20AS%20TIMESTAMP)" ;;
  esac
}
