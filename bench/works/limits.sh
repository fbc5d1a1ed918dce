#!/usr/bin/env bash
# What a client over its limit costs the others. Sourced by compare.sh.
# shellcheck disable=SC2153  # names of compare.sh

: "${HOT_LIMIT:=200}" "${OTHERS_RATE:=4000}" "${OTHERS_CONNECTIONS:=1000}"
readonly HOT_CONNECTIONS=20

# The p99 of a fleet at a fixed rate, beside a client that keeps to its limit and beside the same client at ten times its
# limit: the same process in turns.
work_hot_client() {
  local round name times hot others
  bench_command hot-client || return 0
  (umask 077 && : >"$SCRATCH/limits.tokens")
  others=$(limited_token others "")
  hot=$(limited_token hot "readings-per-second=$HOT_LIMIT")
  serve sluice-limits "${RETIRED[@]}" "auth.tokens-file=$SCRATCH/limits.tokens"
  beside_hot_client "$others" "$hot" 1
  for round in $(seq "$ROUNDS"); do
    for name in $(in_order "$round" others-beside-its-limit others-beside-10-times-it); do
      times=1
      [ "$name" = others-beside-its-limit ] || times=10
      beside_hot_client "$others" "$hot" "$times"
      row hot-client "$name" "$round" "$(of_fleet .latency_us.p99)" "us p99"
      row hot-client "$name" "$round" "$(of_fleet .requests_per_second)" requests/s "" "" "$(fleet_failed)"
      row hot-client "$name" "$round" "$(sed -n 's/^Requests.sec: *//p' "$SCRATCH/hot.out")" "requests/s of the hot client"
    done
  done
  end sluice-limits
}

# limited_token NAME ATTRIBUTES: adds a line to the tokens file and prints the secret
limited_token() {
  local secret
  secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "sha256:$(printf %s "$secret" | sha256sum | cut -d' ' -f1) write name=$1 $2" >>"$SCRATCH/limits.tokens"
  echo "$secret"
}

# beside_hot_client TOKEN HOT_TOKEN TIMES: loads for a round, while the hot client sends TIMES its limit
beside_hot_client() {
  local hot
  wrk -t1 -c"$HOT_CONNECTIONS" -d"$((LOAD_SECONDS + 4))s" --timeout 30s -s "$BENCH_DIR/lua/paced.lua" \
    "http://127.0.0.1:${PORT_OF[sluice-limits]}/v1/readings" -- "$2" $((1000 * HOT_CONNECTIONS / HOT_LIMIT / $3)) \
    >"$SCRATCH/hot.out" 2>&1 &
  hot=$!
  SLUICE_TOKEN=$1 fleet sluice-limits --url "http://127.0.0.1:${PORT_OF[sluice-limits]}" \
    --connections "$OTHERS_CONNECTIONS" --rate "$OTHERS_RATE" --duration "${LOAD_SECONDS}s"
  wait "$hot" || true
}
