#!/usr/bin/env bash
# 1,000 lines a POST over 8 connections, as fast as they are acknowledged. Sourced by compare.sh.

work_batch() {
  in_turns batch 1000 8 10000 sluice ${BEFORE:+sluice-before} victoria-metrics questdb influxdb
}
