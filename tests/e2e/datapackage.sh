#!/usr/bin/env bash
# What is on the shared volume, read by programs that know nothing of this one: metadata and datapackage.json by
# Frictionless's own library, hashes by sha256sum. Node.js and npm are needed for the first, and named where they are missing.
# shellcheck disable=SC2317,SC2086 # check calls the functions; cells are words
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh
# shellcheck source=tests/lib-npm.sh
source tests/lib-npm.sh

export NODE_PACKAGES=$BUILD/frictionless-packages

# ---- helpers ------------------------------------------------------------------------------------

without_library=$(install_packages frictionless datapackage)
needs_library() { [[ -z $without_library ]] || skip "$without_library"; }

frictionless() { node tests/frictionless/check.mjs "$@" "$dir" >"$said" 2>&1; }
accepts() { frictionless "$1" || fail "$(head -n 3 "$said")"; }
refuses() {
    ! frictionless "$1" || fail "took it: $(cat "$said")"
    grep -q "$2" "$said" || fail "not '$2' but: $(head -n 3 "$said")"
}
rows_there() { cat "$dir"/data_*.csv | grep -vc '^label,'; }
list() { "$producer" --dir "$dir" --datapackage >"$said" 2>&1 || fail "exit $?: $(cat "$said")"; }

# with METADATA FILTER: puts what jq makes of it in its place.
with() {
    jq "$2" "$dir/$1" >"$dir/.$1.new"
    mv "$dir/.$1.new" "$dir/$1"
}

# ---- checks -------------------------------------------------------------------------------------

each_metadata_is_a_resource_that_frictionless_reads() {
    needs_library
    fresh resources
    publish 12
    accepts resources
    says "12 resources, $(rows_there) rows"
}

publish_more() { "$producer" --dir "$dir" --interval 0 --min-free 0 --seed 42 "$@" >"$dir/producer.out"; }

# Without a delimiter that is stated the library takes a colon for it in the first of these.
batches_of_any_schema_are_resources_that_frictionless_reads() {
    needs_library
    fresh schemas
    local schema
    for schema in 'a:uniform,at:time,v:normal' 'at:time(250ms,jitter=100ms)' 'day:date,n:integer missing(20%)' \
        'only:integer missing(50%)' 'name:choice("a, b"," c ","d;e","f|g")' 'x:choice(.5,1e9,-2)' 'ok:choice(true,1,FALSE)' \
        'id:uuid,who:name,k:serial,big:uniform(-1e15,1e15) integer,p:pareto,w:walk,s:sine,t:step' \
        'code:choice(007,+2,1)' 'm:choice(2026-01-01,"2026-01-01T10:15:00Z")'; do
        publish_more --count 2 --rows 20 --schema "$schema"
    done
    accepts resources
    says "20 resources, 400 rows"
}

a_stream_of_any_values_becomes_resources_that_frictionless_reads() {
    needs_library
    fresh streams
    local cells n=0
    for cells in '1 2 3' '+2 3 4' '007 8 9' '9007199254740993 1 2' '-0 1 2' 'inf 1 2' 'nan 1 2' 'NaN 1.5 -INF' \
        '.5 5. 1e3' 'true False 1' '2026-01-01 1970-01-01 9999-12-31' '10:15 10:15:00 23:59:59.5' \
        '2026-01-01T10:15:00.123+01:00 2026-01-01T10:15:00 2026-01-01T10:15Z' '2026-01-01 2026-01-01T10:15:00Z a;b'; do
        n=$((n + 1))
        printf '%s\n' a $cells >"$work/cells-$n.csv"
        publish_more --from "$work/cells-$n.csv"
    done
    printf 'a,b,c\n" 1 ","true ","2026-01-01 "\n2,"x;y|z","10:15:00"\n"","""quoted""",\n' >"$work/cells.csv"
    publish_more --from "$work/cells.csv"
    make_mixed >"$work/mixed.csv"
    publish_more --from "$work/mixed.csv" --rows 50
    accepts resources
    says "25 resources, 545 rows"
}
make_mixed() {
    seq 500 | awk 'BEGIN {print "id;x,when: at,what"}
        {printf "%d,2026-01-%02dT00:00:%02d.%03dZ,\"a, %d;b\"\n", $1, $1 % 28 + 1, $1 % 60, $1, $1}'
}

metadata_that_is_broken_in_any_way_fails_the_same_check() {
    needs_library
    fresh broken
    publish 1
    cp "$dir/metadata_1.json" "$work/good.json"
    accepts resources
    local filter
    for filter in 'del(.name)' 'del(.path)' '.path = "../data_1.csv"' '.schema.fields[0].type = "numbr"' \
        '.schema.fields[0].type = "integer"' '.schema.fields[0].name = "lable"' '.record_count += 1' '.bytes = "many"'; do
        cp "$work/good.json" "$dir/metadata_1.json"
        with metadata_1.json "$filter"
        refuses resources . || fail "$filter"
    done
    head -c 100 "$work/good.json" >"$dir/metadata_1.json"
    refuses resources JSON
}

the_package_is_one_that_frictionless_reads_in_the_order_of_numbers() {
    needs_library
    fresh package
    publish 12
    list
    says 'resources=12 left_out=0'
    accepts package
    says "12 resources, $(rows_there) rows"
    [[ $(jq -r '.resources[].batch' "$dir/datapackage.json" | paste -sd ' ') == "$(seq -s ' ' 12)" ]]
}

a_package_that_is_broken_fails_the_same_check() {
    needs_library
    fresh broken-package
    publish 2
    list
    cp "$dir/datapackage.json" "$work/good.json"
    accepts package
    local filter
    for filter in '.resources = []' 'del(.resources)' 'del(.resources[1].schema)' 'del(.resources[1].path)' \
        '.name = "Shared Data"' '.resources[1].record_count = 1'; do
        cp "$work/good.json" "$dir/datapackage.json"
        with datapackage.json "$filter"
        refuses package . || fail "$filter"
    done
}

sha256sum_agrees_with_the_hash_of_each_batch() {
    fresh hashes
    publish 12
    list
    agrees || fail "sha256sum finds another hash"
    printf x >>"$dir/data_7.csv"
    ! agrees 2>/dev/null || fail "sha256sum finds nothing wrong with a changed batch"
}
agrees() {
    (cd "$dir" && jq -r '.resources[] | "\(.hash | sub("sha256:"; ""))  \(.path)"' datapackage.json | sha256sum --quiet --strict -c) &&
        (cd "$dir" && jq -r '"\(.hash | sub("sha256:"; ""))  \(.path)"' metadata_*.json | sha256sum --quiet --strict -c)
}

what_is_no_batch_is_left_out_with_a_word_and_no_batch_at_all_is_an_error() {
    fresh others
    expect_exit 66 "$producer" --dir "$dir" --datapackage
    says 'there is no batch' && one_line
    [[ ! -e $dir/datapackage.json ]]
    publish 2
    printf 'a\n1\n' | tee "$dir/data_orders.csv" >"$dir/data_3.csv"
    echo '{"record_count": 1}' | tee "$dir/metadata_orders.json" >"$dir/metadata_3.json"
    list
    says "left out metadata_3.json: " && says 'resources=2 left_out=1'
    expect_exit 64 "$producer" --dir "$dir" --datapackage --health
    says --datapackage && one_line
    expect_exit 78 "$producer" --dir "$work/nowhere" --datapackage
}

# It is whole at any moment, and what it lists was there.
# has_come_to N: the batch itself may be deleted again by the time that somebody looks.
has_come_to() {
    [[ $(find "$dir" -maxdepth 1 -name 'metadata_*.json' -printf '%f\n' | tr -dc '0-9\n' | sort -n | tail -n 1) -ge $1 ]]
}

the_package_is_written_again_and_again_beside_a_producer_that_deletes() {
    fresh beside
    start_consumer --chart none
    local reading=$spawned making i
    eventually 5 test -e "$results/status.json"
    spawn "$producer" --dir "$dir" --interval 0 --keep 20 --max-pending 40 --min-free 0 >"$dir/producer.out"
    making=$spawned
    eventually 5 has_come_to 100
    for i in {1..20}; do
        list
        jq -e '[.resources[].batch] | length >= 1 and . == sort and . == unique' "$dir/datapackage.json" >/dev/null || fail "run $i"
    done
    stop "$making"
    stop "$reading"
    list
    for i in $(jq -r '.resources[].path' "$dir/datapackage.json"); do test -e "$dir/$i"; done
}

consumers_pass_over_the_package_whatever_they_match() {
    fresh passed-over
    publish 2
    list
    local pattern
    for pattern in 'data*' 'd*.json' '*'; do
        "$consumer" --dir "$dir" --results "$work/results-${pattern//[^a-z]/}" --match "$pattern" --once --chart none \
            --settle 200ms >"$said" 2>&1 || true
        ! grep -q datapackage "$said" "$work/results-${pattern//[^a-z]/}/processed.log" || fail "$pattern takes it"
    done
    grep -q '"file":"data_1.csv"' "$work/results-data/processed.log"
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish datapackage
