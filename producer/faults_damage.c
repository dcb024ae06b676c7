#include "producer/faults_damage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/contract.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define NO_UTF8 "\xFF"

/* --- the data -------------------------------------------------------------------------------- */

/* What is damaged. */
struct target {
    struct faults_plan *plan;
    struct text *csv;
    uint64_t *rows;
    size_t columns;
};

size_t faults_header_length(const char *csv, size_t length)
{
    bool quoted = false;
    for (size_t at = 0; at < length; at++)
        if (csv[at] == '"')
            quoted = !quoted;
        else if (csv[at] == '\n' && !quoted)
            return at + 1;
    return length;
}

static void shorten(struct text *text, size_t length)
{
    if (text_failed(text) || length >= text->length)
        return;
    text->length = length;
    text->bytes[length] = '\0';
}

static void insert(struct text *text, size_t at, const char *bytes)
{
    size_t length = strlen(bytes);
    text_put(text, bytes); /* makes room, and what it holds is moved over */
    if (text_failed(text))
        return;
    memmove(text->bytes + at + length, text->bytes + at, text->length - length - at);
    memcpy(text->bytes + at, bytes, length);
}

/* One more row of so many cells, the first of which is given. */
static void add_row(struct target *target, const char *first, size_t length, size_t columns)
{
    text_append(target->csv, first, length);
    for (size_t i = 1; i < columns; i++)
        text_put(target->csv, ",0");
    text_put(target->csv, "\n");
    ++*target->rows;
}

static void cut_short(struct target *target)
{
    struct text *csv = target->csv;
    shorten(csv, random_between(&target->plan->random, 0, csv->length - 1));
}

static void flip_a_bit(struct target *target)
{
    struct random_state *random = &target->plan->random;
    uint64_t at = random_between(random, 0, target->csv->length - 1);
    uint64_t bit = random_between(random, 0, 7);
    target->csv->bytes[at] = (char)(target->csv->bytes[at] ^ (1 << bit));
}

/* A row without its only cell is a blank line, and no row. */
static void make_ragged(struct target *target)
{
    target->plan->other = target->plan->other && target->columns > 1;
    add_row(target, "0", 1, target->plan->other ? target->columns - 1 : target->columns + 1);
}

static void put_stray_quote(struct target *target)
{
    add_row(target, "0\"0", 3, target->columns);
}

static void open_a_quote(struct target *target)
{
    add_row(target, "\"0", 2, target->columns);
}

static void put_nul(struct target *target)
{
    add_row(target, "0\0000", 3, target->columns);
}

/* Into the first name; between a quote and it, where it is quoted. */
static void spoil_header(struct target *target)
{
    insert(target->csv, target->csv->bytes[0] == '"' ? 1 : 0, NO_UTF8);
}

static void take_all(struct target *target)
{
    shorten(target->csv, 0);
    *target->rows = 0;
}

static void take_rows(struct target *target)
{
    shorten(target->csv, faults_header_length(target->csv->bytes, target->csv->length));
    *target->rows = 0;
}

static void put_mark(struct target *target)
{
    insert(target->csv, 0, BYTE_ORDER_MARK);
}

/* Line ends inside of cells are what the cells hold, and stay. */
static void end_lines_by_crlf(struct target *target)
{
    struct text changed = {0};
    const char *from = target->csv->bytes;
    size_t left = target->csv->length;
    while (left > 0) {
        size_t line = faults_header_length(from, left);
        text_append(&changed, from, line - 1);
        text_put(&changed, "\r\n");
        from += line;
        left -= line;
    }
    text_free(target->csv);
    *target->csv = changed;
}

void faults_damage(struct faults_plan *plan, struct text *csv, uint64_t *rows, size_t columns)
{
    static void (*const DAMAGES[FAULT_COUNT])(struct target *) = {
        [FAULT_TORN] = cut_short,
        [FAULT_CORRUPT] = flip_a_bit,
        [FAULT_RAGGED] = make_ragged,
        [FAULT_STRAY_QUOTE] = put_stray_quote,
        [FAULT_UNCLOSED_QUOTE] = open_a_quote,
        [FAULT_NUL] = put_nul,
        [FAULT_INVALID_UTF8] = spoil_header,
        [FAULT_EMPTY] = take_all,
        [FAULT_NO_ROWS] = take_rows,
        [FAULT_BYTE_ORDER_MARK] = put_mark,
        [FAULT_CRLF] = end_lines_by_crlf,
    };
    struct target target = {.plan = plan, .csv = csv, .rows = rows, .columns = columns};
    if (plan->fault < FAULT_COUNT && DAMAGES[plan->fault] != NULL && !text_failed(csv))
        DAMAGES[plan->fault](&target);
}

/* --- the metadata ---------------------------------------------------------------------------- */

static void state_whole(struct metadata *metadata, const struct faults_whole *whole)
{
    if (whole != NULL) {
        metadata->bytes = whole->bytes;
        memcpy(metadata->sha256, whole->sha256, sizeof metadata->sha256);
        return;
    }
    metadata->sha256[0] = metadata->sha256[0] == '0' ? '1' : '0';
}

/* As a program writes it that knows of no hash. */
static void write_without_hash(struct text *document, const struct metadata *metadata)
{
    text_put(document, "{\"filename\": ");
    text_json_string(document, metadata->filename, strlen(metadata->filename));
    text_printf(document, ", \"record_count\": %" PRIu64 ", \"created_at\": \"%s\"}\n",
                metadata->record_count, metadata->created);
}

void faults_state(struct text *document, enum fault fault, const struct metadata *metadata,
                  const struct faults_whole *whole)
{
    struct metadata stated = *metadata;
    char next_name[CONTRACT_NAME_SIZE];
    if (fault == FAULT_NO_HASH) {
        write_without_hash(document, metadata);
        return;
    }
    if (fault == FAULT_TORN || fault == FAULT_CORRUPT)
        state_whole(&stated, whole);
    if (fault == FAULT_TORN && whole == NULL)
        stated.bytes++;
    if (fault == FAULT_WRONG_COUNT)
        stated.record_count++;
    if (fault == FAULT_FOREIGN_METADATA) {
        contract_data_name(next_name, ++stated.batch);
        stated.filename = next_name;
    }
    metadata_write(document, &stated);
    if (fault == FAULT_TORN_METADATA)
        shorten(document, document->length / 2);
}
