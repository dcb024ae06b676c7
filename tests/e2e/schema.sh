#!/usr/bin/env bash
# Batches of any shape, end to end: what a schema says is what the consumer finds, and a run whose seed and start are
# fixed is the same to the byte, wherever it was cut.
# shellcheck disable=SC2317,SC2119,SC2016 # check calls the functions; what is quoted is a pattern of sed's
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

start=2026-01-01T00:00:00Z
# Every distribution, among them those that go on from batch to batch.
everything='label:choice(a=5,"b, c",d) missing(1%),value:normal(20,5) outliers(0.5%) missing(2%),n:uniform(1,6) integer,
    cost:lognormal(3,0.8) decimals(2),wait:exponential(250),size:pareto(100,1.5) integer,level:walk(100,0.5),
    heat:sine(20,5,144,noise=0.3),state:step(0,10,25),key:serial(k),pos:sequence,who:name,id:uuid,ok:boolean,
    at:time(250ms,jitter=100ms),day:date'

# make_run COUNT [OPTION...]: into $dir, by a seed and a clock that are fixed.
make_run() { publish "$1" --max-pending 0 --keep 1000000 --start-time "$start" "${@:2}"; }

hashes() { (cd "$1" && find . -name 'data_*.csv' | sort -V | xargs sha256sum); }

# column NAME FILTER: of the summary of batch 1.
column() { jq -e --arg name "$1" ".columns[] | select(.name == \$name) | $2" "$results/summary_1.json" >/dev/null ||
    fail "$1 is not $2: $(jq -c --arg name "$1" '.columns[] | select(.name == $name) | del(.histogram, .top)' "$results/summary_1.json")"; }

# ---- what is found is what was said ---------------------------------------------------------------

a_schema_in_a_line_is_what_the_consumer_finds() {
    fresh_in_memory
    publish 1 --rows 20000 --schema "$everything"
    consume_once --chart none
    processed 1
    column label '.type == "string" and .distinct == 3 and .missing > 130 and .missing < 270'
    column value '.type == "number" and .missing > 320 and .missing < 480 and .quantiles.p50 > 19.8 and .quantiles.p50 < 20.2'
    column value '.max > 60 and .min < -20'
    column n '.type == "integer" and .min == 1 and .max == 6 and .mean > 3.4 and .mean < 3.6'
    column cost '.type == "number" and .quantiles.p50 > 19 and .quantiles.p50 < 21.2'
    column wait '.mean > 240 and .mean < 260 and .stddev > 240 and .stddev < 260 and .min >= 0'
    column size '.type == "integer" and .min >= 100 and .quantiles.p50 > 153 and .quantiles.p50 < 165'
    column level '.type == "number"'
    column heat '.mean > 19.9 and .mean < 20.1 and .stddev > 3.5 and .stddev < 3.6'
    column state '.min >= 0 and .max <= 10 and .mean > 4.6 and .mean < 5.4'
    column key '.type == "string" and .distinct == 20000'
    column pos '.type == "integer" and .max == 19999'
    column id '.distinct == 20000 and .min_length == 36 and .max_length == 36'
    column ok '.type == "boolean" and .distinct == 2'
    column at '.type == "datetime" and .distinct == 20000'
    column day '.type == "date" and .distinct == 20000'
}

metadata_states_the_types_that_the_data_has() {
    fresh types
    publish 1 --rows 500 --schema "$everything"
    consume_once --chart none
    diff <(jq -r '.schema.fields[] | "\(.name) \(.type)"' "$dir/metadata_1.json") \
        <(jq -r '.columns[] | "\(.name) \(.type)"' "$results/summary_1.json")
}

a_table_schema_makes_what_the_line_makes() {
    fresh file
    cat >"$dir/orders.json" <<'END'
{"fields": [
  {"name": "state", "type": "string", "distribution": "choice(paid=8,open=3,cancelled)"},
  {"name": "price", "type": "number", "distribution": "normal(20,5)", "missing": 0.02, "decimals": 2},
  {"name": "at", "type": "datetime"}]}
END
    make_run 3 --schema "$dir/orders.json"
    hashes "$dir" >"$work/from-file"
    rm "$dir"/data_* "$dir"/metadata_*
    make_run 3 --schema 'state:choice(paid=8,open=3,cancelled),price:normal(20,5) missing(2%) decimals(2),at:time'
    hashes "$dir" | cmp - "$work/from-file"
}

the_default_schema_is_what_its_line_makes() {
    fresh default
    make_run 3
    hashes "$dir" >"$work/by-default"
    rm "$dir"/data_* "$dir"/metadata_*
    make_run 3 --schema "$("$producer" --schema help | sed -n '/The default is/{n;s/^ *//;p}')"
    hashes "$dir" | cmp - "$work/by-default"
}

# ---- the same bytes -------------------------------------------------------------------------------

two_runs_of_a_seed_and_a_start_time_are_the_same_to_the_byte() {
    local other
    fresh_in_memory
    make_run 300 --schema "$everything"
    hashes "$dir" >"$work/once"
    jq -cS 'del(.run_id)' "$dir"/metadata_*.json | sort >"$work/metadata"
    rm "$dir"/data_* "$dir"/metadata_*
    make_run 300 --schema "$everything"
    hashes "$dir" | cmp - "$work/once"
    jq -cS 'del(.run_id)' "$dir"/metadata_*.json | sort | cmp - "$work/metadata"
    other=$(cut -d ' ' -f 1 "$work/once" | sort -u | wc -l)
    [[ $other -eq 300 ]] || fail "$other different batches of 300"
}

a_batch_that_a_start_completes_is_as_old_as_its_number_says() {
    fresh completed
    make_run 3
    jq -S 'del(.run_id)' "$dir/metadata_3.json" >"$work/metadata"
    rm "$dir/metadata_3.json"
    make_run 1
    jq -S 'del(.run_id)' "$dir/metadata_3.json" | cmp - "$work/metadata"
}

constraints_of_a_table_schema_are_not_passed_over_in_silence() {
    fresh constraints
    echo '{"fields": [{"name": "n", "type": "integer"}, {"name": "ok", "type": "integer", "constraints": {"minimum": 7}}]}' \
        >"$dir/constrained.json"
    make_run 1 --schema "$dir/constrained.json"
    [[ $(grep -c "the constraints of column 'ok' are not looked at" "$dir/producer.out") -eq 1 ]] || fail "$(cat "$dir/producer.out")"
}

a_batch_that_no_memory_may_be_large_enough_for_is_refused_at_the_start() {
    fresh huge
    local columns
    columns=$(seq -s , -f 'c%.0f:choice("'"$(printf 'x%.0s' {1..256})"'")' 60)
    expect_exit 78 "$producer" --dir "$dir" --rows 10000000 --schema "$columns"
    says "--rows 10000000: a batch of this schema may have" && one_line
    expect_exit 78 "$producer" --dir "$dir" --rows 1-10000000 --schema "$columns"
    make_run 1 --rows 10 --schema "$columns"
}

# Killed five times, each time after some more batches, and then held against a run that nobody disturbed.
a_run_that_was_killed_again_and_again_is_the_same_to_the_byte() {
    local count=0
    fresh_in_memory
    for _ in {1..5}; do
        spawn "$producer" --dir "$dir" --interval 0 --min-free 0 --max-pending 0 --seed 42 --start-time "$start" \
            --schema "$everything" >"$dir/producer.out"
        eventually 20 test -e "$dir/metadata_$((count + 40)).json"
        kill -KILL "$spawned"
        wait "$spawned" || true
        count=$(find "$dir" -name 'data_*.csv' | wc -l)
    done
    make_run 1 --schema "$everything" # what the last kill cut in two is completed
    count=$(find "$dir" -name 'metadata_*.json' | wc -l)
    hashes "$dir" >"$work/killed"
    [[ $count -ge 200 && $(wc -l <"$work/killed") -eq $count ]] || fail "$count batches, $(wc -l <"$work/killed") with data"
    rm "$dir"/data_* "$dir"/metadata_*
    make_run "$count" --schema "$everything"
    hashes "$dir" | cmp - "$work/killed"
}

times_of_a_fixed_run_ascend_through_all_batches() {
    fresh ascending
    make_run 50 --schema 'at:time(250ms,jitter=250ms)'
    find "$dir" -name 'data_*.csv' | sort -V | xargs -n 1 tail -n +2 >"$work/times"
    head -n 1 "$work/times" | grep -q '^2026-01-01T00:00:00\.'
    sort -cu "$work/times"
    [[ $(jq -r .created "$dir/metadata_3.json") == 2026-01-01T00:00:30Z ]] || fail "$(jq .created "$dir/metadata_3.json")"
}

# ---- what is refused ------------------------------------------------------------------------------

an_impossible_schema_is_refused_with_its_column_and_the_reason() {
    fresh impossible
    expect_exit 64 "$producer" --dir "$dir" --schema 'value:normal(20,-5)'
    says --schema && says "column 'value': sd -5 must be from 0 to 1e+15" && one_line
    expect_exit 78 env PRODUCER_SCHEMA='a:uuid,a:uuid' "$producer" --dir "$dir"
    says PRODUCER_SCHEMA && says "column 'a': there are two of this name" && one_line
    expect_exit 64 "$producer" --dir "$dir" --schema orders.jsn
    says "column 'orders.jsn'" && one_line
    expect_exit 64 "$producer" --dir "$dir" --start-time tomorrow
    says --start-time && says "2026-01-01T00:00:00Z" && one_line
    [[ -z $(find "$dir" -name 'data_*') ]]
}

a_table_schema_that_cannot_be_taken_is_named_and_exits_78() {
    fresh bad-file
    expect_exit 78 "$producer" --dir "$dir" --schema "$dir/none.json"
    says "$dir/none.json: No such file or directory" && one_line
    echo '{"fields": [{"name": "place", "type": "geopoint"}]}' >"$dir/bad.json"
    expect_exit 78 "$producer" --dir "$dir" --schema "$dir/bad.json"
    says "$dir/bad.json: column 'place': no type 'geopoint'" && one_line
}

# ---- what is documented ---------------------------------------------------------------------------

# The rows of the table of distributions, as the help says them.
rows_of_help() {
    "$producer" --schema help | awk '
        function row() { if (name != "") printf "| `%s` | %s | %s | %s | `%s` |\n", name, types, help, bounds, example }
        /^Types/ { row(); exit }
        /^  [a-z].*  [a-z]/ { row(); name = $0; sub(/^  /, "", name); types = name; sub(/  .*/, "", name)
                              sub(/.*  /, "", types); help = bounds = ""; next }
        name == "" || !/^      / { next }
        /^      example: / { example = $0; sub(/^ *example: /, "", example); next }
        help == "" { help = $0; sub(/^ */, "", help); next }
        { bounds = $0; sub(/^ */, "", bounds) }'
}

the_help_of_schemas_is_printed_and_documented() {
    local row count=0
    expect_exit 0 "$producer" --schema help
    says "normal(mean=0, sd=1)" && says "Modifiers:"
    while read -r row; do
        grep -qxF -- "$row" docs/schemas.md || fail "docs/schemas.md has no row: $row"
        count=$((count + 1))
    done < <(rows_of_help)
    [[ $count -eq 14 ]] || fail "$count distributions"
}

every_example_of_the_documents_is_taken() {
    local schema count=0
    while read -r schema; do
        fresh "example-$count"
        publish 1 --schema "$schema"
        count=$((count + 1))
    done < <(sed -n "/^\$ /d; s/^data-producer .*--schema '\([^']*\)'.*/\1/p" docs/schemas.md)
    [[ $count -ge 3 ]] || fail "$count examples"
}

the_example_of_the_readme_prints_what_it_is_said_to_print() {
    local schema
    fresh readme
    schema=$(sed -n "s/^    --schema '\(.*\)'$/\1/p" README.md)
    make_run 1 --rows 20-60 --schema "$schema"
    sed -n '/^\$ head -4 shop/,/^```/{/^[$`]/d;p}' README.md | cmp - <(head -n 4 "$dir/data_1.csv")
}

the_summary_of_the_readme_is_what_its_commands_give() {
    local options filter
    fresh summary
    options=$(sed -n 's/^\$ data-producer --dir demo //p' README.md)
    filter=$(sed -n "s/^\\$ jq '\(.*\)' demo.*/\1/p" README.md)
    # shellcheck disable=SC2086 # several options
    "$producer" --dir "$dir" $options --log-level error >>"$dir/producer.out"
    consume_once --chart none
    sed -n '/^\$ jq .* demo/,/^```/{/^[$`]/d;p}' README.md | cmp - <(jq "$filter" "$results/summary_1.json")
}

the_table_schema_of_the_documents_is_taken() {
    fresh documented
    sed -n '/^```json/,/^```$/p' docs/schemas.md | sed '/^```/d' >"$dir/documented.json"
    publish 1 --schema "$dir/documented.json"
    [[ $(head -n 1 "$dir/data_1.csv") == sensor,celsius,valid,at ]]
}

# Wherever it is: looking ahead, making rows, hashing, writing, flushing.
sigterm_is_answered_within_a_second_in_the_middle_of_a_batch_of_millions() {
    fresh millions
    ends_at_once 0.3 'a:walk,b:walk,c:walk,d:walk'
    local pause
    for pause in 1 1.8 2.6; do
        ends_at_once "$pause" 'label:sequence(item_),value:uniform decimals(11),timestamp:time'
    done
}
ends_at_once() {
    spawn "$producer" --dir "$dir" --interval 0 --rows 10000000 --min-free 0 --schema "$2" >"$dir/producer.out"
    sleep "$1"
    stop "$spawned"
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish schema
