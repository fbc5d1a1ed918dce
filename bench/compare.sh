#!/usr/bin/env bash
# Measures Sluice against what people would run instead, in turns on this machine, and writes a table and plots.
#
#   bench/compare.sh [--quick] [WORK...]      all works except those in LONG, or the named ones
#
# Results go to bench/results/DATE: results.csv, table.md, machine.txt and a plot of every work. --quick runs everything
# once, for seconds: it tests the harness, and its figures mean nothing. bench/README.md says what each work is.
# The MySQL works need a server: scripts/run-with-mysql.sh bench/compare.sh ...
#
# BEFORE=DIR adds another built checkout of Sluice to single-os and batch, to show what a change did to them.
# CONTESTANTS="NAME..." runs only these where several are compared.
# ROUNDS (5), LOAD_SECONDS (10), WARM_SECONDS (10), QUERYABLE_SECONDS (60), QUERYABLE_ROUNDS (3), BENCH_HEAP (2g) and
# RESULTS_DIR set what their names say.
# shellcheck source=bench/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=bench/peers.sh
source "$BENCH_DIR/peers.sh"
# shellcheck source=bench/measure.sh
source "$BENCH_DIR/measure.sh"
# shellcheck source=bench/report.sh
source "$BENCH_DIR/report.sh"
WORKS=(single-os single-fsync batch remote-write ways-in tls-single tls-batch queryable-10k queryable-1m sustained-10k sustained-1m mysql mirror-burst open-loop
  allocation idle startup first-seconds growth reads-10k reads-1m ledger-10k ledger-1m ledger-single tabs hot-client kafka-batch kafka-single
  kafka-paced)
LONG=(soak)

usage() {
  sed -n '2,/^# RESULTS_DIR/{s/^# \{0,1\}//;p}' "$0"
  echo "works: ${WORKS[*]}"
  echo "only when named: ${LONG[*]}"
}

chosen=()
quick=
for argument in "$@"; do
  case $argument in
    --quick) quick=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 64 ;;
    *) chosen+=("$argument") ;;
  esac
done
for work in ${chosen[@]+"${chosen[@]}"}; do
  if [[ " ${WORKS[*]} ${LONG[*]-} " != *" $work "* ]]; then
    echo "bench: there is no work $work; there are: ${WORKS[*]} ${LONG[*]-}" >&2
    exit 64
  fi
done
[ "${#chosen[@]}" -gt 0 ] || chosen=("${WORKS[@]}")

if [ -n "$quick" ]; then
  : "${ROUNDS:=1}" "${LOAD_SECONDS:=2}" "${WARM_SECONDS:=1}" "${QUERYABLE_SECONDS:=4}" "${QUERYABLE_ROUNDS:=1}"
  : "${SETTLE_SECONDS:=10}" "${BENCH_HEAP:=1g}" "${MYSQL_ROWS:=100000}" "${BURST_SECONDS:=3}"
  : "${OPEN_RATE:=2000}" "${OPEN_CONNECTIONS:=1000}" "${SOAK_SECONDS:=20}" "${BACKLOG_BYTES:=500000000}"
  : "${READS_ROWS:=1000000}" "${READS:=40}" "${SUSTAINED_10K:=500}" "${SUSTAINED_1M:=500}" "${KAFKA_RATE:=1000}"
fi
: "${ROUNDS:=5}" "${LOAD_SECONDS:=10}" "${WARM_SECONDS:=10}" "${QUERYABLE_SECONDS:=60}" "${QUERYABLE_ROUNDS:=3}"

for part in "$BENCH_DIR"/works/*.sh; do
  # shellcheck source=/dev/null
  source "$part"
done

need wrk curl jq
OUT=${RESULTS_DIR:-$BENCH_DIR/results/$(date -u +%F)}
RESULTS=$OUT/results.csv
mkdir -p "$OUT"
begin_results "${chosen[@]}"
describe_machine "$ROUNDS of $LOAD_SECONDS s; queryable: $QUERYABLE_ROUNDS of $QUERYABLE_SECONDS s" >"$OUT/machine.txt"
cat "$OUT/machine.txt"
for work in "${chosen[@]}"; do
  echo "== $work"
  "work_${work//-/_}"
  longest_pauses "$work"
  write_report
done
cat "$OUT/table.md"
echo "written to $OUT"
