# Checks for the suites that run the real programs. Source it, then
#
#   batch_is_published() { ...any command that fails, fails the check... ; }
#   check batch_is_published     # prints "ok batch_is_published" or "not ok batch_is_published: why"
#   finish e2e                   # prints "e2e: 1 passed, 0 failed" and exits, 1 where any failed
#
# A check runs in a subshell of its own with "set -euo pipefail": the first command that fails ends it, and the
# check's output is the reason. Variables it sets do not last; files do. Call "check" as a plain statement: inside
# "if", "&&" or "||" the shell ignores "set -e", which is noticed and fails the check. VERBOSE=1 shows all output.
# shellcheck shell=bash

checks_passed=0
checks_failed=0

# fail WORDS...: ends the running check with this reason.
fail() {
    echo "$*"
    exit 1
}

# skip WORDS...: ends the running check as one that cannot run here; the runner repeats it at its end.
skip() {
    echo "$*"
    exit 77
}

# eventually SECONDS COMMAND...: runs it every 0.1 s until it succeeds; fails with its last output.
eventually() {
    local deadline=$((SECONDS + $1)) output
    shift
    until output=$("$@" 2>&1); do
        [[ $SECONDS -lt $deadline ]] || fail "still fails at the deadline: $* ${output:+($output)}"
        sleep 0.1
    done
}

# check NAME: runs the function NAME and counts its outcome.
check() {
    local name=$1 output status took options=$- started=${EPOCHREALTIME/[.,]/}
    output=$(mktemp)
    set +e
    (
        probe=$(set -e; false; echo ignored)
        [[ -z $probe ]] || fail "check was not called as a plain statement"
        set -Eeuo pipefail
        shopt -s inherit_errexit
        trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: failed with $?: $BASH_COMMAND"' ERR
        "$name"
    ) >"$output" 2>&1 </dev/null
    status=$?
    [[ $options != *e* ]] || set -e
    took=$(((${EPOCHREALTIME/[.,]/} - started) / 1000))
    if [[ $status -eq 0 ]]; then
        checks_passed=$((checks_passed + 1))
        echo "ok $name ($took ms)"
    elif [[ $status -eq 77 ]]; then
        echo "$name: skipped: $(tail -n 1 "$output")"
    else
        checks_failed=$((checks_failed + 1))
        echo "not ok $name: $(tail -n 4 "$output" | tr -s '\r\n' ' ' | cut -c 1-400)"
    fi
    [[ -z ${VERBOSE:-} ]] || sed 's/^/    /' "$output"
    rm -f "$output"
}

# tests_of FILE...: the names of the tests in them, in their order: functions named by a sentence, of four words or more.
# What helps tests has a shorter name.
tests_of() { grep -ohE '^[a-z0-9]+(_[a-z0-9]+){3,}\(\)' "$@" | tr -d '()'; }

# finish SUITE: the last line of a suite.
finish() {
    echo "$1: $checks_passed passed, $checks_failed failed"
    [[ $checks_failed -eq 0 ]] || exit 1
    exit 0
}
