#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/wait.h"
#include "consumer/profile/profile.h"
#include "consumer/profile/summary.h"
#include "tests/unit/support.h"

/* False when it was damaged; then `rejection` says how. */
static bool profile_text(const char *csv, size_t length, size_t chunk, struct profile *profile,
                         struct rejection *rejection)
{
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    bool good = true;
    *rejection = (struct rejection){.reason = REASON_NONE};
    ck_assert_ptr_nonnull(profiler);
    for (size_t at = 0; good && at < length; at += chunk)
        good =
            profiler_feed(profiler, csv + at, length - at < chunk ? length - at : chunk, rejection);
    good = good && profiler_finish(profiler, profile, rejection);
    profiler_free(profiler);
    return good;
}

static struct profile profile_of(const char *csv)
{
    struct profile profile;
    struct rejection rejection;
    ck_assert_msg(profile_text(csv, strlen(csv), 4096, &profile, &rejection), "%s",
                  rejection.detail);
    return profile;
}

START_TEST(profile_of_no_bytes_has_nothing_but_a_dialect)
{
    struct profile profile = profile_of("");
    ck_assert_uint_eq(profile.record_count, 0);
    ck_assert_uint_eq(profile.column_count, 0);
    ck_assert(!profile.has_header);
    ck_assert_str_eq(profile.dialect.line_ending, "lf");
    ck_assert_uint_eq(sample_rows(profile.sample), 0);
    profile_free(&profile);
}
END_TEST

START_TEST(profile_of_a_header_alone_has_columns_without_values)
{
    struct profile profile = profile_of("a,b\n");
    ck_assert(profile.has_header);
    ck_assert_uint_eq(profile.record_count, 0);
    ck_assert_uint_eq(profile.column_count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(profile.columns[i].type, VALUE_STRING);
        ck_assert_uint_eq(profile.columns[i].count + profile.columns[i].missing, 0);
    }
    profile_free(&profile);
}
END_TEST

START_TEST(profile_gives_each_column_its_own_cells)
{
    struct profile profile = profile_of("n,word,day\n1,x,2026-01-01\n2,,2026-01-02\n");
    ck_assert_uint_eq(profile.record_count, 2);
    ck_assert_int_eq(profile.columns[0].type, VALUE_INTEGER);
    ck_assert_int_eq(profile.columns[1].type, VALUE_STRING);
    ck_assert_int_eq(profile.columns[2].type, VALUE_DATE);
    ck_assert_uint_eq(profile.columns[1].missing, 1);
    ck_assert_mem_eq(profile.columns[2].name, "day", 3);
    ck_assert_uint_eq(sample_rows(profile.sample), 2);
    ck_assert_mem_eq(sample_cell(profile.sample, 1, 2).bytes, "2026-01-02", 10);
    profile_free(&profile);
}
END_TEST

START_TEST(profile_knows_how_the_file_is_written)
{
    struct profile profile = profile_of("\xEF\xBB\xBF"
                                        "a\r\n1\r\n");
    ck_assert(profile.dialect.bom);
    ck_assert_str_eq(profile.dialect.line_ending, "crlf");
    ck_assert_int_eq(profile.dialect.delimiter, ',');
    ck_assert_mem_eq(profile.columns[0].name, "a", profile.columns[0].name_length);
    profile_free(&profile);
}
END_TEST

START_TEST(profile_of_damaged_text_is_none_and_says_where)
{
    static const struct {
        const char *csv;
        enum reason reason;
    } ROWS[] = {{"a,b\n1\n", REASON_MISSING_CELL},
                {"a\n1,2\n", REASON_EXTRA_CELL},
                {"a\n\"1\n", REASON_UNCLOSED_QUOTE},
                {"a\n1\"\n", REASON_STRAY_QUOTE},
                {"\xFF\n", REASON_ENCODING_ERROR}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct profile profile;
        struct rejection rejection;
        ck_assert(!profile_text(ROWS[i].csv, strlen(ROWS[i].csv), 3, &profile, &rejection));
        ck_assert_str_eq(reason_word(rejection.reason), reason_word(ROWS[i].reason));
        ck_assert_ptr_nonnull(strstr(rejection.detail, "line "));
    }
}
END_TEST

START_TEST(profile_may_be_given_up_in_the_middle)
{
    struct rejection rejection;
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    ck_assert(profiler_feed(profiler, "a,b\n1,2\n3,\"4", 12, &rejection));
    profiler_free(profiler);
    profiler_free(NULL);
}
END_TEST

START_TEST(profile_of_blank_lines_has_no_header)
{
    struct profile profile = profile_of("\n\r\n\r");
    ck_assert(!profile.has_header);
    ck_assert_uint_eq(profile.record_count, 0);
    ck_assert_uint_eq(profile.column_count, 0);
    profile_free(&profile);
}
END_TEST

START_TEST(profile_of_a_file_with_a_nul_byte_is_none)
{
    struct profile profile;
    struct rejection rejection;
    ck_assert(!profile_text("a\n1\0\n", 6, 6, &profile, &rejection));
    ck_assert_str_eq(reason_word(rejection.reason), "nul-byte");
}
END_TEST

START_TEST(profile_takes_nothing_more_after_damage)
{
    struct profile profile;
    struct rejection rejection;
    const struct csv_rules commas = {.delimiter = ','};
    struct profiler *profiler = profiler_create(&commas, &LIMITS_DEFAULT);
    ck_assert(!profiler_feed(profiler, "a\n1,2\n", 6, &rejection));
    ck_assert(!profiler_feed(profiler, "3\n", 2, &rejection));
    ck_assert(!profiler_finish(profiler, &profile, &rejection));
    ck_assert_int_eq(rejection.reason, REASON_EXTRA_CELL);
    profiler_free(profiler);
}
END_TEST

START_TEST(profile_keeps_columns_apart_that_have_one_name_or_none)
{
    struct profile profile = profile_of("a,a,,\n1,x,2026-01-01,\n");
    ck_assert_uint_eq(profile.column_count, 4);
    ck_assert_int_eq(profile.columns[0].type, VALUE_INTEGER);
    ck_assert_int_eq(profile.columns[1].type, VALUE_STRING);
    ck_assert_int_eq(profile.columns[2].type, VALUE_DATE);
    ck_assert_uint_eq(profile.columns[3].name_length, 0);
    ck_assert_uint_eq(profile.columns[3].missing, 1);
    profile_free(&profile);
}
END_TEST

START_TEST(profile_may_be_freed_twice)
{
    struct profile profile = profile_of("a\n1\n");
    profile_free(&profile);
    ck_assert_uint_eq(profile.column_count, 0);
    profile_free(&profile);
}
END_TEST

/* That is no rejection: the batch is taken again after the next start. */
START_TEST(profile_comes_to_no_end_once_the_program_shall_end)
{
    struct profile profile;
    struct rejection rejection = {.reason = REASON_NONE};
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    ck_assert(profiler_feed(profiler, "a\n1\n2\n", 6, &rejection));
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert(!profiler_finish(profiler, &profile, &rejection));
    ck_assert_int_eq(rejection.reason, REASON_NONE);
    profiler_free(profiler);
}
END_TEST

static void put_summary(struct text *text, const char *csv, size_t length, size_t chunk)
{
    struct profile profile;
    struct rejection rejection;
    ck_assert(profile_text(csv, length, chunk, &profile, &rejection));
    summary_write(text, &(struct summary_batch){.key = "1", .file = "x", .sha256 = ""}, &profile);
    profile_free(&profile);
}

START_TEST(profile_is_the_same_however_the_bytes_are_cut)
{
    static const char CSV[] = "\xEF\xBB\xBFname,\"a \"\"b\"\"\",at\r\n\"x\ny\",1.5,2026-01-01\r\n"
                              "\xC3\xA4,-2,2026-01-02T10:00:00Z\n\n,\"3e2\",\rlast,,2024-02-29";
    struct text whole = {0};
    put_summary(&whole, CSV, sizeof CSV - 1, sizeof CSV);
    for (size_t chunk = 1; chunk < sizeof CSV; chunk++) {
        struct text pieces = {0};
        put_summary(&pieces, CSV, sizeof CSV - 1, chunk);
        ck_assert_str_eq(pieces.bytes, whole.bytes);
        text_free(&pieces);
    }
    text_free(&whole);
}
END_TEST

/* Twice the same bytes, with a hash seed and addresses that differ. */
START_TEST(profile_of_many_values_is_the_same_each_time)
{
    struct text csv = {0};
    struct text first = {0};
    struct text second = {0};
    text_put(&csv, "word,number\n");
    for (unsigned i = 0; i < 20000; i++)
        text_printf(&csv, "w%u,%u.%u\n", i * 7919u % 5003u, i * 31u % 977u, i % 10);
    put_summary(&first, csv.bytes, csv.length, 65536);
    put_summary(&second, csv.bytes, csv.length, 1000);
    ck_assert_str_eq(first.bytes, second.bytes);
    text_free(&csv);
    text_free(&first);
    text_free(&second);
}
END_TEST

/* ---- how it is to be read ---- */

static struct profile profile_by(const struct csv_rules *rules, const char *text)
{
    struct profile profile;
    struct rejection rejection = {.reason = REASON_NONE};
    struct profiler *profiler = profiler_create(rules, &LIMITS_DEFAULT);
    ck_assert(profiler_feed(profiler, text, strlen(text), &rejection));
    if (!profiler_finish(profiler, &profile, &rejection))
        ck_abort_msg("%s", rejection.detail);
    profiler_free(profiler);
    return profile;
}

static void assert_name(const struct profile *profile, size_t column, const char *name)
{
    ck_assert_uint_eq(profile->columns[column].name_length, strlen(name));
    ck_assert_mem_eq(profile->columns[column].name, name, strlen(name));
}

START_TEST(profile_finds_the_delimiter_out)
{
    static const struct {
        const char *text;
        char delimiter;
    } ROWS[] = {
        {"a,b\n1,2\n", ','}, {"a;b\n1,5;2,5\n", ';'}, {"a\tb\n1\t2\n", '\t'}, {"a|b\n1|2\n", '|'}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct profile profile = profile_by(&CSV_RULES_AUTO, ROWS[i].text);
        ck_assert_int_eq(profile.dialect.delimiter, ROWS[i].delimiter);
        ck_assert_uint_eq(profile.column_count, 2);
        profile_free(&profile);
    }
}
END_TEST

START_TEST(profile_takes_the_delimiter_that_it_is_told)
{
    const struct csv_rules rules = {.delimiter = ','};
    struct profile profile = profile_by(&rules, "a;b\n1;2\n");
    ck_assert_uint_eq(profile.column_count, 1);
    ck_assert_int_eq(profile.dialect.delimiter, ',');
    profile_free(&profile);
}
END_TEST

START_TEST(profile_of_a_file_without_a_header_counts_its_first_row_and_names_its_columns)
{
    struct profile profile = profile_by(&CSV_RULES_AUTO, "a,0.5\nb,1.5\nc,2.5\n");
    ck_assert(!profile.has_header);
    ck_assert_uint_eq(profile.record_count, 3);
    assert_name(&profile, 0, "field1");
    assert_name(&profile, 1, "field2");
    ck_assert_uint_eq(profile.columns[0].count, 3);
    ck_assert_double_eq(profile.columns[1].mean, 1.5);
    ck_assert_uint_eq(sample_rows(profile.sample), 3);
    profile_free(&profile);
}
END_TEST

static void assert_course(const struct envelope *course, const double *numbers, size_t count)
{
    ck_assert_uint_eq(course->count, count);
    for (size_t i = 0; i < count; i++) {
        double first = course->buckets[i].first;
        ck_assert_msg(first == numbers[i] || (isnan(first) && isnan(numbers[i])), "row %zu: %g", i,
                      first);
    }
}

START_TEST(profile_follows_numbers_and_times_row_by_row)
{
    struct profile profile =
        profile_of("n,word,at\n1,x,1970-01-02\n,y,\ninf,z,1970-01-01T00:00:00.5Z\n4,,\n");
    assert_course(&profile.courses[0], (double[]){1, (double)NAN, (double)NAN, 4}, 4);
    assert_course(&profile.courses[1], NULL, 0);
    assert_course(&profile.courses[2], (double[]){86400, (double)NAN, 0.5, (double)NAN}, 4);
    profile_free(&profile);
}
END_TEST

/* A column that turns out to be text is followed no further, whatever it was before. */
START_TEST(profile_follows_no_column_that_is_text_in_the_end)
{
    struct text csv = {0};
    text_put(&csv, "n\n");
    for (int i = 0; i < 5000; i++)
        text_printf(&csv, "%d\n", i);
    text_put(&csv, "x\n");
    struct profile profile = profile_of(csv.bytes);
    ck_assert_uint_eq(profile.courses[0].count, 0);
    profile_free(&profile);
    text_free(&csv);
}
END_TEST

START_TEST(profile_follows_a_column_the_same_in_whatever_pieces_the_file_comes)
{
    static const size_t PIECES[] = {7, 100, 4096, 1000000};
    struct text csv = {0};
    text_put(&csv, "n,at\n");
    for (int i = 0; i < 5000; i++)
        text_printf(&csv, "%d,1970-01-01T%02d:%02d:00\n", i * 31 % 1000, i / 60 % 24, i % 60);
    for (size_t i = 0; i < sizeof PIECES / sizeof *PIECES; i++) {
        struct profile profile;
        struct rejection rejection;
        ck_assert(profile_text(csv.bytes, csv.length, PIECES[i], &profile, &rejection));
        ck_assert_uint_eq(profile.courses[0].rows, 5000);
        ck_assert_uint_eq(profile.courses[0].rows_a_bucket, 8);
        ck_assert_double_eq(profile.courses[0].buckets[1].first, 8 * 31);
        ck_assert_double_eq(profile.courses[0].buckets[4].max, 32 * 31 % 1000);
        ck_assert_double_eq(profile.courses[1].buckets[1].first, 8 * 60);
        profile_free(&profile);
    }
    text_free(&csv);
}
END_TEST

START_TEST(profile_takes_or_leaves_the_header_as_it_is_told)
{
    const struct csv_rules absent = {.header = CSV_HEADER_ABSENT};
    const struct csv_rules present = {.header = CSV_HEADER_PRESENT};
    struct profile without = profile_by(&absent, "a,b\n1,2\n");
    struct profile with = profile_by(&present, "0.5,1.5\n1.5,2.5\n");
    ck_assert_uint_eq(without.record_count, 2);
    ck_assert_int_eq(without.columns[0].type, VALUE_STRING);
    ck_assert_uint_eq(with.record_count, 1);
    assert_name(&with, 1, "1.5");
    profile_free(&without);
    profile_free(&with);
}
END_TEST

START_TEST(profile_of_a_single_row_without_a_header_has_that_row)
{
    const struct csv_rules absent = {.header = CSV_HEADER_ABSENT};
    struct profile profile = profile_by(&absent, "7,x\n");
    ck_assert_uint_eq(profile.record_count, 1);
    ck_assert_int_eq(profile.columns[0].type, VALUE_INTEGER);
    profile_free(&profile);
}
END_TEST

START_TEST(profile_counts_words_for_nothing_as_missing)
{
    const struct csv_rules rules = {.missing = "NA,-,n/a"};
    struct profile profile = profile_by(&rules, "a,b\n1,NA\nNA,-\n3,n/a\n,x\n");
    ck_assert_int_eq(profile.columns[0].type, VALUE_INTEGER);
    ck_assert_uint_eq(profile.columns[0].missing, 2);
    ck_assert_uint_eq(profile.columns[1].missing, 3);
    ck_assert_uint_eq(profile.columns[1].count, 1);
    profile_free(&profile);
}
END_TEST

START_TEST(profile_takes_no_word_for_nothing_for_the_name_of_a_column)
{
    const struct csv_rules rules = {.missing = "NA"};
    struct profile profile = profile_by(&rules, "2020-01-01,NA\n2020-01-02,3\n");
    ck_assert(!profile.has_header);
    ck_assert_uint_eq(profile.record_count, 2);
    profile_free(&profile);
}
END_TEST

START_TEST(profile_fills_and_cuts_ragged_rows_where_it_may_and_counts_them)
{
    const struct csv_rules rules = {.accept_ragged = true};
    struct profile profile = profile_by(&rules, "a,b\n1\n2,3\n4,5,6\n");
    ck_assert_uint_eq(profile.record_count, 3);
    ck_assert_uint_eq(profile.ragged_rows, 2);
    ck_assert_uint_eq(profile.columns[1].missing, 1);
    ck_assert_uint_eq(profile.columns[1].distinct, 2);
    profile_free(&profile);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_profile", profile_of_no_bytes_has_nothing_but_a_dialect,
        profile_of_a_header_alone_has_columns_without_values,
        profile_gives_each_column_its_own_cells, profile_knows_how_the_file_is_written,
        profile_of_damaged_text_is_none_and_says_where, profile_may_be_given_up_in_the_middle,
        profile_is_the_same_however_the_bytes_are_cut, profile_of_many_values_is_the_same_each_time,
        profile_finds_the_delimiter_out, profile_takes_the_delimiter_that_it_is_told,
        profile_of_a_file_without_a_header_counts_its_first_row_and_names_its_columns,
        profile_takes_or_leaves_the_header_as_it_is_told,
        profile_of_a_single_row_without_a_header_has_that_row,
        profile_counts_words_for_nothing_as_missing,
        profile_takes_no_word_for_nothing_for_the_name_of_a_column,
        profile_fills_and_cuts_ragged_rows_where_it_may_and_counts_them,
        profile_of_blank_lines_has_no_header, profile_of_a_file_with_a_nul_byte_is_none,
        profile_takes_nothing_more_after_damage,
        profile_keeps_columns_apart_that_have_one_name_or_none, profile_may_be_freed_twice,
        profile_comes_to_no_end_once_the_program_shall_end,
        profile_follows_numbers_and_times_row_by_row,
        profile_follows_no_column_that_is_text_in_the_end,
        profile_follows_a_column_the_same_in_whatever_pieces_the_file_comes);
}
