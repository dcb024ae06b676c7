#!/usr/bin/env bash
# scripts/floors.sh passes the tree as it is, and catches each kind of violation in a copy of it.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

# A fresh copy of what floors.sh looks at.
fresh_copy() {
    rm -rf "${copy:?}"/*
    mkdir "$copy/docs"
    cp docs/architecture.md "$copy/docs/"
    cp -r common producer consumer "$copy/"
}

# plant FILE LINE: appends it, and remembers where it stands.
plant() {
    fresh_copy
    printf '%s\n' "$2" >>"$copy/$1"
    planted=$1:$(wc -l <"$copy/$1")
}

# caught WORDS: the one planted line is named with its place and these words, and nothing else is.
caught() {
    local output status=0
    output=$(scripts/floors.sh "$copy" 2>&1) || status=$?
    [[ $status -eq 1 ]] || fail "exit status $status: $output"
    [[ $output == "$planted: "*"$1"* ]] || fail "not '$planted: … $1 …' but: $output"
    [[ $output != *$'\n'* ]] || fail "more than the planted line: $output"
}

passed_over() {
    local output
    output=$(scripts/floors.sh "$copy" 2>&1) || fail "$output"
}

the_tree_as_it_is_passes() {
    local output
    output=$(scripts/floors.sh) || fail "$output"
    [[ $output =~ ^floors:\ [0-9]+\ files\ on\ [0-9]+\ floors,\ no\ include\ goes\ up$ ]] || fail "$output"
}

an_include_that_goes_up_is_caught() {
    plant common/wait.c '#include "common/metadata.h"'
    caught 'includes common/metadata.h of floor'
}

an_include_on_the_same_floor_is_caught() {
    plant common/processed_record.h '#include "common/metadata.h"'
    caught 'includes common/metadata.h of floor'
}

an_include_that_goes_into_a_later_room_is_caught() {
    plant consumer/profile/profile_tool.c '#include "consumer/chart/image.h"'
    caught 'consumer/profile/ includes consumer/chart/image.h, which is not of a room above it'
}

an_include_that_goes_down_passes() {
    plant common/metadata.c '  #  include "common/contract.h" /* again */'
    passed_over
}

an_include_in_a_comment_passes() {
    plant common/wait.c '/* #include "consumer/batch/batch.h"'$'\n''#include "consumer/batch/batch.h" */'
    passed_over
}

common_that_knows_a_daemon_is_caught() {
    plant common/processed_log.c '#include "consumer/config/config.h"'
    caught 'must not know consumer/'
}

daemons_that_know_each_other_are_caught() {
    plant producer/main.c '#include "consumer/config/config.h"'
    caught 'must not know consumer/'
    plant consumer/main.c '#include "producer/config.h"'
    caught 'must not know producer/'
}

an_include_without_its_folder_is_caught() {
    plant common/metadata.c '#include "contract.h"'
    caught 'no header of the house'
}

a_file_that_is_no_unit_is_caught() {
    fresh_copy
    echo >"$copy/consumer/stranger.c"
    planted=consumer/stranger.c:1
    caught 'not a unit of the consumer/ column'
}

two_units_of_one_name_are_caught() {
    fresh_copy
    cp "$copy/consumer/chart/image.h" "$copy/consumer/page/"
    planted=consumer/page/image.h:1
    caught 'a unit of this name stands in consumer/chart/ as well'
}

a_unit_that_is_no_file_is_caught() {
    fresh_copy
    rm "$copy"/consumer/main.c
    planted=docs/architecture.md:$(grep -n '^|.*main. a table of contents' docs/architecture.md | tail -n 1 | cut -d : -f 1)
    caught 'consumer/main is no file'
}

a_third_party_header_at_another_door_is_caught() {
    plant consumer/batch/batch.c '#include <cjson/cJSON.h>'
    caught 'common/json alone'
    plant common/json.c '#include <csv.h>'
    caught 'csv.h comes in'
    plant producer/publish.c '#include <openssl/sha.h>'
    caught 'common/digest alone'
    plant consumer/sandbox/sandbox.c '#include <seccomp.h>'
    caught 'consumer/syscalls alone'
    plant consumer/sandbox/syscalls.c '#include <linux/landlock.h>'
    caught 'consumer/landlock alone'
}

a_child_process_outside_its_door_is_caught() {
    local call
    for call in 'pid = fork();' 'if (vfork () == 0)' 'execvp(a, b);' 'posix_spawnp(a);' \
        'popen("x", "r");' '(void)system("x");' 'syscall(SYS_clone, 17);' 'syscall(__NR_execveat);'; do
        plant consumer/batch/pipeline.c "$call"
        caught 'child processes are the work of consumer/child'
    done
    plant consumer/chart/child.c 'pid = fork();'
    passed_over
}

renaming_and_writing_outside_fileio_are_caught() {
    plant producer/publish.c '    rename(a, b);'
    caught 'renaming is the work of common/fileio'
    plant producer/publish.c '    renameat(a, b, c, d);'
    caught 'renaming is the work of common/fileio'
    plant producer/publish.c '    f = fopen(path, "w");'
    caught 'opening for writing is the work of common/fileio'
    plant producer/publish.c '    f = fopen(path,'
    printf '        "a+");\n' >>"$copy/producer/publish.c"
    caught 'opening for writing is the work of common/fileio'
}

words_that_only_look_like_calls_pass() {
    plant producer/publish.c '/* fork() and rename(a, b) */ // system("x")'
    printf '%s\n' 'log_info("cannot rename(%s) after fork()");' \
        'my_rename(a); x->system(y); f = fopen(p, "r");' >>"$copy/producer/publish.c"
    passed_over
}

a_missing_table_is_said() {
    fresh_copy
    planted=docs/architecture.md:0
    rm "$copy/docs/architecture.md"
    caught 'no table'
}

check the_tree_as_it_is_passes
check an_include_that_goes_up_is_caught
check an_include_on_the_same_floor_is_caught
check an_include_that_goes_into_a_later_room_is_caught
check an_include_that_goes_down_passes
check an_include_in_a_comment_passes
check common_that_knows_a_daemon_is_caught
check daemons_that_know_each_other_are_caught
check an_include_without_its_folder_is_caught
check a_file_that_is_no_unit_is_caught
check two_units_of_one_name_are_caught
check a_unit_that_is_no_file_is_caught
check a_third_party_header_at_another_door_is_caught
check a_child_process_outside_its_door_is_caught
check renaming_and_writing_outside_fileio_are_caught
check words_that_only_look_like_calls_pass
check a_missing_table_is_said
finish floors
