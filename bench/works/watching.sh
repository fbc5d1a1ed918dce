#!/usr/bin/env bash
# What watching costs: the fleet's ledger, and the operator's page in many tabs. Sourced by compare.sh.
# shellcheck disable=SC2153  # names of compare.sh

: "${TABS:=100}" "${LEDGER_RATE:=40000}"

# Batches until a query sees them, with the ledger and without it.
work_ledger_10k() {
  queryable_in_turns ledger-10k 10000 sluice sluice-no-ledger
}

work_ledger_1m() {
  queryable_in_turns ledger-1m 1000000 sluice sluice-no-ledger
}

# Single POSTs over 64 connections from 10,000 devices, at LEDGER_RATE: set it to half of what the machine reaches.
work_ledger_single() {
  open_loop_in_turns ledger-single 64 "$LEDGER_RATE" sluice sluice-no-ledger
}

launch_sluice_no_ledger() {
  serve sluice-no-ledger "${RETIRED[@]}" fleet.enabled=false
}

# `single-os` while TABS pages are open at the first view, and while none is: the same process in turns.
work_tabs() {
  local round name tabs
  start sluice
  load_once sluice 1 64 10000 "$WARM_SECONDS"
  settle sluice
  for round in $(seq "$ROUNDS"); do
    for name in $(in_order "$round" "sluice-0-tabs" "sluice-$TABS-tabs"); do
      tabs=
      if [ "$name" != sluice-0-tabs ]; then
        open_tabs sluice $((LOAD_SECONDS + 2))
        tabs=$!
      fi
      load_once sluice 1 64 10000 "$LOAD_SECONDS"
      [ -z "$tabs" ] || wait "$tabs"
      settle sluice
      row tabs "$name" "$round" "$RATE" readings/s "" "$P99_US" "$FAILED"
      [ -z "$tabs" ] || row tabs "$name" "$round" "$(sed -n 's/^Requests.sec: *//p' "$SCRATCH/tabs.out")" "requests/s of the tabs"
    done
  done
  end sluice
}

# open_tabs NAME SECONDS: asks the admin port what TABS pages ask, in the background
open_tabs() {
  wrk -t1 -c"$TABS" -d"$2s" --timeout 30s -s "$BENCH_DIR/lua/tabs.lua" "http://127.0.0.1:${ADMIN_OF[$1]}" \
    >"$SCRATCH/tabs.out" 2>&1 &
}
