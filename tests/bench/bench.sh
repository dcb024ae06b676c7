#!/usr/bin/env bash
# Latency, throughput, generation and idle cost, on this machine and its disk. Nothing here passes or fails: noisy machines
# make timed assertions lie. Figures that compare do so within one run.
#
#   tests/bench/bench.sh [latency|throughput|generate|backlog|page|crowd|idle ...]     all of them without a name
#
#   BENCH_DIR      where the directories are made (default: build/bench); the disk below it is what is measured
#   BENCH_COUNT    batches for throughput (default 300)
#   BENCH_ROWS     rows of a batch that is only made (default 200000)
#   BENCH_BACKLOG  batches for the backlog (default 20000)
#   BENCH_PAGE     batches for the page (default 10000)
#   BENCH_CROWD    processed batches of the crowd, which has twice as many other names (default 100000)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

BUILD=$(realpath "${BUILD:-build}")
producer=$BUILD/data-producer
consumer=$BUILD/data-consumer
python=$(type -P /usr/bin/python3 || type -P python3 || echo python3) # Debian's, which has its packages
count=${BENCH_COUNT:-300}
base=${BENCH_DIR:-$BUILD/bench}
mkdir -p "$base"
work=$(mktemp -d "$base/run.XXXXXX")
pid=
trap '[[ -z $pid ]] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

now_us() { echo "${EPOCHREALTIME/[.,]/}"; }
per_second() { awk -v n="$1" -v us="$2" 'BEGIN {printf "%.0f", n * 1e6 / us}'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.1f", a / b}'; }

start_consumer() {
    mkdir -p "$1/results"
    "$consumer" --dir "$1" "${@:2}" >"$1/consumer.out" &
    pid=$!
    until [[ -e $1/results/status.json ]]; do sleep 0.05; done
    sleep 0.3
}

stop_consumer() {
    kill -TERM "$pid"
    wait "$pid"
    pid=
}

latency() {
    echo "Latency of one batch of 40 rows, the consumer asleep until inotify wakes it"
    local chart
    for chart in none png; do
        start_consumer "$work/latency-$chart" --chart "$chart"
        echo " --chart $chart"
        "$BUILD/bench/latency" "$work/latency-$chart" "$work/latency-$chart/results" 200 40
        stop_consumer
    done
}

# publish_rate NAME BATCHES: as fast as possible, in a directory of its own, as ext4 is slow where much was just deleted.
publish_rate() {
    local started
    mkdir "$work/$1"
    started=$(now_us)
    "$producer" --dir "$work/$1" --interval 0 --count "$2" --max-pending 0 --rows 20-60 --log-level error
    per_second "$2" $(($(now_us) - started))
}

# What the disk itself does: with so few descriptors no two batches can share their flushes.
disk_rate() { (ulimit -n 34 && publish_rate "$1" "$count"); }

# consume_rate OPTION...: into a directory of its own, for the same reason.
consume_rate() {
    local started results
    results=$(mktemp -d "$work/results.XXXXXX")
    started=$(now_us)
    "$consumer" --dir "$work/backlog" --results "$results" --once --log-level error "$@"
    per_second "$count" $(($(now_us) - started))
}

# The same picture by a gnuplot process of its own, as a script would do it.
gnuplot_rate() {
    local started n runs=40
    awk -F, 'NR > 1 {print NR - 1, $2}' "$work/backlog/data_1.csv" >"$work/points"
    started=$(now_us)
    for ((n = 0; n < runs; n++)); do
        gnuplot -e "set terminal pngcairo size 1000,600 font 'DejaVu Sans,11'; set output '$work/one.png';
            set style fill solid; plot '$work/points' using 1:2 with boxes notitle"
    done
    per_second "$runs" $(($(now_us) - started))
}

# The same job by pandas and matplotlib, 40 batches of it; nothing durable. Empty where they are not there.
pandas_rate() {
    local script=tests/bench/peers/pandas_chart.py
    "$python" "$script" >/dev/null 2>&1 || return 0
    mkdir -p "$work/pandas"
    cp "$work"/backlog/data_{1..40}.csv "$work/pandas/"
    "$python" "$script" "$work/pandas"
}

# note NAME COMMAND...: what it prints is one of three rounds of NAME, taken in turn with the others'; median NAME.
note() { echo "$("${@:2}")" >>"$work/rates.$1"; }
median() { sort -g "$work/rates.$1" | sed -n 2p; }

throughput() {
    local round name
    mkdir -p "$work/backlog"
    "$producer" --dir "$work/backlog" --interval 0 --count "$count" --rows 40 --seed 1 --log-level error
    for round in 1 2 3; do
        note disk disk_rate "disk.$round"
        note published publish_rate "groups.$round" $((count * 20))
        note none consume_rate --chart none
        note png consume_rate --chart png
        note one consume_rate --chart png --jobs 1
        note svg consume_rate --chart svg
        note single gnuplot_rate
        note pandas pandas_rate
    done
    local disk published none png one svg single pandas
    for name in disk published none png one svg single pandas; do
        printf -v "$name" '%s' "$(median "$name")"
    done
    cat <<END

Throughput, $count batches of 40 rows (published: $((count * 20)) of 20 to 60), everything durable, a second; medians of three
  published, each flushed by itself            $disk
  published                                    $published   ($(ratio "$published" "$disk") times)
  consumed, --chart none                       $none
  consumed, --chart png                        $png   ($(ratio "$png" "$single") times a gnuplot process per chart)
  consumed, --chart png, --jobs 1              $one   ($(ratio "$one" "$single") times)
  consumed, --chart svg                        $svg
  a gnuplot process per chart, nothing else    $single
  pandas and matplotlib, in one process        ${pandas:-not there: python3-pandas python3-matplotlib}${pandas:+   ($(ratio "$png" "$pandas") times)}
END
}

# generated TITLE SCHEMA: rows that are made, and what the machine does with the same bytes in the same seconds.
generated() {
    echo " $1"
    "$BUILD/bench/generate" "$2" "${BENCH_ROWS:-200000}" 15
}

generate() {
    echo
    echo "Rows made in memory, ${BENCH_ROWS:-200000} a batch, one core, MB a second: median and best of 15"
    generated "default: label, value, timestamp" default
    generated "numbers, nothing quoted" 'at:time,a:normal(20,5),b:lognormal,c:walk,d:sine(noise=1),n:uniform(1,6) integer'
    generated "texts, one of them in quotes" 'id:uuid,who:name,what:choice("a, b",c),state:choice(paid=8,open=3,cancelled)'
}

# Small batches, and beside them what the disk does with as many small files, in the same minute.
backlog() {
    local count=${BENCH_BACKLOG:-20000} started published consumed
    mkdir "$work/small" "$work/disk-before" "$work/disk-after"
    echo
    echo "Backlog, $count batches of 20 to 60 rows, no charts, everything durable, batches a second"
    "$BUILD/bench/disk" "$work/disk-before" 8000 >"$work/before"
    started=$(now_us)
    "$producer" --dir "$work/small" --interval 0 --count "$count" --max-pending 0 --rows 20-60 --log-level error
    published=$(per_second "$count" $(($(now_us) - started)))
    started=$(now_us)
    "$consumer" --dir "$work/small" --once --chart none --log-level error
    consumed=$(per_second "$count" $(($(now_us) - started)))
    "$BUILD/bench/disk" "$work/disk-after" 8000 >"$work/after"
    echo "  published (two files each)     $published"
    echo "  consumed (one file each)       $consumed"
    echo "  the disk itself, files of 450 bytes a second, before and after:"
    join "$work/before" "$work/after" | while read -r way before after; do
        printf '    %-28s %s %s\n' "$way" "$before" "$after"
    done
}

size_of() { stat -c %s "$@" | sort -n | tail -n 1; }

# The last batch with a chart, so that the trend of them all is drawn; then the fullest pages that there can be.
page() {
    local count=${BENCH_PAGE:-10000} dir=$work/page scene
    mkdir "$dir" "$work/scene"
    "$producer" --dir "$dir" --interval 0 --count "$count" --max-pending 0 --rows 20-60 --log-level error
    "$consumer" --dir "$dir" --once --chart none --log-level error
    "$producer" --dir "$dir" --interval 0 --count 1 --max-pending 0 --rows 20-60 --log-level error
    "$consumer" --dir "$dir" --once --log-level error
    echo
    echo "Page, after $count batches"
    echo "  index.html                     $(size_of "$dir/results/index.html") bytes"
    echo "  the largest of the older       $(size_of "$dir"/results/page-*.html) bytes"
    echo "  trend.png                      $(size_of "$dir/results/trend.png") bytes"
    for scene in ordinary hostile wide; do
        printf '  %-30s %s\n' "rewritten, $scene" "$("$BUILD/tests/tools/make-page" "$work/scene" "$scene" 100)"
    done
}

resident() { awk '/^VmHWM/ {printf "%.1f", $2 / 1024}' "/proc/$pid/status"; }
used_ticks() { awk '{print $14 + $15}' "/proc/$pid/stat"; }

# processor SECONDS: of the consumer, over so long.
processor() {
    local before
    before=$(used_ticks)
    sleep "$1"
    awk -v used=$(($(used_ticks) - before)) -v hz="$(getconf CLK_TCK)" -v s="$1" 'BEGIN {printf "%.2f", used / hz / s * 100}'
}

# From the producer's last word to the summary.
newest_after_ms() {
    local number started
    "$producer" --dir "$1" --interval 0 --count 1 --max-pending 0 --rows 10 >"$work/producer.out"
    started=$(now_us)
    number=$(sed -n 's/.*published batch=\([0-9]*\).*/\1/p' "$work/producer.out")
    until [[ -e $1/results/summary_$number.json ]]; do sleep 0.002; done
    echo $((($(now_us) - started) / 1000))
}

crowd() {
    local count=${BENCH_CROWD:-100000} dir=$work/crowd started
    mkdir "$dir"
    "$producer" --dir "$dir" --interval 0 --count "$count" --max-pending 0 --keep 10000000 --rows 3 --log-level error
    "$consumer" --dir "$dir" --once --chart none --log-level error
    seq -f "$dir/junk_%.0f" $((count * 2)) | xargs touch
    rm "$dir/results/status.json"
    started=$(now_us)
    "$consumer" --dir "$dir" --chart none --log-level error &
    pid=$!
    until grep -q '"last_scan_at": "' "$dir/results/status.json" 2>/dev/null; do sleep 0.005; done
    echo
    echo "Crowd, $count processed batches and $((count * 2)) other names in the directory"
    echo "  from start to the first scan   $((($(now_us) - started) / 1000)) ms"
    echo "  a new batch meanwhile          $(newest_after_ms "$dir") ms to its summary"
    echo "  processor, first 15 s          $(processor 15) % of a core, comparing what was processed before the start"
    echo "  processor, idle, 60 s          $(processor 60) % of a core"
    echo "  a new batch                    $(newest_after_ms "$dir") ms to its summary"
    echo "  processor behind it, 60 s      $(processor 60) % of a core"
    echo "  resident at most               $(resident) MiB"
    stop_consumer
}

idle() {
    local seconds=20
    mkdir -p "$work/idle"
    "$producer" --dir "$work/idle" --interval 0 --count 1000 --max-pending 0 --log-level error
    "$consumer" --dir "$work/idle" --once --chart none --log-level error
    start_consumer "$work/idle"
    sleep 3
    echo
    echo "Idle over 1,000 processed batches, for $seconds s"
    echo "  processor     $(processor "$seconds") % of a core"
    echo "  resident      $(resident) MiB"
    stop_consumer
}

sections=("$@")
[[ $# -gt 0 ]] || sections=(latency throughput generate backlog page crowd idle)
for section in "${sections[@]}"; do
    case $section in
    latency | throughput | generate | backlog | page | crowd | idle) "$section" ;;
    *)
        echo "usage: tests/bench/bench.sh [latency|throughput|generate|backlog|page|crowd|idle ...]" >&2
        exit 64
        ;;
    esac
done
