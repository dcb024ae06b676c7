# Rows of tests/bench/profile.sh: LABEL, wall and processor seconds per GB and peak MiB of each run, divided by tabs,
# become one Markdown row a label, in the order in which they first came. The first label is what all others are
# compared with, by the least: what else a machine does only ever adds.

# Medians of an odd or even number of runs; `list` has them divided by spaces.
function median(list,    numbers, count) {
    count = sorted(list, numbers)
    return count % 2 ? numbers[(count + 1) / 2] : (numbers[count / 2] + numbers[count / 2 + 1]) / 2
}

function least(list,    numbers) {
    sorted(list, numbers)
    return numbers[1]
}

function largest(list,    numbers, count) {
    count = sorted(list, numbers)
    return numbers[count]
}

function sorted(list, numbers,    count, i, j, number) {
    count = split(list, numbers, " ")
    for (i = 2; i <= count; i++) {
        number = numbers[i] + 0
        for (j = i - 1; j > 0 && numbers[j] + 0 > number; j--)
            numbers[j + 1] = numbers[j]
        numbers[j + 1] = number
    }
    return count
}

!($1 in wall) { labels[++label_count] = $1 }
{
    wall[$1] = wall[$1] " " $2
    processor[$1] = processor[$1] " " $3
    peak[$1] = peak[$1] " " $4
}

END {
    for (i = 1; i <= label_count; i++) {
        label = labels[i]
        printf "| %s | %.2f | %.2f | %.2f | %.2f | %.0f |\n", label, median(wall[label]), least(wall[label]),
            median(processor[label]), least(wall[label]) / least(wall[labels[1]]), largest(peak[label])
    }
}
