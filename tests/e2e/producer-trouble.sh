#!/usr/bin/env bash
# What data-producer does when things go wrong under it: full disks, failing calls, names that are taken. The order
# of its calls, which a power loss depends on, is read off strace.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Mounts of the checks are nobody else's, and go with this process.
if [[ -z ${MOUNTS_ARE_PRIVATE:-} ]] && unshare -m true 2>/dev/null; then
    MOUNTS_ARE_PRIVATE=1 exec unshare -m bash "tests/e2e/${BASH_SOURCE[0]##*/}"
fi
source tests/lib.sh
source tests/lib-daemons.sh

# Deletes only below $work, whatever is still mounted there.
trap 'end_spawned; umount -q "$work"/*.mount 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT

# ---- helpers ------------------------------------------------------------------------------------

fresh() {
    dir=$work/$1
    mkdir -p "$dir/results"
    out=$work/$1.out
}

# fresh_tmpfs NAME OPTIONS: a small disk of its own.
fresh_tmpfs() {
    [[ -n ${MOUNTS_ARE_PRIVATE:-} ]] || skip "needs root and mount namespaces"
    dir=$work/$1.mount
    out=$work/$1.out
    mkdir "$dir"
    mount -t tmpfs -o "$2" none "$dir" 2>/dev/null || skip "cannot mount a tmpfs here"
}

# start ARGUMENTS...: in the background, its log in $out.
start() { spawn "$producer" --dir "$dir" --rows 20-60 --min-free 0 "$@" >"$out" 2>&1; }

said() { grep -qF -- "$1" "$out" || fail "did not say '$1': $(tail -n 5 "$out")"; }

# health_is CODE WORDS
health_is() {
    local status=0 answer
    answer=$("$producer" --health --dir "$dir" 2>&1) || status=$?
    [[ $status -eq $1 ]] || fail "--health exits $status, not $1: $answer"
    [[ $answer == *"$2"* ]] || fail "--health says '$answer', not '$2'"
    [[ $(grep -c '' <<<"$answer") -eq 1 ]] || fail "--health says more than a line: $answer"
}

# Every batch from 1 to N is what its metadata states; there is no other, and nothing in flight.
all_is_whole_up_to() {
    local n
    for ((n = 1; n <= $1; n++)); do
        [[ -e $dir/data_$n.csv && -e $dir/metadata_$n.json ]] || fail "batch $n is not there"
    done
    [[ $1 -eq 0 ]] || (cd "$dir" && seq -f 'metadata_%.0f.json' "$1" | xargs cat |
        sed -n 's/.*"path": "\(.*\)".*/\1/p; s/.*"hash": "sha256:\(.*\)".*/\1/p' |
        paste -d ' ' - - | awk '{print $2 "  " $1}' | sha256sum --quiet --strict -c) ||
        fail "not what the metadata states"
    [[ $(find "$dir" -maxdepth 1 -name '*_*' | wc -l) -eq $((2 * $1)) ]] || fail "there is more than $1"
    [[ -z $(find "$dir" -name '*.tmp') ]] || fail "temporaries are left"
}

published() { grep -c ' published ' "$out" || true; }
more_than() { [[ $(published) -gt $1 ]] || fail "only $(published) batches are published"; }
last_number() { find "$dir" -name 'metadata_*.json' -printf '%f\n' | tr -dc '0-9\n' | sort -n | tail -n 1; }

# ---- disks --------------------------------------------------------------------------------------

# recovers_from_a_full_disk INTERVAL: the disk is filled by a file that is taken away again.
recovers_from_a_full_disk() {
    mkdir "$dir/results"
    start --interval "$1"
    eventually 5 more_than 2
    head -c 4M /dev/zero >"$dir/filler" 2>/dev/null || true
    eventually 10 said "No space left on device"
    eventually 5 health_is 75 "No space left on device"
    sleep 1
    local lines
    lines=$(grep -c 'No space left' "$out")
    [[ $lines -le 12 ]] || fail "$lines lines about one full disk: $(tail -n 3 "$out")"
    local before
    before=$(published)
    rm "$dir/filler"
    eventually 10 more_than "$before"
    said "writing works again"
    eventually 5 health_is 0 ""
    stop "$spawned"
    all_is_whole_up_to "$(last_number)"
}

a_full_disk_is_waited_out_by_a_paced_producer() {
    fresh_tmpfs paced size=2m
    recovers_from_a_full_disk 20ms
}

a_disk_without_inodes_is_waited_out_and_told_by_health() {
    fresh_tmpfs inodes size=4m,nr_inodes=40
    mkdir "$dir/results"
    start --interval 10ms
    eventually 10 said "No space left on device"
    eventually 5 health_is 75 "No space left on device"
    mount -o remount,nr_inodes=4000 "$dir"
    eventually 10 said "writing works again"
    eventually 5 health_is 0 ""
    stop "$spawned"
    all_is_whole_up_to "$(last_number)"
}

# Groups fail first and are then tried batch by batch, until one does not fit.
a_disk_filled_as_fast_as_possible_takes_what_fits_and_then_more() {
    fresh_tmpfs fast size=1m
    mkdir "$dir/results"
    start --interval 0 --max-pending 0 --log-level info
    eventually 10 health_is 75 "No space left on device"
    local before
    before=$(published)
    [[ $before -gt 50 ]] || fail "only $before batches fit"
    mount -o remount,size=2m "$dir"
    eventually 40 more_than $((before + 50))
    stop "$spawned"
    all_is_whole_up_to "$(last_number)"
}

less_space_than_wanted_is_trouble_for_health() {
    fresh_tmpfs minfree size=1m
    mkdir "$dir/results"
    start --interval 10ms --min-free 64MiB
    eventually 5 health_is 75 "waiting for space"
    stop "$spawned"
    all_is_whole_up_to 0
}

# The batch is some 2 MB: a second one fits the disk, and a third would leave less than is to stay free.
no_batch_is_begun_that_would_leave_less_space_than_is_to_stay_free() {
    fresh_tmpfs nearly size=8m
    mkdir "$dir/results"
    spawn "$producer" --dir "$dir" --interval 0 --rows 50000 --min-free 3MiB >"$out" 2>&1
    eventually 5 said "waiting for space: less would be free than --min-free"
    stop "$spawned"
    [[ $(df --output=avail -B 1 "$dir" | tail -n 1) -ge $((3 * 1024 * 1024)) ]] || fail "$(df -B 1 "$dir")"
    [[ $(published) -ge 1 ]] || fail "nothing is published"
}

# ---- names that are taken -------------------------------------------------------------------------

# At a start such a name is gone round; so it has to appear under a producer that runs.
goes_on_when_it_is_gone() {
    local blocked=$1
    start --interval 400ms --count 5
    eventually 5 more_than 0
    mkdir "$dir/$blocked"
    eventually 5 said "$blocked: Is a directory"
    eventually 5 health_is 75 "$blocked: Is a directory"
    sleep 0.5
    [[ $(grep -c "$blocked: Is a directory" "$out") -eq 1 ]] || fail "says it again: $(tail -n 3 "$out")"
    [[ $(published) -eq 2 ]] || fail "$(published) batches are published before it"
    rmdir "$dir/$blocked"
    wait "$spawned" || fail "exit $?"
    all_is_whole_up_to 5
}

a_directory_with_the_name_of_data_is_named_and_its_number_is_used_once_it_is_gone() {
    fresh data-taken
    goes_on_when_it_is_gone data_3.csv
}

a_directory_with_the_name_of_metadata_is_named_and_its_number_is_used_once_it_is_gone() {
    fresh metadata-taken
    goes_on_when_it_is_gone metadata_3.json
}

results_that_cannot_be_read_are_trouble_for_health() {
    fresh unreadable
    rmdir "$dir/results"
    echo "not a directory" >"$dir/results"
    start --interval 50ms
    eventually 5 health_is 75 "results"
    rm "$dir/results"
    mkdir "$dir/results"
    eventually 5 health_is 0 ""
    stop "$spawned"
}

# What a run knows of a log that is there is nothing, until it can be read.
a_log_that_cannot_be_read_at_the_start_is_waited_for() {
    fresh unread
    mkdir "$dir/results/processed.log"
    start --interval 10ms
    eventually 5 said "waiting for the log of each consumer"
    eventually 5 health_is 75 "processed.log"
    sleep 0.5
    [[ $(grep -c "waiting for the log" "$out") -eq 1 ]] || fail "says it again: $(tail -n 3 "$out")"
    all_is_whole_up_to 0
    rmdir "$dir/results/processed.log"
    eventually 5 more_than 0
    said "all logs can be read: going on"
    stop "$spawned"
    mkdir -p "$dir/results/processed.log"
    start --interval 10ms
    eventually 5 said "waiting for the log of each consumer"
    stop "$spawned"
}

no_number_is_used_again_when_all_is_deleted_and_the_results_are_moved_away() {
    fresh moved
    start --interval 0 --count 3
    wait "$spawned"
    "$consumer" --dir "$dir" --once --chart none >/dev/null
    spawn "$producer" --dir "$dir" --keep 0 --min-free 1000TiB >"$out" 2>&1 # publishes nothing, for lack of space
    eventually 5 test ! -e "$dir/data_3.csv"
    stop "$spawned"
    mv "$dir/results" "$dir/moved"
    start --count 1
    wait "$spawned"
    [[ $(last_number) -eq 4 ]] || fail "behind batch 3 comes $(last_number)"
}

# ---- calls that fail ------------------------------------------------------------------------------

# survives CALL ERROR WHEN: with six batches as fast as possible, where this call fails once.
survives() {
    fresh "inject-$1-$2-$3"
    strace -f -qq -o "$out.trace" -e trace="$1" -e inject="$1:error=$2:when=$3" \
        "$producer" --dir "$dir" --interval 0 --count 6 --log-level warn >"$out" 2>&1 ||
        fail "exit $? after $2 of $1 number $3: $(tail -n 2 "$out")"
    grep -q INJECTED "$out.trace" || fail "$1 number $3 never came"
    all_is_whole_up_to 6
    rm -rf "$dir"
}

every_error_that_passes_costs_no_batch_and_no_number() {
    needs_strace
    local error call when
    for error in ENOSPC EDQUOT EIO EROFS ESTALE ENOMEM EACCES; do
        for call in fsync renameat; do
            for when in 1 2 3 4 7; do survives "$call" "$error" "$when"; done
        done
    done
}

a_write_that_fails_costs_no_batch() {
    needs_strace
    local error when
    for error in ENOSPC EDQUOT EIO; do
        for when in 1 2 3 4; do survives write "$error" "$when"; done
    done
}

# A new start opens what is there by then. Listing the directory at the start looks at it twice, too.
a_directory_that_the_file_server_has_forgotten_ends_the_producer_with_74() {
    needs_strace
    fresh stale
    local status=0
    strace -f -qq -P "$dir" -o "$out.trace" -e trace=fsync,newfstatat,fstat -e inject=fsync:error=ESTALE \
        -e inject=newfstatat,fstat:error=ESTALE:when=3+ \
        timeout 10 "$producer" --dir "$dir" --interval 10ms >"$out" 2>&1 || status=$?
    [[ $status -eq 74 ]] || fail "exit $status: $(cat "$out" "$out.trace")"
    said "Stale file handle"
}

# Large groups are flushed by threads, each of which meets the error at its third file.
flushes_that_fail_in_the_middle_of_large_groups_cost_no_batch() {
    needs_strace
    fresh many
    strace -f -qq -o "$out.trace" -e trace=fsync -e inject=fsync:error=EIO:when=3 \
        "$producer" --dir "$dir" --interval 0 --count 150 --log-level warn >"$out" 2>&1 || fail "exit $?"
    [[ $(grep -c INJECTED "$out.trace") -gt 1 ]] || fail "only the first thread met the error"
    all_is_whole_up_to 150
}

# The kernel may have dropped the bytes and succeed the next time: the file is written anew.
a_flush_that_failed_is_never_repeated_on_the_same_file() {
    needs_strace
    fresh flush
    strace -f -qq -y -o "$out.trace" -e trace=openat,fsync -e inject=fsync:error=EIO:when=1 \
        "$producer" --dir "$dir" --interval 0 --count 1 >"$out" 2>&1
    said "Input/output error"
    awk '/INJECTED/ {failed = 1; next}
         failed && /openat.*\.data_1\.csv\.tmp.*O_CREAT/ {anew = 1}
         failed && /fsync\(.*\.data_1\.csv\.tmp/ && !anew {exit 1}
         END {exit !anew}' "$out.trace" || fail "the failed flush was repeated: $(cat "$out.trace")"
}

# ---- the order of calls -----------------------------------------------------------------------------

# Nothing has a name before its bytes are flushed; no metadata before the names of the data are; nothing is
# announced before the names of the metadata are.
keeps_the_order() {
    strace -f -qq -y -s 200 -o "$out.trace" -e trace=fsync,renameat,write \
        "$producer" --dir "$dir" "$@" >"$out" 2>&1
    awk -v dir="$dir" '
        function wrong(why) {print NR ": " why ": " $0; bad = 1; exit 1}
        function is_flushed(path) {
            if (path == dir) unsynced_data = unsynced_metadata = 0
            else {sub(/.*\//, "", path); flushed[path] = 1}
        }
        match($0, /fsync\([0-9]+</) {
            path = substr($0, RSTART + RLENGTH); sub(/>.*/, "", path)
            if (/unfinished/) under_way[$1] = path; else is_flushed(path)
        }
        /fsync resumed/ {is_flushed(under_way[$1])}
        /renameat\(/ {
            split($0, part, "\""); from = part[2]; to = part[4]
            if (!(from in flushed)) wrong("renamed before it was flushed")
            if (to ~ /^metadata/ && unsynced_data) wrong("metadata before the names of the data were flushed")
            if (to ~ /^metadata/) {unsynced_metadata = 1; renamed[to] = 1} else unsynced_data = 1
        }
        /write\(1<.* published batch=/ {
            match($0, /batch=[0-9]+/); number = substr($0, RSTART + 6, RLENGTH - 6)
            if (!(("metadata_" number ".json") in renamed)) wrong("announced before its metadata had a name")
            if (unsynced_metadata) wrong("announced before the names of the metadata were flushed")
            announced++
        }
        END {if (bad) exit 1; if (announced == 0) {print "nothing was announced"; exit 1}}' \
        "$out.trace" || fail "in $out.trace"
}

a_paced_batch_is_announced_when_it_would_outlast_a_power_loss() {
    needs_strace
    fresh order-paced
    keeps_the_order --interval 10ms --count 5
}

a_group_of_batches_is_announced_when_it_would_outlast_a_power_loss_and_shares_its_flushes() {
    needs_strace
    fresh order-group
    keeps_the_order --interval 0 --count 200
    local flushes
    flushes=$(grep -cF "<$dir>)" "$out.trace")
    [[ $flushes -lt 200 ]] || fail "$flushes flushes of the directory for 200 batches"
}

# ---- the end --------------------------------------------------------------------------------------

what_was_announced_is_there_after_sigkill_and_the_next_start_goes_on_without_a_gap() {
    fresh killed
    local round number
    for round in 1 2 3 4 5; do
        start --interval 0 --max-pending 0
        sleep "0.$((round * 7 % 9))"
        kill -KILL "$spawned"
        wait "$spawned" || true
        while read -r number; do
            [[ -e $dir/metadata_$number.json ]] || fail "batch $number was announced and is not there"
        done < <(sed -n 's/.*published batch=\([0-9]*\).*/\1/p' "$out")
    done
    start --interval 0 --count 1 --max-pending 0
    wait "$spawned"
    all_is_whole_up_to "$(last_number)"
}

a_producer_at_full_speed_ends_at_once_and_leaves_nothing_in_flight() {
    fresh ended
    start --interval 0 --max-pending 0
    sleep 0.5
    stop "$spawned"
    all_is_whole_up_to "$(last_number)"
}

a_group_never_passes_the_limit_of_pending_batches() {
    fresh pending
    start --interval 0 --max-pending 37
    eventually 10 said "waiting for the consumer"
    eventually 5 test -e "$dir/metadata_37.json"
    sleep 0.3
    all_is_whole_up_to 37
    stop "$spawned"
}

check a_full_disk_is_waited_out_by_a_paced_producer
check a_disk_without_inodes_is_waited_out_and_told_by_health
check a_disk_filled_as_fast_as_possible_takes_what_fits_and_then_more
check less_space_than_wanted_is_trouble_for_health
check a_directory_with_the_name_of_data_is_named_and_its_number_is_used_once_it_is_gone
check a_directory_with_the_name_of_metadata_is_named_and_its_number_is_used_once_it_is_gone
check results_that_cannot_be_read_are_trouble_for_health
check every_error_that_passes_costs_no_batch_and_no_number
check a_write_that_fails_costs_no_batch
check a_directory_that_the_file_server_has_forgotten_ends_the_producer_with_74
check flushes_that_fail_in_the_middle_of_large_groups_cost_no_batch
check a_flush_that_failed_is_never_repeated_on_the_same_file
check a_paced_batch_is_announced_when_it_would_outlast_a_power_loss
check a_group_of_batches_is_announced_when_it_would_outlast_a_power_loss_and_shares_its_flushes
check what_was_announced_is_there_after_sigkill_and_the_next_start_goes_on_without_a_gap
check a_producer_at_full_speed_ends_at_once_and_leaves_nothing_in_flight
check a_group_never_passes_the_limit_of_pending_batches
check no_batch_is_begun_that_would_leave_less_space_than_is_to_stay_free
check a_log_that_cannot_be_read_at_the_start_is_waited_for
check no_number_is_used_again_when_all_is_deleted_and_the_results_are_moved_away
finish producer-trouble
