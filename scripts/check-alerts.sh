#!/bin/sh
# Checks docker/alerts.yml and docker/prometheus.yml with Prometheus' own tool, and runs the alerts' unit tests.
# Takes the promtool of this machine, or the one that scripts/fetch-prometheus.sh fetches; exit 75: there is neither.
set -eu
cd "$(dirname "$0")/../docker"

if ! command -v promtool >/dev/null; then
  ../scripts/fetch-prometheus.sh
  PATH=$PATH:$(cd ../target/prometheus/bookworm/usr/bin && pwd)
fi
promtool check rules alerts.yml
promtool check config prometheus.yml
promtool test rules alerts.test.yml
