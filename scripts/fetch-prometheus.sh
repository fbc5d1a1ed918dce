#!/usr/bin/env bash
# Fetches the senders of Prometheus remote write that the tests run: Prometheus, old and new, and vmagent.
#
#   scripts/fetch-prometheus.sh [DIR]        default: target/prometheus
#
# Fetches Debian 12's prometheus into DIR/bookworm, and Debian unstable's prometheus and victoria-metrics (which holds vmagent)
# into DIR/unstable, through apt with private lists, as fetch-mysql.sh does. Everything is unpacked, nothing installed:
# DIR/SUITE/usr/bin holds the programs, which need no library but the C library.
#
# Exit status: 0 all are in place; 75 this machine cannot fetch them (the reason is on stderr); 64 wrong usage.
set -euo pipefail

readonly WHAT="REAL PROMETHEUS"

# shellcheck source=scripts/debian.sh
. "$(dirname "$0")/debian.sh"

[[ $# -le 1 && "${1:-}" != -* ]] || { echo "usage: $0 [DIR]" >&2; exit 64; }
dir=${1:-$(cd "$(dirname "$0")/.." && pwd)/target/prometheus}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# fetch SUITE PACKAGES PROGRAMS: each of the two is a list with blanks.
fetch() {
  local suite=$1 packages=$2 programs=$3 into=$dir/$1 program
  if [[ -e $into/complete ]]; then
    return
  fi
  rm -rf "$into"
  echo "Fetching $packages of Debian $suite into $into ..." >&2
  use_suite "$dir" "$suite"
  # shellcheck disable=SC2086
  fetched env --chdir="$apt/cache/archives" apt-get -q download $packages
  unpack "$into"
  for program in $programs; do
    [[ -x $into/usr/bin/$program ]] || cannot "$packages of $suite hold no $program"
  done
  touch "$into/complete"
}

lock "$dir"
fetch bookworm prometheus prometheus
fetch unstable "prometheus victoria-metrics" "prometheus vmagent"
