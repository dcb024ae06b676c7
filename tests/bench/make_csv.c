/*
 * make_csv - a large CSV file to profile, on standard output: always the same bytes.
 *
 *     build/bench/make_csv default|quoted|wide MB
 *
 *     default   batches as data-producer makes them, one behind the other: item_0 to item_59 by
 *               turns, uniform values of 11 decimals, a second from row to row
 *     quoted    the same, each cell in quotes; of 60 labels one has quotes in it, one a comma, one
 *               a line end
 *     wide      50 columns of numbers: integers and decimals of ten kinds
 *
 * Ends with the first row behind MB million bytes, so a smaller file is the beginning of a larger
 * one. Prints "ROWS BYTES" on standard error.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS 60
#define WIDE_COLUMNS 50
#define ROW_MAX 2048
#define FIRST_SECOND (10 * 3600 + 15 * 60) /* of 2026-11-23 */

/* SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"). */
static uint64_t random_state = 20261123;

static uint64_t draw(void)
{
    uint64_t mixed = (random_state += 0x9E3779B97F4A7C15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

__extension__ typedef unsigned __int128 uint128;

/* Uniform below `limit`, but for a bias of limit / 2^64. */
static uint64_t below(uint64_t limit)
{
    return (uint64_t)((uint128)draw() * limit >> 64);
}

/* ---- text; each returns the end of what it wrote ---- */

static char *put(char *at, const char *text)
{
    return stpcpy(at, text);
}

/* printf would take longer than what is measured. */
static char *put_digits(char *at, uint64_t number, int width)
{
    char digits[20];
    int count = 0;
    for (; number > 0 || count < width || count == 0; number /= 10)
        digits[count++] = (char)('0' + number % 10);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

static char *put_fixed(char *at, int64_t scaled, int decimals)
{
    uint64_t one = 1;
    uint64_t size = scaled < 0 ? 0 - (uint64_t)scaled : (uint64_t)scaled;
    for (int i = 0; i < decimals; i++)
        one *= 10;
    if (scaled < 0)
        *at++ = '-';
    at = put_digits(at, size / one, 1);
    if (decimals > 0) {
        *at++ = '.';
        at = put_digits(at, size % one, decimals);
    }
    return at;
}

/* Days behind 1970-01-01 as a date; Hinnant (2013), "chrono-compatible low-level date algorithms".
 */
static char *put_date(char *at, uint64_t days)
{
    uint64_t shifted = days + 719468; /* behind 0000-03-01 */
    uint64_t era = shifted / 146097;
    uint64_t day_of_era = shifted % 146097;
    uint64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */
    at = put_digits(at, year_of_era + era * 400 + (month >= 10), 4);
    *at++ = '-';
    at = put_digits(at, month < 10 ? month + 3 : month - 9, 2);
    *at++ = '-';
    return put_digits(at, day_of_year - (153 * month + 2) / 5 + 1, 2);
}

static char *put_moment(char *at, uint64_t row)
{
    uint64_t second = row + FIRST_SECOND;
    at = put_date(at, 20780 + second / 86400); /* 2026-11-23 */
    *at++ = 'T';
    at = put_digits(at, second / 3600 % 24, 2);
    *at++ = ':';
    at = put_digits(at, second / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, second % 60, 2);
    *at++ = 'Z';
    return at;
}

/* ---- rows ---- */

static char *put_value(char *at)
{
    return put_fixed(at, (int64_t)below(100000000000u), 11);
}

static char *put_default_header(char *at)
{
    return put(at, "label,value,timestamp\n");
}

static char *put_default_row(char *at, uint64_t row)
{
    at = put_digits(put(at, "item_"), row % LABELS, 1);
    *at++ = ',';
    at = put_value(at);
    *at++ = ',';
    at = put_moment(at, row);
    *at++ = '\n';
    return at;
}

static char *put_quoted_header(char *at)
{
    return put(at, "\"label\",\"value\",\"timestamp\"\n");
}

static char *put_quoted_row(char *at, uint64_t row)
{
    switch (row % LABELS) {
    case 7: at = put(at, "\"item \"\"7\"\"\",\""); break;
    case 23: at = put(at, "\"item, 23\",\""); break;
    case 41: at = put(at, "\"item\n41\",\""); break;
    default: at = put(put_digits(put(at, "\"item_"), row % LABELS, 1), "\",\"");
    }
    at = put(put_value(at), "\",\"");
    return put(put_moment(at, row), "\"\n");
}

static char *put_counter(char *at)
{
    return put_digits(at, below(100), 1);
}

static char *put_flag(char *at)
{
    return put_digits(at, below(10) == 0, 1);
}

static char *put_signed(char *at)
{
    return put_fixed(at, (int64_t)below(2000000001) - 1000000000, 0);
}

static char *put_identifier(char *at)
{
    return put_digits(at, 1000000000000000000u + below(8000000000000000000u), 1);
}

static char *put_sparse(char *at)
{
    return below(4) == 0 ? at : put_digits(at, below(1000), 1);
}

/* A product of two uniform numbers is crowded at its lower end, as prices are. */
static char *put_price(char *at)
{
    return put_fixed(at, (int64_t)(below(10000) * below(10000) / 100), 2);
}

static char *put_temperature(char *at)
{
    return put_fixed(at, (int64_t)(below(300) + below(300) + below(300)) - 450, 1);
}

/* The sum of twelve uniform numbers is close to normal. */
static char *put_measurement(char *at)
{
    int64_t sum = -6000000;
    for (int i = 0; i < 12; i++)
        sum += (int64_t)below(1000001);
    return put_fixed(at, sum, 6);
}

static char *put_scientific(char *at)
{
    at = put(put_fixed(at, 100000 + (int64_t)below(900000), 5), "e-");
    return put_digits(at, below(30), 2);
}

static const struct kind {
    const char *name;
    char *(*put)(char *at);
} KINDS[] = {
    {"counter", put_counter},
    {"flag", put_flag},
    {"signed", put_signed},
    {"identifier", put_identifier},
    {"sparse", put_sparse},
    {"price", put_price},
    {"temperature", put_temperature},
    {"measurement", put_measurement},
    {"unit", put_value},
    {"scientific", put_scientific},
};

#define KIND_COUNT (sizeof KINDS / sizeof *KINDS)

static char *put_wide_header(char *at)
{
    for (size_t i = 0; i < WIDE_COLUMNS; i++) {
        at = put_digits(put(at, KINDS[i % KIND_COUNT].name), i / KIND_COUNT, 1);
        *at++ = i + 1 < WIDE_COLUMNS ? ',' : '\n';
    }
    return at;
}

static char *put_wide_row(char *at, uint64_t row)
{
    (void)row;
    for (size_t i = 0; i < WIDE_COLUMNS; i++) {
        at = KINDS[i % KIND_COUNT].put(at);
        *at++ = i + 1 < WIDE_COLUMNS ? ',' : '\n';
    }
    return at;
}

static const struct shape {
    const char *name;
    char *(*put_header)(char *at);
    char *(*put_row)(char *at, uint64_t row);
} SHAPES[] = {
    {"default", put_default_header, put_default_row},
    {"quoted", put_quoted_header, put_quoted_row},
    {"wide", put_wide_header, put_wide_row},
};

static const struct shape *find_shape(const char *name)
{
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
        if (strcmp(SHAPES[i].name, name) == 0)
            return &SHAPES[i];
    return NULL;
}

static bool make(const struct shape *shape, uint64_t limit)
{
    static char buffer[1 << 20];
    char *at = shape->put_header(buffer);
    uint64_t rows = 0;
    uint64_t flushed = 0;
    while (flushed + (uint64_t)(at - buffer) < limit) {
        at = shape->put_row(at, rows++);
        if ((size_t)(at - buffer) > sizeof buffer - ROW_MAX) {
            flushed += fwrite(buffer, 1, (size_t)(at - buffer), stdout);
            at = buffer;
        }
    }
    flushed += fwrite(buffer, 1, (size_t)(at - buffer), stdout);
    (void)fprintf(stderr, "%" PRIu64 " %" PRIu64 "\n", rows, flushed);
    return fflush(stdout) == 0 && !ferror(stdout);
}

int main(int argc, char *argv[])
{
    const struct shape *shape = argc == 3 ? find_shape(argv[1]) : NULL;
    uint64_t megabytes = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    if (shape == NULL || megabytes == 0) {
        (void)fprintf(stderr, "usage: make_csv default|quoted|wide MB\n");
        return 64;
    }
    if (!make(shape, megabytes * 1000000)) {
        perror("make_csv");
        return 74;
    }
    return 0;
}
