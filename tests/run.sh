#!/usr/bin/env bash
# Runs the tests and ends with one line, "N passed, N failed".
#
#   tests/run.sh                     builds, then everything that "make test" promises
#   tests/run.sh deb                 the Debian packages, built and on a machine made new; not in "everything"
#   tests/run.sh unit|e2e|engine...  only these, with what is built already
#   tests/run.sh cluster             what takes a Swarm, or several servers; not in "everything"
#   tests/run.sh torture             every fault and every crash state; "everything" takes a part of them
#   tests/run.sh cross               built for arm64: the unit suites by an emulator, and the same bytes as here
#   tests/run.sh fuzz                the fuzz targets, built if they are not, FUZZ_SECONDS each
#
# A suite is a program that ends with the line "NAME: P passed, F failed", or that says
# "NAME: skipped: WHY". One that ends without either has crashed, which counts as a failure. Builds
# and "make floors" count as one test each. All output is kept in $BUILD/test-logs; that of suites
# that fail is shown. BUILD, MAKE and REQUIRE_DOCKER=1 (no engine is a failure) come from the
# environment.
set -euo pipefail
export LC_ALL=C

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export BUILD=${BUILD:-build}
make=${MAKE:-make}
logs=$BUILD/test-logs
suite_seconds=${SUITE_SECONDS:-600}
fuzz_seconds=${FUZZ_SECONDS:-10}

line_pattern='^[A-Za-z0-9_.-]+: [0-9]+ passed, [0-9]+ failed$'
skip_pattern='^[A-Za-z0-9_.-]+: skipped: '

passed=0
failed=0
skipped=()
running=

# One process, or as many as are queued at a time.
stop_running() {
    local process
    for process in $running; do
        kill -TERM "$process" 2>/dev/null || true
    done
}

# Everything temporary goes into one directory: what a killed suite leaves behind goes with it.
prepare() {
    mkdir -p "$logs"
    TMPDIR=$(mktemp -d -t shared-data-tests.XXXXXX)
    export TMPDIR
    chmod 0711 "$TMPDIR" # suites that drop root still have to find their files
    trap 'stop_running; rm -rf --one-file-system "$TMPDIR"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# Runs a command with its output in a log, for a limited time, in a way that Ctrl-C still ends it.
run_logged() {
    local log=$1 status=0
    shift
    timeout --kill-after=10 "$suite_seconds" "$@" >"$log" 2>&1 </dev/null &
    running=$!
    wait "$running" || status=$?
    running=
    return "$status"
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# report LABEL PASSED FAILED STARTED_MS LOG
report() {
    local took=$(($(now_ms) - $4))
    passed=$((passed + $2))
    failed=$((failed + $3))
    printf '%-42s %4d passed %4d failed %4d.%03d s\n' "$1" "$2" "$3" $((took / 1000)) $((took % 1000))
    [[ $3 -eq 0 ]] || sed 's/^/    /' "$5"
}

# step LABEL COMMAND...: one test, passed when the command succeeds.
step() {
    local label=$1 log=$logs/${1// /-}.log started status=0
    shift
    started=$(now_ms)
    run_logged "$log" "$@" || status=$?
    if [[ $status -eq 0 ]]; then
        report "$label" 1 0 "$started" "$log"
    else
        report "$label" 0 1 "$started" "$log"
    fi
    return "$status"
}

skip() {
    skipped+=("$1")
    echo "skipped: $1"
}

says_skipped() { grep -qE "$skip_pattern" "$1"; }

note_skips() {
    local line
    while read -r line; do
        skip "${line/: skipped: /: }"
    done < <(grep -E "$skip_pattern" "$1" || true)
}

# judge LABEL STATUS STARTED_MS LOG: counts what a suite's last line says, and that it has one.
judge() {
    local label=$1 status=$2 log=$4 good=0 bad=0 line
    line=$(grep -aE "$line_pattern" "$log" | tail -n 1) || true
    if [[ $line =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        good=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]}
    elif [[ $status -eq 0 ]] && says_skipped "$log"; then
        note_skips "$log"
        return 0
    else
        echo "run.sh: it ended with status $status and without its line" >>"$log"
        bad=1
    fi
    if [[ $status -ne 0 && $bad -eq 0 ]]; then
        echo "run.sh: it says that nothing failed and ended with status $status" >>"$log"
        bad=1
    elif [[ $good -eq 0 && $bad -eq 0 ]] && ! says_skipped "$log"; then
        echo "run.sh: no test ran" >>"$log"
        bad=1
    fi
    report "$label" "$good" "$bad" "$3" "$log"
    note_skips "$log"
}

suite() {
    local label=$1 log=$logs/${1// /-}.log started status=0
    shift
    started=$(now_ms)
    run_logged "$log" "$@" || status=$?
    judge "$label" "$status" "$started" "$log"
}

queued_labels=()
queued_commands=()

# queue LABEL COMMAND...: a suite for run_queue.
queue() {
    queued_labels+=("$1")
    shift
    queued_commands+=("$(printf '%q ' "$@")")
}

# Runs what is queued, as many suites at a time as there are cores, and judges each when it ends.
run_queue() {
    local next=0 ended status label
    declare -A labels=() started=()
    while [[ $next -lt ${#queued_labels[@]} || ${#labels[@]} -gt 0 ]]; do
        if [[ $next -lt ${#queued_labels[@]} && ${#labels[@]} -lt $(nproc) ]]; then
            label=${queued_labels[next]}
            eval "timeout --kill-after=10 $suite_seconds ${queued_commands[next]}" \
                >"$logs/${label// /-}.log" 2>&1 </dev/null &
            labels[$!]=$label
            started[$!]=$(now_ms)
            next=$((next + 1))
        else
            status=0
            wait -n -p ended "${!labels[@]}" || status=$?
            label=${labels[$ended]}
            unset "labels[$ended]"
            judge "$label" "$status" "${started[$ended]}" "$logs/${label// /-}.log"
        fi
        running=${!labels[*]}
    done
    queued_labels=()
    queued_commands=()
}

nothing_there() {
    failed=$((failed + 1))
    echo "$1: nothing to run"
}

# unit_suites LABEL BUILD [COMMAND...]: each by COMMAND. A program whose source is gone was built for another version of
# the tree.
unit_suites() {
    local label=$1 build=$2 program name any=
    for program in "$build"/tests/test_*; do
        name=${program##*/}
        [[ -x $program && -f tests/unit/$name.c ]] || continue
        any=1
        queue "$label ${name#test_}" "${@:3}" "$program"
    done
    [[ -n $any ]] || nothing_there "$label"
    run_queue
}

# shell_suites KIND: each script of tests/KIND.
shell_suites() {
    local script any=
    for script in "tests/$1"/*.sh; do
        [[ -f $script ]] || continue
        any=1
        suite "$1 $(basename "$script" .sh)" bash "$script"
    done
    [[ -n $any ]] || nothing_there "$1"
}

e2e_alone=()

# The largest first, so that none is left at the end with nobody beside it: most of them wait for a daemon more than they work.
queue_e2e() {
    local script
    # shellcheck disable=SC2045
    for script in $(ls -S tests/e2e/*.sh); do
        if grep -q '^# Runs alone' "$script"; then
            e2e_alone+=("$script")
        else
            queue "e2e $(basename "$script" .sh)" bash "$script"
        fi
    done
}

# Those that measure.
run_alone() {
    local script
    for script in "${e2e_alone[@]}"; do
        suite "e2e $(basename "$script" .sh)" bash "$script"
    done
}

e2e_suites() {
    queue_e2e
    run_queue
    run_alone
}

cluster_suites() {
    local suite_seconds=$((suite_seconds * 3))
    shell_suites cluster
    # What each has been through.
    grep -ahE '^[a-z-]+: [0-9]+ batches' "$logs"/cluster-*.log || true
}

queue_engine() {
    if [[ -f tests/engine/exercise.sh ]]; then
        queue "engine exercise" bash tests/engine/exercise.sh
    else
        nothing_there engine
    fi
}

# With REQUIRE_DOCKER=1 a suite that was skipped for want of an engine has failed.
ask_for_engine() {
    local skip
    for skip in "${skipped[@]}"; do
        if [[ ${REQUIRE_DOCKER:-0} == 1 && $skip == engine:* ]]; then
            failed=$((failed + 1))
            echo "engine: skipped, but REQUIRE_DOCKER=1 asks for it"
        fi
    done
}

engine_suite() {
    queue_engine
    run_queue
    ask_for_engine
}

# Parallel, unless a make above hands out the jobs.
make_parallel() {
    local jobs=(-j "$(nproc)")
    [[ ${MAKEFLAGS:-} != *-j* ]] || jobs=()
    # MAKE may be a command with arguments.
    # shellcheck disable=SC2086
    step "$1" $make -s --no-print-directory "${jobs[@]}" "${@:2}"
}

sanitized_suites() {
    local build=$BUILD/asan
    make_parallel "build asan" BUILD="$build" SANITIZE=address,undefined CFLAGS='-O1 -g1' \
        WERROR=-Werror unit-programs || return 0
    export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
    export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
    unit_suites asan "$build"
}

cross_suites() {
    local machine=aarch64-linux-gnu
    make_parallel "build arm64" CROSS=$machine BUILD="$BUILD/$machine" WERROR=-Werror all unit-programs test-tools \
        torture-programs || return 0
    unit_suites arm64 "$BUILD/$machine" bash tests/cross/emulated.sh
    suite "arm64 bytes" bash tests/cross/bytes.sh
}

# torture_suite [full]
torture_suite() {
    local suite_seconds=$((suite_seconds * 3))
    suite torture bash tests/torture/torture.sh "$@"
}

# Why there is nothing to fuzz with; nothing when there is.
no_fuzzer() {
    local probe=$TMPDIR/probe
    if ! command -v clang >/dev/null; then
        echo "clang is not installed"
    elif ! printf 'int LLVMFuzzerTestOneInput(const char *b, unsigned long n) { return b && n > 9; }' |
        clang -fsanitize=fuzzer,address,undefined -x c -o "$probe" - 2>/dev/null; then
        echo "this clang has no libFuzzer, package libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
    fi
}

fuzz_suites() {
    local why target names=()
    why=$(no_fuzzer)
    if [[ -n $why ]]; then
        skip "fuzz: $why"
        return 0
    fi
    make_parallel "build fuzz" BUILD="$BUILD/fuzz" CC=clang SANITIZE=fuzzer-no-link,address,undefined \
        CFLAGS='-O1 -g1' fuzz-programs || return 0
    for target in tests/fuzz/fuzz_*.c; do
        target=${target##*/fuzz_}
        names+=("${target%.c}")
        queue "fuzz ${target%.c}" bash tests/fuzz/fuzz.sh "${target%.c}" "$fuzz_seconds"
    done
    suite_seconds=$((suite_seconds + fuzz_seconds)) run_queue
    for target in "${names[@]}"; do
        grep -aE "^$target: [0-9]+ runs" "$logs/fuzz-$target.log" || true
    done
}

# Another compiler's warnings; what it makes of the sources, the fuzz targets show.
clang_warnings() {
    if command -v clang >/dev/null; then
        step "clang" scripts/lint.sh --only clang {common,producer,consumer,consumer/*,tests/*}/*.c || true
    else
        skip "clang: it is not installed, only gcc compiled the sources"
    fi
}

everything() {
    local built=1
    make_parallel "build gcc" WERROR=-Werror all unit-programs test-tools torture-programs || built=
    # shellcheck disable=SC2086
    step "floors" $make --no-print-directory floors || true
    clang_warnings
    [[ -z $built ]] || unit_suites unit "$BUILD"
    sanitized_suites
    [[ -z $built ]] || torture_suite
    fuzz_suites
    queue_engine
    [[ -z $built ]] || queue_e2e
    run_queue
    run_alone
    ask_for_engine
}

conclude() {
    local list
    if [[ ${#skipped[@]} -gt 0 ]]; then
        printf -v list '%s; ' "${skipped[@]}"
        echo "skipped: ${list%; }"
    fi
    echo "$passed passed, $failed failed"
    [[ $failed -eq 0 ]]
}

main() {
    local kind
    for kind in "$@"; do
        if [[ ! $kind =~ ^(unit|e2e|engine|torture|fuzz|cross|cluster|deb)$ ]]; then
            echo "usage: tests/run.sh [unit|e2e|engine|torture|fuzz|cross|cluster|deb ...]" >&2
            exit 64
        fi
    done
    prepare
    [[ $# -gt 0 ]] || everything
    for kind in "$@"; do
        case $kind in
        unit) unit_suites unit "$BUILD" ;;
        e2e) e2e_suites ;;
        engine) engine_suite ;;
        cluster) cluster_suites ;;
        torture) torture_suite full ;;
        fuzz) fuzz_suites ;;
        cross) cross_suites ;;
        deb) suite deb bash tests/deb/packages.sh ;;
        esac
    done
    conclude
}

main "$@"
