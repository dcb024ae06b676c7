#include <stdlib.h>
#include <string.h>

#include "common/csv_scan.h"
#include "tests/unit/support.h"

#define LARGEST 4096

static bool is_mark(char byte, char delimiter)
{
    return byte == delimiter || byte == '"' || byte == '\n' || byte == '\r' || byte == '\0';
}

/* Holds what is found against a look at each byte. */
static void assert_finds_all(enum csv_scan_kind kind, const char *bytes, size_t length,
                             char delimiter)
{
    static uint32_t positions[LARGEST + CSV_SCAN_SLACK];
    size_t count = csv_scan(kind, bytes, length, delimiter, positions);
    size_t met = 0;
    for (size_t i = 0; i < length; i++) {
        if (!is_mark(bytes[i], delimiter))
            continue;
        ck_assert_msg(met < count && positions[met] == i, "kind %d passed over byte %zu of %zu",
                      (int)kind, i, length);
        met++;
    }
    ck_assert_msg(met == count, "kind %d found %zu marks instead of %zu", (int)kind, count, met);
}

static void assert_every_kind_finds_all(const char *bytes, size_t length, char delimiter)
{
    for (enum csv_scan_kind kind = CSV_SCAN_PORTABLE; kind < CSV_SCAN_KINDS; kind++)
        if (csv_scan_has(kind))
            assert_finds_all(kind, bytes, length, delimiter);
}

static const char DELIMITERS[] = {',', ';', '\t', '|'};

#define EACH_DELIMITER(index)  \
    size_t index = 0;          \
    index < sizeof DELIMITERS; \
    index++

START_TEST(csv_scan_tells_the_five_marks_from_all_other_bytes)
{
    char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (EACH_DELIMITER(i))
        assert_every_kind_finds_all(bytes, sizeof bytes, DELIMITERS[i]);
}
END_TEST

START_TEST(csv_scan_tells_each_byte_for_itself_whatever_stands_beside_it)
{
    char bytes[64];
    for (unsigned pair = 0; pair < 65536; pair++) {
        memset(bytes, 'x', sizeof bytes);
        bytes[30] = bytes[33] = (char)(pair >> 8);
        bytes[31] = bytes[32] = (char)pair;
        assert_every_kind_finds_all(bytes, sizeof bytes, DELIMITERS[pair % sizeof DELIMITERS]);
    }
}
END_TEST

START_TEST(csv_scan_finds_a_mark_at_every_place_of_every_length)
{
    for (size_t length = 1; length < 200; length++) {
        /* Memory of that length, so that a sanitizer sees a look behind it. */
        char *bytes = malloc(length);
        ck_assert_ptr_nonnull(bytes);
        memset(bytes, 'x', length);
        for (size_t at = 0; at < length; at++) {
            bytes[at] = '\n';
            assert_every_kind_finds_all(bytes, length, ',');
            bytes[at] = 'x';
        }
        free(bytes);
    }
}
END_TEST

START_TEST(csv_scan_finds_nothing_in_nothing)
{
    assert_every_kind_finds_all("", 0, ',');
}
END_TEST

START_TEST(csv_scan_finds_marks_in_any_number_and_mixture)
{
    static char bytes[LARGEST];
    unsigned state = 1;
    for (unsigned percent = 0; percent <= 100; percent += 5) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            state = state * 1664525u + 1013904223u;
            if ((state >> 8) % 100 < percent)
                bytes[i] = ",\"\n\r\0"[(state >> 16) % 5];
            else
                bytes[i] = (char)(state >> 24);
        }
        assert_every_kind_finds_all(bytes, sizeof bytes, ',');
        assert_every_kind_finds_all(bytes + 1, sizeof bytes - 2, ',');
    }
}
END_TEST

START_TEST(csv_scan_writes_no_more_than_its_slack_behind_the_last_position)
{
    char bytes[200];
    uint32_t positions[sizeof bytes + CSV_SCAN_SLACK + 1];
    memset(bytes, ',', sizeof bytes);
    for (size_t length = 0; length <= sizeof bytes; length++) {
        for (enum csv_scan_kind kind = CSV_SCAN_PORTABLE; kind < CSV_SCAN_KINDS; kind++) {
            if (!csv_scan_has(kind))
                continue;
            memset(positions, 0xAA, sizeof positions);
            ck_assert_uint_eq(csv_scan(kind, bytes, length, ',', positions), length);
            ck_assert_uint_eq(positions[length + CSV_SCAN_SLACK], 0xAAAAAAAAu);
        }
    }
}
END_TEST

START_TEST(csv_scan_takes_the_best_that_the_machine_has)
{
    ck_assert(csv_scan_has(CSV_SCAN_PORTABLE));
    ck_assert(csv_scan_has(csv_scan_best()));
    for (enum csv_scan_kind kind = csv_scan_best() + 1; kind < CSV_SCAN_KINDS; kind++)
        ck_assert(!csv_scan_has(kind));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("common_csv_scan", csv_scan_tells_the_five_marks_from_all_other_bytes,
                       csv_scan_tells_each_byte_for_itself_whatever_stands_beside_it,
                       csv_scan_finds_a_mark_at_every_place_of_every_length,
                       csv_scan_finds_nothing_in_nothing,
                       csv_scan_finds_marks_in_any_number_and_mixture,
                       csv_scan_writes_no_more_than_its_slack_behind_the_last_position,
                       csv_scan_takes_the_best_that_the_machine_has);
}
