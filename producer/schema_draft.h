/*
 * schema_draft - a schema while it is read: what every way of writing one has in common, which is
 * what a column may be.
 *
 *     struct schema_draft *draft = schema_draft_create(error);
 *     schema_draft_begin(draft, "value", 5)                a column
 *         && schema_draft_distribute(draft, "normal")
 *         && schema_draft_argue(draft, "mean", "20")       NULL for the name: the next parameter
 *         && schema_draft_type(draft, "integer")
 *         && schema_draft_modify(draft, "missing", "2%")
 *         && schema_draft_end(draft)
 *         && schema_draft_finish(draft);                   there is a column at all
 *     draft->schema                                        until schema_draft_free(draft)
 *
 * Each returns false with one line in `error` that names the column and the reason. Texts are
 * copied. Between begin and end the order makes no difference, but that arguments follow their
 * distribution; what is not said has its preset.
 */
#ifndef PRODUCER_SCHEMA_DRAFT_H
#define PRODUCER_SCHEMA_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "producer/schema.h"

#define SCHEMA_ERROR_SIZE 400
/* Of all columns together. */
#define SCHEMA_CHOICES_MAX 1024
/* All of these, and of each column its name and a prefix; each with its NUL. */
#define SCHEMA_TEXTS_SIZE                                 \
    ((size_t)SCHEMA_CHOICES_MAX * (SCHEMA_WORD_MAX + 1) + \
     (size_t)SCHEMA_COLUMNS_MAX * 2 * (SCHEMA_NAME_MAX + 1))

struct schema_draft {
    struct schema schema;
    struct schema_column columns[SCHEMA_COLUMNS_MAX];
    struct schema_choice choices[SCHEMA_CHOICES_MAX];
    size_t choice_count;
    char texts[SCHEMA_TEXTS_SIZE];
    size_t text_length;
    char *error; /* the caller's */
    /* Of the column that was begun: */
    const struct distribution *distribution; /* NULL while none is stated */
    bool typed;
    bool given[DISTRIBUTION_PARAMETERS_MAX]; /* which parameters were stated */
    size_t position;                         /* of the next parameter without a name */
    unsigned modified;                       /* which modifiers were stated, as bits */
    value_types choices_types;               /* that all words so far are of */
};

/* `error` is kept. NULL when memory is short. */
struct schema_draft *schema_draft_create(char error[SCHEMA_ERROR_SIZE]);
void schema_draft_free(struct schema_draft *draft);

bool schema_draft_begin(struct schema_draft *draft, const char *name, size_t length);
bool schema_draft_type(struct schema_draft *draft, const char *word);
bool schema_draft_distribute(struct schema_draft *draft, const char *word);
bool schema_draft_argue(struct schema_draft *draft, const char *name, const char *value);
/* One of the words of a list; NULL for the weight: 1. */
bool schema_draft_choose(struct schema_draft *draft, const char *word, const char *weight);
bool schema_draft_modify(struct schema_draft *draft, const char *word, const char *value);
bool schema_draft_end(struct schema_draft *draft);
bool schema_draft_finish(struct schema_draft *draft);

/* Says of the column that was begun what is wrong with it; always false. */
bool schema_draft_refuse(struct schema_draft *draft, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Beside a distribution or a type. */
struct schema_modifier {
    const char *word;
    const char *example;
    const char *help;
};
#define SCHEMA_MODIFIER_COUNT 3
extern const struct schema_modifier SCHEMA_MODIFIERS[SCHEMA_MODIFIER_COUNT];

#endif
