#!/usr/bin/env bash
# Resident memory with idle keep-alive connections, each of which has sent one reading, under the
# small machine's options.
# Usage: bench/idle.sh [CONNECTIONS]     (default 10000)
# shellcheck source=bench/lib.sh
source "$(dirname "$0")/lib.sh"
need curl
CONNECTIONS=${1:-10000}

rss_mib() {
  awk '/VmRSS/{printf "%.0f", $2/1024}' "/proc/$SLUICE_PID/status"
}

machine
ulimit -n $((CONNECTIONS * 2 + 1000)) 2>/dev/null || true
BENCH_JVM_OPTIONS=small start_sluice idle cutover.initial-phase=retired
before=$(rss_mib)
"$(java_home)/bin/java" "$BENCH_DIR/java/IdleConnections.java" "$INGEST" "$CONNECTIONS" 30 \
  >"$SCRATCH/idle.client" &
client=$!
PIDS+=("$client")
await 120 grep -q '^open' "$SCRATCH/idle.client"
sleep 5
after=$(rss_mib)
echo "resident: $before MiB without, $after MiB with $CONNECTIONS idle connections"
echo "per connection: $(awk -v a="$after" -v b="$before" -v n="$CONNECTIONS" \
  'BEGIN{printf "%.1f", (a-b)*1024/n}') KiB"
