#!/usr/bin/env bash
# What may lie in the shared directory, or happen to it, besides whole batches.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

# ---- one run over many objects --------------------------------------------------------------------

put_good() { printf 'a,b\n1,x\n2,y\n' >"$dir/data_$1.csv"; }

# Every object under a key that says what it is; then one consumer over all of them, traced where that is allowed.
put_objects() {
    ln -s /etc/passwd "$dir/data_link.csv"
    ln -s data_loop.csv "$dir/data_loop.csv"
    mkfifo "$dir/data_fifo.csv" "$dir/metadata_fifo-metadata.json"
    mkdir "$dir/data_directory.csv" "$dir/metadata_directory-metadata.json"
    (cd "$dir" && "$tools/socket" data_socket.csv)
    mknod "$dir/data_device.csv" c 1 5 2>/dev/null || true
    put_good hardlink && ln "$dir/data_hardlink.csv" "$dir/second-name"
    put_good fifo-metadata
    put_good directory-metadata
    put_good link-metadata && ln -s /etc/passwd "$dir/metadata_link-metadata.json"
    put_good 1970 && touch -d '1970-01-01T00:00:00Z' "$dir/data_1970.csv"
    put_good 2100 && touch -d '2100-01-01T00:00:00Z' "$dir/data_2100.csv"
    put_good good
}

put_skipped_names() {
    local name
    for name in $'data_8.csv\n' data_-1.csv data_01.csv "data_$(printf '9%.0s' {1..240}).csv" data_9.csv.tmp .tmp \
        .nfs0001 .data_9.csv _data_9.csv data_.csv; do
        printf 'a\n1\n' >"$dir/$name"
    done
}

run_over_objects() {
    local trace=()
    fresh run
    put_objects
    put_skipped_names
    if strace -o /dev/null true 2>/dev/null; then
        trace=(strace -o "$work/trace" -e 'trace=open,openat,openat2,pread64')
    fi
    (timeout -k 1 20 "${trace[@]}" "$consumer" --dir "$dir" --once --settle 200ms --chart none >"$dir/consumer.out" 2>&1 && echo 0) >"$work/exit" || echo $? >"$work/exit"
}

a_run_over_every_kind_of_object_ends_and_exits_65() {
    [[ $(cat "$work/exit") -eq 65 ]] || fail "exit $(cat "$work/exit"): $(tail -1 "$dir/consumer.out")"
}

a_link_to_a_file_elsewhere_is_rejected() { rejected link not-a-regular-file 'a symbolic link'; }
a_loop_of_links_is_rejected() { rejected loop not-a-regular-file 'a symbolic link'; }
a_fifo_is_rejected_without_a_hang() { rejected fifo not-a-regular-file; }
a_directory_with_a_batch_name_is_rejected() { rejected directory not-a-regular-file 'a directory'; }
a_socket_with_a_batch_name_is_rejected() { rejected socket not-a-regular-file; }

a_device_with_a_batch_name_is_rejected() {
    [[ -c $dir/data_device.csv ]] || skip "needs leave to make devices"
    rejected device not-a-regular-file
}

a_file_with_a_second_name_is_rejected() { rejected hardlink not-a-regular-file 'second name'; }

metadata_that_is_no_plain_file_is_rejected() {
    rejected link-metadata not-a-regular-file metadata_link-metadata.json
    rejected fifo-metadata not-a-regular-file metadata_fifo-metadata.json
    rejected directory-metadata not-a-regular-file metadata_directory-metadata.json
}

nothing_that_was_rejected_unseen_is_ever_opened() {
    [[ -s $work/trace ]] || skip "needs strace"
    grep -q 'openat.*"data_good.csv"' "$work/trace" || fail "the trace does not show what is opened"
    ! grep -E 'data_(link|loop|fifo|directory|socket|device|hardlink).csv|metadata_[a-z]+-metadata' "$work/trace"
}

a_modification_time_of_1970_or_2100_has_no_effect() {
    processed 1970
    processed 2100
}

every_other_batch_beside_the_rejected_ones_is_processed() { processed good; }

names_that_are_no_batch_of_this_directory_are_skipped() {
    [[ -d $results ]]
    count_is '.file | test("^data_(-1|01|8|9|99+|)\\.csv")' 0
    ! grep -qE 'nfs|tmp|results' "$log"
}

names_that_look_like_a_batch_and_are_none_are_counted_once() {
    status_is '.skipped >= 4'
    local before
    before=$(jq .skipped "$results/status.json")
    start_consumer --chart none
    eventually 5 jq -e ".pid == $spawned" "$results/status.json"
    sleep 1.2
    stop "$spawned"
    status_is ".skipped == $before"
}

# ---- unreadable for now ---------------------------------------------------------------------------

a_file_that_may_not_be_read_waits_and_is_taken_once_it_may() {
    fresh unreadable
    needs_nobody
    put_good 1
    chmod 000 "$dir/data_1.csv"
    spawn "${nobody[@]}" "$work/consumer-for-nobody" --dir "$dir" --settle 100ms --poll-interval 50ms --chart none >"$dir/consumer.out"
    sleep 1.2
    no_record_of 1
    status_is '.backlog == 1 and .processed == 0 and .rejected == 0'
    chmod 644 "$dir/data_1.csv"
    eventually 5 has_record 1
    stop "$spawned"
    processed 1
}

once_exits_75_when_a_file_may_not_be_read() {
    fresh unreadable-once
    needs_nobody
    publish 2
    chmod 000 "$dir/data_1.csv"
    expect_exit 75 "${nobody[@]}" "$work/consumer-for-nobody" --dir "$dir" --once --settle 200ms --chart none
    no_record_of 1
    processed 2
}

# The kernel takes a lease away after 45 s; opening must come back at once.
a_file_under_a_write_lease_waits_and_opening_it_does_not_block() {
    fresh lease
    publish 1
    spawn "$tools/lease" "$dir/data_1.csv" >"$work/lease.out" 2>&1
    local holder=$spawned started
    eventually 3 test -s "$work/lease.out"
    grep -q held "$work/lease.out" || skip "this file system gives no leases"
    started=$(now_ms)
    expect_exit 75 "$consumer" --dir "$dir" --once --settle 200ms --chart none
    [[ $(($(now_ms) - started)) -lt 2000 ]] || fail "took $(($(now_ms) - started)) ms"
    [[ ! -s $log ]] || fail "$(cat "$log")"
    status_is '.backlog == 1'
    kill -KILL "$holder"
    wait "$holder" || true
    consume_once --chart none
    processed 1
}

# ---- size and number ------------------------------------------------------------------------------

a_sparse_file_of_8_eib_is_rejected_on_its_size_and_not_read() {
    fresh_in_memory 0
    truncate -s 9223372036854775807 "$dir/data_1.csv" 2>/dev/null || skip "no file system here holds 8 EiB"
    local trace=()
    ! strace -o /dev/null true 2>/dev/null || trace=(strace -o "$dir/trace" -P "$dir/data_1.csv" -e 'trace=read,pread64,mmap')
    expect_exit 65 timeout 5 "${trace[@]}" "$consumer" --dir "$dir" --once --settle 200ms --chart none
    rejected 1 too-large 9223372036854775807
    [[ ! -e $dir/trace ]] || ! grep -E '^(read|pread64|mmap)' "$dir/trace"
}

two_hundred_thousand_junk_names_hold_no_batch_up_and_cost_no_idle_time() {
    fresh_in_memory
    (cd "$dir" && seq -f 'junk_%.0f' 200000 | xargs touch)
    start_consumer --chart none
    status_becomes '.last_scan_at != null'
    local pid=$spawned before started
    started=$(now_ms)
    publish 1
    eventually 3 has_record 1
    [[ $(($(now_ms) - started)) -lt 1500 ]] || fail "a good batch took $(($(now_ms) - started)) ms"
    sleep 0.5
    before=$(cpu_ticks "$pid")
    sleep 1.5
    [[ $(($(cpu_ticks "$pid") - before)) -le 45 ]] || fail "$(($(cpu_ticks "$pid") - before)) ticks of idle work in 1.5 s"
    [[ $(peak_kib "$pid") -lt 40000 ]] || fail "$(peak_kib "$pid") KiB"
    stop "$pid"
}

# ---- what changes under the reader ----------------------------------------------------------------

# consumer_that_lingers CALL enter|exit: on $dir, its first CALL on batch 1 taking 0.7 s at that end; $lingering is it.
# Comes back in the middle of that call.
consumer_that_lingers() {
    rm -f "$dir/trace"
    spawn strace -o "$dir/trace" -P "$dir/data_1.csv" -P data_1.csv -e trace=openat,pread64 -e "inject=$1:delay_$2=700000:when=1" \
        "$consumer" --dir "$dir" --settle 300ms --poll-interval 50ms --chart none >"$dir/consumer.out" 2>&1
    lingering=$spawned
    eventually 3 test -e "$results/.consumer.lock"
    sleep 0.35
}

# strace passes no SIGTERM on: its child gets it.
stop_lingering() {
    kill -TERM "$(children_of "$lingering")"
    local status=0
    wait "$lingering" || status=$?
    [[ $status -eq 0 ]] || fail "exit $status: $(tail -2 "$dir/consumer.out")"
}

opened_again() { [[ $(grep -c 'openat.*"data_1.csv"' "$dir/trace") -ge 2 ]] || fail "opened once only: $(cat "$dir/trace")"; }

a_file_replaced_between_check_and_open_is_taken_anew() {
    needs_strace
    fresh replaced
    publish 1
    cp "$dir/data_1.csv" "$dir/other"
    consumer_that_lingers openat enter
    mv "$dir/other" "$dir/data_1.csv"
    eventually 5 has_record 1
    stop_lingering
    opened_again
    [[ $(sed -n 2p "$dir/trace") == openat* ]] || fail "what was opened first was read: $(cat "$dir/trace")"
    processed 1
    count_is .verified 1
}

data_deleted_after_its_metadata_was_seen_waits() {
    needs_strace
    fresh deleted
    publish 1
    consumer_that_lingers openat enter
    mv "$dir/data_1.csv" "$dir/elsewhere"
    sleep 0.9
    [[ ! -s $log ]] || fail "$(cat "$log")"
    status_becomes '.backlog == 1'
    mv "$dir/elsewhere" "$dir/data_1.csv"
    eventually 5 has_record 1
    stop_lingering
    processed 1
}

# changed_meanwhile COMMAND...: what is in the log afterwards is of the whole new file, and was read anew.
changed_meanwhile() {
    needs_strace
    sed '1i number,word' "$work/rows" >"$dir/data_1.csv"
    consumer_that_lingers pread64 exit
    no_record_of 1
    "$@"
    eventually 6 has_record 1
    stop_lingering
    opened_again
    processed 1
}

cut_data() { truncate -s "$(head -n 50001 "$dir/data_1.csv" | wc -c)" "$dir/data_1.csv"; }
grow_data() { echo 100001,more >>"$dir/data_1.csv"; }
rewrite_data() { printf '9' | dd of="$dir/data_1.csv" bs=1 seek=12 conv=notrunc status=none; }

a_file_cut_short_while_it_is_read_gives_no_half_result() {
    fresh cut
    changed_meanwhile cut_data
}

a_file_that_grows_while_it_is_read_gives_no_half_result() {
    fresh grown
    changed_meanwhile grow_data
}

a_file_rewritten_at_the_same_size_while_it_is_read_gives_no_half_result() {
    fresh rewritten
    changed_meanwhile rewrite_data
}

# ---- halves ---------------------------------------------------------------------------------------

data_without_metadata_waits_for_as_long_as_it_grows() {
    fresh growing
    spawn "$consumer" --dir "$dir" --settle 1s --poll-interval 50ms --chart none >>"$dir/consumer.out" 2>&1
    printf 'a\n' >"$dir/data_1.csv"
    for _ in {1..14}; do
        echo 1 >>"$dir/data_1.csv"
        no_record_of 1
        sleep 0.15
    done
    eventually 5 has_record 1
    stop "$spawned"
    processed 1
    [[ $(field 1 rows) -eq 14 ]]
}

what_waits_is_shown_with_its_age_in_the_status() {
    fresh age
    publish 1
    rm "$dir/data_1.csv"
    start_consumer --chart none
    status_becomes '.backlog == 1'
    sleep 1
    stop "$spawned"
    status_is '.backlog == 1 and .oldest_waiting_seconds >= 1'
    [[ ! -s $log ]]
}

seq 100000 | sed 's/.*/&,x&/' >"$work/rows"
run_over_objects
for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish objects
