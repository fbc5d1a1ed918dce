#!/usr/bin/env bash
# Fetches a real Kafka broker for tests: its jars, by Maven, into a folder.
#
#   scripts/fetch-kafka.sh [DIR]        default: target/kafka
#
# They are not on the class path of the tests, because a broker brings libraries of its own in other versions. Asks
# no registry when Maven has them already.
#
# Exit status: 0 the broker is in place; 1 Maven cannot fetch it (the reason is on stderr); 64 wrong usage.
set -euo pipefail

[[ $# -le 1 && "${1:-}" != -* ]] || { echo "usage: $0 [DIR]" >&2; exit 64; }
root=$(cd "$(dirname "$0")/.." && pwd)
dir=${1:-$root/target/kafka}
version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$root/pom.xml")
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
if [[ -e $dir/complete-$version ]]; then
  exit 0
fi

rm -rf "${dir:?}/pom" "${dir:?}/lib"
mkdir "$dir/pom"
cat > "$dir/pom/pom.xml" << END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.sluice</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$version</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END

copy() {
  mvn -B -ntp -q -f "$dir/pom/pom.xml" "$@" \
    org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies -DoutputDirectory="$dir/lib"
}

copy -o > "$dir/pom/offline.log" 2>&1 || copy >&2 || { echo "Maven cannot fetch Kafka $version" >&2; exit 1; }
rm -rf "${dir:?}/pom"
touch "$dir/complete-$version"
