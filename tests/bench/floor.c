/*
 * floor - what the plainest loop takes to read a CSV file, find its cells and convert its numbers,
 * and that does nothing with them.
 *
 *     build/bench/floor FILE
 *
 * It keeps nothing but a sum, checks nothing, and converts by a multiplication with a power of ten,
 * which is wrong in the last digit now and then. A byte at a time: instructions that take many
 * bytes at once can be faster than this floor, but not what else looks at each byte by itself.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1 << 20)
#define DIGITS_MAX 19

static const double TENTHS[DIGITS_MAX + 1] = {1e0,   1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,
                                              1e-7,  1e-8,  1e-9,  1e-10, 1e-11, 1e-12, 1e-13,
                                              1e-14, 1e-15, 1e-16, 1e-17, 1e-18, 1e-19};

struct sums {
    uint64_t cells;
    double numbers;
};

/* Adds what stands there of a plain decimal number; returns the first byte that is no part of it.
 */
static const unsigned char *take_number(struct sums *sums, const unsigned char *at,
                                        const unsigned char *end)
{
    uint64_t mantissa = 0;
    const unsigned char *point = NULL;
    bool negative = at < end && *at == '-';
    for (at += negative; at < end; at++) {
        unsigned digit = *at - (unsigned)'0';
        if (digit <= 9)
            mantissa = mantissa * 10 + digit;
        else if (*at == '.' && point == NULL)
            point = at;
        else
            break;
    }
    ptrdiff_t decimals = point == NULL ? 0 : at - point - 1;
    double number = (double)mantissa * TENTHS[decimals < DIGITS_MAX ? decimals : DIGITS_MAX];
    sums->numbers += negative ? -number : number;
    return at;
}

static const unsigned char *find_end(const unsigned char *at, const unsigned char *end, bool quoted)
{
    for (; at < end && (quoted || (*at != ',' && *at != '\n')); at++)
        quoted ^= *at == '"';
    return at;
}

/* Returns where the last cell begins, which may go on in the next bytes. */
static const unsigned char *take_cells(struct sums *sums, const unsigned char *at,
                                       const unsigned char *end)
{
    while (at < end) {
        const unsigned char *cell = at;
        bool quoted = *at == '"';
        at = find_end(take_number(sums, at + quoted, end), end, quoted);
        if (at == end)
            return cell;
        sums->cells++;
        at++;
    }
    return at;
}

int main(int argc, char *argv[])
{
    static unsigned char buffer[2 * CHUNK];
    struct sums sums = {0};
    size_t kept = 0;
    ssize_t count = 0;
    int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        (void)fprintf(stderr, "usage: floor FILE\n");
        return 64;
    }
    while (kept < CHUNK && (count = read(fd, buffer + kept, CHUNK)) > 0) {
        const unsigned char *end = buffer + kept + count;
        const unsigned char *cell = take_cells(&sums, buffer, end);
        kept = (size_t)(end - cell);
        memmove(buffer, cell, kept);
    }
    (void)printf("%ju cells, sum %.17g\n", (uintmax_t)sums.cells, sums.numbers);
    return count == 0 ? 0 : 74;
}
