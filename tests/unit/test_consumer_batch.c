#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/contract.h"
#include "consumer/batch/batch.h"
#include "tests/unit/support.h"

#define CSV "label,value\na,1\nb,2\n"
#define CSV_BYTES (sizeof CSV - 1)
#define WRONG_SHA256 "10fb1d4e04ceb8b72aa1cd80d9e7dda0a9a9a9f2a8f23cd4d2d7a4c8f3b5a0c0"

struct place {
    const char *path;
    int fd;
    char data[4096];
    char metadata[4096];
};

static struct place new_place(void)
{
    struct place place = {.path = support_temporary_directory()};
    place.fd = support_open_directory(place.path);
    (void)snprintf(place.data, sizeof place.data, "%s/data_1.csv", place.path);
    (void)snprintf(place.metadata, sizeof place.metadata, "%s/metadata_1.json", place.path);
    return place;
}

static void put_csv(const struct place *place)
{
    support_write_file(place->path, "data_1.csv", CSV, CSV_BYTES);
}

static void put_metadata(const struct place *place, const char *json)
{
    support_write_file(place->path, "metadata_1.json", json, strlen(json));
}

static enum batch_state open_within(const struct limits *limits, const struct place *place,
                                    bool with_metadata, struct batch *batch,
                                    struct rejection *rejection)
{
    const struct batch_files files = {
        .key = "1", .data = "data_1.csv", .metadata = with_metadata ? "metadata_1.json" : NULL};
    *rejection = (struct rejection){.reason = REASON_NONE};
    return batch_open(place->fd, &files, limits, batch, rejection);
}

static enum batch_state open_batch(const struct place *place, bool with_metadata,
                                   struct batch *batch, struct rejection *rejection)
{
    return open_within(&LIMITS_DEFAULT, place, with_metadata, batch, rejection);
}

static void assert_rejected(const struct place *place, bool with_metadata, enum reason reason,
                            const char *detail)
{
    struct batch batch;
    struct rejection rejection;
    ck_assert_int_eq(open_batch(place, with_metadata, &batch, &rejection), BATCH_REJECTED);
    ck_assert_str_eq(reason_word(rejection.reason), reason_word(reason));
    ck_assert_msg(strstr(rejection.detail, detail) != NULL, "%s", rejection.detail);
    batch_close(&batch);
}

static void assert_waits(const struct place *place, bool with_metadata, const char *cause)
{
    struct batch batch;
    struct rejection rejection;
    ck_assert_int_eq(open_batch(place, with_metadata, &batch, &rejection), BATCH_WAIT);
    ck_assert_str_eq(batch.wait_cause, cause);
    ck_assert_int_eq(rejection.reason, REASON_NONE);
    batch_close(&batch);
}

/* Opens, reads to the end in small pieces, and verifies. */
static enum batch_state read_batch(const struct place *place, bool with_metadata,
                                   struct batch *batch, struct rejection *rejection)
{
    char buffer[7];
    ssize_t count = 0;
    struct digest *digest = digest_create();
    enum batch_state state = open_batch(place, with_metadata, batch, rejection);
    ck_assert_int_eq(state, BATCH_GOOD);
    do
        count = batch_read(batch, digest, buffer, sizeof buffer);
    while (count > 0);
    state = batch_verify(batch, digest, count, rejection);
    digest_free(digest);
    return state;
}

/* ---- what is there and good ---- */

START_TEST(batch_without_metadata_is_read_and_hashed)
{
    struct place place = new_place();
    struct batch batch;
    struct rejection rejection;
    char expected[DIGEST_HEX_SIZE];
    struct digest *digest = digest_create();
    digest_update(digest, CSV, CSV_BYTES);
    ck_assert(digest_finish(digest, expected));
    digest_free(digest);
    put_csv(&place);
    ck_assert_int_eq(read_batch(&place, false, &batch, &rejection), BATCH_GOOD);
    ck_assert_uint_eq(batch.bytes, CSV_BYTES);
    ck_assert_str_eq(batch.sha256, expected);
    ck_assert(!batch_is_verified(&batch));
    batch_close(&batch);
}
END_TEST

START_TEST(batch_of_no_bytes_has_the_hash_of_nothing)
{
    struct place place = new_place();
    struct batch batch;
    struct rejection rejection;
    support_write_file(place.path, "data_1.csv", "", 0);
    ck_assert_int_eq(read_batch(&place, false, &batch, &rejection), BATCH_GOOD);
    ck_assert_str_eq(batch.sha256,
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    batch_close(&batch);
}
END_TEST

START_TEST(batch_is_verified_when_its_metadata_states_its_hash)
{
    struct place place = new_place();
    struct batch batch;
    struct rejection rejection;
    put_csv(&place);
    put_metadata(&place, "{\"bytes\": 20}");
    ck_assert_int_eq(read_batch(&place, true, &batch, &rejection), BATCH_GOOD);
    ck_assert(!batch_is_verified(&batch));
    char json[256];
    (void)snprintf(json, sizeof json, "{\"hash\": \"sha256:%s\"}", batch.sha256);
    batch_close(&batch);
    put_metadata(&place, json);
    ck_assert_int_eq(read_batch(&place, true, &batch, &rejection), BATCH_GOOD);
    ck_assert(batch_is_verified(&batch));
    batch_close(&batch);
}
END_TEST

START_TEST(batch_does_not_mind_any_time_of_modification)
{
    static const time_t YEARS[] = {0, 4102444800, 1};
    struct place place = new_place();
    put_csv(&place);
    for (size_t i = 0; i < 3; i++) {
        struct batch batch;
        struct rejection rejection;
        const struct timespec times[2] = {{.tv_sec = YEARS[i]}, {.tv_sec = YEARS[i]}};
        ck_assert_int_eq(utimensat(AT_FDCWD, place.data, times, 0), 0);
        ck_assert_int_eq(read_batch(&place, false, &batch, &rejection), BATCH_GOOD);
        batch_close(&batch);
    }
}
END_TEST

/* ---- what is no file ---- */

START_TEST(batch_that_is_a_symbolic_link_is_rejected_and_its_target_not_opened)
{
    struct place place = new_place();
    ck_assert_int_eq(symlink("/etc/passwd", place.data), 0);
    assert_rejected(&place, false, REASON_NOT_A_REGULAR_FILE, "data_1.csv is a symbolic link");
}
END_TEST

START_TEST(batch_that_is_a_loop_of_links_is_rejected)
{
    struct place place = new_place();
    ck_assert_int_eq(symlink("data_1.csv", place.data), 0);
    assert_rejected(&place, false, REASON_NOT_A_REGULAR_FILE, "a symbolic link");
}
END_TEST

START_TEST(batch_that_is_a_pipe_is_rejected_without_a_wait)
{
    struct place place = new_place();
    ck_assert_int_eq(mkfifo(place.data, 0644), 0);
    assert_rejected(&place, false, REASON_NOT_A_REGULAR_FILE, "a pipe, socket or device");
}
END_TEST

START_TEST(batch_that_is_a_socket_is_rejected)
{
    struct place place = new_place();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_uint_lt(strlen(place.data), sizeof address.sun_path);
    memcpy(address.sun_path, place.data, strlen(place.data));
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_rejected(&place, false, REASON_NOT_A_REGULAR_FILE, "a pipe, socket or device");
    (void)close(fd);
}
END_TEST

START_TEST(batch_that_is_a_directory_is_rejected)
{
    struct place place = new_place();
    ck_assert_int_eq(mkdir(place.data, 0755), 0);
    assert_rejected(&place, false, REASON_NOT_A_REGULAR_FILE, "a directory");
}
END_TEST

START_TEST(batch_with_a_second_name_is_rejected)
{
    struct place place = new_place();
    char other[4096];
    put_csv(&place);
    (void)snprintf(other, sizeof other, "%s/other", place.path);
    ck_assert_int_eq(link(place.data, other), 0);
    assert_rejected(&place, false, REASON_NOT_A_REGULAR_FILE, "hard link");
}
END_TEST

START_TEST(batch_whose_metadata_is_a_link_is_rejected)
{
    struct place place = new_place();
    put_csv(&place);
    ck_assert_int_eq(symlink("/etc/passwd", place.metadata), 0);
    assert_rejected(&place, true, REASON_NOT_A_REGULAR_FILE, "metadata_1.json is a symbolic link");
}
END_TEST

/* ---- what is not there, or not for us ---- */

START_TEST(batch_without_its_data_waits)
{
    struct place place = new_place();
    put_metadata(&place, "{}");
    assert_waits(&place, true, "No such file or directory");
}
END_TEST

START_TEST(batch_without_its_metadata_waits_where_metadata_was_seen)
{
    struct place place = new_place();
    put_csv(&place);
    assert_waits(&place, true, "No such file or directory");
}
END_TEST

START_TEST(batch_of_mode_000_waits)
{
    struct place place = new_place();
    put_csv(&place);
    put_metadata(&place, "{}");
    ck_assert_int_eq(chmod(place.path, 0755), 0);
    ck_assert_int_eq(chmod(place.data, 0), 0);
    if (getuid() == 0)
        ck_assert_int_eq(setuid(65534), 0);
    assert_waits(&place, true, "Permission denied");
    assert_waits(&place, false, "Permission denied");
}
END_TEST

START_TEST(batch_whose_metadata_is_of_mode_000_waits)
{
    struct place place = new_place();
    put_csv(&place);
    put_metadata(&place, "{}");
    ck_assert_int_eq(chmod(place.path, 0755), 0);
    ck_assert_int_eq(chmod(place.metadata, 0), 0);
    if (getuid() == 0)
        ck_assert_int_eq(setuid(65534), 0);
    assert_waits(&place, true, "Permission denied");
}
END_TEST

START_TEST(batch_under_a_write_lease_waits_and_does_not_block)
{
    struct place place = new_place();
    put_csv(&place);
    int holder = open(place.data, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(holder, 0);
    (void)signal(SIGIO, SIG_IGN);
    if (fcntl(holder, F_SETLEASE, F_WRLCK) == 0)
        assert_waits(&place, false, "Resource temporarily unavailable");
    (void)close(holder);
}
END_TEST

/* ---- what disagrees ---- */

START_TEST(batch_longer_or_shorter_than_stated_is_rejected_unread)
{
    struct place place = new_place();
    put_csv(&place);
    put_metadata(&place, "{\"bytes\": 19}");
    assert_rejected(&place, true, REASON_SIZE_MISMATCH, "20 bytes, the metadata states 19");
    put_metadata(&place, "{\"bytes\": 21}");
    assert_rejected(&place, true, REASON_SIZE_MISMATCH, "20 bytes, the metadata states 21");
}
END_TEST

START_TEST(batch_whose_hash_differs_is_rejected_with_both_hashes)
{
    struct place place = new_place();
    struct batch batch;
    struct rejection rejection;
    put_csv(&place);
    put_metadata(&place, "{\"hash\": \"sha256:" WRONG_SHA256 "\"}");
    ck_assert_int_eq(read_batch(&place, true, &batch, &rejection), BATCH_REJECTED);
    ck_assert_int_eq(rejection.reason, REASON_HASH_MISMATCH);
    ck_assert_ptr_nonnull(strstr(rejection.detail, WRONG_SHA256));
    ck_assert_ptr_nonnull(strstr(rejection.detail, batch.sha256));
    batch_close(&batch);
}
END_TEST

START_TEST(batch_with_metadata_that_is_none_is_rejected)
{
    struct place place = new_place();
    put_csv(&place);
    put_metadata(&place, "{\"bytes\": 20} x");
    assert_rejected(&place, true, REASON_METADATA_INVALID, "metadata");
    put_metadata(&place, "");
    assert_rejected(&place, true, REASON_METADATA_INVALID, "metadata");
}
END_TEST

START_TEST(batch_with_metadata_of_another_is_rejected)
{
    struct place place = new_place();
    put_csv(&place);
    put_metadata(&place, "{\"batch\": 2}");
    assert_rejected(&place, true, REASON_METADATA_MISMATCH, "'batch' is 2");
    put_metadata(&place, "{\"path\": \"../data_1.csv\"}");
    assert_rejected(&place, true, REASON_METADATA_MISMATCH, "'path' is '../data_1.csv'");
}
END_TEST

START_TEST(batch_with_metadata_of_a_gibibyte_is_rejected_unread)
{
    struct place place = new_place();
    put_csv(&place);
    put_metadata(&place, "{}");
    ck_assert_int_eq(truncate(place.metadata, 1L << 30), 0);
    assert_rejected(&place, true, REASON_TOO_LARGE,
                    "metadata of 1073741824 bytes, where it has at most 1048576");
}
END_TEST

START_TEST(batch_beyond_the_size_limit_is_rejected_unread)
{
    struct place place = new_place();
    put_csv(&place);
    if (truncate(place.data, (off_t)LIMITS_TIB + 1) != 0)
        return; /* a file system that cannot hold such a file holds no such batch */
    assert_rejected(&place, false, REASON_TOO_LARGE, "1099511627777 bytes");
}
END_TEST

START_TEST(batch_as_large_as_the_size_limit_is_opened_and_a_byte_more_is_rejected)
{
    struct batch batch;
    struct rejection rejection;
    struct limits limits = LIMITS_DEFAULT;
    struct place place = new_place();
    put_csv(&place);
    limits.batch_bytes = CSV_BYTES;
    ck_assert_int_eq(open_within(&limits, &place, false, &batch, &rejection), BATCH_GOOD);
    batch_close(&batch);
    limits.batch_bytes = CSV_BYTES - 1;
    ck_assert_int_eq(open_within(&limits, &place, false, &batch, &rejection), BATCH_REJECTED);
    ck_assert_int_eq(rejection.reason, REASON_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(rejection.detail, "(--max-batch-size)"));
    batch_close(&batch);
}
END_TEST

/* ext4 ends at 16 TiB, tmpfs does not end. */
static bool make_hole_of_8_exbibytes(struct place *place)
{
    static char path[] = "/dev/shm/shared-data-hole.XXXXXX";
    place->path = mkdtemp(path);
    if (place->path == NULL)
        return false;
    place->fd = support_open_directory(place->path);
    int fd = openat(place->fd, "data_1.csv", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    bool made = fd >= 0 && ftruncate(fd, INT64_MAX) == 0;
    (void)close(fd);
    return made;
}

START_TEST(batch_of_8_exbibytes_is_rejected_on_its_size)
{
    struct place place;
    struct batch batch = {.fd = -1};
    struct rejection rejection = {.reason = REASON_NONE};
    struct limits limits = LIMITS_DEFAULT;
    limits.batch_bytes = 1024 * LIMITS_TIB; /* the highest that may be asked for */
    if (!make_hole_of_8_exbibytes(&place))
        return; /* where no file can be that large, none comes */
    enum batch_state state = open_within(&limits, &place, false, &batch, &rejection);
    batch_close(&batch);
    (void)unlinkat(place.fd, "data_1.csv", 0);
    (void)rmdir(place.path);
    ck_assert_int_eq(state, BATCH_REJECTED);
    ck_assert_int_eq(rejection.reason, REASON_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(rejection.detail, "9223372036854775807 bytes"));
}
END_TEST

START_TEST(batch_with_metadata_as_large_as_the_limit_is_read_and_a_byte_more_is_rejected)
{
    struct batch batch;
    struct rejection rejection;
    struct limits limits = LIMITS_DEFAULT;
    struct place place = new_place();
    put_csv(&place);
    put_metadata(&place, "{\"batch\": 1}");
    limits.metadata_bytes = 12;
    ck_assert_int_eq(open_within(&limits, &place, true, &batch, &rejection), BATCH_GOOD);
    batch_close(&batch);
    limits.metadata_bytes = 11;
    ck_assert_int_eq(open_within(&limits, &place, true, &batch, &rejection), BATCH_REJECTED);
    ck_assert_int_eq(rejection.reason, REASON_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(rejection.detail, "metadata of 12 bytes"));
    ck_assert_ptr_nonnull(strstr(rejection.detail, "(--max-metadata-size)"));
    batch_close(&batch);
}
END_TEST

START_TEST(batch_with_metadata_that_nests_as_deep_as_the_limit_is_read_and_no_deeper)
{
    struct batch batch;
    struct rejection rejection;
    struct limits limits = LIMITS_DEFAULT;
    struct place place = new_place();
    put_csv(&place);
    put_metadata(&place, "{\"a\": [{}]}");
    limits.json_depth = 3;
    ck_assert_int_eq(open_within(&limits, &place, true, &batch, &rejection), BATCH_GOOD);
    batch_close(&batch);
    limits.json_depth = 2;
    ck_assert_int_eq(open_within(&limits, &place, true, &batch, &rejection), BATCH_REJECTED);
    ck_assert_int_eq(rejection.reason, REASON_METADATA_INVALID);
    ck_assert_ptr_nonnull(strstr(rejection.detail, "nested too deeply at byte 7"));
    batch_close(&batch);
}
END_TEST

/* ---- what moves ---- */

static void rewrite_data(const struct place *place)
{
    /* A pause, since two changes within one tick of the kernel's clock look the same. */
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    (void)nanosleep(&pause, NULL);
    int fd = open(place->data, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, "z", 1, (off_t)CSV_BYTES - 2), 1);
    (void)close(fd);
}

static void truncate_data(const struct place *place)
{
    ck_assert_int_eq(truncate(place->data, 5), 0);
}

static void grow_data(const struct place *place)
{
    ck_assert_int_eq(truncate(place->data, 500), 0);
}

/* What comes of a batch to which `happening` happens after its first bytes were read. */
static void assert_waits_when(void (*happening)(const struct place *place))
{
    struct place place = new_place();
    struct batch batch;
    struct rejection rejection;
    char buffer[10];
    ssize_t count = 0;
    struct digest *digest = digest_create();
    put_csv(&place);
    ck_assert_int_eq(open_batch(&place, false, &batch, &rejection), BATCH_GOOD);
    ck_assert_int_eq(batch_read(&batch, digest, buffer, sizeof buffer), 10);
    happening(&place);
    do
        count = batch_read(&batch, digest, buffer, sizeof buffer);
    while (count > 0);
    ck_assert_int_eq(batch_verify(&batch, digest, count, &rejection), BATCH_WAIT);
    ck_assert_str_eq(batch.wait_cause, "changed while it was read");
    ck_assert_str_eq(batch.sha256, "");
    ck_assert_int_eq(rejection.reason, REASON_NONE);
    batch_close(&batch);
    digest_free(digest);
}

START_TEST(batch_rewritten_at_the_same_size_while_it_is_read_waits)
{
    assert_waits_when(rewrite_data);
}
END_TEST

START_TEST(batch_truncated_while_it_is_read_waits)
{
    assert_waits_when(truncate_data);
}
END_TEST

START_TEST(batch_grown_while_it_is_read_waits)
{
    assert_waits_when(grow_data);
}
END_TEST

/* A time of modification can be set back, that of the change of the file itself cannot. */
static void rewrite_data_unseen(const struct place *place)
{
    struct stat before;
    ck_assert_int_eq(stat(place->data, &before), 0);
    rewrite_data(place);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    ck_assert_int_eq(utimensat(AT_FDCWD, place->data, times, 0), 0);
}

START_TEST(batch_rewritten_with_its_time_set_back_waits)
{
    assert_waits_when(rewrite_data_unseen);
}
END_TEST

START_TEST(batch_that_was_not_read_to_its_end_waits)
{
    struct place place = new_place();
    struct batch batch;
    struct rejection rejection;
    char buffer[10];
    struct digest *digest = digest_create();
    put_csv(&place);
    ck_assert_int_eq(open_batch(&place, false, &batch, &rejection), BATCH_GOOD);
    ck_assert_int_eq(batch_read(&batch, digest, buffer, sizeof buffer), 10);
    ck_assert_int_eq(batch_verify(&batch, digest, 0, &rejection), BATCH_WAIT);
    batch_close(&batch);
    digest_free(digest);
}
END_TEST

START_TEST(batch_replaced_while_it_is_read_is_read_to_its_own_end)
{
    struct place place = new_place();
    struct batch batch;
    struct rejection rejection;
    char buffer[64];
    char other[4096];
    struct digest *digest = digest_create();
    put_csv(&place);
    ck_assert_int_eq(open_batch(&place, false, &batch, &rejection), BATCH_GOOD);
    (void)snprintf(other, sizeof other, "%s/other", place.path);
    support_write_file(place.path, "other", "something else", 14);
    ck_assert_int_eq(rename(other, place.data), 0);
    ck_assert_int_eq(batch_read(&batch, digest, buffer, sizeof buffer), CSV_BYTES);
    ck_assert_mem_eq(buffer, CSV, CSV_BYTES);
    batch_close(&batch);
    digest_free(digest);
}
END_TEST

START_TEST(batch_that_cannot_be_read_waits_with_the_cause)
{
    struct place place = new_place();
    struct batch batch;
    struct rejection rejection;
    char buffer[8];
    struct digest *digest = digest_create();
    put_csv(&place);
    ck_assert_int_eq(open_batch(&place, false, &batch, &rejection), BATCH_GOOD);
    ck_assert_int_ge(dup2(place.fd, batch.fd), 0); /* pread of a directory: EISDIR */
    ssize_t count = batch_read(&batch, digest, buffer, sizeof buffer);
    ck_assert_int_eq(count, -1);
    ck_assert_int_eq(batch_verify(&batch, digest, count, &rejection), BATCH_WAIT);
    ck_assert_str_eq(batch.wait_cause, "Is a directory");
    batch_close(&batch);
    digest_free(digest);
}
END_TEST

START_TEST(batch_may_be_closed_twice_and_without_having_been_opened)
{
    struct place place = new_place();
    struct batch batch;
    struct rejection rejection;
    (void)open_batch(&place, false, &batch, &rejection);
    batch_close(&batch);
    batch_close(&batch);
    ck_assert_int_eq(batch.fd, -1);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_batch", batch_without_metadata_is_read_and_hashed,
        batch_of_no_bytes_has_the_hash_of_nothing,
        batch_is_verified_when_its_metadata_states_its_hash,
        batch_does_not_mind_any_time_of_modification,
        batch_that_is_a_symbolic_link_is_rejected_and_its_target_not_opened,
        batch_that_is_a_loop_of_links_is_rejected, batch_that_is_a_pipe_is_rejected_without_a_wait,
        batch_that_is_a_socket_is_rejected, batch_that_is_a_directory_is_rejected,
        batch_with_a_second_name_is_rejected, batch_whose_metadata_is_a_link_is_rejected,
        batch_without_its_data_waits, batch_without_its_metadata_waits_where_metadata_was_seen,
        batch_of_mode_000_waits, batch_whose_metadata_is_of_mode_000_waits,
        batch_under_a_write_lease_waits_and_does_not_block,
        batch_longer_or_shorter_than_stated_is_rejected_unread,
        batch_whose_hash_differs_is_rejected_with_both_hashes,
        batch_with_metadata_that_is_none_is_rejected, batch_with_metadata_of_another_is_rejected,
        batch_with_metadata_of_a_gibibyte_is_rejected_unread,
        batch_beyond_the_size_limit_is_rejected_unread,
        batch_as_large_as_the_size_limit_is_opened_and_a_byte_more_is_rejected,
        batch_of_8_exbibytes_is_rejected_on_its_size,
        batch_with_metadata_as_large_as_the_limit_is_read_and_a_byte_more_is_rejected,
        batch_with_metadata_that_nests_as_deep_as_the_limit_is_read_and_no_deeper,
        batch_rewritten_at_the_same_size_while_it_is_read_waits,
        batch_truncated_while_it_is_read_waits, batch_grown_while_it_is_read_waits,
        batch_rewritten_with_its_time_set_back_waits, batch_that_was_not_read_to_its_end_waits,
        batch_replaced_while_it_is_read_is_read_to_its_own_end,
        batch_that_cannot_be_read_waits_with_the_cause,
        batch_may_be_closed_twice_and_without_having_been_opened);
}
