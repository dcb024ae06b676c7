#!/usr/bin/env bash
# One fuzz target: first what is in its corpus, then random bytes for a while.
#
#   tests/fuzz/fuzz.sh NAME [SECONDS]      the program is $BUILD/fuzz/fuzz_NAME
#
# Inputs that lead somewhere new are kept in $BUILD/fuzz/corpus/NAME for the next time; one that breaks something
# is kept in $BUILD/fuzz/findings, and belongs into tests/fuzz/corpus/NAME together with the fix.
set -euo pipefail
export LC_ALL=C

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/lib.sh

target=${1:?usage: tests/fuzz/fuzz.sh NAME [SECONDS]}
seconds=${2:-60}
build=${BUILD:-build}/fuzz
seeds=tests/fuzz/corpus/$target
findings=$build/findings
known=$build/corpus/$target
log=$build/$target.log
mkdir -p "$findings" "$known"

# For targets that need files: in memory where there is such a place.
scratch=$(mktemp -d /dev/shm/shared-data-fuzz.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export FUZZ_DIRECTORY=$scratch

each_input=(-timeout=20 -rss_limit_mb=1024 "-artifact_prefix=$findings/$target-")
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1}
# A sanitizer asks for the bounds of its stack, and what the C library allocates for the answer is now and then lost.
printf 'leak:pthread_getattr_np\n' >"$scratch/leaks"
export LSAN_OPTIONS=suppressions=$scratch/leaks:print_suppressions=0
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

# What the log of libFuzzer says went wrong, with the place of the input.
cause_in() { grep -aE 'not so: |ERROR: |runtime error: |Test unit written to ' "$1" || tail -n 3 "$1"; }

every_input_of_the_corpus_is_survived() {
    compgen -G "$seeds/*" >/dev/null || fail "$seeds is empty"
    "$build/fuzz_$target" "${each_input[@]}" "$seeds"/* >"$log" 2>&1 ||
        fail "$(grep -a '^Running: ' "$log" | tail -n 1) $(cause_in "$log")"
}

no_random_input_breaks_it() {
    local runs
    "$build/fuzz_$target" "${each_input[@]}" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
        "$known" "$seeds" >"$log" 2>&1 || fail "$(cause_in "$log")"
    runs=$(awk '/^stat::number_of_executed_units:/ { print $2 }' "$log")
    [[ ${runs:-0} -gt 0 ]] || fail "it ran nothing"
}

check every_input_of_the_corpus_is_survived
check no_random_input_breaks_it
awk -v name="$target" '
    /^stat::number_of_executed_units:/ { runs = $2 }
    /^stat::average_exec_per_sec:/ { rate = $2 }
    /Test unit written to/ { crashes++ }
    END { printf "%s: %d runs, %d a second, %d crashes\n", name, runs, rate, crashes }' "$log"
finish "fuzz_$target"
