#!/usr/bin/env bash
# What is made of the tables of options: manual pages for mandoc, completions in the three shells themselves, environment
# files for the daemons.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh

build=$(cd "${BUILD:-build}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BASH_COMPLETION_USER_DIR=$work/none XDG_DATA_DIRS=$build/share

make_manual() { ${MAKE:-make} -s --no-print-directory BUILD="${BUILD:-build}" manual; }

page_of() { echo "$build/share/man/man8/$1.8"; }

# --- pages -------------------------------------------------------------------------------------

manual_pages_and_completions_are_made() {
    local daemon
    make_manual
    for daemon in data-producer data-consumer; do
        [[ -s $(page_of "$daemon") && -s $build/share/bash-completion/completions/$daemon ]]
        [[ -s $build/share/zsh/vendor-completions/_$daemon ]]
        [[ -s $build/share/fish/vendor_completions.d/$daemon.fish ]]
    done
}

# Whether a manual that is referred to is installed is no property of the page.
mandoc_lint_finds_nothing_in_the_pages() {
    local found
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    found=$(mandoc -T lint "$(page_of data-producer)" "$(page_of data-consumer)" 2>&1 |
        grep -v -e 'referenced manual not found' -e 'outdated mandoc.db') || true
    [[ -z $found ]] || fail "$found"
    found=$(printf '.Dd now\n' | mandoc -T lint 2>&1) || true
    [[ $found == *"missing"* ]] || fail "mandoc finds nothing anywhere: $found"
}

# As a reader sees it, without the overstriking.
rendered() { mandoc -T ascii "$(page_of "$1")" | col -b; }

each_option_of_the_help_stands_in_the_page_with_its_variable() {
    local daemon flag variable page
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    for daemon in data-producer data-consumer; do
        page=$(rendered "$daemon")
        "$build/$daemon" --help | grep -oE '^  --[a-z-]+' | tr -d ' ' >"$work/flags"
        "$build/$daemon" --help | grep -oE '^  --.*\[[A-Z_]+\]' | grep -oE '[A-Z]+(_[A-Z]+)+' >"$work/variables"
        [[ $(wc -l <"$work/flags") -gt 15 && $(wc -l <"$work/variables") -gt 15 ]]
        while read -r flag; do
            grep -qE -e "^ +$flag( |\$)" <<<"$page" || fail "$daemon(8) lacks $flag"
        done <"$work/flags"
        while read -r variable; do
            grep -qF "$variable." <<<"$page" || fail "$daemon(8) lacks $variable"
        done <"$work/variables"
    done
}

each_exit_code_of_the_contract_stands_in_a_page() {
    local code codes
    codes=$(grep -oE 'CONTRACT_EXIT_[A-Z_]+ = [0-9]+' common/contract.h | grep -oE '[0-9]+$')
    [[ $(wc -l <<<"$codes") -gt 5 ]]
    for code in $codes; do
        grep -qx ".It $code" "$(page_of data-producer)" "$(page_of data-consumer)" || fail "exit code $code"
    done
}

a_line_of_prose_that_names_no_part_is_refused() {
    local status=0
    printf '.Dd now\n@option@\n' >"$work/prose"
    "$build/manual/producer" page "$work/prose" >/dev/null 2>"$work/error" || status=$?
    [[ $status -eq 65 ]] || fail "exit code $status"
    grep -qF "$work/prose" "$work/error"
}

# --- environment files -------------------------------------------------------------------------

settings_of() { grep -E '^#[A-Z]' "$1" | tr -d '#'; }

each_variable_stands_in_the_environment_file_and_sets_nothing() {
    local side
    for side in producer consumer; do
        "$build/manual/$side" environment >"$work/$side"
        settings_of "$work/$side" | cut -d= -f1 | sort >"$work/there"
        "$build/data-$side" --help | grep -oE '^  --.*\[[A-Z_]+\]' | grep -oE '[A-Z]+(_[A-Z]+)+' | sort | diff - "$work/there"
        if grep -v -e '^#' -e '^$' "$work/$side"; then fail "$side: a line that sets something"; fi
    done
}

values_of_the_environment_file_are_taken_by_the_daemons() {
    local settings
    mkdir -p "$work/results"
    mapfile -t settings < <(settings_of "$work/producer")
    env "${settings[@]}" "SHARED_DIR=$work" "$build/data-producer" --count 1 --log-level error
    [[ -s $work/data_1.csv ]]
    mapfile -t settings < <(settings_of "$work/consumer")
    env "${settings[@]}" "SHARED_DIR=$work" "$build/data-consumer" --once --chart none --log-level error
    [[ -s $work/results/summary_1.json ]]
}

what_a_unit_sets_is_shown_in_the_place_of_the_default() {
    "$build/manual/consumer" environment CONSUMER_JOBS=7 RESULTS_DIR=/elsewhere >"$work/set"
    grep -qx '#CONSUMER_JOBS=7' "$work/set"
    grep -qx '#RESULTS_DIR=/elsewhere' "$work/set"
    grep -qx '# default: as many as cores, at most 4' "$work/consumer"
    if grep -x '# default: as many as cores, at most 4' "$work/set"; then fail "two defaults"; fi
}

# --- completions -------------------------------------------------------------------------------

# In the daemons' place stands what notes how it was called; the directory has one match for "d" that is a
# directory, and one that is not.
prepare_shells() {
    local daemon
    mkdir -p "$work/bin" "$work/here/deep"
    : >"$work/here/data.csv"
    for daemon in data-producer data-consumer; do
        # shellcheck disable=SC2016
        printf '#!/bin/sh\necho "$*" >"%s/called"\n' "$work" >"$work/bin/$daemon"
        chmod +x "$work/bin/$daemon"
    done
}

wait_for() { eventually 20 test -e "$1"; }

# typed COMMAND KEYS: what the daemon was called with when the keys are typed into an interactive shell.
typed() {
    rm -f "$work/ready" "$work/called"
    (
        cd "$work/here"
        {
            wait_for "$work/ready"
            printf '%b' "$2"
            wait_for "$work/called"
            printf 'exit\n'
        } | PATH=$work/bin:$PATH TERM=xterm timeout 60 script -qec "$1" /dev/null >"$work/screen" 2>&1
    ) || true
    [[ -e $work/called ]] || fail "nothing was called: $(tail -n 3 "$work/screen")"
    cat "$work/called"
}

# becomes WANTED KEYS
becomes() {
    local got
    got=$(typed "$shell" "$2")
    [[ $got == "$1" ]] || fail "'$2' became '$got', not '$1'"
}

bash_completes_choices_directories_and_files() {
    [[ -r /usr/share/bash-completion/bash_completion ]] || skip "bash-completion is not installed"
    prepare_shells
    printf '. /usr/share/bash-completion/bash_completion\nPS1="$ "\n: >%q\n' "$work/ready" >"$work/bashrc"
    shell="bash --rcfile $work/bashrc -i"
    becomes '--chart svg --log-format json' 'data-consumer --chart s\t--log-format j\t\n'
    becomes '--chart=svg' 'data-consumer --chart=s\t\n'
    becomes '--require-sandbox' 'data-consumer --req\t\n'
    becomes '--dir deep/x' 'data-producer --dir d\tx\n'
    becomes '--profile data.csv' 'data-consumer --profile da\t\n'
    becomes '--interval d' 'data-producer --interval d\t\n'
}

zsh_completes_choices_directories_and_files() {
    command -v zsh >/dev/null || skip "zsh is not installed"
    prepare_shells
    mkdir -p "$work/zsh"
    {
        # shellcheck disable=SC2016 # zsh's own
        printf 'fpath=(%q $fpath)\n' "$build/share/zsh/vendor-completions"
        printf 'autoload -Uz compinit && compinit -u -D\nPS1="$ "\n'
        printf 'zle-line-init() { : >%q }\nzle -N zle-line-init\n' "$work/ready"
    } >"$work/zsh/.zshrc"
    shell="env ZDOTDIR=$work/zsh zsh -d -i"
    becomes '--chart svg --log-format json' 'data-consumer --chart s\t--log-format j\t\n'
    becomes '--chart=svg' 'data-consumer --chart=s\t\n'
    becomes '--require-sandbox' 'data-consumer --req\t\n'
    becomes '--dir deep/x' 'data-producer --dir d\tx\n'
    becomes '--profile data.csv' 'data-consumer --profile da\t\n'
    becomes '--interval d' 'data-producer --interval d\t\n'
}

# fish tells what it would offer, of commands that it finds.
offered() { (cd "$work/here" && PATH=$work/bin:$PATH fish --no-config -c "set fish_complete_path $build/share/fish/vendor_completions.d; complete -C '$1'" | cut -f1); }

fish_completes_choices_directories_and_files() {
    command -v fish >/dev/null || skip "fish is not installed"
    prepare_shells
    export HOME=$work
    [[ $(offered 'data-consumer --chart s') == svg ]]
    [[ $(offered 'data-consumer --log-format ') == $'json\ntext' ]]
    [[ $(offered 'data-consumer --req') == --require-sandbox ]]
    [[ $(offered 'data-producer --dir d') == deep/ ]]
    [[ $(offered 'data-consumer --profile da') == data.csv ]]
    [[ -z $(offered 'data-producer --interval d') ]]
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish manual
