/*
 * Golden files: each tests/golden/NAME.csv is read as the consumer reads a batch of the
 * key NAME, and must give the very bytes of NAME.json, its summary, or the line of
 * NAME.rejected, "reason: detail". A pair is found by its name; there is no list.
 *
 * A new one: write NAME.csv, run with GOLDEN_WRITE=1, which writes what is missing and
 * overwrites nothing, and check what it wrote by another program before keeping it.
 * GOLDEN_DIR is the directory where it is not tests/golden.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "consumer/batch/reading.h"
#include "consumer/profile/summary.h"
#include "tests/unit/support.h"

#define PAIRS_MAX 256

static const char *golden_directory(void)
{
    const char *path = getenv("GOLDEN_DIR");
    return path == NULL || path[0] == '\0' ? "tests/golden" : path;
}

static void no_tick(void *context, uint64_t bytes)
{
    (void)context;
    (void)bytes;
}

/* What the consumer makes of NAME.csv; returns the extension that it belongs under. */
static const char *read_batch(const char *name, struct text *outcome)
{
    char data_name[CONTRACT_NAME_SIZE];
    struct sighting sighting = {.key = name, .data_name = data_name, .data = {.there = true}};
    struct reading reading;
    struct reader *reader = reader_create(no_tick, NULL);
    int directory_fd = support_open_directory(golden_directory());
    const char *extension = "json";
    (void)snprintf(data_name, sizeof data_name, "%s.csv", name);
    struct summary_batch about = {.key = name, .file = data_name};
    switch (reader_read(reader, directory_fd, &sighting, READER_PROFILE, &reading)) {
    case READING_GOOD:
        about.bytes = reading.bytes;
        about.sha256 = reading.sha256;
        summary_write(outcome, &about, &reading.profile);
        break;
    case READING_REJECTED:
        extension = "rejected";
        text_printf(outcome, "%s: %s\n", reason_word(reading.rejection.reason),
                    reading.rejection.detail);
        break;
    default: ck_abort_msg("%s cannot be read: %s", sighting.data_name, reading.cause);
    }
    reading_free(&reading);
    reader_free(reader);
    ck_assert(!text_failed(outcome));
    return extension;
}

/* The first line in which the two differ; its number is put into *number. */
static const char *first_difference(const char *actual, const char *expected, int *number)
{
    const char *line = actual;
    *number = 1;
    for (; *actual != '\0' && *actual == *expected; actual++, expected++)
        if (*actual == '\n') {
            line = actual + 1;
            (*number)++;
        }
    return line;
}

static void write_missing(const char *file, const struct text *outcome)
{
    if (getenv("GOLDEN_WRITE") == NULL)
        ck_abort_msg("%s is missing; GOLDEN_WRITE=1 writes it, to be checked", file);
    support_write_file(golden_directory(), file, outcome->bytes, outcome->length);
}

static void assert_as_it_was_checked(const char *file, const struct text *outcome)
{
    int number = 0;
    char *expected = support_read_file(golden_directory(), file, NULL);
    const char *line = first_difference(outcome->bytes, expected, &number);
    if (strcmp(outcome->bytes, expected) != 0)
        ck_abort_msg("not what %s says, from line %d on:\n%.*s", file, number,
                     (int)strcspn(line, "\n"), line);
    free(expected);
}

START_TEST(golden_file_gives_what_was_checked)
{
    char file[CONTRACT_NAME_SIZE];
    struct text outcome = {0};
    const char *name = tcase_name();
    const char *extension = read_batch(name, &outcome);
    (void)snprintf(file, sizeof file, "%s.%s", name, extension);
    if (support_exists(golden_directory(), file))
        assert_as_it_was_checked(file, &outcome);
    else
        write_missing(file, &outcome);
    text_free(&outcome);
}
END_TEST

/* The profile of NAME.csv, read from memory in chunks, as a summary or a line. */
static void profile_in_chunks(const char *csv, size_t length, size_t chunk, struct text *outcome)
{
    struct profile profile;
    struct rejection rejection = {.reason = REASON_NONE};
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    bool good = true;
    for (size_t at = 0; good && at < length; at += chunk)
        good = profiler_feed(profiler, csv + at, length - at < chunk ? length - at : chunk,
                             &rejection);
    if (good && profiler_finish(profiler, &profile, &rejection)) {
        summary_write(outcome, &(struct summary_batch){.key = "", .file = "", .sha256 = ""},
                      &profile);
        profile_free(&profile);
    } else {
        text_put(outcome, rejection.detail);
    }
    profiler_free(profiler);
}

START_TEST(golden_file_gives_the_same_in_chunks_of_every_size)
{
    static const size_t CHUNKS[] = {1, 2, 3, 5, 7, 16, 64, 255, 1024, 65536};
    char file[CONTRACT_NAME_SIZE];
    size_t length = 0;
    struct text first = {0};
    (void)snprintf(file, sizeof file, "%.*s.csv", (int)strcspn(tcase_name(), " "), tcase_name());
    char *csv = support_read_file(golden_directory(), file, &length);
    for (size_t i = 0; i < sizeof CHUNKS / sizeof *CHUNKS; i++) {
        struct text outcome = {0};
        profile_in_chunks(csv, length, CHUNKS[i], &outcome);
        if (i == 0)
            text_append(&first, outcome.bytes, outcome.length);
        ck_assert_msg(strcmp(outcome.bytes, first.bytes) == 0, "chunks of %zu bytes", CHUNKS[i]);
        text_free(&outcome);
    }
    text_free(&first);
    free(csv);
}
END_TEST

/* An expectation whose CSV is gone would never be looked at again. */
START_TEST(golden_expectations_have_their_csv)
{
    DIR *stream = opendir(golden_directory());
    ck_assert_ptr_nonnull(stream);
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        char csv[CONTRACT_NAME_SIZE];
        const char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || (strcmp(dot, ".json") != 0 && strcmp(dot, ".rejected") != 0))
            continue;
        (void)snprintf(csv, sizeof csv, "%.*s.csv", (int)(dot - entry->d_name), entry->d_name);
        ck_assert_msg(support_exists(golden_directory(), csv), "%s has no %s", entry->d_name, csv);
    }
    (void)closedir(stream);
}
END_TEST

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static size_t find_names(char *names[PAIRS_MAX])
{
    size_t count = 0;
    DIR *stream = opendir(golden_directory());
    if (stream == NULL)
        return 0;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, ".csv") != 0 || count == PAIRS_MAX)
            continue;
        names[count++] = strndup(entry->d_name, (size_t)(dot - entry->d_name));
    }
    (void)closedir(stream);
    qsort(names, count, sizeof *names, compare_names);
    return count;
}

static TTest *named(const TTest *test, const char *name, const char *suffix)
{
    TTest *copy = malloc(sizeof *copy);
    char *full = malloc(strlen(name) + strlen(suffix) + 1);
    if (copy == NULL || full == NULL)
        abort();
    *copy = *test;
    copy->name = full;
    (void)strcat(strcpy(full, name), suffix);
    return copy;
}

/* Names and tests last as long as the program. */
int main(void)
{
    static char *names[PAIRS_MAX];
    static const TTest *tests[2 * PAIRS_MAX + 1];
    size_t count = 0;
    size_t pairs = find_names(names);
    if (pairs == 0) {
        (void)printf("no golden files in %s: %s\nconsumer_golden: 0 passed, 1 failed\n",
                     golden_directory(), strerror(errno));
        return EXIT_FAILURE;
    }
    tests[count++] = golden_expectations_have_their_csv;
    for (size_t i = 0; i < pairs; i++) {
        tests[count++] = named(golden_file_gives_what_was_checked, names[i], "");
        tests[count++] =
            named(golden_file_gives_the_same_in_chunks_of_every_size, names[i], " in chunks");
    }
    return support_run("consumer_golden", tests, count);
}
