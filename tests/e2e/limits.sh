#!/usr/bin/env bash
# The consumer before files that are too much: each is rejected with its reason, in an address space that would
# not hold them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/lib.sh

BUILD=$(realpath "${BUILD:-build}")
consumer=$BUILD/data-consumer
work=$(mktemp -d)
memory=
trap 'rm -rf "$work" ${memory:+"$memory"}' EXIT
address_space_kib=$((192 * 1024))

# ---- helpers ------------------------------------------------------------------------------------

fresh() {
    dir=$work/$1
    mkdir -p "$dir"
}

# repeat BYTES TEXT: TEXT over and over, so many bytes in all.
repeat() { { yes "$2" || true; } | tr -d '\n' | head -c "$1" || true; }

put_good() { printf 'a,b\n1,2\n' >"$dir/data_$1.csv"; }
put_metadata() { cat >"$dir/metadata_$1.json"; }

# reject_within OPTION...: one pass in little memory, which must meet what it rejects.
reject_within() {
    local status=0
    (
        ulimit -v "$address_space_kib"
        exec "$consumer" --dir "$dir" --results "$work/results.${dir##*/}" --once --settle 0 --chart none "$@"
    ) >"$dir/out" 2>&1 || status=$?
    [[ $status -eq 65 ]] || fail "exit $status: $(tail -n 3 "$dir/out")"
}

# is KEY REASON [WORDS]: how that batch ended; REASON is null where it was processed.
is() {
    local line
    line=$(jq -c "select(.key == \"$1\") | [.reason, .detail]" "$work/results.${dir##*/}/processed.log")
    [[ $line == "[\"$2\","*"${3:-}"* || ($2 == null && $line == '[null,'*) ]] || fail "batch $1: ${line:-no record}"
}

# ---- by default ---------------------------------------------------------------------------------

huge_fields_and_rows_are_rejected_with_their_place() {
    fresh huge
    { printf 'a,b\n1,"' && repeat $((64 << 20)) x; } >"$dir/data_1.csv"
    repeat 64000000 , >"$dir/data_2.csv"
    { printf 'a,b\n1,2\n' && repeat 64000000 ,; } >"$dir/data_3.csv"
    put_good 4
    reject_within
    is 1 too-large 'line 2, column 2: more than 1048576 bytes in a cell'
    is 2 too-large 'line 1, column 16385: more than 16384 cells in a row'
    is 3 too-large 'line 3, column 16385: more than 16384 cells in a row'
    is 4 null
}

metadata_of_a_gibibyte_and_nesting_without_end_are_rejected() {
    fresh metadata
    for key in 1 2 3 4 5; do put_good $key; done
    put_metadata 1 </dev/null
    truncate -s 1G "$dir/metadata_1.json"
    repeat 2000000 '[' | head -c 1000000 | put_metadata 2
    { printf '{"a":' && repeat 1000 '[' && repeat 1000 ']' && printf '}'; } | put_metadata 3
    repeat 2000000 '[' | put_metadata 4
    printf '{"record_count":1}' | put_metadata 5
    reject_within
    is 1 too-large 'metadata of 1073741824 bytes'
    is 2 metadata-invalid 'nested too deeply at byte 32'
    is 3 metadata-invalid 'nested too deeply'
    is 4 too-large 'metadata of 2000000 bytes'
    is 5 null
}

a_sparse_file_of_8_exbibytes_is_rejected_unread() {
    memory=$(mktemp -d /dev/shm/shared-data-limits.XXXXXX) || skip "there is no /dev/shm, and no file that large elsewhere"
    dir=$memory
    truncate -s 9223372036854775807 "$dir/data_1.csv" || { rm -rf "$memory"; skip "no file system here holds such a file"; }
    put_good 2
    local started=$SECONDS
    reject_within
    rm -rf "$memory"
    [[ $((SECONDS - started)) -lt 5 ]] || fail "took $((SECONDS - started)) s"
    is 1 too-large '9223372036854775807 bytes'
    is 2 null
}

check huge_fields_and_rows_are_rejected_with_their_place
check metadata_of_a_gibibyte_and_nesting_without_end_are_rejected
check a_sparse_file_of_8_exbibytes_is_rejected_unread
finish limits
