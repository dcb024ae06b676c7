#!/usr/bin/env bash
# The table of what must not hurt names tests that exist, and every test of these suites is in it.
# shellcheck disable=SC2317,SC2016 # check calls the functions; what is quoted is for another shell
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh

table=docs/reliability.md
# The part of the document that is the table.
rows() { sed -n '/^## What must not hurt/,$p' "$table" | grep -E '^\|'; }

suites=(tests/e2e/{objects,csv,metadata,charts,trouble,shards,load}.sh)

named_in_table() { rows | grep -oE '`[a-z0-9]+(_[a-z0-9]+){3,}`' | tr -d '`' | sort -u; }

every_test_that_the_table_names_exists() {
    [[ $(named_in_table | wc -l) -ge 100 ]] || fail "the table names $(named_in_table | wc -l) tests only"
    local missing
    missing=$(comm -23 <(named_in_table) <(tests_of tests/{e2e,cluster}/*.sh | sort))
    [[ -z $missing ]] || fail "no test of this name: $missing"
}

every_test_of_these_suites_is_in_the_table() {
    local missing
    missing=$(comm -13 <(named_in_table) <(tests_of "${suites[@]}" | sort))
    [[ -z $missing ]] || fail "not in $table: $missing"
}

every_case_has_an_outcome_and_a_test() {
    local bare
    bare=$(rows | grep -vE '^\|(---|$)|^\| case ' | sed 's/\\|//g' |
        awk -F '|' '$3 ~ /^ *$/ || $4 !~ /`[a-z0-9_]+`/ {print}')
    [[ -z $bare ]] || fail "$bare"
}

no_two_suites_have_a_test_of_the_same_name() {
    local twice
    twice=$(tests_of tests/{e2e,cluster}/*.sh | sort | uniq -d)
    [[ -z $twice ]] || fail "$twice"
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish cases
