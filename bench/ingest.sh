#!/usr/bin/env bash
# Acknowledged readings a second against nginx's `return 204`, in turns within one run.
# Usage: bench/ingest.sh [ROUNDS] [SECONDS]     (defaults 5 and 10)
# Prints each round, then medians and ratios. QuestDB is the only store, so that it needs no MySQL.
# shellcheck source=bench/lib.sh
source "$(dirname "$0")/lib.sh"
need wrk nginx curl
ROUNDS=${1:-5}
SECONDS_EACH=${2:-10}
ACK=${ACK:-os}

# load PORT SCRIPT CONNECTIONS: sets RATE, BAD, P99_US
load() {
  local line
  line=$(wrk -t2 -c"$3" -d"${SECONDS_EACH}s" -s "$BENCH_DIR/lua/$2.lua" "http://127.0.0.1:$1" \
    | grep '^RATE')
  read -r _ RATE _ BAD _ P99_US <<<"$line"
}

# Nothing but ingest shall run while it is measured.
drained() {
  [ "$(curl -fs "http://127.0.0.1:$ADMIN/v1/status" \
    | sed 's/.*"questdb":{[^}]*"lag_readings":\([0-9]*\).*/\1/')" = 0 ]
}

machine
start_nginx
start_sluice ingest cutover.initial-phase=retired "journal.ack=$ACK" journal.max-bytes=24GiB
load "$INGEST" single 64
load "$INGEST" batch 8
for work in "single 64 1" "batch 8 1000"; do
  read -r script connections readings <<<"$work"
  ours=() theirs=()
  for round in $(seq "$ROUNDS"); do
    await 300 drained
    load "$INGEST" "$script" "$connections"
    [ "$BAD" = 0 ] || { echo "bench: $BAD requests failed" >&2; exit 1; }
    ours+=("$RATE")
    sluice="$RATE requests/s (p99 $P99_US us)"
    load "$NGINX" "$script" "$connections"
    theirs+=("$RATE")
    echo "$script, round $round: sluice $sluice, nginx $RATE requests/s"
  done
  a=$(median "${ours[@]}")
  b=$(median "${theirs[@]}")
  echo "$script, ack=$ACK, $connections connections: sluice $a requests/s = \
$(awk -v a="$a" -v r="$readings" 'BEGIN{printf "%.0f", a*r}') readings/s acknowledged; \
nginx 204 $b requests/s; ratio $(ratio "$a" "$b")"
done
