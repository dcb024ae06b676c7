#!/usr/bin/env bash
# How far long work is: on a terminal, and there alone.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

command -v script >/dev/null || {
    echo "progress: skipped: needs script, of bsdutils"
    exit 77
}

# One directory in memory for all: on a slow disk the making would take longer than the tests.
fresh_in_memory 1024
shared=$dir
trap 'end_spawned; rm -rf "$work" "$shared"' EXIT

esc=$'\x1b'
rate='[0-9.]+([KMG]iB|B)?/s'
left='[0-9hms.]+ left'

# on_terminal COLUMNS COMMAND: runs it on a terminal of its own; what it sent there is in $work/sent.
on_terminal() {
    TERM=${terminal:-xterm} script -qec "stty cols $1; $2" "$work/typescript" </dev/null >"$work/sent" 2>&1
}

# drawn: the lines of progress that were sent, one a line.
drawn() { tr '\r' '\n' <"$work/sent" | sed -n "s/$esc\[K\$//p" | grep . || true; }

# What stands on the screen in the end: \r goes back, ESC [ K wipes the rest of the row.
screen() {
    awk -v wipe="$esc\\\\[K" '{
        row = ""
        count = split($0, runs, "\r")
        for (i = 1; i <= count; i++) {
            column = 0
            pieces = split(runs[i], texts, wipe)
            for (j = 1; j <= pieces; j++) {
                if (j > 1)
                    row = substr(row, 1, column)
                row = substr(row, 1, column) texts[j] substr(row, column + length(texts[j]) + 1)
                column += length(texts[j])
            }
        }
        print row
    }' "$work/sent"
}

nothing_drawn() { ! grep -qF "$esc" "$1" || fail "$(head -c 300 "$1" | cat -v)"; }

# many_batches NAME: as many as take long, the same for each check, and $results of its own.
many_batches() {
    dir=$shared
    results=$shared/results-of-$1
    log=$results/processed.log
    [[ -e $dir/metadata_4000.json ]] || publish 4000 --max-pending 0
}

# A file of 100 MB, the same for each check.
large_file() {
    dir=$shared
    [[ -e $dir/large.csv ]] || { yes '"a ""b"" c",1.5,2026-11-23T10:15:00Z' || true; } | head -n 2700000 >"$dir/large.csv"
}

# Held up for half a second as soon as it runs, so that it takes long on any machine.
hold_up() {
    local pid
    eventually 5 pgrep -f "^$1"
    pid=$(pgrep -f "^$1")
    kill -STOP "$pid"
    sleep 0.6
    kill -CONT "$pid"
}

# profile_on_terminal COLUMNS [REDIRECTION]: below a shell, since "script" stops itself when its own child is stopped.
profile_on_terminal() {
    spawn hold_up "$consumer --profile $dir/large.csv"
    on_terminal "$1" "'$consumer' --profile '$dir/large.csv' ${2:-}; true"
}

# ---- --once ---------------------------------------------------------------------------------------

once_shows_count_share_rates_and_time_left() {
    many_batches counted
    on_terminal 200 "'$consumer' --dir '$dir' --results '$results' --once --chart none --log-level warn"
    drawn | grep -qE "^[0-9]+ of 4000 batches  [0-9]+%  $rate  $rate  $left\$" || fail "$(cat -v "$work/sent")"
    [[ -z $(screen | tr -d ' \n') ]] || fail "left on the screen: $(screen)"
}

lines_of_the_log_stay_whole_beside_the_progress() {
    many_batches logged
    on_terminal 200 "'$consumer' --dir '$dir' --results '$results' --once --chart none"
    [[ $(drawn | sort -u | wc -l) -ge 2 ]] || fail "no progress"
    screen >"$dir/screen"
    [[ $(grep -cE '^[0-9TZ:.-]{24} data-consumer info  processed batch=[0-9]+ rows=[0-9]+ size=[0-9.A-Za-z]+ took=[0-9.a-z]+$' "$dir/screen") -eq 4000 ]] ||
        fail "not 4000 whole lines: $(wc -l <"$dir/screen") in all, $(grep -vE '^[0-9TZ:.-]{24} data-consumer info  processed batch=[0-9]+ rows=[0-9]+ size=[0-9.A-Za-z]+ took=[0-9.a-z]+$' "$dir/screen" | head -5)"
    ! grep -vE '^[0-9TZ:.-]{24} data-consumer (info|warn) ' "$dir/screen" || fail "something between the lines"
    tail -n 1 "$dir/screen" | grep -qE ' done processed=4000 rejected=0 rows=[0-9]+ size=[0-9.]+MiB took=[0-9.a-z]+ per_second=[0-9]+ waiting=0$'
}

a_narrow_terminal_is_never_written_beyond() {
    many_batches narrow
    on_terminal 20 "'$consumer' --dir '$dir' --results '$results' --once --chart none --log-level warn"
    drawn | grep -qE "^[0-9]+%  ($rate  )?$left\$" || fail "$(cat -v "$work/sent")"
    [[ $(drawn | wc -L) -le 19 ]] || fail "$(drawn | head -3)"
}

once_shows_nothing_where_standard_error_is_no_terminal() {
    many_batches redirected
    on_terminal 200 "'$consumer' --dir '$dir' --results '$results' --once --chart none --log-level warn 2>'$dir/errors'"
    nothing_drawn "$work/sent"
    [[ ! -s $dir/errors ]] || fail "$(cat "$dir/errors")"
    rm -r "$results"
    TERM=xterm "$consumer" --dir "$dir" --results "$results" --once --chart none >"$dir/out" 2> >(cat >"$dir/errors")
    [[ ! -s $dir/errors ]] || fail "$(cat "$dir/errors")"
    nothing_drawn "$dir/out"
}

once_shows_nothing_on_a_dumb_terminal() {
    many_batches dumb
    terminal=dumb on_terminal 200 "'$consumer' --dir '$dir' --results '$results' --once --chart none --log-level warn"
    nothing_drawn "$work/sent"
}

a_daemon_without_once_shows_nothing() {
    many_batches daemon
    on_terminal 200 "timeout 3 '$consumer' --dir '$dir' --results '$results' --chart none --log-level warn || true"
    [[ -s $log ]] || fail "it did nothing"
    nothing_drawn "$work/sent"
}

# As ^C on the terminal does.
a_signal_leaves_no_line_behind() {
    many_batches signal
    on_terminal 200 "timeout -s INT 0.6 '$consumer' --dir '$dir' --results '$results' --once --chart none --log-level warn || true"
    drawn | grep -qE "$left" || fail "no progress"
    [[ -z $(screen | tr -d ' \n') ]] || fail "left on the screen: $(screen)"
}

# ---- --profile ------------------------------------------------------------------------------------

a_profile_shows_bytes_share_rate_and_time_left_and_is_gone_before_the_table() {
    large_file
    profile_on_terminal 200
    drawn | grep -qE "^[^ ]+/large\.csv  [0-9.]+MiB of 95[.0-9]*MiB  [0-9]+%  $rate  $left\$" || fail "$(cat -v "$work/sent")"
    screen | head -n 1 | grep -qE "^[^ ]+/large\.csv  95[.0-9]*MiB  2700000 rows " || fail "$(screen | head -3)"
    ! screen | grep -qE "$left|$esc" || fail "left on the screen: $(screen)"
}

a_profile_on_a_narrow_terminal_leaves_out_what_tells_less() {
    large_file
    profile_on_terminal 20
    drawn | grep -qE "^[0-9]+%  ($rate  )?$left\$" || fail "$(cat -v "$work/sent")"
    [[ $(drawn | wc -L) -le 19 ]]
}

a_profile_into_a_file_shows_its_progress_and_the_file_has_none() {
    large_file
    profile_on_terminal 200 ">'$dir/table'"
    drawn | grep -qE "$left\$" || fail "no progress"
    nothing_drawn "$dir/table"
    grep -qF '2700000 rows' "$dir/table"
    [[ -z $(screen | tr -d ' \n') ]] || fail "left on the screen: $(screen)"
}

a_profile_shows_nothing_where_standard_error_is_no_terminal() {
    large_file
    profile_on_terminal 200 "2>'$dir/errors'"
    nothing_drawn "$work/sent"
    [[ ! -s $dir/errors ]] || fail "$(cat "$dir/errors")"
    TERM=xterm "$consumer" --profile "$dir/large.csv" >"$dir/out" 2>"$dir/errors"
    nothing_drawn "$dir/out"
    [[ ! -s $dir/errors ]]
}

a_pipe_shows_bytes_and_rate_and_no_time_left() {
    fresh pipe
    printf 'sleep 0.1; for i in 1 2 3 4 5; do yes 1,2 | head -c 1000000; sleep 0.15; done\n' >"$dir/slow.sh"
    on_terminal 80 "sh '$dir/slow.sh' | '$consumer' --profile -"
    drawn | grep -qE "^standard input  [0-9.]+[KM]iB  $rate\$" || fail "$(cat -v "$work/sent")"
    ! drawn | grep -E '%|left' || fail "it knows too much"
}

a_damaged_file_is_told_on_a_line_of_its_own() {
    large_file
    ln "$dir/large.csv" "$shared/whole.csv"
    cp --remove-destination "$shared/whole.csv" "$dir/large.csv"
    echo '"' >>"$dir/large.csv"
    profile_on_terminal 200
    mv "$shared/whole.csv" "$dir/large.csv"
    drawn | grep -qE "$left\$" || fail "no progress"
    [[ $(screen | grep -c .) -eq 1 ]] || fail "$(screen)"
    screen | grep -qE '^data-consumer: [^ ]+/large.csv: unclosed-quote: ' || fail "$(screen)"
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do
    check "$name"
done
finish progress
