/*
 * A column's state that was packed and unpacked, held against the one that was not: as bytes and as
 * what is said of it, at once, after more cells, and merged both ways. And what is made of states
 * that somebody else wrote.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/value.h"
#include "consumer/profile/column_finish.h"
#include "consumer/profile/column_json.h"
#include "consumer/profile/column_pack.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define CELL_SIZE 400
#define BLOCK 64u

/* So small that sketches begin soon. */
static const struct tally_room ROOM = {.values = 256, .bytes = 8192, .counters = 32};

/* ---- cells ---- */

/* The text of a cell, made of a number by chance. */
typedef void cell_maker(char cell[CELL_SIZE], uint64_t chance);

static void make_decimal(char cell[CELL_SIZE], uint64_t chance)
{
    (void)snprintf(cell, CELL_SIZE, "%.6f", (double)(chance % 1000000) / 3e5);
}

static void make_integer(char cell[CELL_SIZE], uint64_t chance)
{
    (void)snprintf(cell, CELL_SIZE, "%lld", (long long)(chance >> 1) - INT64_MAX / 2);
}

static void make_few(char cell[CELL_SIZE], uint64_t chance)
{
    (void)snprintf(cell, CELL_SIZE, "%llu", (unsigned long long)chance % 7);
    if (chance % 5 == 0)
        cell[0] = '\0';
}

static void make_nonfinite(char cell[CELL_SIZE], uint64_t chance)
{
    (void)snprintf(cell, CELL_SIZE, chance % 3 == 0 ? "NaN" : "%llu.5",
                   (unsigned long long)chance % 999);
}

static void make_boolean(char cell[CELL_SIZE], uint64_t chance)
{
    (void)snprintf(cell, CELL_SIZE, "%*s", (int)(chance % 300), chance % 2 == 0 ? "true" : "False");
}

static void make_datetime(char cell[CELL_SIZE], uint64_t chance)
{
    (void)snprintf(cell, CELL_SIZE, "2026-11-%02uT%02u:00:00.%03uZ", (unsigned)(chance % 28) + 1,
                   (unsigned)(chance / 28 % 24), (unsigned)(chance / 672 % 999));
}

/* Some too long for a counter; half of them frequent. */
static void make_text(char cell[CELL_SIZE], uint64_t chance)
{
    if (chance % 2 == 0)
        (void)snprintf(cell, CELL_SIZE, "word %llu", (unsigned long long)chance % 31);
    else
        (void)snprintf(cell, CELL_SIZE, "%0*llu \xC3\xA9", (int)(chance % 300),
                       (unsigned long long)chance);
}

static cell_maker *const MAKERS[] = {make_decimal, make_integer,  make_few, make_nonfinite,
                                     make_boolean, make_datetime, make_text};

static struct column *empty_column(void)
{
    struct column *column = column_create_in("na\"me", 5, &ROOM);
    ck_assert_ptr_nonnull(column);
    return column;
}

/* Adds `count` cells, the same ones for the same seed. */
static void add_cells(struct column *column, cell_maker *make, uint64_t seed, size_t count)
{
    static const struct missing none;
    static struct column_scratch *scratch; /* made once: it is large beside a state */
    static char texts[BLOCK][CELL_SIZE];
    struct csv_cell cells[BLOCK];
    if (scratch == NULL)
        scratch = column_scratch_create(&none);
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t taken = count - at < BLOCK ? count - at : BLOCK;
        for (size_t i = 0; i < taken; i++) {
            make(texts[i], chance_next(&seed));
            cells[i] = (struct csv_cell){.bytes = texts[i], .length = strlen(texts[i])};
        }
        ck_assert(column_add(column, cells, taken, scratch));
    }
}

static struct column *column_of(cell_maker *make, uint64_t seed, size_t count)
{
    struct column *column = empty_column();
    add_cells(column, make, seed, count);
    return column;
}

/* ---- as bytes and as what is said of it ---- */

static struct text packed_of(const struct column *column)
{
    struct text text = {0};
    column_pack(column, &text);
    ck_assert(!text_failed(&text));
    return text;
}

static struct column *unpacked(const char *bytes, size_t length)
{
    struct unpacker packed = {.bytes = bytes, .left = length};
    struct column *column = column_unpack(&packed, &ROOM);
    if (column != NULL && unpack_close(&packed))
        return column;
    column_free(column);
    return NULL;
}

static struct column *again(const struct column *column)
{
    struct text text = packed_of(column);
    struct column *copy = unpacked(text.bytes, text.length);
    ck_assert_ptr_nonnull(copy);
    text_free(&text);
    return copy;
}

static struct text said_of(const struct column *column)
{
    struct column_result result;
    struct text text = {0};
    ck_assert(column_finish(column, &result));
    column_json_write(&text, &result, NULL);
    ck_assert(!text_failed(&text));
    column_result_free(&result);
    return text;
}

static void assert_same_text(struct text a, struct text b)
{
    ck_assert_uint_eq(a.length, b.length);
    ck_assert_mem_eq(a.bytes, b.bytes, a.length);
    text_free(&a);
    text_free(&b);
}

static void assert_same(const struct column *a, const struct column *b)
{
    assert_same_text(said_of(a), said_of(b));
    assert_same_text(packed_of(a), packed_of(b));
}

/* ---- as the other from then on ---- */

/* Exact and empty, exact, just before and behind the first sketch, with levels that went. */
static const size_t SIZES[] = {0, 1, 40, 256, 257, 300, 3000, 30000};

typedef void continuation(struct column *column, cell_maker *make, struct column *other);

static void do_nothing(struct column *column, cell_maker *make, struct column *other)
{
    (void)column, (void)make, (void)other;
}

static void add_more(struct column *column, cell_maker *make, struct column *other)
{
    (void)other;
    add_cells(column, make, 77, 2000);
}

static void merge_other(struct column *column, cell_maker *make, struct column *other)
{
    (void)make;
    ck_assert(column_merge(column, other));
}

static void assert_goes_on(continuation *go_on, size_t other_size, cell_maker *make, size_t size)
{
    struct column *other = column_of(make, 3, other_size);
    struct column *kept = column_of(make, 1, size);
    struct column *copy = again(kept);
    go_on(kept, make, other);
    go_on(copy, make, other);
    assert_same(kept, copy);
    column_free(other);
    column_free(kept);
    column_free(copy);
}

static void assert_all_go_on(continuation *go_on, size_t other_size)
{
    for (size_t i = 0; i < COUNT(MAKERS); i++)
        for (size_t k = 0; k < COUNT(SIZES); k++)
            assert_goes_on(go_on, other_size, MAKERS[i], SIZES[k]);
}

START_TEST(a_column_that_comes_back_is_the_same)
{
    assert_all_go_on(do_nothing, 0);
}
END_TEST

START_TEST(a_column_that_comes_back_takes_more_cells_as_the_other_does)
{
    assert_all_go_on(add_more, 0);
}
END_TEST

START_TEST(a_column_that_comes_back_takes_in_another_as_the_other_does)
{
    assert_all_go_on(merge_other, 0);
    assert_all_go_on(merge_other, 100);
    assert_all_go_on(merge_other, 5000);
}
END_TEST

START_TEST(a_column_that_comes_back_is_taken_in_as_the_other_is)
{
    for (size_t i = 0; i < COUNT(MAKERS); i++)
        for (size_t k = 0; k < COUNT(SIZES); k++) {
            struct column *from = column_of(MAKERS[i], 1, SIZES[k]);
            struct column *from_copy = again(from);
            struct column *into = column_of(MAKERS[i], 5, 500);
            struct column *into_copy = column_of(MAKERS[i], 5, 500);
            ck_assert(column_merge(into, from));
            ck_assert(column_merge(into_copy, from_copy));
            assert_same(into, into_copy);
            column_free(from);
            column_free(from_copy);
            column_free(into);
            column_free(into_copy);
        }
}
END_TEST

START_TEST(a_column_that_is_text_after_it_came_back_was_text_all_along)
{
    for (size_t k = 0; k < COUNT(SIZES); k++)
        for (size_t i = 0; i < COUNT(MAKERS); i++) {
            struct column *kept = column_of(MAKERS[i], 1, SIZES[k]);
            struct column *copy = again(kept);
            add_cells(kept, make_text, 9, 3);
            add_cells(copy, make_text, 9, 3);
            assert_same(kept, copy);
            column_free(kept);
            column_free(copy);
        }
}
END_TEST

START_TEST(a_result_can_be_taken_twice)
{
    struct column *column = column_of(make_decimal, 1, 3000);
    struct text before = packed_of(column);
    assert_same_text(said_of(column), said_of(column));
    assert_same_text(before, packed_of(column));
    column_free(column);
}
END_TEST

/* ---- what somebody else wrote ---- */

START_TEST(a_column_made_in_another_room_is_refused)
{
    const struct tally_room other = {.values = 512, .bytes = 8192, .counters = 32};
    struct column *column = column_of(make_decimal, 1, 40);
    struct text text = packed_of(column);
    struct unpacker packed = {.bytes = text.bytes, .left = text.length};
    ck_assert_ptr_null(column_unpack(&packed, &other));
    ck_assert(unpack_failed(&packed));
    text_free(&text);
    column_free(column);
}
END_TEST

static void assert_refuses_types(value_types types)
{
    struct column *column = column_of(make_text, 1, 40);
    struct text text = packed_of(column);
    const size_t at = 4 + 5; /* behind the name */
    for (size_t i = 0; i < 4; i++)
        text.bytes[at + i] = (char)(unsigned char)(types >> 8 * i);
    ck_assert_ptr_null(unpacked(text.bytes, text.length));
    text_free(&text);
    column_free(column);
}

START_TEST(a_column_that_is_no_text_or_what_there_is_not_is_refused)
{
    assert_refuses_types(0);
    assert_refuses_types(VALUE_TYPE_BIT(VALUE_BOOLEAN));
    assert_refuses_types(VALUE_TYPE_BIT(VALUE_STRING) | VALUE_TYPE_BIT(VALUE_TYPE_COUNT));
}
END_TEST

/* Whatever passes for a column can be used as one. */
static void use(struct column *column, cell_maker *make)
{
    struct column *into = column_of(make, 2, 20);
    ck_assert(column_merge(into, column));
    add_cells(column, make, 4, 300);
    ck_assert(column_merge(column, into));
    struct text text = said_of(column);
    text_free(&text);
    column_free(into);
    column_free(column);
}

/* About so many places of the bytes, the first ones and then at equal distances. */
#define PLACES 150u
#define FIRST_PLACES 150u

static size_t next_place(size_t at, size_t length)
{
    return at < FIRST_PLACES || length <= PLACES ? at + 1 : at + length / PLACES + 1;
}

static void assert_no_torn_state_is_taken(cell_maker *make, size_t size)
{
    struct column *column = column_of(make, 1, size);
    struct text text = packed_of(column);
    for (size_t length = 0; length < text.length; length = next_place(length, text.length)) {
        /* In memory of its own, so that a sanitizer sees each byte too many. */
        char *bytes = malloc(length + 1);
        ck_assert_ptr_nonnull(bytes);
        memcpy(bytes, text.bytes, length);
        ck_assert_msg(unpacked(bytes, length) == NULL, "cut at %zu of %zu", length, text.length);
        free(bytes);
    }
    text_free(&text);
    column_free(column);
}

START_TEST(a_state_that_is_cut_short_is_refused)
{
    for (size_t i = 0; i < COUNT(MAKERS); i++) {
        assert_no_torn_state_is_taken(MAKERS[i], 40);
        assert_no_torn_state_is_taken(MAKERS[i], 3000);
    }
}
END_TEST

static void turn_bytes(cell_maker *make, size_t size, size_t *refused)
{
    static const int TURNS[] = {0x01, 0x80, 0xFF};
    struct column *column = column_of(make, 1, size);
    struct text text = packed_of(column);
    for (size_t at = 0; at < text.length; at = next_place(at, text.length))
        for (size_t i = 0; i < COUNT(TURNS); i++) {
            text.bytes[at] = (char)(text.bytes[at] ^ TURNS[i]);
            struct column *turned = unpacked(text.bytes, text.length);
            if (turned != NULL)
                use(turned, make);
            *refused += turned == NULL ? 1 : 0;
            text.bytes[at] = (char)(text.bytes[at] ^ TURNS[i]);
        }
    text_free(&text);
    column_free(column);
}

/* As who makes it might get the checksum right, there is none here. */
START_TEST(a_state_with_a_byte_changed_is_refused_or_does_no_harm)
{
    size_t refused = 0;
    for (size_t i = 0; i < COUNT(MAKERS); i++) {
        turn_bytes(MAKERS[i], 40, &refused);
        turn_bytes(MAKERS[i], 3000, &refused);
    }
    ck_assert_uint_gt(refused, 500);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_column_pack", a_column_that_comes_back_is_the_same,
                       a_column_that_comes_back_takes_more_cells_as_the_other_does,
                       a_column_that_comes_back_takes_in_another_as_the_other_does,
                       a_column_that_comes_back_is_taken_in_as_the_other_is,
                       a_column_that_is_text_after_it_came_back_was_text_all_along,
                       a_result_can_be_taken_twice, a_column_made_in_another_room_is_refused,
                       a_column_that_is_no_text_or_what_there_is_not_is_refused,
                       a_state_that_is_cut_short_is_refused,
                       a_state_with_a_byte_changed_is_refused_or_does_no_harm);
}
