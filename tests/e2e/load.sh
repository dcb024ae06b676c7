#!/usr/bin/env bash
# Much of everything: records, batches, rows, and a producer that is faster than its consumer. Scaled so that it stays
# short; what is asserted is that cost does not grow with the amount.
# Runs alone, because it measures.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

# fresh_history COUNT: a directory whose log knows of so many processed batches, met by one start before.
fresh_history() {
    fresh_in_memory
    mkdir "$results"
    "$tools/fill-log" "$1" >"$log"
    consume_once --chart none
}

many_processed_batches_cost_no_idle_time() {
    fresh_history 200000
    start_consumer --chart none
    eventually 20 grep -q "\"pid\": $spawned" "$results/status.json"
    status_is '.processed == 200000 and .backlog == 0'
    # Nothing is known of this stream but its log: all that is told of it is made up first.
    eventually 60 jq -e '.batches + .left_out == 200000' "$results/totals.json"
    sleep 1.2
    local before
    before=$(cpu_ticks "$spawned")
    sleep 1
    [[ $(($(cpu_ticks "$spawned") - before)) -le 3 ]] || fail "$(($(cpu_ticks "$spawned") - before)) ticks in an idle second"
    stop "$spawned"
}

# milliseconds_to_start: until the status is that of the process just started.
milliseconds_to_start() {
    local started
    started=$(now_ms)
    start_consumer --chart none
    eventually 20 grep -q "\"pid\": $spawned" "$results/status.json"
    took=$(($(now_ms) - started))
}

many_processed_batches_cost_no_start_up_time_and_no_memory() {
    fresh_history 200000
    local took
    milliseconds_to_start
    [[ $took -lt 500 ]] || fail "$took ms to start"
    [[ $(peak_kib "$spawned") -lt 24576 ]] || fail "$(peak_kib "$spawned") KiB"
    stop "$spawned"
    [[ $(wc -l <"$log") -eq 200000 ]]
}

a_backlog_is_worked_off_in_order_whole_and_in_little_memory() {
    fresh_in_memory
    publish 5000 --rows 2 --max-pending 0
    start_consumer --chart none
    eventually 30 has_record 5000
    [[ $(peak_kib "$spawned") -lt 32768 ]] || fail "$(peak_kib "$spawned") KiB"
    status_becomes '.backlog == 0 and .processed == 5000'
    stop "$spawned"
    jq -r .key "$log" | cmp - <(seq 5000)
    [[ $(find "$results" -name 'summary_*.json' | wc -l) -eq 5000 ]]
}

# They are compared in turns, which takes longer than a change has to stand still.
every_change_among_many_processed_batches_is_noted_by_one_run() {
    fresh_in_memory
    publish 8000 --rows 2 --max-pending 0
    consume_once --chart none
    local number
    for ((number = 40; number <= 8000; number += 80)); do
        tail -n 1 "$dir/data_$number.csv" >>"$dir/data_$number.csv"
    done
    consume_once --chart none --settle 200ms
    [[ $(grep -c '"outcome":"changed"' "$log") -eq 100 ]] ||
        fail "$(grep -c '"outcome":"changed"' "$log") of 100 changes were noted"
}

# peak_over ROWS: the most memory that a consumer has had over a batch of so many different rows.
peak_over() {
    rm -rf "${results:?}"
    { echo number,word,share && seq "$1" | sed 's/.*/&,item_&,0.&/'; } >"$dir/data_1.csv"
    start_consumer --chart none
    eventually 30 has_record 1
    peak=$(peak_kib "$spawned")
    stop "$spawned"
    [[ $(field 1 rows) -eq $1 ]]
}

a_larger_csv_takes_no_more_memory() {
    fresh_in_memory
    local small peak
    peak_over 200000
    small=$peak
    peak_over 2000000
    [[ $peak -lt $((small + 2048)) ]] || fail "$small KiB for 200,000 rows, $peak KiB for 2,000,000"
}

# More different values in each column than a column of so many may keep.
a_csv_of_a_thousand_columns_takes_at_most_512_mib() {
    fresh_in_memory
    awk 'BEGIN {
        for (c = 1; c <= 1000; c++) printf "c%d%s", c, c < 1000 ? "," : "\n"
        for (r = 1; r <= 5000; r++) for (c = 1; c <= 1000; c++) printf "%d.%d%s", r, c, c < 1000 ? "," : "\n"
    }' >"$dir/data_1.csv"
    start_consumer --chart none
    eventually 30 has_record 1
    peak=$(peak_kib "$spawned")
    stop "$spawned"
    [[ $(field 1 rows) -eq 5000 ]]
    [[ $(jq '.columns[999].distinct_exact' "$results/summary_1.json") == false ]]
    [[ $peak -lt $((512 * 1024)) ]] || fail "$peak KiB"
}

published() { find "$dir" -name 'metadata_*.json' | wc -l; }
stands_still() { [[ $(published) -eq $(sleep 0.3; published) ]]; }

a_producer_that_is_faster_waits_and_nothing_is_dropped() {
    fresh_in_memory
    local making taking count
    # The consumer first: a producer that sees no log yet waits for nobody.
    start_consumer --chart none
    taking=$spawned
    eventually 5 test -e "$log"
    spawn "$producer" --dir "$dir" --interval 0 --rows 2 --max-pending 20 --keep 1000000 >"$dir/producer.out"
    making=$spawned
    eventually 5 has_record 1
    kill -STOP "$taking"
    eventually 5 stands_still
    grep -q 'waiting for the consumer' "$dir/producer.out"
    count=$(published)
    [[ $((count - $(wc -l <"$log"))) -le 21 ]] || fail "$count published, $(wc -l <"$log") acknowledged"
    kill -CONT "$taking"
    eventually 8 has_record "$((count + 100))"
    stop "$making"
    count=$(published)
    eventually 5 has_record "$count"
    stop "$taking"
    jq -r 'select(.outcome == "processed" and .verified) | .key' "$log" | cmp - <(seq "$count")
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish load
