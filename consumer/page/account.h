/*
 * account - what is told of a decided batch afterwards: what its record says, and a few figures
 * of each of its columns. Plain data of a fixed size, for the page, the trend and what is marked
 * as a change; it knows no rows and no sketches.
 */
#ifndef CONSUMER_ACCOUNT_H
#define CONSUMER_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/processed_record.h"
#include "common/reason.h"
#include "common/value.h"
#include "consumer/profile/profile.h"

/* Of further columns a batch tells nothing here. */
#define ACCOUNT_COLUMNS_MAX 32
/* Of a longer name, its first whole characters, and an ellipsis. */
#define ACCOUNT_NAME_SIZE 64
#define ACCOUNT_NOTE_SIZE 192

enum { ACCOUNT_P05, ACCOUNT_P25, ACCOUNT_P50, ACCOUNT_P75, ACCOUNT_P95 };
#define ACCOUNT_QUANTILES 5
/* Which of a column's they are. */
#define ACCOUNT_QUANTILES_TOLD                                     \
    {                                                              \
        COLUMN_P05, COLUMN_P25, COLUMN_P50, COLUMN_P75, COLUMN_P95 \
    }

struct account_column {
    char name[ACCOUNT_NAME_SIZE]; /* UTF-8, otherwise as the file has it */
    enum value_type type;
    uint64_t count; /* cells with a value, */
    uint64_t missing;
    uint64_t distinct;
    double quantiles[ACCOUNT_QUANTILES]; /* NaN where there are no finite numbers */
};

struct account {
    char key[CONTRACT_KEY_MAX + 1];
    enum outcome outcome;
    struct rejection rejection;    /* of a rejected or changed batch */
    char at[CLOCK_TIMESTAMP_SIZE]; /* when it was decided */
    bool verified;
    enum plot plot;
    uint64_t rows;
    uint64_t bytes;
    size_t column_count; /* in the file, of which `columns` holds the first ones; 0 when rejected */
    struct account_column columns[ACCOUNT_COLUMNS_MAX];

    /* Against the batches before it, a line for people; "" as a rule: */
    char change[ACCOUNT_NOTE_SIZE]; /* which columns came, went or took another type, */
    char drift[ACCOUNT_NOTE_SIZE];  /* and whose median left the usual range */
};

/* Gives a column its name, cut as said above. */
void account_column_name(struct account_column *column, const char *bytes, size_t length);

/* Takes the columns of a profile; the other members stay as they are. */
void account_columns(struct account *account, const struct profile *profile);

/* The first column of this name that has numbers; NULL where none of those told is one. */
const struct account_column *account_numeric_column(const struct account *account,
                                                    const char *name);

#endif
