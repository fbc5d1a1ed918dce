#!/usr/bin/env bash
# 1,000 readings a POST over 8 connections, as fast as they are acknowledged: lines, or Prometheus's series. Sourced by compare.sh.

work_batch() {
  in_turns batch 1000 8 10000 sluice ${BEFORE:+sluice-before} victoria-metrics questdb influxdb
}

work_remote_write() {
  # shellcheck disable=SC2034  # load_once reads it
  BATCH_FORMAT=remote-write
  in_turns remote-write 1000 8 10000 sluice victoria-metrics
  # shellcheck disable=SC2034
  BATCH_FORMAT=lines
}
