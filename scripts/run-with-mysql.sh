#!/usr/bin/env bash
# Runs a command with its own real MySQL server, and stops that server afterwards.
#
#   scripts/run-with-mysql.sh [--servers N] COMMAND [ARG...]      e.g. scripts/run-with-mysql.sh bench/compare.sh mysql
#
# The command sees SLUICE_TEST_MYSQL_URL, SLUICE_TEST_MYSQL_USER and SLUICE_TEST_MYSQL_PASSWORD; the user has all privileges.
# With --servers N there are so many servers, all with that user, and the URL is a list of theirs with blanks in between: each
# of N test JVMs takes its own. They listen on free loopback ports, and their data lives as long as the command.
# SLUICE_MYSQL_DIR names the folder of the fetched program (default target/mysql).
#
# Exit status: the command's; 75 when this machine cannot run MySQL (the reason is on stderr); 64 wrong usage.
set -euo pipefail

readonly UNAVAILABLE=75

cannot() {
  {
    echo "=================================================================="
    echo "NO REAL MYSQL: $1"
    echo "=================================================================="
  } >&2
  exit "$UNAVAILABLE"
}

servers=1
if [[ ${1:-} == --servers && ${2:-} =~ ^[1-9]$ ]]; then
  servers=$2
  shift 2
fi
[[ $# -ge 1 && $1 != -* ]] || { sed -n '2,/^set/{/^#/p}' "$0" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
dir=${SLUICE_MYSQL_DIR:-$here/../target/mysql}
unset SLUICE_MYSQL_DIR # Sluice refuses variables of its prefix that it does not know
"$here/fetch-mysql.sh" "$dir"
dir=$(cd "$dir" && pwd)
server=$dir/server

loader=$(find "$server" -name 'ld-linux*.so.*' -print | head -n 1)
[[ -n $loader ]] || cannot "the fetched server has no dynamic loader"
libraries=$(dirname "$(find "$server/usr/lib" -name libc.so.6 -print | head -n 1)")

runs=() # of each server, its folder; the socket's name below is relative to the data in it: a path may not pass 107 bytes
pids=()
stop() {
  local status=$? pid
  trap - EXIT INT TERM
  for pid in ${pids[@]+"${pids[@]}"}; do
    kill -TERM "$pid" 2> /dev/null || true
  done
  for pid in ${pids[@]+"${pids[@]}"}; do
    for _ in $(seq 300); do
      kill -0 "$pid" 2> /dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
  rm -rf ${runs[@]+"${runs[@]}"}
  exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mysqld() {
  exec "$loader" --library-path "$libraries" "$server/usr/sbin/mysqld" --no-defaults \
    --basedir="$server/usr" --datadir="$run/data" --tmpdir="$run" --secure-file-priv= \
    --lc-messages-dir="$server/usr/share/mysql" --character-sets-dir="$server/usr/share/mysql/charsets" \
    --plugin-dir="$server/usr/lib/mysql/plugin" --log-error="$run/error.log" \
    ${as_root[@]+"${as_root[@]}"} "$@"
}
as_root=()
if [[ $(id -u) -eq 0 ]]; then
  as_root=(--user=root)
fi

user=sluice
password=$(od -An -N 12 -tx1 /dev/urandom | tr -d ' \n')

# Starts a server in the folder $run on this port. Leaves pid empty if the port was taken after all.
start_on() {
  : > "$run/error.log"
  (mysqld --port="$1" --bind-address=127.0.0.1 --socket=mysql.sock --pid-file="$run/mysql.pid" --mysqlx=OFF) &
  pid=$!
  pids+=("$pid")
  for _ in $(seq 600); do
    if grep -q 'ready for connections' "$run/error.log"; then
      return
    fi
    if ! kill -0 "$pid" 2> /dev/null; then
      wait "$pid" || true
      pid=""
      return
    fi
    sleep 0.1
  done
  cannot "mysqld did not start within 60 s: $(tail -n 3 "$run/error.log")"
}

# Starts one more server and adds its address to urls.
start() {
  run=$(mktemp -d "$dir/run.XXXXXX")
  runs+=("$run")
  cat > "$run/users.sql" << END
CREATE USER '$user'@'%' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO '$user'@'%' WITH GRANT OPTION;
ALTER USER 'root'@'localhost' IDENTIFIED BY '$password';
END
  (mysqld --initialize-insecure --init-file="$run/users.sql") \
    || cannot "mysqld could not initialise its data: $(tail -n 3 "$run/error.log")"
  pid=""
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    if (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
      continue
    fi
    start_on "$port"
    if [[ -n $pid ]]; then
      break
    fi
  done
  [[ -n $pid ]] || cannot "mysqld did not start: $(tail -n 3 "$run/error.log")"
  urls+="${urls:+ }jdbc:mysql://127.0.0.1:$port/"
  echo "Real MySQL $(sed -n "s/.*ready for connections. Version: '\([^']*\)'.*/\1/p" "$run/error.log" | head -n 1)" \
    "runs on port $port" >&2
}

urls=""
for _ in $(seq "$servers"); do
  start
done
export SLUICE_TEST_MYSQL_URL="$urls"
export SLUICE_TEST_MYSQL_USER=$user
export SLUICE_TEST_MYSQL_PASSWORD=$password
"$@"
