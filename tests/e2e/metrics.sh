#!/usr/bin/env bash
# metrics.prom: what Prometheus' own checker says to it, and that it tells what the log tells.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

promtool=$(command -v promtool || echo "$BUILD/tools/promtool")
needs_promtool() { [[ -x $promtool ]] || skip "needs promtool"; }

# metric NAME[LABELS]: its value.
metric() {
    local value
    value=$(grep -F "shareddata_consumer_$1 " "$results/metrics.prom" | sed -n 's/^[^#].* //p')
    [[ -n $value ]] || fail "no $1"
    echo "$value"
}

metric_is() { [[ $(metric "$1") == "$2" ]] || fail "$1 is $(metric "$1"), not $2"; }

# families: the names of all of them, as the file has them.
families() { awk '/^# TYPE / {print $3}' "$results/metrics.prom" | sort; }

# In $dir: three batches that are processed, one of which then changes, and a damaged one.
all_kinds_work() {
    fresh "$1"
    publish 3
    consume_once "${@:2}"
    sed -i '2s/^item/Item/' "$dir/data_2.csv"
    printf 'a,b\n1\n' >"$dir/data_9.csv"
    consume_once "${@:2}" || [[ $? -eq 65 ]]
}

promtool_finds_nothing_to_complain_about() {
    needs_promtool
    all_kinds_work checked
    [[ $(records '.outcome == "changed"') -eq 1 ]] || fail "nothing changed"
    expect_exit 0 "$promtool" check metrics <"$results/metrics.prom"
    [[ ! -s $said ]] || fail "$(cat "$said")"
    grep -v '^# HELP .*_trouble ' "$results/metrics.prom" >"$dir/spoiled" # it does look
    expect_exit 3 "$promtool" check metrics <"$dir/spoiled"
}

metrics_agree_with_the_log_and_begin_anew_with_each_process() {
    all_kinds_work agreeing --chart none
    metric_is 'batches{outcome="processed"}' 3
    metric_is 'batches{outcome="rejected"}' 1
    metric_is 'decisions_total{outcome="processed"}' 0
    metric_is 'decisions_total{outcome="rejected"}' 1
    metric_is 'decisions_total{outcome="changed"}' 1
    [[ $(metric 'stage_duration_seconds_count{stage="compare"}') -ge 3 ]] # what changed is looked at twice
    publish 2
    consume_once --chart none || [[ $? -eq 65 ]]
    metric_is 'batches{outcome="processed"}' 5
    metric_is 'decisions_total{outcome="processed"}' 2
    metric_is processed_rows_total "$(jq -s 'map(select(.outcome == "processed"))[-2:] | map(.rows) | add' "$log")"
    metric_is processed_bytes_total "$(jq -s 'map(select(.outcome == "processed"))[-2:] | map(.bytes) | add' "$log")"
    metric_is backlog_batches 0
}

every_stage_of_a_batch_is_timed() {
    fresh timed
    publish 2
    consume_once
    local stage
    for stage in look read draw commit; do
        [[ $(metric "stage_duration_seconds_count{stage=\"$stage\"}") -gt 0 ]] || fail "no $stage"
        [[ $(metric "stage_duration_seconds_sum{stage=\"$stage\"}") != 0.000000000 ]] || fail "no time for $stage"
    done
    metric_is 'stage_duration_seconds_count{stage="read"}' 2
    metric_is 'stage_duration_seconds_count{stage="draw"}' 2
    metric_is 'charts_total{result="drawn"}' 2
    [[ $(metric start_time_seconds | cut -d . -f 1) -ge $(($(date +%s) - 60)) ]]
    [[ $(metric last_scan_timestamp_seconds | cut -d . -f 1) -ge $(($(date +%s) - 60)) ]]
}

a_gnuplot_that_was_killed_is_counted_when_it_is_replaced() {
    fresh restarted
    start_consumer --jobs 1
    eventually 5 test -e "$results/metrics.prom"
    metric_is gnuplot_restarts_total 0
    kill -KILL "$(children_of "$spawned")"
    publish 1
    eventually 8 metric_is gnuplot_restarts_total 1
    metric_is 'charts_total{result="failed"}' 0
    stop "$spawned"
}

what_waits_and_what_is_in_trouble_shows_while_it_lasts() {
    fresh waiting
    mkdir -p "$results/summary_1.json"
    echo '{}' >"$dir/metadata_7.json"
    start_consumer --chart none
    eventually 5 metric_is backlog_batches 1
    metric_is trouble 0
    rm "$dir/metadata_7.json"
    eventually 8 metric_is backlog_batches 0
    publish 1
    eventually 8 metric_is trouble 1
    metric_is backlog_batches 1
    [[ $(metric oldest_waiting_seconds) =~ ^[0-9]+\.[0-9]{9}$ && $(metric oldest_waiting_seconds) != 0.000000000 ]]
    rmdir "$results/summary_1.json"
    eventually 20 metric_is trouble 0
    eventually 8 metric_is backlog_batches 0
    stop "$spawned"
}

metrics_may_be_deleted_and_come_back() {
    fresh deleted
    start_consumer --chart none
    eventually 5 test -e "$results/metrics.prom"
    rm "$results/metrics.prom"
    eventually 8 test -e "$results/metrics.prom"
    stop "$spawned"
}

metrics_appear_whole_under_their_name_and_are_never_flushed() {
    needs_strace
    fresh whole
    publish 1
    strace -y -o "$dir/trace" -e trace=fsync,fdatasync,renameat,renameat2,rename,openat "$consumer" --dir "$dir" --once --chart none >/dev/null
    grep -qE '^rename.*"\.metrics\.prom\.tmp".*"metrics\.prom"' "$dir/trace" || fail "$(grep metrics "$dir/trace")"
    ! grep -E 'sync\(.*metrics' "$dir/trace" || fail "flushed"
    ! grep -E '^openat.*"metrics\.prom", .*O_(WRONLY|RDWR)' "$dir/trace" || fail "opened under its name"
}

# A directory stands in its place: told once, and the work goes on.
metrics_that_cannot_be_written_are_told_once_and_hold_up_nothing() {
    fresh unwritable
    mkdir -p "$results/metrics.prom"
    start_consumer --chart none
    publish 1
    eventually 8 has_record 1
    sleep 1.5
    publish 1
    eventually 8 has_record 2
    status_becomes '.processed == 2'
    stop "$spawned"
    [[ $(grep -c 'cannot write metrics.prom: ' "$dir/consumer.out") -eq 1 ]] || fail "$(cat "$dir/consumer.out")"
    [[ ! -e $results/.metrics.prom.tmp ]] || fail "left its temporary"
}

the_document_lists_every_metric_and_no_other() {
    fresh listed
    consume_once --chart none
    diff <(families) <(grep -oE '^\| `shareddata_consumer_[a-z_]+' docs/metrics.md | cut -c 4- | sort)
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do
    check "$name"
done
finish metrics
