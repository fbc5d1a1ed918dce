#!/usr/bin/env bash
# Loads contestants in turns and writes rows of results. Source it after lib.sh and peers.sh.

# Where the next load's timestamps begin: after those of all earlier loads, so that none occurs twice.
FROM_MS=0
THREADS=2
BATCH_FORMAT=lines

# row WORK CONTESTANT ROUND RATE UNIT [CPU_SECONDS_PER_MILLION [P99_US [FAILED]]]
row() {
  (IFS=,; echo "$1,$2,$3,$4,$5,${6:-},${7:-},${8:-}") >>"$RESULTS"
  echo "$1, $2, round $3: $4 $5${6:+, $6 CPU s per million}${7:+, p99 $7 us}${8:+, $8 failed}"
}

# skipped WORK CONTESTANT REASON: a row that says so.
skipped() {
  echo "$1,$2,0,,not run: $3,,," >>"$RESULTS"
  echo "$1, $2: not run: $3"
}

# drive NAME FORMAT LINES CONNECTIONS SECONDS DEVICES [PROGRESS]: a closed loop; sets RATE (requests/s),
# REQUESTS, FAILED, P99_US
drive() {
  local path=${PATH_OF[$1]} arguments=("$2" "$3" "$6" "$THREADS" "$FROM_MS")
  case $2 in
    json | ndjson) path=/v1/readings ;;
    remote-write) path=/api/v1/write ;;
    otlp) path=/v1/metrics ;;
  esac
  [ -z "${7:-}" ] || arguments+=("$7")
  wrk -t"$THREADS" -c"$4" -d"$5s" --timeout 30s -s "$BENCH_DIR/lua/load.lua" \
    "${SCHEME_OF[$1]}://127.0.0.1:${PORT_OF[$1]}$path" -- "${arguments[@]}" >"$SCRATCH/load.out" 2>&1 || true
  loaded
}

# loaded: reads what a load has written to $SCRATCH/load.out, and sets what drive sets
loaded() {
  local line
  line=$(grep '^LOAD' "$SCRATCH/load.out") || {
    cat "$SCRATCH/load.out" >&2
    return 1
  }
  read -r _ RATE REQUESTS FAILED P99_US FROM_MS <<<"$line"
}

# per_million CPU_SECONDS READINGS
per_million() {
  awk -v c="$1" -v n="$2" 'BEGIN{printf("%.2f", (n > 0 ? c / n * 1e6 : 0))}'
}

# minus A B, times A B
minus() {
  awk -v a="$1" -v b="$2" 'BEGIN{printf "%.2f", a - b}'
}

times() {
  awk -v a="$1" -v b="$2" 'BEGIN{printf "%.0f", a * b}'
}

# able WORK NAME...: sets ABLE to those that can run here, and are among CONTESTANTS if that is set; for those that
# cannot, a row says why not.
able() {
  local work=$1 name why
  ABLE=()
  shift
  for name in "$@"; do
    why=$(missing "$name")
    if [[ -n ${CONTESTANTS:-} && " $CONTESTANTS " != *" $name "* ]]; then
      continue
    elif [ -n "$why" ]; then
      skipped "$work" "$name" "$why"
    else
      ABLE+=("$name")
    fi
  done
}

# in_turns WORK LINES CONNECTIONS DEVICES NAME...: starts and warms up all of them, then loads one after another
# in every round while the rest are stopped; every second round runs in the opposite order, since the one that
# comes first in all rounds does better by a tenth. A contestant's CPU time is counted until it is idle
# again, so that deferred work is included.
in_turns() {
  local work=$1 lines=$2 connections=$3 devices=$4 name round
  shift 4
  able "$work" "$@"
  for name in "${ABLE[@]}"; do
    start "$name" "$devices"
    load_once "$name" "$lines" "$connections" "$devices" "$WARM_SECONDS"
    settle "$name"
    hold "$name"
  done
  for round in $(seq "$ROUNDS"); do
    for name in $(in_order "$round" "${ABLE[@]}"); do
      release "$name"
      counted "$work" "$name" "$round" "$lines" "$connections" "$devices"
      hold "$name"
    done
  done
  for name in "${ABLE[@]}"; do
    end "$name"
  done
}

# in_order ROUND NAME...: the names, in reverse order in every second round
in_order() {
  local round=$1
  shift
  if [ $((round % 2)) = 1 ]; then
    printf '%s\n' "$@"
  else
    printf '%s\n' "$@" | tac
  fi
}

# counted WORK NAME ROUND LINES CONNECTIONS DEVICES: one load and its row
counted() {
  local before
  before=$(cpu_seconds "$2")
  load_once "$2" "$4" "$5" "$6" "$LOAD_SECONDS"
  settle "$2"
  row "$1" "$2" "$3" "$(times "$RATE" "$4")" readings/s \
    "$(per_million "$(minus "$(cpu_seconds "$2")" "$before")" "$((REQUESTS * $4))")" "$P99_US" "$FAILED"
}

# load_once NAME LINES CONNECTIONS DEVICES SECONDS
load_once() {
  local format=$BATCH_FORMAT
  [ "$2" != 1 ] || format=${FORMAT_OF[$1]}
  drive "$1" "$format" "$2" "$3" "$5" "$4"
}

# Seconds since a time in nanoseconds.
seconds_since() {
  awk -v ns=$(($(date +%s%N) - $1)) 'BEGIN{printf "%.3f", ns/1e9}'
}

# until_queryable NAME READINGS: waits until a query sees that many; fails after 20 minutes.
until_queryable() {
  local deadline=$((SECONDS + 1200))
  until flush "$1" && [ "$(queryable "$1")" -ge "$2" ] && caught_up "$1"; do
    [ "$SECONDS" -lt "$deadline" ] || {
      echo "bench: $1 shows $(queryable "$1") of $2 readings after 20 minutes" >&2
      return 1
    }
    sleep 0.1
  done
}

# Requests that a running load has sent so far.
sent_so_far() {
  od -An -v -tu8 -w8 "$1" | awk '{n += $1} END{printf "%d", n}'
}

# bench_command WORK: whether this Sluice has its load generator; if not, a row says so.
bench_command() {
  [ -n "${HAS_BENCH:-}" ] || HAS_BENCH=$("$ROOT/sluice" bench --help >/dev/null 2>&1 && echo yes || echo no)
  [ "$HAS_BENCH" = yes ] || {
    skipped "$1" sluice "this sluice has no bench command"
    return 1
  }
}

# fleet NAME OPTION...: `sluice bench` against a contestant; its JSON goes to $SCRATCH/fleet.json, which also counts
# failed requests.
fleet() {
  local name=$1
  shift
  "$ROOT/sluice" bench --json "$@" >"$SCRATCH/fleet.json" 2>"$SCRATCH/fleet.log" || [ $? = 1 ]
  jq -e .requests "$SCRATCH/fleet.json" >/dev/null || {
    echo "bench: no result of the load on $name: $(tail -3 "$SCRATCH/fleet.log")" >&2
    return 1
  }
}

# of_fleet JQ_EXPRESSION
of_fleet() {
  jq -r "$1" "$SCRATCH/fleet.json"
}

fleet_failed() {
  of_fleet '[.failed[]] | add // 0'
}
