# Where data-consumer's time goes: lines of "perf report --sort dso,srcfile", SHARE%|OBJECT|SOURCE FILE, become one
# Markdown row a stage. A source file that the table does not name is a row of its own, so nothing hides: give
# it a place here.

BEGIN {
    # By source file, of data-consumer and of the C library.
    stage["csv_reader.c"] = stage["csv_plain.c"] = stage["csv_rows.c"] = stage["csv_scan.c"] = "split"
    stage["csv_rows.h"] = stage["csv_scan.h"] = stage["row_block.c"] = stage["profile.c"] = stage["reading.c"] = "split"
    stage["value.c"] = stage["decimal.c"] = stage["digits.h"] = stage["power_of_five.c"] = "convert"
    stage["number.c"] = stage["strtod_l.c"] = stage["strtod.c"] = stage["mpn2dbl.c"] = "convert"
    stage["counters.h"] = stage["counters.c"] = stage["ranking.c"] = "sketch"
    stage["hash.h"] = stage["tally.c"] = stage["cardinality.c"] = stage["quantiles.c"] = "sketch"
    stage["short_bytes.h"] = stage["sort_numbers.c"] = stage["extent.c"] = stage["sample.c"] = "sketch"
    stage["sort.c"] = stage["msort.c"] = "sketch"
    stage["column.c"] = stage["numbers.c"] = stage["moments.c"] = stage["power_sums.c"] = "sums"
    stage["digest.c"] = "hash"
    stage["batch.c"] = stage["fileio.c"] = stage["profile_input.c"] = "read"
    stage["summary.c"] = stage["text.c"] = "write"
    # By the start of an object's name, where its files do not tell.
    object["[kernel"] = "kernel: reading, memory"
    object["libcsv"] = "split"
    object["libcrypto"] = "hash"
    object["libc.so"] = "C library"
    object["libm.so"] = "C library"
}

function stage_of(dso, file,    prefix) {
    if (file in stage)
        return stage[file]
    for (prefix in object)
        if (index(dso, prefix) == 1)
            return object[prefix]
    return dso == "data-consumer" && file != "" ? file : "else"
}

NF == 3 && $1 ~ /%/ {
    gsub(/^[ \t]+|[ \t]+$/, "", $2)
    gsub(/^[ \t]+|[ \t]+$/, "", $3)
    name = stage_of($2, $3)
    part = $3 == "" ? $2 : $3
    if (!(name in share))
        names[++name_count] = name
    share[name] += $1
    if ($1 + 0 >= 1)
        parts[name] = parts[name] (parts[name] == "" ? "" : ", ") part
}

END {
    for (i = 2; i <= name_count; i++) {
        name = names[i]
        for (j = i - 1; j > 0 && share[names[j]] < share[name]; j--)
            names[j + 1] = names[j]
        names[j + 1] = name
    }
    for (i = 1; i <= name_count; i++)
        if (share[names[i]] >= 0.5)
            printf "| %s | %.1f %% | %s |\n", names[i], share[names[i]], parts[names[i]]
}
