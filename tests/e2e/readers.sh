#!/usr/bin/env bash
# Several consumers of one shared directory, each with results of its own: the producer deletes what all of them have
# acknowledged, and waits for the slowest.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

# ---- helpers ------------------------------------------------------------------------------------

# both NAME: a shared directory with two readers, $first and $second, that have not come yet.
both() {
    fresh "$1"
    first=$work/$1-first
    second=$work/$1-second
    out=$dir/producer.out
}

start_producer() {
    spawn "$producer" --dir "$dir" --rows 3 --min-free 0 --results "$first" --results "$second" "$@" >"$out" 2>&1
}
read_into() { "$consumer" --dir "$dir" --results "$1" --once --chart none --settle 300ms >>"$dir/consumer.out"; }
said() { grep -qF -- "$1" "$out" || fail "did not say '$1': $(tail -n 3 "$out")"; }
times_said() { [[ $(grep -cF -- "$1" "$out") -eq $2 ]] || fail "said '$1' $(grep -cF -- "$1" "$out") times, not $2"; }
there() { [[ -e $dir/data_$1.csv && -e $dir/metadata_$1.json ]] || fail "batch $1 is not there"; }
gone() { [[ ! -e $dir/data_$1.csv && ! -e $dir/metadata_$1.json ]] || fail "batch $1 is still there"; }
last_is() { [[ -e $dir/metadata_$1.json && ! -e $dir/data_$(($1 + 1)).csv ]] || fail "the last batch is not $1"; }
# stands_still COMMAND...: it holds, and still does after a while.
stands_still() {
    "$@"
    sleep 0.5
    "$@"
}

# ---- checks -------------------------------------------------------------------------------------

a_batch_that_one_of_two_readers_lacks_is_never_deleted() {
    both lacking
    mkdir "$first" "$second"
    start_producer --interval 0 --count 6 --keep 0
    wait "$spawned"
    read_into "$first"
    "$producer" --dir "$dir" --results "$first" --results "$second" --interval 0 --count 1 --keep 0 --rows 3 >"$out"
    for n in {1..7}; do there "$n"; done
    read_into "$second"
    "$producer" --dir "$dir" --results "$first" --results "$second" --interval 0 --count 1 --keep 0 --rows 3 >"$out"
    for n in {1..6}; do gone "$n"; done
    there 7
}

the_producer_waits_for_the_slowest_reader_and_names_it() {
    both slowest
    mkdir "$first" "$second"
    start_producer --interval 0 --max-pending 4
    local making=$spawned
    eventually 5 last_is 4
    read_into "$first"
    stands_still last_is 4
    read_into "$second"
    eventually 5 last_is 8
    stop "$making"
    said "waiting for the consumer of $first"
}

one_reader_out_of_sight_is_named_once_and_holds_all_deletion_up_while_the_other_is_waited_for() {
    both unseen
    mkdir "$first"
    start_producer --interval 0 --max-pending 3 --keep 0
    local making=$spawned
    eventually 5 last_is 3
    stands_still last_is 3
    read_into "$first"
    eventually 5 last_is 6
    there 1
    times_said "no results directory $second: no batch is deleted" 1
    said "waiting for the consumer of $first"
    mkdir "$second"
    eventually 5 said "$second has appeared"
    read_into "$first"
    stands_still there 1
    read_into "$second"
    eventually 5 gone 1
    stop "$making"
}

numbers_go_on_above_the_last_of_all_logs() {
    both numbers
    start_producer --interval 0 --count 9
    wait "$spawned"
    read_into "$first"
    rm "$dir"/{data,metadata}_*
    start_producer --interval 0 --count 2
    wait "$spawned"
    there 10
    read_into "$second"
    rm -r "$dir"/{data,metadata}_* "$first"
    start_producer --interval 0 --count 1
    wait "$spawned"
    there 12
}

readers_in_the_variable_are_divided_by_colons() {
    both variable
    mkdir "$first" "$second"
    RESULTS_DIR=$first:$second spawn "$producer" --dir "$dir" --rows 3 --interval 0 --max-pending 2 >"$out"
    local making=$spawned
    eventually 5 last_is 2
    read_into "$second"
    stands_still last_is 2
    read_into "$first"
    eventually 5 last_is 4
    stop "$making"
    expect_exit 78 env RESULTS_DIR="$first:" "$producer" --dir "$dir"
    says RESULTS_DIR && one_line
    expect_exit 64 "$producer" --dir "$dir" --results "$first" --results "$first"
    says 'given twice' && one_line
}

a_log_that_cannot_be_read_is_told_by_its_name_and_makes_health_fail() {
    both damaged
    mkdir "$first" "$second"
    printf 'damage\nand more\n{}\n' >"$second/processed.log"
    start_producer --interval 100ms --count 1
    wait "$spawned"
    read_into "$first"
    cat "$first/processed.log" >>"$second/processed.log"
    start_producer --interval 100ms
    local making=$spawned
    eventually 5 said "$second: "
    eventually 5 health_names "$second"
    stop "$making"
}
health_names() {
    local status=0 answer
    answer=$("$producer" --health --dir "$dir" 2>&1) || status=$?
    [[ $status -eq 75 && $answer == *"$1"* ]] || fail "--health exits $status: $answer"
}

# A reader never meets metadata whose data is gone, and one that begins late takes up what is still there.
two_consumers_and_a_producer_run_together_and_each_reader_has_every_batch_once() {
    both together
    start_producer --interval 0 --count 300 --keep 10 --max-pending 20
    local making=$spawned readers=() one
    for one in "$first" "$second"; do
        spawn "$consumer" --dir "$dir" --results "$one" --chart none --poll-interval 50ms >>"$dir/consumer.out" 2>&1
        readers+=("$spawned")
    done
    wait "$making"
    for one in "$first" "$second"; do
        eventually 30 has_all "$one"
    done
    stop "${readers[0]}"
    stop "${readers[1]}"
    ! grep -q '"outcome":"rejected"' "$first/processed.log" "$second/processed.log" || fail "a batch was rejected"
}
has_all() {
    [[ $(jq -rs '[.[] | select(.outcome == "processed") | .key] | length, (unique | length)' "$1/processed.log" | paste -sd ' ') == "300 300" ]]
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish readers
