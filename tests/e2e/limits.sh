#!/usr/bin/env bash
# The consumer before files that are too much: each is rejected with its reason, in an address space that would
# not hold them; and each limit is an option, which takes what is as large as it says and no more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/lib.sh
source tests/lib-daemons.sh

address_space_kib=$((192 * 1024))

# ---- helpers ------------------------------------------------------------------------------------

# repeat BYTES TEXT: TEXT over and over, so many bytes in all.
repeat() { { yes "$2" || true; } | tr -d '\n' | head -c "$1" || true; }

put_good() { printf 'a,b\n1,2\n' >"$dir/data_$1.csv"; }
put_metadata() { cat >"$dir/metadata_$1.json"; }

# reject_frugally: one pass, which must meet what it rejects.
reject_frugally() {
    local status=0
    (
        ulimit -v "$address_space_kib"
        consume_once --settle 0 --chart none
    ) || status=$?
    [[ $status -eq 65 ]] || fail "exit $status: $(tail -n 3 "$dir/consumer.out")"
}

# within_and_beyond OPTION MOST LESS REASON [WORDS]: batch 1 is processed by OPTION=MOST and rejected by OPTION=LESS.
within_and_beyond() {
    consume_once --settle 0 --chart none "$1=$2" || fail "$1=$2 exits $?"
    processed 1
    rm -r "$results"
    expect_exit 65 "$consumer" --dir "$dir" --once --settle 0 --chart none "$1=$3"
    rejected 1 "$4" "${5:-}"
}

# ---- by default ---------------------------------------------------------------------------------

huge_fields_and_rows_are_rejected_with_their_place() {
    fresh huge
    { printf 'a,b\n1,"' && repeat $((64 << 20)) x; } >"$dir/data_1.csv"
    repeat 64000000 , >"$dir/data_2.csv"
    { printf 'a,b\n1,2\n' && repeat 64000000 ,; } >"$dir/data_3.csv"
    put_good 4
    reject_frugally
    rejected 1 too-large 'line 2, column 2: more than 1048576 bytes in a cell'
    rejected 2 too-large 'line 1, column 16385: more than 16384 cells in a row'
    rejected 3 too-large 'line 3, column 16385: more than 16384 cells in a row'
    processed 4
}

metadata_of_a_gibibyte_and_nesting_without_end_are_rejected() {
    fresh metadata
    for key in 1 2 3 4 5; do put_good $key; done
    put_metadata 1 </dev/null
    truncate -s 1G "$dir/metadata_1.json"
    repeat 1000000 '[' | put_metadata 2
    { printf '{"a":' && repeat 1000 '[' && repeat 1000 ']' && printf '}'; } | put_metadata 3
    repeat 2000000 '[' | put_metadata 4
    printf '{"record_count":1}' | put_metadata 5
    reject_frugally
    rejected 1 too-large 'metadata of 1073741824 bytes'
    rejected 2 metadata-invalid 'nested too deeply at byte 32'
    rejected 3 metadata-invalid 'nested too deeply'
    rejected 4 too-large 'metadata of 2000000 bytes'
    processed 5
}

metadata_that_says_what_cannot_be_true_is_rejected() {
    fresh untrue
    for key in 1 2 3 4 5; do put_good $key; done
    printf '{"record_count":9007199254740993}' | put_metadata 1
    printf '{"record_count":1e0}' | put_metadata 2
    printf '{"path":"data_3.csv\\u[[[[x"}' | put_metadata 3
    printf '{"hash":"SHA256:%064d"}' 0 | put_metadata 4
    printf '{"name":"data_6"}' | put_metadata 5
    expect_exit 65 "$consumer" --dir "$dir" --once --settle 0 --chart none
    rejected 1 row-count-mismatch '1 rows, the metadata states 9007199254740993'
    rejected 2 metadata-invalid "'record_count' is not a whole number"
    rejected 3 metadata-invalid 'without four hexadecimal digits'
    rejected 4 hash-mismatch
    rejected 5 metadata-mismatch "'name' is 'data_6'"
}

# ---- by option ----------------------------------------------------------------------------------

the_size_of_a_batch_may_be_limited() {
    fresh batch-size
    put_good 1
    within_and_beyond --max-batch-size 8 7 too-large '8 bytes, where a batch has at most 7'
}

the_length_of_a_field_may_be_limited() {
    fresh field
    printf 'a,b\n1,234\n' >"$dir/data_1.csv"
    within_and_beyond --max-field-length 3 2 too-large 'line 2, column 2: more than 2 bytes in a cell'
}

the_size_of_a_row_may_be_limited() {
    fresh row
    printf 'a,b\n1,234\n' >"$dir/data_1.csv"
    within_and_beyond --max-row-size 5 4 too-large 'line 2, column 2: more than 4 bytes in a row'
}

the_number_of_columns_may_be_limited() {
    fresh columns
    put_good 1
    within_and_beyond --max-columns 2 1 too-large 'line 1, column 2: more than 1 cells in a row'
}

the_size_of_metadata_may_be_limited() {
    fresh metadata-size
    put_good 1
    printf '{"record_count":1}' | put_metadata 1
    within_and_beyond --max-metadata-size 18 17 too-large 'metadata of 18 bytes'
}

the_depth_of_metadata_may_be_limited() {
    fresh depth
    put_good 1
    printf '{"record_count":1,"a":[[]]}' | put_metadata 1
    within_and_beyond --max-json-depth 3 2 metadata-invalid 'nested too deeply at byte 23'
}

for name in $(tests_of tests/e2e/limits.sh); do
    check "$name"
done
finish limits
