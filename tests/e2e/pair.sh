#!/usr/bin/env bash
# Both binaries end to end, without Docker: what a person or an operator would see.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/lib.sh
source tests/lib-daemons.sh

# freeze_gnuplot_of PID: stops the child that a consumer with --jobs 1 started ahead; sets $frozen.
freeze_gnuplot_of() {
    eventually 5 test -e "$results/status.json"
    frozen=$(children_of "$1")
    [[ -n $frozen ]] || fail "no child"
    kill -STOP "$frozen"
}

# ---- what is refused before any work --------------------------------------------------------------

an_unknown_option_is_named_and_exits_64() {
    expect_exit 64 "$producer" --bogus
    says --bogus && one_line
    expect_exit 64 "$consumer" --bogus=1
    says --bogus && one_line
}

a_bad_value_is_named_with_its_option_and_exits_64() {
    expect_exit 64 "$producer" --interval soon
    says --interval && says soon && one_line
    expect_exit 64 "$producer" --rows 9-3
    says --rows && one_line
    expect_exit 64 "$consumer" --poll-interval 0
    says --poll-interval && one_line
    expect_exit 64 "$consumer" --match 'data.csv'
    says --match && one_line
    expect_exit 64 "$consumer" --chart gif
    says "png, svg or none" && one_line
}

a_bad_environment_variable_is_named_and_exits_78() {
    expect_exit 78 env PRODUCER_INTERVAL=soon "$producer"
    says PRODUCER_INTERVAL && one_line
    expect_exit 78 env CONSUMER_SETTLE=-1s "$consumer"
    says CONSUMER_SETTLE && one_line
}

a_missing_directory_is_named_and_exits_78() {
    expect_exit 78 "$producer" --dir "$work/nowhere"
    says "$work/nowhere" && says "No such file" && one_line
    expect_exit 78 "$consumer" --dir "$work/nowhere"
    says "$work/nowhere" && says "No such file" && one_line
}

a_results_directory_that_cannot_be_written_is_named_and_exits_73() {
    fresh unwritable
    echo file >"$work/a-file"
    expect_exit 73 "$consumer" --dir "$dir" --results "$work/a-file"
    says "$work/a-file" && one_line
    expect_exit 73 "$consumer" --dir "$dir" --results "$work/none/results"
    says "$work/none/results" && one_line
}

a_second_daemon_on_the_same_directory_exits_69() {
    fresh locked
    "$producer" --dir "$dir" --interval 10s >/dev/null & local first=$!
    "$consumer" --dir "$dir" >/dev/null & local second=$!
    eventually 5 test -e "$results/status.json"
    expect_exit 69 "$producer" --dir "$dir"
    says .producer.lock && one_line
    expect_exit 69 "$consumer" --dir "$dir"
    says .consumer.lock && one_line
    stop "$first"
    stop "$second"
}

# ends_with CODE PID WORDS FILE: by itself, and says so there.
ends_with() {
    local status=0
    wait "$2" || status=$?
    [[ $status -eq $1 ]] || fail "exit $status, not $1: $(tail -n 2 "$4")"
    grep -qF "$3" "$4" || fail "does not say '$3': $(tail -n 2 "$4")"
}

a_lock_file_that_is_removed_lets_no_second_daemon_in_and_ends_the_first() {
    fresh unlocked
    spawn "$producer" --dir "$dir" --interval 100ms >"$dir/producer.out" 2>&1
    local making=$spawned reading
    start_consumer
    reading=$spawned
    eventually 5 test -e "$results/status.json"
    eventually 5 test -e "$dir/metadata_1.json"
    kill -STOP "$making" "$reading"
    rm "$dir/.producer.lock" "$results/.consumer.lock"
    expect_exit 69 "$producer" --dir "$dir" --count 1 --interval 0
    expect_exit 69 "$consumer" --dir "$dir" --once
    expect_exit 69 "$consumer" --dir "$dir" --rebuild
    kill -CONT "$making" "$reading"
    ends_with 74 "$making" '.producer.lock was removed' "$dir/producer.out"
    ends_with 74 "$reading" '.consumer.lock was removed' "$dir/consumer.out"
}

# The consumer first: a start tidies away the temporaries that are there.
daemons_that_share_one_directory_do_not_keep_each_other_out() {
    fresh one-directory
    start_consumer --results "$dir"
    local reading=$spawned making
    eventually 5 test -e "$dir/status.json"
    spawn "$producer" --dir "$dir" --results "$dir" --interval 100ms --keep 100 >"$dir/producer.out" 2>&1
    making=$spawned
    eventually 8 grep -q '"key":"3".*"processed"' "$dir/processed.log"
    expect_exit 69 "$producer" --dir "$dir"
    expect_exit 69 "$consumer" --dir "$dir" --results "$dir"
    rm "$dir/.consumer.lock"
    ends_with 74 "$reading" '.consumer.lock was removed' "$dir/consumer.out"
    stop "$making"
}

help_lists_every_option_and_its_document_does_too() {
    local program flag
    for program in "$producer" "$consumer"; do
        expect_exit 0 "$program" --help
        expect_exit 0 "$program" --version
        for flag in $("$program" --help | grep -oE '^  --[a-z-]+'); do
            sed -n "/^| \`${program##*/}\`/,/^$/p; /^| both/,/^$/p" docs/options.md | grep -qF -- "\`$flag" ||
                fail "docs/options.md does not list $flag of ${program##*/}"
        done
        for flag in $("$program" --help | grep -oE '   \[[A-Z_]+\]' | tr -d '[]'); do
            grep -qF -- "\`$flag\`" docs/options.md || fail "docs/options.md does not list $flag"
        done
    done
}

the_formats_list_every_reason() {
    local word
    for word in $(grep -ohE '"[a-z]+(-[a-z]+)+"' common/reason.h | tr -d '"' | sort -u); do
        grep -qF "| \`$word\` |" docs/formats.md || fail "docs/formats.md does not list $word"
    done
}

# ---- the producer -------------------------------------------------------------------------------

batches_are_published_whole_and_their_metadata_is_right() {
    fresh published
    publish 5
    local n
    for n in 1 2 3 4 5; do
        [[ $(head -1 "$dir/data_$n.csv") == label,value,timestamp ]]
        jq -e --arg hash "sha256:$(sha256sum <"$dir/data_$n.csv" | cut -d' ' -f1)" \
            --argjson bytes "$(stat -c %s "$dir/data_$n.csv")" \
            --argjson rows "$(($(wc -l <"$dir/data_$n.csv") - 1))" --argjson n "$n" \
            '.hash == $hash and .bytes == $bytes and .record_count == $rows and .batch == $n
             and .path == "data_\($n).csv" and .name == "data_\($n)" and .rows == null
             and [.schema.fields[].type] == ["string", "number", "datetime"]' \
            "$dir/metadata_$n.json" >/dev/null || fail "metadata_$n.json is wrong"
    done
    [[ -z $(find "$dir" -name '*.tmp') ]]
}

the_producer_goes_on_at_the_right_number_after_a_restart_and_after_a_kill() {
    fresh restarted
    publish 3
    publish 2
    [[ -e $dir/data_5.csv && ! -e $dir/data_6.csv ]]
    "$producer" --dir "$dir" --interval 0 >/dev/null & local pid=$!
    eventually 5 test -e "$dir/data_50.csv"
    kill -KILL "$pid"
    wait "$pid" || true
    publish 1
    local last
    last=$(find "$dir" -name 'data_*.csv' | wc -l)
    seq -f 'data_%.0f.csv' "$last" | sort >"$work/expected"
    find "$dir" -name 'metadata_*.json' -exec jq -r '"\(.hash | ltrimstr("sha256:"))  \(.path)"' {} + | sort -k 2 >"$work/stated"
    diff "$work/expected" <(cut -c 67- "$work/stated") || fail "not one for each number"
    (cd "$dir" && sha256sum --quiet --check "$work/stated") || fail "other bytes than stated"
    [[ -z $(find "$dir" -name '*.tmp') ]]
}

the_same_seed_gives_the_same_values() {
    fresh seeded-a
    publish 3
    local first=$dir
    fresh seeded-b
    publish 3
    local n
    for n in 1 2 3; do
        diff <(cut -d, -f1,2 "$first/data_$n.csv") <(cut -d, -f1,2 "$dir/data_$n.csv")
    done
}

the_producer_ends_within_a_second_of_sigterm_with_no_half_file() {
    fresh producer-stop
    "$producer" --dir "$dir" --interval 0 --rows 200000 >/dev/null & local pid=$!
    eventually 10 test -e "$dir/metadata_1.json"
    stop "$pid"
    [[ -z $(find "$dir" -name '*.tmp') ]]
    "$producer" --dir "$dir" --interval 1h >/dev/null & pid=$!
    sleep 0.3
    stop "$pid"
}

# ---- the consumer -------------------------------------------------------------------------------

every_batch_gets_a_summary_a_chart_and_one_record() {
    fresh once
    publish 4
    consume_once
    count_is '.outcome == "processed" and .verified and .plot == "ok"' 4
    count_is true 4
    local n
    for n in 1 2 3 4; do
        jq -e --argjson rows "$(($(wc -l <"$dir/data_$n.csv") - 1))" --arg key "$n" \
            '.format == "shared-data-summary/1" and .key == $key and .record_count == $rows and .verified
             and .columns[1].count == $rows and .columns[1].quantiles.p50 > 0' "$results/summary_$n.json" >/dev/null
        [[ $(head -c 8 "$results/plot_$n.png" | od -An -tx1 | tr -d ' \n') == 89504e470d0a1a0a ]]
    done
}

a_batch_is_never_processed_twice_across_restarts_too() {
    fresh twice
    publish 3
    consume_once
    stat -c '%n %Y %Z %i' "$results"/summary_* "$results"/plot_* >"$work/before"
    consume_once
    consume_once
    count_is true 3
    diff "$work/before" <(stat -c '%n %Y %Z %i' "$results"/summary_* "$results"/plot_*)
}

the_outputs_are_the_same_bytes_when_they_are_made_again() {
    fresh again
    publish 3
    consume_once
    mv "$results" "$work/first-results"
    consume_once --jobs 1
    local file
    for file in "$results"/summary_* "$results"/plot_*; do
        cmp "$file" "$work/first-results/${file##*/}"
    done
}

a_chart_is_the_same_whichever_chart_its_gnuplot_drew_before() {
    fresh sequence
    publish 2
    consume_once --chart svg --jobs 1
    consume_once --chart png --jobs 1 --results "$dir/png"
    mkdir "$dir/alone"
    cp "$dir"/*_2.* "$dir/alone"
    consume_once --chart svg --dir "$dir/alone" --results "$dir/alone/results"
    consume_once --chart png --dir "$dir/alone" --results "$dir/alone/png"
    cmp "$results/plot_2.svg" "$dir/alone/results/plot_2.svg"
    cmp "$dir/png/plot_2.png" "$dir/alone/png/plot_2.png"
}

the_consumer_may_start_first_on_an_empty_directory() {
    fresh first
    "$consumer" --dir "$dir" >"$dir/consumer.out" & local pid=$!
    eventually 5 test -e "$results/status.json"
    publish 2
    eventually 5 test -e "$results/plot_2.png"
    eventually 5 grep -q '"key":"2"' "$log"
    stop "$pid"
    count_is '.outcome == "processed"' 2
}

a_batch_with_a_wrong_hash_is_rejected_and_the_others_are_not() {
    fresh corrupt
    publish 3
    printf 'X' | dd of="$dir/data_2.csv" bs=1 seek=30 conv=notrunc status=none
    local status=0
    consume_once || status=$?
    [[ $status -eq 65 ]] || fail "exit $status"
    count_is '.key == "2" and .outcome == "rejected" and .reason == "hash-mismatch"' 1
    count_is '.outcome == "processed"' 2
    [[ ! -e $results/summary_2.json && ! -e $results/plot_2.png ]]
}

a_torn_batch_is_rejected_for_its_size_and_tried_again_when_it_is_mended() {
    fresh torn
    publish 2
    cp "$dir/data_1.csv" "$work/whole"
    truncate -s 100 "$dir/data_1.csv"
    consume_once || [[ $? -eq 65 ]]
    [[ $(field 1 reason) == size-mismatch ]]
    cp "$work/whole" "$dir/data_1.csv"
    consume_once
    [[ $(jq -rs 'map(select(.key == "1")) | last | .outcome' "$log") == processed ]]
}

a_file_without_metadata_is_taken_once_it_stands_still_and_is_unverified() {
    fresh foreign
    printf 'a,b\n1,x\n2,y\n' >"$dir/data_1.csv"
    consume_once
    count_is '.key == "1" and .outcome == "processed" and (.verified | not) and .rows == 2' 1
}

metadata_with_fewer_fields_is_accepted_and_what_it_states_is_checked() {
    fresh minimal
    printf 'a,b\n1,x\n2,y\n' | tee "$dir/data_1.csv" "$dir/data_2.csv" >/dev/null
    echo '{"filename":"data_1.csv","record_count":2,"created_at":"2026-11-23T10:15:00","description":"d"}' >"$dir/metadata_1.json"
    echo '{"filename":"data_2.csv","record_count":3,"created_at":"2026-11-23T10:15:00","description":"d"}' >"$dir/metadata_2.json"
    consume_once || [[ $? -eq 65 ]]
    [[ $(field 1 outcome) == processed && $(field 1 verified) == false ]]
    [[ $(field 2 reason) == row-count-mismatch ]]
}

metadata_without_data_waits_and_once_exits_75() {
    fresh half
    publish 1
    rm "$dir/data_1.csv"
    local status=0
    consume_once || status=$?
    [[ $status -eq 75 ]] || fail "exit $status"
    [[ ! -s $log ]]
    jq -e '.backlog == 1' "$results/status.json" >/dev/null
}

# Taken, it waits for its chart when the files are written; they are not to say so until the heartbeat.
what_was_processed_waits_no_more_a_second_later() {
    local until
    fresh told
    spawn "$consumer" --dir "$dir" --chart png >>"$dir/consumer.out" 2>&1
    eventually 5 test -e "$results/status.json"
    sleep 1.2
    publish 1
    eventually 5 has_record 1
    until=$(($(now_ms) + 2000))
    until jq -e '.backlog == 0 and .processed == 1' "$results/status.json" >/dev/null; do
        [[ $(now_ms) -lt $until ]] || fail "after two seconds: $(jq -c . "$results/status.json")"
        sleep 0.1
    done
    stop "$spawned"
}

links_pipes_and_directories_are_rejected_and_never_opened() {
    fresh objects
    ln -s /etc/passwd "$dir/data_1.csv"
    mkfifo "$dir/data_2.csv"
    mkdir "$dir/data_3.csv"
    echo a >"$dir/elsewhere" && ln "$dir/elsewhere" "$dir/data_4.csv"
    printf 'a\n1\n' >"$dir/data_5.csv"
    consume_once || [[ $? -eq 65 ]]
    count_is '.outcome == "rejected" and .reason == "not-a-regular-file"' 4
    count_is '.outcome == "processed" and .key == "5"' 1
}

names_that_are_no_batch_are_passed_over() {
    fresh names
    local name
    for name in data_01.csv data_-1.csv data_0.csv .data_1.csv _data_1.csv data_1.csv.tmp data_.csv .nfs0001 \
        $'data_8.csv\n' $'data_\xff.csv' "data_$(printf '9%.0s' {1..200}).csv"; do
        printf 'a\n1\n' >"$dir/$name"
    done
    consume_once
    [[ ! -s $log ]] || fail "$(cat "$log")"
}

a_batch_that_changes_while_its_chart_is_drawn_is_logged_as_changed() {
    fresh changed-in-flight
    "$consumer" --dir "$dir" --jobs 1 --settle 200ms --poll-interval 100ms >"$dir/consumer.out" & local pid=$!
    freeze_gnuplot_of "$pid"
    publish 1
    eventually 5 test -e "$results/summary_1.json"
    printf 'label,value,timestamp\n' >"$dir/data_1.csv"
    sleep 0.5
    kill -CONT "$frozen"
    eventually 8 grep -q '"outcome":"changed"' "$log"
    stop "$pid"
    count_is true 2
}

a_log_or_results_directory_that_is_taken_away_ends_the_consumer_with_74() {
    fresh taken-away
    local status=0
    "$consumer" --dir "$dir" --chart none --poll-interval 100ms >"$dir/consumer.out" & local pid=$!
    eventually 5 test -e "$results/status.json"
    rm "$log"
    publish 1
    wait "$pid" || status=$?
    [[ $status -eq 74 ]] || fail "exit $status after the log was removed"
    "$consumer" --dir "$dir" --chart none --poll-interval 100ms >"$dir/consumer.out" & pid=$!
    eventually 5 grep -q '"key":"1"' "$log"
    mv "$results" "$dir/elsewhere"
    status=0
    wait "$pid" || status=$?
    [[ $status -eq 74 ]] || fail "exit $status after the results were moved away"
}

sigterm_during_the_start_ends_with_0() {
    fresh start
    publish 1
    consume_once --chart none
    for _ in {1..19}; do cat "$log" "$log" >"$dir/more" && mv "$dir/more" "$log"; done
    [[ $(wc -l <"$log") -ge 500000 ]]
    "$consumer" --dir "$dir" --chart none >"$dir/consumer.out" & local pid=$!
    sleep 0.3
    stop "$pid"
    ! grep -qv jailed "$dir/consumer.out" || grep -q 'stopped' "$dir/consumer.out" || fail "$(cat "$dir/consumer.out")"
}

once_does_not_take_an_unreadable_directory_for_an_empty_one() {
    [[ $EUID -eq 0 ]] || skip "needs root, to give it up"
    fresh unreadable
    publish 2
    mkdir -p "$results" && chmod 711 "$work" && chown nobody "$results" && chmod 311 "$dir"
    local status=0
    cp "$consumer" "$work/consumer" && chmod 755 "$work/consumer"
    setpriv --reuid nobody --clear-groups "$work/consumer" --dir "$dir" --once --settle 100ms >"$said" 2>&1 || status=$?
    [[ $status -ne 0 ]] || fail "exit 0: $(cat "$said")"
}

content_that_changes_after_processing_is_logged_once_and_results_stay() {
    fresh changed
    publish 1
    consume_once
    cp "$results/summary_1.json" "$work/summary-before"
    printf 'label,value,timestamp\n' >"$dir/data_1.csv"
    consume_once
    consume_once
    count_is '.outcome == "changed"' 1
    count_is true 2
    cmp "$results/summary_1.json" "$work/summary-before"
}

other_names_are_taken_by_match() {
    fresh match
    echo '{}' >"$dir/metadata_7.json" # of somebody else's batch
    printf 'a\n1\n' >"$dir/orders-north.csv"
    printf 'a\n1\n' >"$dir/data_1.csv"
    consume_once --match 'orders-*.csv'
    count_is '.key == "north" and .file == "orders-north.csv"' 1
    count_is true 1
    [[ -e $results/summary_north.json && -e $results/plot_north.png ]]
}

results_that_are_not_there_are_not_rebuilt() {
    fresh no-results
    expect_exit 73 "$consumer" --dir "$dir" --rebuild
    says "$results" && one_line
    [[ ! -e $results ]] || fail "it made $results"
    mkdir "$results"
    expect_exit 0 "$consumer" --dir "$dir" --rebuild
    says 'neither a record nor a summary'
}

a_damaged_log_is_rebuilt_and_nothing_is_done_twice() {
    fresh rebuilt
    publish 5
    rm "$dir/data_4.csv" "$dir/metadata_4.json"
    printf 'a,b\n1\n' >"$dir/data_9.csv"
    consume_once || [[ $? -eq 65 ]]
    printf X | dd of="$log" bs=1 seek=20 conv=notrunc status=none
    cp "$log" "$dir/damaged"
    expect_exit 74 "$consumer" --dir "$dir" --once
    says 'line 1 (at byte 0) is damaged'
    says '--rebuild'
    expect_exit 0 "$consumer" --dir "$dir" --rebuild
    says 'rebuilt processed.log kept=4 damaged=1 from_summaries=1 old_log=processed.log.damaged'
    cmp "$results/processed.log.damaged" "$dir/damaged"
    expect_exit 65 "$consumer" --dir "$dir" --once --settle 200ms
    count_is '.outcome == "processed"' 4
    count_is '.outcome == "rejected"' 1
    [[ $(jq -s '[.[].key] | unique | length' "$log") -eq 5 ]]
    expect_exit 0 "$consumer" --dir "$dir" --rebuild
    says 'nothing to rebuild'
}

few_descriptors_are_enough_for_a_backlog() {
    fresh descriptors
    publish 100
    (ulimit -n 64 && consume_once --chart none)
    (ulimit -n 72 && consume_once --chart png --results "$dir/png")
    count_is '.outcome == "processed"' 100
    [[ $(jq -s 'map(select(.plot == "ok")) | length' "$dir/png/processed.log") -eq 100 ]]
    ! grep -q 'Too many open files' "$dir/consumer.out"
}

charts_are_svg_or_none_by_option() {
    fresh charts
    publish 1
    consume_once --chart svg
    grep -q '</svg>' "$results/plot_1.svg"
    rm -r "$results"
    consume_once --chart none
    [[ -z $(find "$results" -name 'plot_*') && $(field 1 plot) == none ]]
}

without_gnuplot_the_summary_stands_and_the_record_says_so() {
    fresh no-gnuplot
    publish 1
    PATH=/nonexistent "$consumer" --dir "$dir" --once --settle 300ms >/dev/null
    [[ $(field 1 plot) == failed && $(field 1 outcome) == processed && -e $results/summary_1.json ]]
}

a_gnuplot_that_is_killed_is_replaced() {
    fresh killed-gnuplot
    "$consumer" --dir "$dir" --jobs 1 >"$dir/consumer.out" & local pid=$! child
    publish 1
    eventually 5 test -e "$results/plot_1.png"
    child=$(children_of "$pid")
    kill -KILL "$child"
    publish 2
    eventually 5 grep -q '"key":"3"' "$log"
    stop "$pid"
    count_is '.plot == "ok"' 3
}

nothing_is_left_behind_when_the_consumer_is_killed_and_a_restart_finishes_the_work() {
    fresh killed
    publish 30
    "$consumer" --dir "$dir" >"$dir/consumer.out" & local pid=$! child
    eventually 5 test -e "$results/plot_3.png"
    child=$(children_of "$pid")
    [[ -n $child ]]
    kill -KILL "$pid"
    wait "$pid" || true
    eventually 3 bash -c "! ps -o stat= -p ${child//$'\n'/,} | grep -qv Z"
    consume_once
    count_is '.outcome == "processed"' 30
    [[ $(jq -s 'map(.key) | unique | length' "$log") -eq 30 ]]
    [[ -z $(find "$results" -name '*.tmp') ]]
}

# has_read_beyond MIB PID
has_read_beyond() { [[ $(awk '/^rchar/ {print $2}' "/proc/$2/io") -gt $(($1 << 20)) ]]; }

the_consumer_ends_within_a_second_of_sigterm_in_the_middle_of_a_parse() {
    fresh consumer-stop
    publish 1 --rows 4000000
    "$consumer" --dir "$dir" >"$dir/consumer.out" & local pid=$!
    eventually 5 has_read_beyond 20 "$pid"
    [[ ! -e $results/summary_1.json ]] || fail "the batch was too small to be in the middle of it"
    stop "$pid"
    [[ ! -s $log ]]
}

the_consumer_ends_within_a_second_of_sigterm_in_the_middle_of_a_chart() {
    fresh chart-stop
    "$consumer" --dir "$dir" --jobs 1 >"$dir/consumer.out" & local pid=$!
    freeze_gnuplot_of "$pid"
    publish 1
    eventually 5 test -e "$results/summary_1.json"
    stop "$pid"
    [[ ! -s $log ]]
}

a_torn_tail_of_the_log_is_cut_and_damage_in_its_middle_is_refused() {
    fresh log
    publish 3
    consume_once --chart none
    truncate -s -7 "$log"
    consume_once --chart none
    count_is true 3
    grep -q 'cut a torn tail' "$dir/consumer.out"
    sed -i '2s/"rows":/"rowz":/' "$log"
    expect_exit 74 "$consumer" --dir "$dir" --once
    says 'line 2'
    sed -i '/ jailed /d' "$said" && one_line
}

the_shared_directory_may_be_read_only_for_the_consumer() {
    needs_mount_namespaces
    fresh readonly
    publish 2
    mkdir -p "$results"
    unshare -m bash -euc '
        mount --bind "$1" "$1" && mount --bind "$1/results" /mnt && mount -o remount,bind,ro "$1"
        mount --bind /mnt "$1/results"
        if touch "$1/test_file.txt" 2>/dev/null; then echo "it could be written"; exit 1; fi
        "$2" --dir "$1" --once --settle 300ms' - "$dir" "$consumer" >"$dir/consumer.out"
    count_is '.outcome == "processed"' 2
}

# ---- what an operator sees ------------------------------------------------------------------------

health_says_whether_the_daemons_run() {
    fresh health
    expect_exit 69 "$consumer" --health --dir "$dir"
    expect_exit 69 "$producer" --health --dir "$dir"
    "$consumer" --dir "$dir" >/dev/null & local first=$!
    "$producer" --dir "$dir" --interval 1s >/dev/null & local second=$!
    eventually 5 "$consumer" --health --dir "$dir"
    eventually 5 "$producer" --health --dir "$dir"
    stop "$first"
    stop "$second"
    expect_exit 69 "$consumer" --health --dir "$dir"
    expect_exit 69 "$producer" --health --dir "$dir"
}

a_consumer_that_stands_still_is_told_however_seldom_it_polls() {
    fresh standing-still
    spawn "$consumer" --dir "$dir" --poll-interval 1h >"$dir/consumer.out" 2>&1
    local frozen=$spawned age
    eventually 5 "$consumer" --health --dir "$dir" --poll-interval 1h
    kill -STOP "$frozen"
    # Not waited for: the report is made half a minute older instead.
    age=$(jq '.updated_monotonic_ms - 30000' "$results/status.json")
    sed -i "s/\"updated_monotonic_ms\": [0-9]*/\"updated_monotonic_ms\": $age/" "$results/status.json"
    expect_exit 75 "$consumer" --health --dir "$dir" --poll-interval 1h
    says 'stands still'
    kill -CONT "$frozen"
    eventually 8 "$consumer" --health --dir "$dir" --poll-interval 1h
    stop "$frozen"
}

a_full_disk_is_told_once_waited_out_and_told_when_it_is_over() {
    needs_mount_namespaces
    fresh full
    publish 2
    mkdir -p "$results"
    unshare -m bash -euc '
        mount -t tmpfs -o size=64k none "$1/results"
        head -c 64k /dev/zero >"$1/results/filler" || true
        "$2" --dir "$1" --chart none >"$1/consumer.out" & pid=$!
        sleep 2.5
        [[ ! -s $1/results/processed.log ]] || { echo "a record on a full disk"; exit 1; }
        if "$2" --health --dir "$1"; then echo "healthy on a full disk"; exit 1; fi
        rm "$1/results/filler"
        for i in $(seq 100); do [[ $(wc -l <"$1/results/processed.log") -eq 2 ]] && break; sleep 0.1; done
        kill -TERM $pid; wait $pid
        [[ $(wc -l <"$1/results/processed.log") -eq 2 ]]' - "$dir" "$consumer"
    [[ $(grep -c 'No space left on device; trying again' "$dir/consumer.out") -eq 1 ]] || fail "$(cat "$dir/consumer.out")"
    grep -q 'works again' "$dir/consumer.out"
}

# spawn_limited NAME COMMAND...: no file may grow, until let_grow; what it says goes to NAME.
spawn_limited() { spawn bash -c 'ulimit -S -f 0; exec "$@"' limited "${@:2}" > >(cat >"$1") 2>&1; }
let_grow() { prlimit --pid "$1" --fsize=unlimited:unlimited; }

a_file_size_limit_is_waited_out_by_both_daemons() {
    fresh size-limit
    mkdir "$results"
    spawn_limited "$dir/producer.out" "$producer" --dir "$dir" --interval 0 --count 2
    local making=$spawned
    eventually 5 grep -q 'File too large' "$dir/producer.out"
    let_grow "$making"
    wait "$making" || fail "the producer exits $?"
    spawn_limited "$dir/consumer.out" "$consumer" --dir "$dir" --poll-interval 50ms
    local reading=$spawned
    eventually 5 grep -q 'File too large' "$dir/consumer.out"
    [[ ! -s $log ]] || fail "a record where none can be written"
    let_grow "$reading"
    eventually 8 count_is '.outcome == "processed" and .verified' 2
    stop "$reading"
}

logs_are_one_json_object_a_line_by_option() {
    fresh json
    publish 2 --log-format json
    "$consumer" --dir "$dir" --once --log-format json >"$dir/consumer.out"
    jq -e -s 'map(select(.message == "published")) | length == 2 and all(.rows > 0 and .size_bytes > 0 and .took_ms > 0)' "$dir/producer.out" >/dev/null
    jq -e -s 'map(select(.message == "processed")) | length == 2 and all(.rows > 0 and .size_bytes > 0 and .took_ms > 0)' "$dir/consumer.out" >/dev/null
}

a_log_that_nobody_reads_holds_nothing_up() {
    fresh unread
    publish 40
    mkfifo "$dir.pipe"
    exec 8<>"$dir.pipe"
    dd if=/dev/zero of="$dir.pipe" bs=4k oflag=nonblock status=none || true # until it is full
    "$consumer" --dir "$dir" --chart none >&8 & local pid=$!
    eventually 5 grep -q '"key":"40"' "$log"
    stop "$pid"
    exec 8>&-
}

closed_standard_streams_put_no_message_into_a_file() {
    fresh closed
    "$producer" --dir "$dir" --interval 0 --count 3 <&- >&- 2>&-
    "$consumer" --dir "$dir" --once <&- >&- 2>&-
    count_is '.outcome == "processed"' 3
    ! grep -q data- "$dir/.producer.lock" || fail "a message is in the producer's lock"
    [[ $(wc -l <"$dir/.producer.lock") -eq 1 && ! -s $results/.consumer.lock ]]
}

a_state_that_lasts_is_logged_once_and_not_at_every_poll() {
    fresh quiet
    publish 1
    rm "$dir/data_1.csv"
    "$consumer" --dir "$dir" --poll-interval 20ms --settle 200ms >"$dir/consumer.out" & local pid=$!
    sleep 1.5
    stop "$pid"
    [[ $(grep -c 'waiting for batch' "$dir/consumer.out") -eq 1 ]] || fail "$(cat "$dir/consumer.out")"
}

acknowledged_batches_are_tidied_away_and_pending_ones_never() {
    fresh tidy
    publish 5
    consume_once --chart none
    publish 3 --keep 2
    [[ ! -e $dir/data_1.csv && ! -e $dir/metadata_1.json && -e $dir/data_5.csv ]] || fail "$(ls "$dir")"
    [[ -e $dir/data_6.csv && -e $dir/data_7.csv && -e $dir/data_8.csv ]]
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish e2e
