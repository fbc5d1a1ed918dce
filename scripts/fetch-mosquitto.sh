#!/usr/bin/env bash
# Fetches a real MQTT broker and its command-line clients into a folder, without root and without installing anything.
#
#   scripts/fetch-mosquitto.sh [DIR]        default: target/mosquitto
#
# Downloads Debian's mosquitto, mosquitto-clients and what they need beyond this machine's own packages, through apt with
# the machine's own sources and lists, and unpacks them: DIR/root/usr/sbin/mosquitto, DIR/root/usr/bin/mosquitto_pub. They
# run with LD_LIBRARY_PATH set to the folders that DIR/libraries names.
#
# Exit status: 0 they are in place; 75 this machine cannot fetch them (the reason is on stderr); 64 wrong usage.
set -euo pipefail

readonly UNAVAILABLE=75
readonly PACKAGES=(mosquitto mosquitto-clients)

cannot() {
  {
    echo "=================================================================="
    echo "NO REAL MOSQUITTO: $1"
    echo "=================================================================="
  } >&2
  exit "$UNAVAILABLE"
}

[[ $# -le 1 && "${1:-}" != -* ]] || { echo "usage: $0 [DIR]" >&2; exit 64; }
dir=${1:-$(cd "$(dirname "$0")/.." && pwd)/target/mosquitto}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

exec 9> "$dir/lock"
if command -v flock > /dev/null; then
  flock -w 600 9 || cannot "another fetch has held $dir/lock for 10 minutes"
fi
if [[ -e $dir/libraries ]]; then
  exit 0
fi

for tool in apt-get dpkg; do
  command -v "$tool" > /dev/null || cannot "there is no $tool on this machine"
done
rm -rf "$dir/archives" "$dir/root"
mkdir -p "$dir/archives" "$dir/root"

# What an installation would add; nothing is installed. Those that are here already are fetched all the same.
plan=$(LC_ALL=C apt-get -q -s --no-install-recommends install "${PACKAGES[@]}" 2> "$dir/plan.log") \
  || cannot "apt-get does not know ${PACKAGES[*]}: $(grep -m1 '^E:' "$dir/plan.log" || echo 'run apt-get update')"
mapfile -t needed < <(awk '$1 == "Inst" { print $2 }' <<< "$plan")
mapfile -t wanted < <(printf '%s\n' "${PACKAGES[@]}" "${needed[@]}" | sort -u)

echo "Fetching ${wanted[*]} into $dir ..." >&2
(cd "$dir/archives" && timeout 300 apt-get -q download "${wanted[@]}" > "$dir/download.log" 2>&1) \
  || cannot "apt-get could not download ${wanted[*]}: $(grep -m1 '^E:' "$dir/download.log" || tail -n1 "$dir/download.log")"
for package in "$dir"/archives/*.deb; do
  dpkg -x "$package" "$dir/root" || cannot "cannot unpack ${package##*/}"
done
rm -rf "$dir/archives"
[[ -x $dir/root/usr/sbin/mosquitto && -x $dir/root/usr/bin/mosquitto_pub ]] || cannot "the packages hold no mosquitto"
find "$dir/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd: > "$dir/libraries.new"
mv "$dir/libraries.new" "$dir/libraries"
