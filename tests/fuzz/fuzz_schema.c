/*
 * schema: no line and no Table Schema crashes the reading; what is refused is refused in one line;
 * what is taken makes a batch, whose rows have as many cells as the schema columns, and the same
 * bytes when it is made again.
 *
 * What begins with '{' is a file, everything else a line.
 */
#include <string.h>

#include "producer/generate.h"
#include "producer/schema_file.h"
#include "producer/schema_line.h"
#include "tests/fuzz/fuzz.h"

#define ROWS 20

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void make(const struct schema *schema, struct text *csv, uint64_t at_once)
{
    static struct generator generator;
    const struct generate_request request = {.schema = schema,
                                             .seed = 7,
                                             .batch = 12345,
                                             .rows_low = ROWS,
                                             .rows_high = ROWS,
                                             .start_seconds = 1795428900,
                                             .start_fixed = true};
    generate_begin(&generator, &request);
    while (generate_rows(&generator, csv, at_once))
        ;
}

/* Commas and line ends outside of quotes. */
static void check_shape(const struct schema *schema, const struct text *csv)
{
    size_t commas = 0;
    size_t rows = 0;
    bool quoted = false;
    for (size_t i = 0; i < csv->length; i++) {
        quoted ^= csv->bytes[i] == '"';
        commas += !quoted && csv->bytes[i] == ',';
        rows += !quoted && csv->bytes[i] == '\n';
    }
    FUZZ_REQUIRE(rows == ROWS + 1, "%zu rows", rows);
    FUZZ_REQUIRE(commas == rows * (schema->column_count - 1), "%zu commas", commas);
}

static void check_taken(const struct schema *schema)
{
    struct text csv = {0};
    struct text again = {0};
    FUZZ_REQUIRE(schema->column_count >= 1 && schema->column_count <= SCHEMA_COLUMNS_MAX, "%zu",
                 schema->column_count);
    make(schema, &csv, ROWS);
    make(schema, &again, 3);
    FUZZ_REQUIRE(csv.length == again.length && memcmp(csv.bytes, again.bytes, csv.length) == 0,
                 "other bytes");
    check_shape(schema, &csv);
    text_free(&csv);
    text_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char error[SCHEMA_ERROR_SIZE] = "";
    char *text = malloc(length + 1);
    struct schema_draft *draft = schema_draft_create(error);
    if (text == NULL || draft == NULL)
        abort();
    memcpy(text, bytes, length);
    text[length] = '\0';
    bool taken =
        text[0] == '{' ? schema_file_parse(draft, text, length) : schema_line_read(draft, text);
    if (taken)
        check_taken(&draft->schema);
    else
        FUZZ_REQUIRE(error[0] != '\0' && strlen(error) < SCHEMA_ERROR_SIZE, "says nothing");
    schema_draft_free(draft);
    free(text);
    return 0;
}
