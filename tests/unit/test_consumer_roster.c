#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/batch/roster.h"
#include "tests/unit/support.h"

#define PATTERN "data_*.csv"

static struct sighting *make(const char *key)
{
    struct sighting *sighting = sighting_new(PATTERN, key, 1);
    ck_assert_ptr_nonnull(sighting);
    return sighting;
}

static void note(struct roster *roster, const char *key)
{
    ck_assert(roster_note(roster, make(key)));
}

static void merge(struct roster *roster)
{
    roster_sort_fresh(roster);
    ck_assert(roster_merge(roster));
    ck_assert_uint_eq(roster->fresh.count, 0);
}

/* The keys of all, divided by blanks. */
static void assert_all(const struct roster *roster, const char *expected)
{
    char keys[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < roster->all.count; i++)
        length += (size_t)snprintf(keys + length, sizeof keys - length, "%s%s", i == 0 ? "" : " ",
                                   roster->all.items[i]->key);
    ck_assert_str_eq(keys, expected);
}

START_TEST(roster_keeps_what_is_noted_in_any_order_by_key_and_once)
{
    struct roster roster = {0};
    static const char *const KEYS[] = {"10", "b", "9", "a", "10", "2", "b", "2"};
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        note(&roster, KEYS[i]);
    ck_assert_ptr_null(roster_find(&roster, "9", 9));
    merge(&roster);
    assert_all(&roster, "2 9 10 a b");
    roster_free(&roster);
}
END_TEST

START_TEST(roster_merges_before_between_and_behind_what_is_there)
{
    struct roster roster = {0};
    merge(&roster);
    assert_all(&roster, "");
    note(&roster, "5");
    note(&roster, "3");
    merge(&roster);
    note(&roster, "4");
    note(&roster, "9");
    note(&roster, "1");
    merge(&roster);
    assert_all(&roster, "1 3 4 5 9");
    roster_free(&roster);
}
END_TEST

START_TEST(roster_adds_one_in_its_place_at_once)
{
    struct roster roster = {0};
    static const char *const KEYS[] = {"3", "1", "x", "2"};
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        ck_assert(roster_add(&roster, make(KEYS[i])));
    assert_all(&roster, "1 2 3 x");
    roster_free(&roster);
}
END_TEST

START_TEST(roster_has_one_of_a_key_that_was_noted_and_added)
{
    struct roster roster = {0};
    note(&roster, "2");
    note(&roster, "1");
    struct sighting *added = make("2");
    ck_assert(roster_add(&roster, added));
    merge(&roster);
    assert_all(&roster, "1 2");
    ck_assert_ptr_eq(roster_find(&roster, "2", 2), added);
    roster_free(&roster);
}
END_TEST

START_TEST(roster_finds_each_of_many_and_nothing_else)
{
    struct roster roster = {0};
    char key[16];
    for (int i = 999; i > 0; i -= 2) {
        (void)snprintf(key, sizeof key, "%d", i);
        note(&roster, key);
    }
    merge(&roster);
    for (unsigned i = 1; i <= 1000; i++) {
        (void)snprintf(key, sizeof key, "%u", i);
        const struct sighting *sighting = roster_find(&roster, key, i);
        ck_assert_int_eq(sighting != NULL, i % 2 == 1);
        if (sighting != NULL)
            ck_assert_str_eq(sighting->key, key);
    }
    ck_assert_ptr_null(roster_find(&roster, "x", 0));
    roster_free(&roster);
}
END_TEST

START_TEST(roster_free_also_frees_what_was_never_merged)
{
    struct roster roster = {0};
    note(&roster, "1");
    ck_assert(roster_add(&roster, make("2")));
    roster_free(&roster);
    ck_assert_uint_eq(roster.all.count + roster.fresh.count, 0);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_roster", roster_keeps_what_is_noted_in_any_order_by_key_and_once,
        roster_merges_before_between_and_behind_what_is_there, roster_adds_one_in_its_place_at_once,
        roster_has_one_of_a_key_that_was_noted_and_added,
        roster_finds_each_of_many_and_nothing_else, roster_free_also_frees_what_was_never_merged);
}
