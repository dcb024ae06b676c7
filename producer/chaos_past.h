/*
 * chaos_past - what the manifest says of the batches of earlier runs, 8 bytes each, for as long as
 * a start takes.
 *
 *     struct chaos_past past = {0};
 *     faults_manifest_open(path, chaos_past_take, &past, error);
 *     chaos_past_sort(&past);
 *     fault = chaos_past_fault(&past, 7);
 *     chaos_past_free(&past);
 */
#ifndef PRODUCER_CHAOS_PAST_H
#define PRODUCER_CHAOS_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "producer/faults.h"

struct chaos_past {
    uint64_t *items;
    size_t count; /* lines; once they are sorted, batches */
    size_t capacity;
};

/* Takes in a line; a faults_manifest_take. False when memory is short. */
bool chaos_past_take(void *past, uint64_t batch, enum fault fault);

/* By number, and of each batch the last line. False when memory is short. */
bool chaos_past_sort(struct chaos_past *past);

/* FAULT_NONE as well where it has no line. */
enum fault chaos_past_fault(const struct chaos_past *past, uint64_t number);

/* The number of the batch at this place, 0 to count - 1. */
uint64_t chaos_past_number(const struct chaos_past *past, size_t at);

void chaos_past_free(struct chaos_past *past);

#endif
