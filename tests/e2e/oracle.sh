#!/usr/bin/env bash
# The consumer's statistics against two programs that share no code with it: Miller, which reads CSV itself, and
# GNU datamash. Files are like those that people have (missing cells, dates, categories, line ends inside quotes,
# numbers from 1e-9 to 1e15), several thousand rows each, and NIST's sets.
#
# All three mean the same by a standard deviation (n - 1) and by quartiles: R's type 7, which Miller takes with -i
# and datamash always. What the other two do otherwise, and is kept out of the comparison:
#
#   - Miller's deviation comes from sums of squares, which cancel: of NIST's Mavro (mean 2.0, deviation 0.0004)
#     it has 9 digits. There datamash alone is the judge.
#   - datamash reads numbers into long double. Where doubles themselves lose the deviation, NumAcc3 and NumAcc4, it
#     has more digits than any program of doubles; the unit suite of NIST's sets says how many those can have.
#   - datamash knows no quotes: its columns are cut out by Miller, which passes a number's digits on as they were.
#   - Miller orders numbers below text, so columns of text are read with -S, as nothing but text.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

# ---- the files ------------------------------------------------------------------------------------

# Numbers by Park and Miller (1988), "Random number generators: good ones are hard to find": exact in any awk.
random='function random() { state = state * 16807 % 2147483647; return state / 2147483647 }
    function below(n) { return int(random() * n) }
    function maybe(text, share) { return random() < share ? "" : text }'

orders() {
    awk "$random"' BEGIN {
        state = 20261123
        categories = split("garden|kitchen|\"tools, small\"|paper|\"the \"\"rest\"\"\"|Büro|-", category, /\|/)
        print "order,day,category,quantity,price,balance,ratio,note"
        for (row = 1; row <= 6000; row++) {
            note = random() < 0.1 ? "\"two\nlines, " row "\"" : maybe("plain " below(40), 0.3)
            printf "%d,20%02d-%02d-%02d,%s,%s,%s,%.3f,%.6e,%s\n", 100000 + row, 10 + below(17), 1 + below(12),
                1 + below(28), maybe(category[1 + below(categories)], 0.08), maybe(1 + below(12) * below(9), 0.02),
                maybe(sprintf("%.2f", exp(random() * 7)), 0.05), (random() - 0.3) * 1e12,
                exp((random() - 0.5) * 40), note
        }
    }'
}

# CRLF, a reading every few seconds, and a column that is mostly not there.
readings() {
    awk "$random"' BEGIN {
        state = 4711
        printf "at,sensor,celsius,counter,\"relative humidity\",ok\r\n"
        for (row = 0; row < 8000; row++)
            printf "2026-03-%02dT%02d:%02d:%02dZ,s%03d,%.2f,%.0f,%s,%s\r\n", 1 + row / 400, below(24), below(60),
                below(60), below(120), (random() + random() + random() - 1.5) * 25, 9e14 * random() * random(),
                maybe(sprintf("%.9f", random()), 0.9), below(2) ? "true" : "false"
    }'
}

run_over_files() {
    local set
    orders >"$dir/data_orders.csv"
    readings >"$dir/data_readings.csv"
    for set in tests/nist/*.csv; do
        cp "$set" "$dir/data_$(basename "$set")"
    done
    consume_once --chart none
}

# ---- three answers to one question ----------------------------------------------------------------

# Each prints one object, of KEY COLUMN.
ours() {
    jq -c --arg name "$2" '.columns[] | select(.name == $name) | {count, min, max, mean, stddev} +
        (.quantiles | {p25, p50, p75})' "$results/summary_$1.json"
}

by_miller() {
    mlr --icsv --ojson --ofmt %.17g stats1 -i -a count,min,max,mean,stddev,p25,p50,p75 -f "$2" "$dir/data_$1.csv" |
        jq -c '.[0] | with_entries(.key |= sub(".*_"; ""))'
}

by_datamash() {
    mlr --icsv --onidx cut -f "$2" "$dir/data_$1.csv" | sed '/^$/d' |
        datamash --format %.17g count 1 min 1 max 1 mean 1 sstdev 1 q1 1 median 1 q3 1 |
        jq -cR 'split("\t") | map(tonumber) | [["count", "min", "max", "mean", "stddev", "p25", "p50", "p75"], .] |
            transpose | map({(.[0]): .[1]}) | add'
}

text_ours() {
    jq -c --arg name "$2" '.columns[] | select(.name == $name) | {count, missing, distinct, min, max}' \
        "$results/summary_$1.json"
}

# Values one a line as JSON, since they hold line ends; ordered by bytes, as UTF-8 is by its characters.
text_by_miller() {
    mlr -S --icsv --ojson cut -f "$2" "$dir/data_$1.csv" |
        jq -c --arg name "$2" 'map(.[$name]) | map(select(. != "")) as $there | ($there | unique) as $values |
            {count: ($there | length), missing: (length - ($there | length)), distinct: ($values | length),
                min: $values[0], max: $values[-1]}'
}

# alike OURS THEIRS FIELD...: counts to the one, the rest to 12 digits.
alike() {
    local field
    for field in "${@:3}"; do
        jq -en --argjson ours "$1" --argjson theirs "$2" --arg field "$field" '
            def size: if . < 0 then -. else . end;
            ($ours[$field], $theirs[$field] | type == "number") and
            ($ours[$field] - $theirs[$field] | size) <=
                (if $field == "count" then 0 else 1e-12 * ([$ours[$field], $theirs[$field] | size] | max) end)' \
            >/dev/null || fail "$field: ours $1, theirs $2"
    done
}

needs_oracles() {
    { command -v mlr && command -v datamash; } >/dev/null || skip "needs Miller and datamash, packages miller and datamash"
}

all=(count min max mean stddev p25 p50 p75)

# both_agree KEY COLUMN...
both_agree() {
    local key=$1 column ours
    for column in "${@:2}"; do
        ours=$(ours "$key" "$column")
        alike "$ours" "$(by_miller "$key" "$column")" "${all[@]}"
        alike "$ours" "$(by_datamash "$key" "$column")" "${all[@]}"
    done
}

text_agrees() {
    local key=$1 column
    for column in "${@:2}"; do
        [[ $(text_ours "$key" "$column") == "$(text_by_miller "$key" "$column")" ]] ||
            fail "$column: ours $(text_ours "$key" "$column"), Miller's $(text_by_miller "$key" "$column")"
    done
}

# ---- tests ----------------------------------------------------------------------------------------

numbers_of_orders_are_those_of_miller_and_datamash() {
    needs_oracles
    both_agree orders order quantity price balance ratio
}

numbers_of_readings_are_those_of_miller_and_datamash() {
    needs_oracles
    both_agree readings celsius counter 'relative humidity'
}

dates_and_text_of_orders_are_those_of_miller() {
    needs_oracles
    text_agrees orders day category note
}

times_and_text_of_readings_are_those_of_miller() {
    needs_oracles
    text_agrees readings at sensor
}

nist_sets_have_the_statistics_of_miller_and_datamash() {
    needs_oracles
    local set
    for set in pidigits lottery lew mavro michelso numacc1 numacc2 numacc3 numacc4; do
        alike "$(ours "$set" y)" "$(by_miller "$set" y)" count min max mean p25 p50 p75
        alike "$(ours "$set" y)" "$(by_datamash "$set" y)" count min max mean p25 p50 p75
    done
    for set in pidigits lottery lew mavro michelso numacc1 numacc2; do
        alike "$(ours "$set" y)" "$(by_datamash "$set" y)" stddev
    done
}

the_comparison_notices_the_twelfth_digit_of_a_number() {
    alike '{"mean": 1.5, "count": 7}' '{"mean": 1.500000000001, "count": 7}' mean count
    (alike '{"mean": 1.5}' '{"mean": 1.500000000002}' mean) && fail "1.500000000002 passed for 1.5"
    (alike '{"count": 7}' '{"count": 8}' count) && fail "8 passed for 7"
    (alike '{"mean": null}' '{"mean": null}' mean) && fail "nothing passed for a number"
    true
}

fresh oracle
run_over_files
for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish oracle
