/*
 * random - numbers for synthetic data: the same seed gives the same numbers on
 * every machine. Not for secrets.
 *
 *     struct random_state state;
 *     random_seed(&state, seed, batch);            one independent stream a batch
 *     rows = random_between(&state, 20, 60);
 *
 * Sources: xoshiro256** 1.0, Blackman and Vigna, "Scrambled linear pseudorandom
 * number generators", ACM TOMS 47(4), 2021; its state is filled by SplitMix64,
 * Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014, as its authors advise; ranges are drawn without bias after
 * Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019.
 */
#ifndef PRODUCER_RANDOM_H
#define PRODUCER_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* Never all zero. */
struct random_state {
    uint64_t words[4];
};

/* One step of SplitMix64; *state is its counter. */
uint64_t random_splitmix64(uint64_t *state);

/* For one seed, no two streams begin alike. */
void random_seed(struct random_state *state, uint64_t seed, uint64_t stream);

/*
 * A stream beside that of random_seed(), for one column of a batch, say: no two branches of a seed
 * and stream begin alike.
 */
void random_seed_branch(struct random_state *state, uint64_t seed, uint64_t stream,
                        uint64_t branch);

/* The next 64 bits of xoshiro256**. */
uint64_t random_next(struct random_state *state);

/* Every number from low to high, both included, with the same probability. low <= high. */
uint64_t random_between(struct random_state *state, uint64_t low, uint64_t high);

/* A multiple of 2^-53 from 0 to below 1, each with the same probability. */
double random_share(struct random_state *state);

/* 64 bits from the kernel; false with errno. For a seed or a name, never for a cell. */
bool random_from_system(uint64_t *value);

#endif
