#!/usr/bin/env bash
# Shared by the benchmarks: starts and stops what they measure, and computes medians. Source it.
set -euo pipefail

BENCH_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$BENCH_DIR/.." && pwd)
mkdir -p "$ROOT/target"
SCRATCH=$(mktemp -d "$ROOT/target/bench.XXXXXX")
PIDS=()

# Ends every process this run started, by pid and with its children, and removes what they wrote.
cleanup() {
  local pid
  for pid in "${PIDS[@]}"; do
    # A stopped process gets no signal until it is continued.
    kill -CONT "$pid" 2>/dev/null || true
    pkill -TERM -P "$pid" 2>/dev/null || true
    kill "$pid" 2>/dev/null || true
  done
  for pid in "${PIDS[@]}"; do
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$SCRATCH"
}
trap cleanup EXIT

need() {
  local tool
  for tool in "$@"; do
    if ! command -v "$tool" >/dev/null && [ ! -x "/usr/sbin/$tool" ]; then
      echo "bench: $tool is not installed; bench/README.md says what is needed" >&2
      exit 2
    fi
  done
}

# A JDK of 21 or newer, found the way ./sluice finds it.
java_home() {
  "$ROOT/sluice" --java-home
}

# run_java CLASS ARGUMENT...: a program of bench/java, with Sluice's libraries
run_java() {
  local class=$1
  shift
  "$(java_home)/bin/java" "-Djava.io.tmpdir=$SCRATCH" -cp "$ROOT/target/sluice.jar" "$BENCH_DIR/java/$class.java" "$@"
}

machine() {
  echo "machine: $(nproc) cores ($(awk -F': ' '/model name/{print $2; exit}' /proc/cpuinfo)), \
$(awk '/MemTotal/{printf "%.0f GiB", $2/1048576}' /proc/meminfo), Linux $(uname -r), \
$("$(java_home)/bin/java" -version 2>&1 | sed -n 2p)"
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# await SECONDS COMMAND...: repeats it until it succeeds; fails when the time is up.
await() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "bench: gave up waiting for: $*" >&2
      return 1
    fi
    sleep 0.1
  done
}

# The options Sluice is measured with: those shipped for a big machine, which is where ZGC belongs, with
# the heap cut to BENCH_HEAP (2g). It is touched before the first request: with an untouched heap the rate
# is a third (see the file). BENCH_JVM_OPTIONS names another file, or "small" or "big". Prints the file.
bench_options() {
  local name=$1 line=25 release
  if [ -n "${BENCH_JVM_OPTIONS:-}" ]; then
    echo "$BENCH_JVM_OPTIONS"
    return
  fi
  release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$(java_home)/release")
  [ "$release" -ge 23 ] || line=21
  sed -e "s/^-Xm\([sx]\)64g/-Xm\1${BENCH_HEAP:-2g}/" -e 's/^\(-XX:MaxDirectMemorySize\)=.*/\1=1g/' \
    -e "s#file=sluice-gc.log#file=$SCRATCH/$name.gc#" -e "s#^\(-XX:HeapDumpPath\)=.*#\1=$SCRATCH/oom.hprof#" \
    "$ROOT/jvm-options/jdk$line-big.options" >"$SCRATCH/$name.options"
  echo "$SCRATCH/$name.options"
}

# start_sluice NAME KEY=VALUE...: `serve` with these settings and bench_options, migrated first if it has
# no data; sluice-before comes from the checkout BEFORE; sets INGEST, ADMIN, CONSOLE (ports) and SLUICE_PID.
# BENCH_JAVA_OPTIONS adds JVM options.
start_sluice() {
  local name=$1 setting checkout=$ROOT scheme=http
  shift
  [[ " $*" != *" tls.cert="* ]] || scheme=https
  [ "$name" != sluice-before ] || checkout=$BEFORE
  INGEST=$(free_port)
  ADMIN=$(free_port)
  CONSOLE=$(free_port)
  local arguments=(--set "data.dir=$SCRATCH/$name" --set "ingest.port=$INGEST"
    --set "admin.port=$ADMIN" --set "questdb.console-port=$CONSOLE" --set questdb.pg-port=0)
  for setting in "$@"; do
    arguments+=(--set "$setting")
  done
  if [ ! -d "$SCRATCH/$name" ]; then
    SLUICE_JVM_OPTIONS=small "$checkout/sluice" migrate "${arguments[@]}" >"$SCRATCH/$name.migrate" 2>&1 || {
      cat "$SCRATCH/$name.migrate" >&2
      exit 1
    }
  fi
  SLUICE_JVM_OPTIONS=$(bench_options "$name") SLUICE_JAVA_OPTIONS="${BENCH_JAVA_OPTIONS:-}" \
    "$checkout/sluice" serve "${arguments[@]}" >"$SCRATCH/$name.out" 2>"$SCRATCH/$name.log" &
  SLUICE_PID=$!
  PIDS+=("$SLUICE_PID")
  await 120 curl -fsk "$scheme://127.0.0.1:$ADMIN/health/ready" || {
    tail -20 "$SCRATCH/$name.log" >&2
    exit 1
  }
}

# stop PID: ends a process this run started and waits for it.
stop() {
  kill -CONT "$1" 2>/dev/null || true
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# ratio A B: A/B to two places
ratio() {
  awk -v a="$1" -v b="$2" 'BEGIN{printf "%.2f", a/b}'
}
