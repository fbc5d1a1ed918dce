#!/usr/bin/env bash
# An hour on a hostile network: everything of bench/java/HostileHour.java at once, beside an honest fleet of 1,000 devices
# on the same ports. Before that, a tenth as long each, the fleet alone, and the fleet while the attackers go to another
# port, which answers as cheaply as it can (bench/java/Elsewhere.java): what they cost the fleet then is the processor time
# that they take for themselves. Prints two tables, and fails if an honest reading was lost or refused, if their p99 more
# than doubled, if memory grew, if an answer was a 5xx other than 503, or if more than ten lines a second were logged.
#
#   bench/hostile.sh [SECONDS]      3600 by default
#   bench/hostile.sh each [SECONDS] no fleet: each kind of attack alone for so long (2), and what it costs Sluice
#
# HONEST_RATE (1000 requests a second) and BENCH_HEAP (2g) set what their names say; SEED repeats a run's random parts.
# shellcheck source=bench/lib.sh
source "$(dirname "$0")/lib.sh"

each=false
if [ "${1:-}" = each ]; then
  each=true
  shift
fi
seconds=${1:-$($each && echo 2 || echo 3600)}
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

# attackers PORT ADMIN SECONDS [PID]
attackers() {
  "$(java_home)/bin/java" -Xmx512m -cp "$SCRATCH/java" HostileHour "$1" "$2" "$3" "$limited" "$writer" "$reader" "$SEED" "${@:4}"
}

# Processor time of a process so far, in seconds.
processor_seconds() {
  awk -v ticks="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); print ($12 + $13) / ticks}' "/proc/$1/stat"
}

# Likewise, by the names of its threads, with N for numbers.
by_thread() {
  { cat "/proc/$1"/task/*/stat 2>/dev/null || true; } | awk -v ticks="$(getconf CLK_TCK)" '{
    name = $0; sub(/^[0-9]+ \(/, "", name); sub(/\) [A-Z] .*/, "", name); gsub(/[0-9]+/, "N", name); gsub(/ /, "_", name)
    sub(/.*\) /, ""); spent[name] += ($12 + $13) / ticks
  } END {for (name in spent) print name, spent[name]}' | sort
}

# Of the machine's processors: the time spent idle, and all time, in ticks.
machine_time() {
  awk '/^cpu /{print $5 + $6, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9}' /proc/stat
}

# phase NAME SECONDS [PORT ADMIN]: the fleet for so long, beside attackers of these ports; a row of the first table goes to
# $SCRATCH/NAME.row
phase() {
  local name=$1 length=$2 attacks=- fleet refused=0 memory sluice elsewhere all idle all_after idle_after of_elsewhere=0
  sluice=$(processor_seconds "$SLUICE_PID")
  elsewhere=$(processor_seconds "$ELSEWHERE_PID")
  by_thread "$SLUICE_PID" >"$SCRATCH/before.threads"
  read -r idle all <<<"$(machine_time)"
  if [ $# -gt 2 ]; then
    attackers "$3" "$4" "$length" >"$SCRATCH/$name.attacks" 2>"$SCRATCH/$name.attacks.log" &
    attacks=$!
    PIDS+=("$attacks")
  fi
  honest_fleet "$name" "$length" &
  fleet=$!
  most_memory=$(resident_mib)
  while kill -0 "$fleet" 2>/dev/null; do
    sleep 1
    memory=$(resident_mib)
    most_memory=$((memory > most_memory ? memory : most_memory))
  done
  wait "$fleet"
  [ "$attacks" = - ] || wait "$attacks" || refused=1
  read -r idle_after all_after <<<"$(machine_time)"
  by_thread "$SLUICE_PID" >"$SCRATCH/after.threads"
  of_elsewhere=$(awk -v b="$elsewhere" -v a="$(processor_seconds "$ELSEWHERE_PID")" 'BEGIN{print a - b}')
  [ "$attacks" = - ] || cat "$SCRATCH/$name.attacks.log" >&2
  {
    of "$name" '[.latency_us.p50, .latency_us.p99, .latency_us.p99_9, .cpu_seconds] | @tsv'
    if [ "$attacks" = - ]; then
      echo "0 0"
    else
      sed -n 's/^\([0-9]*\) attempts, \([0-9.]*\) s of processor time/\1 \2/p' "$SCRATCH/$name.attacks"
    fi
    echo "$of_elsewhere"
    awk -v b="$sluice" -v a="$(processor_seconds "$SLUICE_PID")" 'BEGIN{print a - b}'
    awk -v n="$(nproc)" -v i=$((idle_after - idle)) -v a=$((all_after - all)) 'BEGIN{print n * i / a}'
  } | tr '\n\t' '  ' | awk -v name="$name" -v s="$length" \
    '{printf "| %s | %.1f | %.1f | %.1f | %.0f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", name, $1 / 1e3, $2 / 1e3, $3 / 1e3, $5 / s, $4 / s, $6 / s, $7 / s, $8 / s, $9}' \
    >"$SCRATCH/$name.row"
  return "$refused"
}

mkdir "$SCRATCH/java"
"$(java_home)/bin/javac" -d "$SCRATCH/java" "$BENCH_DIR/java/HostileHour.java" "$BENCH_DIR/java/Elsewhere.java"

# What the first attacks meet is code that nobody has run yet: that is another question.
honest_fleet warm 10
attackers "$INGEST" "$ADMIN" 10 >/dev/null
await 120 all_delivered
if $each; then
  machine
  attackers "$INGEST" "$ADMIN" "$seconds" "$SLUICE_PID"
  exit
fi

"$(java_home)/bin/java" -Xmx128m -cp "$SCRATCH/java" Elsewhere >"$SCRATCH/elsewhere" &
ELSEWHERE_PID=$!
PIDS+=("$ELSEWHERE_PID")
await 20 test -s "$SCRATCH/elsewhere"
phase quiet "$quiet_seconds"
phase elsewhere "$quiet_seconds" "$(cat "$SCRATCH/elsewhere")" "$(cat "$SCRATCH/elsewhere")"
lines_before=$(wc -l <"$SCRATCH/hostile.log")
memory_before=$(resident_mib)
files_before=$(open_files)
refusals=good
phase attacked "$seconds" "$INGEST" "$ADMIN" || refusals=bad

await 120 all_delivered

quiet_p99=$(of quiet .latency_us.p99)
attacked_p99=$(of attacked .latency_us.p99)
elsewhere_p99=$(of elsewhere .latency_us.p99)
acknowledged=$(($(of warm .readings) + $(of quiet .readings) + $(of elsewhere .readings) + $(of attacked .readings)))
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

machine
cat "$SCRATCH/attacked.attacks"
echo
echo "| honest fleet, ms, and processors kept busy | p50 | p99 | p99.9 | attempts/s | by the fleet | attackers | elsewhere | Sluice | idle |"
echo "|---|---|---|---|---|---|---|---|---|---|"
cat "$SCRATCH/quiet.row" "$SCRATCH/elsewhere.row" "$SCRATCH/attacked.row"
echo
echo "p99 with the attackers elsewhere: $(ratio "$elsewhere_p99" "$quiet_p99") times quiet; with them here: $(ratio "$attacked_p99" "$elsewhere_p99") times that"
echo
echo "Sluice's processors kept busy under attack, by thread:"
join -a 2 -e 0 -o 0,1.2,2.2 "$SCRATCH/before.threads" "$SCRATCH/after.threads" | awk -v s="$seconds" '{printf "%.3f %s\n", ($3 - $2) / s, $1}' |
  sort -rn | head -12
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
