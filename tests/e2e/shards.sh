#!/usr/bin/env bash
# Several consumers share one input and one results directory: each batch is one shard's, N changes while batches flow,
# shards are killed, and the report is of all.
#
#   tests/e2e/shards.sh [CHECK...]      only these
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/lib.sh
source tests/lib-daemons.sh

# ---- helpers ------------------------------------------------------------------------------------

begin() {
    fresh "$1"
    mkdir -p "$results"
}

all_logs() { cat "$results"/processed*.log 2>/dev/null || true; }
decided() { all_logs | wc -l; }
in_all_logs() { jq -s "map(select($1)) | length" <(all_logs); }

# each_once COUNT: as many records as batches, none of a key twice.
each_once() {
    local found
    found=$(jq -rs '[length, (map(.key) | unique | length)] | @tsv' <(all_logs) | tr '\t' ' ')
    [[ $found == "$1 $1" ]] || fail "records and different keys: $found, of $1 batches"
    [[ $(in_all_logs '.outcome != "processed"') -eq 0 ]] || fail "not all are processed"
}
are_decided() { [[ $(decided) -ge $1 ]]; }
total_is() { [[ $(jq "$1" "$results/totals.json" 2>/dev/null) == "$2" ]]; }
publish_slowly() { spawn "$producer" --dir "$dir" --min-free 0 --seed 42 --max-pending 0 "$@" >"$dir/producer.out" 2>&1; }
shard_once() { consume_once --shard "$1" --chart none; }

# start_shards N: all of them, their ids in the array named $2.
start_shards() {
    local -n ids=$2
    ids=()
    for ((i = 1; i <= $1; i++)); do
        start_consumer --shard "$i/$1" --chart none
        ids+=("$spawned")
    done
}
stop_all() { for pid in "$@"; do stop "$pid"; done; }
kill_hard() {
    kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# ---- one number of shards -----------------------------------------------------------------------

each_batch_is_one_shards_and_the_report_is_of_all() {
    begin three
    publish 60
    for i in 1 2 3; do shard_once "$i/3"; done
    each_once 60
    [[ $(jq -s 'map(.key | tonumber % 3) | unique' -c "$results/processed.2-of-3.log") == '[2]' ]] || fail "not its own"
    [[ $(jq .batches "$results/totals.json") -eq 60 ]] || fail "totals of $(jq .batches "$results/totals.json")"
    grep -q 'summary_60.json' "$results/index.html" || fail "the page lacks the last batch"
    status_is '.processed == 60 and .backlog == 0'
    [[ ! -e $log ]] || fail "there is a log that is nobody's"
}

the_totals_of_shards_are_those_of_one_consumer() {
    begin whole
    publish 40
    "$consumer" --dir "$dir" --results "$work/one" --once --chart none --settle 300ms >>"$dir/consumer.out"
    for i in 1 2 3 4; do shard_once "$i/4"; done
    cmp <(jq -S 'del(.columns[].quantiles, .columns[].histogram, .columns[].mean, .columns[].stddev, .columns[].skewness, .columns[].sum)' "$work/one/totals.json") \
        <(jq -S 'del(.columns[].quantiles, .columns[].histogram, .columns[].mean, .columns[].stddev, .columns[].skewness, .columns[].sum)' "$results/totals.json") ||
        fail "totals differ"
    jq -es '[.[].columns[] | select(.name == "value")] | (.[0].sum - .[1].sum | fabs) < 1e-9 and
        (.[0].stddev - .[1].stddev | fabs) < 1e-9' "$work/one/totals.json" "$results/totals.json" >/dev/null ||
        fail "sums differ"
}

keys_that_are_no_numbers_are_shared_as_well() {
    begin names
    for name in alpha beta gamma delta epsilon zeta; do printf 'a,b\n1,2\n' >"$dir/orders-$name.csv"; done
    for i in 1 2; do shard_once "$i/2" --match 'orders-*.csv' || true; done
    for i in 1 2; do consume_once --shard "$i/2" --chart none --match 'orders-*.csv'; done
    each_once 6
    [[ -s $results/processed.1-of-2.log && -s $results/processed.2-of-2.log ]] || fail "one shard has them all"
}

shards_that_end_at_the_same_moment_leave_a_report_of_all() {
    begin together
    publish 40
    for round in 1 2 3 4 5; do
        results=$dir/results-$round
        for i in 1 2 3 4; do
            spawn "$consumer" --dir "$dir" --results "$results" --shard "$i/4" --chart none --once --settle 300ms >>"$dir/consumer.out"
            eval "pid$i=$spawned"
        done
        # shellcheck disable=SC2154
        wait "$pid1" "$pid2" "$pid3" "$pid4"
        each_once 40
        [[ $(jq .batches "$results/totals.json") -eq 40 ]] || fail "round $round: totals of $(jq .batches "$results/totals.json")"
    done
}

shards_that_are_told_to_end_together_leave_a_report_of_all() {
    begin told
    publish_slowly --interval 3ms --rows 3
    local publisher=$spawned pids=()
    start_shards 4 pids
    eventually 15 are_decided 200
    kill -TERM "${pids[@]}"
    wait "${pids[@]}"
    kill_hard "$publisher"
    total_is .batches "$(decided)" || fail "totals of $(jq .batches "$results/totals.json") where $(decided) are decided"
    status_is ".processed == $(decided)"
}

a_shard_that_runs_keeps_a_second_of_its_kind_out() {
    begin twice
    start_consumer --shard 1/2 --chart none
    eventually 8 test -e "$results/status.1-of-2.json"
    expect_exit 69 "$consumer" --dir "$dir" --shard 1/2 --once --chart none
    says 'another data-consumer holds'
    "$consumer" --dir "$dir" --shard 1/2 --health >"$said"
    says 'healthy: 0 waiting'
    expect_exit 69 "$consumer" --dir "$dir" --shard 2/2 --health
    stop "$spawned"
}

# ---- another number -----------------------------------------------------------------------------

another_number_takes_nothing_again_and_leaves_nothing_out() {
    begin numbers
    publish 20
    shard_once 1/2
    publish 10
    consume_once --chart none
    each_once 30
    publish 10
    for i in 1 2 3 4 5; do shard_once "$i/5"; done
    each_once 40
    eventually 8 total_is .batches 40
}

old_and_new_shards_overlap_without_a_batch_twice() {
    begin overlap
    publish_slowly --interval 5ms --count 300
    local old new
    start_shards 2 old
    eventually 15 are_decided 50
    start_shards 3 new
    eventually 15 grep -q 'was there before and runs' "$dir/consumer.out"
    eventually 15 are_decided 120
    stop_all "${old[@]}"
    eventually 30 are_decided 300
    stop_all "${new[@]}"
    each_once 300
    [[ -s $results/processed.1-of-3.log ]] || fail "the new shards have taken nothing"
    eventually 8 total_is .batches 300
}

# Whoever is killed may have written outputs without a record; whoever takes over writes the same bytes.
each_batch_is_processed_once_however_often_the_number_changes_and_shards_are_killed() {
    begin storm
    publish_slowly --interval 10ms --count "$storm_batches"
    local -A running=()
    local started=0 killed=0 changes=0 n=2 count slot
    for ((round = 0; $(decided) < storm_batches; round++)); do
        [[ $round -lt 1000 ]] || fail "$(decided) of $storm_batches after $started starts"
        if ((round % 4 == 3)); then
            n=$((n % 4 + 1))
            changes=$((changes + 1))
        fi
        for ((i = 1; i <= n; i++)); do
            slot=$i/$n
            [[ -n ${running[$slot]:-} ]] && kill -0 "${running[$slot]}" 2>/dev/null && continue
            start_consumer --shard "$slot" --chart none
            running[$slot]=$spawned
            started=$((started + 1))
        done
        sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
        for slot in "${!running[@]}"; do
            if [[ ${slot#*/} -ne $n ]] || ((RANDOM % 3 == 0)); then
                ((RANDOM % 2 == 0)) || continue
                kill_hard "${running[$slot]}"
                unset "running[$slot]"
                killed=$((killed + 1))
            fi
        done
    done
    for slot in "${!running[@]}"; do stop "${running[$slot]}"; done
    each_once "$storm_batches"
    count=$(find "$results" -maxdepth 1 -name 'summary_*.json' | wc -l)
    [[ $count -eq $storm_batches ]] || fail "$count summaries"
    consume_once --chart none
    [[ $(jq '.batches + .left_out' "$results/totals.json") -eq $storm_batches ]] ||
        fail "totals of $(jq -c '[.batches, .left_out]' "$results/totals.json")"
    [[ $killed -gt 1 && $changes -gt 1 ]] || fail "only $killed kills and $changes changes"
    echo "$storm_batches batches, $started starts, $killed kills, $changes changes of N"
}
storm_batches=${STORM_BATCHES:-400}

a_rejected_batch_that_is_mended_is_processed_by_whoever_owns_it_now() {
    begin mended
    printf 'a,b\n1\n' >"$dir/data_1.csv"
    shard_once 1/2 || [[ $? -eq 65 ]]
    [[ $(in_all_logs '.outcome == "rejected"') -eq 1 ]] || fail "not rejected: $(all_logs)"
    consume_once --chart none || [[ $? -eq 65 ]]
    [[ $(decided) -eq 1 ]] || fail "rejected once more: $(all_logs)"
    printf 'a,b\n1,2\n' >"$dir/data_1.csv"
    consume_once --chart none
    [[ $(in_all_logs '.outcome == "processed"') -eq 1 ]] || fail "not processed: $(all_logs)"
    shard_once 1/2
    [[ $(decided) -eq 2 ]] || fail "decided once more: $(all_logs)"
    status_is '.processed == 1 and .rejected == 0'
}

# As where no lock says that somebody else runs: here, each did it in results of its own.
a_batch_that_two_shards_have_processed_is_reported_once() {
    begin both
    publish 12
    for i in 1 2; do shard_once "$i/2"; done
    "$consumer" --dir "$dir" --results "$work/alone" --once --chart none --settle 300ms >>"$dir/consumer.out"
    cp "$work/alone/processed.log" "$log"
    publish 3
    for shard in 1/3 2/3 3/3; do
        shard_once "$shard"
        status_is '.rejected == 0'
    done
    [[ $(decided) -eq 27 ]] || fail "records: $(decided)"
    status_is '.processed == 15'
    total_is .batches 15 || fail "totals of $(jq .batches "$results/totals.json")"
    local rows
    rows=$(grep -o 'scope="row"><a href="summary_[0-9]*.json"' "$results/index.html" | sort | uniq -c | awk '$1 == 1' | wc -l)
    [[ $rows -eq 15 ]] || fail "$rows batches are once on the page"
}

the_totals_are_the_same_whoever_reports() {
    begin whoever
    local shard
    for shard in 1/1 1/2 2/2 1/3 2/3 3/3; do
        publish 6 --rows 3000
        shard_once "$shard"
    done
    for shard in 1/4 2/4 3/4 4/4; do shard_once "$shard"; done
    each_once 36
    mv "$results/totals.json" "$work/totals.json"
    for shard in 1/1 2/2 3/3 4/4 1/9; do
        shard_once "$shard"
        cmp "$work/totals.json" "$results/totals.json" || fail "$shard says something else"
        rm "$results/totals.json"
    done
}

changed_content_is_logged_once_whoever_owns_the_batch_by_then() {
    begin changed
    publish 3
    shard_once 1/2
    shard_once 2/2
    printf 'label,value,timestamp\nx,1,2026-01-01T00:00:00Z\n' >"$dir/data_1.csv"
    consume_once --chart none
    [[ $(jq -r 'select(.outcome == "changed") | .key' "$log") == 1 ]] || fail "no change in $(cat "$log")"
    for n in 1/1 1/3 1/2; do shard_once "$n"; done
    [[ $(decided) -eq 4 ]] || fail "told again: $(all_logs)"
    printf 'label,value,timestamp\ny,1,2026-01-01T00:00:00Z\n' >"$dir/data_1.csv"
    shard_once 1/2
    for n in 1/1 1/2 1/1 1/2; do shard_once "$n"; done
    [[ $(decided) -eq 5 ]] || fail "told again by turns: $(all_logs)"
}

# ---- shards that die ----------------------------------------------------------------------------

the_report_goes_on_with_another_shard_when_its_own_is_killed() {
    begin report
    publish_slowly --interval 20ms
    local publisher=$spawned pids=()
    start_shards 2 pids
    eventually 8 grep -q '"shard": "1/2"' "$results/status.json"
    kill_hard "${pids[0]}"
    eventually 15 grep -q '"shard": "2/2"' "$results/status.json"
    local before
    before=$(jq .batches "$results/totals.json")
    eventually 15 jq -e ".batches > $before" "$results/totals.json"
    kill_hard "$publisher"
    stop "${pids[1]}"
}

# Own batches come to it as they are decided, those of others when they are seen.
each_batch_is_on_one_page_however_often_who_reports_restarts() {
    begin pages
    publish_slowly --interval 3ms --rows 3 --count 700
    local publisher=$spawned pids=() shard
    for shard in 1 2; do
        start_consumer --shard "$shard/2" --chart none --poll-interval 300ms
        pids[shard]=$spawned
    done
    for shard in 1 2 1; do
        sleep 0.7
        stop "${pids[shard]}"
        start_consumer --shard "$shard/2" --chart none --poll-interval 300ms
        pids[shard]=$spawned
    done
    wait "$publisher"
    eventually 15 are_decided 700
    eventually 15 are_on_pages 700
    rm "$results"/page-3.html
    stop_all "${pids[@]}"
    start_consumer --shard 1/2 --chart none
    eventually 15 test -e "$results/page-3.html"
    eventually 15 are_on_pages 700
    stop "$spawned"
}
# are_on_pages COUNT: so many different keys, and each once.
are_on_pages() {
    local found
    found=$(cat "$results"/page-*.html | grep -o 'scope="row"><a href="summary_[0-9]*.json"' | sort | uniq -c | awk '{rows += $1} END {print NR, rows}')
    [[ $found == "$1 $1" ]] || fail "different keys and rows: $found, of $1"
}

what_a_killed_shard_did_not_keep_is_in_the_totals_all_the_same() {
    begin killed
    publish 30
    local pids=()
    start_shards 2 pids
    eventually 8 are_decided 30
    kill_hard "${pids[0]}"
    kill_hard "${pids[1]}"
    rm -f "$results"/totals*
    shard_once 2/2
    [[ $(jq .batches "$results/totals.json") -eq 30 ]] || eventually_totals 30
}
eventually_totals() {
    start_consumer --shard 2/2 --chart none
    eventually 10 total_is .batches "$1"
    stop "$spawned"
}

the_log_of_a_shard_is_made_again_of_its_own_summaries() {
    begin rebuilt
    publish 12
    for i in 1 2 3; do shard_once "$i/3"; done
    printf 'X' | dd of="$results/processed.2-of-3.log" bs=1 seek=20 conv=notrunc status=none
    expect_exit 74 "$consumer" --dir "$dir" --shard 2/3 --once --chart none
    says 'processed.2-of-3.log: line 1'
    "$consumer" --dir "$dir" --shard 2/3 --rebuild >>"$dir/consumer.out"
    each_once 12
    for i in 1 2 3; do shard_once "$i/3"; done
    each_once 12
}

a_log_is_not_made_again_while_another_shard_runs_or_of_the_wrong_shard() {
    begin mistaken
    publish 6
    consume_once --chart none
    publish 6
    shard_once 1/2
    start_consumer --shard 2/2 --chart none
    eventually 8 are_decided 12
    expect_exit 69 "$consumer" --dir "$dir" --shard 1/2 --rebuild
    says 'end all of them first'
    stop "$spawned"
    printf 'X' | dd of="$log" bs=1 seek=20 conv=notrunc status=none
    expect_exit 74 "$consumer" --dir "$dir" --shard 1/2 --once --chart none
    says 'data-consumer --shard 1/1 --rebuild makes the log again'
    expect_exit 74 "$consumer" --dir "$dir" --shard 1/2 --rebuild
    says 'processed.log: line 1'
    "$consumer" --dir "$dir" --shard 1/1 --rebuild >>"$dir/consumer.out"
    each_once 12
}

what_is_no_lock_holds_nobody_up() {
    begin locks
    publish 4
    mkdir "$results/.shards"
    mkfifo "$results/.shards/consumer.3-of-7.lock"
    ln -s /etc/passwd "$results/.shards/consumer.1-of-7.lock"
    for i in 1 2; do timeout 10 "$consumer" --dir "$dir" --shard "$i/2" --once --chart none --settle 300ms >>"$dir/consumer.out"; done
    each_once 4
    mv "$results/.shards" "$work/elsewhere"
    ln -s "$work/elsewhere" "$results/.shards"
    expect_exit 73 "$consumer" --dir "$dir" --shard 1/2 --once --chart none
}

what_an_elder_has_processed_waits_for_nobody() {
    begin elder
    publish 4
    start_consumer --chart none
    local elder=$spawned
    eventually 8 are_decided 4
    start_consumer --shard 1/2 --chart none
    local young=$spawned
    eventually 8 test -e "$results/status.1-of-2.json"
    publish 20
    eventually 8 are_decided 24
    eventually 8 jq -e '.processed == 24 and .backlog == 0' "$results/status.1-of-2.json"
    "$consumer" --dir "$dir" --shard 2/2 --once --chart none --settle 300ms >>"$dir/consumer.out"
    stop "$young"
    stop "$elder"
    each_once 24
}

nothing_is_taken_while_another_shards_log_cannot_be_read() {
    begin unreadable
    publish 8
    shard_once 1/2
    start_consumer --chart none
    eventually 8 are_decided 8
    cp "$results/processed.1-of-2.log" "$work/as-it-was"
    { head -n 1 "$work/as-it-was" && echo x && tail -n +2 "$work/as-it-was"; } >"$work/damaged"
    mv "$work/damaged" "$results/processed.1-of-2.log"
    eventually 8 grep -q 'processed.1-of-2.log: line 2' "$dir/consumer.out"
    publish 4 --results "$work/nowhere" # it would wait for the log as well
    sleep 0.5
    [[ $(wc -l <"$log") -eq 4 ]] || fail "taken without knowing"
    mv "$work/as-it-was" "$results/processed.1-of-2.log"
    eventually 40 are_decided 12
    stop "$spawned"
    each_once 12
}

# ---- the producer -------------------------------------------------------------------------------

the_producer_deletes_what_any_shard_has_acknowledged_and_nothing_else() {
    begin kept
    publish 20 --max-pending 0
    shard_once 2/2
    publish 1 --keep 0 --max-pending 0
    for i in 1 3 5 19; do [[ -e $dir/data_$i.csv ]] || fail "deleted $i, which nobody has"; done
    for i in 2 4 20; do [[ ! -e $dir/data_$i.csv ]] || fail "kept $i, which is acknowledged"; done
    shard_once 1/2
    publish 1 --keep 0 --max-pending 0
    [[ $(find "$dir" -maxdepth 1 -name 'data_*.csv' | wc -l) -eq 1 ]] || fail "kept $(ls "$dir")"
}

mapfile -t tests < <(if [[ $# -gt 0 ]]; then printf '%s\n' "$@"; else tests_of "${BASH_SOURCE[0]}"; fi)
for test in "${tests[@]}"; do
    check "$test"
done
finish shards
