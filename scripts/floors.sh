#!/usr/bin/env bash
# Proves that the house stands as the table in docs/architecture.md draws it:
#
#   - every .c and .h of common/, producer/ and consumer/ is a unit of its column, and every unit there is;
#     a unit goes by its name alone, in whatever room of consumer/ it stands
#   - a file includes its own header and those of strictly lower floors; common/ knows neither daemon,
#     and the daemons never see each other
#   - a file of a room of consumer/ includes headers of that room and of those above it in the second table
#   - a third-party header, a child process and a rename come in through one door each
#
# Prints each violation as FILE:LINE: WHAT and exits 1.   scripts/floors.sh [ROOT]
set -euo pipefail
export LC_ALL=C

cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"
table=docs/architecture.md

if [[ ! -f $table ]]; then
    echo "$table:0: not there, so there is no table to hold the tree against" >&2
    exit 1
fi
mapfile -t files < <(find common producer consumer -name '*.[ch]' 2>/dev/null | sort)

awk -v table="$table" -v file_count="${#files[@]}" '
function report(file, line, what) {
    printf "%s:%d: %s\n", file, line, what
    violations++
}

# ---- the table ----------------------------------------------------------------------------------
# An item starts with its name in backticks; items are parted by a middle dot.
function add_units(cell, column, line,    items, count, i, name) {
    count = split(cell, items, /·/)
    for (i = 1; i <= count; i++) {
        if (!match(items[i], /^[ \t]*`[^`]+`/))
            continue
        name = substr(items[i], RSTART, RLENGTH)
        gsub(/[ \t`]/, "", name)
        sub(/\.[ch]$/, "", name)
        name = column "/" name
        if (name in floor)
            report(table, line, name " stands on two floors")
        floor[name] = current
        unit_line[name] = line
    }
}

function read_row(row, line,    cells) {
    split(row, cells, /\|/)
    gsub(/[ \t]/, "", cells[2])
    if (cells[2] !~ /^[0-9]+$/)
        return
    current = cells[2] + 0
    floors[current] = 1
    add_units(cells[3], "common", line)
    add_units(cells[4], "producer", line)
    add_units(cells[5], "consumer", line)
}

# Rooms are numbered in the order of their rows.
function read_room(row,    cells, name) {
    split(row, cells, /\|/)
    name = cells[2]
    gsub(/[ \t`]/, "", name)
    if (name ~ /^consumer\/([a-z]+\/)?$/)
        rank[name] = ++rooms
}

# consumer/chart/gnuplot.c stands in consumer/chart/.
function room_of(path) {
    sub(/[^\/]*$/, "", path)
    return path
}

# ... and is the unit consumer/gnuplot.
function unit_of(path) {
    sub(/\.[ch]$/, "", path)
    sub(/^consumer\/[a-z]+\//, "consumer/", path)
    return path
}

FILENAME == table {
    if ($0 ~ /^\|[ \t]*room[ \t]*\|/)
        in_rooms = 1
    else if ($0 !~ /^\|/)
        in_rooms = 0
    else if (in_rooms)
        read_room($0)
    if ($0 ~ /^\|[ \t]*floor[ \t]*\|.*common.*\|.*producer.*\|.*consumer/)
        in_table = found_table = 1
    else if ($0 !~ /^\|/)
        in_table = 0
    else if (in_table)
        read_row($0, FNR)
    next
}

# ---- the sources --------------------------------------------------------------------------------
function begin_file(name) {
    file = name
    unit = unit_of(name)
    room = room_of(name)
    side = name
    sub(/\/.*/, "", side)
    in_comment = 0
    open_call = ""
    if (unit in present && present[unit] != room)
        report(file, 1, "a unit of this name stands in " present[unit] " as well")
    present[unit] = room
    if (!(unit in floor))
        report(file, 1, "not a unit of the " side "/ column in " table)
    else if (side == "consumer" && !(room in rank))
        report(file, 1, room " is no room in " table)
}

# The line without comments, and without what stands in quotes.
function code_of(text,    result, at, two, quote, character) {
    result = ""
    quote = ""
    for (at = 1; at <= length(text); at++) {
        character = substr(text, at, 1)
        two = substr(text, at, 2)
        if (in_comment) {
            if (two == "*/") { in_comment = 0; at++ }
        } else if (quote != "") {
            if (character == "\\") at++
            else if (character == quote) { quote = ""; result = result character }
        } else if (two == "/*") { in_comment = 1; at++ }
        else if (two == "//") break
        else {
            if (character == "\"" || character == "\047") quote = character
            result = result character
        }
    }
    return result
}

function check_system_include(header) {
    if (header ~ /cJSON\.h$/ && unit != "common/json")
        report(file, FNR, "cJSON comes in through common/json alone")
    if (header ~ /(^|\/)csv\.h$/ && unit != "common/csv_reader" && unit != "producer/publish")
        report(file, FNR, "csv.h comes in through common/csv_reader and producer/publish alone")
    if (header ~ /^openssl\// && unit != "common/digest")
        report(file, FNR, "OpenSSL comes in through common/digest alone")
    if (header ~ /^zlib\.h$/ && unit != "common/digest")
        report(file, FNR, "zlib comes in through common/digest alone")
    if (header ~ /^fontconfig\// && unit != "consumer/glyphs")
        report(file, FNR, "fontconfig comes in through consumer/glyphs alone")
    if (header ~ /^seccomp\.h$/ && unit != "consumer/syscalls")
        report(file, FNR, "libseccomp comes in through consumer/syscalls alone")
    if (header ~ /^linux\/landlock\.h$/ && unit != "consumer/landlock")
        report(file, FNR, "Landlock comes in through consumer/landlock alone")
}

function check_house_include(header,    target, target_side) {
    target = unit_of(header)
    target_side = target
    sub(/\/.*/, "", target_side)
    if (target == unit && file ~ /\.c$/)
        return
    if (target_side !~ /^(common|producer|consumer)$/)
        report(file, FNR, "includes \"" header "\", which is no header of the house")
    else if (target_side != side && target_side != "common")
        report(file, FNR, side "/ includes " header ": it must not know " target_side "/")
    else if (!(target in floor))
        report(file, FNR, "includes " header ", which is no unit in " table)
    else if (unit in floor && floor[target] >= floor[unit])
        report(file, FNR, "floor " floor[unit] " includes " header " of floor " floor[target])
    else if (target_side == "consumer" && rank[room_of(header)] > rank[room])
        report(file, FNR, room " includes " header ", which is not of a room above it in " table)
}

function check_include(text,    header) {
    header = text
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", header)
    if (header ~ /^</) {
        header = substr(header, 2)
        sub(/>.*/, "", header)
        check_system_include(header)
    } else if (header ~ /^"/) {
        header = substr(header, 2)
        sub(/".*/, "", header)
        check_system_include(header)
        check_house_include(header)
    } else
        report(file, FNR, "an include by a macro cannot be checked")
}

function calls(code, names) {
    return code ~ ("(^|[^A-Za-z0-9_.>])(" names ")[ \t]*\\(")
}

# A call of fopen is read up to its semicolon, because the mode may stand on the next line.
function check_fopen(code, text) {
    if (open_call == "" && calls(code, "fopen|freopen|fdopen|fopen64")) {
        open_call = " "
        open_line = FNR
    }
    if (open_call == "")
        return
    open_call = open_call text
    if (code !~ /;/)
        return
    if (open_call ~ /"[wa][^"]*"|"r[^"]*\+[^"]*"/)
        report(file, open_line, "opening for writing is the work of common/fileio")
    open_call = ""
}

function check_doors(code, text) {
    if (unit != "consumer/child" &&
        calls(code, "v?fork|_Fork|exec(l|lp|le|v|vp|ve|vpe|veat)|fexecve|posix_spawnp?|popen|system|clone3?"))
        report(file, FNR, "child processes are the work of consumer/child")
    # By number only the sandbox may ask, which proves that it is refused.
    if (unit != "consumer/child" && unit != "consumer/sandbox" &&
        code ~ /(SYS_|__NR_)(v?fork|clone3?|execve(at)?)([^A-Za-z0-9_]|$)/)
        report(file, FNR, "child processes are the work of consumer/child")
    if (unit != "common/fileio") {
        if (calls(code, "rename|renameat2?"))
            report(file, FNR, "renaming is the work of common/fileio")
        check_fopen(code, text)
    }
}

FNR == 1 { begin_file(FILENAME) }
{
    was_comment = in_comment
    code = code_of($0)
    if (!was_comment && code ~ /^[ \t]*#[ \t]*include/)
        check_include($0)
    else
        check_doors(code, $0)
}

END {
    if (!found_table)
        report(table, 0, "no table with the columns floor, common, producer, consumer")
    for (name in floor)
        if (!(name in present))
            report(table, unit_line[name], name " is no file")
    if (violations)
        exit 1
    count = 0
    for (number in floors)
        count++
    printf "floors: %d files on %d floors, no include goes up\n", file_count, count
}' "$table" "${files[@]}"
