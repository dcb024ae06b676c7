#include "producer/random.h"

#include <errno.h>
#include <sys/random.h>

__extension__ typedef unsigned __int128 uint128;

uint64_t random_splitmix64(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/*
 * The seed is mixed before the stream is put in and again afterwards: with
 * seed + stream alone, batch 2 of seed 1 would be batch 1 of seed 2. Each step
 * is a bijection of the stream, so no two streams of a seed coincide.
 */
static uint64_t mix(uint64_t seed, uint64_t stream)
{
    uint64_t counter = seed;
    counter = random_splitmix64(&counter) ^ stream;
    return random_splitmix64(&counter);
}

static void fill(struct random_state *state, uint64_t counter)
{
    for (int i = 0; i < 4; i++)
        state->words[i] = random_splitmix64(&counter);
}

void random_seed(struct random_state *state, uint64_t seed, uint64_t stream)
{
    fill(state, mix(seed, stream));
}

/* Mixed once more, for the same reason. */
void random_seed_branch(struct random_state *state, uint64_t seed, uint64_t stream, uint64_t branch)
{
    fill(state, mix(mix(seed, stream), branch));
}

static uint64_t rotate_left(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

uint64_t random_next(struct random_state *state)
{
    uint64_t *s = state->words;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* The high half of random * span is the number; a low half under 2^64 mod span is drawn again. */
uint64_t random_between(struct random_state *state, uint64_t low, uint64_t high)
{
    if (high - low == UINT64_MAX)
        return random_next(state);
    uint64_t span = high - low + 1;
    uint128 product = (uint128)random_next(state) * span;
    if ((uint64_t)product < span) {
        uint64_t biased = (0 - span) % span;
        while ((uint64_t)product < biased)
            product = (uint128)random_next(state) * span;
    }
    return low + (uint64_t)(product >> 64);
}

double random_share(struct random_state *state)
{
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

bool random_from_system(uint64_t *value)
{
    ssize_t count;
    do
        count = getrandom(value, sizeof *value, 0);
    while (count < 0 && errno == EINTR);
    return count == (ssize_t)sizeof *value;
}
