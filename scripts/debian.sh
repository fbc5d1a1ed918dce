#!/usr/bin/env bash
# Sourced by the scripts that fetch servers for tests: Debian packages through apt, without root and without touching the
# machine's own packages. Lists, state and cache are private; the mirror, keyring and proxy are those of the machine's own
# sources, and only the suite differs. The archive's signature is verified with the machine's keyring.
#
# Whoever sources it sets WHAT, which begins the message when something cannot be fetched.

readonly UNAVAILABLE=75

cannot() {
  {
    echo "=================================================================="
    echo "NO ${WHAT:?}: $1"
    echo "=================================================================="
  } >&2
  exit "$UNAVAILABLE"
}

# lock DIR: waits until no other fetch works in this folder.
lock() {
  exec 9> "$1/lock"
  if command -v flock > /dev/null; then
    flock -w 600 9 || cannot "another fetch has held $1/lock for 10 minutes"
  fi
}

# Prints "uri<TAB>signed-by" of each binary source, deb822 files first, then one-line files.
machine_sources() {
  local file
  for file in "$etc"/sources.list.d/*.sources; do
    [[ -r $file ]] || continue
    awk '
      function flush(   i, n, parts) {
        if (types ~ /(^| )deb( |$)/ && enabled != "no") {
          n = split(uris, parts, /[ \t]+/)
          for (i = 1; i <= n; i++) if (parts[i] != "") print parts[i] "\t" key
        }
        types = uris = key = enabled = field = ""
      }
      /^[ \t]*$/ { flush(); next }
      /^#/       { next }
      /^[ \t]/   { if (field == "uris") uris = uris " " $0; if (field == "signed-by") key = "-"; next }
      {
        field = tolower($0); sub(/:.*/, "", field)
        text = $0; sub(/^[^:]*:[ \t]*/, "", text)
        if (field == "types") types = text
        if (field == "uris") uris = text
        if (field == "signed-by") key = text
        if (field == "enabled") enabled = tolower(text)
      }
      END { flush() }' "$file"
  done
  for file in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
    [[ -r $file ]] || continue
    awk '
      $1 == "deb" {
        key = ""; line = $0; sub(/^deb[ \t]+/, "", line)
        if (line ~ /^\[/) {
          options = line; sub(/\].*/, "", options); sub(/^[^\]]*\][ \t]*/, "", line)
          if (match(options, /signed-by=[^ \t]+/)) key = substr(options, RSTART + 10, RLENGTH - 10)
        }
        split(line, word, /[ \t]+/); print word[1] "\t" key
      }' "$file"
  done
}

# use_suite DIR SUITE: from here on, apt-get works with lists, state and cache in DIR/apt, and has read the suite's index.
use_suite() {
  local dir=$1 suite=$2 tool etc source_line mirror keyring options file
  for tool in apt-get apt-config dpkg; do
    command -v "$tool" > /dev/null || cannot "there is no $tool on this machine"
  done
  etc=$(apt-config shell etc Dir::Etc/d)
  eval "$etc"
  etc=${etc%/}

  # The mirror of Debian proper: its path ends in /debian. Security and third-party archives have no such suite.
  source_line=$(machine_sources | awk -F '\t' '$1 ~ /\/debian\/?$/ { print; exit }')
  [[ -n $source_line ]] || cannot "no Debian mirror among the machine's sources in $etc"
  mirror=${source_line%%$'\t'*}
  keyring=${source_line#*$'\t'}
  if [[ ! -r $keyring ]]; then
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  fi

  apt=$dir/apt # for who sources this, too
  rm -rf "$apt"
  mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,conf,preferences,log}
  : > "$apt/state/status"
  options=""
  if [[ -r $keyring ]]; then
    options="[signed-by=$keyring] "
  fi
  echo "deb ${options}${mirror} $suite main" > "$apt/sources.list"
  # The machine's settings (proxies, timeouts) apply; its hooks and pinning do not.
  for file in "$etc/apt.conf" "$etc"/apt.conf.d/*; do
    if [[ -f $file && -r $file ]]; then
      cp "$file" "$apt/conf/"
    fi
  done
  cat > "$apt/conf/zz-sluice.conf" << END
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear APT::Default-Release;
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
Dir::Cache::archives "$apt/cache/archives";
Dir::Log "$apt/log";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$apt/preferences";
APT::Sandbox::User "";
APT::Install-Recommends "false";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Debug::NoLocking "true";
END
  cat > "$apt/apt.conf" << END
Dir::Etc::main "/dev/null";
Dir::Etc::parts "$apt/conf";
END
  export APT_CONFIG=$apt/apt.conf
  timeout 300 apt-get -q -o APT::Update::Error-Mode=any update > "$apt/update.log" 2>&1 \
    || cannot "apt-get update failed: $(grep -m1 -E '^[EW]:' "$apt/update.log" || tail -n1 "$apt/update.log")"
}

# fetched COMMAND...: runs an apt-get that downloads.
fetched() {
  timeout 900 "$@" > "$apt/download.log" 2>&1 \
    || cannot "'$*' failed: $(grep -m1 '^E:' "$apt/download.log" || tail -n1 "$apt/download.log")"
}

# unpack INTO: what was downloaded; then the private folders go.
unpack() {
  local package
  mkdir -p "$1"
  for package in "$apt"/cache/archives/*.deb; do
    dpkg -x "$package" "$1" || cannot "cannot unpack ${package##*/}"
  done
  rm -rf "$apt/cache" "$apt/state"
}
