#!/usr/bin/env bash
# Shared by the benchmarks: starts and stops what they measure, and reckons medians. Source it.
set -euo pipefail

BENCH_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$BENCH_DIR/.." && pwd)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/sluice-bench.XXXXXX")
PIDS=()

# Ends every process this run started, by pid, and removes what it wrote.
cleanup() {
  local pid
  for pid in "${PIDS[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
  for pid in "${PIDS[@]}"; do
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$WORK"
}
trap cleanup EXIT

need() {
  local tool
  for tool in "$@"; do
    if ! command -v "$tool" >/dev/null && [ ! -x "/usr/sbin/$tool" ]; then
      echo "bench: $tool is not installed (Debian: apt-get install wrk nginx-light)" >&2
      exit 2
    fi
  done
}

# A JDK of 21 or newer, found the way ./sluice finds it.
java_home() {
  "$ROOT/sluice" --java-home
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

# await SECONDS COMMAND...: runs it until it succeeds; fails when the time is over.
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

# start_sluice NAME KEY=VALUE...: `serve` with these settings and the small machine's options;
# sets INGEST, ADMIN (ports) and SLUICE_PID.
start_sluice() {
  local name=$1 setting
  shift
  INGEST=$(free_port)
  ADMIN=$(free_port)
  local arguments=(--set "data.dir=$WORK/$name" --set "ingest.port=$INGEST"
    --set "admin.port=$ADMIN" --set questdb.console-port=0 --set questdb.pg-port=0)
  for setting in "$@"; do
    arguments+=(--set "$setting")
  done
  if [ ! -d "$WORK/$name" ]; then
    "$ROOT/sluice" migrate "${arguments[@]}" >"$WORK/$name.migrate" 2>&1 || {
      cat "$WORK/$name.migrate" >&2
      exit 1
    }
  fi
  # BENCH_JAVA_OPTIONS adds JVM options behind the file's, e.g. "-Xms1g -Xmx1g".
  # shellcheck disable=SC2086
  SLUICE_JAVA_OPTIONS="${BENCH_JAVA_OPTIONS:-}" "$ROOT/sluice" serve "${arguments[@]}" \
    >"$WORK/$name.out" 2>"$WORK/$name.log" &
  SLUICE_PID=$!
  PIDS+=("$SLUICE_PID")
  await 60 curl -fs "http://127.0.0.1:$ADMIN/health/ready" || {
    tail -20 "$WORK/$name.log" >&2
    exit 1
  }
}

# stop PID: ends a process this run started and waits for it.
stop() {
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# `return 204` on a free port; sets NGINX (port).
start_nginx() {
  NGINX=$(free_port)
  mkdir -p "$WORK/nginx"
  cat >"$WORK/nginx/nginx.conf" <<EOF
worker_processes auto;
pid $WORK/nginx/pid;
error_log $WORK/nginx/error.log;
daemon off;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $WORK/nginx/body;
  proxy_temp_path $WORK/nginx/proxy;
  fastcgi_temp_path $WORK/nginx/fastcgi;
  uwsgi_temp_path $WORK/nginx/uwsgi;
  scgi_temp_path $WORK/nginx/scgi;
  client_max_body_size 64m;
  server {
    listen 127.0.0.1:$NGINX backlog=4096;
    location / { return 204; }
  }
}
EOF
  PATH=$PATH:/usr/sbin nginx -p "$WORK/nginx" -c "$WORK/nginx/nginx.conf" 2>/dev/null &
  PIDS+=($!)
  await 10 curl -fs "http://127.0.0.1:$NGINX/"
}

# median NUMBER...
median() {
  printf '%s\n' "$@" | sort -n | awk '{v[NR]=$1} END{print NR%2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'
}

# ratio A B: A/B to two places
ratio() {
  awk -v a="$1" -v b="$2" 'BEGIN{printf "%.2f", a/b}'
}
