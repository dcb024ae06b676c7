#!/usr/bin/env bash
# The jail of data-consumer and of its gnuplot: nothing gets out, and nothing is held up by it.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/lib.sh
source tests/lib-daemons.sh

chmod 711 "$work" # for who is not root

# ---- helpers ------------------------------------------------------------------------------------

without() { "$tools/without" "$@"; }

# put_hostile_gnuplot: from here on it is the first in PATH.
put_hostile_gnuplot() {
    mkdir "$dir.bin"
    ${CC:-gcc} -std=c17 -D_GNU_SOURCE -o "$dir.bin/gnuplot" -pthread "-DSHARED=\"$dir\"" \
        "-DRESULTS=\"$results\"" tests/tools/hostile-gnuplot.c
    PATH=$dir.bin:$PATH
}

said() { grep -qE -- "$1" "$dir/consumer.out" || fail "did not say '$1': $(cat "$dir/consumer.out")"; }
says_times() { [[ $(grep -cE -- "$2" "$dir/consumer.out") -eq $1 ]] || fail "'$2' not $1 times: $(cat "$dir/consumer.out")"; }
all_are_drawn() { count_is '.plot == "ok"' "$1"; }

kernel_has_landlock() { grep -q 'jailed landlock=[1-9]' "$work/probe.out"; }
needs_landlock() { kernel_has_landlock || skip "the kernel has no Landlock"; }
needs_root() { [[ $EUID -eq 0 ]] || skip "needs root"; }

# Once, what this kernel can do.
mkdir -p "$work/probe"
"$consumer" --dir "$work/probe" --once --chart none >"$work/probe.out"

# ---- it holds -----------------------------------------------------------------------------------

a_consumer_says_once_that_it_is_jailed() {
    needs_landlock
    fresh whole
    publish 3
    consume_once
    says_times 1 'jailed'
    said 'info .*jailed landlock=[0-9]+ seccomp=yes$'
    all_are_drawn 3
}

a_hostile_gnuplot_gets_nothing() {
    needs_landlock
    fresh hostile
    publish 1
    consume_once --chart none
    mv "$log" "$dir/kept" && : >"$log" # a log is there, and the batch is still to be drawn
    put_hostile_gnuplot
    exec 9>"$dir/inherited"
    consume_once --jobs 1
    exec 9>&-
    said 'no charts: held 30$'
    [[ ! -e $results/broken-out && ! -e /tmp/broken-out && -e $results/status.json && -s $log ]]
}

# The proof that the attempts are ones: without a jail they succeed.
a_hostile_gnuplot_gets_a_lot_without_the_jail() {
    fresh unjailed
    publish 1
    put_hostile_gnuplot
    without both "$consumer" --dir "$dir" --once --jobs 1 --settle 300ms >"$dir/consumer.out" || true
    said 'no charts: '
    ! grep -q 'held' "$dir/consumer.out" || fail "$(cat "$dir/consumer.out")"
    rm -f /tmp/broken-out
}

a_link_in_the_shared_directory_does_not_lead_out() {
    fresh link
    publish 1
    ln -s /etc/passwd "$dir/data_2.csv"
    local status=0
    consume_once || status=$?
    [[ $status -eq 65 ]] || fail "exit $status"
}

the_jail_holds_without_root() {
    needs_root
    needs_landlock
    fresh nobody
    publish 2
    mkdir -p "$results" && chown nobody "$results" && chmod 755 "$dir"
    cp "$consumer" "$work/consumer" && chmod 755 "$work/consumer"
    setpriv --reuid nobody --clear-groups "$work/consumer" --dir "$dir" --once --require-sandbox >"$dir/consumer.out"
    said 'jailed landlock=[0-9]+ seccomp=yes$'
    all_are_drawn 2
}

the_jail_holds_with_results_elsewhere_and_without_charts() {
    needs_landlock
    fresh elsewhere
    publish 2
    consume_once --require-sandbox --results "$work/other-results"
    [[ -s $work/other-results/plot_2.png ]]
    consume_once --require-sandbox --results "$work/third-results" --chart none
    consume_once --require-sandbox --results "$work/fourth-results" --chart svg
    [[ -s $work/fourth-results/plot_2.svg ]]
}

# As in docker-compose.yml: everything read-only but the results, no capability, no new privileges.
the_jail_holds_in_a_hardened_container() {
    needs_mount_namespaces
    needs_landlock
    fresh hardened
    publish 2
    mkdir -p "$results" && chown 10001 "$results" && chmod 755 "$dir"
    cp "$consumer" "$work/consumer" && chmod 755 "$work/consumer"
    unshare -m bash -euc '
        mount --bind "$1/results" /mnt && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
        mount --bind /mnt "$1/results"
        exec setpriv --reuid 10001 --regid 10001 --clear-groups --bounding-set=-all --no-new-privs \
            "$2" --dir "$1" --once --require-sandbox' - "$dir" "$work/consumer" >"$dir/consumer.out"
    said 'jailed landlock=[0-9]+ seccomp=yes$'
    all_are_drawn 2
}

a_traced_consumer_is_jailed_all_the_same() {
    needs_landlock
    needs_strace
    fresh traced
    publish 1
    strace -f -qq -o "$work/trace" -e trace=fsync "$consumer" --dir "$dir" --once --require-sandbox >"$dir/consumer.out"
    all_are_drawn 1
}

# ---- what the kernel cannot do ------------------------------------------------------------------

without_landlock_it_goes_on_with_one_warning() {
    fresh no-landlock
    publish 2
    without landlock "$consumer" --dir "$dir" --once >"$dir/consumer.out"
    says_times 1 'jailed'
    says_times 1 ' warn '
    said 'not fully jailed landlock=no seccomp=yes cause="landlock: Function not implemented"'
    all_are_drawn 2
}

without_seccomp_it_goes_on_with_one_warning() {
    needs_landlock
    fresh no-seccomp
    publish 2
    without seccomp "$consumer" --dir "$dir" --once >"$dir/consumer.out"
    says_times 1 ' warn '
    said 'not fully jailed landlock=[0-9]+ seccomp=no cause="seccomp: '
    all_are_drawn 2
}

required_it_refuses_to_start_and_names_what_is_missing() {
    fresh required
    publish 1
    local missing status
    for missing in landlock seccomp; do
        status=0
        without "$missing" "$consumer" --dir "$dir" --once --require-sandbox >"$dir/consumer.out" 2>&1 || status=$?
        [[ $status -eq 78 ]] || fail "exit $status"
        said "^data-consumer: --require-sandbox: $missing: "
        [[ $(wc -l <"$dir/consumer.out") -eq 1 && ! -s $log ]]
        status=0
        CONSUMER_REQUIRE_SANDBOX=1 without "$missing" "$consumer" --dir "$dir" --once >"$dir/consumer.out" 2>&1 || status=$?
        [[ $status -eq 78 ]] || fail "exit $status by the environment"
    done
}

required_it_refuses_results_that_are_the_shared_directory() {
    needs_landlock
    fresh leaking
    publish 1
    local status=0
    consume_once --results "$dir" --require-sandbox 2>"$dir/refusal" || status=$?
    [[ $status -eq 78 ]] || fail "exit $status"
    grep -q 'the consumer still writes into the shared directory' "$dir/refusal"
    consume_once --results "$dir"
    said 'not fully jailed .*still writes into the shared directory'
}

# ---- a directory that is replaced ---------------------------------------------------------------

a_shared_directory_that_is_replaced_ends_the_consumer_with_74() {
    needs_landlock
    fresh replaced
    publish 1
    local status=0
    spawn timeout 20 "$consumer" --dir "$dir" --results "$dir.results" --poll-interval 100ms >"$work/replaced.out"
    eventually 5 grep -q '"key":"1"' "$dir.results/processed.log"
    mv "$dir" "$dir.aside" && mkdir "$dir"
    publish 2
    wait "$spawned" || status=$?
    [[ $status -eq 74 ]] || fail "exit $status: $(cat "$work/replaced.out")"
    grep -q "the directory --dir $dir was replaced by another" "$work/replaced.out" || fail "$(cat "$work/replaced.out")"
    "$consumer" --dir "$dir" --results "$dir.results" --once >>"$work/replaced.out"
    grep -q '"key":"2"' "$dir.results/processed.log"
}

a_shared_directory_that_is_gone_for_a_while_is_waited_for() {
    fresh gone
    publish 1
    spawn "$consumer" --dir "$dir" --results "$dir.results" --poll-interval 100ms >"$work/gone.out"
    eventually 5 grep -q '"key":"1"' "$dir.results/processed.log"
    mv "$dir" "$dir.aside"
    eventually 5 grep -q 'cannot read' "$work/gone.out"
    mv "$dir.aside" "$dir"
    publish 1
    eventually 10 grep -q '"key":"2"' "$dir.results/processed.log"
    stop "$spawned"
}

# ---- gnuplot as a part that fails ---------------------------------------------------------------

a_broken_gnuplot_holds_up_no_batch_and_burns_no_processor() {
    fresh broken
    mkdir "$dir.bin"
    cp "$tools/gnuplot-silent" "$dir.bin/gnuplot"
    publish 200
    needs_strace
    PATH=$dir.bin:$PATH strace -f -qq -o "$work/starts" -e trace=execveat "$consumer" --dir "$dir" --once --jobs 1 >"$dir/consumer.out"
    [[ $(grep -c execveat "$work/starts") -lt 20 ]] || fail "$(grep -c execveat "$work/starts") starts"
    count_is '.plot == "failed"' 200
    says_times 1 'no charts: gnuplot died'
    says_times 0 'charts are drawn again'
}

a_gnuplot_that_is_a_script_is_refused_with_the_reason() {
    needs_landlock
    fresh script
    mkdir "$dir.bin"
    printf '#!/bin/sh\nexec gnuplot.real\n' >"$dir.bin/gnuplot"
    chmod +x "$dir.bin/gnuplot"
    publish 1
    PATH=$dir.bin:$PATH consume_once --jobs 1
    said 'no charts: cannot run gnuplot: .*a script'
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish jail
