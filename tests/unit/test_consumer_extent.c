#include <stdlib.h>
#include <string.h>

#include "consumer/profile/extent.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct csv_cell cell_of(const char *text)
{
    return (struct csv_cell){.bytes = text, .length = strlen(text)};
}

static void add_cell(struct extent *extent, struct csv_cell cell)
{
    if (!extent_add(extent, &cell, 1, false))
        ck_abort_msg("no memory");
}

static void add_text(struct extent *extent, const char *text)
{
    add_cell(extent, cell_of(text));
}

static bool is_text(const struct extent_text *text, const char *bytes, size_t length)
{
    return text->bytes != NULL && text->length == length &&
           (length == 0 || memcmp(text->bytes, bytes, length) == 0);
}

#define ASSERT_TEXT(text, expected) \
    ck_assert_msg(is_text(&(text), expected, strlen(expected)), "%s is not " expected, #text)

/* ---- the order of texts ---- */

/* Each comes before all behind it. */
static const struct csv_cell IN_ORDER[] = {
    {"", 0},
    {"\0", 1},
    {"\0\0", 2},
    {"\0a", 2},
    {"\x01", 1},
    {" ", 1},
    {"10", 2},
    {"9", 1},
    {"A", 1},
    {"a", 1},
    {"a\0", 2},
    {"a\0\0\0\0\0\0", 7},
    {"a\0\0\0\0\0\0\0", 8},
    {"a\0\0\0\0\0\0\0\0", 9},
    {"a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16},
    {"a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17},
    {"a\0b", 3},
    {"aa", 2},
    {"abcdefg", 7},
    {"abcdefg\0", 8},
    {"abcdefg\0h", 9},
    {"abcdefgh", 8},
    {"abcdefgh\0", 9},
    {"abcdefgha", 9},
    {"abcdefghijklmno", 15},
    {"abcdefghijklmno\0", 16},
    {"abcdefghijklmnop", 16},
    {"abcdefghijklmnop\0", 17},
    {"abcdefghijklmnopp", 17},
    {"abcdefghijklmnopq", 17},
    {"abcdefghijklmnopqr", 18},
    {"abcdefghijklmnoq", 16},
    {"abcdefgi", 8},
    {"b", 1},
    {"z", 1},
    {"\x7f", 1},
    {"\x80", 1},
    {"\xc3\xa4", 2},
    {"\xff", 1},
    {"\xff\xff\xff\xff\xff\xff\xff\xff", 8},
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9},
};

static int sign_of(int order)
{
    return (order > 0) - (order < 0);
}

START_TEST(extent_compares_texts_byte_by_byte_and_a_beginning_comes_first)
{
    for (size_t i = 0; i < COUNT(IN_ORDER); i++)
        for (size_t j = 0; j < COUNT(IN_ORDER); j++)
            if (sign_of(extent_compare_bytes(IN_ORDER[i].bytes, IN_ORDER[i].length,
                                             IN_ORDER[j].bytes, IN_ORDER[j].length)) !=
                (i > j) - (i < j))
                ck_abort_msg("text %zu and text %zu", i, j);
    ck_assert_int_eq(extent_compare_bytes(NULL, 0, NULL, 0), 0);
    ck_assert_int_lt(extent_compare_bytes(NULL, 0, "a", 1), 0);
}
END_TEST

START_TEST(extent_has_the_first_and_the_last_of_any_two_texts)
{
    for (size_t i = 0; i < COUNT(IN_ORDER); i++)
        for (size_t j = 0; j < COUNT(IN_ORDER); j++) {
            struct extent extent = {.count = 0};
            const struct csv_cell *low = &IN_ORDER[i < j ? i : j];
            const struct csv_cell *high = &IN_ORDER[i < j ? j : i];
            add_cell(&extent, IN_ORDER[i]);
            add_cell(&extent, IN_ORDER[j]);
            if (!is_text(&extent.first, low->bytes, low->length) ||
                !is_text(&extent.last, high->bytes, high->length))
                ck_abort_msg("text %zu and text %zu", i, j);
            extent_free(&extent);
        }
}
END_TEST

/* Both ways round, at each length: the words that are compared at once overlap in some. */
START_TEST(extent_compares_every_byte_of_two_texts_of_one_length)
{
    char low[40];
    char high[40];
    for (size_t length = 1; length <= sizeof low; length++)
        for (size_t at = 0; at < length; at++) {
            const struct csv_cell cells[] = {{low, length}, {high, length}};
            memset(low, 'm', length);
            memset(high, 'm', length);
            memset(low + at + 1, 'z', length - at - 1);
            high[at] = '\x80';
            for (int first = 0; first < 2; first++) {
                struct extent extent = {.count = 0};
                add_cell(&extent, cells[first]);
                add_cell(&extent, cells[1 - first]);
                if (!is_text(&extent.first, low, length) || !is_text(&extent.last, high, length))
                    ck_abort_msg("byte %zu of %zu", at, length);
                extent_free(&extent);
            }
        }
}
END_TEST

START_TEST(extent_of_nothing_has_no_texts)
{
    struct extent extent = {.count = 0};
    ck_assert(extent_add(&extent, NULL, 0, false));
    ck_assert(extent_add_moments(&extent, NULL, NULL, 0));
    ck_assert_ptr_null(extent.first.bytes);
    ck_assert_ptr_null(extent.last.bytes);
    ck_assert_ptr_null(extent.earliest.text.bytes);
    ck_assert_uint_eq(extent.count, 0);
    extent_free(&extent);
    extent_free(&extent);
}
END_TEST

START_TEST(extent_keeps_copies_of_texts)
{
    char text[] = "first";
    struct extent extent = {.count = 0};
    add_text(&extent, text);
    memset(text, '~', sizeof text - 1);
    ASSERT_TEXT(extent.first, "first");
    ASSERT_TEXT(extent.last, "first");
    add_text(&extent, text);
    memset(text, '#', sizeof text - 1);
    ASSERT_TEXT(extent.first, "first");
    ASSERT_TEXT(extent.last, "~~~~~");
    extent_free(&extent);
}
END_TEST

/* Ever shorter, then ever longer: its memory must suffice again. */
START_TEST(extent_keeps_texts_of_every_length_one_after_the_other)
{
    char text[5000];
    struct extent extent = {.count = 0};
    memset(text, 'm', sizeof text);
    for (size_t length = 100; length > 0; length--)
        add_cell(&extent, (struct csv_cell){text, length});
    ck_assert(is_text(&extent.first, text, 1));
    ck_assert(is_text(&extent.last, text, 100));
    memset(text, 'z', sizeof text);
    for (size_t length = 1; length < EXTENT_TEXT_BYTES; length += 13)
        add_cell(&extent, (struct csv_cell){text, length});
    ck_assert_uint_gt(extent.last.length, EXTENT_TEXT_BYTES - 14);
    ck_assert(is_text(&extent.last, text, extent.last.length));
    extent_free(&extent);
}
END_TEST

static void add_long(struct extent *extent, char byte, size_t length, char end)
{
    char *text = malloc(length);
    ck_assert_ptr_nonnull(text);
    memset(text, byte, length);
    text[length - 1] = end;
    add_cell(extent, (struct csv_cell){text, length});
    free(text);
}

START_TEST(extent_keeps_no_more_of_a_text_than_is_stated)
{
    const size_t most = EXTENT_TEXT_BYTES;
    static const size_t MORE[] = {1, 2, 1000, 100000};
    for (size_t i = 0; i < COUNT(MORE); i++) {
        struct extent extent = {.count = 0};
        add_long(&extent, 'x', most + MORE[i], 'y');
        ck_assert_uint_eq(extent.first.length, most);
        ck_assert_uint_eq(extent.last.length, most);
        ck_assert_int_eq(extent.last.bytes[most - 1], 'x');
        ck_assert_uint_eq(extent.max_length, most + MORE[i]);
        extent_free(&extent);
    }
}
END_TEST

START_TEST(extent_compares_no_more_of_a_text_than_is_stated)
{
    const size_t most = EXTENT_TEXT_BYTES;
    struct extent extent = {.count = 0};
    add_long(&extent, 'x', most - 1, 'x');
    add_long(&extent, 'x', most, 'x');
    ck_assert_uint_eq(extent.first.length, most - 1);
    ck_assert_uint_eq(extent.last.length, most);
    add_long(&extent, 'x', most, 'y');
    ck_assert_int_eq(extent.last.bytes[most - 1], 'y');
    add_long(&extent, 'x', most + 1, 'z');
    ck_assert_int_eq(extent.last.bytes[most - 1], 'y');
    extent_free(&extent);
}
END_TEST

/* ---- lengths ---- */

static void assert_lengths(const struct extent *extent, uint64_t min, uint64_t max, uint64_t total)
{
    ck_assert_uint_eq(extent->min_length, min);
    ck_assert_uint_eq(extent->max_length, max);
    ck_assert_uint_eq(extent->total_length, total);
}

START_TEST(extent_counts_lengths_in_characters)
{
    struct extent extent = {.count = 0};
    add_text(&extent, "Z\xc3\xbcrich");
    assert_lengths(&extent, 6, 6, 6);
    add_text(&extent, "\xe6\x9d\xb1\xe4\xba\xac");
    assert_lengths(&extent, 2, 6, 8);
    add_text(&extent, "\xf0\x9f\x98\x80");
    assert_lengths(&extent, 1, 6, 9);
    add_text(&extent, "");
    assert_lengths(&extent, 0, 6, 9);
    add_text(&extent, "abcdefghij");
    assert_lengths(&extent, 0, 10, 19);
    ck_assert_uint_eq(extent.count, 5);
    extent_free(&extent);
}
END_TEST

START_TEST(extent_counts_each_byte_that_is_not_utf_8_as_a_character)
{
    struct extent extent = {.count = 0};
    add_text(&extent, "\xff\xfe\x80");
    assert_lengths(&extent, 3, 3, 3);
    add_text(&extent, "a\xc3");
    assert_lengths(&extent, 2, 3, 5);
    add_text(&extent, "\xe6\x9d");
    assert_lengths(&extent, 2, 3, 7);
    extent_free(&extent);
}
END_TEST

START_TEST(extent_may_be_told_that_texts_are_ascii)
{
    static const struct csv_cell TEXTS[] = {{"abc", 3}, {"", 0}, {"a longer text", 13}};
    struct extent extent = {.count = 0};
    ck_assert(extent_add(&extent, TEXTS, COUNT(TEXTS), true));
    assert_lengths(&extent, 0, 13, 16);
    ck_assert_uint_eq(extent.count, 3);
    ASSERT_TEXT(extent.first, "");
    ASSERT_TEXT(extent.last, "abc");
    extent_free(&extent);
}
END_TEST

/* ---- a block and one by one ---- */

static bool same_text(const struct extent_text *a, const struct extent_text *b)
{
    return a->bytes == NULL ? b->bytes == NULL : is_text(b, a->bytes, a->length);
}

static bool same_moment(const struct extent_moment *a, const struct extent_moment *b)
{
    return same_text(&a->text, &b->text) && a->value.seconds == b->value.seconds &&
           a->value.nanoseconds == b->value.nanoseconds;
}

static void assert_same(const struct extent *a, const struct extent *b)
{
    ck_assert(same_text(&a->first, &b->first));
    ck_assert(same_text(&a->last, &b->last));
    ck_assert(same_moment(&a->earliest, &b->earliest));
    ck_assert(same_moment(&a->latest, &b->latest));
    ck_assert_uint_eq(a->count, b->count);
    assert_lengths(a, b->min_length, b->max_length, b->total_length);
}

#define CELLS 40u

struct column {
    char bytes[CELLS][24];
    struct csv_cell cells[CELLS];
    struct value values[CELLS]; /* the moments that they are */
};

/* Of few different bytes, so that many begin alike. */
static void make_texts(struct column *column, uint64_t *state)
{
    static const char BYTES[4] = "a\0\xff"
                                 "b";
    for (size_t i = 0; i < CELLS; i++) {
        size_t length = chance_below(state, sizeof column->bytes[i] + 1);
        for (size_t j = 0; j < length; j++)
            column->bytes[i][j] = BYTES[j < 14 ? 0 : chance_below(state, sizeof BYTES)];
        column->cells[i] = (struct csv_cell){column->bytes[i], length};
        column->values[i] = (struct value){.seconds = (int64_t)chance_below(state, 3)};
    }
}

START_TEST(extent_of_a_block_is_that_of_its_texts_one_by_one)
{
    uint64_t state = 1;
    for (int i = 0; i < 300; i++) {
        struct column column;
        struct extent block = {.count = 0};
        struct extent single = {.count = 0};
        size_t cut = chance_below(&state, CELLS + 1);
        make_texts(&column, &state);
        ck_assert(extent_add(&block, column.cells, cut, false));
        ck_assert(extent_add(&block, column.cells + cut, CELLS - cut, false));
        for (size_t j = 0; j < CELLS; j++)
            add_cell(&single, column.cells[j]);
        assert_same(&block, &single);
        extent_free(&block);
        extent_free(&single);
    }
}
END_TEST

static int compare_cells(const void *left, const void *right)
{
    const struct csv_cell *a = left;
    const struct csv_cell *b = right;
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, shorter);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

START_TEST(extent_has_the_ends_of_the_sorted_texts)
{
    uint64_t state = 2;
    for (int i = 0; i < 500; i++) {
        struct column column;
        struct extent extent = {.count = 0};
        make_texts(&column, &state);
        ck_assert(extent_add(&extent, column.cells, CELLS, false));
        qsort(column.cells, CELLS, sizeof *column.cells, compare_cells);
        ck_assert(is_text(&extent.first, column.cells[0].bytes, column.cells[0].length));
        ck_assert(
            is_text(&extent.last, column.cells[CELLS - 1].bytes, column.cells[CELLS - 1].length));
        extent_free(&extent);
    }
}
END_TEST

START_TEST(extent_of_a_text_that_came_many_times_is_that_of_as_many)
{
    static const char *const TEXTS[] = {"b\xc3\xa4", "a", "cdefg"};
    struct extent times = {.count = 0};
    struct extent single = {.count = 0};
    for (uint64_t i = 0; i < COUNT(TEXTS); i++) {
        const struct csv_cell cell = cell_of(TEXTS[i]);
        ck_assert(extent_add_times(&times, &cell, 5 * i + 1));
        for (uint64_t j = 0; j < 5 * i + 1; j++)
            add_text(&single, TEXTS[i]);
        assert_same(&times, &single);
    }
    extent_free(&times);
    extent_free(&single);
}
END_TEST

/* ---- moments ---- */

static void add_moment(struct extent *extent, const char *text)
{
    const struct csv_cell cell = cell_of(text);
    struct value value;
    value_read(text, strlen(text), &value);
    if (!extent_add_moments(extent, &value, &cell, 1))
        ck_abort_msg("no memory");
}

#define ASSERT_MOMENTS(first, last, ...)                             \
    do {                                                             \
        static const char *const TEXTS[] = {__VA_ARGS__};            \
        struct extent extent = {.count = 0};                         \
        struct extent backwards = {.count = 0};                      \
        for (size_t place = 0; place < COUNT(TEXTS); place++) {      \
            add_moment(&extent, TEXTS[place]);                       \
            add_moment(&backwards, TEXTS[COUNT(TEXTS) - 1 - place]); \
        }                                                            \
        ASSERT_TEXT(extent.earliest.text, first);                    \
        ASSERT_TEXT(extent.latest.text, last);                       \
        assert_same(&extent, &backwards);                            \
        extent_free(&extent);                                        \
        extent_free(&backwards);                                     \
    } while (0)

START_TEST(extent_has_the_earliest_and_the_latest_moment)
{
    ASSERT_MOMENTS("2026-11-23", "2026-11-23", "2026-11-23");
    ASSERT_MOMENTS("1969-12-31", "2026-11-23", "2026-11-23", "1969-12-31", "1970-01-01");
    ASSERT_MOMENTS("00:00", "23:59:59.999999999", "10:15", "23:59:59.999999999", "00:00",
                   "23:59:59.999999998");
    ASSERT_MOMENTS("2026-11-23T10:15:00.1Z", "2026-11-23T10:15:00.3Z", "2026-11-23T10:15:00.2Z",
                   "2026-11-23T10:15:00.3Z", "2026-11-23T10:15:00.1Z");
}
END_TEST

/* The order of their texts is another one. */
START_TEST(extent_orders_moments_by_when_they_were_and_not_by_how_they_are_written)
{
    ASSERT_MOMENTS("2026-01-01T01:00:00+05:00", "2025-12-31T22:00:00-05:00",
                   "2026-01-01T01:00:00+05:00", "2025-12-31T22:00:00-05:00",
                   "2025-12-31T23:00:00Z");
    ASSERT_MOMENTS("2026-11-22", " 2026-11-23", "2026-11-22", " 2026-11-23");
}
END_TEST

START_TEST(extent_takes_the_first_and_the_last_text_of_one_moment_written_in_two_ways)
{
    ASSERT_MOMENTS("2026-11-23T09:15:00Z", "2026-11-23T10:15:00+01:00", "2026-11-23T10:15:00+01:00",
                   "2026-11-23T09:15:00Z");
    ASSERT_MOMENTS("10:15", "10:15:00.000", "10:15:00", "10:15:00.000", "10:15");
}
END_TEST

START_TEST(extent_compares_moments_by_seconds_and_then_by_nanoseconds)
{
    const struct value moments[] = {{.seconds = -2, .nanoseconds = 5},
                                    {.seconds = -1, .nanoseconds = 0},
                                    {.seconds = -1, .nanoseconds = 999999999},
                                    {.seconds = 0, .nanoseconds = 0},
                                    {.seconds = INT64_C(1) << 40, .nanoseconds = 0}};
    for (size_t i = 0; i < COUNT(moments); i++)
        for (size_t j = 0; j < COUNT(moments); j++)
            ck_assert_int_eq(sign_of(extent_compare_moments(&moments[i], &moments[j])),
                             (i > j) - (i < j));
}
END_TEST

/* Few moments, and each in ways of writing it that sort this way and that. */
static void make_moments(struct column *column, uint64_t *state)
{
    static const char *const TEXTS[] = {"2026-11-23T10:15:00Z",
                                        "2026-11-23T11:15:00+01:00",
                                        "2026-11-23 10:15:00",
                                        "2026-11-23T10:15:00",
                                        "2026-11-23T09:15:00-01:00",
                                        "2026-11-23T10:15:00.5Z",
                                        "2026-11-24",
                                        " 2026-11-24",
                                        "2026-11-23"};
    for (size_t i = 0; i < CELLS; i++) {
        column->cells[i] = cell_of(TEXTS[chance_below(state, COUNT(TEXTS))]);
        value_read(column->cells[i].bytes, column->cells[i].length, &column->values[i]);
    }
}

static void add_all(struct extent *extent, const struct column *column, size_t from, size_t to)
{
    ck_assert(extent_add(extent, column->cells + from, to - from, false));
    ck_assert(extent_add_moments(extent, column->values + from, column->cells + from, to - from));
}

START_TEST(extent_of_a_block_of_moments_is_that_of_its_moments_one_by_one)
{
    uint64_t state = 3;
    for (int i = 0; i < 300; i++) {
        struct column column;
        struct extent block = {.count = 0};
        struct extent single = {.count = 0};
        size_t count = 1 + chance_below(&state, CELLS);
        make_moments(&column, &state);
        add_all(&block, &column, 0, count);
        for (size_t j = 0; j < count; j++)
            add_all(&single, &column, j, j + 1);
        assert_same(&block, &single);
        extent_free(&block);
        extent_free(&single);
    }
}
END_TEST

/* ---- two into one ---- */

static void check_merge(const struct column *column, size_t cut)
{
    struct extent merged = {.count = 0};
    struct extent behind = {.count = 0};
    struct extent whole = {.count = 0};
    add_all(&merged, column, 0, cut);
    add_all(&behind, column, cut, CELLS);
    add_all(&whole, column, 0, CELLS);
    ck_assert(extent_merge(&merged, &behind));
    extent_free(&behind);
    assert_same(&merged, &whole);
    extent_free(&merged);
    extent_free(&whole);
}

START_TEST(extent_of_two_parts_is_that_of_the_whole)
{
    uint64_t state = 4;
    for (size_t i = 0; i < 10; i++) {
        struct column column;
        make_moments(&column, &state);
        for (size_t cut = 0; cut <= CELLS; cut++)
            check_merge(&column, cut);
        make_texts(&column, &state);
        for (size_t cut = 0; cut <= CELLS; cut++)
            check_merge(&column, cut);
    }
}
END_TEST

START_TEST(extent_merged_with_nothing_is_what_it_was)
{
    struct extent extent = {.count = 0};
    struct extent copy = {.count = 0};
    struct extent nothing = {.count = 0};
    add_text(&extent, "abc");
    ck_assert(extent_merge(&extent, &nothing));
    assert_lengths(&extent, 3, 3, 3);
    ASSERT_TEXT(extent.first, "abc");
    ck_assert(extent_merge(&copy, &extent));
    assert_same(&copy, &extent);
    ck_assert(extent_merge(&nothing, &(struct extent){.count = 0}));
    ck_assert_ptr_null(nothing.first.bytes);
    extent_free(&extent);
    extent_free(&copy);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_extent", extent_compares_texts_byte_by_byte_and_a_beginning_comes_first,
        extent_compares_every_byte_of_two_texts_of_one_length,
        extent_has_the_first_and_the_last_of_any_two_texts, extent_of_nothing_has_no_texts,
        extent_keeps_copies_of_texts, extent_keeps_texts_of_every_length_one_after_the_other,
        extent_keeps_no_more_of_a_text_than_is_stated,
        extent_compares_no_more_of_a_text_than_is_stated, extent_counts_lengths_in_characters,
        extent_counts_each_byte_that_is_not_utf_8_as_a_character,
        extent_may_be_told_that_texts_are_ascii, extent_of_a_block_is_that_of_its_texts_one_by_one,
        extent_has_the_ends_of_the_sorted_texts,
        extent_of_a_text_that_came_many_times_is_that_of_as_many,
        extent_has_the_earliest_and_the_latest_moment,
        extent_orders_moments_by_when_they_were_and_not_by_how_they_are_written,
        extent_takes_the_first_and_the_last_text_of_one_moment_written_in_two_ways,
        extent_compares_moments_by_seconds_and_then_by_nanoseconds,
        extent_of_a_block_of_moments_is_that_of_its_moments_one_by_one,
        extent_of_two_parts_is_that_of_the_whole, extent_merged_with_nothing_is_what_it_was);
}
