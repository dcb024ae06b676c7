#!/usr/bin/env bash
# The daemons built for arm64, run by qemu-user, and those of this machine: the same bytes from the same seed and of the same
# files, and each goes on with what the other left.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh
# shellcheck source=tests/lib-machines.sh
source tests/lib-machines.sh

# shellcheck disable=SC2034 # by name
{
    consumer_here=("$consumer")
    consumer_there=(qemu-aarch64 "$BUILD/aarch64-linux-gnu/data-consumer")
    producer_here=("$producer")
    producer_there=(qemu-aarch64 "$BUILD/aarch64-linux-gnu/data-producer")
}

# Between them every distribution, type and modifier.
schemas=(
    ''
    'label:choice(a=5,"b, c",d) missing(1%),value:normal(20,5) outliers(0.5%) missing(2%),n:uniform(1,6) integer'
    'cost:lognormal(3,0.8) decimals(2),wait:exponential(250),size:pareto(100,1.5) integer,level:walk(100,0.5)'
    'heat:sine(20,5,144,noise=0.3),state:step(0,10,25,noise=0.2),key:serial(k),pos:sequence,who:name,id:uuid'
    'ok:boolean,at:time(250ms,jitter=100ms),day:date,far:pareto(1e-9,0.1),huge:lognormal(-50,10) decimals(18)'
    'wave:sine(0,1e15,999983,noise=1e3) decimals(0),drift:walk(-1e15,1e9) outliers(5%),u:uniform(-8,8) decimals(17)'
)

# produce MACHINE [OPTION...]: into $dir/MACHINE.
produce() {
    local -n command=producer_$1
    mkdir -p "$dir/$1"
    "${command[@]}" --dir "$dir/$1" --interval 0 --min-free 0 --max-pending 0 --keep 1000000 --seed 42 "${@:2}" >"$dir/$1.out" || fail "$1: $(tail -n 2 "$dir/$1.out")"
}

seeded() { produce "$1" --start-time 2026-01-01T00:00:00Z "${@:2}"; }

# What was published in a directory, but for what differs between two runs on one machine: which run it was, and when.
contents() {
    (
        cd "$1"
        find . -type f -name '*.csv' | sort | xargs sha256sum
        find . -type f -name 'metadata_*.json' -o -name _faults.jsonl | sort | xargs tail -v -n +1 |
            sed -E 's/"(run_id|created|at)": ?"[^"]*"//g'
    )
}

# batches_agree COUNT
batches_agree() {
    diff <(ls -A "$dir/here") <(ls -A "$dir/there")
    [[ $(find "$dir/here" -name 'metadata_*' | wc -l) -eq $1 ]] || fail "$(find "$dir/here" -name 'metadata_*' | wc -l) batches"
    diff <(contents "$dir/here") <(contents "$dir/there")
}

the_schemas_here_have_every_distribution_that_there_is() {
    local name
    fresh names
    "$producer" --schema help >"$dir/help"
    sed -En '/^Types/q; s/^  ([a-z]+)(\(.*\))?  [a-z, ]+$/\1/p' "$dir/help" >"$dir/names"
    [[ $(wc -l <"$dir/names") -ge 14 ]] || fail "$(cat "$dir/names")"
    while read -r name; do
        [[ ${schemas[*]} =~ [:,]$name ]] || fail "no column is $name"
    done <"$dir/names"
}

a_seed_makes_the_same_batches_on_both_machines() {
    local i
    for i in "${!schemas[@]}"; do
        fresh "seed-$i"
        seeded here --count 200 ${schemas[i]:+--schema "${schemas[i]}"}
        seeded there --count 200 ${schemas[i]:+--schema "${schemas[i]}"}
        batches_agree 200
    done
}

what_is_damaged_on_purpose_is_the_same_on_both_machines() {
    local machine
    fresh damaged
    for machine in here there; do seeded "$machine" --count 150 --faults all=0.02; done
    batches_agree "$(find "$dir/here" -name 'metadata_*' | wc -l)"
    [[ $(wc -l <"$dir/here/_faults.jsonl") -ge 150 ]]
}

# A walk and a serial number go on where the other machine left them.
either_machine_goes_on_with_the_batches_of_the_other() {
    fresh continued
    seeded here --count 60 --schema "${schemas[2]}"
    cp -r "$dir/here" "$dir/there"
    seeded there --count 20 --schema "${schemas[2]}"
    seeded here --count 20 --schema "${schemas[2]}"
    batches_agree 80
}

a_stream_is_cut_into_the_same_batches_on_both_machines() {
    local machine
    fresh cut
    need_files
    for machine in here there; do produce "$machine" --from "$files/texts.csv" --rows 100-999; done
    batches_agree "$(find "$dir/here" -name 'data_*.csv' | wc -l)"
    [[ -e $dir/here/data_30.csv ]]
}

for name in $(tests_of "${BASH_SOURCE[0]}" tests/lib-machines.sh); do check "$name"; done
finish cross_bytes
