#!/usr/bin/env bash
# Tests the operator's page and QuestDB's console in a real browser, and what foreign pages can do in it: starts the jar with `./sluice up` on free ports and drives it with
# playwright-core and Chromium. Installs both where it can, as root and with npm; the lock file pins what npm gets.
# Usage: scripts/test-page.sh        CHROMIUM=PATH names another browser
# Exit status: 0 all passed, 75 if it could not be run here (it says why), else a test failed. The last line counts.
set -euo pipefail
cd "$(dirname "$0")/../src/test/page"

cannot() { echo "test-page: $*" >&2; exit 75; }

browser() { [ -n "${CHROMIUM:-}" ] || [ -x /usr/bin/chromium ] || [ -x /usr/bin/chromium-browser ] || [ -x /usr/bin/google-chrome ]; }

install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"; } >&2
}

if ! command -v npm >/dev/null; then
  install nodejs npm || cannot "node and npm are missing: install them"
fi
version=$(node --version)
major=${version#v}
[ "${major%%.*}" -ge 20 ] || cannot "node is $version, needed is 20 or newer"
browser || install chromium fonts-dejavu-core || true
browser || cannot "there is no Chromium: install it, or set CHROMIUM"
npm ci --no-audit --no-fund --silent >&2 || cannot "npm could not get playwright-core and axe-core"

mkdir -p ../../../target
report=$(mktemp "$PWD/../../../target/page-report.XXXXXX")
trap 'rm -f "$report"' EXIT
status=0
# Nothing that a failed test leaves open may hold up the end.
node --test --test-force-exit --test-reporter=spec --test-concurrency=1 page.test.mjs doors.test.mjs console.test.mjs | tee "$report" || status=$?
number() { sed -n "s/^ℹ $1 //p" "$report" | tail -1 | grep . || echo 0; }
printf 'page: %s passed, %s failed, %s skipped\n' "$(number pass)" "$(number fail)" "$(number skipped)"
exit "$status"
