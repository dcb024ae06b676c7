#!/usr/bin/env bash
# Latency, throughput and idle cost, on this machine and its disk. Nothing here passes or fails: noisy machines
# make timed assertions lie. Figures that compare do so within one run.
#
#   BENCH_DIR    where the directories are made (default: build/bench); the disk below it is what is measured
#   BENCH_COUNT  batches for throughput (default 300)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

BUILD=$(realpath "${BUILD:-build}")
producer=$BUILD/data-producer
consumer=$BUILD/data-consumer
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
disk_rate() { (ulimit -n 34 && publish_rate disk "$count"); }

consume_rate() {
    local started
    rm -rf "$work/backlog/results"
    started=$(now_us)
    "$consumer" --dir "$work/backlog" --once --log-level error "$@"
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

throughput() {
    mkdir -p "$work/backlog"
    "$producer" --dir "$work/backlog" --interval 0 --count "$count" --rows 40 --seed 1 --log-level error
    local disk published none png one svg single
    disk=$(disk_rate)
    published=$(publish_rate groups $((count * 20)))
    none=$(consume_rate --chart none)
    png=$(consume_rate --chart png)
    one=$(consume_rate --chart png --jobs 1)
    svg=$(consume_rate --chart svg)
    single=$(gnuplot_rate)
    cat <<END

Throughput, $count batches of 40 rows (published: $((count * 20)) of 20 to 60), everything durable, a second
  published, each flushed by itself            $disk
  published                                    $published   ($(ratio "$published" "$disk") times)
  consumed, --chart none                       $none
  consumed, --chart png                        $png   ($(ratio "$png" "$single") times a gnuplot process per chart)
  consumed, --chart png, --jobs 1              $one   ($(ratio "$one" "$single") times)
  consumed, --chart svg                        $svg
  a gnuplot process per chart, nothing else    $single
END
}

idle() {
    local ticks before after seconds=20
    mkdir -p "$work/idle"
    "$producer" --dir "$work/idle" --interval 0 --count 1000 --max-pending 0 --log-level error
    "$consumer" --dir "$work/idle" --once --chart none --log-level error
    start_consumer "$work/idle"
    sleep 3
    ticks=$(getconf CLK_TCK)
    before=$(awk '{print $14 + $15}' "/proc/$pid/stat")
    sleep "$seconds"
    after=$(awk '{print $14 + $15}' "/proc/$pid/stat")
    echo
    echo "Idle over 1,000 processed batches, for $seconds s"
    awk -v used=$((after - before)) -v hz="$ticks" -v s="$seconds" \
        'BEGIN {printf "  processor     %.2f %% of a core\n", used / hz / s * 100}'
    awk '/^VmRSS/ {printf "  resident      %.1f MiB\n", $2 / 1024}' "/proc/$pid/status"
    stop_consumer
}

latency
throughput
idle
