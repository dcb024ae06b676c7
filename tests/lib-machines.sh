# What a consumer leaves is the same to the byte on every machine: the tests of that, for the suites that have a second
# machine, or what stands for one. Source it behind tests/lib-daemons.sh and set the commands of both,
#
#   consumer_here=(PROGRAM...) consumer_there=(PROGRAM...)
#
# then run the tests of this file beside your own.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the arrays are used by name

# consume MACHINE [OPTION...]: the consumer of "here" or "there".
consume() {
    local -n command=consumer_$1
    "${command[@]}" "${@:2}"
}

# ---- files to read --------------------------------------------------------------------------------

# What the files in make_files have in common: numbers that awk makes alike in each of its kinds (Park and Miller 1988,
# "Random number generators: good ones are hard to find").
draws='function draw(limit) { state = state * 16807 % 2147483647; return state % limit } BEGIN { state = 20261123 }'

# More rows than quantiles, counters and tallies keep exactly; every exponent, the smallest and the largest double.
make_numbers() {
    awk "$draws"' BEGIN {
        print "small,large,double,tiny,near,odd"
        split("-0 0.0 4.9e-324 -2.2250738585072011e-308 1.7976931348623157e308 nan inf -Infinity 1e400 9007199254740993", odd, " ")
        for (row = 0; row < 70000; row++)
            printf "%d,9%09d%09d,%d.%09de%d,%d.%de-%d,1000000000.%06d,%s\n", draw(2000) - 1000, draw(1e9), draw(1e9),
                draw(19) - 9, draw(1e9), draw(600) - 300, draw(9), draw(1e9), 300 + draw(24), draw(1e6),
                draw(10) < 3 ? odd[1 + draw(10)] : draw(1e6) / 64
    }'
}

# Bytes beyond ASCII, which have no sign on some machines; quotes, and ends of lines within them.
make_texts() {
    awk "$draws"' BEGIN {
        print "word,quoted,many,flag,moment,day"
        split("ä ż 日本 emoji😀 plain \"\" zebra Ärger", words, " ")
        for (row = 0; row < 30000; row++)
            printf "%s,\"%s, \"\"%d\"\"\n%s\",%s%d,%s,2026-%02d-%02dT%02d:00:00.%03dZ,20%02d-02-28\n", words[1 + draw(8)],
                words[1 + draw(5)], draw(50), words[1 + draw(5)], words[1 + draw(5)], draw(1e9), draw(2) ? "true" : "false",
                1 + draw(12), 1 + draw(28), draw(24), draw(1000), 10 + draw(40)
    }'
}

make_wide() {
    awk "$draws"' BEGIN {
        for (row = 0; row < 200; row++)
            for (column = 1; column <= 700; column++)
                printf "%s%s", row ? draw(1e6) / 1024 : "column_" column, column < 700 ? "," : "\n"
    }'
}

# make_files DIRECTORY: files of all kinds, good ones and bad ones.
make_files() {
    mkdir -p "$1"
    make_numbers >"$1/numbers.csv"
    make_texts >"$1/texts.csv"
    make_wide >"$1/wide.csv"
    head -n 2000 "$1/numbers.csv" | tr ',' ';' | sed 's/$/\r/' >"$1/semicolons-and-crlf.csv"
    head -n 2000 "$1/numbers.csv" | tr ',\n' '\t\r' >"$1/tabs-and-cr.csv"
    head -c 100000 "$1/texts.csv" >"$1/cut-short.csv"
    (head -n 3000 "$1/numbers.csv" && printf '1,2,3,\xff\xfe,5,6\n') >"$1/not-utf8.csv"
    cp tests/golden/*.csv tests/nist/*.csv "$1"
    local file
    for file in tests/fuzz/corpus/csv/*; do cp "$file" "$1/corpus-${file##*/}.csv"; done
}

# The same files for all tests: they are read alone.
files=$work/files

need_files() { [[ -d $files ]] || make_files "$files"; }

# ---- profiles -------------------------------------------------------------------------------------

# profiles_by MACHINE [OPTION...]: of all files, what it prints, what it says and how it ends, in $dir/MACHINE.
profiles_by() {
    local status=0
    consume "$1" --profile "${@:2}" "$files"/*.csv >"$dir/$1" 2>"$dir/$1.said" || status=$?
    echo "exit $status" >>"$dir/$1.said"
}

profiles_agree() {
    profiles_by here "$@"
    profiles_by there "$@"
    [[ $(wc -c <"$dir/here") -gt 10000 ]] || fail "hardly a profile: $(head -n 3 "$dir/here.said")"
    cmp "$dir/here" "$dir/there"
    diff "$dir/here.said" "$dir/there.said"
}

profiles_are_the_same_bytes_on_both_machines() {
    fresh profiles
    need_files
    profiles_agree --output json
    grep -q 'exit 65' "$dir/here.said"
}

tables_are_the_same_bytes_on_both_machines() {
    fresh tables
    need_files
    profiles_agree --output table --ragged accept --missing NA,plain
}

a_pipe_has_the_same_profile_on_both_machines() {
    local machine
    fresh pipe
    need_files
    for machine in here there; do
        { head -c 12345 && sleep 0.3 && cat; } <"$files/texts.csv" |
            consume "$machine" --profile --output json - >"$dir/$machine"
    done
    cmp "$dir/here" "$dir/there"
    jq -e '.record_count == 30000' "$dir/here" >/dev/null
}

# ---- batches --------------------------------------------------------------------------------------

# once MACHINE RESULTS [OPTION...]: all that is in $dir.
once() {
    local status=0
    consume "$1" --dir "$dir" --results "$2" --once --settle 0 "${@:3}" >>"$dir/$1.out" || status=$?
    [[ $status -eq 0 || $status -eq 65 ]] || fail "$1 ended with $status: $(tail -n 2 "$dir/$1.out")"
}

# Of a log all but when it was written, and the checksums, which are of that as well.
timeless() { jq -c 'del(.at, .crc)' "$1/processed.log"; }

timeless_files() { (cd "$1" && find . -name 'summary_*' -o -name totals.json | sort | xargs sha256sum); }

batches_leave_the_same_results_on_both_machines() {
    local file machine count=0
    fresh batches
    need_files
    for file in "$files"/*.csv; do cp "$file" "$dir/data_$((count += 1)).csv"; done
    for machine in here there; do once "$machine" "$dir/by-$machine" --chart none; done
    diff <(timeless "$dir/by-here") <(timeless "$dir/by-there")
    diff <(timeless_files "$dir/by-here") <(timeless_files "$dir/by-there")
    results=$dir/by-there log=$dir/by-there/processed.log
    [[ $(find "$results" -name 'summary_*' | wc -l) -eq $(records '.outcome == "processed"') ]]
    [[ $(records '.outcome == "processed"') -gt 40 && $(records '.outcome == "rejected"') -gt 10 ]] ||
        fail "$(records '.outcome == "processed"') processed, $(records '.outcome == "rejected"') rejected"
}

# ---- what is kept ---------------------------------------------------------------------------------

# made_again MACHINE: from the log of $dir/first alone all that is kept beside it.
made_again() {
    mkdir -p "$dir/by-$1"
    cp "$dir/first/processed.log" "$dir/first"/summary_* "$dir/by-$1"
    once "$1" "$dir/by-$1" --chart none
}

from_one_log_both_machines_make_the_same_state_and_checkpoint() {
    local file
    fresh kept
    publish 1200 --rows 1-3 --max-pending 0
    once here "$dir/first" --chart none
    made_again here
    made_again there
    for file in processed.log processed.checkpoint stream.state totals.json; do
        cmp "$dir/by-here/$file" "$dir/by-there/$file"
    done
}

# goes_on FIRST SECOND: the second machine goes on with what the first one left. It cannot read again what is not there,
# so its totals are of all batches only when it could read the state.
goes_on() {
    results=$dir/$1-$2
    once "$1" "$results" --chart none
    mkdir "$dir/elsewhere"
    mv "$dir"/data_{1..30}.csv "$dir/elsewhere"
    mv "$dir/late"/* "$dir"
    once "$2" "$results" --chart none
    mv "$dir"/*_{31..45}.* "$dir/late"
    mv "$dir/elsewhere"/* "$dir"
    rmdir "$dir/elsewhere"
    jq -e '.batches == 45 and .left_out == 0' "$results/totals.json" >/dev/null ||
        fail "$2 after $1: $(jq -c 'del(.columns)' "$results/totals.json")"
}

each_machine_goes_on_with_the_state_of_the_other() {
    fresh turns
    publish 45 --rows 800-1200
    mkdir "$dir/late"
    mv "$dir"/*_{31..45}.* "$dir/late"
    goes_on here here
    goes_on here there
    goes_on there here
    cmp "$dir/here-here/totals.json" "$dir/here-there/totals.json"
    cmp "$dir/here-here/totals.json" "$dir/there-here/totals.json"
}
