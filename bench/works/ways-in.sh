#!/usr/bin/env bash
# What a reading costs by each way in: the same process in turns, delivery included. Sourced by compare.sh.
# shellcheck disable=SC2153  # names of compare.sh and measure.sh

# One reading a request, message or datagram, then 1,000; the others are compared with the first. DATAGRAM_LINES are what an
# Ethernet frame takes.
readonly WAYS_IN=(post mqtt udp post-json-1000 post-ndjson-1000 post-lines-1000 post-lines-gzip-1000 post-lines-zstd-1000
  remote-write-1000 otlp-1000 mqtt-lines-1000 udp-full)
readonly DATAGRAM_LINES=24

work_ways_in() {
  local round way
  able ways-in "${WAYS_IN[@]}"
  start sluice-ways
  for way in "${ABLE[@]}"; do
    load_by "$way" "$WARM_SECONDS"
    settle sluice-ways
  done
  for round in $(seq "$ROUNDS"); do
    for way in $(in_order "$round" "${ABLE[@]}"); do
      counted_by "$way" "$round"
    done
  done
  end sluice-ways
}

launch_sluice_ways() {
  WAYS_MQTT=$(free_port)
  WAYS_UDP=$(free_port)
  serve sluice-ways "${RETIRED[@]}" mqtt.enabled=true "mqtt.port=$WAYS_MQTT" udp.enabled=true "udp.port=$WAYS_UDP"
}

# load_by WAY SECONDS: sets what drive sets, and READINGS, how many each request has
load_by() {
  local format=${1#post-} connections=8
  format=${format%-1000}
  format=${format#lines-}
  READINGS=1000
  case $1 in
    post) READINGS=1 connections=64 format=json ;;
    mqtt) READINGS=1 connections=64 ;;
    udp) READINGS=1 ;;
    udp-full) READINGS=$DATAGRAM_LINES ;;
  esac
  case $1 in
    mqtt*) messages mqtt "$WAYS_MQTT" "$2" "$THREADS" "$connections" ;;
    udp*) messages udp "$WAYS_UDP" "$2" ;;
    *) drive sluice-ways "$format" "$READINGS" "$connections" "$2" 10000 ;;
  esac
}

# messages KIND PORT SECONDS [ARGUMENT...]: load by java/MessageLoad.java
messages() {
  run_java MessageLoad "$1" "$2" "$READINGS" 10000 "$3" "$FROM_MS" "${@:4}" >"$SCRATCH/load.out" 2>&1 || true
  loaded
}

# counted_by WAY ROUND: one load and its rows. What was not kept counts as failed, whatever was answered: OTLP's answer is always good,
# and MQTT acknowledges what it refuses.
counted_by() {
  local cpu kept received dropped
  received=$(udp_metric datagrams)
  dropped=$(udp_metric kernel_dropped)
  kept=$(status_of sluice-ways .ingest.accepted)
  cpu=$(cpu_seconds sluice-ways)
  load_by "$1" "$LOAD_SECONDS"
  settle sluice-ways
  cpu=$(minus "$(cpu_seconds sluice-ways)" "$cpu")
  kept=$(($(status_of sluice-ways .ingest.accepted) - kept))
  if [[ $1 == udp* ]]; then
    datagrams "$1" "$2" $(($(udp_metric datagrams) - received)) $(($(udp_metric kernel_dropped) - dropped))
  fi
  [ "$kept" -ge $((REQUESTS * READINGS)) ] || FAILED=$((FAILED + REQUESTS * READINGS - kept))
  row ways-in "$1" "$2" "$(times "$RATE" "$READINGS")" readings/s "$(per_million "$cpu" "$kept")" "$P99_US" "$FAILED"
}

# datagrams WAY ROUND RECEIVED DROPPED: the account of what was sent; from here on only those received count
datagrams() {
  row ways-in "$1" "$2" "$(times "$RATE" "$READINGS")" "readings/s sent"
  row ways-in "$1" "$2" "$(awk -v d="$4" -v n="$REQUESTS" 'BEGIN{printf "%.1f", d / n * 100}')" "% of the datagrams dropped by the kernel"
  row ways-in "$1" "$2" "$((REQUESTS - $3 - $4))" "datagrams neither received nor dropped"
  RATE=$(awk -v rate="$RATE" -v n="$3" -v of="$REQUESTS" 'BEGIN{printf "%.3f", rate * n / of}')
  REQUESTS=$3
  P99_US=
}

# udp_metric NAME: of the datagrams since the start
udp_metric() {
  curl -fs "http://127.0.0.1:${ADMIN_OF[sluice-ways]}/metrics" | awk -v name="sluice_udp_$1_total" '$1 == name {printf "%.0f", $2}'
}
