#!/usr/bin/env bash
# What a number of shards is worth: the same backlog taken by one consumer, by two and by four shards, each held to a
# share of one core by a cgroup, everything durable. Nothing here passes or fails: noisy machines make timed assertions lie.
#
# A batch is done when its record is durable; what is told of all of them comes behind that, from one of the shards, and
# no batch waits for it. So the rate is that between the first record and the last one; when all was told, and what it cost
# in processor time, start included, stands beside it.
#
#   tests/bench/shards.sh [none|svg|png ...]     with these charts; "none" without a name
#
#   BENCH_DIR      where the directories are made (default: /dev/shm, or build/bench where that cannot be written). Machines
#                  are what shards are for; on one disk they wait for each other's flushes, which BENCH_DIR=build/bench shows
#   BENCH_SHARDS   batches (default 30000; with charts a thirtieth of that): of fewer the time is that of the starts, which the
#                  shares stretch
#   BENCH_SHARE    of a core for each shard, in percent (default 25)
#   BENCH_ROUNDS   how often, in turn (default 3); the table has the medians
#
# It takes root and the cgroup controller "cpu", version 2 or 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

BUILD=$(realpath "${BUILD:-build}")
batches=${BENCH_SHARDS:-30000}
share=${BENCH_SHARE:-25}
rounds=${BENCH_ROUNDS:-3}
counts=(1 2 4)
period_us=50000
base=${BENCH_DIR:-/dev/shm}
[[ -n ${BENCH_DIR:-} || -w $base ]] || base=$BUILD/bench
mkdir -p "$base"
work=$(mktemp -d "$base/shards.XXXXXX")
group=

now_us() { echo "${EPOCHREALTIME/[.,]/}"; }

clean_up() {
    local child
    for child in $(jobs -p); do kill -KILL "$child" 2>/dev/null || true; done
    wait
    [[ -z $group ]] || rmdir "$group"/*/ "$group" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT

# ---- shares -------------------------------------------------------------------------------------

find_controller() {
    local root=/sys/fs/cgroup
    if [[ -e $root/cgroup.controllers ]]; then
        version=2
        grep -qw cpu "$root/cgroup.controllers" && echo +cpu >"$root/cgroup.subtree_control"
    else
        version=1
        root=$root/cpu
        [[ -e $root/cpu.cfs_quota_us ]]
    fi 2>/dev/null || return 1
    group=$root/shared-data-bench.$$
    mkdir "$group" 2>/dev/null || { group= && return 1; }
    prefer_group
}

# Before what else the machine does: so each shard gets its share, and not more.
prefer_group() {
    if [[ $version -eq 2 ]]; then
        echo +cpu >"$group/cgroup.subtree_control"
        echo 10000 >"$group/cpu.weight"
    else
        echo 100000 >"$group/cpu.shares"
    fi
}

# make_share NAME: a group of its own below that of the bench.
make_share() {
    local quota_us=$((period_us * share / 100))
    mkdir "$group/$1"
    if [[ $version -eq 2 ]]; then
        echo "$quota_us $period_us" >"$group/$1/cpu.max"
    else
        echo "$period_us" >"$group/$1/cpu.cfs_period_us"
        echo "$quota_us" >"$group/$1/cpu.cfs_quota_us"
    fi
}

# in_share NAME COMMAND...: to be started in the background.
in_share() {
    echo "$BASHPID" >"$group/$1/cgroup.procs"
    exec "${@:2}"
}

# ---- runs ---------------------------------------------------------------------------------------

# Seconds of processor that children have used so far.
used() {
    times >"$work/times" # not into a pipe, whose shell has no children
    awk 'NR == 2 {for (i = 1; i <= 2; i++) {split($i, part, /[ms]/); sum += part[1] * 60 + part[2]}} END {print sum}' "$work/times"
}

# Between the first and the last of all records.
deciding_us() {
    local ends
    mapfile -t ends < <(jq -r .at "$1"/processed*.log | sort | sed -n '1p;$p')
    echo $(($(date -u -d "${ends[1]}" +%s%6N) - $(date -u -d "${ends[0]}" +%s%6N)))
}

# take N CHART BATCHES: batches a second between the records, seconds to the last shard's end, processor ms a batch.
take() {
    local started decided ended shard results=$work/results-$1-$2 shards=()
    used >"$work/before"
    started=$(now_us)
    for ((shard = 1; shard <= $1; shard++)); do
        in_share "$shard" "$BUILD/data-consumer" --dir "$work/backlog-$3" --results "$results" --shard "$shard/$1" \
            --chart "$2" --jobs 1 --once --log-level error &
        shards+=($!)
    done
    wait "${shards[@]}"
    ended=$(now_us)
    used >"$work/after"
    [[ $(cat "$results"/processed*.log | wc -l) -eq $3 ]] || { echo "shards: not all batches were taken" >&2 && exit 1; }
    decided=$(deciding_us "$results")
    rm -rf "$results"
    awk -v n="$3" -v decided="$decided" -v ended=$((ended - started)) -v before="$(<"$work/before")" -v after="$(<"$work/after")" \
        'BEGIN {printf "%.0f %.1f %.3f\n", n * 1e6 / decided, ended / 1e6, (after - before) * 1e3 / n}' >>"$work/rates-$2-$1"
}

prepare() {
    [[ -d $work/backlog-$1 ]] || "$BUILD/data-producer" --dir "$(mkdir "$work/backlog-$1" && echo "$work/backlog-$1")" \
        --interval 0 --count "$1" --max-pending 0 --keep 10000000 --rows 20-60 --seed 1 --log-level error
}

# median FILE COLUMN
median() { sort -n -k "$2,$2" "$1" | awk -v c="$2" '{x[NR] = $c} END {print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2}'; }

measure() {
    local chart=$1 count=$batches n round rates
    [[ $chart == none ]] || count=$((batches / 30))
    prepare "$count"
    for ((round = 0; round < rounds; round++)); do
        for n in "${counts[@]}"; do take "$n" "$chart" "$count"; done
    done
    echo
    echo "Shards of $share % of a core each, $count batches of 20 to 60 rows, --chart $chart, everything durable, medians of $rounds rounds"
    for n in "${counts[@]}"; do
        rates=$work/rates-$chart-$n
        awk -v n="$n" -v rate="$(median "$rates" 1)" -v one="$(median "$work/rates-$chart-1" 1)" -v end="$(median "$rates" 2)" \
            -v cost="$(median "$rates" 3)" -v all="$(cut -d ' ' -f 1 "$rates" | paste -sd ' ')" \
            'BEGIN {printf "  %d   %5.0f a second, %.2f times one; all told after %.1f s; %.3f ms of processor a batch   (%s)\n", n, rate, rate / one, end, cost, all}'
    done
}

charts=("$@")
[[ $# -gt 0 ]] || charts=(none)
for chart in "${charts[@]}"; do
    [[ $chart =~ ^(none|svg|png)$ ]] || { echo "usage: tests/bench/shards.sh [none|svg|png ...]" >&2 && exit 64; }
done
find_controller || { echo "shards: skipped: needs root and the cgroup controller cpu" && exit 0; }
for ((n = 1; n <= counts[-1]; n++)); do make_share "$n"; done
for chart in "${charts[@]}"; do measure "$chart"; done
