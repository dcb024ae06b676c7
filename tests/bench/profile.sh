#!/usr/bin/env bash
# How fast a large file is profiled, by data-consumer and by what else describes every column of a CSV file: whole
# processes on the same bytes in turn, within one run, as a noisy machine is noisy for all of them alike. Prints
# Markdown: a table a file, where data-consumer's time goes, and what was measured with what.
#
#   tests/bench/profile.sh [default|quoted|wide ...]     the shapes that make_csv knows; all of them without a name
#
#   BENCH_PROFILE_MB   size of each file in million bytes (default 1000), made once, in build/bench-data
#   BENCH_ROUNDS       how often each program runs (default 3)
#   BENCH_PROGRAMS     which take part, as in "consumer floor duckdb-1"; all of them else
#
# What is not there is skipped with a line that says so. The npm packages come into build/bench-peers, of Debian's
# (miller, datamash, python3-pandas, linux-perf) those take part that are installed. Programs that need minutes or
# all memory get a tenth of the file, once; their row says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

BUILD=$(realpath "${BUILD:-build}")
consumer=$BUILD/data-consumer
megabytes=${BENCH_PROFILE_MB:-1000}
rounds=${BENCH_ROUNDS:-3}
peers=$BUILD/bench-peers
work=$(mktemp -d "$BUILD/bench-profile.XXXXXX")
trap 'rm -rf "$work"' EXIT
export NODE_PATH=$peers/node_modules
export NO_UPDATE_NOTIFIER=1

# Name, how much of a file, and what is said of it. In the order in which they run and stand in the tables.
# shellcheck disable=SC2016 # these are Markdown's
programs=(
    'consumer|whole|data-consumer'
    'cat|whole|`cat`'
    'sha256sum|whole|`sha256sum`'
    'openssl|whole|`openssl dgst -sha256`'
    'floor|whole|a loop that finds cells and converts numbers'
    'duckdb-1|whole|DuckDB `SUMMARIZE`, 1 thread'
    'duckdb-2|whole|DuckDB `SUMMARIZE`, 2 threads'
    'polars-1|whole|Polars `describe()`, 1 thread'
    'polars-2|whole|Polars `describe()`, 2 threads'
    'qsv|whole|qsv `stats --everything`'
    'xsv|whole|xsv `stats --everything`'
    'datamash|tenth|datamash, a tenth of the file, once'
    'pandas|tenth|pandas `describe()`, a tenth of the file, once'
    'miller|tenth|Miller `summary --all`, a tenth of the file, once'
)

note() { echo "$*" >&2; }

# ---- the files ------------------------------------------------------------------------------------

directory_of() { echo "$BUILD/bench-data/$1-$2"; }

# make_file SHAPE MB: a batch like any other, its metadata last.
make_file() {
    local dir rows bytes hash
    dir=$(directory_of "$1" "$2")
    [[ ! -e $dir/metadata_1.json ]] || return 0
    note "making $1, $2 MB"
    mkdir -p "$dir"
    "$BUILD/bench/make_csv" "$1" "$2" >"$dir/data_1.csv" 2>"$work/made"
    read -r rows bytes <"$work/made"
    hash=$(sha256sum <"$dir/data_1.csv")
    echo "{\"bytes\": $bytes, \"record_count\": $rows, \"hash\": \"sha256:${hash%% *}\"}" >"$work/metadata"
    mv "$work/metadata" "$dir/metadata_1.json"
}

tenth() { echo $((megabytes < 10 ? 1 : megabytes / 10)); }

# ---- the programs ---------------------------------------------------------------------------------

# The Debian python, where another one in PATH does not have pandas.
pandas_python() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import pandas' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    return 1
}

# The package with the machine's own code is named, since npm leaves it out where node is older than it likes.
install_peers() {
    [[ ! -d $NODE_PATH/nodejs-polars ]] || return 0
    command -v npm >/dev/null || return 0
    note "installing DuckDB and Polars for node into ${peers#"$PWD/"}"
    mkdir -p "$peers"
    npm install --prefix "$peers" --no-save --no-audit --no-fund --loglevel error @duckdb/node-api nodejs-polars \
        "nodejs-polars-linux-$(node -p process.arch)-gnu" >&2 || note "npm could not install them"
}

# why_not PROGRAM SHAPE: prints why it cannot take part; nothing where it can.
why_not() {
    case $1 in
    consumer) ;;
    floor) ;;
    duckdb-*) node tests/bench/peers/duckdb.cjs >/dev/null 2>&1 || echo "@duckdb/node-api is not there" ;;
    polars-*) node tests/bench/peers/polars.cjs >/dev/null 2>&1 || echo "nodejs-polars is not there" ;;
    pandas) pandas_python >/dev/null || echo "no python3 has pandas" ;;
    miller) command -v mlr >/dev/null || echo "mlr is not installed" ;;
    datamash)
        if ! command -v datamash >/dev/null; then
            echo "it is not installed"
        elif [[ $2 != default ]]; then
            echo "it knows no quotes and no empty cells, which $2 has"
        fi
        ;;
    *) command -v "$1" >/dev/null || echo "it is not installed" ;;
    esac
}

# set_command PROGRAM DIRECTORY: what runs, into the array `command`.
set_command() {
    local file=$2/data_1.csv
    case $1 in
    consumer)
        rm -rf "$work/results"
        command=("$consumer" --dir "$2" --results "$work/results" --once --chart none --log-level error)
        ;;
    cat | sha256sum) command=("$1" "$file") ;;
    openssl) command=(openssl dgst -sha256 "$file") ;;
    floor) command=("$BUILD/bench/floor" "$file") ;;
    duckdb-?) command=(node tests/bench/peers/duckdb.cjs "$file" "${1#duckdb-}") ;;
    polars-?) command=(env "POLARS_MAX_THREADS=${1#polars-}" node tests/bench/peers/polars.cjs "$file") ;;
    pandas) command=("$(pandas_python)" tests/bench/peers/pandas_describe.py "$file") ;;
    miller) command=(mlr --icsv --ojson summary --all "$file") ;;
    datamash)
        # shellcheck disable=SC2016 # sh expands it
        command=(sh -c 'exec datamash -t, --header-in count 2 min 2 max 2 mean 2 sstdev 2 q1 2 median 2 q3 2 \
            countunique 1,2,3 <"$1"' sh "$file")
        ;;
    qsv | xsv) command=("$1" stats --everything "$file") ;;
    esac
}

# ---- measuring ------------------------------------------------------------------------------------

# run_once SHAPE NAME SHARE LABEL: appends "LABEL<tab>seconds, processor seconds per GB and peak MiB" to the figures.
run_once() {
    local dir wall cpu kib
    dir=$(directory_of "$1" "$([[ $3 == tenth ]] && tenth || echo "$megabytes")")
    set_command "$2" "$dir"
    if ! read -r wall cpu kib < <("$BUILD/bench/measure" "${command[@]}" 2>"$work/errors" || echo "failed"); then
        wall=failed
    fi
    if [[ -s $work/errors || $wall == failed || -z $kib ]]; then
        note "$1: $2 failed: $(head -n 1 "$work/errors")"
        return
    fi
    awk -v label="$4" -v bytes="$(stat -c %s "$dir/data_1.csv")" -v wall="$wall" -v cpu="$cpu" -v kib="$kib" \
        'BEGIN {printf "%s\t%.6f\t%.6f\t%.1f\n", label, wall / bytes * 1e9, cpu / bytes * 1e9, kib / 1024}' \
        >>"$work/figures-$1"
}

skip_absent() {
    local shape=$1 row name rest why
    takers=()
    for row in "${programs[@]}"; do
        IFS='|' read -r name rest <<<"$row"
        [[ -z ${BENCH_PROGRAMS:-} || " $BENCH_PROGRAMS " == *" $name "* ]] || continue
        why=$(why_not "$name" "$shape")
        if [[ -z $why ]]; then
            takers+=("$row")
        else
            note "$shape: skipped $name: $why"
        fi
    done
}

run_rounds() {
    local shape=$1 round row name share label
    : >"$work/figures-$shape"
    cat "$(directory_of "$shape" "$megabytes")/data_1.csv" >/dev/null # into the page cache, for everybody
    for ((round = 1; round <= rounds; round++)); do
        for row in "${takers[@]}"; do
            IFS='|' read -r name share label <<<"$row"
            [[ $share == whole || $round -eq 1 ]] || continue
            note "$shape: round $round: $name"
            run_once "$shape" "$name" "$share" "$label"
        done
    done
}

print_table() {
    echo
    echo "| $1, $megabytes MB | s/GB, median | least | processor s/GB | data-consumer = 1 | peak MiB |"
    echo "|---|--:|--:|--:|--:|--:|"
    awk -F '\t' -f tests/bench/table.awk "$work/figures-$1"
}

# ---- where the time goes --------------------------------------------------------------------------

print_stages() {
    if ! perf record -q -o "$work/probe" true 2>/dev/null; then
        note "$1: skipped the stages: perf is not there, or may not look"
        return
    fi
    set_command consumer "$(directory_of "$1" "$megabytes")"
    perf record -q -F 499 -o "$work/perf" "${command[@]}" >/dev/null
    echo
    echo "| $1: stage | share | of it |"
    echo "|---|--:|---|"
    perf report -q -i "$work/perf" --stdio --field-separator '|' --sort dso,srcfile 2>/dev/null |
        awk -F '|' -f tests/bench/stages.awk
}

# ---- all of it ------------------------------------------------------------------------------------

# Each takes part in one line, ", NAME VERSION", where it is there.
versions_of_peers() {
    node tests/bench/peers/duckdb.cjs | sed 's/^v/, DuckDB /'
    node tests/bench/peers/polars.cjs | sed 's/^/, Polars for node /'
    "$(pandas_python || echo false)" tests/bench/peers/pandas_describe.py | sed 's/^/, pandas /'
    mlr --version | sed 's/^mlr/, Miller/'
    datamash --version | sed -n '1s/.* /, datamash /p'
    openssl version | cut -d ' ' -f 1,2 | sed 's/^/, /'
}

print_versions() {
    echo
    echo "Measured with $("$consumer" --version)$(versions_of_peers 2>/dev/null | tr -d '\n'), $(nproc) cores," \
        "$rounds rounds."
}

bench_shape() {
    local shape=$1 takers=()
    make_file "$shape" "$megabytes"
    make_file "$shape" "$(tenth)"
    skip_absent "$shape"
    run_rounds "$shape"
    print_table "$shape"
    print_stages "$shape"
}

main() {
    local shape shapes=("$@")
    [[ $# -gt 0 ]] || shapes=(default quoted wide)
    for shape in "${shapes[@]}"; do
        if [[ ! $shape =~ ^(default|quoted|wide)$ ]]; then
            echo "usage: tests/bench/profile.sh [default|quoted|wide ...]" >&2
            exit 64
        fi
    done
    install_peers
    for shape in "${shapes[@]}"; do bench_shape "$shape"; done
    print_versions
}

main "$@"
