#include "consumer/profile/profile_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support.h"

static struct profile_input input;
static const struct csv_rules RULES = {.delimiter = '\0'};

static const char *path_of(const char *name)
{
    static char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", support_temporary_directory(), name);
    return path;
}

static enum profile_input_result read_path(const char *path)
{
    const struct limits limits = LIMITS_DEFAULT;
    return profile_input_read(path, &limits, &RULES, NULL, &input);
}

static enum profile_input_result read_bytes(const char *bytes)
{
    const char *directory = support_temporary_directory();
    char path[4096];
    support_write_file(directory, "x.csv", bytes, strlen(bytes));
    (void)snprintf(path, sizeof path, "%s/x.csv", directory);
    return read_path(path);
}

START_TEST(input_of_a_file_has_its_profile_its_size_and_its_hash)
{
    ck_assert_int_eq(read_bytes("a,b\n1,x\n2,y\n"), PROFILE_INPUT_GOOD);
    ck_assert_uint_eq(input.bytes, 12);
    ck_assert_str_eq(input.sha256,
                     "15920f3fb7c051cc15fceee84432e8803a139a9b53a4ea832c37bf1109e200cf");
    ck_assert_uint_eq(input.profile.record_count, 2);
    ck_assert_uint_eq(input.profile.column_count, 2);
    ck_assert_int_eq(input.rejection.reason, REASON_NONE);
    profile_input_free(&input);
}
END_TEST

START_TEST(input_of_an_empty_file_is_an_empty_profile)
{
    ck_assert_int_eq(read_bytes(""), PROFILE_INPUT_GOOD);
    ck_assert_uint_eq(input.bytes, 0);
    ck_assert_uint_eq(input.profile.column_count, 0);
    profile_input_free(&input);
}
END_TEST

START_TEST(input_that_is_damaged_says_where)
{
    ck_assert_int_eq(read_bytes("a,b\n1,x\n2\n"), PROFILE_INPUT_DAMAGED);
    ck_assert_int_eq(input.rejection.reason, REASON_MISSING_CELL);
    ck_assert_ptr_nonnull(strstr(input.rejection.detail, "line 3, column 2"));
    profile_input_free(&input);
    ck_assert_int_eq(read_bytes("a\n\"x"), PROFILE_INPUT_DAMAGED);
    ck_assert_int_eq(input.rejection.reason, REASON_UNCLOSED_QUOTE);
    profile_input_free(&input);
}
END_TEST

START_TEST(input_is_held_to_the_limits)
{
    struct limits limits = LIMITS_DEFAULT;
    const char *path = path_of("x.csv");
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    (void)fputs("a,b\n1,2\n", file);
    ck_assert_int_eq(fclose(file), 0);
    limits.columns = 1;
    ck_assert_int_eq(profile_input_read(path, &limits, &RULES, NULL, &input),
                     PROFILE_INPUT_DAMAGED);
    ck_assert_int_eq(input.rejection.reason, REASON_TOO_LARGE);
    profile_input_free(&input);
}
END_TEST

struct watched {
    size_t ticks;
    uint64_t bytes;
    uint64_t total_bytes;
};

static void watch(void *context, uint64_t bytes, uint64_t total_bytes)
{
    struct watched *watched = context;
    ck_assert_uint_gt(bytes, watched->bytes);
    watched->ticks++;
    watched->bytes = bytes;
    watched->total_bytes = total_bytes;
}

static struct watched watch_path(const char *path)
{
    struct watched watched = {.ticks = 0};
    const struct limits limits = LIMITS_DEFAULT;
    const struct profile_input_watch watching = {watch, &watched};
    ck_assert_int_eq(profile_input_read(path, &limits, &RULES, &watching, &input),
                     PROFILE_INPUT_GOOD);
    ck_assert_uint_eq(watched.bytes, input.bytes);
    profile_input_free(&input);
    return watched;
}

/* A megabyte of "1\n". */
static const char *put_large(void)
{
    const char *path = path_of("x.csv");
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 512 * 1024; i++)
        (void)fputs("1\n", file);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

START_TEST(input_tells_how_much_of_a_file_has_been_read)
{
    struct watched watched = watch_path(put_large());
    ck_assert_uint_ge(watched.ticks, 4);
    ck_assert_uint_eq(watched.bytes, 1024 * 1024);
    ck_assert_uint_eq(watched.total_bytes, 1024 * 1024);
}
END_TEST

START_TEST(input_of_a_pipe_has_no_total_and_of_a_file_read_on_only_the_rest)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "a\n1\n", 4), 4);
    (void)close(ends[1]);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    struct watched piped = watch_path("-");
    ck_assert_uint_eq(piped.bytes, 4);
    ck_assert_uint_eq(piped.total_bytes, 0);
    int fd = open(put_large(), O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(lseek(fd, 1000, SEEK_SET), 1000);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    ck_assert_uint_eq(watch_path("-").total_bytes, 1024 * 1024 - 1000);
}
END_TEST

START_TEST(input_that_cannot_be_opened_is_told_apart)
{
    ck_assert_int_eq(read_path(path_of("none.csv")), PROFILE_INPUT_CLOSED);
    ck_assert_int_eq(errno, ENOENT);
    profile_input_free(&input);
    ck_assert_int_eq(read_path(support_temporary_directory()), PROFILE_INPUT_CLOSED);
    ck_assert_int_eq(errno, EISDIR);
    profile_input_free(&input);
    ck_assert_int_eq(read_path(""), PROFILE_INPUT_CLOSED);
    ck_assert_int_eq(errno, ENOENT);
    profile_input_free(&input);
}
END_TEST

/* A file of /proc that opens and whose reading fails. */
START_TEST(input_that_cannot_be_read_is_told_apart)
{
    ck_assert_int_eq(read_path("/proc/self/mem"), PROFILE_INPUT_FAILED);
    ck_assert_int_eq(errno, EIO);
    profile_input_free(&input);
}
END_TEST

START_TEST(input_through_a_link_is_read)
{
    char link_path[4096];
    const char *directory = support_temporary_directory();
    support_write_file(directory, "x.csv", "a\n1\n", 4);
    (void)snprintf(link_path, sizeof link_path, "%s/link.csv", directory);
    ck_assert_int_eq(symlink("x.csv", link_path), 0);
    ck_assert_int_eq(read_path(link_path), PROFILE_INPUT_GOOD);
    ck_assert_uint_eq(input.profile.record_count, 1);
    profile_input_free(&input);
}
END_TEST

/* Writes in small pieces and dies. */
static void feed(int fd, size_t rows)
{
    ck_assert_int_eq((int)write(fd, "a,b\n", 4), 4);
    for (size_t i = 0; i < rows; i++)
        if (write(fd, "1,x\n", 4) != 4)
            _exit(1);
    _exit(0);
}

START_TEST(input_from_a_pipe_is_read_to_its_end)
{
    enum { ROWS = 50000 };
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)close(ends[0]);
        feed(ends[1], ROWS);
    }
    (void)close(ends[1]);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(read_path("-"), PROFILE_INPUT_GOOD);
    ck_assert_uint_eq(input.profile.record_count, ROWS);
    ck_assert_uint_eq(input.bytes, 4 + 4 * ROWS);
    ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0); /* not ours to close */
    profile_input_free(&input);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_profile_input", input_of_a_file_has_its_profile_its_size_and_its_hash,
        input_of_an_empty_file_is_an_empty_profile, input_that_is_damaged_says_where,
        input_is_held_to_the_limits, input_that_cannot_be_opened_is_told_apart,
        input_that_cannot_be_read_is_told_apart, input_through_a_link_is_read,
        input_from_a_pipe_is_read_to_its_end, input_tells_how_much_of_a_file_has_been_read,
        input_of_a_pipe_has_no_total_and_of_a_file_read_on_only_the_rest);
}
