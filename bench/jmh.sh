#!/usr/bin/env bash
# Runs the JMH benchmarks of bench/jmh, with bytes allocated per operation.
#
#   bench/jmh.sh [REGEX] [JMH OPTION...]      all, or those whose name matches
#   bench/jmh.sh Parser -f 1 -wi 2 -i 3 -w 1 -r 1      a short run
#
# JAVA_HOME chooses the JDK (21 or newer); else the newest under /usr/lib/jvm is taken.
set -euo pipefail
cd "$(dirname "$0")/.."

major() { "$1" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p'; }

java=
for candidate in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} $(ls -dr /usr/lib/jvm/*/bin/java 2>/dev/null) "$(command -v java || true)"; do
  if [[ -x $candidate && $(major "$candidate") -ge 21 ]]; then
    java=$candidate
    break
  fi
done
if [[ -z $java ]]; then
  echo "jmh.sh: no JDK of 21 or newer in JAVA_HOME, /usr/lib/jvm or PATH; install one or set JAVA_HOME" >&2
  exit 1
fi

classpath=target/jmh.classpath
mvn -B -q test-compile org.apache.maven.plugins:maven-dependency-plugin:3.11.0:build-classpath \
  -Dmdep.outputFile="$classpath" -Dmdep.includeScope=test
exec "$java" -cp "target/test-classes:target/classes:$(cat "$classpath")" \
  org.openjdk.jmh.Main "${1:-.*}" -prof gc "${@:2}"
