#!/usr/bin/env bash
# What a fleet gets that reconnects after a restart: one reading a POST over 64 connections from the moment that a
# server is ready, beside what the same server does once it is warm. Sourced by compare.sh.
# shellcheck disable=SC2153  # names of compare.sh

: "${FIRST_SECONDS:=6}"

# Under the small machine's options, with the code that the build prepared, and without it, as on a JDK before 25.
work_first_seconds() {
  local round name first p99 failed
  # shellcheck disable=SC2034  # launch_empty_helidon reads it
  EMPTY_HELIDON_OPTIONS=@$(unprepared_options)
  for name in sluice-first sluice-first-unprepared; do
    # Its schema is made, and its next start is like all later ones.
    start "$name"
    stop "${PID_OF[$name]}"
  done
  for round in $(seq "$ROUNDS"); do
    for name in $(in_order "$round" sluice-first sluice-first-unprepared empty-helidon); do
      start "$name"
      load_once "$name" 1 64 10000 "$FIRST_SECONDS"
      first=$RATE p99=$P99_US failed=$FAILED
      load_once "$name" 1 64 10000 "$WARM_SECONDS"
      settle "$name"
      load_once "$name" 1 64 10000 "$LOAD_SECONDS"
      row first-seconds "$name" "$round" "$first" "readings/s in the first $FIRST_SECONDS s" "" "$p99" "$failed"
      row first-seconds "$name" "$round" "$RATE" "readings/s warm" "" "$P99_US" "$FAILED"
      row first-seconds "$name" "$round" "$(ratio "$first" "$RATE")" "of its warm rate in the first $FIRST_SECONDS s"
      row first-seconds "$name" "$round" "$p99" "us p99 in the first $FIRST_SECONDS s"
      stop "${PID_OF[$name]}"
    done
  done
  # shellcheck disable=SC2034  # launch_empty_helidon reads it
  EMPTY_HELIDON_OPTIONS=
}

launch_sluice_first() {
  BENCH_JVM_OPTIONS=small serve sluice-first "${RETIRED[@]}"
}

launch_sluice_first_unprepared() {
  BENCH_JVM_OPTIONS=$(unprepared_options) serve sluice-first-unprepared "${RETIRED[@]}"
}

# The small machine's options in a file of another name, for which ./sluice has no prepared code.
unprepared_options() {
  local line=25 release
  release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$(java_home)/release")
  [ "$release" -ge 23 ] || line=21
  cp "$ROOT/jvm-options/jdk$line-small.options" "$SCRATCH/unprepared.options"
  echo "$SCRATCH/unprepared.options"
}
