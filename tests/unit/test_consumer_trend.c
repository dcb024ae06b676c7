#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "consumer/profile/pack.h"
#include "consumer/stream/trend.h"
#include "tests/unit/support.h"

/* ---- batches ---- */

static void put_column(struct account *account, const char *name, uint64_t count, double median)
{
    struct account_column *column = &account->columns[account->column_count++];
    strcpy(column->name, name);
    column->type = VALUE_NUMBER;
    column->count = count;
    for (int i = 0; i < ACCOUNT_QUANTILES; i++)
        column->quantiles[i] = median + i - ACCOUNT_P50;
}

/* A batch with one column. */
static struct account batch(const char *name, uint64_t count, double median)
{
    struct account account = {.outcome = OUTCOME_PROCESSED};
    put_column(&account, name, count, median);
    return account;
}

static void add(struct trend *trend, uint64_t count, double median)
{
    const struct account account = batch("value", count, median);
    ck_assert(trend_add(trend, &account));
}

static void add_outcome(struct trend *trend, enum outcome outcome)
{
    const struct account account = {.outcome = outcome};
    ck_assert(trend_add(trend, &account));
}

static struct trend *make(void)
{
    struct trend *trend = trend_create();
    ck_assert_ptr_nonnull(trend);
    return trend;
}

/* Batches of 10 values, the median of the first being 1, of the second 2, and so on. */
static struct trend *trend_of(size_t batches)
{
    struct trend *trend = make();
    for (size_t i = 1; i <= batches; i++)
        add(trend, 10, (double)i);
    return trend;
}

static double median_of(const struct trend *trend, size_t place, size_t column)
{
    return trend_place(trend, place)->figures[column].quantiles[ACCOUNT_P50];
}

/* Places lie behind one another, from the first batch to the last. */
static void assert_no_hole(const struct trend *trend)
{
    uint64_t next = 1;
    uint64_t rejected = 0;
    for (size_t i = 0; i < trend_place_count(trend); i++) {
        const struct trend_place *place = trend_place(trend, i);
        ck_assert_uint_eq(place->first, next);
        ck_assert_uint_gt(place->batches, 0);
        rejected += place->rejected;
        next += place->batches;
    }
    ck_assert_uint_eq(next, trend_batches(trend) + 1);
    ck_assert_uint_eq(rejected, trend_rejected(trend));
}

/* ---- one by one ---- */

START_TEST(trend_of_no_batch_has_no_place)
{
    struct trend *trend = make();
    ck_assert_uint_eq(trend_batches(trend), 0);
    ck_assert_uint_eq(trend_place_count(trend), 0);
    ck_assert_uint_eq(trend_column_count(trend), 0);
    trend_free(trend);
    trend_free(NULL);
}
END_TEST

START_TEST(trend_has_the_quantiles_of_each_new_batch)
{
    struct trend *trend = trend_of(3);
    ck_assert_uint_eq(trend_place_count(trend), 3);
    ck_assert_str_eq(trend_column_name(trend, 0), "value");
    for (size_t i = 0; i < 3; i++) {
        const struct trend_figure *figure = &trend_place(trend, i)->figures[0];
        ck_assert_uint_eq(figure->count, 10);
        ck_assert_double_eq(figure->quantiles[ACCOUNT_P05], (double)i - 1);
        ck_assert_double_eq(figure->quantiles[ACCOUNT_P95], (double)i + 3);
    }
    trend_free(trend);
}
END_TEST

START_TEST(trend_has_a_gap_where_a_batch_was_rejected_and_none_where_one_changed)
{
    struct trend *trend = trend_of(1);
    add_outcome(trend, OUTCOME_CHANGED);
    add_outcome(trend, OUTCOME_REJECTED);
    add(trend, 10, 3);
    ck_assert_uint_eq(trend_batches(trend), 3);
    ck_assert_uint_eq(trend_rejected(trend), 1);
    ck_assert_uint_eq(trend_place(trend, 1)->rejected, 1);
    ck_assert_uint_eq(trend_place(trend, 1)->figures[0].count, 0);
    ck_assert_double_eq(median_of(trend, 2, 0), 3);
    trend_free(trend);
}
END_TEST

/* ---- columns ---- */

START_TEST(trend_leaves_out_columns_without_numbers)
{
    struct trend *trend = make();
    struct account account = batch("label", 7, (double)NAN);
    put_column(&account, "none", 0, 1);
    put_column(&account, "endless", 7, (double)INFINITY);
    put_column(&account, "value", 7, 1);
    ck_assert(trend_add(trend, &account));
    ck_assert_uint_eq(trend_column_count(trend), 1);
    ck_assert_str_eq(trend_column_name(trend, 0), "value");
    trend_free(trend);
}
END_TEST

START_TEST(trend_knows_columns_by_name_and_by_which_of_a_name_they_are)
{
    struct trend *trend = make();
    struct account first = batch("a", 1, 10);
    struct account second = batch("b", 1, 21);
    put_column(&first, "b", 1, 11);
    put_column(&first, "a", 1, 12);
    put_column(&second, "a", 1, 20);
    put_column(&second, "a", 1, 22);
    ck_assert(trend_add(trend, &first));
    ck_assert(trend_add(trend, &second));
    ck_assert_uint_eq(trend_column_count(trend), 3);
    for (size_t column = 0; column < 3; column++)
        for (size_t place = 0; place < 2; place++)
            ck_assert_double_eq(median_of(trend, place, column),
                                10 * (double)(place + 1) + (double)column);
    trend_free(trend);
}
END_TEST

START_TEST(trend_counts_columns_beyond_those_that_it_keeps)
{
    struct trend *trend = make();
    struct account account = {.outcome = OUTCOME_PROCESSED};
    for (int i = 0; i < TREND_COLUMNS_MAX + 3; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        put_column(&account, name, 1, i);
    }
    ck_assert(trend_add(trend, &account));
    account.column_count = TREND_COLUMNS_MAX + 1;
    ck_assert(trend_add(trend, &account));
    ck_assert_uint_eq(trend_column_count(trend), TREND_COLUMNS_MAX);
    ck_assert_uint_eq(trend_columns_left_out(trend), 3);
    ck_assert_double_eq(median_of(trend, 1, TREND_COLUMNS_MAX - 1), TREND_COLUMNS_MAX - 1);
    trend_free(trend);
}
END_TEST

/* ---- consolidated ---- */

START_TEST(trend_lets_a_column_go_that_has_not_come_for_long_where_another_needs_its_place)
{
    struct trend *trend = make();
    struct account account = {.outcome = OUTCOME_PROCESSED};
    for (size_t i = 0; i < TREND_COLUMNS_MAX; i++)
        put_column(&account, (const char[]){(char)('a' + i), '\0'}, 10, 1);
    ck_assert(trend_add(trend, &account));
    const struct account others = batch("b", 10, 2);
    for (size_t i = 1; i < TREND_FORGOTTEN; i++)
        ck_assert(trend_add(trend, &others));
    const struct account new = batch("new", 10, 3);
    ck_assert_uint_eq(trend_column_age(trend, 0), TREND_FORGOTTEN - 1);
    ck_assert(trend_add(trend, &new));
    ck_assert_str_eq(trend_column_name(trend, 0), "a");
    ck_assert_uint_eq(trend_columns_left_out(trend), 1);
    ck_assert(trend_add(trend, &new));
    ck_assert_str_eq(trend_column_name(trend, 0), "new");
    ck_assert_str_eq(trend_column_name(trend, 1), "b");
    ck_assert_uint_eq(trend_place(trend, 0)->figures[0].count, 0);
    ck_assert_double_eq(median_of(trend, trend_place_count(trend) - 1, 0), 3);
    ck_assert_uint_eq(trend_column_age(trend, 0), 0);
    trend_free(trend);
}
END_TEST

START_TEST(trend_keeps_the_newest_batches_one_by_one)
{
    struct trend *trend = make();
    for (size_t batches = 1; batches <= 5000; batches++) {
        add(trend, 10, (double)batches);
        if (batches % 61 != 0)
            continue;
        size_t places = trend_place_count(trend);
        for (size_t i = 0; i < TREND_NEWEST && i < batches; i++) {
            ck_assert_uint_eq(trend_place(trend, places - 1 - i)->batches, 1);
            ck_assert_double_eq(median_of(trend, places - 1 - i, 0), (double)(batches - i));
        }
    }
    assert_no_hole(trend);
    trend_free(trend);
}
END_TEST

START_TEST(trend_makes_old_batches_one_by_fours_and_sixteens)
{
    const size_t batches = TREND_NEWEST + 3 + 4 * (TREND_PLACES + 3) + 1;
    struct trend *trend = trend_of(batches);
    ck_assert_uint_eq(trend_place(trend, 0)->batches, 16);
    ck_assert_double_eq_tol(median_of(trend, 0, 0), 8.5, 1e-12);
    ck_assert_uint_eq(trend_place(trend, 0)->figures[0].count, 160);
    ck_assert_uint_eq(trend_place(trend, 1)->first, 17);
    ck_assert_uint_eq(trend_place(trend, 1)->batches, 4);
    ck_assert_double_eq_tol(median_of(trend, 1, 0), 18.5, 1e-12);
    assert_no_hole(trend);
    trend_free(trend);
}
END_TEST

START_TEST(trend_weighs_batches_by_their_values_and_counts_those_rejected)
{
    struct trend *trend = make();
    add(trend, 10, 1);
    add_outcome(trend, OUTCOME_REJECTED);
    add(trend, 30, 5);
    add_outcome(trend, OUTCOME_REJECTED);
    for (size_t i = 0; i < TREND_NEWEST; i++)
        add_outcome(trend, OUTCOME_REJECTED);
    ck_assert_uint_eq(trend_place(trend, 0)->batches, 4);
    ck_assert_uint_eq(trend_place(trend, 0)->rejected, 2);
    ck_assert_uint_eq(trend_place(trend, 0)->figures[0].count, 40);
    ck_assert_double_eq(median_of(trend, 0, 0), 4);
    trend_free(trend);
}
END_TEST

START_TEST(trend_of_the_largest_numbers_stays_finite_and_in_between)
{
    const double numbers[] = {DBL_MAX, -DBL_MAX, DBL_MAX, 3};
    struct trend_place joined = {.first = 1, .batches = 1};
    for (size_t i = 0; i < 400; i++) {
        struct trend_place next = {.batches = 1};
        next.figures[0].count = i % 7 + 1;
        for (int q = 0; q < ACCOUNT_QUANTILES; q++)
            next.figures[0].quantiles[q] = q == 0 ? DBL_MAX : numbers[i % 4];
        trend_join(&joined, &next);
        ck_assert_double_eq(joined.figures[0].quantiles[0], DBL_MAX);
        ck_assert(isfinite(joined.figures[0].quantiles[1]));
    }
}
END_TEST

START_TEST(trend_of_very_many_batches_is_small_and_has_no_hole)
{
    struct trend *trend = make();
    struct text file = {0};
    for (size_t i = 0; i < 300000; i++)
        if (i % 10 == 3)
            add_outcome(trend, OUTCOME_REJECTED);
        else
            add(trend, 10, 1);
    assert_no_hole(trend);
    ck_assert_uint_lt(trend_place_count(trend), 1000);
    ck_assert_double_eq_tol(median_of(trend, 0, 0), 1, 1e-9);
    trend_pack(trend, &file);
    ck_assert(!text_failed(&file));
    ck_assert_uint_lt(file.length, 64u << 10);
    text_free(&file);
    trend_free(trend);
}
END_TEST

/* ---- kept ---- */

static struct text packed_of(const struct trend *trend)
{
    struct text file = {0};
    trend_pack(trend, &file);
    ck_assert(!text_failed(&file));
    return file;
}

static struct trend *again(struct trend *trend)
{
    struct text file = packed_of(trend);
    struct trend *copy = trend_unpack(file.bytes, file.length);
    ck_assert_ptr_nonnull(copy);
    text_free(&file);
    trend_free(trend);
    return copy;
}

static void assert_same(const struct trend *a, const struct trend *b)
{
    ck_assert_uint_eq(trend_batches(a), trend_batches(b));
    ck_assert_uint_eq(trend_rejected(a), trend_rejected(b));
    ck_assert_uint_eq(trend_place_count(a), trend_place_count(b));
    for (size_t i = 0; i < trend_place_count(a); i++)
        ck_assert_mem_eq(trend_place(a, i), trend_place(b, i), sizeof(struct trend_place));
    struct text packed_a = packed_of(a);
    struct text packed_b = packed_of(b);
    ck_assert_uint_eq(packed_a.length, packed_b.length);
    ck_assert_mem_eq(packed_a.bytes, packed_b.bytes, packed_a.length);
    text_free(&packed_a);
    text_free(&packed_b);
}

static void add_mixed(struct trend *trend, size_t i)
{
    struct account account = batch(i % 11 == 0 ? "now and then" : "value", 10 + i % 5, (double)i);
    put_column(&account, "value", 3, -(double)i);
    if (i % 13 == 5)
        account = (struct account){.outcome = OUTCOME_REJECTED};
    ck_assert(trend_add(trend, &account));
}

START_TEST(trend_that_was_kept_goes_on_as_if_nothing_had_been)
{
    struct trend *whole = make();
    struct trend *kept = make();
    for (size_t i = 0; i < 4000; i++) {
        add_mixed(whole, i);
        add_mixed(kept, i);
        if (i % 97 == 0 || i < 3)
            kept = again(kept);
    }
    assert_same(whole, kept);
    trend_free(whole);
    trend_free(kept);
}
END_TEST

START_TEST(trend_cut_short_or_with_a_bit_turned_is_refused)
{
    struct trend *trend = trend_of(5);
    struct text file = packed_of(trend);
    for (size_t length = 0; length < file.length; length++)
        ck_assert_msg(trend_unpack(file.bytes, length) == NULL, "cut at %zu", length);
    for (size_t i = 0; i < 8 * file.length; i++) {
        file.bytes[i / 8] = (char)(file.bytes[i / 8] ^ 1 << i % 8);
        ck_assert_msg(trend_unpack(file.bytes, file.length) == NULL, "bit %zu", i);
        file.bytes[i / 8] = (char)(file.bytes[i / 8] ^ 1 << i % 8);
    }
    text_free(&file);
    trend_free(trend);
}
END_TEST

static void seal(struct text *file)
{
    uint32_t crc = digest_crc32(file->bytes, file->length - 4);
    for (size_t i = 0; i < 4; i++)
        file->bytes[file->length - 4 + i] = (char)(unsigned char)(crc >> 8 * i);
}

START_TEST(trend_changed_by_who_knows_the_checksum_is_refused_or_does_no_harm)
{
    struct trend *trend = trend_of(300);
    struct text file = packed_of(trend);
    size_t refused = 0;
    for (size_t at = 0; at + 4 < file.length; at = at < 400 ? at + 1 : at + 29) {
        file.bytes[at] = (char)(file.bytes[at] ^ 0xFF);
        seal(&file);
        struct trend *turned = trend_unpack(file.bytes, file.length);
        refused += turned == NULL ? 1 : 0;
        for (size_t i = 0; turned != NULL && i < 400; i++)
            add_mixed(turned, i);
        trend_free(turned);
        file.bytes[at] = (char)(file.bytes[at] ^ 0xFF);
    }
    ck_assert_uint_gt(refused, 100);
    text_free(&file);
    trend_free(trend);
}
END_TEST

/* One column of that name, and one batch that was rejected so often. */
static bool takes(size_t name_length, uint64_t rejected)
{
    static const char name[ACCOUNT_NAME_SIZE + 1] = "a name with many NULs behind it";
    struct text file = {0};
    pack_begin(&file, "SDTRENDS", 1);
    pack_u64(&file, 0);
    pack_u64(&file, 1);
    pack_bytes(&file, name, name_length);
    for (size_t level = 24; level-- > 1;)
        pack_u64(&file, 0);
    pack_u64(&file, 1);
    pack_u64(&file, rejected);
    pack_u64(&file, 0);
    pack_end(&file);
    struct trend *trend = trend_unpack(file.bytes, file.length);
    bool taken = trend != NULL;
    trend_free(trend);
    text_free(&file);
    return taken;
}

START_TEST(trend_refuses_a_name_without_an_end_and_more_rejected_batches_than_there_are)
{
    ck_assert(takes(ACCOUNT_NAME_SIZE - 1, 1));
    ck_assert(!takes(ACCOUNT_NAME_SIZE, 1));
    ck_assert(takes(5, 0));
    ck_assert(!takes(5, 2));
}
END_TEST

/* All levels full up to the last: one more batch would go up through all of them. */
START_TEST(trend_with_a_place_on_its_last_level_is_refused)
{
    struct trend *trend = make();
    struct text file = packed_of(trend);
    /* Behind magic, version, what was left out and the number of columns. */
    file.bytes[8 + 4 + 8 + 8] = 1;
    file.length -= 4;
    for (size_t i = 0; i < 8 + 4; i++)
        text_append(&file, "", 1);
    seal(&file);
    ck_assert_ptr_null(trend_unpack(file.bytes, file.length));
    text_free(&file);
    trend_free(trend);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_trend", trend_of_no_batch_has_no_place, trend_has_the_quantiles_of_each_new_batch,
        trend_has_a_gap_where_a_batch_was_rejected_and_none_where_one_changed,
        trend_leaves_out_columns_without_numbers,
        trend_knows_columns_by_name_and_by_which_of_a_name_they_are,
        trend_counts_columns_beyond_those_that_it_keeps,
        trend_lets_a_column_go_that_has_not_come_for_long_where_another_needs_its_place,
        trend_keeps_the_newest_batches_one_by_one,
        trend_makes_old_batches_one_by_fours_and_sixteens,
        trend_weighs_batches_by_their_values_and_counts_those_rejected,
        trend_of_the_largest_numbers_stays_finite_and_in_between,
        trend_of_very_many_batches_is_small_and_has_no_hole,
        trend_that_was_kept_goes_on_as_if_nothing_had_been,
        trend_cut_short_or_with_a_bit_turned_is_refused,
        trend_changed_by_who_knows_the_checksum_is_refused_or_does_no_harm,
        trend_refuses_a_name_without_an_end_and_more_rejected_batches_than_there_are,
        trend_with_a_place_on_its_last_level_is_refused);
}
