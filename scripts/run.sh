#!/usr/bin/env bash
# Runs both daemons on one directory until Ctrl-C.
#   RUN_DIR=./shared-data scripts/run.sh [option of both daemons ...]
# A setting of one daemon goes through its environment variable: PRODUCER_INTERVAL=1s scripts/run.sh
set -euo pipefail

programs=$(cd "$(dirname "$0")/.." && cd "${BUILD:-build}" 2>/dev/null && pwd) || programs=build
shown=${RUN_DIR:-./shared-data}

declare -A name_of=()
view=()
stopping=0
result=0

say() { echo "run: $*"; }

# What the consumer's own mount namespace holds: the directory read-only and, on top, the results
# writable. The results are bound first, for a mount bound from a read-only one is read-only too.
# shellcheck disable=SC2016
mount_view='
    dir=$1 options=$(findmnt -n -o VFS-OPTIONS -T "$1" | sed "s/^rw/ro/") && shift
    mount --bind "$dir" "$dir" &&
    mount --bind "$dir/results" "$dir/results" &&
    mount -o "remount,bind,$options" "$dir" &&
    exec "$@"'

# Sets "view" to the command that runs another in that namespace, or to nothing. A normal user is
# root in a user namespace for the mounts alone: the inner namespace gives the user back, and takes
# away the right to undo them.
choose_view() {
    local why
    if [[ $(id -u) -eq 0 ]]; then
        view=(unshare -m sh -c "$mount_view" sh "$dir")
    else
        view=(unshare -r -m sh -c "$mount_view" sh "$dir"
            unshare --user --map-user="$(id -u)" --map-group="$(id -g)")
    fi
    # The test is the promise itself, since each system forbids another part of it.
    # shellcheck disable=SC2016
    if why=$("${view[@]}" sh -c '! touch "$1/.write-test" && touch "$1/results/.write-test"' sh "$dir" 2>&1); then
        say "data-consumer sees $shown read-only"
    else
        view=()
        say "no mount namespace can be had (${why##*$'\n'}), so nothing but its own jail keeps data-consumer from writing to $shown"
    fi
    rm -f "$dir/.write-test" "$dir/results/.write-test"
}

say_where_to_look() {
    say "ls $shown/results    cat $shown/results/summary_1.json    in a browser: $shown/results/index.html"
}

# setpriv comes last, for a change of namespace undoes what it does: to end the daemon with this
# script even where the script is killed.
start() {
    local name=$1
    shift
    "$@" &
    name_of[$!]=$name
}

end_all() {
    [[ ${#name_of[@]} -eq 0 ]] || kill -TERM "${!name_of[@]}" 2>/dev/null || true
}

stop() {
    stopping=1
    end_all
}

# 143 and 130 are of one that was told to end before it had begun.
is_failure() {
    [[ $1 -ne 0 ]] && ! [[ $stopping -eq 1 && ($1 -eq 143 || $1 -eq 130) ]]
}

# Waits for one daemon to end. A signal to this script ends the wait first, with no daemon's status.
wait_for_one() {
    local ended='' status=0
    wait -n -p ended "${!name_of[@]}" || status=$?
    [[ -n ${ended:-} ]] || return 0
    local name=${name_of[$ended]}
    unset "name_of[$ended]"
    if is_failure "$status"; then
        say "$name ended with exit code $status" >&2
        [[ $result -ne 0 ]] || result=$status
        stop
    elif [[ $stopping -eq 0 ]]; then
        say "$name has finished"
    fi
}

main() {
    local name
    for name in data-producer data-consumer; do
        [[ -x $programs/$name ]] || {
            say "$programs/$name is missing: run make first" >&2
            exit 69
        }
    done
    mkdir -p "$shown/results"
    dir=$(cd "$shown" && pwd -P)

    say "Ctrl-C ends both; until then and afterwards:"
    say_where_to_look
    choose_view
    trap stop INT TERM HUP
    start data-producer setpriv --pdeathsig TERM "$programs/data-producer" --dir "$dir" "$@"
    start data-consumer "${view[@]}" setpriv --pdeathsig TERM "$programs/data-consumer" --dir "$dir" "$@"
    [[ $stopping -eq 0 ]] || end_all
    while [[ ${#name_of[@]} -gt 0 ]]; do
        wait_for_one
    done
    say_where_to_look
    exit "$result"
}

main "$@"
