#!/usr/bin/env bash
# Rows a second delivered to MySQL (phase mysql) against one hand-written loop of 5,000-row INSERTs
# into the same table of the same server, in turns.
# Usage: bench/mysql.sh [ROUNDS] [ROWS]     (defaults 3 and 500000)
# The server: SLUICE_TEST_MYSQL_URL, _USER and _PASSWORD, where a database sluice_bench is made and
# dropped; `scripts/run-with-mysql.sh bench/mysql.sh` provides one.
# shellcheck source=bench/lib.sh
source "$(dirname "$0")/lib.sh"
need curl
ROUNDS=${1:-3}
ROWS=${2:-500000}
: "${SLUICE_TEST_MYSQL_URL:?names the MySQL to measure on (or use scripts/run-with-mysql.sh)}"
USER_NAME=${SLUICE_TEST_MYSQL_USER:-root}
SECRET=${SLUICE_TEST_MYSQL_PASSWORD:-}
SERVER=$(sed -E 's#^(jdbc:mysql://[^/?]+).*#\1#' <<<"$SLUICE_TEST_MYSQL_URL")
URL=$SERVER/sluice_bench
STORE=("mysql.url=$URL" "mysql.user=$USER_NAME" "mysql.password=$SECRET"
  cutover.initial-phase=mysql)

# sql STATEMENT [URL]
sql() {
  "$(java_home)/bin/java" -cp "$ROOT/target/sluice.jar" "$BENCH_DIR/java/Sql.java" \
    "${2:-$URL}" "$USER_NAME" "$SECRET" "$1"
}

delivered() {
  [ "$(curl -fs "http://127.0.0.1:$ADMIN/v1/status" \
    | sed 's/.*"mysql":{[^}]*"delivered":\([0-9]*\).*/\1/')" = "$ROWS" ]
}

# Readings of 10,000 devices in the order in which they would arrive.
make_lines() {
  awk -v rows="$ROWS" -v base="$(($(date +%s) * 1000000))" 'BEGIN {
    for (i = 0; i < rows; i++)
      printf "temp,device_id=sensor-%05d value=%d.%d %.0f\n", i % 10000, 15 + i % 20, i % 10, base + i * 7
  }' >"$SCRATCH/lines"
  split -l 50000 "$SCRATCH/lines" "$SCRATCH/part."
}

by_sluice() {
  local begin
  BENCH_JVM_OPTIONS=small start_sluice "mysql-$1" "${STORE[@]}"
  begin=$(date +%s%N)
  for part in "$SCRATCH"/part.*; do
    curl -fs -X POST "http://127.0.0.1:$INGEST/write?precision=us" --data-binary "@$part"
  done
  await 600 delivered
  RATE=$(awk -v n="$ROWS" -v ns=$(($(date +%s%N) - begin)) 'BEGIN{printf "%.0f", n/(ns/1e9)}')
  stop "$SLUICE_PID"
}

by_hand() {
  RATE=$("$(java_home)/bin/java" -cp "$ROOT/target/sluice.jar" \
    "$BENCH_DIR/java/HandWrittenLoader.java" \
    "$URL" "$USER_NAME" "$SECRET" "$SCRATCH/lines")
}

machine
sql "SELECT CONCAT('MySQL ', VERSION())" "$SERVER/"
sql "CREATE DATABASE sluice_bench" "$SERVER/"
"$ROOT/sluice" migrate "${STORE[@]/#/--set=}" >"$SCRATCH/migrate.log" 2>&1 || { cat "$SCRATCH/migrate.log" >&2; exit 1; }
make_lines
ours=() theirs=()
for round in $(seq "$ROUNDS"); do
  sql "TRUNCATE TABLE sensor_data"
  by_sluice "$round"
  ours+=("$RATE")
  sluice=$RATE
  sql "TRUNCATE TABLE sensor_data"
  by_hand
  theirs+=("$RATE")
  echo "round $round: sluice $sluice rows/s, hand-written loop $RATE rows/s"
done
a=$(median "${ours[@]}")
b=$(median "${theirs[@]}")
echo "MySQL delivery of $ROWS rows: sluice $a rows/s; hand-written loop $b rows/s; ratio $(ratio "$a" "$b")"
sql "DROP DATABASE sluice_bench"
