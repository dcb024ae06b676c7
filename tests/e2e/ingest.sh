#!/usr/bin/env bash
# A CSV stream as batches: files, pipes, slow writers, SIGTERM, SIGKILL. What comes out, batch behind batch, is what
# went in, each row once and in its order.
#
#   tests/e2e/ingest.sh [CHECK...]      only these; larger, with more kills, by hand: make soak-ingest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/lib.sh
source tests/lib-daemons.sh

stream_mb=${INGEST_MB:-5}
kills=${INGEST_KILLS:-20}
rows_a_batch=${INGEST_ROWS:-50-500}

# ---- helpers ------------------------------------------------------------------------------------

# begin NAME: $dir with results, $in for a stream, $out for the producer's log.
begin() {
    fresh "$1"
    mkdir -p "$results"
    in=$work/$1.csv
    out=$work/$1.out
}

# make_stream ROWS: as batches are written, so that they come to the same bytes; with line ends inside quotes.
make_stream() {
    seq 1 "$1" | awk 'BEGIN {print "id,label,value,note"}
        {printf "%d,item_%d,%.6f,%s\n", $1, $1 % 97, $1 / 7, $1 % 50 ? "plain" : "\"two\nlines, \"\"quoted\"\"\""}'
}

ingest() { "$producer" --dir "$dir" --min-free 0 --max-pending 0 --from "$@"; }
start_ingest() { spawn "$producer" --dir "$dir" --min-free 0 --from "$@" >>"$out" 2>&1; }

# What was published, in the order of the numbers, under one header.
all_rows() {
    local names
    names=$(find "$dir" -maxdepth 1 -name 'data_*.csv' -printf '%f\n' | sort -t _ -k 2n)
    [[ $(wc -l <<<"$names") -eq $(batches) ]] || fail "$(batches) of these have metadata: $names"
    (cd "$dir" && xargs awk 'FNR > 1' <<<"$names")
}
published_is() { cmp <(all_rows) <(tail -n +2 "$1") || fail "what is published is not what went in"; }
published_begins() {
    all_rows >"$work/rows"
    [[ -s $work/rows ]] || fail "nothing is published"
    cmp "$work/rows" <(tail -n +2 "$1" | head -c "$(stat -c %s "$work/rows")") || fail "rows are lost or twice"
}
# until_published N: looked for every 2 ms, since the producer makes a batch in less than that.
until_published() {
    local deadline=$((SECONDS + 60))
    until [[ -e $dir/metadata_$1.json ]]; do
        [[ $SECONDS -lt $deadline ]] || fail "batch $1 is not published: $(tail -n 2 "$out")"
        sleep 0.002
    done
}
batches() { find "$dir" -maxdepth 1 -name 'metadata_*.json' | wc -l; }
batches_are() { [[ $(batches) -eq $1 ]] || fail "$(batches) batches, not $1"; }
said_in_log() { grep -qF -- "$1" "$out" || fail "did not say '$1': $(tail -n 4 "$out")"; }

# ---- files --------------------------------------------------------------------------------------

a_file_becomes_batches_that_the_consumer_takes_verified() {
    begin file
    make_stream 1000 >"$in"
    ingest "$in" --rows 100 >"$out"
    batches_are 10
    published_is "$in"
    consume_once --chart none
    count_is '.outcome == "processed" and .verified' 10
    [[ $(jq -c '[.schema.fields[].type]' "$dir/metadata_1.json") == '["integer","string","number","string"]' ]] ||
        fail "the types are $(jq -c .schema "$dir/metadata_1.json")"
}

a_file_on_standard_input_is_gone_on_with_as_well() {
    begin redirected
    make_stream 1000 >"$in"
    ingest - --rows 100 --count 3 <"$in" >"$out"
    ingest - --rows 100 <"$in" >>"$out"
    said_in_log "going on with standard input at line 308"
    batches_are 10
    published_is "$in"
}

a_file_that_is_published_is_said_to_be_and_what_it_grows_by_is_published() {
    begin grown
    make_stream 100 >"$in"
    ingest "$in" --rows 30 >"$out"
    ingest "$in" --rows 30 >>"$out"
    said_in_log "is published already, as far as it goes"
    batches_are 4
    make_stream 150 >"$in"
    ingest "$in" --rows 30 >>"$out"
    batches_are 6
    published_is "$in"
}

a_file_that_was_shortened_or_replaced_is_refused_with_65() {
    begin replaced
    make_stream 100 >"$in"
    ingest "$in" >"$out"
    make_stream 49 >"$in"
    expect_exit 65 ingest "$in"
    says "is shorter than what was published of it; to publish it from its first row, remove .source-"
    make_stream 200 | sed 's/plain/other/' >"$in"
    expect_exit 65 ingest "$in"
    says "is not what was published: batch 1 had other rows"
    batches_are 1
    rm "$dir"/.source-*.json
    ingest "$in" >"$out"
    batches_are 2
}

batches_that_are_deleted_since_are_not_published_again() {
    begin kept
    make_stream 1000 >"$in"
    start_consumer --chart none
    local consumer_pid=$spawned
    ingest "$in" --rows 10 --keep 0 --count 50 >"$out"
    eventually 10 has_record 50
    ingest "$in" --rows 10 --keep 0 >>"$out"
    eventually 10 has_record 100
    stop "$consumer_pid"
    [[ $(jq -s 'map(.rows) | add' "$log") -eq 1000 ]] || fail "$(jq -s 'map(.rows) | add' "$log") rows, not 1000"
    [[ $(batches) -lt 100 ]] || fail "nothing was deleted"
}

# As a power loss leaves it: of a group that was not settled one name is taken back, and none behind it.
a_batch_that_a_power_loss_took_back_is_published_once_at_whichever_start() {
    begin hole
    make_stream 300 | grep -v two | grep -v quoted >"$in"
    ingest "$in" --rows 10 --interval 0 >"$out"
    local last lost
    last=$(batches)
    lost=$(jq '.batches | .[length / 2 | floor].batch' "$dir"/.source-*.json)
    [[ $lost -lt $last ]] || fail "the last batches were not published together"
    sed -i 's/"settled": true/"settled": false/' "$dir"/.source-*.json
    rm "$dir/data_$lost.csv" "$dir/metadata_$lost.json"
    for _ in 1 2 3; do
        ingest "$in" --rows 10 --interval 0 >>"$out"
        cmp <(all_rows | sort) <(tail -n +2 "$in" | sort) || fail "rows are lost or twice"
    done
    batches_are "$last"
}

# ---- damage -------------------------------------------------------------------------------------

# damaged TEXT WORDS: exit 65 behind all rows before the damage, and the place.
damaged() {
    rm -rf "${dir:?}"/data_* "$dir"/metadata_*
    printf 'a,b\n1,2\n3,4\n%b' "$1" >"$in"
    expect_exit 65 ingest - < <(cat "$in")
    says "standard input: $2"
    [[ $(all_rows) == $'1,2\n3,4' ]] || fail "published is $(all_rows)"
}

damage_is_named_with_its_place_behind_all_rows_before_it() {
    begin damaged
    damaged '5\n' "line 4, column 2: 1 cells where the header has 2"
    damaged '5,6,7\n' "line 4, column 3: 3 cells where the header has 2"
    damaged '5,x"y\n' "line 4, column 2: a quote inside a bare cell"
    damaged '5,\000\n' "line 4, column 2: a NUL byte"
    damaged '"5\n5",\0377\n' "line 5, column 2: the cell is not UTF-8"
    damaged '5,"6\n\n' "line 4, column 2: the file ends inside the quoted cell"
}

a_stream_without_rows_or_without_header_ends_with_65() {
    begin rowless
    expect_exit 65 ingest - < <(printf '')
    says "standard input: line 1, column 1: no header"
    expect_exit 65 ingest - < <(printf 'a,b\n')
    says "standard input: line 2, column 1: no row below the header"
    batches_are 0
}

what_cannot_be_opened_ends_with_66() {
    begin unopened
    expect_exit 66 ingest "$in"
    one_line
    says "--from $in: No such file or directory"
    expect_exit 66 ingest "$dir"
    says "Is a directory"
}

# ---- pipes --------------------------------------------------------------------------------------

a_file_with_crlf_and_a_byte_order_mark_is_published_with_lf_and_without() {
    begin windows
    printf '\xef\xbb\xbfa,b\r\n1,"x\r\ny"\r\n2, z\r\n' >"$in"
    cat "$in" | ingest - >"$out"
    cmp "$dir/data_1.csv" <(printf 'a,b\n1,"x\r\ny"\n2," z"\n') || fail "$(cat -A "$dir/data_1.csv")"
}

rows_of_a_slow_writer_go_out_when_they_have_waited_for_the_interval() {
    begin slow
    mkfifo "$in"
    start_ingest "$in" --interval 300ms
    local pid=$spawned
    exec 7>"$in"
    printf 'a,b\n1,2\n' >&7
    eventually 3 test -e "$dir/metadata_1.json"
    printf '3,4\n5,' >&7
    sleep 0.1
    printf '6\n7,' >&7
    eventually 3 test -e "$dir/metadata_2.json"
    cmp "$dir/data_2.csv" <(printf 'a,b\n3,4\n5,6\n') || fail "$(cat "$dir/data_2.csv")"
    printf '8' >&7
    exec 7>&-
    wait "$pid" || fail "exit $?"
    cmp "$dir/data_3.csv" <(printf 'a,b\n7,8\n') || fail "$(cat "$dir/data_3.csv")"
}

# The first makes the group larger, so that the second might wait for a third.
a_full_batch_does_not_wait_for_another_to_share_its_flushes() {
    begin prompt
    fresh_in_memory 16
    mkfifo "$in"
    start_ingest "$in" --interval 1h --rows 2
    exec 7>"$in"
    local n started
    printf 'a\n' >&7
    for n in {1..6}; do
        started=$(now_ms)
        printf '1\n2\n' >&7
        eventually 3 test -e "$dir/metadata_$n.json"
        [[ $(($(now_ms) - started)) -lt 900 ]] || fail "batch $n took $(($(now_ms) - started)) ms"
    done
    stop "$spawned"
}

a_full_batch_goes_out_at_once_and_the_part_only_at_the_end_without_an_interval() {
    begin full
    mkfifo "$in"
    start_ingest "$in" --interval 0 --rows 2
    local pid=$spawned
    exec 7>"$in"
    printf 'a\n1\n2\n3\n' >&7
    eventually 3 test -e "$dir/metadata_1.json"
    sleep 0.5
    batches_are 1
    exec 7>&-
    wait "$pid" || fail "exit $?"
    batches_are 2
}

sigterm_publishes_the_complete_rows_of_a_pipe_and_ends_within_a_second() {
    begin term
    mkfifo "$in"
    start_ingest "$in" --interval 1h
    local pid=$spawned
    exec 7>"$in"
    printf 'a,b\n1,2\n3,4\n5' >&7
    sleep 0.3
    batches_are 0
    stop "$pid"
    exec 7>&-
    cmp "$dir/data_1.csv" <(printf 'a,b\n1,2\n3,4\n') || fail "$(cat "$dir/data_1.csv")"
}

sigterm_ends_a_producer_that_waits_for_the_first_writer() {
    begin lonely
    mkfifo "$in"
    start_ingest "$in"
    eventually 3 said_in_log publishing
    stop "$spawned"
    batches_are 0
}

rows_that_cannot_be_published_at_sigterm_are_counted_in_the_log() {
    begin lost
    mkfifo "$in"
    mkdir "$dir/data_1.csv"
    start_ingest "$in" --rows 2
    local pid=$spawned
    exec 7>"$in"
    eventually 3 said_in_log publishing
    mkdir "$dir/metadata_2.json"
    printf 'a\n1\n2\n3\n' >"$work/rows"
    cat "$work/rows" >&7 # in one write
    eventually 3 said_in_log "cannot publish metadata_2.json"
    stop "$pid"
    exec 7>&-
    said_in_log "3 row(s) that were read from $in are lost"
}

# kept_open ROWS OPTIONS...: rows out of a pipe whose writer stays, which makes no end of the stream.
kept_open() {
    make_stream "$1" >"$in"
    mkfifo "$work/pipe-$1"
    start_ingest "$work/pipe-$1" --interval 1h "${@:2}"
    exec 7>"$work/pipe-$1"
    cat "$in" >&7
}

the_end_of_the_duration_publishes_the_rows_that_a_pipe_gave() {
    begin lasting
    kept_open 1000 --rows 300 --duration 1s
    wait "$spawned" || fail "exit $?"
    exec 7>&-
    batches_are 4
    published_is "$in"
}

rows_beyond_the_count_that_were_read_from_a_pipe_are_counted_in_the_log() {
    begin counted
    kept_open 1001 --rows 300 --count 2
    wait "$spawned" || fail "exit $?"
    exec 7>&-
    batches_are 2
    said_in_log "401 row(s) that were read from $work/pipe-1001 are lost: they are beyond --count"
}

rows_of_a_pipe_that_an_error_takes_along_are_counted_in_the_log() {
    begin unlocked
    kept_open 100 --rows 300
    eventually 3 said_in_log publishing
    sleep 0.3
    rm "$dir/.producer.lock"
    local status=0
    printf '101,item_4,14.428571,plain\n' >&7
    wait "$spawned" || status=$?
    exec 7>&-
    [[ $status -eq 74 ]] || fail "exit $status"
    batches_are 0
    grep -q '10[01] row(s) that were read from .* are lost: they could not be published' "$out" || fail "$(cat "$out")"
}

# The pipe and a chunk hold some hundred KiB; a producer that read on would take all of it.
a_writer_is_held_up_by_its_pipe_while_the_consumer_is_behind() {
    begin behind
    make_stream 200000 >"$in"
    spawn bash -c 'cat "$0"; echo end >&2' "$in" > >("$producer" --dir "$dir" --min-free 0 --from - --rows 10 \
        --max-pending 20 --keep 1000000 >"$out" 2>&1) 2>"$work/writer"
    eventually 5 said_in_log "waiting for the consumer"
    sleep 0.5
    batches_are 20
    [[ ! -s $work/writer ]] || fail "the writer was not held up"
    start_consumer --chart none
    eventually 20 test -e "$dir/metadata_200.json"
    local pid
    pid=$(pgrep -f "^$producer --dir $dir " | head -n 1)
    [[ $(peak_kib "$pid") -lt 32768 ]] || fail "it took $(peak_kib "$pid") KiB"
    kill -TERM "$pid"
    eventually 2 said_in_log "ending after"
    published_begins "$in"
}

# ---- kills --------------------------------------------------------------------------------------

kill_hard() {
    kill -KILL "$1" 2>/dev/null || return 1
    wait "$1" 2>/dev/null || true
}

# Up to 140 ms where the stream is small, so that it is not through before; longer where it is not.
random_pause() {
    local ms=$((20 + RANDOM % 120 * (1 + stream_mb / 20)))
    printf '%d.%03d\n' $((ms / 1000)) $((ms % 1000))
}

# The producer is killed at places in the stream, not at times: however fast the machine is, none is behind its end.
each_row_is_published_once_however_often_both_are_killed() {
    begin killed
    local killed=0 running rows=$((stream_mb * 1000000 / 34)) apart
    make_stream "$rows" >"$in"
    apart=$((rows * 2 / (${rows_a_batch%-*} + ${rows_a_batch#*-}) / (kills + 2)))
    for ((i = 0; i < kills; i++)); do
        start_ingest "$in" --rows "$rows_a_batch" --keep 1000000 --max-pending 0
        running=$spawned
        start_consumer --chart none
        until_published $((i * apart + 1 + RANDOM % apart))
        sleep "0.00$((RANDOM % 10))"
        ! kill_hard "$running" || killed=$((killed + 1))
        sleep "$(random_pause)"
        kill_hard "$spawned" || true
    done
    [[ $killed -gt $((kills / 2)) ]] || fail "only $killed of $kills runs were killed: the stream is too small"
    ingest "$in" --rows "$rows_a_batch" --keep 1000000 >>"$out" || fail "exit $?: $(tail -n 2 "$out")"
    published_is "$in"
    consume_once --chart none
    [[ $(jq -s 'map(.rows) | add' "$log") -eq $rows ]] || fail "not as many rows as went in"
    count_is '.outcome != "processed"' 0
    echo "$killed kills, $(batches) batches"
}

mapfile -t tests < <(if [[ $# -gt 0 ]]; then printf '%s\n' "$@"; else tests_of "${BASH_SOURCE[0]}"; fi)
for test in "${tests[@]}"; do
    check "$test"
done
finish ingest
