#!/usr/bin/env bash
# What is told of all batches together, by the real daemons: the totals are those of one file with all rows, whatever
# happens in between, and the files of the stream come back, stay small and show what is unusual.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

totals_are() { jq -e "$1" "$results/totals.json" >/dev/null || fail "not $1: $(jq -c 'del(.columns)' "$results/totals.json")"; }
shows() { grep -qF -- "$1" "$results/index.html" || fail "index.html does not show '$1'"; }
add_batch() { printf '%b' "$2" >"$dir/data_$1.csv"; }

# Of each column what the totals and the profile of one file have in common to the last digit; the mean is to rounding.
in_common() {
    jq -S '[.columns[] | {name, type, count, missing, distinct, min, max, quantiles, top,
                          mean: (.mean // 0 | . * 1e9 | round)}]' "$1"
}

# totals_of_all COUNT: of the rows of batches 1 to COUNT, each once.
totals_of_all() {
    totals_are ".batches == $1 and .left_out == 0"
    seq -f "$dir/data_%.0f.csv" "$1" | xargs cat | awk 'NR == 1 {header = $0} NR == 1 || $0 != header' >"$dir/all.rows"
    "$consumer" --profile --output json "$dir/all.rows" >"$dir/all.json"
    diff <(in_common "$dir/all.json") <(in_common "$results/totals.json")
    [[ $(jq .record_count "$results/totals.json") -eq $(($(wc -l <"$dir/all.rows") - 1)) ]]
}

# ---- totals ---------------------------------------------------------------------------------------

the_totals_are_those_of_one_file_with_all_rows() {
    fresh one-file
    publish 40 --rows 5-30
    consume_once --chart none
    totals_of_all 40
}

# Removed data cannot be read, so nothing was: all of the totals were kept.
a_restart_goes_on_with_the_totals_and_reads_no_batch_again() {
    fresh restarted
    publish 20
    consume_once --chart none
    mkdir "$dir/elsewhere"
    mv "$dir"/data_{1..20}.csv "$dir/elsewhere"
    publish 10
    consume_once --chart none
    mv "$dir/elsewhere"/* "$dir"
    totals_of_all 30
}

# As many different numbers as are all kept, so that everything is exact.
after_a_kill_in_a_backlog_the_totals_are_of_every_batch_once() {
    fresh_in_memory
    publish 500 --rows 1
    consume_once --chart none
    publish 3500 --rows 1 --max-pending 0
    start_consumer --chart none
    until has_record 900; do :; done
    kill -KILL "$spawned"
    wait "$spawned" || true
    [[ $(wc -l <"$log") -lt 4000 ]] || fail "all was done before the kill"
    consume_once --chart none
    status_is '.processed == 4000'
    totals_of_all 4000
}

totals_whose_state_is_lost_come_back_from_the_data() {
    fresh lost
    publish 10
    consume_once --chart none
    rm "$results"/{stream,totals}.state "$results/totals.json"
    consume_once --chart none
    totals_of_all 10
}

batches_whose_data_is_gone_are_counted_as_left_out() {
    fresh gone
    publish 10
    consume_once --chart none
    rm "$results/totals.state" "$dir"/data_{2,3,7}.csv
    consume_once --chart none
    totals_are '.batches == 7 and .left_out == 3'
    status_is '.processed == 10'
    shows '3 batches are not in the totals'
}

the_last_page_before_sigterm_has_the_last_batch_in_its_totals() {
    fresh last-page
    start_consumer --chart none
    eventually 5 test -e "$results/totals.json"
    publish 3 --rows 7
    eventually 5 has_record 3
    stop "$spawned"
    totals_are '.batches == 3 and .record_count == 21'
    shows '<dt>rows</dt><dd>21</dd>'
}

a_state_that_is_none_keeps_nobody_from_starting() {
    fresh no-state
    publish 3
    consume_once --chart none
    echo precious >"$work/precious"
    local make state
    for state in stream.state totals.state; do
        for make in 'head -c 4096 /dev/urandom >' 'ln -s precious' mkfifo mkdir; do
            rm -rf "${results:?}/$state"
            (cd "$work" && eval "$make '$results/$state'")
            timeout 10 "$consumer" --dir "$dir" --once --chart none >>"$dir/consumer.out"
            totals_of_all 3
            [[ $make == mkdir ]] || [[ -f $results/$state && ! -L $results/$state ]] || fail "$state after $make"
        done
        rm -rf "${results:?}/$state"
    done
    [[ $(cat "$work/precious") == precious ]]
    grep -q 'cannot write stream.state' "$dir/consumer.out"
    grep -q 'cannot write totals.state' "$dir/consumer.out"
}

# ---- the page -------------------------------------------------------------------------------------

what_is_deleted_while_it_runs_comes_back() {
    fresh deleted
    publish 3
    consume_once
    start_consumer
    eventually 5 grep -q "\"pid\": $spawned" "$results/status.json"
    local name names=(index.html totals.json trend.png)
    (cd "$results" && rm "${names[@]}")
    for name in "${names[@]}"; do eventually 15 test -e "$results/$name"; done
    stop "$spawned"
    totals_of_all 3
}

what_is_unusual_about_a_batch_stands_on_the_page() {
    fresh unusual
    local n
    for n in {1..12}; do add_batch "$n" 'value\n8\n9\n10\n11\n12\n'; done
    consume_once
    add_batch 13 'value\n98\n99\n100\n101\n102\n'
    consume_once
    add_batch 14 'value,other\n10,1\n'
    add_batch 15 'value,other\n10\n'
    expect_exit 65 consume_once
    shows 'value: median 100, usual 8.2 to 11.8'
    shows 'new: other'
    shows missing-cell
    shows '<img src="trend.png'
}

without_charts_there_is_no_trend_and_with_svg_it_is_one() {
    fresh no-charts
    publish 3
    consume_once --chart none
    [[ -z $(find "$results" -name 'trend.*') ]]
    publish 2
    consume_once --chart svg
    [[ $(head -c 5 "$results/trend.svg") == '<?xml' && ! -e $results/trend.png ]]
    shows '<img src="trend.svg'
}

size_is_below() { [[ $(stat -c %s "$results/$1") -lt $2 ]] || fail "$1 has $(stat -c %s "$results/$1") bytes"; }

ten_thousand_batches_leave_small_files_and_a_hundred_pages() {
    fresh_in_memory
    publish 10000 --rows 1 --max-pending 0
    consume_once --chart none
    totals_are '.batches == 10000 and .left_out == 0'
    consume_once --chart png
    size_is_below index.html 1000000
    size_is_below trend.png 100000
    size_is_below stream.state 1000000
    size_is_below totals.state 1000000
    [[ $(find "$results" -name 'page-*.html' | wc -l) -eq 100 ]]
    grep -qF 'summary_10000.json' "$results/page-100.html"
    grep -qF 'summary_1.json' "$results/page-1.html"
    publish 100 --rows 1
    consume_once --chart none
    [[ $(find "$results" -name 'page-*.html' | wc -l) -eq 100 && ! -e $results/page-1.html ]]
    shows page-101.html
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish stream
