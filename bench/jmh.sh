#!/usr/bin/env bash
# Runs the JMH benchmarks of bench/jmh, with bytes allocated per operation.
#
#   bench/jmh.sh [REGEX] [JMH OPTION...]      all, or those whose name matches
#   bench/jmh.sh Parser -f 1 -wi 2 -i 3 -w 1 -r 1      a short run
#
# JAVA_HOME chooses the JDK (21 or newer); by default it is the one ./sluice finds.
set -euo pipefail
cd "$(dirname "$0")/.."

java=$(./sluice --java-home)/bin/java

classpath=target/jmh.classpath
mvn -B -q test-compile org.apache.maven.plugins:maven-dependency-plugin:3.11.0:build-classpath \
  -Dmdep.outputFile="$classpath" -Dmdep.includeScope=test
exec "$java" -cp "target/test-classes:target/classes:$(cat "$classpath")" \
  org.openjdk.jmh.Main "${1:-.*}" -prof gc "${@:2}"
