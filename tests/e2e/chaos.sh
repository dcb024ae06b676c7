#!/usr/bin/env bash
# Batches that are bad on purpose (--faults): every one ends as the manifest says, through restarts, kills and deletions.
# shellcheck disable=SC2317,SC2119 # check calls the functions; fresh_in_memory may take a size
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

batches=${CHAOS_BATCHES:-10000}
manifest_name=_faults.jsonl

# chaos COUNT [OPTION...]: publishes so many batches of few rows, each fault at a hundredth of them.
chaos() {
    "$producer" --dir "$dir" --interval 0 --count "$1" --rows 1-4 --min-free 0 --max-pending 0 --keep 1000000 \
        --seed 42 --faults all=0.01 "${@:2}" >>"$dir/producer.out" 2>&1
}

# consume_all: works off what is there; rejected batches are what it is about.
consume_all() {
    local status=0
    consume_once --chart none || status=$?
    [[ $status -eq 65 ]] || fail "the consumer exits $status: $(tail -1 "$dir/consumer.out")"
}

# What the manifest says of each batch, in its last line: number, outcome, reason, verified, rows, hash; "-" is no matter.
expected() {
    jq -r '[.batch, .outcome, .reason // "-", if .verified == null then "-" else .verified end,
            if .outcome == "processed" then .rows else "-" end,
            if .outcome == "rejected" then "-" else .sha256 // "-" end] | @tsv' "$dir/$manifest_name" |
        awk -F '\t' '{last[$1] = $0} END {for (number in last) print last[number]}'
}

# What the consumer has made of each, in its last record.
recorded() {
    jq -r '[.key, .outcome, .reason // "-", .verified, .rows, .sha256 // "-"] | @tsv' "$log" |
        awk -F '\t' '{last[$1] = $0} END {for (number in last) print last[number]}'
}

# Holds one against the other, both ways; prints what differs.
differences() {
    awk -F '\t' -v OFS=' ' '
    FNR == NR { expected[$1] = $0; next }
    !($1 in expected) { print $1, "is in the log and not in the manifest"; next }
    {
        split(expected[$1], want, FS)
        for (i = 2; i <= NF; i++)
            if (want[i] != "-" && want[i] != $i) {
                print $1, "is", $2, $3, "verified", $4, "rows", $5, $6, "and not", want[2], want[3], want[4], want[5], want[6]
                break
            }
        seen[$1] = 1
    }
    END {
        for (number in expected) {
            split(expected[number], want, FS)
            if (!(number in seen) && want[2] != "absent")
                print number, "is not in the log, and should be", want[2], want[3]
        }
    }' <(expected) <(recorded)
}

all_accounted_for() {
    local wrong
    wrong=$(differences)
    [[ -z $wrong ]] || fail "$(wc -l <<<"$wrong") are wrong: $(sort -n <<<"$wrong" | head -3)"
}

# The summaries that are there are those of the processed batches, and speak of the bytes that were published.
summaries_agree() {
    diff <(expected | awk -F '\t' '$2 == "processed" {print $1 "\t" $6}' | sort) \
        <(find "$results" -name 'summary_*.json' -exec grep -hE '^  "(key|sha256)":' {} + | tr -d ' ",' |
            awk -F : '$1 == "key" {key = $2} $1 == "sha256" {print key "\t" $2}' | sort) >"$work/summaries" ||
        fail "not the summaries of what was processed: $(head -3 "$work/summaries")"
}

times() { jq -s "map(select($1)) | length" "$dir/$manifest_name"; }

# ---- one large run --------------------------------------------------------------------------------

run_large() {
    fresh_in_memory
    trap - EXIT
    echo "$dir" >"$work/large"
    chaos "$batches" && consume_all && touch "$work/large-is-done"
}
enter_large() {
    dir=$(cat "$work/large")
    results=$dir/results
    log=$results/processed.log
    [[ -e $work/large-is-done ]] || fail "the run failed: $(tail -1 "$dir/producer.out") $(tail -1 "$dir/consumer.out")"
}

each_fault_occurs_dozens_of_times() {
    enter_large
    local word
    for word in $("$producer" --faults help | grep -oE '^  [a-z0-9-]+$' | grep -v all); do
        [[ $(times ".fault == \"$word\"") -ge $((batches / 200)) ]] || fail "$word: $(times ".fault == \"$word\"")"
    done
}

each_of_ten_thousand_batches_ends_as_the_manifest_says() {
    enter_large
    [[ $(times '.outcome != "absent"') -eq $batches ]] || fail "$(times true) lines in the manifest"
    all_accounted_for
    [[ $(wc -l <"$log") -eq $batches ]] || fail "$(wc -l <"$log") records"
    summaries_agree
}

a_wrong_reason_in_the_manifest_is_found() {
    enter_large
    local number wrong
    number=$(jq -r 'select(.fault == "torn") | .batch' "$dir/$manifest_name" | head -1)
    jq -c "select(.batch == $number) | .reason = \"hash-mismatch\"" "$dir/$manifest_name" >"$work/wrong-line"
    cp "$dir/$manifest_name" "$work/manifest"
    cat "$work/wrong-line" >>"$dir/$manifest_name"
    wrong=$(differences)
    cp "$work/manifest" "$dir/$manifest_name"
    [[ $wrong == "$number is rejected size-mismatch"*"and not rejected hash-mismatch"* ]] || fail "found: $wrong"
}

# By a daemon: what was processed is compared in turns, and --once waits for none of them to stand still.
batches_that_are_rewritten_after_processing_are_noted_as_changed() {
    enter_large
    local rewritten
    rewritten=$(times '.fault == "rewritten"')
    chaos 1 --faults torn=0.000000001
    [[ $(times '.outcome == "changed"') -eq $rewritten ]] || fail "$(times '.outcome == "changed"') of $rewritten are rewritten"
    start_consumer --chart none
    eventually 20 all_are_noted "$rewritten"
    stop "$spawned"
    all_accounted_for
}
all_are_noted() { [[ $(grep -c '"outcome":"changed"' "$log") -eq $1 ]]; }

# Pipes, links and stray files go as well as data, once their batches are acknowledged.
bad_batches_are_deleted_once_they_are_acknowledged_and_stay_in_the_manifest() {
    enter_large
    local lines
    lines=$(wc -l <"$dir/$manifest_name")
    eventually 10 newest_left
    [[ $(wc -l <"$dir/$manifest_name") -ge $lines ]]
    all_accounted_for
}
newest_left() {
    chaos 15 --interval 1ms --keep 0 --faults torn=0.000000001
    consume_once --chart none || true
    [[ $(find "$dir" -maxdepth 1 -name '*data_*' | tee "$work/left" | wc -l) -eq 30 ]] || fail "left: $(head -3 "$work/left")"
}

# ---- what a start makes of it ---------------------------------------------------------------------

# Where it was killed differs from run to run; that it holds does not.
a_producer_that_is_killed_again_and_again_leaves_what_the_manifest_says() {
    fresh_in_memory
    mkdir "$results"
    local i
    for i in {1..8}; do
        spawn "$producer" --dir "$dir" --interval 0 --count 2000 --rows 1-4 --min-free 0 --max-pending 0 --seed "$i" \
            --faults all=0.04 >>"$dir/producer.out" 2>&1
        sleep "0.$((RANDOM % 20 + 10))"
        kill -KILL "$spawned" 2>/dev/null || true
        wait "$spawned" 2>/dev/null || true
    done
    chaos 200 --faults all=0.03
    consume_all
    all_accounted_for
    summaries_agree
}

a_start_completes_a_batch_by_the_fault_that_the_manifest_names() {
    fresh_in_memory
    chaos 300 --faults torn=0.1,corrupt=0.1,wrong-count=0.1,torn-metadata=0.1,foreign-metadata=0.1,no-hash=0.1,ragged=0.1
    rm "$dir"/metadata_* # as a crash leaves batches whose data has its name and whose metadata has not
    chaos 1 --faults torn=0.000000001
    [[ -s $dir/metadata_300.json ]] || fail "not completed"
    consume_all
    all_accounted_for
    count_is '.outcome == "rejected"' "$(times '.outcome == "rejected"')"
}

a_start_without_metadata_does_not_bring_it() {
    fresh never
    chaos 20 --faults no-metadata=1
    chaos 20 --faults no-metadata=1
    [[ -z $(find "$dir" -name 'metadata_*') ]] || fail "it came: $(find "$dir" -name 'metadata_*' | head -1)"
    grep -q 'next_batch=21' "$dir/producer.out"
}

a_run_that_ends_waits_for_metadata_that_is_late_and_a_killed_one_brings_it_with_the_next_start() {
    fresh late
    chaos 5 --faults late-metadata=1
    [[ $(find "$dir" -name 'metadata_*' | wc -l) -eq 5 ]] || fail "the run did not wait"
    spawn "$producer" --dir "$dir" --interval 1h --faults late-metadata=1 >>"$dir/producer.out" 2>&1
    eventually 5 test -e "$dir/data_6.csv"
    [[ ! -e $dir/metadata_6.json ]] || fail "the metadata was not late"
    kill -KILL "$spawned"
    wait "$spawned" 2>/dev/null || true
    chaos 1 --faults torn=0.000000001
    [[ -e $dir/metadata_6.json ]] || fail "the metadata did not come"
}

late_metadata_comes_while_nothing_else_is_due_and_holds_up_no_batch_behind_it() {
    fresh due
    spawn "$producer" --dir "$dir" --interval 300ms --faults late-metadata=1 >>"$dir/producer.out" 2>&1
    eventually 5 test -e "$dir/data_3.csv"
    [[ ! -e $dir/metadata_3.json ]] || fail "the metadata was not late"
    stop "$spawned"
    fresh due-alone
    spawn "$producer" --dir "$dir" --interval 1h --faults late-metadata=1 >>"$dir/producer.out" 2>&1
    eventually 8 test -e "$dir/metadata_1.json"
    stop "$spawned"
}

a_reader_that_decides_on_every_batch_is_never_waited_for_because_of_a_gap() {
    fresh gaps
    mkdir "$results"
    chaos 50 --faults gap=0.8
    [[ $(times '.outcome == "absent"') -gt 50 ]]
    consume_once --chart none
    expect_exit 0 timeout 10 "$producer" --dir "$dir" --interval 0 --count 3 --max-pending 4 --min-free 0 --faults gap=0.8
    gaps_are_empty
}
gaps_are_empty() {
    local number
    for number in $(jq -r 'select(.outcome == "absent") | .batch' "$dir/$manifest_name"); do
        [[ ! -e $dir/data_$number.csv && ! -e $dir/metadata_$number.json ]] || fail "$number is there"
    done
}

# ---- what else is promised ------------------------------------------------------------------------

rows_of_good_batches_are_the_same_with_faults_and_without() {
    fresh_in_memory
    local with=$dir/with without=$dir number
    mkdir "$with"
    dir=$with
    chaos 20 --faults all=0.03
    dir=$without
    "$producer" --dir "$dir" --interval 0 --count 30 --rows 1-4 --min-free 0 --seed 42 >/dev/null
    for number in $(jq -r 'select(.fault == null) | .batch' "$with/$manifest_name"); do
        diff <(cut -d , -f 1,2 "$with/data_$number.csv") <(cut -d , -f 1,2 "$dir/data_$number.csv")
    done
}

faults_are_announced_at_the_start() {
    fresh announced
    chaos 1
    grep -q 'warn .*--faults is on' "$dir/producer.out" || fail "$(head -2 "$dir/producer.out")"
    publish 1
    ! grep -q 'faults' "$dir/producer.out"
}

a_manifest_that_is_some_other_file_is_refused_and_left_alone() {
    fresh other
    echo 'my notes' >"$dir/notes"
    expect_exit 73 "$producer" --dir "$dir" --count 1 --faults torn=1 --fault-manifest "$dir/notes"
    says "$dir/notes: line 1 is none of a manifest of faults"
    [[ $(cat "$dir/notes") == 'my notes' && ! -e $dir/data_1.csv ]]
}

(run_large) || true
for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
rm -rf "$(cat "$work/large")"
finish chaos
