#!/usr/bin/env bash
# "Nothing lost, nothing twice, nothing half": each call of the daemons fails in each way, each
# state that a power loss can leave is recovered from, and copies with one protection removed are
# caught at it.
#
#   tests/torture/torture.sh          a part, the same each time, in about two minutes
#   tests/torture/torture.sh full     every point
#
# A check is one scenario of one tester, or one broken copy. What a check printed, with the commands
# that show each bad point again, is shown where it failed; VERBOSE=1 shows it all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/lib.sh

BUILD=$(realpath "${BUILD:-build}")
make=${MAKE:-make}
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$work"' EXIT
full=
[[ ${1:-} != full ]] || full=1

# A part of the points: every Nth, from a fixed offset, which the output names.
every() { [[ -n $full ]] && echo 1 || echo "$1"; }

offset() { [[ -n $full ]] && echo 0 || echo "$1"; }

scenarios() { sed -n 's/^ *{\.name = "\('"$1"'-[a-z]*\)".*/\1/p' tests/torture/stand.c; }

sweep() { "$BUILD/torture/sweep" --build "$BUILD" --work "$work" --jobs "$(nproc)" "$@"; }
crash_states() { "$BUILD/torture/crash_states" --build "$BUILD" --work "$work" --jobs "$(nproc)" "$@"; }

# ---- the daemons as they are --------------------------------------------------------------------

every_fault_of() {
    local step=23
    [[ $1 != consumer-charts ]] || step=497
    [[ $1 != consumer-long ]] || step=47
    echo "--every $(every "$step") --offset $(offset 3)"
    sweep --every "$(every "$step")" --offset "$(offset 3)" "$1"
}

every_power_loss_of() {
    local step=13
    echo "--every $(every "$step") --offset $(offset 2)"
    crash_states --every "$(every "$step")" --offset "$(offset 2)" "$1"
}

# Of both crashes a part, also of "full": one for each of the other.
every_power_loss_after_a_kill_of() {
    local part=(--every 197 --kills-every 13 --offset 3)
    [[ $1 != *-long && $1 != *-many ]] || part=(--every 197 --kills-every 47 --offset 3)
    [[ -z $full ]] || part=(--every 53 --kills-every 3)
    echo "${part[*]}"
    crash_states --killed "${part[@]}" "$1"
}

# check NAME calls a function by one word: each scenario gets a function of its own.
check_scenarios() {
    local name
    for name in $(scenarios consumer) $(scenarios producer); do
        eval "faults_of_$name() { every_fault_of $name; }"
        check "faults_of_$name"
        [[ $name != *-charts ]] || continue
        # Its history makes each state slow to try.
        [[ $name != consumer-long || -n $full ]] || continue
        eval "power_losses_of_$name() { every_power_loss_of $name; }"
        check "power_losses_of_$name"
        eval "power_losses_after_a_kill_of_$name() { every_power_loss_after_a_kill_of $name; }"
        check "power_losses_after_a_kill_of_$name"
    done
}

# ---- broken copies ------------------------------------------------------------------------------

# copy_broken NAME: the sources with one protection removed, built, and with our testers beside them.
# What the patch does not touch is not compiled again: copies keep the ages of what they are of.
copy_broken() {
    local copy=$BUILD/torture/broken/$1
    rm -rf "$copy"
    mkdir -p "$copy/build/torture"
    cp -a Makefile common producer consumer scripts "$copy/"
    cp -a "$BUILD"/{common,producer,consumer,flags,libraries-found} "$copy/build/"
    cp "$BUILD/torture/shim.so" "$copy/build/torture/"
    patch -s -d "$copy" -p1 --no-backup-if-mismatch <"tests/torture/broken/$1.patch" ||
        fail "tests/torture/broken/$1.patch no longer applies: make it anew"
    $make -s --no-print-directory -C "$copy" -j 2 -o build/flags BUILD=build CC="${CC:-gcc}" all ||
        fail "the broken copy $1 does not build"
}

# must_catch NAME TESTER ARGUMENT...: it finds a bad point, of a kind that the sound daemons pass.
must_catch() {
    local name=$1 tester=$2 output
    shift 2
    # In part they have shown it above.
    [[ -z $full ]] || "$tester" "$@" >"$work/sound" || fail "$tester $* finds something in the sound daemons: $(cat "$work/sound")"
    output=$("$tester" --build "$BUILD/torture/broken/$name/build" --until-bad "$@" 2>&1) &&
        fail "$tester $* finds nothing wrong in the broken copy $name"
    [[ $output =~ bad\ [1-9] && $output != *"WORKER FAILED"* ]] || fail "$tester itself failed: $output"
    grep -m 1 'bad:' <<<"$output"
    tail -n 1 <<<"$output"
}

a_record_before_its_outputs_is_caught() {
    copy_broken log-before-rename
    must_catch log-before-rename sweep --fault kill-after --every "$(every 5)" consumer-many
    must_catch log-before-rename crash_states --every "$(every 13)" consumer-previous
}

files_that_are_not_flushed_are_caught() {
    copy_broken no-file-fsync
    must_catch no-file-fsync crash_states --every "$(every 13)" consumer-previous
    must_catch no-file-fsync crash_states producer-fresh
}

a_directory_that_is_not_flushed_is_caught() {
    copy_broken no-directory-fsync
    must_catch no-directory-fsync crash_states --every "$(every 13)" consumer-previous
    must_catch no-directory-fsync crash_states producer-fresh
}

a_torn_tail_that_is_not_cut_is_caught() {
    copy_broken no-tail-cut
    must_catch no-tail-cut crash_states consumer-torn
}

writing_in_place_is_caught() {
    copy_broken in-place-write
    must_catch in-place-write sweep --fault tear-half consumer-previous
    must_catch in-place-write sweep --fault tear-half producer-fresh
}

records_that_only_the_cache_holds_are_caught() {
    copy_broken no-flush-at-start
    must_catch no-flush-at-start crash_states --killed --every 97 consumer-torn
}

check_scenarios
check a_record_before_its_outputs_is_caught
check files_that_are_not_flushed_are_caught
check a_directory_that_is_not_flushed_is_caught
check a_torn_tail_that_is_not_cut_is_caught
check writing_in_place_is_caught
check records_that_only_the_cache_holds_are_caught
finish torture
