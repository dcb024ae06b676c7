#include <stdio.h>
#include <string.h>

#include "producer/faults_damage.h"
#include "tests/unit/support.h"

#define CSV "label,value\na,1\n\"b\nb\",2\n"

static struct text csv;
static uint64_t rows;
static struct text document;

static struct faults_plan plan_of(enum fault fault, bool other)
{
    struct faults_plan plan = {.fault = fault, .other = other};
    random_seed(&plan.random, 42, 7);
    return plan;
}

/* Damages the two rows above, of so many columns. */
static void damage(enum fault fault, bool other, size_t columns)
{
    struct faults_plan plan = plan_of(fault, other);
    text_clear(&csv);
    text_put(&csv, CSV);
    rows = 2;
    faults_damage(&plan, &csv, &rows, columns);
}

static void becomes(const char *bytes, size_t length, uint64_t expected_rows)
{
    ck_assert_uint_eq(csv.length, length);
    ck_assert_mem_eq(csv.bytes, bytes, length);
    ck_assert_uint_eq(rows, expected_rows);
}

#define BECOMES(text, expected_rows) becomes(text, sizeof(text) - 1, expected_rows)

START_TEST(damage_leaves_alone_what_has_no_fault_in_its_data)
{
    static const enum fault OTHERS[] = {FAULT_NONE,         FAULT_NO_METADATA,   FAULT_WRONG_COUNT,
                                        FAULT_NO_HASH,      FAULT_LATE_METADATA, FAULT_DUPLICATE,
                                        FAULT_NOT_A_FILE,   FAULT_REWRITTEN,     FAULT_STRAY_FILE,
                                        FAULT_TORN_METADATA};
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        damage(OTHERS[i], false, 2);
        BECOMES(CSV, 2);
    }
}
END_TEST

START_TEST(damage_cuts_torn_data_short)
{
    damage(FAULT_TORN, false, 2);
    ck_assert_uint_lt(csv.length, strlen(CSV));
    ck_assert_mem_eq(csv.bytes, CSV, csv.length);
}
END_TEST

START_TEST(damage_flips_one_bit_of_corrupt_data)
{
    size_t differ = 0;
    damage(FAULT_CORRUPT, false, 2);
    ck_assert_uint_eq(csv.length, strlen(CSV));
    for (size_t i = 0; i < csv.length; i++)
        differ += (size_t)__builtin_popcount((unsigned char)(csv.bytes[i] ^ CSV[i]));
    ck_assert_uint_eq(differ, 1);
}
END_TEST

START_TEST(damage_adds_a_row_that_is_wrong)
{
    damage(FAULT_RAGGED, false, 2);
    BECOMES(CSV "0,0,0\n", 3);
    damage(FAULT_RAGGED, true, 2);
    BECOMES(CSV "0\n", 3);
    damage(FAULT_STRAY_QUOTE, false, 2);
    BECOMES(CSV "0\"0,0\n", 3);
    damage(FAULT_UNCLOSED_QUOTE, false, 2);
    BECOMES(CSV "\"0,0\n", 3);
    damage(FAULT_NUL, false, 2);
    BECOMES(CSV "0\0000,0\n", 3);
}
END_TEST

/* Without its only cell it would be a blank line. */
START_TEST(damage_never_takes_the_only_cell_of_a_row)
{
    struct faults_plan plan = plan_of(FAULT_RAGGED, true);
    text_put(&csv, "a\n1\n");
    faults_damage(&plan, &csv, &rows, 1);
    ck_assert_str_eq(csv.bytes, "a\n1\n0,0\n");
    ck_assert(!plan.other);
}
END_TEST

START_TEST(damage_puts_no_utf8_into_the_first_name)
{
    struct faults_plan plan = plan_of(FAULT_INVALID_UTF8, false);
    damage(FAULT_INVALID_UTF8, false, 2);
    BECOMES("\xFF" CSV, 2);
    text_clear(&csv);
    text_put(&csv, "\" a\"\n1\n");
    faults_damage(&plan, &csv, &rows, 1);
    ck_assert_str_eq(csv.bytes, "\"\xFF a\"\n1\n");
}
END_TEST

START_TEST(damage_takes_rows_or_all)
{
    damage(FAULT_NO_ROWS, false, 2);
    BECOMES("label,value\n", 0);
    damage(FAULT_EMPTY, false, 2);
    BECOMES("", 0);
}
END_TEST

START_TEST(damage_writes_the_same_rows_in_other_ways)
{
    damage(FAULT_BYTE_ORDER_MARK, false, 2);
    BECOMES("\xEF\xBB\xBF" CSV, 2);
    damage(FAULT_CRLF, false, 2);
    BECOMES("label,value\r\na,1\r\n\"b\nb\",2\r\n", 2);
}
END_TEST

START_TEST(damage_finds_the_end_of_a_header_with_a_line_end_in_a_name)
{
    ck_assert_uint_eq(faults_header_length("\"a\nb\",c\n1,2\n", 12), 8);
    ck_assert_uint_eq(faults_header_length("a,b", 3), 3);
    ck_assert_uint_eq(faults_header_length("", 0), 0);
}
END_TEST

/* --- metadata -------------------------------------------------------------------------------- */

static const struct metadata ABOUT = {.batch = 7,
                                      .filename = "data_7.csv",
                                      .bytes = 23,
                                      .record_count = 2,
                                      .sha256 = "00ff",
                                      .created = "2026-11-23T10:15:00Z",
                                      .run_id = "1",
                                      .description = "x"};

static const char *state(enum fault fault, const struct faults_whole *whole)
{
    text_clear(&document);
    faults_state(&document, fault, &ABOUT, whole);
    ck_assert(!text_failed(&document));
    return document.bytes;
}

static void states(const char *words)
{
    ck_assert_msg(strstr(document.bytes, words) != NULL, "not %s: %s", words, document.bytes);
}

START_TEST(metadata_of_a_batch_without_fault_is_as_it_ever_was)
{
    struct text plain = {0};
    metadata_write(&plain, &ABOUT);
    ck_assert_str_eq(state(FAULT_NONE, NULL), plain.bytes);
    ck_assert_str_eq(state(FAULT_RAGGED, NULL), plain.bytes);
    text_free(&plain);
}
END_TEST

START_TEST(metadata_of_torn_and_corrupt_data_speaks_of_the_whole)
{
    const struct faults_whole whole = {.bytes = 99, .sha256 = "abcd"};
    state(FAULT_TORN, &whole);
    states("\"bytes\": 99,");
    states("\"hash\": \"sha256:abcd\"");
}
END_TEST

/* As at a start that finds the data and nothing else. */
START_TEST(metadata_of_torn_and_corrupt_data_is_as_wrong_when_nobody_knows_the_whole)
{
    state(FAULT_TORN, NULL);
    states("\"bytes\": 24,");
    states("\"hash\": \"sha256:10ff\"");
    state(FAULT_CORRUPT, NULL);
    states("\"bytes\": 23,");
    states("\"hash\": \"sha256:10ff\"");
}
END_TEST

START_TEST(metadata_states_one_row_too_many_or_the_next_batch)
{
    state(FAULT_WRONG_COUNT, NULL);
    states("\"record_count\": 3,");
    state(FAULT_FOREIGN_METADATA, NULL);
    states("\"batch\": 8,");
    states("\"path\": \"data_8.csv\"");
}
END_TEST

START_TEST(metadata_is_cut_or_leaves_the_hash_out)
{
    struct text plain = {0};
    metadata_write(&plain, &ABOUT);
    ck_assert_uint_lt(strlen(state(FAULT_TORN_METADATA, NULL)), plain.length - 2);
    state(FAULT_NO_HASH, NULL);
    states("\"filename\": \"data_7.csv\", \"record_count\": 2");
    ck_assert_ptr_null(strstr(document.bytes, "hash"));
    text_free(&plain);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_faults_damage", damage_leaves_alone_what_has_no_fault_in_its_data,
                       damage_cuts_torn_data_short, damage_flips_one_bit_of_corrupt_data,
                       damage_adds_a_row_that_is_wrong, damage_never_takes_the_only_cell_of_a_row,
                       damage_puts_no_utf8_into_the_first_name, damage_takes_rows_or_all,
                       damage_writes_the_same_rows_in_other_ways,
                       damage_finds_the_end_of_a_header_with_a_line_end_in_a_name,
                       metadata_of_a_batch_without_fault_is_as_it_ever_was,
                       metadata_of_torn_and_corrupt_data_speaks_of_the_whole,
                       metadata_of_torn_and_corrupt_data_is_as_wrong_when_nobody_knows_the_whole,
                       metadata_states_one_row_too_many_or_the_next_batch,
                       metadata_is_cut_or_leaves_the_hash_out);
}
