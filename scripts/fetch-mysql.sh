#!/usr/bin/env bash
# Fetches a real MySQL server into a folder, without root and without touching the machine's own packages.
#
#   scripts/fetch-mysql.sh [DIR]        default: target/mysql
#
# Fetches Debian unstable's mysql-server-core and every library it needs through apt, with private lists, state and cache
# under DIR, and the mirror, keyring and proxy of the machine's own sources; only the suite differs. The archive's
# signature is verified with the machine's keyring. Everything is unpacked, nothing installed: DIR/server holds a file
# tree that is started with its own loader (see run-with-mysql.sh).
#
# Exit status: 0 the server is in place; 75 this machine cannot fetch it (the reason is on stderr); 64 wrong usage.
set -euo pipefail

readonly WHAT="REAL MYSQL"
readonly SUITE=unstable
readonly PACKAGE=mysql-server-core

# shellcheck source=scripts/debian.sh
. "$(dirname "$0")/debian.sh"

[[ $# -le 1 && "${1:-}" != -* ]] || { echo "usage: $0 [DIR]" >&2; exit 64; }
dir=${1:-$(cd "$(dirname "$0")/.." && pwd)/target/mysql}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
server=$dir/server

lock "$dir"
if [[ -e $server/complete ]]; then
  exit 0
fi

rm -rf "$server"
echo "Fetching $PACKAGE of Debian $SUITE into $dir ..." >&2
use_suite "$dir" "$SUITE"
fetched apt-get -q -y --download-only install "$PACKAGE"
unpack "$server"
[[ -x $server/usr/sbin/mysqld ]] || cannot "$PACKAGE holds no mysqld"
touch "$server/complete"
