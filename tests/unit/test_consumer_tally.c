#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "consumer/profile/counters.h"
#include "consumer/profile/hash.h"
#include "consumer/profile/tally.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const struct tally_room AMPLE = {.values = 1 << 18, .bytes = 1 << 24, .counters = 1 << 12};
static const struct tally_room SMALL = {.values = 16, .bytes = 1 << 16, .counters = 16};

static struct tally *make(const struct tally_room *room)
{
    struct tally *tally = tally_create(room);
    if (tally == NULL)
        ck_abort_msg("no memory");
    return tally;
}

static enum tally_outcome try_bytes(struct tally *tally, const char *bytes, size_t length)
{
    return tally_add(tally, bytes, length, hash_bytes(bytes, length), 1);
}

static void add_bytes(struct tally *tally, const char *bytes, size_t length, uint64_t times)
{
    if (tally_add(tally, bytes, length, hash_bytes(bytes, length), times) != TALLY_COUNTED)
        ck_abort_msg("\"%.*s\" was not counted", (int)length, bytes);
}

static void add_times(struct tally *tally, const char *text, uint64_t times)
{
    add_bytes(tally, text, strlen(text), times);
}

static void add_text(struct tally *tally, const char *text)
{
    add_times(tally, text, 1);
}

static bool is_entry(const struct tally *tally, size_t place, const char *bytes, size_t length,
                     uint64_t count)
{
    const struct tally_entry entry = tally_entry(tally, place);
    return entry.length == length && (length == 0 || memcmp(entry.bytes, bytes, length) == 0) &&
           entry.count == count;
}

static void assert_entry(const struct tally *tally, size_t place, const char *bytes, size_t length,
                         uint64_t count)
{
    if (place >= tally_size(tally))
        ck_abort_msg("there is no entry %zu", place);
    if (!is_entry(tally, place, bytes, length, count))
        ck_abort_msg("entry %zu is another one, or its count is %" PRIu64, place,
                     tally_entry(tally, place).count);
}

/* ---- all of the values ---- */

START_TEST(tally_counts_each_value_in_the_order_in_which_they_first_came)
{
    struct tally *tally = make(&AMPLE);
    static const char *const CELLS[] = {"b", "a", "b", "c", "a", "b"};
    for (size_t i = 0; i < COUNT(CELLS); i++)
        add_text(tally, CELLS[i]);
    ck_assert_uint_eq(tally_size(tally), 3);
    assert_entry(tally, 0, "b", 1, 3);
    assert_entry(tally, 1, "a", 1, 2);
    assert_entry(tally, 2, "c", 1, 1);
    ck_assert(tally_is_exact(tally));
    ck_assert_uint_eq(tally_error(tally), 0);
    tally_free(tally);
}
END_TEST

START_TEST(tally_of_nothing_has_no_entries)
{
    struct tally *tally = make(&AMPLE);
    ck_assert_uint_eq(tally_size(tally), 0);
    ck_assert(tally_is_exact(tally));
    ck_assert(tally_summarise(tally));
    ck_assert_uint_eq(tally_size(tally), 0);
    ck_assert_uint_eq(tally_error(tally), 0);
    tally_free(tally);
    tally_free(NULL);
}
END_TEST

START_TEST(tally_takes_the_empty_string_for_a_value)
{
    struct tally *tally = make(&AMPLE);
    ck_assert_int_eq(try_bytes(tally, "", 0), TALLY_COUNTED);
    add_text(tally, "x");
    ck_assert_int_eq(try_bytes(tally, NULL, 0), TALLY_COUNTED);
    ck_assert_uint_eq(tally_size(tally), 2);
    assert_entry(tally, 0, "", 0, 2);
    assert_entry(tally, 1, "x", 1, 1);
    tally_free(tally);
}
END_TEST

START_TEST(tally_tells_values_apart_behind_a_nul_byte)
{
    struct tally *tally = make(&AMPLE);
    for (int i = 0; i < 2; i++) {
        add_bytes(tally, "a", 1, 1);
        add_bytes(tally, "a\0", 2, 1);
        add_bytes(tally, "a\0b", 3, 1);
        add_bytes(tally, "a\0c", 3, 1);
        add_bytes(tally, "\0", 1, 1);
    }
    ck_assert_uint_eq(tally_size(tally), 5);
    assert_entry(tally, 1, "a\0", 2, 2);
    assert_entry(tally, 3, "a\0c", 3, 2);
    assert_entry(tally, 4, "\0", 1, 2);
    tally_free(tally);
}
END_TEST

START_TEST(tally_tells_values_apart_by_their_length_alone)
{
    static const char ZEROS[40];
    struct tally *tally = make(&AMPLE);
    for (int i = 0; i < 2; i++)
        for (size_t length = 0; length <= sizeof ZEROS; length++)
            add_bytes(tally, ZEROS, length, 1);
    ck_assert_uint_eq(tally_size(tally), sizeof ZEROS + 1);
    for (size_t length = 0; length <= sizeof ZEROS; length++)
        assert_entry(tally, length, ZEROS, length, 2);
    tally_free(tally);
}
END_TEST

/* With one hash for all it is the bytes that tell them apart, each of them, at every length. */
START_TEST(tally_compares_every_byte_of_values_with_one_hash)
{
    char bytes[40];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 26);
    for (size_t length = 1; length <= sizeof bytes; length++)
        for (size_t at = 0; at < length; at++) {
            struct tally *tally = make(&AMPLE);
            (void)tally_add(tally, bytes, length, 7, 1);
            bytes[at] ^= 0x20;
            (void)tally_add(tally, bytes, length, 7, 1);
            bytes[at] ^= 0x20;
            (void)tally_add(tally, bytes, length, 7, 1);
            if (tally_size(tally) != 2 || !is_entry(tally, 0, bytes, length, 2))
                ck_abort_msg("byte %zu of %zu", at, length);
            tally_free(tally);
        }
}
END_TEST

START_TEST(tally_keeps_a_copy_of_what_it_is_given)
{
    char cell[] = "first";
    struct tally *tally = make(&AMPLE);
    add_text(tally, cell);
    cell[0] = 'F';
    add_text(tally, cell);
    assert_entry(tally, 0, "first", 5, 1);
    assert_entry(tally, 1, "First", 5, 1);
    tally_free(tally);
}
END_TEST

START_TEST(tally_keeps_the_hash_that_came_with_a_value)
{
    struct tally *tally = make(&AMPLE);
    ck_assert_int_eq(tally_add(tally, "a", 1, 0, 1), TALLY_COUNTED);
    ck_assert_int_eq(tally_add(tally, "b", 1, UINT64_MAX, 1), TALLY_COUNTED);
    ck_assert_uint_eq(tally_entry(tally, 0).hash, 0);
    ck_assert_uint_eq(tally_entry(tally, 1).hash, UINT64_MAX);
    tally_free(tally);
}
END_TEST

START_TEST(tally_counts_exactly_beyond_a_hundred_thousand_distinct_values)
{
    enum { DISTINCT = 150000 };
    char cell[32];
    struct tally *tally = make(&AMPLE);
    for (int i = 0; i < 2 * DISTINCT; i++) {
        int length = snprintf(cell, sizeof cell, "value %d", i % DISTINCT);
        add_bytes(tally, cell, (size_t)length, 1);
    }
    ck_assert_uint_eq(tally_size(tally), DISTINCT);
    for (int i = 0; i < DISTINCT; i++) {
        int length = snprintf(cell, sizeof cell, "value %d", i);
        if (!is_entry(tally, (size_t)i, cell, (size_t)length, 2))
            ck_abort_msg("not value %d", i);
    }
    ck_assert(tally_is_exact(tally));
    tally_free(tally);
}
END_TEST

START_TEST(tally_keeps_values_of_every_length_one_behind_the_other)
{
    static const size_t LENGTHS[] = {1, 65535, 65536, 65537, 1048576, 2, 40000, 40000};
    char *bytes = calloc(1, 1048576);
    struct tally *tally = make(&AMPLE);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < COUNT(LENGTHS); i++) {
        bytes[0] = (char)('a' + i);
        add_bytes(tally, bytes, LENGTHS[i], 1);
    }
    for (size_t i = 0; i < COUNT(LENGTHS); i++) {
        bytes[0] = (char)('a' + i);
        assert_entry(tally, i, bytes, LENGTHS[i], 1);
    }
    tally_free(tally);
    free(bytes);
}
END_TEST

/* As far as the table remembers hashes they are one; some of them are in each other's way. */
START_TEST(tally_tells_values_apart_whose_hashes_have_one_upper_half)
{
    enum { VALUES = 50000 };
    struct tally *tally = make(&AMPLE);
    for (int round = 0; round < 2; round++)
        for (uint64_t i = 0; i < VALUES; i++)
            if (tally_add(tally, (const char *)&i, sizeof i, UINT64_C(7) << 32 | i, 1) !=
                TALLY_COUNTED)
                ck_abort_msg("value %" PRIu64 " was not counted", i);
    ck_assert_uint_eq(tally_size(tally), VALUES);
    for (uint64_t i = 0; i < VALUES; i++)
        if (!is_entry(tally, i, (const char *)&i, sizeof i, 2))
            ck_abort_msg("value %" PRIu64, i);
    tally_free(tally);
}
END_TEST

/* ---- until they are too many ---- */

/* "00", "01", ... */
static void fill(struct tally *tally, size_t values)
{
    char text[24];
    for (size_t i = 0; i < values; i++) {
        (void)snprintf(text, sizeof text, "%02zu", i);
        add_text(tally, text);
    }
}

static void assert_filled(const struct tally *tally, size_t values)
{
    char text[24];
    ck_assert_uint_eq(tally_size(tally), values);
    for (size_t i = 0; i < values; i++) {
        (void)snprintf(text, sizeof text, "%02zu", i);
        assert_entry(tally, i, text, 2, 1);
    }
    ck_assert(tally_is_exact(tally));
    ck_assert_uint_eq(tally_error(tally), 0);
}

START_TEST(tally_is_full_at_one_value_more_than_it_has_room_for_and_does_not_change)
{
    struct tally *tally = make(&SMALL);
    fill(tally, 16);
    ck_assert_int_eq(try_bytes(tally, "new", 3), TALLY_FULL);
    ck_assert_int_eq(try_bytes(tally, "", 0), TALLY_FULL);
    assert_filled(tally, 16);
    add_text(tally, "07");
    assert_entry(tally, 7, "07", 2, 2);
    tally_free(tally);
}
END_TEST

START_TEST(tally_is_full_at_one_byte_more_than_it_has_room_for_and_does_not_change)
{
    const struct tally_room room = {.values = 64, .bytes = 32, .counters = 16};
    struct tally *tally = make(&room);
    fill(tally, 15);
    ck_assert_int_eq(try_bytes(tally, "new", 3), TALLY_FULL);
    assert_filled(tally, 15);
    add_text(tally, "15");
    ck_assert_int_eq(try_bytes(tally, "x", 1), TALLY_FULL);
    assert_filled(tally, 16);
    ck_assert_int_eq(try_bytes(tally, "", 0), TALLY_COUNTED);
    tally_free(tally);
}
END_TEST

START_TEST(tally_tells_a_few_values_with_one_hash_apart_and_is_full_at_the_next)
{
    struct tally *tally = make(&AMPLE);
    char text[] = "a";
    for (unsigned i = 0; i < TALLY_SAME_HASH; i++, text[0]++)
        ck_assert_int_eq(tally_add(tally, text, 1, 42, 1), TALLY_COUNTED);
    ck_assert_int_eq(tally_add(tally, text, 1, 42, 1), TALLY_FULL);
    ck_assert_uint_eq(tally_size(tally), TALLY_SAME_HASH);
    ck_assert_int_eq(tally_add(tally, "b", 1, 42, 5), TALLY_COUNTED);
    assert_entry(tally, 1, "b", 1, 6);
    ck_assert_int_eq(tally_add(tally, text, 1, 43, 1), TALLY_COUNTED);
    tally_free(tally);
}
END_TEST

/* ---- a summary ---- */

START_TEST(tally_with_few_values_loses_nothing_by_being_summarised)
{
    struct tally *tally = make(&SMALL);
    fill(tally, 8);
    ck_assert(tally_summarise(tally));
    ck_assert(!tally_is_exact(tally));
    ck_assert_uint_eq(tally_error(tally), 0);
    ck_assert_uint_eq(tally_size(tally), 8);
    for (size_t i = 0; i < 8; i++)
        assert_entry(tally, i, (const char[]){'0', (char)('0' + i)}, 2, 1);
    add_text(tally, "07");
    assert_entry(tally, 7, "07", 2, 2);
    ck_assert_uint_eq(tally_error(tally), 0);
    tally_free(tally);
}
END_TEST

START_TEST(tally_as_a_summary_gives_a_counter_to_a_value_that_comes_a_second_time)
{
    struct tally *tally = make(&SMALL);
    ck_assert(tally_summarise(tally));
    add_text(tally, "once");
    add_text(tally, "twice");
    ck_assert_uint_eq(tally_size(tally), 0);
    ck_assert_uint_eq(tally_error(tally), 1);
    for (int i = 0; i < 4; i++)
        add_text(tally, "twice");
    ck_assert_uint_eq(tally_size(tally), 1);
    assert_entry(tally, 0, "twice", 5, 4);
    ck_assert_uint_eq(tally_error(tally), 1);
    tally_free(tally);
}
END_TEST

static bool has_counter(const struct tally *tally, const char *text)
{
    for (size_t i = 0; i < tally_size(tally); i++)
        if (is_entry(tally, i, text, strlen(text), tally_entry(tally, i).count))
            return true;
    return false;
}

/* The bits by which it is told that a value came before are forgotten with the window. */
START_TEST(tally_as_a_summary_gives_no_counter_to_values_that_come_once_a_window)
{
    struct tally *tally = make(&SMALL);
    char text[24];
    size_t taken = 0;
    ck_assert(tally_summarise(tally));
    for (size_t i = 0; i < 400; i++) {
        (void)snprintf(text, sizeof text, "%zu", i);
        add_text(tally, i % 40 == 0 ? "rare" : text);
        taken += has_counter(tally, "rare") ? 1 : 0;
    }
    /* Now and then it is taken for one that came before. */
    ck_assert_uint_le(taken, 40);
    ck_assert_uint_ge(tally_error(tally), 10);
    ck_assert_uint_le(tally_error(tally), 3 * 400 / SMALL.counters + 1);
    tally_free(tally);
}
END_TEST

START_TEST(tally_as_a_summary_counts_every_occurrence_of_a_value_with_a_counter)
{
    struct tally *tally = make(&SMALL);
    add_text(tally, "kept");
    ck_assert(tally_summarise(tally));
    for (int i = 0; i < 1000; i++)
        add_text(tally, "kept");
    ck_assert_uint_eq(tally_size(tally), 1);
    assert_entry(tally, 0, "kept", 4, 1001);
    ck_assert_uint_eq(tally_error(tally), 0);
    tally_free(tally);
}
END_TEST

/* Of 16 counters half are kept: of the others, the ninth came most often. */
START_TEST(tally_keeps_half_of_its_counters_when_none_is_left)
{
    static const char LETTERS[] = "abcdefghijklmnop";
    struct tally *tally = make(&SMALL);
    for (size_t i = 0; i < 16; i++)
        add_bytes(tally, &LETTERS[i], 1, 10 + i);
    ck_assert(tally_summarise(tally));
    ck_assert_uint_eq(tally_error(tally), 17);
    ck_assert_uint_eq(tally_size(tally), 8);
    for (size_t i = 0; i < 8; i++)
        assert_entry(tally, i, &LETTERS[8 + i], 1, 18 + i);
    tally_free(tally);
}
END_TEST

/* Of values that come many at a time no first one is left out: the error would not tell of it. */
START_TEST(tally_as_a_summary_counts_what_came_many_times_and_once_more)
{
    char text[32];
    for (uint64_t times = 2; times < 30; times++) {
        struct tally *tally = make(&SMALL);
        ck_assert(tally_summarise(tally));
        add_times(tally, "often", 1000);
        add_times(tally, "some", times);
        add_text(tally, "some");
        for (uint64_t i = 0; i < 1000; i++) {
            uint64_t count = 0;
            for (size_t place = 0; place < tally_size(tally); place++)
                if (tally_entry(tally, place).length == 4)
                    count = tally_entry(tally, place).count;
            if (count > times + 1 || count + tally_error(tally) < times + 1)
                ck_abort_msg("%" PRIu64 " of %" PRIu64 ", error %" PRIu64, count, times + 1,
                             tally_error(tally));
            (void)snprintf(text, sizeof text, "number %" PRIu64, i);
            add_text(tally, text);
            add_text(tally, "often");
        }
        tally_free(tally);
    }
}
END_TEST

START_TEST(tally_gives_no_counter_to_a_value_that_is_too_long_but_states_it)
{
    char bytes[TALLY_COUNTED_BYTES + 1];
    struct tally *tally = make(&SMALL);
    memset(bytes, 'x', sizeof bytes);
    ck_assert(tally_summarise(tally));
    add_bytes(tally, bytes, TALLY_COUNTED_BYTES, 3);
    add_bytes(tally, bytes, TALLY_COUNTED_BYTES + 1, 5);
    add_bytes(tally, bytes, TALLY_COUNTED_BYTES, 2);
    ck_assert_uint_eq(tally_size(tally), 1);
    assert_entry(tally, 0, bytes, TALLY_COUNTED_BYTES, 5);
    ck_assert_uint_eq(tally_error(tally), 5);
    tally_free(tally);
}
END_TEST

START_TEST(tally_lets_values_that_are_too_long_go_when_it_is_summarised_and_states_them)
{
    char bytes[1000];
    struct tally *tally = make(&SMALL);
    memset(bytes, 'x', sizeof bytes);
    add_text(tally, "short");
    add_bytes(tally, bytes, sizeof bytes, 4);
    add_bytes(tally, bytes, TALLY_COUNTED_BYTES, 1);
    add_bytes(tally, bytes, TALLY_COUNTED_BYTES + 1, 9);
    add_text(tally, "last");
    ck_assert(tally_summarise(tally));
    ck_assert_uint_eq(tally_size(tally), 3);
    assert_entry(tally, 0, "short", 5, 1);
    assert_entry(tally, 1, bytes, TALLY_COUNTED_BYTES, 1);
    assert_entry(tally, 2, "last", 4, 1);
    ck_assert_uint_eq(tally_error(tally), 9);
    add_text(tally, "last");
    assert_entry(tally, 2, "last", 4, 2);
    tally_free(tally);
}
END_TEST

START_TEST(tally_as_a_summary_adds_values_of_a_crowded_hash_to_its_error)
{
    struct tally *tally = make(&AMPLE);
    char text[] = "a";
    ck_assert(tally_summarise(tally));
    for (unsigned i = 0; i < TALLY_SAME_HASH + 3; i++, text[0]++)
        ck_assert_int_eq(tally_add(tally, text, 1, 42, 10), TALLY_COUNTED);
    ck_assert_uint_eq(tally_size(tally), TALLY_SAME_HASH);
    ck_assert_uint_eq(tally_error(tally), 30);
    ck_assert_int_eq(tally_add(tally, "c", 1, 42, 2), TALLY_COUNTED);
    assert_entry(tally, 2, "c", 1, 12);
    ck_assert_uint_eq(tally_error(tally), 30);
    tally_free(tally);
}
END_TEST

START_TEST(tally_states_what_another_one_had_to_leave_out)
{
    struct tally *tally = make(&SMALL);
    tally_add_error(tally, 7);
    tally_add_error(tally, 4);
    ck_assert_uint_eq(tally_error(tally), 11);
    tally_free(tally);
}
END_TEST

/* ---- what a summary promises, held against exact counts ---- */

#define IDS 20000u

/* How often each value came, and all of them together. */
struct truth {
    uint64_t counts[IDS];
    uint64_t total, longest; /* the latter: occurrences of those that are too long */
};

struct stream {
    const char *name;
    uint64_t (*id_of)(uint64_t *state, uint64_t i);
};

static uint64_t zipf(uint64_t *state, uint64_t i)
{
    (void)i;
    double share = chance_share(state);
    double id = share > 0 ? 1 / share : IDS;
    return id < IDS ? (uint64_t)id - 1 : IDS - 1;
}

static uint64_t uniform(uint64_t *state, uint64_t i)
{
    (void)i;
    return chance_below(state, 500);
}

static uint64_t all_different(uint64_t *state, uint64_t i)
{
    (void)state;
    return i % IDS;
}

/* Each as often as its number, in a row. */
static uint64_t sorted(uint64_t *state, uint64_t i)
{
    (void)state;
    uint64_t id = 0;
    while ((id + 1) * (id + 2) / 2 <= i)
        id++;
    return id;
}

/* One value more than there are counters, in turn: what Misra and Gries lose most at. */
static uint64_t in_turn(uint64_t *state, uint64_t i)
{
    (void)state;
    return i % 65;
}

/* Frequent from the middle on, when all counters are taken by values that never come again. */
static uint64_t late(uint64_t *state, uint64_t i)
{
    return i < 10000 || i % 3 != 0 ? i % IDS : chance_below(state, 4);
}

static const struct stream STREAMS[] = {
    {"zipf", zipf},     {"uniform", uniform}, {"all different", all_different},
    {"sorted", sorted}, {"in turn", in_turn}, {"late", late},
};

#define OCCURRENCES 20000u

/* Of several lengths; one id in `one_long_in`, where that is not 0, is too long for a summary. */
static size_t write_value(char *bytes, uint64_t id, uint64_t one_long_in)
{
    bool is_long = one_long_in > 0 && id % one_long_in == one_long_in - 1;
    size_t length = is_long ? TALLY_COUNTED_BYTES + 1 : 8 + id % 31;
    memset(bytes, '.', length);
    memcpy(bytes, &id, sizeof id);
    return length;
}

struct feed {
    const struct tally_room *room;
    const struct stream *stream;
    uint64_t seed;
    uint64_t times_max; /* each comes so often at most at a time */
    uint64_t one_long_in;
};

/* As whoever uses it does: what does not fit makes a summary of it. */
static void add(struct tally *tally, const char *bytes, size_t length, uint64_t hash,
                uint64_t times)
{
    enum tally_outcome outcome = tally_add(tally, bytes, length, hash, times);
    if (outcome == TALLY_FULL)
        outcome =
            tally_summarise(tally) ? tally_add(tally, bytes, length, hash, times) : TALLY_NO_MEMORY;
    if (outcome != TALLY_COUNTED)
        ck_abort_msg("a value of %zu bytes was not counted", length);
}

/* The occurrences `from` to `to` - 1 of a stream. */
static void feed(struct tally *tally, struct truth *truth, const struct feed *how, uint64_t from,
                 uint64_t to)
{
    char bytes[TALLY_COUNTED_BYTES + 1];
    uint64_t state = how->seed + from;
    for (uint64_t i = from; i < to; i++) {
        uint64_t id = how->stream->id_of(&state, i);
        uint64_t times = 1 + (how->times_max > 1 ? chance_below(&state, how->times_max) : 0);
        size_t length = write_value(bytes, id, how->one_long_in);
        add(tally, bytes, length, hash_bytes(bytes, length), times);
        truth->counts[id] += times;
        truth->total += times;
        truth->longest += length > TALLY_COUNTED_BYTES ? times : 0;
    }
}

static uint64_t id_of(const struct tally_entry *entry)
{
    uint64_t id = 0;
    memcpy(&id, entry->bytes, sizeof id);
    return id;
}

static void assert_promises_kept(const struct tally *tally, const struct truth *truth,
                                 const struct feed *how)
{
    static bool seen[IDS];
    uint64_t error = tally_error(tally);
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < tally_size(tally); i++) {
        const struct tally_entry entry = tally_entry(tally, i);
        uint64_t id = id_of(&entry);
        if (seen[id] || entry.count == 0 || entry.count > truth->counts[id] ||
            entry.count + error < truth->counts[id])
            ck_abort_msg("%s: %" PRIu64 " of %" PRIu64 " of value %" PRIu64 ", error %" PRIu64,
                         how->stream->name, entry.count, truth->counts[id], id, error);
        seen[id] = true;
    }
    for (size_t id = 0; id < IDS; id++)
        if (!seen[id] && truth->counts[id] > error)
            ck_abort_msg("%s: value %zu came %" PRIu64 " times, error %" PRIu64, how->stream->name,
                         id, truth->counts[id], error);
    /* One more for the window that the last ones are in. */
    if (error > 3 * truth->total / how->room->counters + 1 + truth->longest)
        ck_abort_msg("%s: an error of %" PRIu64 " of %" PRIu64, how->stream->name, error,
                     truth->total);
    ck_assert_uint_le(tally_size(tally), how->room->counters);
    ck_assert(!tally_is_exact(tally));
}

/* Four streams of each kind. */
static void check_streams(struct feed how)
{
    for (size_t i = 0; i < COUNT(STREAMS); i++)
        for (how.seed = 0; how.seed < 4; how.seed++) {
            struct truth truth = {.total = 0};
            struct tally *tally = make(how.room);
            how.stream = &STREAMS[i];
            feed(tally, &truth, &how, 0, OCCURRENCES);
            if (tally_is_exact(tally))
                ck_assert(tally_summarise(tally));
            assert_promises_kept(tally, &truth, &how);
            tally_free(tally);
        }
}

static const struct tally_room WIDE = {.values = 512, .bytes = 1 << 15, .counters = 64};
static const struct tally_room TIGHT = {.values = 64, .bytes = 1 << 14, .counters = 64};

START_TEST(tally_counts_no_value_too_high_and_none_too_low_by_more_than_its_error)
{
    check_streams((struct feed){.room = &WIDE, .times_max = 1});
    check_streams((struct feed){.room = &TIGHT, .times_max = 1});
    check_streams((struct feed){.room = &SMALL, .times_max = 1});
}
END_TEST

START_TEST(tally_keeps_its_promises_where_values_come_many_at_a_time)
{
    check_streams((struct feed){.room = &WIDE, .times_max = 5000});
    check_streams((struct feed){.room = &TIGHT, .times_max = 1500});
    check_streams((struct feed){.room = &SMALL, .times_max = UINT64_C(1) << 40});
}
END_TEST

START_TEST(tally_keeps_its_promises_where_some_values_are_too_long)
{
    check_streams((struct feed){.room = &WIDE, .times_max = 1, .one_long_in = 7});
    check_streams((struct feed){.room = &TIGHT, .times_max = 3000, .one_long_in = 3});
}
END_TEST

/* ---- two into one ---- */

/* As columns are merged. */
static void merge(struct tally *into, const struct tally *from)
{
    if (tally_is_exact(into) && !tally_is_exact(from) && !tally_summarise(into))
        ck_abort_msg("no memory");
    tally_add_error(into, tally_error(from));
    for (size_t i = 0; i < tally_size(from); i++) {
        const struct tally_entry entry = tally_entry(from, i);
        add(into, entry.bytes, entry.length, entry.hash, entry.count);
    }
}

/* Of parts of a stream, each `growth` times as long as the one before. */
static void check_merges(const struct stream *stream, uint64_t first, double growth)
{
    const struct feed how = {.room = &TIGHT, .stream = stream, .seed = 9, .times_max = 40};
    struct truth truth = {.total = 0};
    struct tally *into = make(how.room);
    double length = (double)first;
    for (uint64_t from = 0; from < OCCURRENCES; length *= growth) {
        uint64_t to = from + (uint64_t)length + 1;
        struct tally *part = make(how.room);
        to = to < OCCURRENCES ? to : OCCURRENCES;
        feed(part, &truth, &how, from, to);
        merge(into, part);
        tally_free(part);
        from = to;
    }
    assert_promises_kept(into, &truth, &how);
    tally_free(into);
}

START_TEST(tally_keeps_its_promises_when_parts_are_merged)
{
    for (size_t i = 0; i < COUNT(STREAMS); i++) {
        check_merges(&STREAMS[i], OCCURRENCES / 2, 1);
        check_merges(&STREAMS[i], OCCURRENCES / 100, 1);
        check_merges(&STREAMS[i], 30, 1);
        check_merges(&STREAMS[i], 1, 3);
        check_merges(&STREAMS[i], OCCURRENCES * 9 / 10, 0.3);
    }
}
END_TEST

START_TEST(tally_of_merged_exact_parts_is_that_of_the_whole)
{
    struct tally *into = make(&AMPLE);
    struct tally *from = make(&AMPLE);
    add_text(into, "a");
    add_text(into, "b");
    add_text(from, "c");
    add_text(from, "b");
    merge(into, from);
    ck_assert_uint_eq(tally_size(into), 3);
    assert_entry(into, 0, "a", 1, 1);
    assert_entry(into, 1, "b", 1, 2);
    assert_entry(into, 2, "c", 1, 1);
    ck_assert(tally_is_exact(into));
    tally_free(into);
    tally_free(from);
}
END_TEST

/* ---- many cells at a time ---- */

static bool have_same_entries(const struct tally *a, const struct tally *b)
{
    if (tally_size(a) != tally_size(b) || tally_error(a) != tally_error(b))
        return false;
    for (size_t i = 0; i < tally_size(a); i++) {
        const struct tally_entry entry = tally_entry(b, i);
        if (!is_entry(a, i, entry.bytes, entry.length, entry.count) ||
            tally_entry(a, i).hash != entry.hash)
            return false;
    }
    return true;
}

#define CELLS 6000u

struct cells {
    char bytes[CELLS][TALLY_COUNTED_BYTES + 1];
    struct csv_cell cells[CELLS];
    uint64_t hashes[CELLS];
};

static void make_cells(struct cells *cells, const struct stream *stream, uint64_t one_long_in)
{
    uint64_t state = 5;
    for (size_t i = 0; i < CELLS; i++) {
        size_t length = write_value(cells->bytes[i], stream->id_of(&state, i), one_long_in);
        cells->cells[i] = (struct csv_cell){.bytes = cells->bytes[i], .length = length};
        cells->hashes[i] = hash_bytes(cells->bytes[i], length);
    }
}

/* As columns do: what it is full of is made a summary in the middle of the cells. */
static void add_cells(struct tally *tally, const struct cells *cells, size_t from, size_t count)
{
    size_t at = 0;
    enum tally_outcome outcome =
        tally_add_cells(tally, cells->cells + from, cells->hashes + from, count, &at);
    if (outcome == TALLY_FULL) {
        ck_assert_uint_lt(at, count);
        ck_assert(tally_is_exact(tally));
        ck_assert(tally_summarise(tally));
        outcome = tally_add_cells(tally, cells->cells + from, cells->hashes + from, count, &at);
    }
    ck_assert_int_eq(outcome, TALLY_COUNTED);
    ck_assert_uint_eq(at, count);
}

static void check_cells(const struct cells *cells, const struct tally_room *room, size_t most)
{
    uint64_t state = most;
    struct tally *one_by_one = make(room);
    struct tally *together = make(room);
    for (size_t i = 0; i < CELLS; i++)
        add(one_by_one, cells->cells[i].bytes, cells->cells[i].length, cells->hashes[i], 1);
    for (size_t at = 0; at < CELLS;) {
        size_t count = chance_below(&state, most + 1);
        count = count < CELLS - at ? count : CELLS - at;
        add_cells(together, cells, at, count);
        at += count;
    }
    ck_assert(tally_is_exact(one_by_one) == tally_is_exact(together));
    ck_assert(have_same_entries(one_by_one, together));
    tally_free(one_by_one);
    tally_free(together);
}

START_TEST(tally_of_cells_together_is_that_of_cells_one_by_one)
{
    static struct cells cells;
    for (size_t i = 0; i < COUNT(STREAMS); i++) {
        make_cells(&cells, &STREAMS[i], i % 2 == 0 ? 0 : 5);
        check_cells(&cells, &SMALL, 3);
        check_cells(&cells, &SMALL, 1000);
        check_cells(&cells, &WIDE, 40);
        check_cells(&cells, &WIDE, CELLS);
        check_cells(&cells, &AMPLE, 1024);
    }
}
END_TEST

START_TEST(tally_says_which_of_the_cells_it_is_full_at)
{
    static struct cells cells;
    size_t at = 3;
    struct tally *tally = make(&SMALL);
    make_cells(&cells, &(struct stream){"all different", all_different}, 0);
    ck_assert_int_eq(tally_add_cells(tally, cells.cells, cells.hashes, 100, &at), TALLY_FULL);
    ck_assert_uint_eq(at, 3 + SMALL.values);
    ck_assert_uint_eq(tally_size(tally), SMALL.values);
    ck_assert_int_eq(tally_add_cells(tally, cells.cells, cells.hashes, 100, &at), TALLY_FULL);
    ck_assert_uint_eq(at, 3 + SMALL.values);
    at = 3;
    ck_assert_int_eq(tally_add_cells(tally, cells.cells, cells.hashes, 10, &at), TALLY_COUNTED);
    ck_assert_uint_eq(at, 10);
    tally_free(tally);
}
END_TEST

/* ---- the key ---- */

START_TEST(tally_answers_the_same_whatever_its_key)
{
    for (size_t i = 0; i < COUNT(STREAMS); i++) {
        const struct feed how = {
            .room = &WIDE, .stream = &STREAMS[i], .times_max = 9, .one_long_in = 11};
        struct truth truth = {.total = 0};
        struct tally *first = make(&WIDE);
        feed(first, &truth, &how, 0, OCCURRENCES);
        for (int more = 0; more < 3; more++) {
            struct tally *second = make(&WIDE);
            feed(second, &truth, &how, 0, OCCURRENCES);
            ck_assert_msg(have_same_entries(first, second), "%s", STREAMS[i].name);
            tally_free(second);
        }
        tally_free(first);
    }
}
END_TEST

static uint64_t new_key(void)
{
    struct counters counters;
    ck_assert(counters_open(&counters));
    uint64_t key = counters.key;
    counters_close(&counters);
    return key;
}

/* The first that a process of its own draws. */
static uint64_t key_of_another_process(void)
{
    int ends[2];
    uint64_t key = 0;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        key = new_key();
        _exit(write(ends[1], &key, sizeof key) == sizeof key ? 0 : 1);
    }
    ck_assert_int_eq(read(ends[0], &key, sizeof key), sizeof key);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return key;
}

START_TEST(counters_of_each_process_and_each_table_have_a_key_of_their_own)
{
    ck_assert_uint_ne(key_of_another_process(), key_of_another_process());
    uint64_t keys[100];
    for (size_t i = 0; i < COUNT(keys); i++) {
        keys[i] = new_key();
        for (size_t before = 0; before < i; before++)
            ck_assert_uint_ne(keys[i], keys[before]);
    }
}
END_TEST

/* CPU time of taking in values with these hashes, from `step` to `step`. */
static double seconds_of(uint64_t first, uint64_t step)
{
    enum { VALUES = 1 << 16 };
    struct tally *tally = make(&AMPLE);
    clock_t start = clock();
    for (uint64_t i = 0; i < VALUES; i++)
        if (tally_add(tally, (const char *)&i, sizeof i, first + i * step, 1) != TALLY_COUNTED)
            ck_abort_msg("value %lu was not counted", (unsigned long)i);
    clock_t end = clock();
    ck_assert_uint_eq(tally_size(tally), VALUES);
    tally_free(tally);
    return (double)(end - start) / CLOCKS_PER_SEC;
}

/* These begin in one place of a table that has no key: two billion steps. */
START_TEST(tally_is_not_slowed_down_by_hashes_that_are_chosen_to_meet)
{
    double spread = seconds_of(1, UINT64_C(0x9e3779b97f4a7c15));
    ck_assert_double_le(seconds_of(5, UINT64_C(1) << 46), 20 * spread + 0.1);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_tally", tally_counts_each_value_in_the_order_in_which_they_first_came,
        tally_of_nothing_has_no_entries, tally_takes_the_empty_string_for_a_value,
        tally_tells_values_apart_behind_a_nul_byte, tally_tells_values_apart_by_their_length_alone,
        tally_compares_every_byte_of_values_with_one_hash, tally_keeps_a_copy_of_what_it_is_given,
        tally_keeps_the_hash_that_came_with_a_value,
        tally_counts_exactly_beyond_a_hundred_thousand_distinct_values,
        tally_keeps_values_of_every_length_one_behind_the_other,
        tally_tells_values_apart_whose_hashes_have_one_upper_half,
        tally_is_full_at_one_value_more_than_it_has_room_for_and_does_not_change,
        tally_is_full_at_one_byte_more_than_it_has_room_for_and_does_not_change,
        tally_tells_a_few_values_with_one_hash_apart_and_is_full_at_the_next,
        tally_with_few_values_loses_nothing_by_being_summarised,
        tally_as_a_summary_gives_a_counter_to_a_value_that_comes_a_second_time,
        tally_as_a_summary_gives_no_counter_to_values_that_come_once_a_window,
        tally_as_a_summary_counts_every_occurrence_of_a_value_with_a_counter,
        tally_keeps_half_of_its_counters_when_none_is_left,
        tally_as_a_summary_counts_what_came_many_times_and_once_more,
        tally_gives_no_counter_to_a_value_that_is_too_long_but_states_it,
        tally_lets_values_that_are_too_long_go_when_it_is_summarised_and_states_them,
        tally_as_a_summary_adds_values_of_a_crowded_hash_to_its_error,
        tally_states_what_another_one_had_to_leave_out,
        tally_counts_no_value_too_high_and_none_too_low_by_more_than_its_error,
        tally_keeps_its_promises_where_values_come_many_at_a_time,
        tally_keeps_its_promises_where_some_values_are_too_long,
        tally_keeps_its_promises_when_parts_are_merged,
        tally_of_merged_exact_parts_is_that_of_the_whole,
        tally_of_cells_together_is_that_of_cells_one_by_one,
        tally_says_which_of_the_cells_it_is_full_at, tally_answers_the_same_whatever_its_key,
        counters_of_each_process_and_each_table_have_a_key_of_their_own,
        tally_is_not_slowed_down_by_hashes_that_are_chosen_to_meet);
}
