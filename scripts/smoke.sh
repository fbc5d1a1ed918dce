#!/usr/bin/env bash
# Does what the README's start section says: `./sluice up` in a fresh data directory, a reading
# in by curl, kill -9, a second start, and the reading read back from both stores.
# Usage: scripts/smoke.sh
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p target
work=$(mktemp -d "$PWD/target/smoke.XXXXXX")
pid=

cleanup() {
  status=$?
  if [ -n "$pid" ] && kill "$pid" 2>/dev/null; then
    wait "$pid" 2>/dev/null || true
  fi
  [ "$status" = 0 ] || tail -n 40 "$work/out" "$work/log" >&2 || true
  rm -rf "$work"
  exit "$status"
}
trap cleanup EXIT

up() {
  : >"$work/out"
  ./sluice up --set "data.dir=$work/data" --set ingest.port=0 --set admin.port=0 \
    --set questdb.console-port=0 --set questdb.pg-port=0 >"$work/out" 2>>"$work/log" &
  pid=$!
  for _ in $(seq 1200); do
    grep -q 'Sluice is ready' "$work/out" && break
    kill -0 "$pid" || { echo "smoke: ./sluice up ended before it was ready" >&2; exit 1; }
    sleep 0.1
  done
  ingest=$(sed -n 's/.* ingest=\([^ ]*\).*/\1/p' "$work/out")
  admin=$(sed -n 's/.* admin=\([^ ]*\).*/\1/p' "$work/out")
}

caught_up() {
  for _ in $(seq 600); do
    curl -fs "$admin/v1/status" >"$work/status"
    [ "$(grep -o '"lag_readings":0' "$work/status" | wc -l)" = 2 ] && return
    sleep 0.1
  done
  echo "smoke: the stores did not catch up: $(cat "$work/status")" >&2
  exit 1
}

up
curl -fsS -o /dev/null -H 'Content-Type: application/json' "$ingest/v1/readings" \
  -d '{"device_id":"s-17","ts":"2026-11-21T22:00:00.123456Z","temp":21.5,"humidity":40}'
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
up
caught_up
answer=$(curl -fsS "$ingest/v1/readings?device=s-17")
for part in '"source":"mysql"' '"metric":"humidity"' '"value":21.5' '2026-11-21T22:00:00.123456Z'; do
  case $answer in
    *"$part"*) ;;
    *) echo "smoke: $part is missing in $answer" >&2; exit 1 ;;
  esac
done
grep -o '"delivered":[0-9]*' "$work/status" | sort | uniq -c | grep -q '2 "delivered":2' ||
  { echo "smoke: not both stores have both readings: $(cat "$work/status")" >&2; exit 1; }
kill "$pid"
wait "$pid"
pid=
echo "smoke: kept through kill -9, in both stores"
