#!/usr/bin/env bash
# Runs the unit suites and the end-to-end suites of a build made with --coverage, in $BUILD, and
# prints the share of lines that ran, folder by folder. With lcov, also as HTML in $BUILD/html.
set -euo pipefail
export LC_ALL=C

cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${BUILD:-build/coverage}
info=$build/coverage.info
status=0

if ! command -v gcov >/dev/null; then
    echo "coverage: gcov is not installed; it comes with gcc" >&2
    exit 69
fi
if [[ -z $(find "$build" -name '*.gcno' -print -quit 2>/dev/null) ]]; then
    echo "coverage: $build is no build with --coverage; see \"make coverage\"" >&2
    exit 64
fi

kinds=(unit)
if compgen -G 'tests/e2e/*.sh' >/dev/null; then kinds+=(e2e); fi
find "$build" -name '*.gcda' -delete
BUILD=$build tests/run.sh "${kinds[@]}" || status=$?

# Folder, lines that ran and all lines, from what gcov says about each source.
rates_by_gcov() {
    find "$build" -name '*.gcda' -exec gcov --no-output {} + 2>/dev/null |
        awk -F "'" '
            /^File / { file = $2 }
            /^Lines executed:/ && file ~ /^(common|producer|consumer)\/.*\.c$/ {
                split($0, words, /[:% ]+/)      # Lines executed:87.50% of 24
                folder = file
                sub(/\/.*/, "", folder)
                lines[folder] += words[5]
                ran[folder] += words[3] * words[5] / 100
                file = ""
            }
            END { for (folder in lines) printf "%s %.0f %d\n", folder, ran[folder], lines[folder] }'
}

print_rates() {
    sort | awk '
        { printf "%-10s %5.1f %% of %5d lines\n", $1, 100 * $2 / $3, $3; ran += $2; all += $3 }
        END {
            if (all == 0) { print "coverage: nothing ran"; exit 1 }
            printf "%-10s %5.1f %% of %5d lines\n", "all", 100 * ran / all, all
        }'
}

make_html() {
    lcov --quiet --capture --directory "$build" --base-directory . --no-external --output-file "$info" &&
        lcov --quiet --remove "$info" '*/tests/*' --output-file "$info" &&
        genhtml --quiet --output-directory "$build/html" "$info"
}

rates_by_gcov | print_rates
if command -v lcov >/dev/null && command -v genhtml >/dev/null; then
    make_html >"$build/lcov.log" 2>&1 && echo "coverage: line by line in $build/html/index.html"
else
    echo "coverage: lcov is not installed, so there is no HTML"
fi
exit "$status"
