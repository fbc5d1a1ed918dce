#!/usr/bin/env bash
# Fetches a real HAProxy into a folder, without root and without installing anything.
#
#   scripts/fetch-haproxy.sh [DIR]        default: target/haproxy
#
# Downloads Debian 12's haproxy and the libraries that it brings, through apt with private lists, as fetch-mysql.sh does, and
# unpacks them: DIR/bookworm/usr/sbin/haproxy, which runs with LD_LIBRARY_PATH set to the folders that DIR/libraries names.
#
# Exit status: 0 it is in place; 75 this machine cannot fetch it (the reason is on stderr); 64 wrong usage.
set -euo pipefail

readonly WHAT="REAL HAPROXY"
readonly PACKAGES=(haproxy liblua5.3-0 libopentracing1 libopentracing-c-wrapper0 libpcre2-8-0 libsystemd0)

# shellcheck source=scripts/debian.sh
. "$(dirname "$0")/debian.sh"

[[ $# -le 1 && "${1:-}" != -* ]] || { echo "usage: $0 [DIR]" >&2; exit 64; }
dir=${1:-$(cd "$(dirname "$0")/.." && pwd)/target/haproxy}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

lock "$dir"
if [[ -e $dir/libraries ]]; then
  exit 0
fi
rm -rf "$dir/bookworm"
echo "Fetching ${PACKAGES[*]} of Debian bookworm into $dir ..." >&2
use_suite "$dir" bookworm
fetched env --chdir="$apt/cache/archives" apt-get -q download "${PACKAGES[@]}"
unpack "$dir/bookworm"
find "$dir/bookworm" -name '*.so*' -printf '%h\n' | sort -u | paste -sd: > "$dir/libraries.new"
LD_LIBRARY_PATH=$(< "$dir/libraries.new") "$dir/bookworm/usr/sbin/haproxy" -v > "$dir/version" 2>&1 \
  || cannot "it does not run here: $(head -1 "$dir/version")"
mv "$dir/libraries.new" "$dir/libraries"
