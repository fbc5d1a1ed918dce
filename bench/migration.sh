#!/usr/bin/env bash
# What a migration costs: rows a second of backfill, with and without live load, against a bare SELECT of
# the same table; ingest's 99th percentile during a backfill against that before it; rows a second of verify, with
# and without live load, and how far MySQL's undo history grows meanwhile; and how long a flip holds reads.
# Usage: bench/migration.sh [ROUNDS] [ROWS] [REQUESTS_PER_SECOND]     (defaults 3, 1000000 and 1000)
# The server: SLUICE_TEST_MYSQL_URL, _USER and _PASSWORD; a database sluice_bench is created and
# dropped there; `scripts/run-with-mysql.sh bench/migration.sh` provides one.
# shellcheck source=bench/lib.sh
source "$(dirname "$0")/lib.sh"
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

machine
sql "SELECT CONCAT('MySQL ', VERSION())" "$SERVER/"
sql "DROP DATABASE IF EXISTS sluice_bench" "$SERVER/"
sql "CREATE DATABASE sluice_bench CHARACTER SET utf8mb4" "$SERVER/"
make_history
BENCH_JVM_OPTIONS=small start_sluice migration "mysql.url=$URL" "mysql.user=$USER_NAME" "mysql.password=$SECRET" \
  cutover.initial-phase=mirror
selects=() alone=() loaded=() before=() during=() verified=() verified_loaded=() grown=() usual=()
live warm-up
sleep 10
stop_live warm-up
for round in $(seq "$ROUNDS"); do
  select=$(run_java SelectAll "$URL" "$USER_NAME" "$SECRET")
  selects+=("$select")
  backfill
  quiet=$COPY_RATE
  alone+=("$quiet")
  live before
  sleep 25
  stop_live before
  before+=("$P99")
  calm=$P99
  live during
  sleep 10
  backfill
  stop_live during
  loaded+=("$COPY_RATE")
  during+=("$P99")
  verify
  pace=$VERIFY_RATE
  verified+=("$pace")
  live verified
  undo before
  sleep 10
  stop_undo
  usual+=("$HISTORY")
  undo during
  verify
  stop_undo
  grown+=("$HISTORY")
  stop_live verified
  verified_loaded+=("$VERIFY_RATE")
  echo "round $round: select $select rows/s, backfill $quiet rows/s, under $RATE requests/s $COPY_RATE rows/s," \
    "p99 $calm us before, ${during[-1]} us during, verify $pace rows/s, under load $VERIFY_RATE rows/s" \
    "with an undo history of at most $HISTORY transactions (without ${usual[-1]})"
done
a=$(median "${selects[@]}")
b=$(median "${alone[@]}")
c=$(median "${loaded[@]}")
d=$(median "${before[@]}")
e=$(median "${during[@]}")
echo "backfill of $ROWS rows: bare SELECT $a rows/s; backfill $b rows/s, ratio $(ratio "$b" "$a");" \
  "under load $c rows/s, ratio $(ratio "$c" "$a")"
echo "ingest p99 at $RATE requests/s: before $d us, during a backfill $e us, ratio $(ratio "$e" "$d")"
echo "verify: $(median "${verified[@]}") rows/s; under load $(median "${verified_loaded[@]}") rows/s, undo history at" \
  "most $(median "${grown[@]}") transactions, without verify $(median "${usual[@]}")"
live flip
sleep 12
report=$(admin /v1/cutover -X POST -H 'Content-Type: application/json' -d '{"to":"questdb"}')
admin /v1/cutover -X POST -H 'Content-Type: application/json' \
  -d "{\"to\":\"questdb\",\"execute\":true,\"report\":\"$(jq -r .id <<<"$report")\",\"by\":\"bench\"}" |
  jq -c '{phase, held_ms, waited_ms}' || { echo "$report" >&2; exit 1; }
sleep 3
stop_live flip
echo "the flip refused no write; p99 around it $P99 us"
stop "$SLUICE_PID"
sql "DROP DATABASE sluice_bench"
