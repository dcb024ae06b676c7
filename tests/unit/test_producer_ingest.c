/* A stream as a source, and going on with a file: what is published, and what a crash costs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/group.h"
#include "producer/resume.h"
#include "producer/retired.h"
#include "tests/unit/support.h"

static const char *directory;
static char path[4096];
static struct ingest_options options = {.from = path, .rows_low = 2, .rows_high = 2};
static struct publisher publisher;
static struct ingest ingest;
static struct source source;
static struct group group;
static struct group_batch done[PUBLISH_TOGETHER_MAX];
static struct source_wait waiting;
static struct acknowledgements seen; /* of nobody */
static char error[PUBLISH_ERROR_SIZE];

static void put_stream(const char *csv)
{
    if (directory == NULL)
        directory = support_temporary_directory();
    support_write_file(directory, "stream.csv", csv, strlen(csv));
    (void)snprintf(path, sizeof path, "%s/stream.csv", directory);
}

/* A run from its start to where its first batch can be made. */
static enum resume_result start(uint64_t next)
{
    int fd = support_open_directory(directory);
    options.directory_fd = fd;
    ck_assert_int_eq(publish_open(&publisher, fd, NULL, 0, error), 0);
    publisher.next = next;
    ck_assert_int_eq(ingest_open(&ingest, &options, error), 0);
    enum resume_result result = resume_run(&ingest, fd, &seen, error);
    source = ingest_source(&ingest);
    group_open(&group, &publisher, &source, true);
    return result;
}

/* As SIGKILL does: what is on disk stays as it is. */
static void end(void)
{
    group_close(&group);
    ingest_close(&ingest);
    publish_close(&publisher);
}

/* One batch; the state when there is none. */
static enum source_state publish_one(void)
{
    enum source_state state = group_look(&group, &waiting, error);
    if (state != SOURCE_READY)
        return state;
    ck_assert_int_eq(group_add(&group, error), 0);
    ck_assert_uint_eq(group_commit(&group, done, error), 1);
    return SOURCE_READY;
}

static enum source_state publish_all(void)
{
    enum source_state state;
    while ((state = publish_one()) == SOURCE_READY)
        ;
    return state;
}

static void assert_batch(const char *name, const char *csv)
{
    char *bytes = support_read_file(directory, name, NULL);
    ck_assert_str_eq(bytes, csv);
    free(bytes);
}

static void lose(const char *name)
{
    char lost[4096];
    (void)snprintf(lost, sizeof lost, "%s/%s", directory, name);
    ck_assert_int_eq(unlink(lost), 0);
}

START_TEST(ingest_publishes_a_file_to_its_end_and_says_so)
{
    put_stream("a,b\n1,2\n3,4\n5,6\n");
    ck_assert_int_eq(start(1), RESUME_ANEW);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    assert_batch("data_1.csv", "a,b\n1,2\n3,4\n");
    assert_batch("data_2.csv", "a,b\n5,6\n");
    ck_assert(!support_exists(directory, "data_3.csv"));
    end();
}
END_TEST

START_TEST(ingest_gives_all_rows_before_the_damage_and_then_names_the_stream_and_the_place)
{
    put_stream("a,b\n1,2\n3,4\n5,6\n7\n8,9\n");
    (void)start(1);
    ck_assert_int_eq(publish_all(), SOURCE_DAMAGED);
    assert_batch("data_2.csv", "a,b\n5,6\n");
    ck_assert_ptr_nonnull(strstr(error, "stream.csv: line 5, column 2: 1 cells where"));
    end();
    ck_assert_int_eq(start(3), RESUME_GOES_ON); /* and again, with nothing twice */
    ck_assert_int_eq(publish_all(), SOURCE_DAMAGED);
    ck_assert_ptr_nonnull(strstr(error, "stream.csv: line 5, column 2: 1 cells where"));
    ck_assert(!support_exists(directory, "data_3.csv"));
    end();
}
END_TEST

START_TEST(ingest_calls_an_empty_stream_and_a_header_alone_damage)
{
    put_stream("");
    (void)start(1);
    ck_assert_int_eq(publish_all(), SOURCE_DAMAGED);
    ck_assert_ptr_nonnull(strstr(error, "stream.csv: line 1, column 1: no header"));
    end();
    put_stream("a,b\n");
    (void)start(1);
    ck_assert_int_eq(publish_all(), SOURCE_DAMAGED);
    ck_assert_ptr_nonnull(strstr(error, "stream.csv: line 2, column 1: no row"));
    end();
}
END_TEST

START_TEST(ingest_draws_the_rows_of_each_batch_from_the_seed)
{
    struct text csv = {0};
    size_t first_rows;
    text_put(&csv, "a\n");
    for (int i = 0; i < 1000; i++)
        text_put(&csv, "1\n");
    put_stream(csv.bytes);
    options.rows_low = 1;
    options.rows_high = 100;
    options.seed = 7;
    (void)start(1);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    first_rows = done[0].rows;
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    ck_assert_uint_ne(done[0].rows, first_rows);
    end();
    put_stream(csv.bytes);
    directory = support_temporary_directory();
    (void)start(1);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    ck_assert_uint_eq(done[0].rows, first_rows);
    end();
    text_free(&csv);
}
END_TEST

/* --- files, and going on ---------------------------------------------------------------------- */

#define FIVE_ROWS "a,b\n1,2\n3,4\n5,6\n\"7\n\",8\n9,10\n"

START_TEST(ingest_goes_on_behind_the_last_row_that_was_published)
{
    put_stream(FIVE_ROWS);
    (void)start(1);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    end();
    ck_assert_int_eq(start(2), RESUME_GOES_ON);
    ck_assert_uint_eq(ingest_next_line(&ingest), 4);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    assert_batch("data_2.csv", "a,b\n5,6\n\"7\n\",8\n");
    assert_batch("data_3.csv", "a,b\n9,10\n");
    end();
}
END_TEST

/* The first `count` batches of a run, in one group. */
static void publish_together(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(group_look(&group, &waiting, error), SOURCE_READY);
        ck_assert_int_eq(group_add(&group, error), 0);
    }
    ck_assert_uint_eq(group_commit(&group, done, error), count);
}

START_TEST(ingest_makes_those_announced_batches_again_that_are_not_there)
{
    put_stream(FIVE_ROWS);
    (void)start(1);
    publish_together(3);
    end();
    lose("data_2.csv"); /* as if a power loss had taken its name back, and not that of the third */
    lose("metadata_2.json");
    ck_assert_int_eq(start(4), RESUME_GOES_ON);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    assert_batch("data_4.csv", "a,b\n5,6\n\"7\n\",8\n");
    ck_assert(!support_exists(directory, "data_5.csv"));
    end();
}
END_TEST

/* The batch that was lost, then the one behind it; and nothing else, at whichever start. */
START_TEST(ingest_publishes_nothing_twice_behind_a_hole_that_was_filled)
{
    put_stream(FIVE_ROWS "11,12\n13,14\n15,16\n");
    (void)start(1);
    publish_together(3);
    end();
    lose("data_1.csv");
    lose("metadata_1.json");
    ck_assert_int_eq(start(4), RESUME_GOES_ON);
    ck_assert_uint_eq(ingest.owed, 1);
    publish_together(1);
    ck_assert_uint_eq(place_least_number(&ingest.place), 2);
    end(); /* killed behind the hole */
    ck_assert_int_eq(start(5), RESUME_GOES_ON);
    ck_assert_uint_eq(ingest.owed, 0);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    assert_batch("data_4.csv", "a,b\n1,2\n3,4\n");
    assert_batch("data_5.csv", "a,b\n13,14\n15,16\n");
    ck_assert_int_eq(ingest_settle(&ingest, error), 0);
    end();
    ck_assert_int_eq(start(6), RESUME_GOES_ON);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    ck_assert(!support_exists(directory, "data_6.csv"));
    end();
}
END_TEST

START_TEST(ingest_fills_all_holes_before_it_cuts_anything_new)
{
    put_stream(FIVE_ROWS "11,12\n13,14\n15,16\n");
    (void)start(1);
    publish_together(3);
    end();
    lose("data_1.csv");
    lose("data_3.csv");
    ck_assert_int_eq(start(4), RESUME_GOES_ON);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(group_look(&group, &waiting, error), SOURCE_READY);
        ck_assert_int_eq(group_add(&group, error), 0);
    }
    ck_assert_int_eq(group_look(&group, &waiting, error), SOURCE_WAITING);
    end(); /* killed before either is published */
    ck_assert_int_eq(start(4), RESUME_GOES_ON);
    publish_together(1);
    end(); /* and between the two */
    ck_assert_int_eq(start(5), RESUME_GOES_ON);
    ck_assert_uint_eq(ingest.owed, 1);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    assert_batch("data_4.csv", "a,b\n1,2\n3,4\n");
    assert_batch("data_5.csv", "a,b\n9,10\n11,12\n");
    assert_batch("data_6.csv", "a,b\n13,14\n15,16\n");
    ck_assert(!support_exists(directory, "data_7.csv"));
    end();
}
END_TEST

START_TEST(ingest_publishes_nothing_again_that_may_have_been_deleted_while_no_log_says_so)
{
    put_stream(FIVE_ROWS);
    (void)start(1);
    publish_together(3);
    ck_assert_int_eq(retired_raise(options.directory_fd, 3), 0);
    end();
    lose("data_2.csv");
    lose("metadata_2.json");
    ck_assert_int_eq(start(4), RESUME_FAILED);
    ck_assert_int_eq(errno, ENODATA);
    ck_assert_ptr_nonnull(strstr(error, "batch 2 of it is not there"));
    end();
    seen.all_seen = true; /* and no log has it */
    ck_assert_int_eq(start(4), RESUME_GOES_ON);
    ck_assert_uint_eq(ingest.owed, 1);
    end();
}
END_TEST

START_TEST(ingest_does_not_take_another_batch_of_the_same_number_for_its_own)
{
    put_stream(FIVE_ROWS);
    (void)start(1);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    end();
    support_write_file(directory, "data_1.csv", "a,b\n0,0\n", 8);
    ck_assert_int_eq(start(2), RESUME_GOES_ON);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    assert_batch("data_2.csv", "a,b\n1,2\n3,4\n");
    end();
}
END_TEST

START_TEST(ingest_believes_a_peaceful_end_whatever_was_deleted_since)
{
    put_stream(FIVE_ROWS);
    (void)start(1);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    ck_assert_int_eq(ingest_settle(&ingest, error), 0);
    end();
    lose("data_3.csv");
    ck_assert_int_eq(start(4), RESUME_GOES_ON);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    ck_assert(!support_exists(directory, "data_4.csv"));
    end();
}
END_TEST

START_TEST(ingest_goes_on_with_what_a_file_has_grown_by)
{
    put_stream("a,b\r\n1,2\r\n3,4\r\n5,6");
    (void)start(1);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    end();
    put_stream("a,b\r\n1,2\r\n3,4\r\n5,6\r\n7,8\r\n");
    ck_assert_int_eq(start(3), RESUME_GOES_ON);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    assert_batch("data_3.csv", "a,b\n7,8\n");
    end();
}
END_TEST

/* A row that spans two chunks is read by libcsv, whose batch ends at the CR. */
START_TEST(ingest_counts_no_line_between_a_cr_and_its_lf_where_it_goes_on)
{
    enum { ROWS = (INGEST_CHUNK_BYTES - 5) / 11 + 1 };
    struct text csv = {0};
    text_put(&csv, "a,b\r\n");
    for (int i = 0; i < 2 * ROWS; i++)
        text_put(&csv, "123456,78\r\n");
    text_put(&csv, "damaged\r\n");
    put_stream(csv.bytes);
    options.rows_low = options.rows_high = ROWS;
    (void)start(1);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    ck_assert_int_eq(csv.bytes[ingest.place.offset_bytes], '1');
    end();
    ck_assert_int_eq(start(3), RESUME_GOES_ON);
    ck_assert_uint_eq(ingest_next_line(&ingest), 2 + 2 * ROWS);
    ck_assert_int_eq(publish_all(), SOURCE_DAMAGED);
    end();
    text_free(&csv);
}
END_TEST

START_TEST(ingest_publishes_no_half_of_a_row_of_a_file_that_is_shortened_while_it_is_read)
{
    struct text csv = {0};
    text_put(&csv, "a\n");
    while (csv.length < 2 * INGEST_CHUNK_BYTES)
        text_put(&csv, "123456789\n");
    put_stream(csv.bytes);
    options.rows_low = options.rows_high = 100;
    (void)start(1);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    ck_assert_int_eq(truncate(path, 1000), 0);
    ck_assert_int_eq(publish_all(), SOURCE_DAMAGED);
    ck_assert_ptr_nonnull(strstr(error, "stream.csv: was shortened while it was read"));
    ck_assert_uint_eq(ingest.rows, (INGEST_CHUNK_BYTES - 2) / 10);
    end();
    text_free(&csv);
}
END_TEST

static void assert_refused(const char *csv, const char *words)
{
    put_stream(csv);
    ck_assert_int_eq(start(4), RESUME_REFUSED);
    ck_assert_msg(strstr(error, words) != NULL, "%s", error);
    ck_assert_ptr_nonnull(strstr(error, "stream.csv"));
    ck_assert_ptr_nonnull(strstr(error, "remove .source-"));
    end();
}

START_TEST(ingest_refuses_a_file_that_is_not_the_one_it_has_published)
{
    put_stream(FIVE_ROWS);
    (void)start(1);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    end();
    assert_refused("a,b\n1,2\n3,4\n5,6\n\"7\n\",8\n9,11\n", "batch 3 had other rows");
    assert_refused("a,c\n1,2\n3,4\n5,6\n\"7\n\",8\n9,10\n", "batch 3 had other rows");
    assert_refused("a,b\n1,2\n3,4\n5,6\n", "is shorter than what was published");
    assert_refused("", "is shorter than what was published");
}
END_TEST

START_TEST(ingest_refuses_a_place_that_is_damaged)
{
    char name[PLACE_NAME_SIZE];
    put_stream(FIVE_ROWS);
    (void)start(1);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    ck_assert(place_name(name, ingest.inlet.path));
    end();
    support_write_file(directory, name, "{\"format\": \"shared-data-source/1\"", 32);
    ck_assert_int_eq(start(2), RESUME_REFUSED);
    ck_assert_ptr_nonnull(strstr(error, "is damaged"));
    ck_assert_ptr_nonnull(strstr(error, name));
    end();
}
END_TEST

/* What a failed attempt left under its names is announced until it is published. */
START_TEST(ingest_keeps_all_batches_of_a_group_that_failed_among_those_to_look_for)
{
    char blocked[4096];
    put_stream(FIVE_ROWS);
    (void)start(1);
    (void)snprintf(blocked, sizeof blocked, "%s/metadata_2.json", directory);
    ck_assert_int_eq(mkdir(blocked, 0755), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(group_look(&group, &waiting, error), SOURCE_READY);
        ck_assert_int_eq(group_add(&group, error), 0);
    }
    ck_assert_uint_eq(group_commit(&group, done, error), 0);
    ck_assert(support_exists(directory, "data_3.csv"));
    ck_assert_int_eq(publish_one(), SOURCE_READY); /* the first alone */
    ck_assert_uint_eq(ingest.place.count, 3);
    end();
    ck_assert_int_eq(rmdir(blocked), 0);
    ck_assert_int_eq(start(4), RESUME_GOES_ON);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    ck_assert(!support_exists(directory, "data_4.csv"));
    end();
}
END_TEST

/* --- pipes ------------------------------------------------------------------------------------ */

/* A writer's end of a FIFO in place of the stream. */
static int open_pipe(void)
{
    directory = support_temporary_directory();
    (void)snprintf(path, sizeof path, "%s/fifo", directory);
    ck_assert_int_eq(mkfifo(path, 0644), 0);
    ck_assert_int_eq(start(1), RESUME_ANEW);
    ck_assert_int_eq(publish_one(), SOURCE_WAITING); /* for a writer, and not at an end */
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void put(int fd, const char *bytes)
{
    ck_assert_int_eq(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

START_TEST(ingest_waits_for_a_pipe_and_publishes_the_rest_when_it_is_closed)
{
    int fd = open_pipe();
    put(fd, "a,b\n1,2\n3,");
    ck_assert_int_eq(publish_one(), SOURCE_WAITING);
    ck_assert_int_eq(waiting.fd, ingest.inlet.fd);
    ck_assert_int_eq(waiting.until_ns, WAIT_FOREVER);
    put(fd, "4\n5,6\n7");
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    ck_assert_int_eq(publish_one(), SOURCE_WAITING);
    put(fd, ",8");
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    assert_batch("data_2.csv", "a,b\n5,6\n7,8\n");
    end();
}
END_TEST

START_TEST(ingest_publishes_a_part_when_its_first_row_has_waited_for_the_interval)
{
    options.interval_ns = 50 * NUMBER_NS_PER_MS;
    int fd = open_pipe();
    put(fd, "a,b\n1,2\n");
    ck_assert_int_eq(publish_one(), SOURCE_WAITING);
    ck_assert_int_le(waiting.until_ns, clock_now_ns() + options.interval_ns);
    ck_assert_int_eq(wait_for(NULL, 0, waiting.until_ns), WAIT_TIMEOUT);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    assert_batch("data_1.csv", "a,b\n1,2\n");
    ck_assert_int_eq(publish_one(), SOURCE_WAITING);
    ck_assert_int_eq(waiting.until_ns, WAIT_FOREVER);
    ck_assert_int_eq(close(fd), 0);
    end();
}
END_TEST

START_TEST(ingest_reads_no_further_than_it_is_asked_for)
{
    char bytes[1000];
    int fd = open_pipe();
    memset(bytes, '\n', sizeof bytes);
    put(fd, "a\n1\n2\n");
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    while (write(fd, bytes, sizeof bytes) > 0)
        ; /* nobody asks: the pipe fills up */
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(close(fd), 0);
    end();
}
END_TEST

START_TEST(ingest_that_is_stopped_gives_all_complete_rows_of_a_pipe)
{
    int fd = open_pipe();
    put(fd, "a,b\n1,2\n3,4\n5,6\n7,8\n9,10\n11,12\n13");
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    ingest_stop(&ingest);
    ck_assert_int_eq(publish_all(), SOURCE_ENDED);
    assert_batch("data_2.csv", "a,b\n5,6\n7,8\n9,10\n11,12\n");
    ck_assert_uint_eq(ingest_rows_held(&ingest), 0);
    ck_assert_int_eq(close(fd), 0);
    end();
}
END_TEST

START_TEST(ingest_makes_the_same_bytes_again_after_a_commit_that_failed)
{
    char blocked[4096];
    int fd = open_pipe();
    put(fd, "a,b\n1,2\n3,4\n");
    (void)snprintf(blocked, sizeof blocked, "%s/metadata_1.json", directory);
    ck_assert_int_eq(mkdir(blocked, 0755), 0);
    ck_assert_int_eq(group_look(&group, &waiting, error), SOURCE_READY);
    ck_assert_int_eq(group_add(&group, error), 0);
    ck_assert_uint_eq(group_commit(&group, done, error), 0);
    ck_assert_uint_eq(ingest_rows_held(&ingest), 2);
    ck_assert_int_eq(rmdir(blocked), 0);
    ck_assert_int_eq(publish_one(), SOURCE_READY);
    assert_batch("data_1.csv", "a,b\n1,2\n3,4\n");
    ck_assert_uint_eq(ingest_rows_held(&ingest), 0);
    ck_assert_int_eq(close(fd), 0);
    end();
}
END_TEST

START_TEST(ingest_refuses_what_cannot_be_opened_or_is_a_directory)
{
    directory = support_temporary_directory();
    options.from = directory;
    ck_assert_int_eq(ingest_open(&ingest, &options, error), -1);
    ck_assert_ptr_nonnull(strstr(error, ": Is a directory"));
    ingest_close(&ingest);
    options.from = "/nowhere/stream.csv";
    ck_assert_int_eq(ingest_open(&ingest, &options, error), -1);
    ck_assert_str_eq(error, "--from /nowhere/stream.csv: No such file or directory");
    ingest_close(&ingest);
}
END_TEST

int main(void)
{
    if (wait_open() != 0)
        return EXIT_FAILURE;
    return SUPPORT_RUN(
        "producer_ingest", ingest_publishes_a_file_to_its_end_and_says_so,
        ingest_gives_all_rows_before_the_damage_and_then_names_the_stream_and_the_place,
        ingest_calls_an_empty_stream_and_a_header_alone_damage,
        ingest_draws_the_rows_of_each_batch_from_the_seed,
        ingest_goes_on_behind_the_last_row_that_was_published,
        ingest_makes_those_announced_batches_again_that_are_not_there,
        ingest_publishes_nothing_twice_behind_a_hole_that_was_filled,
        ingest_fills_all_holes_before_it_cuts_anything_new,
        ingest_publishes_nothing_again_that_may_have_been_deleted_while_no_log_says_so,
        ingest_does_not_take_another_batch_of_the_same_number_for_its_own,
        ingest_believes_a_peaceful_end_whatever_was_deleted_since,
        ingest_goes_on_with_what_a_file_has_grown_by,
        ingest_counts_no_line_between_a_cr_and_its_lf_where_it_goes_on,
        ingest_publishes_no_half_of_a_row_of_a_file_that_is_shortened_while_it_is_read,
        ingest_refuses_a_file_that_is_not_the_one_it_has_published,
        ingest_refuses_a_place_that_is_damaged,
        ingest_keeps_all_batches_of_a_group_that_failed_among_those_to_look_for,
        ingest_waits_for_a_pipe_and_publishes_the_rest_when_it_is_closed,
        ingest_publishes_a_part_when_its_first_row_has_waited_for_the_interval,
        ingest_reads_no_further_than_it_is_asked_for,
        ingest_that_is_stopped_gives_all_complete_rows_of_a_pipe,
        ingest_makes_the_same_bytes_again_after_a_commit_that_failed,
        ingest_refuses_what_cannot_be_opened_or_is_a_directory);
}
