#include "consumer/elders.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/number.h"
#include "tests/unit/support.h"

static const char *directory;
static int results_fd;

/* One that runs: its lock is that of an open file, and so is seen by others in this process. */
struct member {
    int lock_fd;
    struct elders *elders;
};

static void in_a_directory(void)
{
    directory = support_temporary_directory();
    results_fd = support_open_directory(directory);
}

static int lock_of(struct shard shard)
{
    char name[CONTRACT_NAME_SIZE];
    shard_lock_file(name, shard);
    ck_assert_int_eq(elders_prepare(results_fd, shard), 0);
    int fd = fileio_lock(results_fd, name);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static struct member enter(uint32_t index, uint32_t count)
{
    struct member member = {.lock_fd = lock_of((struct shard){index, count})};
    member.elders = elders_enter(results_fd, (struct shard){index, count}, member.lock_fd);
    ck_assert_ptr_nonnull(member.elders);
    return member;
}

static void leave(struct member *member)
{
    elders_free(member->elders);
    (void)close(member->lock_fd);
}

static bool leaves(const struct member *member, const char *key)
{
    elders_look(member->elders);
    return elders_own(member->elders, key);
}

START_TEST(who_is_alone_leaves_nothing_to_anybody)
{
    in_a_directory();
    struct member whole = enter(1, 1);
    ck_assert(!leaves(&whole, "1"));
    ck_assert(!elders_anybody_runs(results_fd, SHARD_WHOLE));
    leave(&whole);
}
END_TEST

START_TEST(shards_of_one_number_do_not_heed_each_other)
{
    in_a_directory();
    struct member first = enter(1, 2);
    struct member second = enter(2, 2);
    ck_assert(!leaves(&first, "2"));
    ck_assert(!leaves(&second, "1"));
    ck_assert(elders_anybody_runs(results_fd, (struct shard){1, 2}));
    leave(&first);
    leave(&second);
}
END_TEST

START_TEST(whoever_comes_later_leaves_an_elder_its_own_and_takes_the_rest)
{
    in_a_directory();
    struct member elder = enter(2, 2);
    struct member younger = enter(1, 3);
    ck_assert(leaves(&younger, "4"));
    ck_assert(!leaves(&younger, "1"));
    ck_assert(!leaves(&elder, "4"));
    leave(&elder);
    ck_assert(!leaves(&younger, "4"));
    leave(&younger);
}
END_TEST

START_TEST(an_elder_that_has_ended_is_left_its_own_until_its_records_are_to_be_seen)
{
    const struct timespec pause = {.tv_nsec = 120 * 1000 * 1000};
    in_a_directory();
    struct member old = enter(1, 2);
    struct member young = enter(1, 1);
    ck_assert(leaves(&young, "1"));
    elders_linger(young.elders, 100 * NUMBER_NS_PER_MS);
    leave(&old);
    ck_assert(leaves(&young, "1"));
    (void)nanosleep(&pause, NULL);
    ck_assert(!leaves(&young, "1"));
    leave(&young);
}
END_TEST

START_TEST(an_elder_that_comes_back_is_the_younger)
{
    in_a_directory();
    struct member elder = enter(1, 1);
    struct member other = enter(1, 2);
    ck_assert(leaves(&other, "1"));
    leave(&elder);
    elder = enter(1, 1);
    ck_assert(!leaves(&other, "1"));
    ck_assert(leaves(&elder, "1"));
    ck_assert(!leaves(&elder, "2"));
    leave(&elder);
    leave(&other);
}
END_TEST

/* As a consumer does that never heard of shards: it writes nothing where it is alone. */
START_TEST(who_was_there_when_there_were_no_shards_is_everybodys_elder)
{
    in_a_directory();
    struct member whole = enter(1, 1);
    struct stat ticket;
    ck_assert_int_eq(fstat(whole.lock_fd, &ticket), 0);
    ck_assert_int_eq(ticket.st_size, 0);
    struct member shard = enter(2, 3);
    ck_assert(leaves(&shard, "2"));
    ck_assert(!leaves(&whole, "2"));
    leave(&whole);
    whole = enter(1, 1);
    ck_assert(!leaves(&shard, "2"));
    ck_assert(leaves(&whole, "2"));
    leave(&whole);
    leave(&shard);
}
END_TEST

/* Between taking its lock and its ticket anybody may be the elder: it is waited for. */
START_TEST(who_is_choosing_is_waited_for)
{
    in_a_directory();
    int choosing = lock_of((struct shard){1, 2});
    struct member other = enter(1, 3);
    ck_assert(leaves(&other, "1"));
    struct elders *chosen = elders_enter(results_fd, (struct shard){1, 2}, choosing);
    ck_assert_ptr_nonnull(chosen);
    ck_assert(!leaves(&other, "1"));
    ck_assert(elders_own(chosen, "1"));
    elders_free(chosen);
    (void)close(choosing);
    leave(&other);
}
END_TEST

START_TEST(of_equal_tickets_exactly_one_is_the_elder)
{
    in_a_directory();
    struct member two = enter(1, 2);
    struct member three = enter(1, 3);
    struct stat ticket;
    ck_assert_int_eq(fstat(two.lock_fd, &ticket), 0);
    ck_assert_int_eq(ftruncate(three.lock_fd, ticket.st_size), 0);
    ck_assert(leaves(&three, "1"));
    ck_assert(!leaves(&two, "1"));
    leave(&two);
    leave(&three);
}
END_TEST

START_TEST(a_lock_that_is_left_behind_is_nobody)
{
    in_a_directory();
    struct member gone = enter(1, 2);
    leave(&gone);
    struct member whole = enter(1, 1);
    ck_assert(!leaves(&whole, "1"));
    ck_assert(!elders_anybody_runs(results_fd, SHARD_WHOLE));
    leave(&whole);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_elders", who_is_alone_leaves_nothing_to_anybody,
                       shards_of_one_number_do_not_heed_each_other,
                       whoever_comes_later_leaves_an_elder_its_own_and_takes_the_rest,
                       an_elder_that_has_ended_is_left_its_own_until_its_records_are_to_be_seen,
                       an_elder_that_comes_back_is_the_younger,
                       who_was_there_when_there_were_no_shards_is_everybodys_elder,
                       who_is_choosing_is_waited_for, of_equal_tickets_exactly_one_is_the_elder,
                       a_lock_that_is_left_behind_is_nobody);
}
