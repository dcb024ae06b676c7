#!/usr/bin/env bash
# How often batches come, and for how long: intervals with jitter, bursts, rates, --duration. What is timed here is held to
# what cannot be exceeded, and only loosely to what a busy machine may fall short of; tests/unit/test_producer_schedule.c
# has the points of time exactly.
# Runs alone, because it measures.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

# ---- helpers ------------------------------------------------------------------------------------

# made ARGUMENTS...: runs the producer to its end, its log in $out; sets $count, $took_ms.
made() {
    local started
    mkdir -p "$dir"
    out=$dir/producer.out
    started=$(now_ms)
    "$producer" --dir "$dir" --min-free 0 --max-pending 0 --rows 20 --seed 7 "$@" >"$out" 2>&1 ||
        fail "exit $?: $(tail -n 2 "$out")"
    took_ms=$(($(now_ms) - started))
    count=$(grep -c ' published batch=' "$out")
}

published() { find "$dir" -name 'metadata_*.json' | wc -l; }
published_is() { [[ $(published) -eq $1 ]] || fail "$(published) batches, not $1"; }
between() { [[ $1 -ge $2 && $1 -le $3 ]] || fail "$4: $1, not $2 to $3"; }

# ---- checks -------------------------------------------------------------------------------------

duration_ends_the_run_and_count_may_end_it_sooner() {
    fresh duration
    made --interval 100ms --duration 1s
    between "$count" 3 11 batches
    between "$took_ms" 900 4000 milliseconds
    made --interval 10ms --duration 1m --count 3
    between "$count" 3 3 batches
    between "$took_ms" 0 4000 milliseconds
}

duration_ends_a_run_that_waits_for_its_reader_or_its_next_batch() {
    fresh waiting
    mkdir "$results"
    made --interval 0 --duration 500ms --max-pending 2
    between "$count" 2 2 batches
    between "$took_ms" 400 4000 milliseconds
    made --interval 1h --duration 300ms --max-pending 0
    between "$count" 1 1 batches
}

# As fast as possible, batches become durable in groups: the last is not dropped.
duration_ends_between_two_groups_and_leaves_whole_batches() {
    fresh groups
    made --interval 0 --duration 400ms
    published_is "$count"
    [[ -z $(find "$dir" -name '*.tmp') && $(find "$dir" -name 'data_*.csv' | wc -l) -eq $count ]]
}

a_rate_of_rows_is_kept_and_never_exceeded() {
    fresh rate
    made --rate 2000/s --duration 2s
    between $((count * 20)) 1500 4040 rows
    made --rate 60000/m --duration 1s
    between $((count * 20)) 300 1040 rows
}

a_rate_that_single_flushes_would_not_reach_is_reached_by_groups() {
    fresh_in_memory 64
    made --rate 20000/s --duration 2s
    between $((count * 20)) 10000 40040 rows
}

bursts_come_at_once_and_then_there_is_a_pause() {
    fresh burst
    spawn "$producer" --dir "$dir" --interval 400ms --burst 5 --max-pending 0 --min-free 0 >"$dir/producer.out"
    local making=$spawned
    eventually 5 published_is 5
    sleep 0.8
    published_is 5
    eventually 5 published_is 10
    stop "$making"
    grep -q 'interval=400ms burst=5' "$dir/producer.out"
}

# distances: between batches, in milliseconds, from the log's times.
distances() {
    sed -n 's/^[^T]*T..:\(..\):\(..\)\.\(...\)Z .* published batch=.*/\1 \2 \3/p' "$out" |
        awk '{now = ($1 * 60 + $2) * 1000 + $3; if (NR > 1) {d = now - last; print d < 0 ? d + 3600000 : d}; last = now}'
}

jitter_makes_distances_differ_and_not_their_mean() {
    fresh jitter
    made --interval 100ms±80% --count 21
    between "$took_ms" 1900 6000 milliseconds
    [[ $(distances | awk '$1 < 85' | wc -l) -ge 3 ]] || fail "none is short: $(distances | paste -sd ' ')"
    [[ $(distances | awk '$1 > 115' | wc -l) -ge 3 ]] || fail "none is long: $(distances | paste -sd ' ')"
    grep -q 'interval=100ms+-80%' "$out"
}

the_same_seed_makes_the_same_batches_whatever_their_pace() {
    fresh pace-a
    made --interval 0 --count 4
    cut -d, -f1,2 "$dir"/data_{1..4}.csv >"$work/pace"
    fresh pace-b
    made --rate 1000/s --burst 2 --count 4
    cut -d, -f1,2 "$dir"/data_{1..4}.csv | cmp - "$work/pace"
    fresh pace-c
    made --interval 5ms+-50% --count 4
    cut -d, -f1,2 "$dir"/data_{1..4}.csv | cmp - "$work/pace"
}

a_wall_clock_that_steps_changes_neither_pace_nor_duration() {
    fresh steps
    echo 0 >"$dir/offset"
    local started pace
    for pace in '--interval 100ms+-20%' '--rate 200/s'; do
        started=$(now_ms)
        # shellcheck disable=SC2086
        CLOCK_OFFSET=$dir/offset LD_PRELOAD=$tools/faults.so spawn "$producer" --dir "$dir" --min-free 0 \
            --max-pending 0 --rows 20 --duration 1500ms $pace >"$dir/producer.out"
        sleep 0.5
        echo $((10 * 365 * 24 * 3600)) >"$dir/offset"
        sleep 0.5
        echo $((-10 * 365 * 24 * 3600)) >"$dir/offset"
        wait "$spawned"
        between $(($(now_ms) - started)) 1400 5000 milliseconds
        between "$(grep -c ' published batch=' "$dir/producer.out")" 5 17 batches
        grep -qv "^$(date +%Y)" "$dir/producer.out" || fail "the clock never stepped"
    done
}

what_excludes_each_other_is_refused_by_name() {
    expect_exit 64 "$producer" --interval 1s --rate 10/s
    says --interval && says --rate && one_line
    expect_exit 64 env PRODUCER_RATE=10/s "$producer" --interval 1s
    says --interval && says --rate && one_line
    expect_exit 64 "$producer" --interval 0 --burst 3
    says '--interval 0' && says --burst && one_line
    expect_exit 64 "$producer" --interval 0±5%
    says '--interval 0' && says jitter && one_line
    expect_exit 64 "$producer" --interval 5s±120%
    says --interval && says 100% && one_line
    expect_exit 64 "$producer" --rate 0/s
    says --rate && says 'from 1' && one_line
    expect_exit 64 "$producer" --duration 0
    says --duration && one_line
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish rate
