#!/usr/bin/env bash
# What a migration costs: rows a second of backfill, with and without live load, against a bare SELECT of
# the same table; ingest's 99th percentile during a backfill against that before it; rows a second of verify, with
# and without live load, and how far MySQL's undo history grows meanwhile; and how long a flip holds reads.
# Usage: bench/migration.sh [ROUNDS] [ROWS] [REQUESTS_PER_SECOND]     (defaults 3, 1000000 and 1000)
# Rounds, medians and verdicts go to bench/results/DATE, or RESULTS_DIR, as those of bench/compare.sh do.
# The server: SLUICE_TEST_MYSQL_URL, _USER and _PASSWORD; a database sluice_bench is created and
# dropped there; `scripts/run-with-mysql.sh bench/migration.sh` provides one.
# shellcheck source=bench/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=bench/measure.sh
source "$BENCH_DIR/measure.sh"
# shellcheck source=bench/report.sh
source "$BENCH_DIR/report.sh"
need curl jq
ROUNDS=${1:-3}
ROWS=${2:-1000000}
RATE=${3:-1000}
: "${SLUICE_TEST_MYSQL_URL:?names the MySQL to measure on (or use scripts/run-with-mysql.sh)}"
USER_NAME=${SLUICE_TEST_MYSQL_USER:-root}
SECRET=${SLUICE_TEST_MYSQL_PASSWORD:-}
SERVER=$(sed -E 's#^(jdbc:mysql://[^/?]+).*#\1#' <<<"$SLUICE_TEST_MYSQL_URL")
URL=$SERVER/sluice_bench

sql() {
  run_java Sql "${2:-$URL}" "$USER_NAME" "$SECRET" "$1"
}

# The legacy table: 50,000 rows a day from 5,000 devices.
make_history() {
  local digits="(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
  sql "CREATE TABLE sensor_data (id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,
    created_at DATETIME(6))"
  sql "INSERT INTO sensor_data (device_id, temp, created_at)
    SELECT CONCAT('legacy-', n % 5000), (n % 1000) / 10, '2026-01-01' + INTERVAL n * 1728000 MICROSECOND
    FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d + 1000000 * h.d AS n
      FROM $digits AS a, $digits AS b, $digits AS c, $digits AS e, $digits AS f, $digits AS g, $digits AS h)
      AS numbers WHERE n < $ROWS ORDER BY n"
}

admin() {
  curl -fsS "http://127.0.0.1:$ADMIN$1" "${@:2}"
}

ended() {
  [ "$(admin "$1" | jq -r .state)" != "$2" ] && ! admin "$1" | jq -e '.state | IN("running","preflight","throttled")'
}

# timed PATH BODY: starts it, waits for its end, sets ENDED (the answer) and TOOK (seconds).
timed() {
  admin "$1" -X POST -H 'Content-Type: application/json' -d "$2" >/dev/null
  await 1200 ended "$1" none
  ENDED=$(admin "$1")
  TOOK=$(jq -r 'def seconds: (sub("\\.[0-9]+Z$"; "Z") | fromdate) + ("0" + (capture("(?<f>\\.[0-9]+)Z$").f // "") | tonumber);
    (.finished_at | seconds) - (.started_at | seconds)' <<<"$ENDED")
}

# A backfill's rate while it was copying, without the preflight.
backfill() {
  local begin
  begin=$(date +%s%N)
  timed /v1/backfill '{"action":"start"}'
  [ "$(jq -r .state <<<"$ENDED")" = complete ] || { echo "bench: $ENDED" >&2; exit 1; }
  BACKFILLED=$(jq -r .rows_copied <<<"$ENDED")
  SECONDS_ALL=$(awk -v ns=$(($(date +%s%N) - begin)) 'BEGIN{printf "%.2f", ns/1e9}')
  COPY_RATE=$(awk -v n="$BACKFILLED" -v s="$SECONDS_ALL" 'BEGIN{printf "%.0f", n/s}')
}

# live NAME: starts the paced load; stop_live ends it and sets P99.
live() {
  rm -f "$SCRATCH/end"
  run_java PacedWriter "http://127.0.0.1:$INGEST" "$RATE" "$SCRATCH/end" >"$SCRATCH/live.$1" &
  LIVE=$!
  PIDS+=("$LIVE")
}

stop_live() {
  touch "$SCRATCH/end"
  wait "$LIVE"
  local line
  line=$(grep '^COUNT' "$SCRATCH/live.$1")
  [ "$(awk '{print $4}' <<<"$line")" = 0 ] || { echo "bench: requests failed: $line" >&2; exit 1; }
  P99=$(awk '{print $8}' <<<"$line")
}

# verify: compares everything; sets VERIFY_RATE.
verify() {
  timed /v1/verify '{"action":"start","scope":"all"}'
  [ "$(jq -r '.state + " " + (.mismatches | add | tostring)' <<<"$ENDED")" = "done 0" ] ||
    { echo "bench: $ENDED" >&2; exit 1; }
  VERIFY_RATE=$(jq -r --argjson took "$TOOK" '.rows_compared / ([$took, 0.001] | max) | round' <<<"$ENDED")
}

# undo NAME: begins to watch MySQL's undo history; stop_undo ends it and sets HISTORY.
undo() {
  rm -f "$SCRATCH/undo.end"
  run_java UndoHistory "$URL" "$USER_NAME" "$SECRET" "$SCRATCH/undo.end" >"$SCRATCH/undo.$1" &
  UNDO=$!
  UNDO_FILE=$SCRATCH/undo.$1
  PIDS+=("$UNDO")
}

stop_undo() {
  touch "$SCRATCH/undo.end"
  wait "$UNDO"
  HISTORY=$(<"$UNDO_FILE")
}

OUT=${RESULTS_DIR:-$BENCH_DIR/results/$(date -u +%F)}
RESULTS=$OUT/results.csv
mkdir -p "$OUT"
begin_results backfill backfill-live backfill-ingest verify flip
export BENCH_JVM_OPTIONS=small
describe_machine "$ROUNDS of $ROWS rows, at $RATE requests a second where under load" >"$OUT/machine.txt"
cat "$OUT/machine.txt"
sql "SELECT CONCAT('MySQL ', VERSION())" "$SERVER/"
sql "DROP DATABASE IF EXISTS sluice_bench" "$SERVER/"
sql "CREATE DATABASE sluice_bench CHARACTER SET utf8mb4" "$SERVER/"
make_history
start_sluice migration "mysql.url=$URL" "mysql.user=$USER_NAME" "mysql.password=$SECRET" \
  cutover.initial-phase=mirror
live warm-up
sleep 10
stop_live warm-up
for round in $(seq "$ROUNDS"); do
  select=$(run_java SelectAll "$URL" "$USER_NAME" "$SECRET")
  backfill
  row backfill sluice "$round" "$COPY_RATE" rows/s
  row backfill bare-select "$round" "$select" rows/s
  live before
  sleep 25
  stop_live before
  calm=$P99
  live during
  sleep 10
  backfill
  stop_live during
  row backfill-live sluice "$round" "$COPY_RATE" rows/s
  row backfill-live bare-select "$round" "$select" rows/s
  row backfill-ingest before-backfill "$round" "$calm" "us p99 of ingest"
  row backfill-ingest during-backfill "$round" "$P99" "us p99 of ingest"
  verify
  row verify sluice "$round" "$VERIFY_RATE" rows/s
  live verified
  undo before
  sleep 10
  stop_undo
  row verify before-verify "$round" "$HISTORY" "transactions of undo history"
  undo during
  verify
  stop_undo
  stop_live verified
  row verify during-verify "$round" "$HISTORY" "transactions of undo history"
  row verify sluice-under-load "$round" "$VERIFY_RATE" rows/s
done
live flip
sleep 12
report=$(admin /v1/cutover -X POST -H 'Content-Type: application/json' -d '{"to":"questdb"}')
flip=$(admin /v1/cutover -X POST -H 'Content-Type: application/json' \
  -d "{\"to\":\"questdb\",\"execute\":true,\"report\":\"$(jq -r .id <<<"$report")\",\"by\":\"bench\"}") ||
  { echo "$report" >&2; exit 1; }
sleep 3
stop_live flip
row flip sluice 1 "$(jq .held_ms <<<"$flip")" "ms reads are held"
row flip sluice 1 "$P99" "us p99 of ingest"
stop "$SLUICE_PID"
longest_pauses migration
sql "DROP DATABASE sluice_bench"
write_report
cat "$OUT/table.md"
echo "written to $OUT"
