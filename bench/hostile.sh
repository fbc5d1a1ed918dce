#!/usr/bin/env bash
# An hour on a hostile network: everything of bench/java/HostileHour.java at once, beside an honest fleet of 1,000 devices
# on the same ports. Prints a table, and fails if an honest reading was lost or refused, if their p99 more than doubled,
# if memory grew, if an answer was a 5xx other than 503, or if more than ten lines a second were logged.
#
#   bench/hostile.sh [SECONDS]      3600 by default; the fleet's quiet p99 is measured for a tenth of that first
#
# HONEST_RATE (1000 requests a second) and BENCH_HEAP (2g) set what their names say; SEED repeats a run's random parts.
# shellcheck source=bench/lib.sh
source "$(dirname "$0")/lib.sh"

seconds=${1:-3600}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { sed -n '2,/^# HONEST/{s/^# \{0,1\}//;p}' "$0" >&2; exit 64; }
: "${HONEST_RATE:=1000}" "${SEED:=$RANDOM$RANDOM}"
quiet_seconds=$((seconds / 10 < 20 ? 20 : seconds / 10))
need jq curl

secret() {
  local token
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "sha256:$(printf %s "$token" | sha256sum | cut -d' ' -f1) $1" >>"$SCRATCH/tokens"
  echo "$token"
}
(umask 077 && : >"$SCRATCH/tokens")
honest=$(secret "write name=fleet devices=sensor-*")
limited=$(secret "write name=hog readings-per-second=10000")
writer=$(secret "write name=writer")
reader=$(secret "read name=reader")
operator=$(secret "read,admin name=operator")

start_sluice hostile cutover.initial-phase=retired "auth.tokens-file=$SCRATCH/tokens"
export SLUICE_TOKEN=$honest

# honest_fleet NAME SECONDS: its JSON goes to $SCRATCH/NAME.json
honest_fleet() {
  "$ROOT/sluice" bench --json --url "http://127.0.0.1:$INGEST" --devices 1000 --connections 1000 --rate "$HONEST_RATE" \
    --jitter 0.2 --duration "$2s" >"$SCRATCH/$1.json" 2>"$SCRATCH/$1.log" || true
  jq -e .requests "$SCRATCH/$1.json" >/dev/null || { cat "$SCRATCH/$1.log" >&2; exit 1; }
}

of() {
  jq -r "$2" "$SCRATCH/$1.json"
}

resident_mib() {
  awk '/^RssAnon/{print int($2 / 1024)}' "/proc/$SLUICE_PID/status"
}

open_files() {
  find "/proc/$SLUICE_PID/fd" -mindepth 1 2>/dev/null | wc -l
}

# What is acknowledged and not yet delivered.
undelivered() {
  # shellcheck disable=SC2317
  curl -fs -H "Authorization: Bearer $operator" "http://127.0.0.1:$ADMIN/v1/status" |
    jq -r '[.sinks[].lag_readings // 0] | add'
}

# shellcheck disable=SC2317
all_delivered() {
  [ "$(undelivered)" = 0 ]
}

honest_stored() {
  curl -fs -u "sluice:$(cat "$SCRATCH/hostile/questdb/console-password")" -G "http://127.0.0.1:$CONSOLE/exec" \
    --data-urlencode "query=select count() from readings where device_id like 'sensor-%'" | jq '.dataset[0][0]'
}

honest_fleet warm 10
honest_fleet quiet "$quiet_seconds"
lines_before=$(wc -l <"$SCRATCH/hostile.log")
memory_before=$(resident_mib)
files_before=$(open_files)

"$(java_home)/bin/java" -Xmx512m "$BENCH_DIR/java/HostileHour.java" "$INGEST" "$ADMIN" "$seconds" "$limited" "$writer" "$reader" \
  "$SEED" >"$SCRATCH/attacks.txt" 2>"$SCRATCH/attacks.log" &
attacks=$!
PIDS+=("$attacks")
honest_fleet attacked "$seconds" &
fleet=$!
most_memory=$memory_before
while kill -0 "$fleet" 2>/dev/null; do
  sleep 2
  memory=$(resident_mib)
  most_memory=$((memory > most_memory ? memory : most_memory))
done
wait "$fleet"
refusals=good
wait "$attacks" || refusals=bad
cat "$SCRATCH/attacks.log" >&2

await 120 all_delivered

quiet_p99=$(of quiet .latency_us.p99)
attacked_p99=$(of attacked .latency_us.p99)
acknowledged=$(($(of warm .readings) + $(of quiet .readings) + $(of attacked .readings)))
refused=$(of attacked '[.failed[]] | add // 0')
stored=$(honest_stored)
memory_after=$(resident_mib)
lines=$(($(wc -l <"$SCRATCH/hostile.log") - lines_before))
bad=0

# judged WHAT SEEN WANTED CONDITION: a row; the condition is an awk expression
judged() {
  local verdict=good
  awk "BEGIN{exit !($4)}" || { verdict=BAD bad=1; }
  echo "| $1 | $2 | $3 | $verdict |"
}

cat "$SCRATCH/attacks.txt"
echo
echo "| honest fleet, $HONEST_RATE requests/s for $seconds s | seen | wanted | |"
echo "|---|---|---|---|"
judged "readings acknowledged and not found" $((acknowledged - stored)) 0 "$stored >= $acknowledged"
judged "requests refused or failed" "$refused" 0 "$refused == 0"
judged "p99 (quiet: $quiet_p99 us)" "$attacked_p99 us" "at most twice quiet" "$attacked_p99 <= 2 * $quiet_p99"
judged "anonymous memory, MiB: before, most, after" "$memory_before, $most_memory, $memory_after" "most at most 10 % and 64 MiB above before" \
  "$most_memory <= $memory_before * 1.1 + 64"
judged "open files: before, after" "$files_before, $(open_files)" "no more than 1,000 above" "$(open_files) <= $files_before + 1000"
judged "log lines a second" "$(awk "BEGIN{printf \"%.2f\", $lines / $seconds}")" "at most 10" "$lines <= 10 * $seconds"
judged "attacks that were refused as they should" "$refusals" good "\"$refusals\" == \"good\""
exit "$bad"
