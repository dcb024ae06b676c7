#!/usr/bin/env bash
# Crashes, signals, failing calls, full disks and other troubles of a machine: what is recorded is true, what is
# lost is made again, and the daemons stay alive wherever waiting helps. One test a kind of trouble.
# shellcheck disable=SC2317,SC2016 # check calls the functions; what is quoted is for another shell
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

# ---- helpers --------------------------------------------------------------------------------------

# Two batches and what comes of them undisturbed, to compare with.
make_reference() {
    fresh reference
    publish 2
    consume_once --chart none
    reference=$dir
}

# A directory of its own with the two batches.
fresh_copy() {
    rm -rf "${work:?}/$1"
    fresh "$1"
    cp -p "$reference"/data_*.csv "$reference"/metadata_*.json "$dir/"
}

# Each record stands once, and on a summary of the bytes that are there.
log_is_true() {
    local key sum
    [[ -s $log ]] || return 0
    [[ $(jq -rs 'map(.key) | length == (unique | length)' "$log") == true ]] || fail "$1: a batch twice in $(cat "$log")"
    while read -r key sum; do
        grep -qF "$sum" "$results/summary_$key.json" || fail "$1: recorded, but no summary of $key"
    done < <(jq -r 'select(.outcome == "processed") | "\(.key) \(.sha256)"' "$log")
}

# An undisturbed start makes up for whatever was lost, byte for byte.
made_up() {
    consume_once --chart none || fail "$1: the next start exits $?: $(tail -1 "$dir/consumer.out")"
    log_is_true "$1"
    [[ $(wc -l <"$log") -eq 2 ]] || fail "$1: $(wc -l <"$log") records after the next start"
    cmp "$results/summary_1.json" "$reference/results/summary_1.json"
    cmp "$results/summary_2.json" "$reference/results/summary_2.json"
    [[ -z $(find "$results" -name '*.tmp') ]] || fail "$1: left $(find "$results" -name '*.tmp')"
}

# injected WHAT COMMAND...: under strace, with this injection; output and trace beside $dir's files.
injected() { (timeout -k 1 10 strace -o "$dir/trace" -e "trace=${1%%:*}" -e "inject=$1" "${@:2}" >>"$dir/consumer.out" 2>&1; exit $?) 2>/dev/null; } # a shell tells of a child that was killed
once=("$consumer" --once --settle 0 --chart none)

# ---- crashes --------------------------------------------------------------------------------------

sigkill_at_each_step_of_the_commit_loses_and_doubles_nothing() {
    needs_strace
    local call n status died
    for call in fsync fdatasync renameat write ftruncate unlinkat; do
        died=0
        for n in {1..20}; do
            fresh_copy killed
            status=0
            injected "$call:signal=SIGKILL:when=$n" "${once[@]}" --dir "$dir" || status=$?
            [[ $status -eq 137 ]] || break
            died=$n
            log_is_true "$call $n"
            made_up "$call $n"
        done
        [[ $call == ftruncate || $call == unlinkat || $died -ge 1 ]] || fail "$call: no run was killed"
    done
}

sigkill_at_each_step_of_publishing_leaves_whole_batches_in_a_row() {
    needs_strace
    local call n died
    for call in fsync renameat write; do
        for n in 1 2 3 4 5; do
            rm -rf "$work/published" && fresh published
            died=0
            injected "$call:signal=SIGKILL:when=$n" "$producer" --dir "$dir" --count 3 --interval 0 || died=$?
            [[ $died -eq 137 ]] || fail "$call $n: it was not killed"
            publish 1
            consume_once --chart none || fail "$call $n: $(tail -2 "$dir/consumer.out")"
            count_is '.outcome == "processed" and .verified' "$(find "$dir" -name 'data_*' | wc -l)"
            [[ -z $(find "$dir" -name '*.tmp') ]]
        done
    done
}

no_record_is_flushed_before_its_outputs_and_no_name_before_its_bytes() {
    needs_strace
    fresh_copy order
    strace -y -o "$dir/trace" -e trace=fsync,fdatasync,renameat,renameat2,rename,write "${once[@]}" --dir "$dir" >/dev/null
    grep -vE 'status.json|metrics.prom' "$dir/trace" | awk '
        /^write\(.*\.summary_/ { written = 1; flushed = 0 }
        /^fsync\(.*\.summary_/ { flushed = 1 }
        /^rename.*summary_/    { if (!written || !flushed) bad = "a name before its bytes: " $0; named = 1; directory = 0 }
        /^fsync\(.*\/results>\)/ { directory = 1 }
        /^write\(.*processed.log>/ { if (named && !directory) bad = "a record before its outputs: " $0; records++ }
        /^fdatasync\(.*processed.log>/ { kept = records }
        END { if (bad != "" || !records || kept != records) { print bad, records, kept; exit 1 } }'
}

# ---- the log --------------------------------------------------------------------------------------

# fresh_log NAME: both batches in a log, and $last the length of its last line.
fresh_log() {
    fresh_copy "$1"
    consume_once --chart none
    last=$(tail -n 1 "$log" | wc -c)
}

a_record_torn_at_any_length_is_cut_and_its_batch_taken_again() {
    local keep
    fresh_log torn
    for keep in 1 $((last / 2)) $((last - 2)) $((last - 1)); do
        truncate -s "-$((last - keep))" "$log"
        made_up "torn to $keep of $last bytes"
        last=$(tail -n 1 "$log" | wc -c)
    done
    [[ $(grep -c 'cut a torn tail' "$dir/consumer.out") -eq 4 ]]
}

a_zero_filled_tail_is_cut() {
    fresh_log zeros
    head -c 4096 /dev/zero >>"$log"
    made_up "4096 zeros behind the last line"
    truncate -s "-$(tail -n 1 "$log" | wc -c)" "$log"
    head -c 300 /dev/zero >>"$log"
    made_up "zeros instead of the last line"
    [[ $(grep -c 'cut a torn tail' "$dir/consumer.out") -eq 2 ]]
}

# flip_bit FILE OFFSET
flip_bit() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059
    printf "\\x$(printf '%x' $((byte ^ 4)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

a_flipped_bit_in_the_middle_of_the_log_refuses_to_start_and_names_the_line() {
    fresh_log flipped
    publish 2
    consume_once --chart none
    cp "$log" "$work/damaged"
    flip_bit "$log" $(($(head -n 1 "$log" | wc -c) + 20))
    cp "$log" "$work/damaged"
    expect_exit 74 "$consumer" --dir "$dir" --once
    says 'processed.log' && says 'line 2'
    rm -f "$results/processed.checkpoint"
    expect_exit 74 "$consumer" --dir "$dir" --once
    says 'line 2'
    cmp "$log" "$work/damaged"
}

derived_files_may_be_deleted_and_nothing_is_done_again() {
    fresh_log derived
    rm -f "$results"/{status.json,metrics.prom,processed.checkpoint,index.html}
    stat -c '%n %Z %i' "$results"/summary_* >"$work/before"
    made_up "without derived files"
    diff "$work/before" <(stat -c '%n %Z %i' "$results"/summary_*)
    [[ -e $results/status.json && -e $results/metrics.prom ]]
}

# ---- calls that fail ------------------------------------------------------------------------------

# with_error CALL ERROR WHEN: one run in which CALL on the outputs fails the WHENth time; "1+" is always.
with_error() {
    local what="$1 $2 $3" status=0 outputs
    fresh_copy "failing-$1-$2-$3"
    outputs=(-P "$results" -P "$log" -P .summary_1.json.tmp -P "$results/.summary_1.json.tmp")
    timeout -k 1 8 strace -o "$dir/trace" "${outputs[@]}" -e "inject=$1:error=$2:when=$3" "${once[@]}" --dir "$dir" >"$dir/consumer.out" 2>&1 || status=$?
    [[ $status -lt 124 ]] || fail "$what: exit $status"
    grep -q INJECTED "$dir/trace" || fail "$what: none was met"
    log_is_true "$what"
    [[ $status -ne 0 || $(wc -l <"$log") -eq 2 ]] || fail "$what: exit 0 with $(wc -l <"$log") records"
    made_up "$what"
}

# Each waits for a second before it tries again, so they run side by side.
no_error_of_a_write_flush_rename_or_close_makes_a_false_record() {
    needs_strace
    local call error at runs run
    for call in write fsync fdatasync renameat close; do
        runs=()
        for error in EIO ENOSPC EDQUOT EROFS; do
            for at in 1+ $([[ $call == renameat ]] || echo 1); do
                with_error "$call" "$error" "$at" &
                runs+=($!)
            done
        done
        for run in "${runs[@]}"; do wait "$run"; done
    done
}

fsync_that_fails_once_redoes_the_batch_from_its_input() {
    needs_strace
    fresh_copy fsync
    spawn strace -o "$dir/trace" -P "$results/.summary_1.json.tmp" -P data_1.csv -e trace=fsync,openat -e inject=fsync:error=EIO:when=1 \
        "$consumer" --dir "$dir" --chart none --poll-interval 50ms >"$dir/consumer.out" 2>&1
    eventually 6 has_record 2
    eventually 2 has_record 1
    kill -TERM "$(children_of "$spawned")"
    wait "$spawned"
    grep -q 'fsync.*INJECTED' "$dir/trace" || fail "no fsync of a summary was met"
    [[ $(grep -c 'openat(.*"data_1.csv"' "$dir/trace") -eq 2 ]] || fail "not read again: $(cat "$dir/trace")"
    grep -q 'cannot write summary_1.json: Input/output error; trying again' "$dir/consumer.out"
    made_up "after a failed fsync"
}

a_log_that_cannot_be_flushed_ends_the_consumer_and_the_next_start_is_true() {
    needs_strace
    fresh_copy flush
    local status=0
    injected fdatasync:error=EIO:when=1 "$consumer" --dir "$dir" --chart none || status=$?
    [[ $status -eq 74 ]] || fail "exit $status: $(tail -1 "$dir/consumer.out")"
    made_up "after a failed flush of the log"
}

a_rename_that_happened_but_reported_an_error_is_made_again() {
    local n
    for n in 1 2; do
        fresh_copy lying
        timeout 10 env "RENAME_LIES=$n" "LD_PRELOAD=$tools/faults.so" "${once[@]}" --dir "$dir" >"$dir/consumer.out" 2>&1 || [[ $? -eq 74 ]]
        grep -q 'Input/output error; trying again' "$dir/consumer.out" || fail "rename $n: no error was met"
        log_is_true "rename $n"
        made_up "rename $n"
    done
    for n in 1 2; do
        fresh "lying-producer-$n"
        timeout 10 env "RENAME_LIES=$n" "LD_PRELOAD=$tools/faults.so" "$producer" --dir "$dir" --count 2 --interval 0 >"$dir/producer.out"
        grep -q 'Input/output error' "$dir/producer.out" || fail "rename $n: no error was met"
        consume_once --chart none
        count_is '.outcome == "processed" and .verified' 2
    done
}

short_counts_and_interrupted_calls_change_no_byte() {
    fresh_copy short
    SHORT_CALLS=1 LD_PRELOAD=$tools/faults.so "${once[@]}" --dir "$dir" >"$dir/consumer.out"
    made_up "short counts"
    fresh short-producer
    SHORT_CALLS=1 LD_PRELOAD=$tools/faults.so publish 2
    diff <(cut -d, -f1,2 "$dir/data_2.csv") <(cut -d, -f1,2 "$reference/data_2.csv")
    consume_once --chart none
    count_is .verified 2
}

a_directory_handle_that_has_gone_stale_is_opened_anew() {
    needs_strace
    fresh_copy stale
    spawn strace -o "$dir/trace" -P "$dir" -e trace=getdents64,openat -e inject=getdents64:error=ESTALE:when=2..3 \
        "$consumer" --dir "$dir" --chart none --poll-interval 50ms >"$dir/consumer.out" 2>&1
    eventually 6 has_record 2
    kill -TERM "$(children_of "$spawned")"
    wait "$spawned"
    awk -v open="openat(AT_FDCWD, \"$dir\"" '/INJECTED/ { stale = 1 } stale && index($0, open) { again = 1 } END { exit !again }' "$dir/trace" ||
        fail "not opened anew: $(cat "$dir/trace")"
    made_up "after ESTALE"
}

memory_that_fails_once_or_from_then_on_makes_no_false_record() {
    local n on status
    for on in '' +; do
        for n in 1 2 3 5 8 13 21 34 55 89 144 233 377 610 987; do
            fresh_copy memory
            status=0
            timeout -k 1 5 env "MALLOC_FAILS=$n$on" "LD_PRELOAD=$tools/faults.so" "${once[@]}" --dir "$dir" >"$dir/consumer.out" 2>&1 || status=$?
            [[ $status -lt 124 ]] || fail "allocation $n$on: exit $status"
            log_is_true "allocation $n$on"
            [[ $status -ne 0 || $(wc -l <"$log") -eq 2 ]] || fail "allocation $n$on: exit 0 with $(wc -l <"$log") records"
        done
        made_up "allocation $n$on"
    done
}

without_descriptors_nothing_is_recorded_and_work_goes_on_when_there_are_some() {
    fresh descriptors
    start_consumer --chart none
    status_becomes '.backlog == 0'
    prlimit --pid "$spawned" --nofile=3: 2>/dev/null || skip "needs prlimit"
    cp -p "$reference"/data_*.csv "$reference"/metadata_*.json "$dir/"
    sleep 1
    [[ ! -s $log ]] || fail "$(cat "$log")"
    kill -0 "$spawned"
    prlimit --pid "$spawned" --nofile=1024:
    eventually 8 has_record 2
    stop "$spawned"
    made_up "without descriptors"
}

a_fork_that_fails_costs_the_chart_and_not_the_summary() {
    needs_strace
    fresh_copy fork
    injected clone,clone3,fork,vfork:error=EAGAIN "$consumer" --dir "$dir" --once --settle 0
    count_is '.outcome == "processed" and .plot == "failed"' 2
    log_is_true fork
    grep -q 'no charts: Resource temporarily unavailable' "$dir/consumer.out"
}

inotify_disabled_still_finds_batches() {
    needs_strace
    fresh_copy poll
    rm "$dir"/metadata_2.json "$dir"/data_2.csv
    spawn strace -o "$dir/trace" -e trace=inotify_init1 -e inject=inotify_init1:error=ENOSYS \
        "$consumer" --dir "$dir" --chart none --poll-interval 100ms >"$dir/consumer.out" 2>&1
    eventually 4 has_record 1
    cp -p "$reference"/data_2.csv "$reference"/metadata_2.json "$dir/"
    eventually 4 has_record 2
    kill -TERM "$(children_of "$spawned")"
    wait "$spawned"
    status_is '.wake == "poll" and .processed == 2'
    made_up "without inotify"
}

# ---- inputs ---------------------------------------------------------------------------------------

a_hole_of_900_gb_is_rejected_where_it_begins_and_holds_nobody_up() {
    fresh_copy hole
    rm "$dir"/{data,metadata}_1.*
    truncate -s 900G "$dir/data_1.csv" 2>/dev/null || skip "no file system here holds 900 GB"
    echo '{"record_count": 1}' >"$dir/metadata_1.json"
    expect_exit 65 timeout 5 "${once[@]}" --dir "$dir"
    rejected 1 nul-byte 'line 1, column 1'
    [[ $(of 1 sha256) == '' && $(of 2 outcome) == processed ]] || fail "$(cat "$log")"
    expect_exit 65 timeout 5 "${once[@]}" --dir "$dir"
    [[ $(wc -l <"$log") -eq 2 ]] || fail "recorded again: $(cat "$log")"
}

# unreadable ERROR: what a file does that cannot be read twice, beside one that can.
unreadable() {
    fresh_copy "unreadable-$1"
    said=$dir/said
    spawn strace -o "$dir/trace" -P "$dir/data_1.csv" -e trace=pread64 -e "inject=pread64:error=$1:when=1..2" \
        "$consumer" --dir "$dir" --chart none --poll-interval 50ms >"$dir/consumer.out" 2>&1
    eventually 2 has_record 2
    status_becomes '.trouble != null'
    no_record_of 1
    expect_exit 75 "$consumer" --health --dir "$dir"
    says 'cannot read data_1.csv'
    eventually 6 has_record 1
    status_becomes '.trouble == null'
    "$consumer" --health --dir "$dir"
    kill -TERM "$(children_of "$spawned")"
    wait "$spawned"
    [[ $(grep -c INJECTED "$dir/trace") -eq 2 && $(grep -c ' warn ' "$dir/consumer.out") -eq 1 ]] || fail "$(cat "$dir/consumer.out")"
    grep -q 'no batch fails to be read any more' "$dir/consumer.out"
    made_up "after $1"
}

a_file_that_the_disk_cannot_read_is_told_once_and_holds_no_other_up() {
    needs_strace
    unreadable EIO & local runs=($!)
    unreadable ESTALE & runs+=($!)
    for run in "${runs[@]}"; do wait "$run"; done
}

without_descriptors_many_inputs_are_told_once_and_taken_when_there_are_some() {
    needs_strace
    fresh many-unreadable
    publish 20
    spawn strace -o "$dir/trace" -e trace=openat -e "inject=openat:error=EMFILE" $(printf -- '-P metadata_%d.json ' {1..20}) \
        "$consumer" --dir "$dir" --chart none --poll-interval 50ms >"$dir/consumer.out" 2>&1
    local tracer=$spawned
    status_becomes '.trouble != null and .backlog == 20'
    sleep 2.2
    expect_exit 75 "$consumer" --health --dir "$dir"
    says 'Too many open files'
    [[ $(grep -c ' warn ' "$dir/consumer.out") -eq 1 && ! -s $log ]] || fail "$(cat "$dir/consumer.out")"
    kill -TERM "$(children_of "$tracer")"
    wait "$tracer"
    [[ $(grep -c INJECTED "$dir/trace") -le 60 ]] || fail "tried $(($(grep -c INJECTED "$dir/trace") / 20)) times in some three seconds"
    consume_once --chart none
    count_is '.outcome == "processed"' 20
}

# ---- disks ----------------------------------------------------------------------------------------

# The shell's words inside a mount namespace of their own: $1 the directory, $2 and $3 the daemons.
in_a_namespace() { timeout -k 1 60 unshare -m bash -euc "$1" - "$dir" "$consumer" "$producer"; }

a_disk_without_inodes_is_waited_out_and_health_says_so() {
    needs_mount_namespaces
    fresh_copy inodes
    mkdir -p "$results"
    # shellcheck disable=SC2016
    in_a_namespace '
        mount -t tmpfs -o size=1m,nr_inodes=14 none "$1/results"
        "$2" --dir "$1" --chart none --once --match "none_*.csv" >/dev/null
        rm -f "$1/results/status.json"
        for i in $(seq 20); do : >"$1/results/filler$i" || break; done 2>/dev/null
        "$2" --dir "$1" --chart none >"$1/consumer.out" & pid=$!
        sleep 1.2
        [[ ! -s $1/results/processed.log ]] || { echo "a record without inodes"; exit 1; }
        if "$2" --health --dir "$1"; then echo "healthy without inodes"; exit 1; fi
        rm "$1"/results/filler*
        for i in $(seq 80); do [[ $(wc -l <"$1/results/processed.log") -eq 2 ]] && break; sleep 0.1; done
        sleep 1.1
        "$2" --health --dir "$1"
        kill -TERM $pid; wait $pid
        [[ $(wc -l <"$1/results/processed.log") -eq 2 ]]'
    grep -q 'No space left on device; trying again' "$dir/consumer.out"
    grep -q 'works again' "$dir/consumer.out"
}

# There is room for summaries and for no chart, and two charts are drawn at once.
a_disk_too_full_for_charts_is_told_once_and_tried_less_and_less_often() {
    needs_mount_namespaces
    fresh_copy full-of-charts
    mkdir -p "$results"
    in_a_namespace '
        mount -t tmpfs -o size=1m none "$1/results"
        "$2" --dir "$1" --once --match "none_*.csv" >/dev/null
        head -c 2m /dev/zero >"$1/results/filler" 2>/dev/null || truncate -s -28k "$1/results/filler"
        "$2" --dir "$1" --jobs 2 --chart-size 4000x3000 >"$1/consumer.out" & pid=$!
        sleep 5
        [[ ! -s $1/results/processed.log ]] || { echo "a record without its chart"; exit 1; }
        if "$2" --health --dir "$1"; then echo "healthy on a full disk"; exit 1; fi
        rm "$1/results/filler"
        for i in $(seq 100); do [[ $(wc -l <"$1/results/processed.log") -eq 2 ]] && break; sleep 0.1; done
        kill -TERM $pid; wait $pid
        [[ $(wc -l <"$1/results/processed.log") -eq 2 ]]'
    [[ $(grep -c 'cannot write plot_.*No space left on device; trying again' "$dir/consumer.out") -eq 1 && $(grep -c ' warn ' "$dir/consumer.out") -eq 1 ]] ||
        fail "$(cat "$dir/consumer.out")"
    [[ $(grep -c 'works again' "$dir/consumer.out") -eq 1 ]] || fail "$(cat "$dir/consumer.out")"
}

the_producer_waits_out_a_full_disk_and_goes_on_without_a_gap() {
    needs_mount_namespaces
    fresh full-producer
    # shellcheck disable=SC2016
    in_a_namespace '
        mount -t tmpfs -o size=64k none "$1"
        "$3" --dir "$1" --interval 20ms --rows 100 --min-free 0 >/dev/shm/full-producer.$$ & pid=$!
        for i in $(seq 60); do grep -q "No space left" /dev/shm/full-producer.$$ && break; sleep 0.1; done
        grep -q "No space left" /dev/shm/full-producer.$$ || { echo "the disk never filled"; exit 1; }
        rm /dev/shm/full-producer.$$
        kill -0 $pid
        last=$(ls "$1" | grep -c ^metadata)
        mount -o remount,size=1m "$1"
        for i in $(seq 60); do [[ -e $1/metadata_$((last + 2)).json ]] && break; sleep 0.1; done
        kill -TERM $pid; wait $pid
        for ((n = 1; n <= last + 2; n++)); do
            [[ $(sha256sum <"$1/data_$n.csv") == "$(jq -r .hash "$1/metadata_$n.json" | cut -d: -f2)  -" ]]
        done'
}

the_volume_unmounted_while_scanning_is_waited_for_and_met_again() {
    needs_mount_namespaces
    fresh unmounted
    mkdir "$dir/shared" "$dir/volume"
    # shellcheck disable=SC2016
    in_a_namespace '
        mount -t tmpfs none "$1/volume"
        mount --bind "$1/volume" "$1/shared"
        "$3" --dir "$1/shared" --count 1 --interval 0 >/dev/null
        restarted() { # as a supervisor does it, where another directory in its place ends it with 74
            local status=74 child
            while [[ $status -eq 74 ]]; do
                "$2" --dir "$1/shared" --results "$1/results" --chart none --poll-interval 20ms >>"$1/consumer.out" & child=$!
                trap "kill -TERM $child" TERM
                while status=0; wait $child || status=$?; [[ $status -gt 128 ]]; do :; done
                sleep 0.05
            done
            return $status
        }
        restarted "$@" & pid=$!
        for i in $(seq 50); do [[ -s $1/results/processed.log ]] && break; sleep 0.1; done
        for i in 1 2 3 4; do umount -l "$1/shared"; sleep 0.1; mount --bind "$1/volume" "$1/shared"; sleep 0.1; done
        umount -l "$1/shared"
        sleep 0.3
        "$3" --dir "$1/volume" --count 1 --interval 0 >/dev/null
        sleep 0.3
        [[ $(wc -l <"$1/results/processed.log") -eq 1 ]]
        mount --bind "$1/volume" "$1/shared"
        for i in $(seq 50); do [[ $(wc -l <"$1/results/processed.log") -eq 2 ]] && break; sleep 0.1; done
        kill -TERM $pid; wait $pid'
    count_is '.outcome == "processed" and .verified' 2
}

a_shared_directory_removed_with_the_results_inside_ends_the_consumer_with_74() {
    local status=0
    fresh_copy removed
    "$consumer" --dir "$dir" --chart none --poll-interval 50ms >"$work/removed.out" & local pid=$!
    eventually 5 has_record 2
    mv "$dir" "$work/away"
    timeout 5 tail --pid "$pid" -f /dev/null || { kill -KILL "$pid"; fail "it lives on: $(tail -1 "$work/removed.out")"; }
    wait "$pid" || status=$?
    [[ $status -eq 74 ]] || fail "exit $status: $(tail -1 "$work/removed.out")"
    grep -q 'results is no longer there: start again' "$work/removed.out"
}

# ---- signals and clocks ---------------------------------------------------------------------------

sigterm_at_each_step_exits_0_and_the_next_start_goes_on() {
    needs_strace
    local call n status places
    for call in getdents64 newfstatat pread64 fsync fdatasync renameat ppoll; do
        places=(-P "$work/stopped" -P "$work/stopped/results" -P data_1.csv -P .summary_1.json.tmp -P "$work/stopped/data_1.csv" -P "$work/stopped/results/processed.log")
        [[ $call != ppoll ]] || places=()
        for n in 1 2; do
            [[ $n -eq 1 || ($call != renameat && $call != fdatasync) ]] || continue # both batches share a flush
            fresh_copy stopped
            status=0
            timeout -k 1 3 strace -o "$dir/trace" "${places[@]}" -e "trace=$call" -e "inject=$call:signal=SIGTERM:when=$n" \
                "$consumer" --dir "$dir" --chart none --poll-interval 50ms >"$dir/consumer.out" 2>&1 || status=$?
            [[ $status -eq 0 ]] || fail "$call $n: exit $status"
            log_is_true "$call $n"
            made_up "$call $n"
        done
    done
}

the_clock_steps_ten_years_and_nothing_stands_still_or_is_done_again() {
    fresh_copy clock
    echo 0 >"$dir/offset"
    CLOCK_OFFSET=$dir/offset LD_PRELOAD=$tools/faults.so start_consumer --chart none
    local reading=$spawned making years n=2
    CLOCK_OFFSET=$dir/offset LD_PRELOAD=$tools/faults.so spawn "$producer" --dir "$dir" --interval 100ms >"$dir/producer.out"
    making=$spawned
    for years in 10 -10; do
        echo $((years * 365 * 24 * 3600)) >"$dir/offset"
        n=$((n + 3))
        eventually 5 has_record "$n"
        printf 'a\n1\n' >"$dir/data_foreign-$n.csv"
        eventually 5 has_record "foreign-$n"
        "$consumer" --health --dir "$dir" >"$said" || fail "$(cat "$said")"
        n=$(find "$dir" -name 'metadata_*' | wc -l)
    done
    stop "$making"
    stop "$reading"
    grep -q '"at":"2036' "$log" || fail "the consumer's clock never stepped"
    [[ $(jq -rs 'map(.key) | length == (unique | length)' "$log") == true ]]
}

make_reference
for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish trouble
