#include "consumer/profile/cardinality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_BITS 15
#define REGISTERS (1u << INDEX_BITS)
/* The largest rank: one more than the bits that are left for it. */
#define RANK_MAX (64 - INDEX_BITS + 1)

struct cardinality {
    uint8_t ranks[REGISTERS];
};

struct cardinality *cardinality_create(void)
{
    return calloc(1, sizeof(struct cardinality));
}

void cardinality_free(struct cardinality *cardinality)
{
    free(cardinality);
}

void cardinality_add(struct cardinality *cardinality, const uint64_t *hashes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *rank = &cardinality->ranks[hashes[i] >> (64 - INDEX_BITS)];
        /* The bit below the last keeps the count of leading zeros defined, and in range. */
        uint64_t rest = hashes[i] << INDEX_BITS | UINT64_C(1) << (INDEX_BITS - 1);
        uint8_t seen = (uint8_t)(__builtin_clzll(rest) + 1);
        if (seen > *rank)
            *rank = seen;
    }
}

void cardinality_merge(struct cardinality *into, const struct cardinality *from)
{
    for (size_t i = 0; i < REGISTERS; i++)
        if (from->ranks[i] > into->ranks[i])
            into->ranks[i] = from->ranks[i];
}

/* Ertl's sigma: what registers that are still 0 stand for. Ends when it no longer grows. */
static double sigma(double x)
{
    double weight = 1;
    double sum = x;
    double before = 0;
    if (x == 1)
        return (double)INFINITY;
    do {
        x *= x;
        before = sum;
        sum += x * weight;
        weight += weight;
    } while (sum != before);
    return sum;
}

/* Ertl's tau: what registers that can grow no further stand for. */
static double tau(double x)
{
    double weight = 1;
    double sum = 1 - x;
    double before = 0;
    if (x == 0 || x == 1)
        return 0;
    do {
        x = sqrt(x);
        before = sum;
        weight *= 0.5;
        sum -= (1 - x) * (1 - x) * weight;
    } while (sum != before);
    return sum / 3;
}

uint64_t cardinality_estimate(const struct cardinality *cardinality)
{
    static const double ALPHA = 0.721347520444481703680; /* 1 / (2 ln 2) */
    const double m = REGISTERS;
    unsigned with_rank[RANK_MAX + 1] = {0};
    for (size_t i = 0; i < REGISTERS; i++)
        with_rank[cardinality->ranks[i]]++;
    double sum = m * tau(1 - with_rank[RANK_MAX] / m);
    for (int rank = RANK_MAX - 1; rank >= 1; rank--)
        sum = 0.5 * (sum + with_rank[rank]);
    sum += m * sigma(with_rank[0] / m);
    double estimate = ALPHA * m * m / sum + 0.5;
    /* All registers at their end, which only values that somebody chose bring about. */
    return estimate < 0x1p64 ? (uint64_t)estimate : UINT64_MAX;
}

/* ---- kept ---- */

size_t cardinality_bytes(const struct cardinality *cardinality)
{
    return sizeof *cardinality;
}

void cardinality_pack(const struct cardinality *cardinality, struct text *text)
{
    pack_bytes(text, cardinality->ranks, REGISTERS);
}

/* A rank beyond the last would be counted outside the table of ranks. */
static bool are_ranks(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)bytes[i] > RANK_MAX)
            return false;
    return length == REGISTERS;
}

struct cardinality *cardinality_unpack(struct unpacker *packed)
{
    size_t length = 0;
    const char *ranks = unpack_bytes(packed, &length);
    if (!are_ranks(ranks, length)) {
        (void)unpack_refuse(packed);
        return NULL;
    }
    struct cardinality *cardinality = cardinality_create();
    if (cardinality != NULL)
        memcpy(cardinality->ranks, ranks, REGISTERS);
    return cardinality;
}
