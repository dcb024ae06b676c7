# What the suites that run the two daemons share. Source it behind tests/lib.sh, in the top directory.
#
# It sets $producer, $consumer, $tools and $work, a directory that goes when the suite ends, with every process
# that "spawn" started. "fresh NAME" begins a check: $dir is a directory of its own, $results and $log are in it.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # $work and its like belong to both sides

BUILD=$(realpath "${BUILD:-build}")
producer=$BUILD/data-producer
consumer=$BUILD/data-consumer
tools=$BUILD/tests/tools
work=$(mktemp -d)
said=$work/said
: >"$work/spawned"
trap 'end_spawned; rm -rf "$work"' EXIT

# ---- directories and daemons ----------------------------------------------------------------------

# A directory of its own for the running check, with $dir/results inside.
fresh() {
    dir=$work/$1
    results=$dir/results
    log=$results/processed.log
    mkdir -p "$dir"
}

# free_mib DIRECTORY
free_mib() { df --output=avail -m "$1" 2>/dev/null | tail -n 1; }

# fresh_in_memory [MIB]: where flushing costs nothing, for what is about many files and not about the disk; on the disk
# after all where there is less memory than that, as in a container.
fresh_in_memory() {
    local base=/dev/shm
    [[ -d $base && $(free_mib "$base") -ge ${1:-512} ]] || base=${TMPDIR:-/tmp}
    dir=$(mktemp -d -p "$base" shared-data-tests.XXXXXX)
    trap 'rm -rf "$dir"' EXIT
    results=$dir/results
    log=$results/processed.log
}

publish() { "$producer" --dir "$dir" --interval 0 --count "$1" --min-free 0 --seed 42 "${@:2}" >"$dir/producer.out"; }
consume_once() { "$consumer" --dir "$dir" --once --settle 300ms "$@" >>"$dir/consumer.out"; }

# spawn COMMAND...: in the background, its id in $spawned; killed at the end of the suite where it still runs.
spawn() {
    "$@" &
    spawned=$!
    echo "$spawned $(started_at "$spawned")" >>"$work/spawned"
}

# started_at PID: in ticks since the machine's start; with it an id is one process and no later one.
started_at() { cut -d ' ' -f 22 "/proc/$1/stat" 2>/dev/null || true; }

end_spawned() {
    local pid start
    while read -r pid start; do
        [[ -z $start || $(started_at "$pid") != "$start" ]] || kill -KILL "$pid" 2>/dev/null || true
    done <"$work/spawned"
    while read -r pid start; do # what is about to die may still write
        for _ in {1..20}; do
            [[ -n $start && $(started_at "$pid") == "$start" ]] || break
            sleep 0.05
        done
    done <"$work/spawned"
}

# start_consumer [OPTION...]: a daemon on $dir, its id in $spawned.
start_consumer() { spawn "$consumer" --dir "$dir" --settle 200ms --poll-interval 50ms "$@" >>"$dir/consumer.out" 2>&1; }

# stop PID: SIGTERM; the daemon must end with 0 in less than a second.
stop() {
    local status=0 started=${EPOCHREALTIME/[.,]/} took
    kill -TERM "$1"
    wait "$1" || status=$?
    took=$(((${EPOCHREALTIME/[.,]/} - started) / 1000))
    [[ $status -eq 0 ]] || fail "exit $status after SIGTERM"
    [[ $took -lt 1000 ]] || fail "took $took ms to end after SIGTERM"
}

# expect_exit CODE COMMAND...: its output goes to $said; checks that run side by side set one each.
expect_exit() {
    local expected=$1 status=0
    shift
    "$@" >"$said" 2>&1 || status=$?
    [[ $status -eq $expected ]] || fail "exit $status, not $expected: $* said: $(head -3 "$said")"
}

says() { grep -qF -- "$1" "$said" || fail "does not say '$1': $(head -3 "$said")"; }
one_line() { [[ $(wc -l <"$said") -eq 1 ]] || fail "not one line: $(cat "$said")"; }

# ---- what came of it ------------------------------------------------------------------------------

records() { jq -s "map(select($1)) | length" "$log"; }
count_is() { [[ $(records "$1") -eq $2 ]] || fail "$(records "$1") records where $1, not $2"; }
field() { jq -r "select(.key == \"$1\") | .$2" "$log"; }
has_record() { grep -qF "\"key\":\"$1\"" "$log" 2>/dev/null; }

# of KEY FIELD...: the fields of all of its records, a line each, divided by tabs.
of() {
    local key=$1 fields
    printf -v fields '.%s,' "${@:2}"
    jq -r --arg key "$key" "select(.key == \$key) | [${fields%,}] | @tsv" "$log"
}

# rejected KEY REASON [WORDS]: its one record says so, with these words in the detail, and it has no outputs.
rejected() {
    local record
    record=$(of "$1" outcome reason detail)
    [[ $record == rejected$'\t'$2$'\t'*"${3:-}"* && $record != *$'\n'* ]] || fail "$1: not 'rejected $2 …${3:-}…' but: $record"
    [[ -z $(find "$results" -name "summary_$1.json" -o -name "plot_$1.*") ]] || fail "$1 has outputs"
}

# processed KEY: its one record says so, and its summary is of the bytes that are there now.
processed() {
    local record hash
    record=$(of "$1" outcome sha256)
    hash=$(sha256sum <"$dir/data_$1.csv" | cut -d' ' -f1)
    [[ $record == processed$'\t'$hash ]] || fail "$1: not 'processed $hash' but: $record"
    grep -qF "\"sha256\": \"$hash\"" "$results/summary_$1.json" || fail "the summary of $1 is of other bytes"
}

no_record_of() { ! has_record "$1" || fail "a record of $1: $(grep -F "\"key\":\"$1\"" "$log")"; }
status_is() { jq -e "$1" "$results/status.json" >/dev/null || fail "not $1: $(jq -c . "$results/status.json")"; }
status_becomes() { eventually 8 jq -e "$1" "$results/status.json"; }

# peak_kib PID: the most memory that it ever had.
peak_kib() { awk '/^VmHWM:/ {print $2}' "/proc/$1/status"; }
# cpu_ticks PID: what it has used up, in hundredths of a second.
cpu_ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
children_of() { pgrep -P "$1" || true; }
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# ---- what not every machine allows ----------------------------------------------------------------

needs_mount_namespaces() { unshare -m true 2>/dev/null || skip "needs root and mount namespaces"; }
needs_strace() {
    strace -o /dev/null true 2>/dev/null || skip "needs strace, and leave to trace"
}

# "${nobody[@]}" COMMAND...: without the rights of root, which no mode keeps out.
nobody=()
[[ $EUID -ne 0 ]] || nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# The program under a path that everybody can reach, and $dir as nobody's own.
needs_nobody() {
    chmod 711 "$work"
    install -m 755 "$consumer" "$work/consumer-for-nobody"
    [[ $EUID -ne 0 ]] || chown 65534 "$dir"
    "${nobody[@]}" "$work/consumer-for-nobody" --version >/dev/null 2>&1 || skip "cannot run as another user here"
}
