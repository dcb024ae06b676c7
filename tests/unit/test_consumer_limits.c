/*
 * What somebody else's file may cost in memory, whatever it holds: each test reads one as the
 * consumer does and looks at the peak of its own process, which was forked for it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/limits.h"
#include "common/wait.h"
#include "consumer/batch/reading.h"
#include "tests/unit/support.h"

#define HOSTILE_BYTES (64u * 1024u * 1024u)
#define PIECE_BYTES (1024u * 1024u)

static const char *directory;
static struct reading reading;

static long peak_kib(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

static void no_tick(void *context, uint64_t bytes)
{
    (void)context;
    (void)bytes;
}

static void new_directory(void)
{
    directory = support_temporary_directory();
    ck_assert_int_eq(wait_open(), 0);
}

static void append(const char *name, const char *bytes, size_t length)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
    (void)close(fd);
}

/* `head`, and then `unit` over and over, up to `length` bytes in all. */
static void put_repeated(const char *name, const char *head, const char *unit, size_t length)
{
    static char piece[PIECE_BYTES];
    size_t size = strlen(unit);
    size_t filled = sizeof piece / size * size;
    for (size_t at = 0; at < filled; at++)
        piece[at] = unit[at % size];
    append(name, head, strlen(head));
    for (size_t at = strlen(head); at < length; at += filled)
        append(name, piece, length - at < filled ? length - at : filled);
}

/* Reads the batch and returns by how many KiB the peak of memory has grown. */
static long read_within(const struct limits *limits, bool with_metadata,
                        enum reading_verdict expected)
{
    struct sighting sighting = {.key = "1",
                                .data_name = "data_1.csv",
                                .metadata_name = "metadata_1.json",
                                .data = {.there = true},
                                .metadata = {.there = with_metadata}};
    int fd = support_open_directory(directory);
    long before = peak_kib();
    struct reader *reader = reader_create(no_tick, NULL);
    ck_assert_ptr_nonnull(reader);
    reader_limit(reader, limits);
    enum reading_verdict verdict = reader_read(reader, fd, &sighting, READER_PROFILE, &reading);
    long grown = peak_kib() - before;
    ck_assert_msg(verdict == expected, "verdict %d: %s", verdict, reading.rejection.detail);
    reading_free(&reading);
    reader_free(reader);
    (void)close(fd);
    return grown;
}

static void assert_flat(long grown_kib, long most_kib)
{
    if (getenv("SHOW_MEMORY") != NULL)
        (void)fprintf(stderr, "%s: %ld KiB\n", tcase_name(), grown_kib);
    ck_assert_msg(SUPPORT_SANITIZED || grown_kib <= most_kib, "the memory has grown by %ld KiB",
                  grown_kib);
}

static void assert_rejected_flat(bool with_metadata, const char *detail, long most_kib)
{
    long grown = read_within(&LIMITS_DEFAULT, with_metadata, READING_REJECTED);
    ck_assert_str_eq(reason_word(reading.rejection.reason), "too-large");
    ck_assert_msg(strstr(reading.rejection.detail, detail) != NULL, "%s", reading.rejection.detail);
    assert_flat(grown, most_kib);
}

START_TEST(limits_keep_the_memory_flat_under_a_field_of_64_mebibytes)
{
    new_directory();
    put_repeated("data_1.csv", "a,b\n1,\"", "x", HOSTILE_BYTES);
    assert_rejected_flat(false, "line 2, column 2: more than 1048576 bytes in a cell", 8 * 1024);
}
END_TEST

START_TEST(limits_keep_the_memory_flat_under_64_million_commas_in_the_header)
{
    new_directory();
    put_repeated("data_1.csv", "", ",", 64 * 1000 * 1000);
    assert_rejected_flat(false, "line 1, column 16385: more than 16384 cells", 8 * 1024);
}
END_TEST

START_TEST(limits_keep_the_memory_flat_under_64_million_commas_in_a_row)
{
    new_directory();
    put_repeated("data_1.csv", "a,b\n1,2\n", ",", 64 * 1000 * 1000);
    assert_rejected_flat(false, "line 3, column 16385: more than 16384 cells", 8 * 1024);
}
END_TEST

START_TEST(limits_keep_the_memory_flat_under_a_row_of_many_long_cells)
{
    static char row[PIECE_BYTES];
    new_directory();
    memset(row, 'x', sizeof row);
    row[sizeof row - 1] = ',';
    for (int i = 0; i < 64; i++)
        append("data_1.csv", row, sizeof row);
    assert_rejected_flat(false, "line 1, column 17: more than 16777216 bytes in a row", 64 * 1024);
}
END_TEST

START_TEST(limits_keep_the_memory_flat_under_metadata_of_a_gibibyte)
{
    char path[4096];
    new_directory();
    append("data_1.csv", "a\n1\n", 4);
    append("metadata_1.json", "{}", 2);
    (void)snprintf(path, sizeof path, "%s/metadata_1.json", directory);
    ck_assert_int_eq(truncate(path, 1L << 30), 0);
    assert_rejected_flat(true, "metadata of 1073741824 bytes", 4 * 1024);
}
END_TEST

START_TEST(limits_bound_what_metadata_of_the_largest_size_costs)
{
    new_directory();
    append("data_1.csv", "a\n1\n", 4);
    put_repeated("metadata_1.json", "{\"a\":[", "1,", LIMITS_MIB - 4);
    append("metadata_1.json", "1]}", 3);
    assert_flat(read_within(&LIMITS_DEFAULT, true, READING_GOOD), 64 * 1024);
}
END_TEST

START_TEST(limits_bound_what_the_most_columns_cost)
{
    new_directory();
    put_repeated("data_1.csv", "", ",", LIMITS_DEFAULT.columns - 1);
    append("data_1.csv", "\n", 1);
    assert_flat(read_within(&LIMITS_DEFAULT, false, READING_GOOD), 64 * 1024);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_limits", limits_keep_the_memory_flat_under_a_field_of_64_mebibytes,
                       limits_keep_the_memory_flat_under_64_million_commas_in_the_header,
                       limits_keep_the_memory_flat_under_64_million_commas_in_a_row,
                       limits_keep_the_memory_flat_under_a_row_of_many_long_cells,
                       limits_keep_the_memory_flat_under_metadata_of_a_gibibyte,
                       limits_bound_what_metadata_of_the_largest_size_costs,

                       limits_bound_what_the_most_columns_cost);
}
