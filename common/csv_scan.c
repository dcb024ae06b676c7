#include "common/csv_scan.h"

#include <endian.h>
#include <string.h>

#if defined(__x86_64__) && !defined(PORTABLE)
#include <immintrin.h>
#endif

#define BLOCK_BYTES 64

/* As csv_scan(), of whole blocks. */
typedef size_t block_function(const char *bytes, size_t blocks, char delimiter,
                              uint32_t *positions);

/* ---- a mask into positions ---- */

#define EACH_BYTE UINT64_C(0x0101010101010101)

/*
 * Compiled into each of the three, with the instructions that the machine then has: BMI and
 * POPCNT, which come with AVX2, have one where there are many without.
 */
#define INTO_EACH static inline __attribute__((always_inline))

/*
 * Warren, Hacker's Delight, 5-1. Compilers know it for what it is and take the instruction where
 * there is one; where there is none, their builtin is a call.
 */
INTO_EACH size_t count_bits(uint64_t mask)
{
    mask -= (mask >> 1) & (0x55 * EACH_BYTE);
    mask = (mask & (0x33 * EACH_BYTE)) + ((mask >> 2) & (0x33 * EACH_BYTE));
    mask = (mask + (mask >> 4)) & (0x0F * EACH_BYTE);
    return (mask * EACH_BYTE) >> 56;
}

/*
 * Eight at a time without asking whether there are as many: how many a block holds is never the
 * same, and a wrong guess of the processor costs more than the writes in vain.
 */
INTO_EACH size_t put_positions(uint64_t mask, uint32_t base, uint32_t *positions)
{
    size_t count = count_bits(mask);
    for (size_t done = 0; done < count; done += CSV_SCAN_SLACK) {
#pragma GCC unroll 8
        for (size_t i = 0; i < CSV_SCAN_SLACK; i++) {
            /* The highest bit keeps an empty mask from being asked for its lowest. */
            positions[done + i] = base + (uint32_t)__builtin_ctzll(mask | UINT64_C(1) << 63);
            mask &= mask - 1;
        }
    }
    return count;
}

/* ---- any machine ---- */

#define LOW_BITS (0x7F * EACH_BYTE)

/* The first byte is the lowest, whatever the machine's order. */
static uint64_t load_word(const char *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

/*
 * The high bit of each byte that is not zero; the other bits say nothing. The shorter formula, a
 * subtraction, also takes a 1 above a zero for one, for it borrows (Warren, Hacker's Delight, 6-1).
 */
static uint64_t bytes_set(uint64_t word)
{
    return ((word & LOW_BITS) + LOW_BITS) | word;
}

static uint64_t word_mask(uint64_t word, uint64_t delimiters)
{
    uint64_t others = bytes_set(word) & bytes_set(word ^ delimiters) &
                      bytes_set(word ^ ('"' * EACH_BYTE)) & bytes_set(word ^ ('\n' * EACH_BYTE)) &
                      bytes_set(word ^ ('\r' * EACH_BYTE));
    /* Gathers the eight high bits in the highest byte: no two of the summands meet. */
    return (((~others >> 7) & EACH_BYTE) * UINT64_C(0x0102040810204080)) >> 56;
}

static uint64_t mask_portably(const char *bytes, uint64_t delimiters)
{
    uint64_t mask = 0;
    for (unsigned at = 0; at < BLOCK_BYTES; at += 8)
        mask |= word_mask(load_word(bytes + at), delimiters) << at;
    return mask;
}

static size_t scan_portably(const char *bytes, size_t blocks, char delimiter, uint32_t *positions)
{
    uint64_t delimiters = (unsigned char)delimiter * EACH_BYTE;
    size_t count = 0;
    for (size_t at = 0; at < blocks * BLOCK_BYTES; at += BLOCK_BYTES)
        count +=
            put_positions(mask_portably(bytes + at, delimiters), (uint32_t)at, positions + count);
    return count;
}

/* ---- x86-64 ---- */

#if defined(__x86_64__) && !defined(PORTABLE)

static inline uint64_t mask_16_bytes(const char *bytes, __m128i delimiters)
{
    __m128i found = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    __m128i marks = _mm_cmpeq_epi8(found, delimiters);
    marks = _mm_or_si128(marks, _mm_cmpeq_epi8(found, _mm_set1_epi8('"')));
    marks = _mm_or_si128(marks, _mm_cmpeq_epi8(found, _mm_set1_epi8('\n')));
    marks = _mm_or_si128(marks, _mm_cmpeq_epi8(found, _mm_set1_epi8('\r')));
    marks = _mm_or_si128(marks, _mm_cmpeq_epi8(found, _mm_setzero_si128()));
    return (unsigned)_mm_movemask_epi8(marks);
}

static size_t scan_by_sse2(const char *bytes, size_t blocks, char delimiter, uint32_t *positions)
{
    __m128i delimiters = _mm_set1_epi8(delimiter);
    size_t count = 0;
    for (size_t at = 0; at < blocks * BLOCK_BYTES; at += BLOCK_BYTES) {
        uint64_t mask = 0;
        for (unsigned part = 0; part < BLOCK_BYTES; part += 16)
            mask |= mask_16_bytes(bytes + at + part, delimiters) << part;
        count += put_positions(mask, (uint32_t)at, positions + count);
    }
    return count;
}

#define FOR_AVX2 __attribute__((target("avx2,bmi,popcnt")))

/*
 * No two marks share their low four bits, so a table of 16 bytes knows for each byte the one mark
 * that it might be, and one comparison tells whether it is. Where the table has 0 for want of a
 * mark, no byte with those low bits is 0; and for a byte of 0x80 or more the shuffle gives 0.
 */
FOR_AVX2 static inline __m256i make_table(char delimiter)
{
    static const char MARKS[] = {'"', '\n', '\r', '\0'};
    char table[16] = {0};
    for (size_t i = 0; i < sizeof MARKS; i++)
        table[MARKS[i] & 15] = MARKS[i];
    table[delimiter & 15] = delimiter;
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

FOR_AVX2 static inline uint64_t mask_32_bytes(const char *bytes, __m256i table)
{
    __m256i found = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    __m256i marks = _mm256_cmpeq_epi8(found, _mm256_shuffle_epi8(table, found));
    return (unsigned)_mm256_movemask_epi8(marks);
}

FOR_AVX2 static size_t scan_by_avx2(const char *bytes, size_t blocks, char delimiter,
                                    uint32_t *positions)
{
    __m256i table = make_table(delimiter);
    size_t count = 0;
    for (size_t at = 0; at < blocks * BLOCK_BYTES; at += BLOCK_BYTES) {
        uint64_t mask = mask_32_bytes(bytes + at, table) | mask_32_bytes(bytes + at + 32, table)
                                                               << 32;
        count += put_positions(mask, (uint32_t)at, positions + count);
    }
    return count;
}

static block_function *const SCAN[CSV_SCAN_KINDS] = {scan_portably, scan_by_sse2, scan_by_avx2};

bool csv_scan_has(enum csv_scan_kind kind)
{
    return kind != CSV_SCAN_AVX2 ||
           (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
            __builtin_cpu_supports("popcnt"));
}

#else

static block_function *const SCAN[CSV_SCAN_KINDS] = {scan_portably};

bool csv_scan_has(enum csv_scan_kind kind)
{
    return kind == CSV_SCAN_PORTABLE;
}

#endif

/* ---- any length ---- */

enum csv_scan_kind csv_scan_best(void)
{
    enum csv_scan_kind kind = CSV_SCAN_KINDS;
    do
        kind--;
    while (!csv_scan_has(kind));
    return kind;
}

/* What is left behind the last whole block, in a block filled up with what is no mark. */
static size_t scan_rest(enum csv_scan_kind kind, const char *bytes, size_t length, char delimiter,
                        uint32_t *positions)
{
    char block[BLOCK_BYTES];
    memset(block, 'x', sizeof block);
    memcpy(block, bytes, length);
    return SCAN[kind](block, 1, delimiter, positions);
}

size_t csv_scan(enum csv_scan_kind kind, const char *bytes, size_t length, char delimiter,
                uint32_t *positions)
{
    size_t whole = length - length % BLOCK_BYTES;
    size_t count = SCAN[kind](bytes, whole / BLOCK_BYTES, delimiter, positions);
    if (whole == length)
        return count;
    size_t end =
        count + scan_rest(kind, bytes + whole, length - whole, delimiter, positions + count);
    for (; count < end; count++)
        positions[count] += (uint32_t)whole;
    return end;
}
