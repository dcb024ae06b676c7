#!/usr/bin/env bash
# What is on the shared volume, read by programs that know nothing of this one: metadata and datapackage.json by
# Frictionless's own library, hashes by sha256sum. Node.js and npm are needed for the first, and named where they are missing.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

export NODE_PACKAGES=$BUILD/frictionless-packages

# ---- helpers ------------------------------------------------------------------------------------

# By the lock file's hashes alone, and once for each state of it. Says why it cannot.
install_packages() {
    mkdir -p "$NODE_PACKAGES"
    command -v node >/dev/null || { echo "Node.js is not installed, package nodejs" && return; }
    ! cmp -s tests/frictionless/package-lock.json "$NODE_PACKAGES/installed" || return 0
    command -v npm >/dev/null || { echo "npm is not installed, package npm" && return; }
    cp tests/frictionless/{package.json,package-lock.json,.npmrc} "$NODE_PACKAGES/"
    if (cd "$NODE_PACKAGES" && npm ci --ignore-scripts) >"$NODE_PACKAGES/log" 2>&1; then
        cp tests/frictionless/package-lock.json "$NODE_PACKAGES/installed"
    else
        echo "npm could not fetch datapackage: $(tail -n 1 "$NODE_PACKAGES/log")"
    fi
}
without_library=$(install_packages)
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
the_package_is_written_again_and_again_beside_a_producer_that_deletes() {
    fresh beside
    start_consumer --chart none
    local reading=$spawned making i
    eventually 5 test -e "$results/status.json"
    spawn "$producer" --dir "$dir" --interval 0 --keep 20 --max-pending 40 --min-free 0 >"$dir/producer.out"
    making=$spawned
    eventually 5 test -e "$dir/metadata_100.json"
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
