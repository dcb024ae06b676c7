#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/text.h"
#include "common/wait.h"
#include "consumer/batch/reading.h"
#include "tests/unit/support.h"

#define GOOD_CSV "label,value\na,1\nb,2\n"
#define RAGGED_CSV "label,value\na,1\nb,2,3\n"
#define GOOD_SHA256 "4796c5e572a6f4c53ce818f11f560ab511a1c7e1f17b4479b392271bc25b67c7"
#define LARGE_ROWS 60000
#define WRONG_HASH "sha256:0000000000000000000000000000000000000000000000000000000000000000"

struct desk {
    const char *path;
    int fd;
    char data[4096];
    struct sighting sighting;
    struct reader *reader;
    struct reading reading;
    int ticks;
    uint64_t ticked_bytes; /* that the last of them told */
    void (*on_tick)(struct desk *desk);
};

static void tick(void *context, uint64_t bytes)
{
    struct desk *desk = context;
    desk->ticked_bytes = bytes;
    if (desk->ticks++ == 0 && desk->on_tick != NULL)
        desk->on_tick(desk);
}

static void open_desk(struct desk *desk)
{
    *desk = (struct desk){.path = support_temporary_directory(),
                          .sighting = {.key = "1",
                                       .data_name = "data_1.csv",
                                       .metadata_name = "metadata_1.json",
                                       .data = {.there = true}}};
    desk->fd = support_open_directory(desk->path);
    (void)snprintf(desk->data, sizeof desk->data, "%s/data_1.csv", desk->path);
    desk->reader = reader_create(tick, desk);
    ck_assert_ptr_nonnull(desk->reader);
    ck_assert_int_eq(wait_open(), 0);
}

static void close_desk(struct desk *desk)
{
    reader_free(desk->reader);
    (void)close(desk->fd);
}

static void put_csv(const struct desk *desk, const char *csv)
{
    support_write_file(desk->path, "data_1.csv", csv, strlen(csv));
}

static void put_metadata(struct desk *desk, const char *json)
{
    support_write_file(desk->path, "metadata_1.json", json, strlen(json));
    desk->sighting.metadata.there = true;
}

/* Some 600 KiB, so that it is read in several pieces; `row` stands in the middle. */
static void put_large_csv(const struct desk *desk, const char *row)
{
    struct text csv = {0};
    text_put(&csv, "label,value\n");
    for (int i = 0; i < LARGE_ROWS; i++)
        text_printf(&csv, "row,%d\n", i);
    text_put(&csv, row);
    for (int i = 0; i < LARGE_ROWS; i++)
        text_printf(&csv, "row,%d\n", i);
    support_write_file(desk->path, "data_1.csv", csv.bytes, csv.length);
    text_free(&csv);
}

static enum reading_verdict read_as(struct desk *desk, enum reader_purpose purpose)
{
    reading_free(&desk->reading);
    return reader_read(desk->reader, desk->fd, &desk->sighting, purpose, &desk->reading);
}

static void assert_rejected(struct desk *desk, enum reason reason, const char *detail)
{
    ck_assert_int_eq(read_as(desk, READER_PROFILE), READING_REJECTED);
    ck_assert_str_eq(reason_word(desk->reading.rejection.reason), reason_word(reason));
    ck_assert_msg(strstr(desk->reading.rejection.detail, detail) != NULL, "%s",
                  desk->reading.rejection.detail);
    reading_free(&desk->reading);
}

START_TEST(reading_of_a_good_batch_has_its_profile_size_and_hash)
{
    struct desk desk;
    open_desk(&desk);
    put_csv(&desk, GOOD_CSV);
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_GOOD);
    ck_assert_uint_eq(desk.reading.rows, 2);
    ck_assert_uint_eq(desk.reading.bytes, strlen(GOOD_CSV));
    ck_assert_uint_eq(strlen(desk.reading.sha256), 64);
    ck_assert_uint_eq(desk.reading.profile.column_count, 2);
    ck_assert(!desk.reading.verified);
    reading_free(&desk.reading);
    close_desk(&desk);
}
END_TEST

START_TEST(reading_is_verified_when_the_metadata_states_the_right_hash)
{
    struct desk desk;
    char json[256];
    open_desk(&desk);
    put_csv(&desk, GOOD_CSV);
    ck_assert_int_eq(read_as(&desk, READER_HASH), READING_GOOD);
    (void)snprintf(json, sizeof json, "{\"hash\": \"sha256:%s\", \"record_count\": 2}",
                   desk.reading.sha256);
    put_metadata(&desk, json);
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_GOOD);
    ck_assert(desk.reading.verified);
    reading_free(&desk.reading);
    close_desk(&desk);
}
END_TEST

START_TEST(reading_keeps_to_the_limits_it_was_given)
{
    struct desk desk;
    struct limits limits = LIMITS_DEFAULT;
    open_desk(&desk);
    put_csv(&desk, GOOD_CSV);
    limits.columns = 1;
    reader_limit(desk.reader, &limits);
    assert_rejected(&desk, REASON_TOO_LARGE, "line 1, column 2: more than 1 cells");
    limits.columns = 2;
    reader_limit(desk.reader, &limits);
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_GOOD);
    reading_free(&desk.reading);
    close_desk(&desk);
}
END_TEST

START_TEST(reading_for_the_hash_alone_makes_no_profile_and_asks_no_metadata)
{
    struct desk desk;
    open_desk(&desk);
    put_csv(&desk, RAGGED_CSV);
    put_metadata(&desk, "no metadata at all");
    ck_assert_int_eq(read_as(&desk, READER_HASH), READING_GOOD);
    ck_assert_uint_eq(strlen(desk.reading.sha256), 64);
    ck_assert_uint_eq(desk.reading.profile.column_count, 0);
    reading_free(&desk.reading);
    close_desk(&desk);
}
END_TEST

START_TEST(reading_in_several_pieces_gives_the_hash_of_the_whole)
{
    struct desk desk;
    open_desk(&desk);
    put_large_csv(&desk, "");
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_GOOD);
    ck_assert_uint_eq(desk.reading.rows, 2 * LARGE_ROWS);
    ck_assert_int_ge(desk.ticks, 2);
    ck_assert_uint_eq(desk.ticked_bytes, (uint64_t)desk.ticks * 256 * 1024);
    struct digest *digest = digest_create();
    char hex[DIGEST_HEX_SIZE];
    size_t length = 0;
    char *bytes = support_read_file(desk.path, "data_1.csv", &length);
    digest_update(digest, bytes, length);
    ck_assert(digest_finish(digest, hex));
    ck_assert_str_eq(desk.reading.sha256, hex);
    digest_free(digest);
    free(bytes);
    reading_free(&desk.reading);
    close_desk(&desk);
}
END_TEST

START_TEST(reading_rejects_each_kind_of_damage_with_its_reason)
{
    static const struct {
        const char *csv;
        enum reason reason;
        const char *detail;
    } ROWS[] = {{RAGGED_CSV, REASON_EXTRA_CELL, "line 3, column 3"},
                {"a,b\n1\n", REASON_MISSING_CELL, "line 2, column 2"},
                {"a\nx\"y\n", REASON_STRAY_QUOTE, "line 2, column 1"},
                {"a\n\"x\"y\n", REASON_STRAY_QUOTE, "line 2, column 1"},
                {"a\n\"x\n", REASON_UNCLOSED_QUOTE, "line 2, column 1"},
                {"a\xFF\n", REASON_ENCODING_ERROR, "line 1, column 1"}};
    struct desk desk;
    open_desk(&desk);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        put_csv(&desk, ROWS[i].csv);
        assert_rejected(&desk, ROWS[i].reason, ROWS[i].detail);
    }
    close_desk(&desk);
}
END_TEST

START_TEST(reading_rejects_another_number_of_rows_than_stated)
{
    struct desk desk;
    open_desk(&desk);
    put_csv(&desk, GOOD_CSV);
    put_metadata(&desk, "{\"record_count\": 3}");
    assert_rejected(&desk, REASON_ROW_COUNT_MISMATCH, "2 rows, the metadata states 3");
    put_metadata(&desk, "{\"record_count\": 1}");
    assert_rejected(&desk, REASON_ROW_COUNT_MISMATCH, "2 rows, the metadata states 1");
    close_desk(&desk);
}
END_TEST

START_TEST(reading_rejects_another_size_than_stated_without_a_hash)
{
    struct desk desk;
    open_desk(&desk);
    put_csv(&desk, GOOD_CSV);
    put_metadata(&desk, "{\"bytes\": 5}");
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_REJECTED);
    ck_assert_int_eq(desk.reading.rejection.reason, REASON_SIZE_MISMATCH);
    ck_assert_str_eq(desk.reading.sha256, "");
    close_desk(&desk);
}
END_TEST

START_TEST(reading_names_a_wrong_hash_before_the_damage_and_the_wrong_count_that_come_of_it)
{
    struct desk desk;
    open_desk(&desk);
    put_csv(&desk, RAGGED_CSV);
    put_metadata(&desk, "{\"hash\": \"" WRONG_HASH "\", \"record_count\": 9}");
    assert_rejected(&desk, REASON_HASH_MISMATCH, "the metadata states 000");
    put_metadata(&desk, "{\"record_count\": 9}");
    assert_rejected(&desk, REASON_EXTRA_CELL, "line 3");
    close_desk(&desk);
}
END_TEST

START_TEST(reading_of_a_damaged_batch_ends_at_the_damage_where_no_hash_is_stated)
{
    struct desk desk;
    open_desk(&desk);
    put_csv(&desk, "");
    ck_assert_int_eq(truncate(desk.data, (off_t)64 << 30), 0);
    put_metadata(&desk, "{\"record_count\": 1}");
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_REJECTED);
    ck_assert_int_eq(desk.reading.rejection.reason, REASON_NUL_BYTE);
    ck_assert_str_eq(desk.reading.sha256, "");
    ck_assert_uint_le(desk.reading.bytes, 1 << 20);
    put_csv(&desk, GOOD_CSV);
    put_metadata(&desk, "{\"record_count\": 2, \"hash\": \"sha256:" GOOD_SHA256 "\"}");
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_GOOD);
    reading_free(&desk.reading);
    close_desk(&desk);
}
END_TEST

START_TEST(reading_of_a_damaged_batch_hashes_it_to_the_end_where_a_hash_is_stated)
{
    struct desk desk;
    open_desk(&desk);
    put_large_csv(&desk, "damage\"\n");
    ck_assert_int_eq(read_as(&desk, READER_HASH), READING_GOOD);
    char hex[DIGEST_HEX_SIZE];
    char json[256];
    memcpy(hex, desk.reading.sha256, sizeof hex);
    (void)snprintf(json, sizeof json, "{\"hash\": \"sha256:%s\"}", hex);
    put_metadata(&desk, json);
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_REJECTED);
    ck_assert_int_eq(desk.reading.rejection.reason, REASON_STRAY_QUOTE);
    ck_assert_str_eq(desk.reading.sha256, hex);
    reading_free(&desk.reading);
    close_desk(&desk);
}
END_TEST

START_TEST(reading_rejects_what_is_no_plain_file)
{
    struct desk desk;
    open_desk(&desk);
    ck_assert_int_eq(symlink("/etc/passwd", desk.data), 0);
    assert_rejected(&desk, REASON_NOT_A_REGULAR_FILE, "a symbolic link");
    ck_assert_int_eq(unlink(desk.data), 0);
    ck_assert_int_eq(mkfifo(desk.data, 0644), 0);
    assert_rejected(&desk, REASON_NOT_A_REGULAR_FILE, "a pipe");
    ck_assert_int_eq(read_as(&desk, READER_HASH), READING_REJECTED);
    close_desk(&desk);
}
END_TEST

START_TEST(reading_waits_for_a_file_that_is_not_there)
{
    struct desk desk;
    open_desk(&desk);
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_WAIT);
    ck_assert_str_eq(desk.reading.cause, "No such file or directory");
    close_desk(&desk);
}
END_TEST

START_TEST(reading_waits_for_a_file_that_may_not_be_read)
{
    struct desk desk;
    open_desk(&desk);
    put_csv(&desk, GOOD_CSV);
    ck_assert_int_eq(chmod(desk.path, 0755), 0);
    ck_assert_int_eq(chmod(desk.data, 0), 0);
    if (getuid() == 0)
        ck_assert_int_eq(setuid(65534), 0);
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_WAIT);
    ck_assert_str_eq(desk.reading.cause, "Permission denied");
    close_desk(&desk);
}
END_TEST

static void overwrite(struct desk *desk)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    (void)nanosleep(&pause, NULL);
    int fd = open(desk->data, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, "x", 1, 20), 1);
    (void)close(fd);
}

static void cut_off(struct desk *desk)
{
    ck_assert_int_eq(truncate(desk->data, 100), 0);
}

static void append_row(struct desk *desk)
{
    int fd = open(desk->data, O_WRONLY | O_APPEND | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "row,1\n", 6), 6);
    (void)close(fd);
}

static void damage(struct desk *desk)
{
    overwrite(desk);
    int fd = open(desk->data, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, "\"", 1, 400 * 1024), 1);
    (void)close(fd);
}

START_TEST(reading_waits_when_the_file_changes_in_the_middle_whatever_was_read)
{
    static void (*const CHANGES[])(struct desk *) = {overwrite, cut_off, append_row, damage};
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        struct desk desk;
        open_desk(&desk);
        put_large_csv(&desk, "");
        desk.on_tick = CHANGES[i];
        ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_WAIT);
        ck_assert_str_eq(desk.reading.cause, "changed while it was read");
        ck_assert_str_eq(desk.reading.sha256, "");
        ck_assert_int_eq(desk.reading.rejection.reason, REASON_NONE);
        reading_free(&desk.reading);
        close_desk(&desk);
    }
}
END_TEST

START_TEST(reading_after_one_that_waited_starts_from_a_clean_hash)
{
    struct desk desk;
    open_desk(&desk);
    put_large_csv(&desk, "");
    desk.on_tick = append_row;
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_WAIT);
    put_csv(&desk, "");
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_GOOD);
    ck_assert_str_eq(desk.reading.sha256,
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    reading_free(&desk.reading);
    close_desk(&desk);
}
END_TEST

static void terminate(struct desk *desk)
{
    (void)desk;
    ck_assert_int_eq(raise(SIGTERM), 0);
}

START_TEST(reading_stops_in_the_middle_on_sigterm)
{
    struct desk desk;
    open_desk(&desk);
    put_large_csv(&desk, "");
    desk.on_tick = terminate;
    ck_assert_int_eq(read_as(&desk, READER_PROFILE), READING_STOPPED);
    ck_assert_int_eq(desk.ticks, 1);
    close_desk(&desk);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_reading", reading_of_a_good_batch_has_its_profile_size_and_hash,
        reading_is_verified_when_the_metadata_states_the_right_hash,
        reading_keeps_to_the_limits_it_was_given,
        reading_for_the_hash_alone_makes_no_profile_and_asks_no_metadata,
        reading_in_several_pieces_gives_the_hash_of_the_whole,
        reading_rejects_each_kind_of_damage_with_its_reason,
        reading_rejects_another_number_of_rows_than_stated,
        reading_rejects_another_size_than_stated_without_a_hash,
        reading_names_a_wrong_hash_before_the_damage_and_the_wrong_count_that_come_of_it,
        reading_of_a_damaged_batch_ends_at_the_damage_where_no_hash_is_stated,
        reading_of_a_damaged_batch_hashes_it_to_the_end_where_a_hash_is_stated,
        reading_rejects_what_is_no_plain_file, reading_waits_for_a_file_that_is_not_there,
        reading_waits_for_a_file_that_may_not_be_read,
        reading_waits_when_the_file_changes_in_the_middle_whatever_was_read,
        reading_after_one_that_waited_starts_from_a_clean_hash,
        reading_stops_in_the_middle_on_sigterm);
}
