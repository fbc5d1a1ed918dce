#!/usr/bin/env bash
# What requests allocate, what a connection costs, and how long it takes to start. Sourced by compare.sh.

# Bytes allocated for a request of one reading, and for a reading in batches of 1,000, by the whole process, delivery
# included, against a server built from the same parts that reads the body and answers. Taken from the collector's own
# log, which is exact for the parallel collector: nothing is allocated while it collects.
work_allocation() {
  local round name
  # shellcheck disable=SC2034  # launch_empty_helidon reads it
  EMPTY_HELIDON_OPTIONS="-Xms512m -Xmx512m -XX:+UseParallelGC -Xlog:gc:file=$SCRATCH/empty-helidon.gc"
  BENCH_JVM_OPTIONS=$(parallel_options) start sluice
  start empty-helidon
  for name in sluice empty-helidon; do
    drive "$name" json 1 64 "$WARM_SECONDS" 10000
    drive "$name" lines 1000 8 "$WARM_SECONDS" 10000
    settle "$name"
    hold "$name"
  done
  for round in $(seq "$QUERYABLE_ROUNDS"); do
    allocated_in "$round" json 1 64 "bytes a request"
    allocated_in "$round" lines 1000 8 "bytes a reading in batches"
  done
  end sluice
  end empty-helidon
  rm -f "$SCRATCH/sluice.gc" "$SCRATCH/empty-helidon.gc"
}

parallel_options() {
  sed -e 's/-XX:+UseZGC/-XX:+UseParallelGC/' -e '/ZGenerational/d' -e "s#^-Xlog:.*#-Xlog:gc:file=$SCRATCH/sluice.gc#" \
    "$(bench_options parallel)" >"$SCRATCH/parallel.gc.options"
  echo "$SCRATCH/parallel.gc.options"
}

# allocated_in ROUND FORMAT LINES CONNECTIONS UNIT
allocated_in() {
  local name
  declare -A bytes=()
  for name in sluice empty-helidon; do
    release "$name"
    bytes[$name]=$(allocated_by "$name" "$2" "$3" "$4")
    hold "$name"
    row allocation "$name" "$1" "${bytes[$name]}" "$5"
  done
  row allocation "sluice - empty-helidon" "$1" "$(minus "${bytes[sluice]}" "${bytes[empty-helidon]}")" "$5"
}

# allocated_by NAME FORMAT LINES CONNECTIONS: bytes a reading, between two full collections
allocated_by() {
  local from
  collect "$1"
  from=$(grep -c ' Pause ' "$SCRATCH/$1.gc")
  drive "$1" "$2" "$3" "$4" "$LOAD_SECONDS" 10000
  settle "$1"
  collect "$1"
  grep ' Pause ' "$SCRATCH/$1.gc" | sed 's/.* \([0-9]*\)M->\([0-9]*\)M(.*/\1 \2/' |
    awk -v from="$from" -v n=$((REQUESTS * $3)) 'NR > from {sum += $1 - after} {after = $2}
      END {printf "%.2f", sum * 1048576 / n}'
}

collect() {
  "$(java_home)/bin/jcmd" "${PID_OF[$1]}" GC.run >/dev/null
}

: "${IDLE_CONNECTIONS:=10000}"

# What idle keep-alive connections cost once each has sent one reading, under the small machine's options: the heap
# they hold, and how much the process has grown outside it. The heap's pages are all touched from the start, so
# resident memory says nothing about the heap; the kernel's memory for a socket is in neither figure.
work_idle() {
  local before after resident client
  BENCH_JAVA_OPTIONS="${BENCH_JAVA_OPTIONS:-} -XX:+AlwaysPreTouch" BENCH_JVM_OPTIONS=small serve sluice-idle "${RETIRED[@]}"
  drive sluice-idle json 1 64 "$WARM_SECONDS" 10000
  settle sluice-idle
  before=$(live_kib sluice-idle)
  resident=$(resident_kb sluice-idle)
  "$(java_home)/bin/java" "$BENCH_DIR/java/IdleConnections.java" "${PORT_OF[sluice-idle]}" "$IDLE_CONNECTIONS" 60 \
    >"$SCRATCH/idle.client" &
  client=$!
  PIDS+=("$client")
  await 120 grep -q '^open' "$SCRATCH/idle.client"
  settle sluice-idle
  after=$(live_kib sluice-idle)
  resident=$(($(resident_kb sluice-idle) - resident))
  stop "$client"
  row idle sluice-idle 1 "$((before / 1024))" "MiB of heap live without connections"
  row idle sluice-idle 1 "$((after / 1024))" "MiB of heap live with $IDLE_CONNECTIONS idle connections"
  row idle sluice-idle 1 "$((resident / 1024))" "MiB more resident outside the heap"
  row idle sluice-idle 1 "$(awk -v k="$((after - before + resident))" -v n="$IDLE_CONNECTIONS" \
    'BEGIN{printf "%.1f", k * 1.024 / n}')" "kB an idle connection"
  end sluice-idle
}

# live_kib NAME: heap in use after a full collection
live_kib() {
  collect "$1"
  "$(java_home)/bin/jcmd" "${PID_OF[$1]}" GC.heap_info |
    awk '!found && match($0, /used [0-9]+[KM]/) {
      text = substr($0, RSTART + 5, RLENGTH - 5)
      print text ~ /M$/ ? text * 1024 : text + 0
      found = 1
    }'
}

resident_kb() {
  awk '/^VmRSS/{print $2}' "/proc/${PID_OF[$1]}/status"
}

# Time from the start of the process to the first 200 from /health/ready, with an embedded QuestDB that has data, under
# the small machine's options: the time to touch a big heap would measure the machine, not Sluice.
work_startup() {
  local round begin
  BENCH_JVM_OPTIONS=small serve sluice-startup "${RETIRED[@]}"
  drive sluice-startup lines 1000 8 2 10000
  await 300 caught_up sluice-startup
  for round in $(seq "$ROUNDS"); do
    stop "${PID_OF[sluice-startup]}"
    begin=$(date +%s%N)
    BENCH_JVM_OPTIONS=small serve sluice-startup "${RETIRED[@]}"
    row startup sluice-startup "$round" "$(seconds_since "$begin")" "s from start to ready"
  done
  end sluice-startup
}
