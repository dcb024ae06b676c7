#include "common/shard.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/unit/support.h"

START_TEST(a_shard_is_read_as_it_is_written)
{
    const char *const good[] = {"1/1", "1/2", "2/2", "7/10", "1024/1024"};
    const char *const bad[] = {"",        "/",
                               "1",       "1/",
                               "/1",      "0/1",
                               "2/1",     "1/0",
                               "01/2",    "1/02",
                               "1/1025",  "1025/1025",
                               "1-of-2",  "1/2/3",
                               " 1/2",    "1/2 ",
                               "1 / 2",   "-1/2",
                               "+1/2",    "a/b",
                               "1.0/2",   "1/2x",
                               "x1/2",    "1//2",
                               "\t1/2\n", "99999999999999999999/2"};
    struct shard shard;
    char words[SHARD_WORDS_SIZE];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(shard_read(good[i], &shard), "'%s'", good[i]);
        shard_words(words, shard);
        ck_assert_str_eq(words, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!shard_read(bad[i], &shard), "took '%s'", bad[i]);
}
END_TEST

static uint32_t owners_of(const char *key, uint32_t count)
{
    uint32_t owners = 0;
    for (uint32_t i = 1; i <= count; i++)
        owners += shard_owns((struct shard){i, count}, key) ? 1 : 0;
    return owners;
}

START_TEST(each_key_belongs_to_exactly_one_shard_of_any_number)
{
    const char *const keys[] = {"1",          "2", "1000",    "18446744073709551615",
                                "2026-11-23", "a", "\xC3\xA9"};
    for (uint32_t count = 1; count <= 37; count++)
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            ck_assert_msg(owners_of(keys[i], count) == 1, "%s of %" PRIu32, keys[i], count);
}
END_TEST

/* Anybody may compute it, and results of earlier versions go on: so it is written down. */
START_TEST(numbers_go_round_and_other_keys_go_by_their_crc)
{
    ck_assert(shard_owns((struct shard){1, 4}, "1"));
    ck_assert(shard_owns((struct shard){1, 4}, "5"));
    ck_assert(shard_owns((struct shard){4, 4}, "4"));
    ck_assert(shard_owns((struct shard){4, 4}, "8"));
    /* As zlib's crc32() has them: 0xE8B7BE43, 0x33DCFDC6 and 0x71BEEFF9. */
    ck_assert(shard_owns((struct shard){3, 4}, "a"));
    ck_assert(shard_owns((struct shard){2, 4}, "orders-1"));
    ck_assert(shard_owns((struct shard){1, 4}, "b"));
}
END_TEST

START_TEST(keys_that_are_no_numbers_are_spread_evenly)
{
    uint32_t owned[8] = {0};
    for (int i = 0; i < 8000; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "orders-%05d", i);
        for (uint32_t shard = 1; shard <= 8; shard++)
            owned[shard - 1] += shard_owns((struct shard){shard, 8}, key) ? 1 : 0;
    }
    for (size_t i = 0; i < 8; i++)
        ck_assert_msg(owned[i] > 850 && owned[i] < 1150, "%zu has %" PRIu32, i + 1, owned[i]);
}
END_TEST

START_TEST(the_numbers_of_a_shard_are_places_in_a_row)
{
    const struct shard shards[] = {{1, 1}, {1, 4}, {3, 4}, {4, 4}, {1024, 1024}};
    for (size_t i = 0; i < sizeof shards / sizeof *shards; i++) {
        struct shard shard = shards[i];
        uint64_t first = 0;
        uint64_t place = 0;
        ck_assert(shard_place(shard, shard.index, &first));
        for (uint64_t n = 0; n < 100; n++) {
            ck_assert(shard_place(shard, shard.index + n * shard.count, &place));
            ck_assert_uint_eq(place, first + n);
            ck_assert_uint_eq(shard_number(shard, place), shard.index + n * shard.count);
        }
        ck_assert(shard.count == 1 || !shard_place(shard, shard.index + 1, &place));
    }
}
END_TEST

START_TEST(numbers_that_two_shards_own_are_found_from_the_first_on)
{
    const struct shard shards[] = {{1, 1}, {2, 2}, {3, 4}, {4, 6}, {1, 3}, {2, 5}};
    const size_t count = sizeof shards / sizeof *shards;
    for (size_t i = 0; i < count * count; i++) {
        struct shard left = shards[i / count];
        struct shard right = shards[i % count];
        uint64_t found = 0;
        uint64_t place = 0;
        uint64_t next = 100;
        bool none = !shard_first_common(left, right, next, 200, &found);
        for (uint64_t number = 100; number <= 200; number++) {
            if (!shard_place(left, number, &place) || !shard_place(right, number, &place))
                continue;
            ck_assert(!none);
            ck_assert_uint_eq(number, found);
            found += shard_common_step(left, right);
            next = number + 1;
        }
        ck_assert(none == (next == 100));
        ck_assert(none || found == next ||
                  !shard_first_common(left, right, next, found - 1, &place));
    }
}
END_TEST

START_TEST(files_of_a_shard_have_its_name_before_the_extension)
{
    char name[CONTRACT_NAME_SIZE];
    struct shard shard;
    shard_file(name, "processed.log", SHARD_WHOLE);
    ck_assert_str_eq(name, "processed.log");
    shard_file(name, "processed.log", (struct shard){3, 4});
    ck_assert_str_eq(name, "processed.3-of-4.log");
    shard_lock_file(name, SHARD_WHOLE);
    ck_assert_str_eq(name, ".consumer.lock");
    shard_lock_file(name, (struct shard){3, 4});
    ck_assert_str_eq(name, ".shards/consumer.3-of-4.lock");
    ck_assert(shard_of_file("processed.log", "processed.log", &shard));
    ck_assert(shard_is_whole(shard));
    ck_assert(shard_of_file("processed.3-of-4.log", "processed.log", &shard));
    ck_assert(shard_is_same(shard, (struct shard){3, 4}));
}
END_TEST

START_TEST(names_that_are_no_shards_are_passed_over)
{
    const char *const names[] = {
        "processed.1-of-1.log",  "processed.0-of-2.log",         "processed.3-of-2.log",
        "processed.log.damaged", "processed.2-of-4.log.damaged", "processed..log",
        "processed.1-of-.log",   "processed.-of-2.log",          "processed",
        "processed.01-of-2.log", ".processed.1-of-2.log.tmp",    "log",
        "processed.1-of-2",      "processed.1-of-2048.log"};
    struct shard shard;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(!shard_of_file(names[i], "processed.log", &shard), "took %s", names[i]);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("common_shard", a_shard_is_read_as_it_is_written,
                       each_key_belongs_to_exactly_one_shard_of_any_number,
                       numbers_go_round_and_other_keys_go_by_their_crc,
                       keys_that_are_no_numbers_are_spread_evenly,
                       the_numbers_of_a_shard_are_places_in_a_row,
                       numbers_that_two_shards_own_are_found_from_the_first_on,
                       files_of_a_shard_have_its_name_before_the_extension,
                       names_that_are_no_shards_are_passed_over);
}
