#!/bin/sh
# Checks docker/alerts.yml and docker/prometheus.yml with Prometheus' own tool, and runs the alerts' unit tests.
# Exit 75: promtool is not installed (Debian: apt-get install prometheus).
set -eu
cd "$(dirname "$0")/../docker"

command -v promtool >/dev/null || exit 75
promtool check rules alerts.yml
promtool check config prometheus.yml
promtool test rules alerts.test.yml
