#!/usr/bin/env bash
# The two daemons on distributed file systems: servers that keep copies, of which one is killed; a producer behind one
# mount, and shards behind others, which no kernel tells of what comes.
#
#   tests/cluster/filesystem.sh [FILESYSTEM [CHECK...]]     all that there are, or this one, and only these
#
# Each is a file in tests/cluster/filesystems, with functions that begin with its name:
#
#   NAME_batches           how many it manages in some ten seconds
#   NAME_lacks             says what cannot be had for it here, and nothing when all is there
#   NAME_start             starts its servers, and waits until they are ready
#   NAME_mount DIR         mounts it once more, as another machine would; $mounting is the process behind it
#   NAME_kill_server       SIGKILL for one of the servers that keep the data,
#   NAME_server_again      and the same one started again
#   NAME_forget_client DIR    a mount that was killed will not come back: nobody waits for it
#
# It runs in namespaces of its own, of mounts, processes and network: no port and no mount meets another program's, and
# with its first process, whatever ends that, everything is gone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

isolated=(unshare --mount --pid --net --fork --kill-child --mount-proc)

lacks_program() { command -v "$1" >/dev/null || echo "package $2 is not installed"; }

# What all of them need.
machine_lacks() {
    [[ $EUID -eq 0 ]] || echo "needs root"
    [[ -c /dev/fuse ]] || echo "needs FUSE, /dev/fuse"
    lacks_program ip iproute2
    "${isolated[@]}" true 2>/dev/null || echo "needs leave to make namespaces"
}

# The directory is removed outside, where there are no mounts in it.
isolate() {
    local why status=0
    why=$(machine_lacks)
    [[ -z $why ]] || { echo "filesystem: skipped: ${why//$'\n'/, }" && exit 0; }
    FILESYSTEM_BASE=$(mktemp -d)
    export FILESYSTEM_BASE
    trap 'kill -TERM "$inside" 2>/dev/null || true; wait; rm -rf --one-file-system "$FILESYSTEM_BASE"' EXIT
    trap 'exit 143' INT TERM
    "${isolated[@]}" bash "tests/cluster/${BASH_SOURCE[0]##*/}" "$@" &
    inside=$!
    wait "$inside" || status=$?
    exit "$status"
}
[[ -n ${FILESYSTEM_BASE:-} ]] || isolate "$@"

source tests/lib.sh
source tests/lib-daemons.sh
for file in tests/cluster/filesystems/*.sh; do
    # shellcheck disable=SC1090
    source "$file"
done

network=10.77.0

# Each server has an address; names are looked up nowhere, since there is nobody to be asked.
prepare_network() {
    local host
    ip link set lo up
    for host in 1 2 3 4; do ip address add "$network.$host/24" dev lo; done
    echo 'hosts: files' >"$FILESYSTEM_BASE/nsswitch.conf"
    mount --bind "$FILESYSTEM_BASE/nsswitch.conf" /etc/nsswitch.conf
}

# ---- machines -----------------------------------------------------------------------------------

# begin NAME: two directories on the file system, for the running check.
begin() {
    name=$1
    mkdir -p "$base/maker/mount/$name"/{shared,results}
}

# take_part MACHINE ro|rw ro|rw: how this machine has the shared directory, and how the results.
take_part() {
    local part mode
    for part in "shared $2" "results $3"; do
        read -r part mode <<<"$part"
        eventually 15 test -d "$base/$1/mount/$name/$part"
        mkdir -p "$base/$1/$name/$part"
        mount --bind "$base/$1/mount/$name/$part" "$base/$1/$name/$part"
        [[ $mode == rw ]] || mount -o remount,bind,ro "$base/$1/$name/$part"
    done
}
joined() { [[ -d $base/$1/$name/shared ]] || take_part "$1" ro rw; }

# produce COUNT [OPTION...]: in the background.
produce() {
    [[ -d $base/maker/$name/shared ]] || take_part maker rw ro
    spawn "$producer" --dir "$base/maker/$name/shared" --results "$base/maker/$name/results" --interval 20ms \
        --count "$1" --seed 42 --max-pending 0 --keep 100000 "${@:2}" >>"$base/local/$name.producer" 2>&1
    making=$spawned
}

# start_shard MACHINE I/N: its id in $spawned.
start_shard() {
    joined "$1"
    spawn "$consumer" --dir "$base/$1/$name/shared" --results "$base/$1/$name/results" --shard "$2" --chart none \
        --poll-interval 500ms >>"$base/local/$name.$1" 2>&1
}

seen_from() { cat "$base/$1/mount/$name/results"/processed*.log 2>/dev/null || true; }
decided() { [[ $(seen_from maker | wc -l) -ge $1 ]] || { seen_from maker | wc -l && false; }; }
verdicts() { jq -r '[.key, .outcome, .sha256, .rows] | @tsv' | sort; }

# agrees_with_local COUNT: each batch decided once, the records and the summaries those of a consumer on local files.
agrees_with_local() {
    local found
    mkdir -p "$base/local/$name"
    cp "$base/maker/mount/$name/shared"/*_*.* "$base/local/$name/"
    "$consumer" --dir "$base/local/$name" --once --chart none --log-level error
    found=$(wc -l <"$base/local/$name/results/processed.log")
    [[ $found -eq $1 ]] || fail "$found batches are there, of $1"
    diff <(verdicts <"$base/local/$name/results/processed.log") <(seen_from maker | verdicts) >"$base/difference" ||
        fail "lost (<) or twice (>): $(head -n 5 "$base/difference")"
    mkdir -p "$base/local/$name/seen"
    cp "$base/maker/mount/$name/results"/summary_*.json "$base/local/$name/seen/"
    diff -rq --exclude='[!s]*' --exclude='st*' "$base/local/$name/results" "$base/local/$name/seen" >"$base/difference" ||
        fail "summaries differ: $(head -n 3 "$base/difference")"
    echo "$1" >>"$base/agreed"
}

# end PID: without a limit as "stop" has it, since each of its last files is some calls of the servers.
end() {
    local status=0
    kill -TERM "$1"
    wait "$1" || status=$?
    [[ $status -eq 0 ]] || fail "exit $status after SIGTERM"
}

finish_all() {
    local process
    wait "$making" || fail "the producer ended with $?: $(tail -n 1 "$base/local/$name.producer")"
    eventually 120 decided "$1"
    for process in "${@:2}"; do end "$process"; done
    agrees_with_local "$1"
}

# ---- checks -------------------------------------------------------------------------------------

servers_start_and_four_machines_mount() {
    local machine
    "${filesystem}_start"
    for machine in maker a b c; do
        "${filesystem}_mount" "$base/$machine/mount"
        echo "$mounting" >"$base/$machine/pid"
    done
}

shards_behind_other_mounts_take_each_batch_once() {
    local first second
    begin plain
    start_shard a 1/2
    first=$spawned
    start_shard b 2/2
    second=$spawned
    produce "$batches"
    finish_all "$batches" "$first" "$second"
}

what_is_read_only_for_a_machine_is_for_its_daemon() {
    begin plain
    (: >"$base/a/plain/shared/x") 2>/dev/null && fail "the consumer's machine can write batches"
    (: >"$base/maker/plain/results/x") 2>/dev/null && fail "the producer's machine can write results"
    true
}

# Nothing but looking finds it, since the kernel of one machine is not told of what another does.
a_batch_is_found_without_an_event() {
    local started first worst=0 took n
    begin found
    start_shard a 1/1
    first=$spawned
    for n in 1 2 3 4 5; do
        produce 2 --interval 700ms # within one second, as it comes
        wait "$making"
        started=$(now_ms)
        eventually 15 decided $((2 * n))
        took=$(($(now_ms) - started))
        [[ $took -le $worst ]] || worst=$took
    done
    end "$first"
    echo "found at the latest after $worst ms"
}

a_server_that_is_killed_and_comes_back_loses_nothing() {
    local first second
    begin server
    start_shard a 1/2
    first=$spawned
    start_shard b 2/2
    second=$spawned
    produce "$batches"
    eventually 60 decided $((batches / 5))
    "${filesystem}_kill_server"
    was server killed
    eventually 120 decided $((batches / 2))
    "${filesystem}_server_again"
    finish_all "$batches" "$first" "$second"
}

another_number_of_shards_overlaps_without_a_batch_twice() {
    local old=() new=()
    begin numbers
    start_shard a 1/2
    old+=("$spawned")
    start_shard b 2/2
    old+=("$spawned")
    produce "$batches" --interval $((15000 / batches))ms # beyond the start and the wait of the new ones
    eventually 60 decided $((batches / 6))
    start_shard b 1/3
    new+=("$spawned")
    start_shard c 2/3
    new+=("$spawned")
    start_shard a 3/3
    new+=("$spawned")
    was N changed
    eventually 15 grep -q 'was there before and runs' "$base/local/numbers.c"
    end "${old[0]}"
    end "${old[1]}"
    finish_all "$batches" "${new[@]}"
    [[ -s $base/a/mount/numbers/results/processed.3-of-3.log ]] || fail "a new shard took nothing"
}

a_shard_that_is_killed_goes_on_at_another_machine() {
    local first second
    begin killed
    start_shard a 1/2
    first=$spawned
    start_shard b 2/2
    second=$spawned
    produce "$batches"
    eventually 60 decided $((batches / 5))
    joined c
    expect_exit 69 "$consumer" --dir "$base/c/killed/shared" --results "$base/c/killed/results" --shard 1/2 --chart none --once
    says 'another data-consumer holds'
    kill -KILL "$first"
    was shard killed
    wait "$first" || true
    start_shard c 1/2
    finish_all "$batches" "$spawned" "$second"
}

# The client of one machine ends; the directory is mounted anew, while the daemon still holds the old one.
a_mount_that_dies_is_told_of_and_a_new_start_goes_on() {
    local first status=0
    begin dying
    start_shard c 1/1
    first=$spawned
    produce "$batches"
    eventually 60 decided $((batches / 6))
    kill -KILL "$(cat "$base/c/pid")"
    was mount killed
    eventually 20 grep -q 'Transport endpoint is not connected' "$base/local/dying.c"
    umount -l "$base/c/dying/shared" "$base/c/dying/results" "$base/c/mount" 2>/dev/null || true
    wait "$first" || status=$?
    [[ $status -eq 74 ]] || fail "it ended with $status: $(tail -n 2 "$base/local/dying.c")"
    "${filesystem}_forget_client" "$base/c/mount"
    start_shard b 1/1
    finish_all "$batches" "$spawned"
}

# was WHAT DONE: what the batches have been through.
was() { echo "$*" >>"$base/disturbed"; }
came_to() { [[ ! -e $base/disturbed ]] || sort "$base/disturbed" | uniq -c | awk '{printf "%s%d %s %s", (NR > 1 ? ", " : ""), $1, $2, $3}'; }

# ---- all of them --------------------------------------------------------------------------------

# try FILESYSTEM CHECK...
try() {
    local why test failed=$checks_failed
    filesystem=$1
    declare -n batches=${1}_batches
    base=$FILESYSTEM_BASE/$1
    mkdir -p "$base/local"
    why=$("${1}_lacks")
    [[ -z $why ]] || { echo "filesystem-$1: skipped: ${why//$'\n'/, }" && return; }
    echo "-- $1"
    check servers_start_and_four_machines_mount
    [[ $checks_failed -eq $failed ]] || return 0
    for test in "${@:2}"; do check "$test"; done
    [[ $checks_failed -gt $failed || ! -e $base/agreed ]] ||
        echo "$filesystem: $(awk '{sum += $1} END {print sum}' "$base/agreed") batches, 0 lost, 0 twice; $(came_to)"
}

mapfile -t checks < <(tests_of "${BASH_SOURCE[0]}" | grep -v servers_start)
[[ $# -lt 2 ]] || checks=("${@:2}")
filesystems=("$@")
[[ $# -lt 1 ]] || filesystems=("$1")
[[ $# -gt 0 ]] || mapfile -t filesystems < <(basename -s .sh tests/cluster/filesystems/*.sh)
prepare_network
for one in "${filesystems[@]}"; do try "$one" "${checks[@]}"; done
[[ $checks_passed -gt 0 || $checks_failed -gt 0 ]] || exit 0
finish filesystem
