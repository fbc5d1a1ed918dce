#!/usr/bin/env bash
# Time from the start of the process to the first 200 of /health/ready, embedded QuestDB with data.
# Usage: bench/startup.sh [RUNS]     (default 5)
# shellcheck source=bench/lib.sh
source "$(dirname "$0")/lib.sh"
need curl
RUNS=${1:-5}

machine
times=()
for run in $(seq 0 "$RUNS"); do
  begin=$(date +%s%N)
  BENCH_JVM_OPTIONS=small start_sluice startup cutover.initial-phase=retired
  elapsed=$((($(date +%s%N) - begin) / 1000000))
  curl -fs -X POST -H 'Content-Type: application/json' "http://127.0.0.1:$INGEST/v1/readings" \
    -d '{"device_id":"s-1","temp":21.5}'
  stop "$SLUICE_PID"
  if [ "$run" = 0 ]; then
    echo "first start, no data: $elapsed ms"
  else
    times+=("$elapsed")
    echo "start $run: $elapsed ms"
  fi
done
echo "start to ready, existing data: median $(median "${times[@]}") ms of $RUNS"
