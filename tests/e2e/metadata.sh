#!/usr/bin/env bash
# Hostile and broken metadata beside a good data file: each is rejected, nothing crashes, memory stays flat.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

# stated KEY FORMAT: a good data file of one row, with this metadata, as printf writes it.
# shellcheck disable=SC2059
stated() {
    printf 'a\n1\n' >"$dir/data_$1.csv"
    printf "$2" >"$dir/metadata_$1.json"
}
repeated() { head -c "$1" /dev/zero | tr '\0' "$2"; }

put_documents() {
    stated trailing '{"record_count": 1} x'
    stated two '{"record_count": 1}{"record_count": 1}'
    stated twice '{"record_count": 1, "record_count": 2}'
    stated case '{"record_count": 1, "Record_Count": 2}'
    stated inner-twice '{"schema": {"fields": [{"name": "a", "name": "b"}]}}'
    stated deep "{\"a\": $(repeated 1000 '[')$(repeated 1000 ']')}"
    stated brackets '' && repeated 2000000 '[' >"$dir/metadata_brackets.json"
    stated fitting-brackets '' && repeated 1000000 '[' >"$dir/metadata_fitting-brackets.json"
    stated escaped-nul '{"description": "a\\u0000b"}'
    stated raw-nul '{"record_count": 1, "description": "a\0b"}'
    stated empty ''
    stated array '[]'
    stated torn '{"record_count": 1, "descr'
    stated huge '' && truncate -s 1G "$dir/metadata_huge.json"
}

put_numbers() {
    stated nan '{"record_count": NaN}'
    stated infinity '{"record_count": Infinity}'
    stated beyond '{"record_count": 1e999}'
    stated other-beyond '{"record_count": 1, "note": 1e999}'
    stated rounded '{"record_count": 9007199254740993}'
    stated digits "{\"record_count\": $(repeated 60 1)}"
    stated other-digits "{\"note\": $(repeated 60 1)}"
    stated fraction '{"record_count": 1.5}'
    stated negative '{"record_count": -1}'
    stated text '{"record_count": "1"}'
}

put_names() {
    stated 41 '{"batch": 42}'
    stated 43 '{"filename": "data_44.csv"}'
    stated parent '{"path": "../data_parent.csv"}'
    stated slash '{"path": "results/data_slash.csv"}'
    stated absolute '{"path": "/etc/passwd"}'
    stated good '{"record_count": 1, "path": "data_good.csv", "filename": "data_good.csv"}'
}

# As a daemon, so that its memory can be asked for; the second run is for the exit code.
run_over_cases() {
    fresh run
    put_documents
    put_numbers
    put_names
    start_consumer --chart none
    (eventually 20 jq -e '.backlog == 0 and .processed == 1' "$results/status.json") || true
    peak_kib "$spawned" >"$work/peak" || true
    kill -TERM "$spawned" || true
    wait "$spawned" && echo 0 >"$work/exit" || echo $? >"$work/exit"
}

no_metadata_crashes_the_consumer_or_holds_it_up() {
    [[ $(cat "$work/exit") -eq 0 ]] || fail "exit $(cat "$work/exit"): $(tail -1 "$dir/consumer.out")"
    status_is '.backlog == 0'
    count_is true "$(find "$dir" -name 'metadata_*' | wc -l)"
    expect_exit 65 "$consumer" --dir "$dir" --once --settle 200ms --chart none
}

the_good_batch_among_them_is_processed() { processed good; }

# 1 GiB and two million brackets were among them.
memory_stays_flat_over_all_of_them() {
    [[ $(cat "$work/peak") -lt 32768 ]] || fail "$(cat "$work/peak") KiB"
}

# ---- documents ------------------------------------------------------------------------------------

text_behind_the_metadata_is_rejected() { rejected trailing metadata-invalid; }
two_documents_in_one_are_rejected() { rejected two metadata-invalid; }

names_that_are_there_twice_in_whatever_case_are_rejected() {
    rejected twice metadata-invalid record_count
    rejected case metadata-invalid
    rejected inner-twice metadata-invalid name
}

nesting_of_1001_levels_is_rejected() { rejected deep metadata-invalid deep; }

two_million_brackets_are_rejected_by_size_or_depth() {
    rejected brackets too-large
    rejected fitting-brackets metadata-invalid deep
}

nul_escaped_or_raw_is_rejected_in_metadata() {
    rejected escaped-nul metadata-invalid
    rejected raw-nul metadata-invalid
}

metadata_that_is_no_object_is_rejected() {
    rejected empty metadata-invalid
    rejected array metadata-invalid
    rejected torn metadata-invalid
}

metadata_of_1_gib_is_rejected_unread() { rejected huge too-large; }

# ---- numbers --------------------------------------------------------------------------------------

numbers_that_json_does_not_have_are_rejected() {
    rejected nan metadata-invalid
    rejected infinity metadata-invalid
    rejected beyond metadata-invalid
    rejected other-beyond metadata-invalid
}

a_count_that_a_double_would_round_is_rejected() { rejected rounded row-count-mismatch "states 9007199254740993"; }

a_number_of_60_digits_is_rejected() {
    rejected digits metadata-invalid
    rejected other-digits metadata-invalid
}

a_count_that_is_no_count_is_rejected() {
    rejected fraction metadata-invalid record_count
    rejected negative metadata-invalid record_count
    rejected text metadata-invalid record_count
}

# ---- names ----------------------------------------------------------------------------------------

a_batch_or_file_other_than_the_name_says_is_rejected() {
    rejected 41 metadata-mismatch 42
    rejected 43 metadata-mismatch data_44.csv
}

a_path_that_leads_elsewhere_is_rejected() {
    rejected parent metadata-mismatch ../data_parent.csv
    rejected slash metadata-mismatch results/data_slash.csv
    rejected absolute metadata-mismatch /etc/passwd
}

rejected_metadata_that_is_mended_is_tried_again() {
    echo '{"record_count": 1}' >"$dir/metadata_trailing.json"
    "$consumer" --dir "$dir" --once --settle 200ms --chart none >"$said" || [[ $? -eq 65 ]]
    [[ $(of trailing outcome) == rejected$'\n'processed ]] || fail "$(of trailing outcome reason)"
}

run_over_cases
for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish metadata
