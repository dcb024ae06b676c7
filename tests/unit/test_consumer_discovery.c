#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/number.h"
#include "consumer/batch/discovery.h"
#include "tests/unit/support.h"

#define SECOND NUMBER_NS_PER_SECOND

/* A watched directory inside of another, so that it can be moved; its clock is ours. */
struct watch {
    char path[4096];
    struct discovery *discovery;
    int64_t now_ns;
    uint64_t names_at_once;
    struct shard shard;
    int processed; /* batches up to this one are */
};

static bool is_processed(void *context, const char *key)
{
    const struct watch *watch = context;
    return strtol(key, NULL, 10) <= watch->processed;
}

static void start_watch_of(struct watch *watch, const char *pattern, uint64_t names_at_once)
{
    watch->names_at_once = names_at_once;
    watch->shard = SHARD_WHOLE;
    watch->processed = 0;
    (void)snprintf(watch->path, sizeof watch->path, "%s/shared", support_temporary_directory());
    ck_assert_int_eq(mkdir(watch->path, 0755), 0);
    struct discovery_options options = {.path = watch->path,
                                        .pattern = pattern,
                                        .names_at_once = watch->names_at_once,
                                        .shard = watch->shard,
                                        .is_processed = is_processed,
                                        .context = watch};
    watch->discovery = discovery_create(&options);
    watch->now_ns = 1000 * SECOND;
    ck_assert_ptr_nonnull(watch->discovery);
}

static void start_watch(struct watch *watch, const char *pattern)
{
    start_watch_of(watch, pattern, 100000);
}

static int look_as(struct watch *watch, enum discovery_look why)
{
    watch->now_ns += SECOND;
    return discovery_look(watch->discovery, why, watch->now_ns);
}

/* A minute later, so that it lists the directory however long this machine takes for that. */
static void poll_once(struct watch *watch)
{
    watch->now_ns += 60 * SECOND;
    ck_assert_int_eq(look_as(watch, DISCOVERY_POLL), 0);
}

static void hint(struct watch *watch)
{
    ck_assert_int_eq(look_as(watch, DISCOVERY_HINT), 0);
}

static void put(const struct watch *watch, const char *name)
{
    support_write_file(watch->path, name, "a\n1\n", 4);
}

static void put_numbered(const struct watch *watch, const char *before, const char *behind,
                         int first, int last)
{
    char name[64];
    for (int i = first; i <= last; i++) {
        (void)snprintf(name, sizeof name, "%s%d%s", before, i, behind);
        put(watch, name);
    }
}

/* Other bytes of the same number, in the same file: the directory stays as it was. */
static void rewrite(const struct watch *watch, const char *name)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    (void)nanosleep(&pause, NULL);
    support_write_file(watch->path, name, "a\n2\n", 4);
}

static void delete_file(const struct watch *watch, const char *name)
{
    char path[5000];
    (void)snprintf(path, sizeof path, "%s/%s", watch->path, name);
    ck_assert_int_eq(unlink(path), 0);
}

static void assert_keys(const struct watch *watch, const char *expected)
{
    char keys[1024] = "";
    for (size_t i = 0; i < discovery_count(watch->discovery); i++) {
        size_t length = strlen(keys);
        (void)snprintf(keys + length, sizeof keys - length, "%s%s", i == 0 ? "" : " ",
                       discovery_at(watch->discovery, i)->key);
    }
    ck_assert_str_eq(keys, expected);
}

/* From now on no event arrives, as on a file system that has none. */
static void deafen(const struct watch *watch)
{
    int silence = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(silence, 0);
    ck_assert_int_ge(discovery_fd(watch->discovery), 0);
    ck_assert_int_ge(dup2(silence, discovery_fd(watch->discovery)), 0);
    (void)close(silence);
}

static void lose_events(const struct watch *watch)
{
    char buffer[16 * 1024];
    while (read(discovery_fd(watch->discovery), buffer, sizeof buffer) > 0)
        continue;
}

static bool has_hint(const struct watch *watch)
{
    struct pollfd fd = {.fd = discovery_fd(watch->discovery), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

/* ---- which ---- */

START_TEST(discovery_orders_batches_by_their_numbers_and_other_keys_after_them)
{
    struct watch watch;
    static const char *const NAMES[] = {"data_10.csv", "data_2.csv",
                                        "data_b.csv",  "data_1.csv",
                                        "data_a.csv",  "data_18446744073709551615.csv"};
    start_watch(&watch, "data_*.csv");
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        put(&watch, NAMES[i]);
    poll_once(&watch);
    assert_keys(&watch, "1 2 10 18446744073709551615 a b");
    put(&watch, "data_3.csv");
    hint(&watch);
    assert_keys(&watch, "1 2 3 10 18446744073709551615 a b");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_skips_names_that_are_no_batches)
{
    static const char *const NAMES[] = {
        "data_8.csv\n",     "data_-1.csv",     "data_01.csv",
        "data_0.csv",       "data_+1.csv",     ".tmp",
        ".nfs0001",         ".data_1.csv.tmp", "_data_1.csv",
        "data_1.csv.tmp",   "data_.csv",       "data_1.CSV",
        "xdata_1.csv",      "data_1.csvx",     "metadata_.json",
        "metadata_01.json", "processed.log",   "data_18446744073709551616.csv",
        "data_\xFF.csv",    "data_a\x1b.csv",  "status.json"};
    struct watch watch;
    char digits[256] = "data_1";
    start_watch(&watch, "data_*.csv");
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        put(&watch, NAMES[i]);
    memset(digits + 5, '7', 240);
    memcpy(digits + 245, ".csv", 5);
    put(&watch, digits);
    poll_once(&watch);
    assert_keys(&watch, "");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_sees_the_two_files_of_a_batch_as_one)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    put(&watch, "metadata_1.json");
    put(&watch, "data_2.csv");
    put(&watch, "metadata_3.json");
    poll_once(&watch);
    assert_keys(&watch, "1 2 3");
    static const bool THERE[][2] = {{true, true}, {true, false}, {false, true}};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(discovery_at(watch.discovery, i)->data.there, THERE[i][0]);
        ck_assert_int_eq(discovery_at(watch.discovery, i)->metadata.there, THERE[i][1]);
    }
    ck_assert_str_eq(discovery_at(watch.discovery, 2)->data_name, "data_3.csv");
    ck_assert_str_eq(discovery_at(watch.discovery, 0)->metadata_name, "metadata_1.json");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_takes_the_keys_of_any_pattern)
{
    struct watch watch;
    start_watch(&watch, "orders-*.txt");
    put(&watch, "orders-7.txt");
    put(&watch, "orders-north.txt");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    assert_keys(&watch, "7 north");
    ck_assert_str_eq(discovery_at(watch.discovery, 1)->data_name, "orders-north.txt");
    ck_assert_str_eq(discovery_at(watch.discovery, 1)->metadata_name, "metadata_north.json");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_sees_links_and_pipes_as_what_they_are)
{
    struct watch watch;
    char path[5000];
    start_watch(&watch, "data_*.csv");
    (void)snprintf(path, sizeof path, "%s/data_1.csv", watch.path);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    (void)snprintf(path, sizeof path, "%s/data_2.csv", watch.path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    poll_once(&watch);
    ck_assert(S_ISLNK(discovery_at(watch.discovery, 0)->data.mode));
    ck_assert(S_ISFIFO(discovery_at(watch.discovery, 1)->data.mode));
    discovery_free(watch.discovery);
}
END_TEST

/* ---- since when ---- */

START_TEST(discovery_knows_since_when_a_batch_waits_and_has_stood_still)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    int64_t first_ns = watch.now_ns;
    poll_once(&watch);
    rewrite(&watch, "data_1.csv");
    poll_once(&watch);
    const struct sighting *sighting = discovery_at(watch.discovery, 0);
    ck_assert_int_eq(sighting->waiting_since_ns, first_ns);
    int64_t rewritten_ns = watch.now_ns;
    ck_assert_int_eq(sighting->unchanged_since_ns, rewritten_ns);
    poll_once(&watch);
    ck_assert_int_eq(sighting->unchanged_since_ns, rewritten_ns);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_notices_a_rewrite_in_place_of_a_waiting_batch_without_events)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    deafen(&watch);
    struct sighting *sighting = discovery_at(watch.discovery, 0);
    sighting->next_try_ns = INT64_MAX;
    rewrite(&watch, "data_1.csv");
    poll_once(&watch);
    ck_assert_int_eq(sighting->unchanged_since_ns, watch.now_ns);
    ck_assert_int_eq(sighting->next_try_ns, 0);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_notices_a_rewrite_in_place_of_a_decided_batch_without_events)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    for (int i = 0; i < 3; i++)
        poll_once(&watch);
    deafen(&watch);
    struct sighting *sighting = discovery_at(watch.discovery, 0);
    sighting->decided = true;
    rewrite(&watch, "data_1.csv");
    int polls = 0;
    for (; sighting->decided && polls < 20; polls++)
        poll_once(&watch);
    ck_assert_int_le(polls, 10);
    ck_assert_int_eq(sighting->waiting_since_ns, watch.now_ns);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_notices_a_change_of_mode_alone)
{
    struct watch watch;
    char path[5000];
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    discovery_at(watch.discovery, 0)->decided = true;
    (void)snprintf(path, sizeof path, "%s/data_1.csv", watch.path);
    ck_assert_int_eq(chmod(path, 0600), 0);
    hint(&watch);
    ck_assert(!discovery_at(watch.discovery, 0)->decided);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_leaves_a_decided_batch_decided_while_nothing_changes)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    discovery_at(watch.discovery, 0)->decided = true;
    for (int i = 0; i < 25; i++)
        poll_once(&watch);
    ck_assert(discovery_at(watch.discovery, 0)->decided);
    discovery_free(watch.discovery);
}
END_TEST

/* ---- gone ---- */

START_TEST(discovery_forgets_a_batch_whose_files_are_both_deleted)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    put(&watch, "metadata_1.json");
    put(&watch, "data_2.csv");
    poll_once(&watch);
    delete_file(&watch, "data_1.csv");
    poll_once(&watch);
    assert_keys(&watch, "1 2");
    ck_assert(!discovery_at(watch.discovery, 0)->data.there);
    delete_file(&watch, "metadata_1.json");
    poll_once(&watch);
    assert_keys(&watch, "2");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_keeps_a_deleted_batch_while_its_chart_is_drawn)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    struct sighting *sighting = discovery_at(watch.discovery, 0);
    sighting->in_flight = true;
    delete_file(&watch, "data_1.csv");
    poll_once(&watch);
    assert_keys(&watch, "1");
    ck_assert_ptr_eq(discovery_at(watch.discovery, 0), sighting);
    sighting->in_flight = false;
    for (int i = 0; i < 10; i++)
        poll_once(&watch);
    assert_keys(&watch, "");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_does_not_move_sightings_when_others_come_and_go)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_500.csv");
    poll_once(&watch);
    struct sighting *sighting = discovery_at(watch.discovery, 0);
    put_numbered(&watch, "data_", ".csv", 1, 299);
    poll_once(&watch);
    ck_assert_ptr_eq(discovery_at(watch.discovery, 299), sighting);
    discovery_free(watch.discovery);
}
END_TEST

/* ---- the directory ---- */

START_TEST(discovery_reports_a_directory_that_is_not_there_and_keeps_what_it_saw)
{
    struct watch watch;
    char away[5000];
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    (void)snprintf(away, sizeof away, "%s-away", watch.path);
    ck_assert_int_eq(rename(watch.path, away), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(look_as(&watch, DISCOVERY_POLL), -1);
        ck_assert_int_eq(errno, ENOENT);
        ck_assert_int_eq(discovery_fd(watch.discovery), -1);
        assert_keys(&watch, "1");
        ck_assert(discovery_at(watch.discovery, 0)->data.there);
    }
    ck_assert_int_eq(rename(away, watch.path), 0);
    put(&watch, "data_2.csv");
    poll_once(&watch);
    assert_keys(&watch, "1 2");
    ck_assert_int_ge(discovery_fd(watch.discovery), 0);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_reports_something_else_under_the_directorys_name)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    poll_once(&watch);
    ck_assert_int_eq(rmdir(watch.path), 0);
    support_write_file("/", watch.path + 1, "", 0);
    ck_assert_int_eq(look_as(&watch, DISCOVERY_POLL), -1);
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert_int_eq(unlink(watch.path), 0);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_reports_a_directory_that_may_not_be_read_and_keeps_what_it_saw)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    put(&watch, "data_2.csv");
    deafen(&watch);
    ck_assert_int_eq(chmod(watch.path, 0), 0);
    if (getuid() == 0) {
        char parent[5000];
        (void)snprintf(parent, sizeof parent, "%s/..", watch.path);
        ck_assert_int_eq(chmod(parent, 0755), 0);
        (void)snprintf(parent, sizeof parent, "%s/../..", watch.path);
        ck_assert_int_eq(chmod(parent, 0755), 0);
        ck_assert_int_eq(seteuid(65534), 0);
    }
    ck_assert_int_eq(look_as(&watch, DISCOVERY_POLL), -1);
    ck_assert_int_eq(errno, EACCES);
    assert_keys(&watch, "1");
    ck_assert(discovery_at(watch.discovery, 0)->data.there);
    ck_assert_int_eq(seteuid(getuid()), 0);
    ck_assert_int_eq(chmod(watch.path, 0755), 0);
    poll_once(&watch);
    assert_keys(&watch, "1 2");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_sees_nothing_in_a_directory_that_is_named_like_its_results)
{
    struct watch watch;
    char path[5000];
    start_watch(&watch, "data_*.csv");
    (void)snprintf(path, sizeof path, "%s/results", watch.path);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    support_write_file(path, "data_1.csv", "a\n", 2);
    poll_once(&watch);
    assert_keys(&watch, "");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_takes_no_foreign_metadata_for_a_batch_of_its_pattern)
{
    struct watch watch;
    start_watch(&watch, "orders-*.txt");
    put(&watch, "metadata_7.json");
    poll_once(&watch);
    assert_keys(&watch, "");
    put(&watch, "orders-7.txt");
    hint(&watch);
    assert_keys(&watch, "7");
    ck_assert(discovery_at(watch.discovery, 0)->metadata.there);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_notes_a_change_that_came_while_the_chart_was_drawn)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    struct sighting *sighting = discovery_at(watch.discovery, 0);
    sighting->in_flight = true;
    poll_once(&watch);
    ck_assert(!sighting->changed_in_flight);
    rewrite(&watch, "data_1.csv");
    hint(&watch);
    ck_assert(sighting->changed_in_flight);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_waits_for_a_directory_that_comes_later)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    ck_assert_int_eq(rmdir(watch.path), 0);
    ck_assert_int_eq(look_as(&watch, DISCOVERY_POLL), -1);
    ck_assert_int_eq(discovery_directory(watch.discovery), -1);
    ck_assert_int_eq(mkdir(watch.path, 0755), 0);
    put(&watch, "data_1.csv");
    poll_once(&watch);
    assert_keys(&watch, "1");
    ck_assert_int_ge(discovery_directory(watch.discovery), 0);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_opens_a_replaced_directory_anew)
{
    struct watch watch;
    char away[5000];
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    poll_once(&watch);
    (void)snprintf(away, sizeof away, "%s-away", watch.path);
    ck_assert_int_eq(rename(watch.path, away), 0);
    ck_assert_int_eq(mkdir(watch.path, 0755), 0);
    put(&watch, "data_2.csv");
    poll_once(&watch);
    assert_keys(&watch, "2");
    lose_events(&watch);
    put(&watch, "data_3.csv");
    ck_assert_msg(has_hint(&watch), "the new directory is not watched");
    hint(&watch);
    assert_keys(&watch, "2 3");
    discovery_free(watch.discovery);
}
END_TEST

/* ---- hints ---- */

START_TEST(discovery_is_woken_by_a_new_file_and_sees_it_at_the_hint)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    poll_once(&watch);
    lose_events(&watch);
    ck_assert(!has_hint(&watch));
    put(&watch, "data_1.csv");
    ck_assert(has_hint(&watch));
    hint(&watch);
    assert_keys(&watch, "1");
    ck_assert(!has_hint(&watch));
    discovery_free(watch.discovery);
}
END_TEST

/* Writes to two files in turn, which the kernel does not tell as one event. */
static void write_in_turn(const struct watch *watch, int times)
{
    int directory = support_open_directory(watch->path);
    int files[2] = {openat(directory, "data_1.csv", O_WRONLY | O_CREAT | O_CLOEXEC, 0644),
                    openat(directory, "data_2.csv", O_WRONLY | O_CREAT | O_CLOEXEC, 0644)};
    for (int i = 0; i < times; i++)
        ck_assert_int_eq(write(files[i % 2], "x", 1), 1);
    (void)close(files[0]);
    (void)close(files[1]);
    (void)close(directory);
}

START_TEST(discovery_leaves_a_flood_of_events_to_further_looks_and_loses_none)
{
    struct watch watch;
    start_watch(&watch, CONTRACT_DATA_PATTERN);
    poll_once(&watch);
    write_in_turn(&watch, 10000);
    put(&watch, "data_3.csv");
    hint(&watch);
    ck_assert(has_hint(&watch));
    assert_keys(&watch, "1 2");
    for (int looks = 0; has_hint(&watch); looks++) {
        ck_assert_int_le(looks, 10);
        hint(&watch);
    }
    assert_keys(&watch, "1 2 3");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_looks_only_at_the_batch_that_an_event_names)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    put(&watch, "data_1.csv");
    put(&watch, "data_2.csv");
    poll_once(&watch);
    rewrite(&watch, "data_2.csv");
    lose_events(&watch);
    rewrite(&watch, "metadata_1.json");
    hint(&watch);
    ck_assert(discovery_at(watch.discovery, 0)->metadata.there);
    ck_assert_int_eq(discovery_at(watch.discovery, 0)->unchanged_since_ns, watch.now_ns);
    ck_assert_int_ne(discovery_at(watch.discovery, 1)->unchanged_since_ns, watch.now_ns);
    poll_once(&watch);
    ck_assert_int_eq(discovery_at(watch.discovery, 1)->unchanged_since_ns, watch.now_ns);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_finds_at_the_next_poll_what_no_event_told)
{
    struct watch watch;
    start_watch(&watch, "data_*.csv");
    poll_once(&watch);
    deafen(&watch);
    put(&watch, "data_1.csv");
    hint(&watch);
    assert_keys(&watch, "");
    poll_once(&watch);
    assert_keys(&watch, "1");
    discovery_free(watch.discovery);
}
END_TEST

static void set_mtime(const struct watch *watch, time_t seconds)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    ck_assert_int_eq(utimensat(AT_FDCWD, watch->path, times, 0), 0);
}

static void poll_half_a_second_later(struct watch *watch)
{
    watch->now_ns += SECOND / 2;
    ck_assert_int_eq(discovery_look(watch->discovery, DISCOVERY_POLL, watch->now_ns), 0);
}

START_TEST(discovery_finds_what_came_in_the_same_second_where_a_clock_has_no_fractions)
{
    struct watch watch;
    start_watch(&watch, CONTRACT_DATA_PATTERN);
    poll_once(&watch);
    deafen(&watch);
    put(&watch, "data_1.csv");
    set_mtime(&watch, 1000);
    poll_half_a_second_later(&watch);
    poll_half_a_second_later(&watch);
    put(&watch, "data_2.csv");
    set_mtime(&watch, 1000);
    poll_half_a_second_later(&watch);
    assert_keys(&watch, "1 2");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_is_not_slowed_by_twenty_thousand_other_names_nor_by_lost_events)
{
    struct watch watch;
    char name[64];
    start_watch(&watch, "data_*.csv");
    poll_once(&watch);
    int directory_fd = support_open_directory(watch.path);
    put(&watch, "junk");
    for (int i = 0; i < 20000; i++) { /* names of one file: quicker to make and to remove */
        (void)snprintf(name, sizeof name, "junk_%d", i);
        ck_assert_int_eq(linkat(directory_fd, "junk", directory_fd, name, 0), 0);
    }
    put(&watch, "data_1.csv"); /* its own event is behind the end of the queue */
    int64_t before_ns = clock_now_ns();
    while (has_hint(&watch))
        hint(&watch);
    assert_keys(&watch, "1");
    ck_assert_int_lt(clock_now_ns() - before_ns, 5 * SECOND);
    (void)close(directory_fd);
    discovery_free(watch.discovery);
}
END_TEST

/* ---- slices ---- */

static int looks_until_listed(struct watch *watch)
{
    int looks = 1;
    hint(watch);
    for (; discovery_deadline(watch->discovery) == 0; looks++)
        hint(watch);
    return looks;
}

START_TEST(discovery_lists_a_large_directory_in_slices_and_takes_news_in_between)
{
    struct watch watch;
    start_watch_of(&watch, CONTRACT_DATA_PATTERN, 10);
    put_numbered(&watch, "junk_", "", 0, 99);
    put(&watch, "data_1.csv");
    poll_once(&watch);
    ck_assert_int_eq(discovery_deadline(watch.discovery), 0); /* more is to be listed */
    put(&watch, "data_2.csv");
    hint(&watch); /* by its event */
    ck_assert_str_eq(discovery_at(watch.discovery, discovery_count(watch.discovery) - 1)->key, "2");
    ck_assert_int_ge(looks_until_listed(&watch), 5);
    assert_keys(&watch, "1 2");
    ck_assert_uint_eq(discovery_skipped(watch.discovery), 100);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_counts_the_names_that_are_no_batchs_once_however_often_they_are_listed)
{
    struct watch watch;
    start_watch(&watch, CONTRACT_DATA_PATTERN);
    put(&watch, "data_01.csv");
    put(&watch, ".nfs0001");
    put(&watch, "data_1.csv");
    put(&watch, "metadata_1.json");
    for (int i = 0; i < 30; i++)
        poll_once(&watch);
    ck_assert_uint_eq(discovery_skipped(watch.discovery), 1);
    delete_file(&watch, "data_01.csv");
    for (int i = 0; i < 30; i++)
        poll_once(&watch);
    ck_assert_uint_eq(discovery_skipped(watch.discovery), 0);
    discovery_free(watch.discovery);
}
END_TEST

/* ---- what was processed ---- */

/* As whoever decides notes it. */
static void process_all(struct watch *watch)
{
    for (size_t i = 0; i < discovery_count(watch->discovery); i++) {
        struct sighting *sighting = discovery_at(watch->discovery, i);
        sighting->decided = sighting->processed = true;
    }
}

START_TEST(discovery_shrinks_what_was_processed_and_sights_it_again_when_it_changes)
{
    struct watch watch;
    start_watch(&watch, CONTRACT_DATA_PATTERN);
    put(&watch, "data_1.csv");
    put(&watch, "data_2.csv");
    put(&watch, "data_a.csv");
    poll_once(&watch);
    process_all(&watch);
    poll_once(&watch);
    assert_keys(&watch, "a"); /* a key that is no number stays */
    rewrite(&watch, "data_2.csv");
    hint(&watch);
    assert_keys(&watch, "2 a");
    ck_assert(discovery_at(watch.discovery, 0)->processed);
    ck_assert(!discovery_at(watch.discovery, 0)->decided);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_notices_a_rewrite_of_a_processed_batch_without_events)
{
    struct watch watch;
    start_watch(&watch, CONTRACT_DATA_PATTERN);
    put(&watch, "data_1.csv");
    poll_once(&watch);
    process_all(&watch);
    poll_once(&watch);
    assert_keys(&watch, "");
    deafen(&watch);
    rewrite(&watch, "data_1.csv");
    poll_once(&watch);
    assert_keys(&watch, "1");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_sights_each_processed_batch_once_after_a_start)
{
    struct watch watch;
    start_watch(&watch, CONTRACT_DATA_PATTERN);
    watch.processed = 2;
    put(&watch, "data_1.csv");
    put(&watch, "data_2.csv");
    put(&watch, "data_3.csv");
    poll_once(&watch);
    assert_keys(&watch, "1 2 3");
    ck_assert(discovery_at(watch.discovery, 1)->processed);
    ck_assert(!discovery_at(watch.discovery, 2)->processed);
    process_all(&watch);
    for (int i = 0; i < 20; i++) {
        poll_once(&watch);
        assert_keys(&watch, "");
    }
    ck_assert_int_eq(discovery_deadline(watch.discovery), INT64_MAX);
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_of_many_processed_batches_compares_some_at_each_look)
{
    struct watch watch;
    start_watch(&watch, CONTRACT_DATA_PATTERN);
    watch.processed = 1000;
    put_numbered(&watch, "data_", ".csv", 1, watch.processed);
    poll_once(&watch);
    size_t sighted = discovery_count(watch.discovery);
    ck_assert_uint_gt(sighted, 0);
    ck_assert_uint_lt(sighted, 500);
    ck_assert_int_lt(discovery_deadline(watch.discovery), watch.now_ns + SECOND);
    for (int i = 0; i < 10; i++) {
        process_all(&watch);
        poll_once(&watch);
    }
    ck_assert_int_eq(discovery_deadline(watch.discovery), INT64_MAX);
    assert_keys(&watch, "");
    discovery_free(watch.discovery);
}
END_TEST

START_TEST(discovery_forgets_a_processed_batch_that_was_deleted)
{
    struct watch watch;
    start_watch(&watch, CONTRACT_DATA_PATTERN);
    put(&watch, "data_1.csv");
    poll_once(&watch);
    process_all(&watch);
    poll_once(&watch);
    delete_file(&watch, "data_1.csv");
    for (int i = 0; i < 20; i++)
        poll_once(&watch);
    assert_keys(&watch, "");
    put(&watch, "data_1.csv"); /* new to us: whether it is processed, others know */
    hint(&watch);
    assert_keys(&watch, "1");
    discovery_free(watch.discovery);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_discovery", discovery_orders_batches_by_their_numbers_and_other_keys_after_them,
        discovery_skips_names_that_are_no_batches, discovery_sees_the_two_files_of_a_batch_as_one,
        discovery_takes_the_keys_of_any_pattern, discovery_sees_links_and_pipes_as_what_they_are,
        discovery_knows_since_when_a_batch_waits_and_has_stood_still,
        discovery_notices_a_rewrite_in_place_of_a_waiting_batch_without_events,
        discovery_notices_a_rewrite_in_place_of_a_decided_batch_without_events,
        discovery_notices_a_change_of_mode_alone,
        discovery_leaves_a_decided_batch_decided_while_nothing_changes,
        discovery_forgets_a_batch_whose_files_are_both_deleted,
        discovery_keeps_a_deleted_batch_while_its_chart_is_drawn,
        discovery_does_not_move_sightings_when_others_come_and_go,
        discovery_reports_a_directory_that_is_not_there_and_keeps_what_it_saw,
        discovery_reports_something_else_under_the_directorys_name,
        discovery_reports_a_directory_that_may_not_be_read_and_keeps_what_it_saw,
        discovery_sees_nothing_in_a_directory_that_is_named_like_its_results,
        discovery_takes_no_foreign_metadata_for_a_batch_of_its_pattern,
        discovery_notes_a_change_that_came_while_the_chart_was_drawn,
        discovery_waits_for_a_directory_that_comes_later, discovery_opens_a_replaced_directory_anew,
        discovery_is_woken_by_a_new_file_and_sees_it_at_the_hint,
        discovery_leaves_a_flood_of_events_to_further_looks_and_loses_none,
        discovery_looks_only_at_the_batch_that_an_event_names,
        discovery_finds_at_the_next_poll_what_no_event_told,
        discovery_finds_what_came_in_the_same_second_where_a_clock_has_no_fractions,
        discovery_is_not_slowed_by_twenty_thousand_other_names_nor_by_lost_events,
        discovery_lists_a_large_directory_in_slices_and_takes_news_in_between,
        discovery_counts_the_names_that_are_no_batchs_once_however_often_they_are_listed,
        discovery_shrinks_what_was_processed_and_sights_it_again_when_it_changes,
        discovery_notices_a_rewrite_of_a_processed_batch_without_events,
        discovery_sights_each_processed_batch_once_after_a_start,
        discovery_of_many_processed_batches_compares_some_at_each_look,
        discovery_forgets_a_processed_batch_that_was_deleted);
}
