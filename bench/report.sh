#!/usr/bin/env bash
# Maintains results.csv, and makes table.md and the plots from it. Source it after lib.sh; RESULTS and OUT must be set.

readonly COLUMNS_OF_RESULTS=work,contestant,round,rate,unit,cpu_seconds_per_million,p99_us,failed

# begin_results WORK...: keeps rows of other works measured earlier the same day, and drops those of these works.
begin_results() {
  local kept=$SCRATCH/kept.csv
  echo "$COLUMNS_OF_RESULTS" >"$kept"
  if [ -f "$RESULTS" ]; then
    awk -F, -v works=" $* " '{ name = $1; sub(/^growth-.*/, "growth", name) } NR > 1 && !index(works, " " name " ") && !($1 == "gc" && index(works, " " $2 " "))' \
      "$RESULTS" >>"$kept"
  fi
  cp "$kept" "$RESULTS"
}

# describe_machine ROUNDS: what it runs on, and in how many rounds
describe_machine() {
  local package options
  date -u '+%F %H:%M UTC'
  machine
  echo "commit: $(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
  echo "disk: $(df --output=fstype,size,avail -h "$SCRATCH" | tail -1 | awk '{print $1 ", " $2 ", " $3 " free"}')"
  echo "kernel: somaxconn $(cat /proc/sys/net/core/somaxconn), open files $(ulimit -n), \
transparent huge pages $(sed 's/.*\[\(.*\)\].*/\1/' /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null || echo unknown)"
  for package in wrk nginx victoria-metrics influxdb; do
    dpkg-query -W -f '${Package} ${Version}\n' "$package" 2>/dev/null || echo "$package: not a package here"
  done
  echo "questdb $(sed -n 's:.*<questdb.version>\(.*\)</questdb.version>.*:\1:p' "$ROOT/pom.xml"), its server from the jar"
  echo "kafka $(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$ROOT/pom.xml"), one broker"
  echo "rounds: $1"
  options=$(bench_options described)
  echo "Sluice's JVM options:"
  if [ -f "$options" ]; then
    grep -v '^ *#\|^$' "$options" | sed "s#$SCRATCH/##; s/^/  /"
  else
    echo "  those for a $options machine"
  fi
}

# longest_pauses WORK: the longest pause and stop in the ZGC logs of this work's Sluices; removes the logs. A stop is
# longer than its pause: it begins when the threads are asked to stop.
longest_pauses() {
  local logs=("$SCRATCH"/*.gc "$SCRATCH"/*.gc.[0-9]*)
  largest "$1" "ms longest ZGC pause" 's/.*Pause .* \([0-9.]*\)ms$/\1/p' 1 "${logs[@]}"
  largest "$1" "ms longest ZGC stop" 's/.*Safepoint "[XZ].*Total: *\([0-9]*\) ns.*/\1/p' 1e6 "${logs[@]}"
  rm -f "${logs[@]}"
}

# largest WORK UNIT SED_COMMAND DIVISOR FILE...: a row of the largest number found, if there is any
largest() {
  local most
  most=$(cat "${@:5}" 2>/dev/null | sed -n "$3" |
    awk -v divisor="$4" '$1 + 0 > most {most = $1 + 0} END {if (NR) printf "%.3f", most / divisor}') || true
  [ -z "$most" ] || row gc "$1" 1 "$most" "$2"
}

# One line a work, contestant and unit: work,contestant,unit,median,least,most,cpu,p99,failed,rounds
summary() {
  awk -F, '
    function median(list,   n, v, i, j, t) {
      n = split(substr(list, 2), v, " ")
      if (n == 0) return ""
      for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
      least = v[1]; most = v[n]
      return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
    }
    NR > 1 {
      key = $1 FS $2 FS $5
      if (!(key in rates)) { order[++keys] = key; rates[key] = ""; cpus[key] = ""; tails[key] = "" }
      if ($4 != "") { rates[key] = rates[key] " " $4; rounds[key]++ }
      if ($6 != "") cpus[key] = cpus[key] " " $6
      if ($7 != "") tails[key] = tails[key] " " $7
      failed[key] += $8
    }
    END {
      for (k = 1; k <= keys; k++) {
        key = order[k]; cpu = median(cpus[key]); tail = median(tails[key])
        least = most = ""; middle = median(rates[key])
        printf "%s,%s,%s,%s,%s,%s,%d,%d\n", key, middle, least, most, cpu, tail, failed[key], rounds[key]
      }
    }' "$RESULTS"
}

# The table; the others are compared with the first contestant of a work.
table() {
  awk -F, '
    function shown(number) {
      if (number == "") return "–"
      if (number <= -100) return "-" shown(-number)
      if (number >= 100) { number = sprintf("%.0f", number); return grouped(number) }
      return sprintf("%.4g", number)
    }
    function grouped(text,   rest) {
      for (rest = ""; length(text) > 3; text = substr(text, 1, length(text) - 3))
        rest = "," substr(text, length(text) - 2) rest
      return text rest
    }
    FILENAME == ARGV[1] { kind[$1 FS $2 FS $3] = $4; limit[$1 FS $2 FS $3] = $5; next }
    {
      key = $1 FS $2 FS $3
      if (!(($1 FS $3) in first) && $4 != "") first[$1 FS $3] = $4
      base = first[$1 FS $3]
      ratio = $4 > 0 ? base / $4 : ""
      spread = $4 > 0 && $10 > 1 ? sprintf("%.0f %%", ($6 - $5) / $4 * 100) : "–"
      target = met = "–"
      if (!(key in kind)) key = $1 FS "*" FS $3
      wanted = (key in kind) ? kind[key] : ""
      relative = 0
      if (wanted != "") {
        relative = wanted ~ /^ratio/
        upper = wanted ~ /most$/
        value = relative ? ratio : $4
        target = (upper ? "≤ " : "≥ ") (relative ? limit[key] " ×" : shown(limit[key]))
        met = value == "" ? "not run" : ((upper ? value + 0 <= limit[key] + 0 : value + 0 >= limit[key] + 0) ? "met" : "missed")
        if ($9 > 0) met = "missed (" $9 " failed)"
      }
      compared = ratio != "" && (relative || ($3 ~ /\/s/ && $4 != base)) ? sprintf("%.2f", ratio) : "–"
      failures = $9 > 0 ? ", " $9 " failed" : ""
      printf("| %s | %s | %s %s%s | %s | %s | %s | %s | %s |\n", $1, $2, ($4 == "" ? "" : shown($4)), $3,
        failures, spread, shown($7), compared, target, met)
    }' "$BENCH_DIR/targets.csv" "$SCRATCH/summary.csv"
}

write_report() {
  summary >"$SCRATCH/summary.csv"
  {
    echo "| work | contestant | median | spread | CPU s per million readings | ratio of Sluice to it | target | met |"
    echo "|---|---|---|---|---|---|---|---|"
    table
    echo
    sed 's/^/    /' "$OUT/machine.txt"
  } >"$OUT/table.md"
  plots
}

# A plot of every work with two contestants or more: bars for the medians, with the minimum and maximum of the
# rounds, and below them the CPU time that a million readings cost.
plots() {
  local work
  if ! command -v gnuplot >/dev/null; then
    echo "bench: no plots: gnuplot is not installed (Debian: apt-get install gnuplot-nox)" >&2
    return
  fi
  awk -F, '$4 != "" && $3 ~ /\/s/ && !seen[$1 FS $2]++ && ++n[$1] == 2 {print $1}' "$SCRATCH/summary.csv" |
    while read -r work; do
      plot "$work"
    done
}

# plot WORK
plot() {
  local data=$SCRATCH/plot.$1 unit terminal
  unit=$(awk -F, -v work="$1" '$1 == work && $4 != "" && $3 ~ /\/s/ {print $3; exit}' "$SCRATCH/summary.csv")
  awk -F, -v work="$1" -v unit="$unit" '$1 == work && $3 == unit && $4 != "" \
    {printf "\"%s\" %s %s %s %s\n", $2, $4, $5, $6, $7 == "" ? 0 : $7}' "$SCRATCH/summary.csv" >"$data"
  for terminal in "svg size 720,560 dynamic font 'sans,12'" "pngcairo size 1080,840 font 'sans,14'"; do
    gnuplot 2>"$SCRATCH/gnuplot.log" <<EOF || { echo "bench: no plot of $1: $(tail -1 "$SCRATCH/gnuplot.log")" >&2; return; }
set terminal $terminal
set output "$OUT/$1.${terminal:0:3}"
set multiplot layout 2,1 title "$1"
set style fill solid 0.8
set boxwidth 0.6
set yrange [0:*]
set format y "%.1s%c"
set lmargin 14
set grid y
set xtics rotate by -15
unset key
set xrange [-0.6:$(wc -l <"$data").0-0.4]
set ylabel "$unit"
plot "$data" using 0:2:xtic(1) with boxes lc rgb "#2a78b5", "" using 0:2:3:4 with yerrorbars lc rgb "#222222" pt 0 lw 1.5
set format y "%g"
set ylabel "CPU seconds per million"
plot "$data" using 0:5:xtic(1) with boxes lc rgb "#c8782d"
unset multiplot
EOF
  done
}
