#!/usr/bin/env bash
# Runs clients of InfluxDB and QuestDB, unmodified, against `./sluice up`: those of JavaScript from npm, pinned by a lock file, those of
# Java from Maven Central, pinned by a pom of their own, and InfluxDB-Python from Debian, installed here as root if it is missing.
# Usage: scripts/test-clients.sh
# Exit status: 0 all passed, 75 if it could not be run here (it says why), else a test failed. The last line counts.
set -euo pipefail
cd "$(dirname "$0")/../src/test/clients"

cannot() { echo "test-clients: $*" >&2; exit 75; }

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
npm ci --no-audit --no-fund --silent --ignore-scripts >&2 || cannot "npm could not get the clients"

# Debian's package belongs to Debian's Python, whatever else is first in PATH.
has_influxdb() { [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import influxdb' 2>/dev/null; }
has_influxdb || install python3-influxdb || true
if has_influxdb; then
  export CLIENTS_PYTHON=/usr/bin/python3
else
  echo "test-clients: NOT RUN: InfluxDB-Python, because the package python3-influxdb cannot be installed here" >&2
fi

mkdir -p ../../../target
scratch=$(mktemp -d "$PWD/../../../target/clients.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mvn -B -ntp -q org.apache.maven.plugins:maven-dependency-plugin:build-classpath "-Dmdep.outputFile=$scratch/path" >&2 ||
  cannot "Maven could not get the clients of Java"
java=$(../../../sluice --java-home)/bin
CLIENTS_JAVA=$java/java
CLIENTS_JAVA_PATH=$scratch:$(<"$scratch/path")
export CLIENTS_JAVA CLIENTS_JAVA_PATH
"$java/javac" -cp "$CLIENTS_JAVA_PATH" -d "$scratch" JavaClients.java

status=0
node --test --test-force-exit --test-reporter=spec clients.test.mjs | tee "$scratch/report" || status=$?
number() { sed -n "s/^ℹ $1 //p" "$scratch/report" | tail -1 | grep . || echo 0; }
printf 'clients: %s passed, %s failed, %s skipped\n' "$(number pass)" "$(number fail)" "$(number skipped)"
exit "$status"
