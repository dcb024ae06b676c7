/*
 * fuzz - what the fuzz targets share. A target is a program for libFuzzer: it is handed
 * bytes, and holds what the code makes of them against properties that must be so whatever
 * they are. A broken property aborts, and libFuzzer keeps the bytes.
 *
 * Each bytes that broke something stays in tests/fuzz/corpus/NAME/, beside a few made by hand.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define FUZZ_REQUIRE(condition, ...)                             \
    do {                                                         \
        if (!(condition)) {                                      \
            (void)fprintf(stderr, "\nnot so: %s: ", #condition); \
            (void)fprintf(stderr, __VA_ARGS__);                  \
            (void)fputc('\n', stderr);                           \
            abort();                                             \
        }                                                        \
    } while (0)

/* Numbers that follow from the bytes, so that an input means the same each time. */
static inline uint32_t fuzz_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static inline uint32_t fuzz_seed(const uint8_t *bytes, size_t length)
{
    uint32_t seed = (uint32_t)length;
    for (size_t i = 0; i < length; i++)
        seed = seed * 31 + bytes[i];
    return seed;
}

#endif
