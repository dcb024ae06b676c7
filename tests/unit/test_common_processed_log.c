#include "common/processed_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/digest.h"
#include "common/json.h"
#include "common/text.h"
#include "tests/unit/support.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define LOG CONTRACT_PROCESSED_LOG

/* Stands before the C library's function, in this program alone. */
static int fdatasync_errno;
static size_t fdatasyncs;

int fdatasync(int fd)
{
    fdatasyncs++;
    if (fdatasync_errno != 0) {
        errno = fdatasync_errno;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static const char *directory;
static int directory_fd;
static char error[PROCESSED_LOG_ERROR_SIZE];

static void in_a_directory(void)
{
    directory = support_temporary_directory();
    directory_fd = support_open_directory(directory);
}

static struct processed_log *open_log(enum processed_log_mode mode)
{
    struct processed_log *log = processed_log_open(directory_fd, SHARD_WHOLE, mode, error);
    ck_assert_msg(log != NULL, "%s", error);
    ck_assert_str_eq(error, "");
    return log;
}

static int append(struct processed_log *log, const char *key, enum outcome outcome,
                  const char *sha256)
{
    char file[CONTRACT_NAME_SIZE];
    struct rejection rejection = {0};
    if (outcome != OUTCOME_PROCESSED)
        rejection_set(&rejection, REASON_HASH_MISMATCH, "detail of %s", key);
    (void)snprintf(file, sizeof file, "data_%s.csv", key);
    return processed_log_append(
        log,
        &(struct processed_record){.key = key,
                                   .file = file,
                                   .outcome = outcome,
                                   .rejection = outcome == OUTCOME_PROCESSED ? NULL : &rejection,
                                   .verified = true,
                                   .rows = 41,
                                   .bytes = 1387,
                                   .sha256 = sha256,
                                   .plot = PLOT_OK});
}

static void must_append(struct processed_log *log, const char *key, enum outcome outcome,
                        const char *sha256)
{
    ck_assert_int_eq(append(log, key, outcome, sha256), 0);
}

/* A closed log that holds the keys 1 to `count`, all processed. */
static void make_log(int count)
{
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    for (int i = 1; i <= count; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%d", i);
        must_append(log, key, OUTCOME_PROCESSED, HASH_A);
    }
    processed_log_close(log);
}

/* The hash that the log itself states for a processed key. */
static const char *recalled(const struct processed_log *log, const char *key)
{
    static char sha256[DIGEST_HEX_SIZE];
    ck_assert(processed_log_recall(log, key, sha256));
    return sha256;
}

static void write_log(const char *bytes, size_t length)
{
    support_write_file(directory, LOG, bytes, length);
}

/* Offset of line `number`, counted from 0. */
static size_t offset_of_line(const char *bytes, int number)
{
    const char *at = bytes;
    for (; number > 0; number--)
        at = strchr(at, '\n') + 1;
    return (size_t)(at - bytes);
}

START_TEST(what_was_appended_is_found_at_once_and_after_reopening)
{
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_ptr_null(processed_log_find(log, "7"));
    must_append(log, "7", OUTCOME_PROCESSED, HASH_A);
    for (int opened = 0; opened < 2; opened++) {
        const struct processed_entry *entry = processed_log_find(log, "7");
        ck_assert_ptr_nonnull(entry);
        ck_assert_int_eq(entry->outcome, OUTCOME_PROCESSED);
        ck_assert_int_eq(entry->reason, REASON_NONE);
        ck_assert_str_eq(recalled(log, "7"), HASH_A);
        ck_assert(!entry->changed);
        ck_assert_ptr_null(processed_log_find(log, "8"));
        ck_assert_ptr_null(processed_log_find(log, ""));
        processed_log_close(log);
        log = open_log(opened == 0 ? PROCESSED_LOG_WRITE : PROCESSED_LOG_READ);
    }
    ck_assert_uint_eq(processed_log_cut_bytes(log), 0);
    processed_log_close(log);
}
END_TEST

START_TEST(reopening_adds_behind_what_is_there)
{
    in_a_directory();
    make_log(3);
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    must_append(log, "4", OUTCOME_PROCESSED, HASH_B);
    processed_log_close(log);
    log = open_log(PROCESSED_LOG_READ);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 4);
    ck_assert_str_eq(recalled(log, "3"), HASH_A);
    ck_assert_str_eq(recalled(log, "4"), HASH_B);
    processed_log_close(log);
}
END_TEST

START_TEST(every_record_is_flushed_before_append_returns)
{
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    size_t before = fdatasyncs;
    must_append(log, "1", OUTCOME_PROCESSED, HASH_A);
    ck_assert_uint_eq(fdatasyncs, before + 1);
    must_append(log, "2", OUTCOME_REJECTED, "");
    ck_assert_uint_eq(fdatasyncs, before + 2);
    processed_log_close(log);
}
END_TEST

/* Checks that the members stand in the line in the documented order and nothing else does. */
static void assert_order(const char *line)
{
    const char *const names[] = {"key",  "file",  "outcome", "reason", "detail", "verified",
                                 "rows", "bytes", "sha256",  "plot",   "at",     "crc"};
    size_t colons = 0;
    const char *at = line;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char member[32];
        (void)snprintf(member, sizeof member, "%c\"%s\":", i == 0 ? '{' : ',', names[i]);
        at = strstr(at, member);
        ck_assert_msg(at != NULL, "%s in %s", member, line);
    }
    for (at = line; (at = strstr(at, "\":")) != NULL; at++)
        colons++;
    ck_assert_uint_eq(colons, sizeof names / sizeof *names);
}

START_TEST(a_processed_record_has_the_documented_members_in_their_order)
{
    char parse_error[JSON_ERROR_SIZE];
    in_a_directory();
    make_log(1);
    char *line = support_read_file(directory, LOG, NULL);
    assert_order(line);
    struct json *object = json_parse_object(line, strlen(line), parse_error);
    ck_assert_msg(object != NULL, "%s", parse_error);
    json_free(object);
    const char expected[] = "{\"key\":\"1\",\"file\":\"data_1.csv\",\"outcome\":\"processed\","
                            "\"reason\":null,\"detail\":null,\"verified\":true,\"rows\":41,"
                            "\"bytes\":1387,\"sha256\":\"" HASH_A "\",\"plot\":\"ok\",\"at\":\"2";
    ck_assert_int_eq(strncmp(line, expected, strlen(expected)), 0);
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
    free(line);
}
END_TEST

START_TEST(a_rejected_record_says_its_reason_and_its_detail)
{
    in_a_directory();
    struct rejection rejection;
    rejection_set(&rejection, REASON_EXTRA_CELL, "line 3: \"x\"\n\xff");
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_int_eq(
        processed_log_append(log, &(struct processed_record){.key = "a\"b",
                                                             .file = "data_a\"b.csv",
                                                             .outcome = OUTCOME_REJECTED,
                                                             .rejection = &rejection,
                                                             .sha256 = "",
                                                             .plot = PLOT_NONE}),
        0);
    processed_log_close(log);
    char *line = support_read_file(directory, LOG, NULL);
    assert_order(line);
    const char expected[] =
        "{\"key\":\"a\\\"b\",\"file\":\"data_a\\\"b.csv\",\"outcome\":\"rejected\","
        "\"reason\":\"extra-cell\",\"detail\":\"line 3: \\\"x\\\"\\n\xEF\xBF\xBD\","
        "\"verified\":false,\"rows\":0,\"bytes\":0,\"sha256\":null,\"plot\":\"none\",\"at\":";
    ck_assert_int_eq(strncmp(line, expected, strlen(expected)), 0);
    free(line);
    log = open_log(PROCESSED_LOG_READ);
    ck_assert_int_eq(processed_log_find(log, "a\"b")->reason, REASON_EXTRA_CELL);
    ck_assert_str_eq(processed_log_find(log, "a\"b")->sha256, "");
    processed_log_close(log);
}
END_TEST

START_TEST(the_checksum_is_the_crc32_of_what_stands_before_it)
{
    char expected[32];
    in_a_directory();
    make_log(1);
    char *line = support_read_file(directory, LOG, NULL);
    char *crc = strstr(line, ",\"crc\":");
    (void)snprintf(expected, sizeof expected, ",\"crc\":\"%08" PRIx32 "\"}\n",
                   digest_crc32(line, (size_t)(crc - line)));
    ck_assert_str_eq(crc, expected);
    free(line);
}
END_TEST

START_TEST(of_rejected_and_then_processed_the_newer_stands)
{
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    must_append(log, "7", OUTCOME_REJECTED, HASH_A);
    ck_assert_int_eq(processed_log_find(log, "7")->outcome, OUTCOME_REJECTED);
    ck_assert_int_eq(processed_log_find(log, "7")->reason, REASON_HASH_MISMATCH);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_REJECTED), 1);
    must_append(log, "7", OUTCOME_PROCESSED, HASH_B);
    for (int opened = 0; opened < 2; opened++) {
        ck_assert_int_eq(processed_log_find(log, "7")->outcome, OUTCOME_PROCESSED);
        ck_assert_int_eq(processed_log_find(log, "7")->reason, REASON_NONE);
        ck_assert_str_eq(recalled(log, "7"), HASH_B);
        ck_assert_uint_eq(processed_log_count(log, OUTCOME_REJECTED), 0);
        ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 1);
        processed_log_close(log);
        log = open_log(PROCESSED_LOG_READ);
    }
    processed_log_close(log);
}
END_TEST

START_TEST(changed_content_is_remembered_and_the_decision_stands)
{
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    must_append(log, "7", OUTCOME_PROCESSED, HASH_A);
    must_append(log, "7", OUTCOME_CHANGED, HASH_B);
    for (int opened = 0; opened < 2; opened++) {
        const struct processed_entry *entry = processed_log_find(log, "7");
        ck_assert_int_eq(entry->outcome, OUTCOME_PROCESSED);
        ck_assert_str_eq(recalled(log, "7"), HASH_A);
        ck_assert(entry->changed);
        ck_assert_str_eq(entry->changed_sha256, HASH_B);
        ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 1);
        processed_log_close(log);
        log = open_log(PROCESSED_LOG_WRITE);
    }
    must_append(log, "7", OUTCOME_PROCESSED, HASH_B);
    ck_assert(!processed_log_find(log, "7")->changed);
    ck_assert_str_eq(processed_log_find(log, "7")->changed_sha256, "");
    processed_log_close(log);
}
END_TEST

/* Another shard's log may have what was processed. */
START_TEST(changed_content_of_an_unknown_key_decides_nothing)
{
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    must_append(log, "7", OUTCOME_CHANGED, HASH_B);
    ck_assert_int_eq(processed_log_find(log, "7")->outcome, OUTCOME_CHANGED);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_CHANGED), 0);
    must_append(log, "7", OUTCOME_REJECTED, HASH_B);
    must_append(log, "8", OUTCOME_CHANGED, HASH_B);
    must_append(log, "8", OUTCOME_PROCESSED, HASH_B);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_REJECTED), 1);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 1);
    processed_log_close(log);
}
END_TEST

START_TEST(counts_are_of_the_decisions_that_stand)
{
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 0);
    must_append(log, "1", OUTCOME_PROCESSED, HASH_A);
    must_append(log, "2", OUTCOME_PROCESSED, HASH_A);
    must_append(log, "3", OUTCOME_REJECTED, HASH_A);
    must_append(log, "2", OUTCOME_PROCESSED, HASH_B);
    must_append(log, "2", OUTCOME_CHANGED, HASH_A);
    for (int opened = 0; opened < 2; opened++) {
        ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 2);
        ck_assert_uint_eq(processed_log_count(log, OUTCOME_REJECTED), 1);
        ck_assert_uint_eq(processed_log_count(log, OUTCOME_CHANGED), 0);
        processed_log_close(log);
        log = open_log(PROCESSED_LOG_READ);
    }
    processed_log_close(log);
}
END_TEST

START_TEST(the_last_number_is_the_largest_numeric_key)
{
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_uint_eq(processed_log_last_number(log), 0);
    must_append(log, "10", OUTCOME_PROCESSED, HASH_A);
    must_append(log, "9", OUTCOME_REJECTED, HASH_A);
    must_append(log, "orders", OUTCOME_PROCESSED, HASH_A);
    must_append(log, "0999", OUTCOME_PROCESSED, HASH_A);
    ck_assert_uint_eq(processed_log_last_number(log), 10);
    processed_log_close(log);
    log = open_log(PROCESSED_LOG_READ);
    ck_assert_uint_eq(processed_log_last_number(log), 10);
    processed_log_close(log);
}
END_TEST

/* The log of two records, the second cut down to `kept` of its bytes and then as `damage` says. */
static void assert_tail_is_cut(const char *whole, size_t length, size_t kept, const char *tail,
                               size_t tail_length)
{
    size_t second = offset_of_line(whole, 1);
    char *torn = malloc(length + tail_length);
    memcpy(torn, whole, second + kept);
    memcpy(torn + second + kept, tail, tail_length);
    write_log(torn, second + kept + tail_length);
    free(torn);
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_uint_eq(processed_log_cut_bytes(log), kept + tail_length);
    ck_assert_ptr_nonnull(processed_log_find(log, "1"));
    ck_assert_ptr_null(processed_log_find(log, "2"));
    must_append(log, "3", OUTCOME_PROCESSED, HASH_B);
    processed_log_close(log);
    log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_uint_eq(processed_log_cut_bytes(log), 0);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 2);
    ck_assert_ptr_nonnull(processed_log_find(log, "3"));
    processed_log_close(log);
}

START_TEST(a_tail_torn_anywhere_is_cut_and_the_next_record_follows_the_good_ones)
{
    size_t length = 0;
    in_a_directory();
    make_log(2);
    char *whole = support_read_file(directory, LOG, &length);
    size_t last = length - offset_of_line(whole, 1);
    for (size_t kept = 1; kept < last; kept++) /* 1, half and n - 1 bytes among them */
        assert_tail_is_cut(whole, length, kept, "", 0);
    free(whole);
}
END_TEST

START_TEST(a_tail_of_zeros_is_cut)
{
    static const char zeros[8192];
    size_t length = 0;
    in_a_directory();
    make_log(2);
    char *whole = support_read_file(directory, LOG, &length);
    assert_tail_is_cut(whole, length, 0, zeros, 1);
    assert_tail_is_cut(whole, length, 0, zeros, sizeof zeros);
    assert_tail_is_cut(whole, length, 20, zeros, 500);
    assert_tail_is_cut(whole, length, 20, "\0\0\0\n", 4);
    free(whole);
}
END_TEST

START_TEST(a_damaged_tail_is_cut_up_to_what_a_commit_writes_and_refused_beyond)
{
    size_t length = 0;
    const size_t zeros = PROCESSED_LOG_COMMIT_MAX_BYTES;
    in_a_directory();
    make_log(1);
    char *whole = support_read_file(directory, LOG, &length);
    char *padded = calloc(1, length + zeros + 1);
    memcpy(padded, whole, length);
    write_log(padded, length + zeros + 1);
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error));
    ck_assert_msg(strstr(error, "line 2 ") != NULL && strstr(error, "more damage than a crash"),
                  "%s", error);
    write_log(padded, length + zeros);
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_uint_eq(processed_log_cut_bytes(log), zeros);
    processed_log_close(log);
    free(whole);
    free(padded);
}
END_TEST

START_TEST(good_lines_behind_a_megabyte_of_zeros_are_not_cut)
{
    size_t length = 0;
    const size_t zeros = 1 << 20;
    in_a_directory();
    make_log(2);
    char *whole = support_read_file(directory, LOG, &length);
    size_t second = offset_of_line(whole, 1);
    char *padded = calloc(1, length + zeros + 1);
    memcpy(padded, whole, second);
    padded[second + zeros] = '\n';
    memcpy(padded + second + zeros + 1, whole + second, length - second);
    write_log(padded, length + zeros + 1);
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error));
    ck_assert_ptr_nonnull(strstr(error, "line 2 "));
    free(whole);
    free(padded);
}
END_TEST

START_TEST(a_flipped_bit_before_the_last_line_is_refused_by_writer_and_reader)
{
    size_t length = 0;
    in_a_directory();
    make_log(3);
    char *whole = support_read_file(directory, LOG, &length);
    size_t second = offset_of_line(whole, 1);
    size_t last = offset_of_line(whole, 2);
    for (size_t at = 0; at < last; at++) {
        char expected[32];
        char kept = whole[at];
        whole[at] = (char)(whole[at] ^ (1 << (at % 8)));
        write_log(whole, length);
        whole[at] = kept;
        (void)snprintf(expected, sizeof expected, "line %d ", at < second ? 1 : 2);
        for (int mode = PROCESSED_LOG_READ; mode <= PROCESSED_LOG_WRITE; mode++) {
            ck_assert_msg(processed_log_open(directory_fd, SHARD_WHOLE,
                                             (enum processed_log_mode)mode, error) == NULL,
                          "byte %zu", at);
            ck_assert_msg(strstr(error, expected) != NULL, "byte %zu: %s", at, error);
            ck_assert_ptr_nonnull(strstr(error, LOG));
        }
    }
    char *after = support_read_file(directory, LOG, NULL);
    ck_assert_uint_eq(strlen(after), length); /* refused means untouched */
    free(after);
    free(whole);
}
END_TEST

START_TEST(a_line_of_somebody_else_in_the_middle_is_refused)
{
    size_t length = 0;
    in_a_directory();
    make_log(2);
    char *whole = support_read_file(directory, LOG, &length);
    size_t second = offset_of_line(whole, 1);
    const char *const lines[] = {"\n", "{}\n", "edited by hand\n", "{\"key\":\"9\"}\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct text edited = {0};
        text_append(&edited, whole, second);
        text_put(&edited, lines[i]);
        text_append(&edited, whole + second, length - second);
        write_log(edited.bytes, edited.length);
        text_free(&edited);
        ck_assert_ptr_null(
            processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error));
        ck_assert_ptr_nonnull(strstr(error, "line 2 "));
    }
    free(whole);
}
END_TEST

/* Appends what is missing of the checksum, so that a line made by hand is whole. */
static void write_line_by_hand(const char *members)
{
    struct text line = {0};
    text_put(&line, members);
    text_printf(&line, ",\"crc\":\"%08" PRIx32 "\"}\n", digest_crc32(members, strlen(members)));
    write_log(line.bytes, line.length);
    text_free(&line);
}

START_TEST(a_whole_line_that_cannot_be_understood_is_refused_and_never_cut)
{
    const char *const lines[] = {"{\"key\":\"1\",\"outcome\":\"postponed\"",
                                 "{\"outcome\":\"processed\"",
                                 "{\"key\":1,\"outcome\":\"processed\"", "{\"key\":\"1\"",
                                 "\"key\":\"1\",\"outcome\":\"processed\""};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        in_a_directory();
        write_line_by_hand(lines[i]);
        ck_assert_msg(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error) ==
                          NULL,
                      "%s", lines[i]);
        ck_assert_ptr_nonnull(strstr(error, "line 1 "));
    }
}
END_TEST

START_TEST(a_line_with_more_members_and_an_unknown_reason_is_taken)
{
    in_a_directory();
    write_line_by_hand("{\"key\":\"1\",\"outcome\":\"rejected\",\"reason\":\"of-a-later-version\","
                       "\"more\":[1,{}]");
    struct processed_log *log = open_log(PROCESSED_LOG_READ);
    ck_assert_int_eq(processed_log_find(log, "1")->outcome, OUTCOME_REJECTED);
    ck_assert_str_eq(processed_log_find(log, "1")->sha256, "");
    processed_log_close(log);
}
END_TEST

START_TEST(a_reader_ignores_a_torn_tail_and_takes_it_once_it_is_completed)
{
    size_t length = 0;
    in_a_directory();
    make_log(2);
    char *whole = support_read_file(directory, LOG, &length);
    size_t second = offset_of_line(whole, 1);
    write_log(whole, second + 1);
    struct processed_log *log = open_log(PROCESSED_LOG_READ);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 1);
    for (size_t kept = second + 1; kept < length; kept++) {
        write_log(whole, kept);
        ck_assert_int_eq(processed_log_refresh(log, error), 0);
        ck_assert_ptr_null(processed_log_find(log, "2"));
    }
    write_log(whole, length);
    ck_assert_int_eq(processed_log_refresh(log, error), 0);
    ck_assert_ptr_nonnull(processed_log_find(log, "2"));
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 2);
    processed_log_close(log);
    free(whole);
}
END_TEST

START_TEST(a_reader_changes_nothing)
{
    size_t length = 0;
    in_a_directory();
    make_log(2);
    char *whole = support_read_file(directory, LOG, &length);
    write_log(whole, length - 5);
    struct processed_log *log = open_log(PROCESSED_LOG_READ);
    ck_assert_uint_eq(processed_log_cut_bytes(log), 0);
    processed_log_close(log);
    char *after = support_read_file(directory, LOG, NULL);
    ck_assert_uint_eq(strlen(after), length - 5);
    free(after);
    free(whole);
}
END_TEST

START_TEST(a_reader_may_come_before_the_log)
{
    in_a_directory();
    struct processed_log *reader = open_log(PROCESSED_LOG_READ);
    ck_assert_ptr_null(processed_log_find(reader, "1"));
    ck_assert(!support_exists(directory, LOG));
    ck_assert_int_eq(processed_log_refresh(reader, error), 0);
    make_log(2);
    ck_assert_int_eq(processed_log_refresh(reader, error), 0);
    ck_assert_uint_eq(processed_log_count(reader, OUTCOME_PROCESSED), 2);
    processed_log_close(reader);
}
END_TEST

START_TEST(a_reader_follows_a_writer)
{
    in_a_directory();
    struct processed_log *writer = open_log(PROCESSED_LOG_WRITE);
    struct processed_log *reader = open_log(PROCESSED_LOG_READ);
    for (int i = 1; i <= 50; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%d", i);
        must_append(writer, key, i % 2 == 0 ? OUTCOME_PROCESSED : OUTCOME_REJECTED, HASH_A);
        ck_assert_ptr_null(processed_log_find(reader, key));
        ck_assert_int_eq(processed_log_refresh(reader, error), 0);
        ck_assert_ptr_nonnull(processed_log_find(reader, key));
        ck_assert_uint_eq(processed_log_last_number(reader), (uint64_t)i);
    }
    ck_assert_uint_eq(processed_log_count(reader, OUTCOME_PROCESSED), 25);
    processed_log_close(reader);
    processed_log_close(writer);
}
END_TEST

START_TEST(a_log_longer_than_the_buffer_is_replayed_whole)
{
    in_a_directory();
    make_log(3000); /* some 800 KiB */
    struct processed_log *log = open_log(PROCESSED_LOG_READ);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 3000);
    ck_assert_uint_eq(processed_log_last_number(log), 3000);
    for (int i = 1; i <= 3000; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%d", i);
        ck_assert_ptr_nonnull(processed_log_find(log, key));
    }
    processed_log_close(log);
}
END_TEST

START_TEST(a_record_that_does_not_fit_is_taken_back_and_may_be_appended_again)
{
    struct rlimit limit;
    struct stat status;
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    must_append(log, "1", OUTCOME_PROCESSED, HASH_A);
    ck_assert_int_eq(fstatat(directory_fd, LOG, &status, 0), 0);
    off_t good = status.st_size;
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    rlim_t unlimited = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)good + 10; /* room for ten bytes of the next record */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int result = append(log, "2", OUTCOME_PROCESSED, HASH_A);
    int saved_errno = errno;
    limit.rlim_cur = unlimited;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(saved_errno, EFBIG);
    ck_assert(!processed_log_is_broken(log));
    ck_assert_ptr_null(processed_log_find(log, "2"));
    ck_assert_int_eq(fstatat(directory_fd, LOG, &status, 0), 0);
    ck_assert_int_eq(status.st_size, good);
    must_append(log, "2", OUTCOME_PROCESSED, HASH_A);
    processed_log_close(log);
    log = open_log(PROCESSED_LOG_READ);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 2);
    processed_log_close(log);
}
END_TEST

START_TEST(after_a_failed_flush_the_log_is_broken_even_when_the_next_would_succeed)
{
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    ck_assert(!processed_log_is_broken(log));
    fdatasync_errno = EIO;
    ck_assert_int_eq(append(log, "1", OUTCOME_PROCESSED, HASH_A), -1);
    ck_assert_int_eq(errno, EIO);
    ck_assert(processed_log_is_broken(log));
    ck_assert_ptr_null(processed_log_find(log, "1"));
    fdatasync_errno = 0;
    ck_assert_int_eq(append(log, "1", OUTCOME_PROCESSED, HASH_A), -1);
    ck_assert_int_eq(append(log, "2", OUTCOME_PROCESSED, HASH_A), -1);
    processed_log_close(log);
    log = open_log(PROCESSED_LOG_WRITE);
    ck_assert(!processed_log_is_broken(log));
    must_append(log, "1", OUTCOME_PROCESSED, HASH_A);
    processed_log_close(log);
}
END_TEST

START_TEST(a_link_or_a_directory_in_the_place_of_the_log_is_refused)
{
    in_a_directory();
    ck_assert_int_eq(symlinkat("elsewhere", directory_fd, LOG), 0);
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error));
    ck_assert_ptr_nonnull(strstr(error, "cannot open " LOG));
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_READ, error));
    ck_assert(!support_exists(directory, "elsewhere"));
    ck_assert_int_eq(unlinkat(directory_fd, LOG, 0), 0);
    ck_assert_int_eq(mkdirat(directory_fd, LOG, 0755), 0);
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error));
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_READ, error));
}
END_TEST

START_TEST(a_missing_directory_is_named_as_the_cause)
{
    ck_assert_ptr_null(processed_log_open(-1, SHARD_WHOLE, PROCESSED_LOG_WRITE, error));
    ck_assert_ptr_nonnull(strstr(error, LOG));
    ck_assert_ptr_nonnull(strstr(error, strerror(EBADF)));
}
END_TEST

START_TEST(an_empty_log_is_one_without_records)
{
    in_a_directory();
    write_log("", 0);
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 0);
    ck_assert_uint_eq(processed_log_cut_bytes(log), 0);
    processed_log_close(log);
    processed_log_close(NULL);
}
END_TEST

static bool has_checkpoint(void)
{
    return support_exists(directory, CONTRACT_PROCESSED_CHECKPOINT);
}

/* A log of 1,200 processed batches and one each of the exceptions, closed with its checkpoint. */
static void make_log_with_checkpoint(void)
{
    make_log(1200);
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    must_append(log, "2000", OUTCOME_REJECTED, HASH_A);
    must_append(log, "north", OUTCOME_PROCESSED, HASH_B);
    must_append(log, "7", OUTCOME_CHANGED, HASH_B);
    processed_log_close(log);
    ck_assert_int_eq(unlinkat(directory_fd, CONTRACT_PROCESSED_CHECKPOINT, 0), 0);
    processed_log_close(open_log(PROCESSED_LOG_WRITE));
    ck_assert(has_checkpoint());
}

static void holds_what_was_made(const struct processed_log *log)
{
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 1201);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_REJECTED), 1);
    ck_assert_uint_eq(processed_log_last_number(log), 2000);
    ck_assert_int_eq(processed_log_find(log, "1")->outcome, OUTCOME_PROCESSED);
    ck_assert_int_eq(processed_log_find(log, "1200")->outcome, OUTCOME_PROCESSED);
    ck_assert_ptr_null(processed_log_find(log, "1201"));
    ck_assert_int_eq(processed_log_find(log, "2000")->reason, REASON_HASH_MISMATCH);
    ck_assert_str_eq(processed_log_find(log, "2000")->sha256, HASH_A);
    ck_assert_str_eq(processed_log_find(log, "north")->sha256, HASH_B);
    ck_assert_str_eq(processed_log_find(log, "7")->changed_sha256, HASH_B);
    ck_assert_str_eq(recalled(log, "7"), HASH_A);
}

START_TEST(a_small_log_leaves_no_checkpoint)
{
    in_a_directory();
    make_log(20);
    ck_assert(!has_checkpoint());
}
END_TEST

START_TEST(a_log_says_the_same_with_and_without_its_checkpoint)
{
    in_a_directory();
    make_log_with_checkpoint();
    for (int opened = 0; opened < 2; opened++) {
        struct processed_log *log = open_log(PROCESSED_LOG_READ);
        holds_what_was_made(log);
        processed_log_close(log);
        (void)unlinkat(directory_fd, CONTRACT_PROCESSED_CHECKPOINT, 0);
    }
}
END_TEST

/* If it were not used, the first line, damaged with a checksum that is right again, would tell. */
START_TEST(a_checkpoint_spares_parsing_what_it_covers)
{
    in_a_directory();
    make_log_with_checkpoint();
    size_t length;
    char *bytes = support_read_file(directory, CONTRACT_PROCESSED_CHECKPOINT, &length);
    char *header_end = strchr(bytes, '\n');
    struct text lie = {0};
    char *mark = strstr(bytes, ",\"processed\":");
    text_append(&lie, bytes, (size_t)(mark - bytes));
    text_put(&lie, ",\"processed\":77");
    mark = strchr(mark + 2, ',');
    text_append(&lie, mark, (size_t)(strstr(mark, ",\"crc\":") - mark));
    processed_record_seal(&lie, 0);
    text_append(&lie, header_end + 1, length - (size_t)(header_end + 1 - bytes));
    support_write_file(directory, CONTRACT_PROCESSED_CHECKPOINT, lie.bytes, lie.length);
    struct processed_log *log = open_log(PROCESSED_LOG_READ);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 77);
    processed_log_close(log);
    text_free(&lie);
    free(bytes);
}
END_TEST

START_TEST(a_checkpoint_cut_anywhere_or_with_a_flipped_bit_is_passed_over)
{
    in_a_directory();
    make_log_with_checkpoint();
    size_t length;
    char *bytes = support_read_file(directory, CONTRACT_PROCESSED_CHECKPOINT, &length);
    for (size_t cut = 0; cut < length; cut += 7) {
        bytes[cut] ^= 4;
        support_write_file(directory, CONTRACT_PROCESSED_CHECKPOINT, bytes, length);
        struct processed_log *log = open_log(PROCESSED_LOG_READ);
        holds_what_was_made(log);
        processed_log_close(log);
        bytes[cut] ^= 4;
        support_write_file(directory, CONTRACT_PROCESSED_CHECKPOINT, bytes, cut);
        log = open_log(PROCESSED_LOG_READ);
        holds_what_was_made(log);
        processed_log_close(log);
    }
    free(bytes);
}
END_TEST

START_TEST(damage_in_what_a_checkpoint_covers_is_still_refused)
{
    in_a_directory();
    make_log_with_checkpoint();
    size_t length;
    char *bytes = support_read_file(directory, LOG, &length);
    bytes[offset_of_line(bytes, 500) + 20] ^= 1;
    write_log(bytes, length);
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error));
    ck_assert_ptr_nonnull(strstr(error, "line 501 "));
    free(bytes);
}
END_TEST

START_TEST(a_log_that_is_shorter_than_its_checkpoint_is_refused_and_an_empty_one_is_new)
{
    in_a_directory();
    make_log_with_checkpoint();
    size_t length;
    char *bytes = support_read_file(directory, LOG, &length);
    write_log(bytes, offset_of_line(bytes, 3));
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error));
    ck_assert_msg(strstr(error, "was cut short; data-consumer --rebuild") != NULL, "%s", error);
    struct processed_log *log = open_log(PROCESSED_LOG_READ);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 3);
    processed_log_close(log);
    write_log("", 0);
    log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 0);
    processed_log_close(log);
    free(bytes);
}
END_TEST

START_TEST(what_a_killed_writer_left_is_flushed_before_it_is_believed)
{
    in_a_directory();
    make_log(2);
    fdatasyncs = 0;
    processed_log_close(open_log(PROCESSED_LOG_READ));
    ck_assert_uint_eq(fdatasyncs, 0);
    processed_log_close(open_log(PROCESSED_LOG_WRITE));
    ck_assert_uint_ge(fdatasyncs, 1);
    fdatasync_errno = EIO;
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error));
    ck_assert_msg(strstr(error, "cannot flush processed.log: ") != NULL, "%s", error);
}
END_TEST

START_TEST(records_whose_flush_failed_are_not_there_at_the_next_start)
{
    in_a_directory();
    make_log(1);
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    fdatasync_errno = EIO;
    ck_assert_int_eq(append(log, "7", OUTCOME_PROCESSED, HASH_A), -1);
    fdatasync_errno = 0;
    ck_assert(processed_log_is_broken(log));
    processed_log_close(log);
    log = open_log(PROCESSED_LOG_WRITE);
    ck_assert_ptr_null(processed_log_find(log, "7"));
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 1);
    processed_log_close(log);
}
END_TEST

START_TEST(staged_records_share_one_flush_and_stand_in_their_order)
{
    in_a_directory();
    struct processed_log *log = open_log(PROCESSED_LOG_WRITE);
    fdatasyncs = 0;
    for (int i = 1; i <= 3; i++) {
        char key[2] = {(char)('0' + i), 0};
        struct processed_record record = {
            .key = key, .file = "f", .outcome = OUTCOME_PROCESSED, .sha256 = HASH_A};
        ck_assert_int_eq(processed_log_stage(log, &record), 0);
        ck_assert_ptr_null(processed_log_find(log, key));
    }
    ck_assert_uint_eq(fdatasyncs, 0);
    ck_assert_int_eq(processed_log_commit(log), 0);
    ck_assert_uint_eq(fdatasyncs, 1);
    ck_assert_int_eq(processed_log_commit(log), 0);
    ck_assert_uint_eq(fdatasyncs, 1);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 3);
    processed_log_close(log);
    log = open_log(PROCESSED_LOG_READ);
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 3);
    processed_log_close(log);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_processed_log", a_small_log_leaves_no_checkpoint,
        a_log_says_the_same_with_and_without_its_checkpoint,
        a_checkpoint_spares_parsing_what_it_covers,
        a_checkpoint_cut_anywhere_or_with_a_flipped_bit_is_passed_over,
        damage_in_what_a_checkpoint_covers_is_still_refused,
        a_log_that_is_shorter_than_its_checkpoint_is_refused_and_an_empty_one_is_new,
        what_a_killed_writer_left_is_flushed_before_it_is_believed,
        records_whose_flush_failed_are_not_there_at_the_next_start,
        staged_records_share_one_flush_and_stand_in_their_order,
        what_was_appended_is_found_at_once_and_after_reopening, reopening_adds_behind_what_is_there,
        every_record_is_flushed_before_append_returns,
        a_processed_record_has_the_documented_members_in_their_order,
        a_rejected_record_says_its_reason_and_its_detail,
        the_checksum_is_the_crc32_of_what_stands_before_it,
        of_rejected_and_then_processed_the_newer_stands,
        changed_content_is_remembered_and_the_decision_stands,
        changed_content_of_an_unknown_key_decides_nothing, counts_are_of_the_decisions_that_stand,
        the_last_number_is_the_largest_numeric_key,
        a_tail_torn_anywhere_is_cut_and_the_next_record_follows_the_good_ones,
        a_tail_of_zeros_is_cut, a_damaged_tail_is_cut_up_to_what_a_commit_writes_and_refused_beyond,
        good_lines_behind_a_megabyte_of_zeros_are_not_cut,
        a_flipped_bit_before_the_last_line_is_refused_by_writer_and_reader,
        a_line_of_somebody_else_in_the_middle_is_refused,
        a_whole_line_that_cannot_be_understood_is_refused_and_never_cut,
        a_line_with_more_members_and_an_unknown_reason_is_taken,
        a_reader_ignores_a_torn_tail_and_takes_it_once_it_is_completed, a_reader_changes_nothing,
        a_reader_may_come_before_the_log, a_reader_follows_a_writer,
        a_log_longer_than_the_buffer_is_replayed_whole,
        a_record_that_does_not_fit_is_taken_back_and_may_be_appended_again,
        after_a_failed_flush_the_log_is_broken_even_when_the_next_would_succeed,
        a_link_or_a_directory_in_the_place_of_the_log_is_refused,
        a_missing_directory_is_named_as_the_cause, an_empty_log_is_one_without_records);
}
