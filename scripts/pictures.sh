#!/usr/bin/env bash
# Draws the pictures of docs/charts.md by the program itself, from data that is always the same.
#   scripts/pictures.sh DIR          DIR/NAME.png for each, as the consumer leaves them
#   scripts/pictures.sh              docs/images/charts/NAME.png, in fewer colours; needs netpbm
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

consumer=$(realpath "${BUILD:-build}")/data-consumer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# By integers alone, so that each awk makes the same: a generator (Park and Miller 1988), noise of twelve draws, and a
# time of the day in seconds.
library='
function draw() { seed = (seed * 16807) % 2147483647; return seed }
function noise(    sum, i) { for (i = 0; i < 12; i++) sum += draw() % 1000; return (sum - 5994) / 1000 }
function wave(at, length_,    part) {
    part = (at % length_) / length_ * 2
    return part < 1 ? 4 * part * (1 - part) : -4 * (part - 1) * (2 - part)
}
function clock(seconds) {
    return sprintf("2026-11-%02dT%02d:%02d:%02dZ", 23 + int(seconds / 86400), int(seconds / 3600) % 24,
        int(seconds / 60) % 60, seconds % 60)
}
BEGIN { seed = 20261123 }
'

# put NAME PROGRAM: a batch of that name.
put() { LC_ALL=C awk "$library BEGIN { $2 }" >"$work/data_$1.csv"; }

put_batches() {
    put bars 'print "label,value,timestamp"
        for (i = 0; i < 24; i++) printf "item_%d,%.4f,%s\n", i, draw() / 2147483647, clock(36900 + i)'
    put long-labels 'print "reason,change"
        split("shipping took longer than expected|the colour differs from the picture|too small|too large|" \
            "ordered twice by mistake|arrived damaged|found it cheaper elsewhere", reason, "|")
        for (i = 1; i <= 7; i++) printf "%s,%d\n", reason[i], draw() % 90 - 30'
    put lines 'print "time,inside,outside,cellar"
        for (i = 0; i < 500; i++)
            printf "%s,%.2f,%.2f,%.2f\n", clock(36000 + 600 * i), 21 + 2 * wave(i, 144) + noise() / 5,
                8 + 6 * wave(i + 20, 144) + noise() / 4, 14 + noise() / 3'
    put envelope 'print "time,level"
        for (i = 0; i < 50000; i++)
            printf "%s,%.3f\n", clock(36000 + i), 50 + 10 * wave(i, 21000) + 2 * noise() + (i == 31415 ? 45 : 0)'
    put multiples 'print "time,temperature,pressure,visitors"
        for (i = 0; i < 300; i++)
            printf "%s,%.1f,%.1f,%d\n", clock(36000 + 60 * i), 20 + 5 * wave(i, 120), 1013 + 8 * wave(i, 400) + noise() / 3,
                100000 * (3 + wave(i, 150)) + draw() % 90000'
    put histograms 'print "height,digit,wait"
        for (i = 0; i < 3000; i++) {
            wait = draw() % 1000 / 1000
            printf "%.1f,%d,%.3f\n", 170 + 9 * noise(), draw() % 10, 20 * wait * wait * wait
        }'
    put counts 'print "city"
        split("Vienna|Vienna|Vienna|Vienna|Graz|Graz|Linz|Linz|Salzburg|Innsbruck|Klagenfurt am W\303\266rthersee", city, "|")
        for (i = 0; i < 500; i++) print city[1 + draw() % 11]'
    put empty 'print "label,value"'
}

draw() {
    put_batches
    "$consumer" --dir "$work" --results "$work/results" --once --settle 0 --log-level error
    local picture name
    for picture in "$work"/results/plot_*.png; do
        name=${picture##*/plot_}
        cp "$picture" "$1/$name"
    done
}

reduce() {
    local picture
    for picture in "$1"/*.png; do
        pngtopam "$picture" | pnmquant -quiet 64 | pnmtopng -quiet -compression 9 >"docs/images/charts/${picture##*/}"
    done
}

if [[ $# -gt 0 ]]; then
    draw "$1"
else
    mkdir -p docs/images/charts "$work/drawn"
    draw "$work/drawn"
    reduce "$work/drawn"
fi
