#!/usr/bin/env bash
# The contestants: how each is started, written to, and asked for what it holds. Source it after lib.sh.
#
# start NAME sets, under its name: PORT_OF (where it takes requests), PID_OF, PATH_OF (of /write or its
# equivalent), FORMAT_OF (of one reading: json or lines) and SCHEME_OF (http or https). Every peer gets what its makers recommend, data in
# the scratch folder and a free loopback port; JVM peers get the same heap as Sluice.
# shellcheck disable=SC2034  # measure.sh reads what is set here

declare -A PORT_OF PID_OF PATH_OF FORMAT_OF SCHEME_OF ADMIN_OF CONSOLE_OF

# missing NAME: prints why it can't run here, or nothing.
missing() {
  case $1 in
    nginx | nginx-tls) [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || echo "no nginx" ;;
    victoria-metrics | victoria-metrics-tls) command -v victoria-metrics >/dev/null || echo "no victoria-metrics" ;;
    influxdb) command -v influxd >/dev/null || echo "no influxd" ;;
    naive | sluice-mysql | sluice-mirror) [ -n "${SLUICE_TEST_MYSQL_URL:-}" ] || echo "no MySQL (scripts/run-with-mysql.sh)" ;;
  esac
}

# start NAME [DEVICES]
start() {
  FORMAT_OF[$1]=lines
  SCHEME_OF[$1]=http
  [[ $1 != *-tls ]] || SCHEME_OF[$1]=https
  PATH_OF[$1]="/write?precision=u"
  "launch_${1//-/_}" "${2:-10000}"
}

# A process and its children, as a list of pids.
processes() {
  echo "${PID_OF[$1]} $(pgrep -P "${PID_OF[$1]}" | tr '\n' ' ')"
}

# hold NAME, release NAME: stops it, with everything it has in memory, while another is measured.
hold() {
  # shellcheck disable=SC2046
  kill -STOP $(processes "$1")
}

release() {
  # shellcheck disable=SC2046
  kill -CONT $(processes "$1")
}

# end NAME: ends it and removes its data. Sluice's GC log stays.
end() {
  [ -n "${PID_OF[$1]:-}" ] || return 0
  release "$1" 2>/dev/null || true
  stop "${PID_OF[$1]}"
  rm -rf "${SCRATCH:?}/$1"
}

# CPU seconds a contestant has used so far, over all threads and processes.
cpu_seconds() {
  local pid
  for pid in $(processes "$1"); do
    # The command may contain spaces: count from after its bracket.
    sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null
  done | awk -v hz="$(getconf CLK_TCK)" '{ticks += $12 + $13} END {printf "%.2f", ticks/hz}'
}

# settle NAME: waits, a minute at most, until it uses less than a tenth of a core: its deferred work is done.
settle() {
  local before after deadline=$((SECONDS + ${SETTLE_SECONDS:-60}))
  after=$(cpu_seconds "$1")
  while [ "$SECONDS" -lt "$deadline" ]; do
    before=$after
    sleep 1
    after=$(cpu_seconds "$1")
    if caught_up "$1" && awk -v a="$after" -v b="$before" 'BEGIN{exit !(a - b < 0.1)}'; then
      return
    fi
  done
}

# caught_up NAME: whether Sluice has delivered what it acknowledged; for the others this is not known.
caught_up() {
  [ -z "${ADMIN_OF[$1]:-}" ] || [ "$(status_of "$1" '[.sinks[].lag_readings // 0] | add')" = 0 ]
}

# status_of NAME JQ_EXPRESSION: the expression applied to a Sluice's status
status_of() {
  curl -fsk "${SCHEME_OF[$1]:-http}://127.0.0.1:${ADMIN_OF[$1]}/v1/status" | jq -r "$2"
}

# queryable NAME: how many readings a query sees now.
queryable() {
  case $1 in
    sluice*) questdb_count "${CONSOLE_OF[$1]}" readings "$SCRATCH/$1/questdb/console-password" ;;
    questdb) questdb_count "${PORT_OF[$1]}" temp ;;
    victoria-metrics)
      # Rows in parts, which is what a query reads; rows from the last second are not in a part yet.
      curl -fs "http://127.0.0.1:${PORT_OF[$1]}/metrics" | awk '/^vm_rows\{type="storage/{n += $2} END{printf "%d", n}'
      ;;
  esac
}

# flush NAME: asks the store to make the latest readings visible, if it has to be asked.
flush() {
  [ "$1" != victoria-metrics ] || curl -fs "http://127.0.0.1:${PORT_OF[$1]}/internal/force_flush"
}

# questdb_count PORT TABLE [PASSWORD_FILE]: the file is passed over if there is none
questdb_count() {
  local login=()
  [ ! -f "${3:-}" ] || login=(-u "sluice:$(cat "$3")")
  curl -fs "${login[@]}" -G "http://127.0.0.1:$1/exec" --data-urlencode "query=select count() from $2" | jq '.dataset[0][0]'
}

# QuestDB is the only store, so that it needs no MySQL.
readonly RETIRED=(cutover.initial-phase=retired journal.max-bytes=24GiB)

launch_sluice() {
  serve sluice "${RETIRED[@]}"
}

# serve NAME KEY=VALUE...: a Sluice with these settings, as a contestant of that name
serve() {
  local name=$1
  PATH_OF[$name]="/write?precision=u"
  FORMAT_OF[$name]=json
  start_sluice "$@"
  PORT_OF[$name]=$INGEST
  ADMIN_OF[$name]=$ADMIN
  CONSOLE_OF[$name]=$CONSOLE
  PID_OF[$name]=$SLUICE_PID
}

# The same, encrypted.
launch_sluice_tls() {
  certificate
  serve sluice-tls "${RETIRED[@]}" "tls.cert=$SCRATCH/tls.pem" "tls.key=$SCRATCH/tls.key"
}

# certificate: makes $SCRATCH/tls.pem and tls.key, over P-256, unless they are there. Everybody gets the same.
certificate() {
  need openssl
  [ -e "$SCRATCH/tls.pem" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=bench -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$SCRATCH/tls.key" -out "$SCRATCH/tls.pem" 2>/dev/null
  chmod 600 "$SCRATCH/tls.key"
}

# Another build of Sluice, from the checkout BEFORE.
launch_sluice_before() {
  serve sluice-before "${RETIRED[@]}"
}

launch_sluice_fsync() {
  serve sluice-fsync "${RETIRED[@]}" journal.ack=fsync
}

launch_nginx() {
  nginx_as nginx ""
}

launch_nginx_tls() {
  certificate
  nginx_as nginx-tls "ssl; ssl_certificate $SCRATCH/tls.pem; ssl_certificate_key $SCRATCH/tls.key"
}

# nginx_as NAME LISTEN: with these words behind the address it listens on
nginx_as() {
  local name=$1 port
  port=$(free_port)
  mkdir -p "$SCRATCH/$name"
  cat >"$SCRATCH/$name/nginx.conf" <<EOF
worker_processes auto;
pid $SCRATCH/$name/pid;
error_log $SCRATCH/$name/error.log;
daemon off;
worker_rlimit_nofile 30000;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path $SCRATCH/$name/body;
  proxy_temp_path $SCRATCH/$name/proxy;
  fastcgi_temp_path $SCRATCH/$name/fastcgi;
  uwsgi_temp_path $SCRATCH/$name/uwsgi;
  scgi_temp_path $SCRATCH/$name/scgi;
  client_max_body_size 64m;
  server {
    listen 127.0.0.1:$port backlog=4096 $2;
    location / { return 204; }
  }
}
EOF
  PATH=$PATH:/usr/sbin nginx -p "$SCRATCH/$name" -c "$SCRATCH/$name/nginx.conf" 2>/dev/null &
  launched "$name" "$port" $! "${SCHEME_OF[$name]}://127.0.0.1:$port/"
  FORMAT_OF[$name]=json
}

# A server built from the same parts as Sluice that reads each body and answers 204: the least that an ingest service
# on Helidon costs.
launch_empty_helidon() {
  local port options
  port=$(free_port)
  options=${EMPTY_HELIDON_OPTIONS:-@$(bench_options empty-helidon)}
  # shellcheck disable=SC2086
  "$(java_home)/bin/java" $options -cp "$ROOT/target/sluice.jar" "$BENCH_DIR/java/EmptyHelidon.java" \
    "$port" >"$SCRATCH/empty-helidon.log" 2>&1 &
  launched empty-helidon "$port" $! "http://127.0.0.1:$port/"
  FORMAT_OF[empty-helidon]=json
}

# launched NAME PORT PID URL [SECONDS]: records a started process and waits until the URL answers.
launched() {
  PIDS+=("$3")
  PORT_OF[$1]=$2
  PID_OF[$1]=$3
  await "${5:-30}" curl -fsk "$4" || {
    tail -20 "$SCRATCH/$1.log" >&2
    exit 1
  }
}

launch_victoria_metrics() {
  victoria_metrics_as victoria-metrics
}

launch_victoria_metrics_tls() {
  certificate
  victoria_metrics_as victoria-metrics-tls -tls "-tlsCertFile=$SCRATCH/tls.pem" "-tlsKeyFile=$SCRATCH/tls.key"
}

# victoria_metrics_as NAME OPTION...
victoria_metrics_as() {
  local name=$1 port
  shift
  port=$(free_port)
  victoria-metrics -storageDataPath "$SCRATCH/$name" -httpListenAddr "127.0.0.1:$port" \
    -retentionPeriod 100y "$@" >"$SCRATCH/$name.log" 2>&1 &
  launched "$name" "$port" $! "${SCHEME_OF[$name]}://127.0.0.1:$port/health"
}

# Its series index in files, and no limit on their number: a million devices exceed its default.
launch_influxdb() {
  local port
  port=$(free_port)
  mkdir -p "$SCRATCH/influxdb"
  cat >"$SCRATCH/influxdb/influxdb.conf" <<EOF
reporting-disabled = true
bind-address = "127.0.0.1:$(free_port)"
[meta]
dir = "$SCRATCH/influxdb/meta"
[data]
dir = "$SCRATCH/influxdb/data"
wal-dir = "$SCRATCH/influxdb/wal"
index-version = "tsi1"
max-series-per-database = 0
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:$port"
log-enabled = false
[logging]
level = "warn"
EOF
  influxd -config "$SCRATCH/influxdb/influxdb.conf" >"$SCRATCH/influxdb.log" 2>&1 &
  launched influxdb "$port" $! "http://127.0.0.1:$port/ping"
  curl -fs -XPOST "http://127.0.0.1:$port/query" --data-urlencode "q=CREATE DATABASE bench" >/dev/null
  PATH_OF[influxdb]="/write?db=bench&precision=u"
}

# QuestDB's own server, from the jar, with the collector of its own start script. Commits are not synced, which
# is its default. The device is a SYMBOL with room for the whole fleet, and a VARCHAR beyond 100,000 devices: each
# is the faster type there, and what its manual recommends. QUESTDB_DEVICE names the other one.
launch_questdb() {
  local port pg
  port=$(free_port)
  pg=$(free_port)
  mkdir -p "$SCRATCH/questdb/conf"
  cat >"$SCRATCH/questdb/conf/server.conf" <<EOF
http.bind.to=127.0.0.1:$port
pg.net.bind.to=127.0.0.1:$pg
http.min.enabled=false
line.tcp.enabled=false
telemetry.enabled=false
telemetry.disable.completely=true
EOF
  : >"$SCRATCH/questdb/conf/mime.types"
  "$(java_home)/bin/java" -Xms"${BENCH_HEAP:-2g}" -Xmx"${BENCH_HEAP:-2g}" -XX:+UseParallelGC -XX:+AlwaysPreTouch \
    --enable-native-access=ALL-UNNAMED "-Djava.io.tmpdir=$SCRATCH" -cp "$ROOT/target/sluice.jar" io.questdb.ServerMain -d "$SCRATCH/questdb" \
    >"$SCRATCH/questdb.log" 2>&1 &
  launched questdb "$port" $! "http://127.0.0.1:$port/exec?query=select+1" 60
  local type=${QUESTDB_DEVICE:-$([ "$1" -gt 100000 ] && echo VARCHAR || echo SYMBOL)}
  [ "$type" != SYMBOL ] || type="SYMBOL CAPACITY $1 CACHE"
  curl -fs -G "http://127.0.0.1:$port/exec" --data-urlencode "query=CREATE TABLE temp (device_id $type, \
    value DOUBLE, timestamp TIMESTAMP) TIMESTAMP(timestamp) PARTITION BY DAY WAL" >/dev/null
}

# One INSERT a request into the legacy table, built from the same parts as Sluice.
launch_naive() {
  local port
  port=$(free_port)
  "$(java_home)/bin/java" -Xmx512m -cp "$ROOT/target/sluice.jar" "$BENCH_DIR/java/NaiveService.java" "$port" \
    "$SLUICE_TEST_MYSQL_URL" "${SLUICE_TEST_MYSQL_USER:-root}" "${SLUICE_TEST_MYSQL_PASSWORD:-}" \
    >"$SCRATCH/naive.log" 2>&1 &
  launched naive "$port" $! "http://127.0.0.1:$port/ready" 60
  FORMAT_OF[naive]=json
}
