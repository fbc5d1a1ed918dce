#!/usr/bin/env bash
# Builds the jar twice from the files of this checkout, in two folders, under two time zones, locales and umasks, and compares the
# bytes. Prints the hash, or which entries differ; exit 1 if any does.
#
#   scripts/check-reproducible.sh [--with JAR] [MAVEN_ARGUMENT...]
#
# --with JAR compares that jar, built from the same files and by Maven on the same JDK before, with one new build.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
java_home=$(./sluice --java-home)
work=$root/target/reproducible
rm -rf "$work"
one=$work/one/target/sluice.jar
another=$work/another-folder/target/sluice.jar

# build FOLDER TIMEZONE LOCALE UMASK MAVEN_ARGUMENTS...: copies the checkout there and makes its jar.
build() {
  local folder=$work/$1 zone=$2 locale=$3 mask=$4
  shift 4
  mkdir -p "$folder"
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do
      [ ! -e "$file" ] || printf '%s\0' "$file"
    done | tar --null --files-from=- -cf - | tar -xf - -C "$folder"
  # File times are not part of the sources.
  find "$folder" -exec touch {} +
  (
    umask "$mask"
    cd "$folder"
    TZ=$zone LC_ALL=$locale JAVA_SLUICE_HOME=$java_home \
      mvn -B -ntp -q package -Dmaven.test.skip=true -Dspotless.check.skip=true -Dsluice.train.skip=true "$@"
  )
}

if [ "${1:-}" = --with ]; then
  one=$2
  shift 2
else
  build one UTC C.UTF-8 022 "$@"
fi
build another-folder Pacific/Auckland C 077 "$@"

if cmp -s "$one" "$another"; then
  sha256sum "$another" | sed "s#$work/another-folder/##"
  rm -rf "$work"
  exit
fi
echo "the same sources gave two jars; entries that differ (size, time, CRC, name):" >&2
list() { unzip -lv "$1" | awk 'NF >= 8 { print $1, $5, $6, $7, $8 }'; }
if diff <(list "$one") <(list "$another") >&2; then
  echo "none: the order or attributes of entries differ; the jars are in $work" >&2
fi
exit 1
