#!/usr/bin/env bash
# data-consumer --profile: any CSV, from a file or a pipe, for people and for programs.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

# In $dir are a good file, another, and a damaged one.
put_files() {
    fresh "$1"
    printf 'city,amount\nRome,1\nRome,2.5\nParis,4\n' >"$dir/good.csv"
    printf 'when\n2026-11-23\n2026-11-24\n' >"$dir/other.csv"
    printf 'a,b\n1,x\n2\n' >"$dir/bad.csv"
}

profile() { "$consumer" --profile "$@"; }

# shows COMMAND...: what it prints and how it ends.
shows() {
    local status=0
    "$@" >"$work/shown" 2>"$work/said" || status=$?
    echo "$status" >"$work/status"
}

printed() { grep -qF -- "$1" "$work/shown" || fail "does not print '$1': $(head -5 "$work/shown")"; }
told() { [[ $(cat "$work/said") == "$1" ]] || fail "not '$1' but: $(cat "$work/said")"; }
ended() { [[ $(cat "$work/status") -eq $1 ]] || fail "exit $(cat "$work/status"), not $1: $(cat "$work/said")"; }
blocks() { [[ $(grep -c 'row.*column.*comma' "$work/shown") -eq $1 ]] || fail "not $1 blocks: $(cat "$work/shown")"; }

# ---- for people -----------------------------------------------------------------------------------

a_table_shows_the_file_its_columns_and_their_values() {
    put_files table
    shows profile "$dir/good.csv"
    ended 0
    told ''
    printed "$dir/good.csv  36B  3 rows  2 columns  comma, header, lf"
    grep -qE '^amount +number +3 +0 +3 +1 +4 +2.5 +1.5 ' "$work/shown" || fail "$(cat "$work/shown")"
    printed 'Rome ×2  Paris ×1'
    shows profile --output table "$dir/good.csv"
    printed 'Rome ×2'
}

several_files_stand_below_each_other_in_their_order() {
    put_files several
    shows profile "$dir/other.csv" "$dir/good.csv" "$dir/other.csv"
    ended 0
    blocks 3
    [[ $(grep -oE '^[^ ]*(good|other).csv' "$work/shown" | xargs -n 1 basename | paste -sd ' ') == 'other.csv good.csv other.csv' ]] ||
        fail "$(cat "$work/shown")"
}

a_table_fits_the_terminal_that_it_is_printed_on() {
    command -v script >/dev/null || skip "needs script, of bsdutils"
    fresh terminal
    local i columns
    { for i in {1..9}; do printf 'a_long_name_%s,' "$i"; done && echo last && echo 1,2,3,4,5,6,7,8,9,x; } >"$dir/wide.csv"
    for columns in 60 80 120; do
        script -qec "stty cols $columns; '$consumer' --profile '$dir/wide.csv' >&2" /dev/null >"$work/unlimited" </dev/null
        script -qec "stty cols $columns; '$consumer' --profile '$dir/wide.csv'" /dev/null | tr -d '\r' >"$work/shown"
        [[ $(tail -n +2 "$work/shown" | wc -L) -le $columns ]] || fail "wider than $columns: $(cat "$work/shown")"
        printed a_long_name_9
    done
    [[ $(wc -L <"$work/unlimited") -gt 0 ]]
}

# What a cell holds must not move the cursor, and a name neither.
nothing_hostile_reaches_the_terminal() {
    fresh hostile
    local name=$'esc\e[31m\nname\x9b.csv'
    printf 'a\x1b[2J,b\n\x1b]0;x\x07,"x\ny"\n\xff,\xe2\x80\xae\n' >"$dir/$name"
    shows profile "$dir/$name" "$dir/none$name"
    ended 66
    ! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f\x9b]|\xe2\x80\xae' "$work/shown" "$work/said" || fail "$(cat -v "$work/shown" "$work/said")"
    printed 'esc\x1b[31m\nname\x9b.csv'
    printed 'a\x1b[2J'
    [[ $(wc -l <"$work/said") -eq 1 ]]
    shows profile --output json "$dir/$name"
    jq -e '.columns[0].name == "a\u001b[2J" and .columns[1].top[0].value == "x\ny"' "$work/shown" >/dev/null
}

thousands_of_columns_have_a_line_each() {
    fresh columns
    { seq -s, 1 9000 && seq -s, 1 9000; } >"$dir/wide.csv"
    shows profile "$dir/wide.csv"
    ended 0
    [[ $(grep -cE '^[0-9]+ +integer' "$work/shown") -eq 9000 ]]
    shows profile --max-columns 8999 "$dir/wide.csv"
    ended 65
}

# ---- for programs ---------------------------------------------------------------------------------

json_is_the_very_summary_that_a_shared_directory_gets() {
    local key
    put_files summary
    cp tests/golden/{offset-dwarfs-spread,scripts-and-emoji,empty,header-only,mixed-line-ends}.csv "$dir"
    consume_once --match '*.csv' --chart none || [[ $? -eq 65 ]]
    for key in good other offset-dwarfs-spread scripts-and-emoji empty header-only mixed-line-ends; do
        profile --output json "$dir/$key.csv" | cmp - "$results/summary_$key.json" || fail "$key differs"
    done
}

# Of a batch that was verified it differs in that, and in the key that the batch has.
json_of_a_verified_batch_differs_in_key_and_verified_alone() {
    fresh verified
    publish 1
    consume_once --chart none
    diff <(profile --output json "$dir/data_1.csv") "$results/summary_1.json" >"$said" || true
    [[ $(grep -c '^<' "$said") -eq 2 && $(grep -c '^>' "$said") -eq 2 ]] || fail "$(cat "$said")"
    grep -qF '<   "key": "data_1",' "$said"
    grep -qF '<   "verified": false,' "$said"
    grep -qF '>   "verified": true,' "$said"
}

json_of_several_files_is_a_document_each() {
    put_files documents
    shows profile --output json "$dir/good.csv" - "$dir/other.csv" < <(cat "$dir/good.csv")
    ended 0
    [[ $(jq -c '[.key, .file]' "$work/shown" | paste -sd ' ') == '["good","good.csv"] ["-","-"] ["other","other.csv"]' ]] ||
        fail "$(jq -c '[.key, .file]' "$work/shown")"
    [[ $(jq -s 'map(.sha256) | unique | length' "$work/shown") -eq 2 ]]
    CONSUMER_OUTPUT=json profile "$dir/good.csv" | jq -e '.record_count == 3' >/dev/null
}

# ---- where bytes come from ------------------------------------------------------------------------

pipes_fifos_and_files_of_proc_are_read_to_their_end() {
    put_files pipes
    local hash
    hash=$(sha256sum <"$dir/good.csv" | cut -d ' ' -f 1)
    { head -c 20 "$dir/good.csv" && sleep 0.2 && tail -c +21 "$dir/good.csv"; } | profile --output json - |
        jq -e ".sha256 == \"$hash\" and .bytes == 36 and .record_count == 3" >/dev/null
    profile --output json <(cat "$dir/good.csv") | jq -e ".sha256 == \"$hash\"" >/dev/null
    profile --output json /dev/stdin <"$dir/good.csv" | jq -e '.key == "stdin" and .record_count == 3' >/dev/null
    mkfifo "$dir/fifo"
    spawn cp "$dir/good.csv" "$dir/fifo"
    profile --output json "$dir/fifo" | jq -e ".sha256 == \"$hash\" and .key == \"fifo\"" >/dev/null
    profile --output json /proc/filesystems | jq -e '.bytes > 100 and .record_count > 5' >/dev/null
}

a_closed_standard_input_is_an_empty_file() {
    shows profile - <&-
    ended 0
    printed 'standard input  0B  0 rows  0 columns'
}

# Of text with two values, so that what grows is not what is counted.
a_large_stream_is_read_in_bounded_memory() {
    fresh large
    local rows=6000000 peak=0 now
    mkfifo "$dir/fifo"
    spawn "$consumer" --profile "$dir/fifo" >"$dir/out"
    local reader=$spawned
    spawn sh -c "{ echo a,b && yes 'some words,more words' | head -n $rows; } >'$dir/fifo'"
    while kill -0 "$spawned" 2>/dev/null; do
        now=$(peak_kib "$reader" 2>/dev/null || true)
        [[ -z $now ]] || peak=$now
        sleep 0.1
    done
    wait "$reader"
    grep -qF "$rows rows" "$dir/out" || fail "$(head -1 "$dir/out")"
    [[ $peak -gt 0 && $peak -lt 65536 ]] || fail "$peak KiB for 126 MiB"
}

# ---- what goes wrong ------------------------------------------------------------------------------

a_damaged_file_is_told_with_its_place_and_the_others_are_printed() {
    put_files damaged
    shows profile "$dir/good.csv" "$dir/bad.csv" "$dir/other.csv"
    ended 65
    blocks 2
    told "data-consumer: $dir/bad.csv: missing-cell: line 3, column 2: 1 cells where the header has 2"
}

a_file_that_cannot_be_opened_is_told_and_exits_66() {
    put_files closed
    shows profile "$dir/none.csv" "$dir/good.csv"
    ended 66
    blocks 1
    told "data-consumer: $dir/none.csv: cannot open it: No such file or directory"
    shows profile "$dir" "$dir/good.csv"
    ended 66
    told "data-consumer: $dir: cannot open it: Is a directory"
    shows profile "$dir/bad.csv" "$dir/none.csv" "$dir/bad.csv"
    ended 66
}

a_file_that_may_not_be_read_is_told_and_exits_66() {
    put_files forbidden
    needs_nobody
    chmod 755 "$dir"
    chmod 000 "$dir/other.csv"
    shows "${nobody[@]}" "$work/consumer-for-nobody" --profile "$dir/other.csv" "$dir/good.csv"
    ended 66
    blocks 1
    told "data-consumer: $dir/other.csv: cannot open it: Permission denied"
}

an_error_of_reading_exits_74_and_the_others_are_printed() {
    put_files unreadable
    shows profile "$dir/bad.csv" "$dir/none.csv" /proc/self/mem "$dir/good.csv"
    ended 74
    blocks 1
    grep -qF 'data-consumer: /proc/self/mem: cannot read it: ' "$work/said"
    [[ $(wc -l <"$work/said") -eq 3 ]]
}

a_full_disk_below_the_output_is_told_and_exits_74() {
    put_files full
    expect_exit 74 sh -c "'$consumer' --profile '$dir/good.csv' '$dir/other.csv' >/dev/full"
    says 'data-consumer: cannot write to standard output: No space left on device' && one_line
}

# Twice as much as a pipe holds.
print_to_nobody() {
    echo 0 >"$work/status"
    { "$consumer" --profile "$dir/wide.csv" "$dir/wide.csv" 2>"$work/said" || echo $? >"$work/status"; } | head -n 1 >/dev/null
    told ''
}

a_reader_that_goes_away_ends_it_quietly() {
    put_files gone
    seq -f 'column-%g' 1 2000 | paste -sd, >"$dir/wide.csv"
    print_to_nobody
    ended 141
    (trap '' PIPE && print_to_nobody) # as where whoever started it ignores the signal
    ended 74
}

sigterm_and_sigint_end_it_while_it_waits() {
    local signal status
    fresh signals
    mkfifo "$dir/fifo"
    for signal in TERM INT; do
        # A shell's background job ignores SIGINT, and what it starts does as well.
        spawn env --default-signal=INT "$consumer" --profile "$dir/fifo" >"$dir/out" 2>&1
        sleep 0.2
        kill -"$signal" "$spawned"
        status=0
        wait "$spawned" || status=$?
        [[ $status -eq $((128 + $(kill -l "$signal"))) ]] || fail "exit $status after $signal"
        [[ ! -s $dir/out ]]
    done
}

# unshare --kill-child would end it by SIGKILL, which needs no handler.
signals_end_it_also_as_process_1() {
    local status=0 inside
    unshare --pid --fork true 2>/dev/null || skip "needs root and process namespaces"
    fresh first
    mkfifo "$dir/fifo"
    spawn unshare --pid --fork "$consumer" --profile "$dir/fifo"
    sleep 0.3
    inside=$(children_of "$spawned")
    kill -TERM "$inside"
    eventually 5 eval "! kill -0 $inside 2>/dev/null"
    wait "$spawned" || status=$?
    [[ $status -eq 143 ]] || fail "exit $status"
}

# ---- options --------------------------------------------------------------------------------------

profile_needs_a_file_and_a_file_needs_profile() {
    put_files usage
    expect_exit 64 "$consumer" --profile
    says '--profile needs a FILE' && one_line
    expect_exit 64 "$consumer" "$dir/good.csv"
    says 'files are for --profile' && one_line
    expect_exit 64 "$consumer" --profile --output xml "$dir/good.csv"
    says 'must be table or json' && one_line
}

options_stand_anywhere_and_two_dashes_end_them() {
    put_files anywhere
    cp "$dir/good.csv" "$dir/--once"
    cd "$dir"
    "$consumer" good.csv --profile other.csv --output json -- --once |
        jq -sce 'map(.key) == ["good", "other", "--once"]' >/dev/null
}

limits_hold_for_files_as_for_batches() {
    put_files limits
    shows profile --max-field-length 4 "$dir/good.csv"
    ended 65
    grep -qF 'too-large' "$work/said"
    CONSUMER_MAX_ROW_SIZE=8 shows profile "$dir/good.csv"
    ended 65
}

# It has no directory, and a running consumer is none of its business.
profile_takes_no_lock_and_leaves_nothing_behind() {
    put_files alone
    start_consumer --chart none
    local daemon=$spawned
    eventually 5 test -e "$results/status.json"
    shows profile --dir "$work/nowhere" "$dir/good.csv"
    ended 0
    stop "$daemon"
    [[ ! -e $work/nowhere ]]
    needs_strace
    strace -f -o "$dir/calls" "$consumer" --profile "$dir/good.csv" >/dev/null
    ! grep -E 'O_(WRONLY|RDWR|CREAT)|mkdir|rename|unlink|flock' "$dir/calls" | grep -v /dev/null || fail "it writes: $(cat "$dir/calls")"
}

# ---- the README -----------------------------------------------------------------------------------

# example N: the command of the README's Nth, and what it is said to print.
example() { awk -v n="$1" '/^```/ {on = 0} /^\$ data-consumer --profile/ {on = ++seen == n} on' README.md; }

the_examples_of_the_readme_print_what_it_shows() {
    local number
    ln -s "$consumer" "$work/data-consumer"
    for number in 1 2; do
        example "$number" >"$work/shown"
        PATH=$work:$PATH bash -c "$(head -n 1 "$work/shown" | cut -c 3-)" | diff - <(tail -n +2 "$work/shown")
    done
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do
    check "$name"
done
finish profile
