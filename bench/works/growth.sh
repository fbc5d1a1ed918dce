#!/usr/bin/env bash
# Whether it slows down as things grow: the same load of 1,000 lines a POST over 8 connections with little and with much
# of one thing. The large case comes first, so that its ratio to the small one is the target. Sourced by compare.sh.

work_growth() {
  local pair name round
  declare -A devices=([sluice-1m-devices]=1000000 [sluice-10k-devices]=10000 [sluice-1000-hours]=10000
    [sluice-1-hour]=10000)
  for pair in "sluice-1m-devices sluice-10k-devices" "sluice-1000-hours sluice-1-hour"; do
    for name in $pair; do
      serve "$name" "${RETIRED[@]}"
      [[ $name != *hour* ]] || store_hours "$name"
      introduce "$name" "${devices[$name]}"
      settle "$name"
      hold "$name"
    done
    for round in $(seq "$ROUNDS"); do
      for name in $pair; do
        release "$name"
        counted "$(growth_of "$name")" "$name" "$round" 1000 8 "${devices[$name]}"
        hold "$name"
      done
    done
    for name in $pair; do
      end "$name"
    done
  done
  growth_of_backlog
}

# Rows of one pair are compared with each other only.
growth_of() {
  case $1 in
    *devices) echo growth-devices ;;
    *) echo growth-stored ;;
  esac
}

# store_hours NAME: stores readings of 1,000 devices, 3.6 an hour each, over the number of hours in its name, up to now.
store_hours() {
  local hours=1 part
  [[ $1 != *1000-hours* ]] || hours=1000
  awk -v hours="$hours" -v end="$(date +%s)" 'BEGIN {
    n = hours * 3600
    for (i = 0; i < n; i++)
      printf "temp,device_id=sensor-%07d value=%d.%d %.0f\n", i * 617 % 1000, 15 + i % 20, i % 10,
        (end - hours * 3600 + i) * 1000000
  }' | split -l 50000 - "$SCRATCH/hours."
  for part in "$SCRATCH"/hours.*; do
    curl -fs -X POST "http://127.0.0.1:${PORT_OF[$1]}/write?precision=u" --data-binary "@$part"
  done
  rm -f "$SCRATCH"/hours.*
  await 600 caught_up "$1"
}

: "${BACKLOG_BYTES:=4294967296}"

# Nothing is delivered: the store is a MySQL that does not exist. The small backlog is what the warm-up left.
growth_of_backlog() {
  local round small
  for round in $(seq "$QUERYABLE_ROUNDS"); do
    mkdir -p "$SCRATCH/sluice-backlog" # no data to migrate: the store is away
    serve sluice-backlog cutover.initial-phase=mysql "mysql.url=jdbc:mysql://127.0.0.1:$(free_port)/away" \
      journal.max-bytes=24GiB
    drive sluice-backlog lines 1000 8 3 10000
    drive sluice-backlog lines 1000 8 2 10000
    small=$((REQUESTS * 1000 / 2))
    echo "small backlog: $(status_of sluice-backlog .journal.bytes) bytes"
    until [ "$(status_of sluice-backlog .journal.bytes)" -ge "$BACKLOG_BYTES" ]; do
      drive sluice-backlog lines 1000 8 2 10000
    done
    drive sluice-backlog lines 1000 8 2 10000
    row growth-backlog sluice-4-gib "$round" "$((REQUESTS * 1000 / 2))" readings/s "" "$P99_US" "$FAILED"
    row growth-backlog sluice-none "$round" "$small" readings/s
    end sluice-backlog
  done
}
