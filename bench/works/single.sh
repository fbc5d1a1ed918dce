#!/usr/bin/env bash
# One reading a POST over 64 keep-alive connections, as fast as they are acknowledged. Sourced by compare.sh.

work_single_os() {
  in_turns single-os 1 64 10000 sluice ${BEFORE:+sluice-before} nginx empty-helidon victoria-metrics questdb influxdb naive
  if [ -z "$(missing naive)" ]; then
    drop_database sluice_bench_naive
  fi
}

# What group commit costs: the same, acknowledged only once it survives a power cut.
work_single_fsync() {
  in_turns single-fsync 1 64 10000 sluice-fsync sluice
}
