/*
 * All batches together are held against the profile of one file that has all their rows, which is
 * what they claim to be.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "consumer/profile/cardinality.h"
#include "consumer/profile/column_json.h"
#include "consumer/profile/profile.h"
#include "consumer/profile/quantiles.h"
#include "consumer/profile/totals.h"
#include "consumer/profile/totals_json.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

/* ---- batches ---- */

static struct batch_states *states_of(const char *csv, size_t length, struct profile *profile)
{
    struct rejection rejection = {.reason = REASON_NONE};
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    profiler_keep_states(profiler);
    ck_assert_msg(profiler_feed(profiler, csv, length, &rejection), "%s", rejection.detail);
    ck_assert_msg(profiler_finish(profiler, profile, &rejection), "%s", rejection.detail);
    struct batch_states *states = profiler_release_states(profiler);
    ck_assert_ptr_nonnull(states);
    profiler_free(profiler);
    return states;
}

static void add_text(struct totals *totals, const struct text *csv)
{
    struct profile profile;
    ck_assert(!text_failed(csv));
    struct batch_states *states = states_of(csv->bytes, csv->length, &profile);
    profile_free(&profile);
    ck_assert(totals_add(totals, states, csv->length));
    batch_states_free(states);
}

static void add(struct totals *totals, const char *csv)
{
    struct text text = {0};
    text_put(&text, csv);
    add_text(totals, &text);
    text_free(&text);
}

static struct totals *make(void)
{
    struct totals *totals = totals_create();
    ck_assert_ptr_nonnull(totals);
    return totals;
}

static struct totals *totals_of(const char *const *batches, size_t count)
{
    struct totals *totals = make();
    for (size_t i = 0; i < count; i++)
        add(totals, batches[i]);
    return totals;
}

#define TOTALS_OF(...)                            \
    totals_of((const char *const[]){__VA_ARGS__}, \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static struct totals_result result_of(const struct totals *totals)
{
    struct totals_result result;
    ck_assert(totals_take(totals, &result));
    return result;
}

/* ---- what they say ---- */

static struct text packed_of(const struct totals *totals)
{
    struct text file = {0};
    totals_pack(totals, &file);
    ck_assert(!text_failed(&file));
    return file;
}

static void assert_same_text(struct text a, struct text b)
{
    ck_assert_msg(a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0,
                  "%.1500s\nis not\n%.1500s", a.bytes, b.bytes);
    text_free(&a);
    text_free(&b);
}

static struct text columns_of(const struct column_result *columns, size_t count)
{
    struct text text = {0};
    for (size_t i = 0; i < count; i++)
        column_json_write(&text, &columns[i], NULL);
    ck_assert(!text_failed(&text));
    return text;
}

/* Column for column, to the last digit. */
static void assert_is_profile_of(struct totals *totals, const char *csv)
{
    struct profile profile;
    batch_states_free(states_of(csv, strlen(csv), &profile));
    struct totals_result result = result_of(totals);
    ck_assert_uint_eq(result.rows, profile.record_count);
    assert_same_text(columns_of(result.columns, result.column_count),
                     columns_of(profile.columns, profile.column_count));
    totals_result_free(&result);
    profile_free(&profile);
    totals_free(totals);
}

static void assert_columns(struct totals *totals, const char *names, const uint64_t *batches)
{
    struct totals_result result = result_of(totals);
    struct text text = {0};
    for (size_t i = 0; i < result.column_count; i++) {
        text_append(&text, result.columns[i].name, result.columns[i].name_length);
        text_put(&text, " ");
        ck_assert_uint_eq(result.column_batches[i], batches[i]);
    }
    ck_assert_str_eq(text.bytes, names);
    text_free(&text);
    totals_result_free(&result);
    totals_free(totals);
}

/* ---- as one file ---- */

START_TEST(totals_of_no_batch_have_nothing_in_them)
{
    struct totals *totals = make();
    struct totals_result result = result_of(totals);
    ck_assert_uint_eq(result.batches, 0);
    ck_assert_uint_eq(result.column_count, 0);
    totals_result_free(&result);
    totals_free(totals);
    totals_free(NULL);
}
END_TEST

START_TEST(totals_of_batches_are_the_profile_of_all_their_rows)
{
    assert_is_profile_of(TOTALS_OF("a,b\n1,x\n2,y\n", "a,b\n", "a,b\n-7,x\n,z\n2,\n"),
                         "a,b\n1,x\n2,y\n-7,x\n,z\n2,\n");
    assert_is_profile_of(TOTALS_OF("d\n2026-01-02\n", "d\n2025-12-31\n"),
                         "d\n2026-01-02\n2025-12-31\n");
}
END_TEST

START_TEST(totals_have_the_type_that_the_cells_of_all_batches_have)
{
    assert_is_profile_of(TOTALS_OF("a\n1\n", "a\n2.5\n"), "a\n1\n2.5\n");
    assert_is_profile_of(TOTALS_OF("a\n1\n", "a\nn/a\n", "a\n3\n"), "a\n1\nn/a\n3\n");
}
END_TEST

START_TEST(totals_count_batches_rows_bytes_and_what_was_left_out)
{
    struct totals *totals = TOTALS_OF("a,b\n1,2\n", "a,b\n3,4\n5,6\n");
    totals_leave_out(totals, 3);
    totals_leave_out(totals, 1);
    struct totals_result result = result_of(totals);
    ck_assert_uint_eq(result.batches, 2);
    ck_assert_uint_eq(result.left_out, 4);
    ck_assert_uint_eq(result.rows, 3);
    ck_assert_uint_eq(result.bytes, 20);
    totals_result_free(&result);
    totals_free(totals);
}
END_TEST

/* ---- which column is which ---- */

START_TEST(totals_know_columns_by_name_wherever_they_stand)
{
    assert_is_profile_of(TOTALS_OF("a,b,c\n1,x,9\n", "c,a,b\n8,2,y\n", "b,c,a\nz,7,3\n"),
                         "a,b,c\n1,x,9\n2,y,8\n3,z,7\n");
}
END_TEST

START_TEST(totals_have_columns_in_the_order_in_which_they_were_met)
{
    assert_columns(TOTALS_OF("b,a\n1,2\n", "c,a\n1,2\n", "a,d,b\n1,2,3\n"), "b a c d ",
                   (const uint64_t[]){2, 3, 1, 1});
}
END_TEST

START_TEST(totals_know_columns_of_one_name_by_which_of_them_they_are)
{
    assert_is_profile_of(TOTALS_OF("x,a,a\n1,2,3\n", "a,x,a\n20,10,30\n"),
                         "x,a,a\n1,2,3\n10,20,30\n");
    assert_columns(TOTALS_OF("a,x,a\n1,2,3\n", "x,a\n1,2\n", "a,a,a\n1,2,3\n"), "a x a a ",
                   (const uint64_t[]){3, 2, 2, 1});
    /* Behind x stands the second a, where the first is due. */
    assert_is_profile_of(TOTALS_OF("a,x,a\n1,2,3\n", "x,a,a\n20,10,30\n"),
                         "a,x,a\n1,2,3\n10,20,30\n");
}
END_TEST

static void put_wide(struct text *csv, const char *prefix, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        text_printf(csv, "%s%s%zu", i == 0 ? "" : ",", prefix, i);
    text_put(csv, "\n");
    for (size_t i = 0; i < columns; i++)
        text_printf(csv, "%s%zu", i == 0 ? "" : ",", i);
    text_put(csv, "\n");
}

START_TEST(totals_count_columns_beyond_those_that_they_keep)
{
    struct totals *totals = make();
    const size_t widths[] = {200, TOTALS_COLUMNS_MAX + 5, TOTALS_COLUMNS_MAX + 2};
    for (size_t i = 0; i < 3; i++) {
        struct text csv = {0};
        put_wide(&csv, "column", widths[i]);
        add_text(totals, &csv);
        text_free(&csv);
    }
    struct totals_result result = result_of(totals);
    ck_assert_uint_eq(result.column_count, TOTALS_COLUMNS_MAX);
    ck_assert_uint_eq(result.columns_left_out, 5);
    ck_assert_uint_eq(result.column_batches[0], 3);
    ck_assert_uint_eq(result.column_batches[TOTALS_COLUMNS_MAX - 1], 2);
    totals_result_free(&result);
    totals_free(totals);
}
END_TEST

START_TEST(totals_leave_out_a_column_with_an_endless_name)
{
    struct text csv = {0};
    struct totals *totals = make();
    for (size_t i = 0; i <= TOTALS_NAME_MAX; i++)
        text_put(&csv, "n");
    text_put(&csv, ",b\n1,2\n");
    add_text(totals, &csv);
    text_free(&csv);
    struct totals_result result = result_of(totals);
    ck_assert_uint_eq(result.columns_left_out, 1);
    totals_result_free(&result);
    assert_columns(totals, "b ", (const uint64_t[]){1});
}
END_TEST

/* ---- beyond what they keep ---- */

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void assert_ranks(const struct column_result *column, double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compare_numbers);
    for (size_t q = 0; q < COLUMN_QUANTILES; q++) {
        size_t below = 0;
        while (below < count && numbers[below] < column->quantiles[q])
            below++;
        ck_assert_double_eq_tol((double)below / (double)count, COLUMN_QUANTILE_P[q],
                                QUANTILES_RANK_ERROR + 1.0 / (double)count);
    }
}

/* `rows` different numbers a batch; a word that stands in every fifth row. */
static void assert_within_errors(size_t batches, size_t rows)
{
    uint64_t chance = 5;
    double *numbers = malloc(batches * rows * sizeof *numbers);
    struct totals *totals = make();
    for (size_t at = 0; at < batches * rows;) {
        struct text csv = {0};
        text_put(&csv, "number,word\n");
        for (size_t i = 0; i < rows; i++, at++) {
            numbers[at] = floor(chance_share(&chance) * 1e12);
            text_printf(&csv, "%.0f,w%zu\n", numbers[at], at % 5 == 0 ? 0 : at);
        }
        add_text(totals, &csv);
        text_free(&csv);
    }
    struct totals_result result = result_of(totals);
    const struct column_result *number = &result.columns[0];
    const struct column_result *word = &result.columns[1];
    double count = (double)(batches * rows);
    number_int128 sum = 0;
    for (size_t i = 0; i < batches * rows; i++)
        sum += (number_int128)numbers[i];
    ck_assert(number->sum.integer == sum);
    assert_ranks(number, numbers, batches * rows);
    ck_assert(number->min.integer == (number_int128)numbers[0]);
    ck_assert_double_eq_tol((double)number->distinct, count, CARDINALITY_ERROR * count);
    ck_assert_uint_ge(word->top_count, 1);
    ck_assert_mem_eq(word->top[0].value.text, "w0", 2);
    ck_assert_uint_le(word->top[0].count, (batches * rows + 4) / 5);
    ck_assert_uint_ge(word->top[0].count + word->top_error, (batches * rows + 4) / 5);
    totals_result_free(&result);
    totals_free(totals);
    free(numbers);
}

START_TEST(totals_of_very_many_values_are_within_the_errors_that_they_state)
{
    assert_within_errors(3000, 40);
}
END_TEST

START_TEST(totals_take_in_batches_that_keep_more_values_than_they_do)
{
    assert_within_errors(1, TOTALS_VALUES + 1);
    assert_within_errors(3, 60000);
    assert_within_errors(3, 100000);
}
END_TEST

static void add_default_batch(struct totals *totals, uint64_t *chance, size_t rows)
{
    struct text csv = {0};
    text_put(&csv, "label,value,timestamp\n");
    for (size_t i = 0; i < rows; i++)
        text_printf(&csv, "item_%zu,%.11f,2026-11-%02uT%02u:%02u:%02uZ\n", i, chance_share(chance),
                    (unsigned)chance_below(chance, 28) + 1, (unsigned)chance_below(chance, 24),
                    (unsigned)chance_below(chance, 60), (unsigned)chance_below(chance, 60));
    add_text(totals, &csv);
    text_free(&csv);
}

START_TEST(totals_of_a_long_stream_stay_small)
{
    uint64_t chance = 1;
    struct totals *totals = make();
    for (size_t i = 0; i < 3000; i++)
        add_default_batch(totals, &chance, 60);
    struct text file = packed_of(totals);
    ck_assert_uint_lt(file.length, 512u << 10);
    ck_assert_uint_lt(totals_bytes(totals), 1u << 20);
    text_free(&file);
    totals_free(totals);
}
END_TEST

/* Thousands of batches a second, 64 of them in between. */
START_TEST(the_states_of_a_small_batch_are_small)
{
    struct profile profile;
    struct text csv = {0};
    text_put(&csv, "label,value,timestamp\n");
    for (size_t i = 0; i < 60; i++)
        text_printf(&csv, "item_%zu,0.%zu,2026-11-23T10:15:%02zuZ\n", i, i + 1000, i);
    struct batch_states *states = states_of(csv.bytes, csv.length, &profile);
    ck_assert_uint_lt(batch_states_bytes(states), 48u << 10);
    ck_assert_uint_gt(batch_states_bytes(states), 3 * 60 * 32);
    ck_assert_uint_eq(states->rows, 60);
    batch_states_free(states);
    batch_states_free(NULL);
    profile_free(&profile);
    text_free(&csv);
}
END_TEST

/* ---- kept ---- */

static struct totals *again(struct totals *totals)
{
    struct text file = packed_of(totals);
    struct totals *copy = totals_unpack(file.bytes, file.length);
    ck_assert_ptr_nonnull(copy);
    text_free(&file);
    totals_free(totals);
    return copy;
}

START_TEST(totals_that_were_kept_go_on_as_if_nothing_had_been)
{
    uint64_t chance = 1;
    uint64_t same_chance = 1;
    struct totals *kept = make();
    struct totals *whole = make();
    for (size_t i = 0; i < 250; i++) {
        add_default_batch(whole, &chance, 40);
        add_default_batch(kept, &same_chance, 40);
        if (i % 40 == 0)
            kept = again(kept);
    }
    add(whole, "label,label\nx,y\n");
    add(kept, "label,label\nx,y\n");
    kept = again(kept);
    assert_same_text(packed_of(kept), packed_of(whole));
    totals_free(kept);
    totals_free(whole);
}
END_TEST

START_TEST(totals_that_were_kept_know_how_many_were_left_out)
{
    struct totals *totals = TOTALS_OF("a\n1\n");
    totals_leave_out(totals, 2);
    totals = again(totals);
    struct totals_result result = result_of(totals);
    ck_assert_uint_eq(result.left_out, 2);
    totals_result_free(&result);
    assert_is_profile_of(totals, "a\n1\n");
}
END_TEST

START_TEST(taking_what_totals_come_to_leaves_them_as_they_are)
{
    uint64_t chance = 1;
    struct totals *totals = make();
    for (size_t i = 0; i < 200; i++)
        add_default_batch(totals, &chance, 40);
    struct text before = packed_of(totals);
    struct totals_result result = result_of(totals);
    totals_result_free(&result);
    assert_same_text(before, packed_of(totals));
    totals_free(totals);
}
END_TEST

/* ---- shards ---- */

START_TEST(totals_of_shards_are_those_of_all_their_batches)
{
    struct totals *totals = TOTALS_OF("a,b\n1,x\n", "a,b\n2,y\n");
    struct totals *other = TOTALS_OF("b,c,a\nz,1,3\n");
    totals_leave_out(other, 4);
    ck_assert(totals_merge(totals, other));
    totals_free(other);
    struct totals_result result = result_of(totals);
    ck_assert_uint_eq(result.batches, 3);
    ck_assert_uint_eq(result.left_out, 4);
    totals_result_free(&result);
    struct totals *all = again(totals);
    result = result_of(all);
    ck_assert_uint_eq(result.column_batches[0], 3);
    ck_assert_uint_eq(result.column_batches[2], 1);
    totals_result_free(&result);
    struct totals *with_c = TOTALS_OF("a,b\n1,x\n2,y\n", "a,b,c\n3,z,1\n");
    struct totals_result expected = result_of(with_c);
    result = result_of(all);
    assert_same_text(columns_of(result.columns, 3), columns_of(expected.columns, 3));
    totals_result_free(&result);
    totals_result_free(&expected);
    totals_free(with_c);
    totals_free(all);
}
END_TEST

/* ---- files of somebody else ---- */

static struct text small_file(void)
{
    struct totals *totals = TOTALS_OF("a,b\n1,x\n2,y\n", "a,b\n3,\n");
    struct text file = packed_of(totals);
    totals_free(totals);
    return file;
}

START_TEST(totals_cut_short_are_refused)
{
    struct text file = small_file();
    for (size_t length = 0; length < file.length; length++)
        ck_assert_msg(totals_unpack(file.bytes, length) == NULL, "cut at %zu", length);
    text_free(&file);
}
END_TEST

START_TEST(totals_with_a_byte_changed_are_refused)
{
    struct text file = small_file();
    for (size_t at = 0; at < file.length; at++)
        for (int bit = 0; bit < 8; bit++) {
            file.bytes[at] = (char)(file.bytes[at] ^ 1 << bit);
            ck_assert_msg(totals_unpack(file.bytes, file.length) == NULL, "at %zu", at);
            file.bytes[at] = (char)(file.bytes[at] ^ 1 << bit);
        }
    text_free(&file);
}
END_TEST

/* Makes the CRC-32 at the end right. */
static void seal(struct text *file)
{
    uint32_t crc = digest_crc32(file->bytes, file->length - 4);
    for (size_t i = 0; i < 4; i++)
        file->bytes[file->length - 4 + i] = (char)(unsigned char)(crc >> 8 * i);
}

START_TEST(totals_changed_by_who_knows_the_checksum_are_refused_or_do_no_harm)
{
    struct text file = small_file();
    size_t refused = 0;
    for (size_t at = 0; at + 4 < file.length; at++) {
        file.bytes[at] = (char)(file.bytes[at] ^ 0xC3);
        seal(&file);
        struct totals *totals = totals_unpack(file.bytes, file.length);
        refused += totals == NULL ? 1 : 0;
        if (totals != NULL) {
            add(totals, "a,b\n1,x\n7,\n");
            struct totals_result result = result_of(totals);
            totals_result_free(&result);
        }
        totals_free(totals);
        file.bytes[at] = (char)(file.bytes[at] ^ 0xC3);
    }
    ck_assert_uint_gt(refused, file.length / 4);
    text_free(&file);
}
END_TEST

/* ---- totals.json ---- */

static struct text json_of(struct totals *totals)
{
    struct text text = {0};
    struct totals_result result = result_of(totals);
    totals_json_write(&text, &result);
    ck_assert(!text_failed(&text));
    totals_result_free(&result);
    totals_free(totals);
    return text;
}

START_TEST(totals_of_nothing_are_a_json_document)
{
    struct text text = json_of(make());
    ck_assert_str_eq(text.bytes, "{\n"
                                 "  \"format\": \"shared-data-totals/1\",\n"
                                 "  \"batches\": 0,\n"
                                 "  \"left_out\": 0,\n"
                                 "  \"record_count\": 0,\n"
                                 "  \"bytes\": 0,\n"
                                 "  \"column_count\": 0,\n"
                                 "  \"columns_left_out\": 0,\n"
                                 "  \"columns\": []\n"
                                 "}\n");
    text_free(&text);
}
END_TEST

START_TEST(totals_in_json_have_columns_as_a_summary_has_and_how_many_batches_had_each)
{
    struct text text = json_of(TOTALS_OF("a\ntrue\n", "a,b\nfalse,true\n"));
    ck_assert_str_eq(text.bytes, "{\n"
                                 "  \"format\": \"shared-data-totals/1\",\n"
                                 "  \"batches\": 2,\n"
                                 "  \"left_out\": 0,\n"
                                 "  \"record_count\": 2,\n"
                                 "  \"bytes\": 22,\n"
                                 "  \"column_count\": 2,\n"
                                 "  \"columns_left_out\": 0,\n"
                                 "  \"columns\": [\n"
                                 "    {\n"
                                 "      \"name\": \"a\",\n"
                                 "      \"type\": \"boolean\",\n"
                                 "      \"batches\": 2,\n"
                                 "      \"count\": 2,\n"
                                 "      \"missing\": 0,\n"
                                 "      \"distinct\": 2,\n"
                                 "      \"distinct_exact\": true,\n"
                                 "      \"distinct_error\": 0,\n"
                                 "      \"min\": false,\n"
                                 "      \"max\": true,\n"
                                 "      \"top\": [\n"
                                 "        {\"value\": false, \"count\": 1},\n"
                                 "        {\"value\": true, \"count\": 1}\n"
                                 "      ],\n"
                                 "      \"top_exact\": true,\n"
                                 "      \"top_error\": 0\n"
                                 "    },\n"
                                 "    {\n"
                                 "      \"name\": \"b\",\n"
                                 "      \"type\": \"boolean\",\n"
                                 "      \"batches\": 1,\n"
                                 "      \"count\": 1,\n"
                                 "      \"missing\": 0,\n"
                                 "      \"distinct\": 1,\n"
                                 "      \"distinct_exact\": true,\n"
                                 "      \"distinct_error\": 0,\n"
                                 "      \"min\": true,\n"
                                 "      \"max\": true,\n"
                                 "      \"top\": [\n"
                                 "        {\"value\": true, \"count\": 1}\n"
                                 "      ],\n"
                                 "      \"top_exact\": true,\n"
                                 "      \"top_error\": 0\n"
                                 "    }\n"
                                 "  ]\n"
                                 "}\n");
    text_free(&text);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_totals", totals_of_no_batch_have_nothing_in_them,
                       totals_of_batches_are_the_profile_of_all_their_rows,
                       totals_have_the_type_that_the_cells_of_all_batches_have,
                       totals_count_batches_rows_bytes_and_what_was_left_out,
                       totals_know_columns_by_name_wherever_they_stand,
                       totals_have_columns_in_the_order_in_which_they_were_met,
                       totals_know_columns_of_one_name_by_which_of_them_they_are,
                       totals_count_columns_beyond_those_that_they_keep,
                       totals_leave_out_a_column_with_an_endless_name,
                       totals_of_very_many_values_are_within_the_errors_that_they_state,
                       totals_take_in_batches_that_keep_more_values_than_they_do,
                       totals_of_a_long_stream_stay_small, the_states_of_a_small_batch_are_small,
                       totals_that_were_kept_go_on_as_if_nothing_had_been,
                       totals_that_were_kept_know_how_many_were_left_out,
                       taking_what_totals_come_to_leaves_them_as_they_are,
                       totals_of_shards_are_those_of_all_their_batches,
                       totals_cut_short_are_refused, totals_with_a_byte_changed_are_refused,
                       totals_changed_by_who_knows_the_checksum_are_refused_or_do_no_harm,
                       totals_of_nothing_are_a_json_document,
                       totals_in_json_have_columns_as_a_summary_has_and_how_many_batches_had_each);
}
