#!/usr/bin/env bash
# Delivery to MySQL, and to both stores in parallel. Sourced by compare.sh. The server: SLUICE_TEST_MYSQL_URL, _USER and
# _PASSWORD; a database sluice_bench is created and dropped there. scripts/run-with-mysql.sh provides a server.

: "${MYSQL_ROWS:=1000000}"

# Rows a second until all have been delivered, against the same rows from multi-row INSERTs over 1, 2, 4 and 8
# connections into the same table.
work_mysql() {
  local round connections
  able mysql sluice-mysql
  if [ "${#ABLE[@]}" = 0 ]; then
    return
  fi
  make_database
  make_lines
  serve sluice-mysql "${MYSQL_STORE[@]}" cutover.initial-phase=mysql
  by_sluice
  for round in $(seq "$ROUNDS"); do
    empty_table
    release sluice-mysql
    by_sluice
    hold sluice-mysql
    row mysql sluice-mysql "$round" "$RATE" rows/s "$CPU"
    for connections in 1 2 4 8; do
      empty_table
      by_hand "$connections"
      row mysql "by-hand-$connections" "$round" "$RATE" rows/s "$CPU"
    done
  done
  end sluice-mysql
  drop_database sluice_bench
}

# make_database: an empty sluice_bench with Sluice's table; sets MYSQL_URL and MYSQL_STORE
make_database() {
  drop_database sluice_bench
  sql "CREATE DATABASE sluice_bench CHARACTER SET utf8mb4"
  MYSQL_URL+=sluice_bench
  MYSQL_STORE=("mysql.url=$MYSQL_URL" "mysql.user=$(mysql_user)" "mysql.password=${SLUICE_TEST_MYSQL_PASSWORD:-}"
    journal.max-bytes=24GiB)
}

# drop_database NAME: sets MYSQL_URL to the server, with no database selected
drop_database() {
  MYSQL_URL=$(sed -E 's#^(jdbc:mysql://[^/?]+).*#\1/#' <<<"$SLUICE_TEST_MYSQL_URL")
  sql "DROP DATABASE IF EXISTS $1"
}

mysql_user() {
  echo "${SLUICE_TEST_MYSQL_USER:-root}"
}

sql() {
  run_java Sql "$MYSQL_URL" "$(mysql_user)" "${SLUICE_TEST_MYSQL_PASSWORD:-}" "$1"
}

empty_table() {
  sql "TRUNCATE TABLE sensor_data"
}

# Readings of 10,000 devices in their order of arrival.
make_lines() {
  awk -v rows="$MYSQL_ROWS" -v base="$(($(date +%s) * 1000000))" 'BEGIN {
    for (i = 0; i < rows; i++)
      printf "temp,device_id=sensor-%07d value=%d.%d %.0f\n", i * 617 % 10000, 15 + i % 20, i % 10, base + i * 7
  }' >"$SCRATCH/lines"
  split -l 50000 "$SCRATCH/lines" "$SCRATCH/part."
}

# Sets RATE and CPU (seconds per million).
by_sluice() {
  local begin cpu base part
  base=$(status_of sluice-mysql .sinks.mysql.delivered)
  cpu=$(cpu_seconds sluice-mysql)
  begin=$(date +%s%N)
  for part in "$SCRATCH"/part.*; do
    curl -fs -X POST "http://127.0.0.1:${PORT_OF[sluice-mysql]}/write?precision=u" --data-binary "@$part"
  done
  await 1200 mysql_has $((base + MYSQL_ROWS))
  RATE=$(awk -v n="$MYSQL_ROWS" -v s="$(seconds_since "$begin")" 'BEGIN{printf "%.0f", n/s}')
  CPU=$(per_million "$(minus "$(cpu_seconds sluice-mysql)" "$cpu")" "$MYSQL_ROWS")
}

mysql_has() {
  [ "$(status_of sluice-mysql .sinks.mysql.delivered)" -ge "$1" ]
}

# by_hand CONNECTIONS: sets RATE and CPU
by_hand() {
  read -r RATE CPU <<<"$(run_java HandWrittenLoader "$MYSQL_URL" "$(mysql_user)" \
    "${SLUICE_TEST_MYSQL_PASSWORD:-}" "$SCRATCH/lines" "$1")"
}

: "${BURST_SECONDS:=10}"

# A burst of a million readings a second while both stores are written: what is refused, how long it takes until a
# QuestDB query sees a reading, and when both stores have everything.
work_mirror_burst() {
  local round
  able mirror-burst sluice-mirror
  if [ "${#ABLE[@]}" = 0 ] || ! bench_command mirror-burst; then
    return
  fi
  for round in $(seq "$QUERYABLE_ROUNDS"); do
    make_database
    serve sluice-mirror "${MYSQL_STORE[@]}" cutover.initial-phase=mirror
    burst "$round"
    end sluice-mirror
  done
  drop_database sluice_bench
}

# burst ROUND
burst() {
  local round=$1 url="http://127.0.0.1:${PORT_OF[sluice-mirror]}" begin sampler cpu lag
  fleet sluice-mirror --url "$url" --format lines --batch 1000 --connections 32 --rate 200 --duration 5s
  await 1200 caught_up sluice-mirror
  cpu=$(cpu_seconds sluice-mirror)
  rm -f "$SCRATCH/sampled" "$SCRATCH/lag" # the last round's "ready" is not this one's
  "$(java_home)/bin/java" "$BENCH_DIR/java/LagSampler.java" "${ADMIN_OF[sluice-mirror]}" "${CONSOLE_OF[sluice-mirror]}" "$SCRATCH/sampled" \
    "$SCRATCH/sluice-mirror/questdb/console-password" \
    >"$SCRATCH/lag" &
  sampler=$!
  PIDS+=("$sampler")
  await 30 grep -q '^ready' "$SCRATCH/lag"
  begin=$(date +%s%N)
  fleet sluice-mirror --url "$url" --format lines --batch 1000 --connections 32 --rate 1000 \
    --duration "${BURST_SECONDS}s"
  touch "$SCRATCH/sampled"
  wait "$sampler"
  lag=$(awk '/^p99/{print $2}' "$SCRATCH/lag")
  row mirror-burst sluice-mirror "$round" "$(of_fleet .readings_per_second)" readings/s "" \
    "$(of_fleet .latency_us.p99)" "$(fleet_failed)"
  row mirror-burst sluice-mirror "$round" "$(fleet_failed)" "requests refused"
  row mirror-burst sluice-mirror "$round" "$lag" "s until visible in QuestDB; p99"
  await 3600 caught_up sluice-mirror
  row mirror-burst sluice-mirror "$round" "$(seconds_since "$begin")" "s until both stores caught up" \
    "$(per_million "$(minus "$(cpu_seconds sluice-mirror)" "$cpu")" "$(of_fleet .readings)")"
}
