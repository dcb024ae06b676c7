#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producer/schema_file.h"
#include "producer/schema_line.h"
#include "producer/schema_source.h"
#include "tests/unit/support.h"

static char error[SCHEMA_ERROR_SIZE];

/* Schemas of the running test, which is a process: freed when that ends. */
static struct schema_draft *kept[64];
static size_t kept_count;

static const struct schema *keep(struct schema_draft *draft)
{
    ck_assert_uint_lt(kept_count, sizeof kept / sizeof *kept);
    kept[kept_count++] = draft;
    return &draft->schema;
}

static const struct schema *load(const char *text)
{
    struct schema_draft *draft = schema_source_load(text, error);
    ck_assert_msg(draft != NULL, "%s: %s", text, error);
    return keep(draft);
}

static const struct schema *parse(const char *json)
{
    struct schema_draft *draft = schema_draft_create(error);
    ck_assert_ptr_nonnull(draft);
    ck_assert_msg(schema_file_parse(draft, json, strlen(json)), "%s: %s", json, error);
    return keep(draft);
}

static const char *type_of(const struct schema *schema, size_t column)
{
    return column_type_word(schema->columns[column].type);
}

static void expect_same(const struct schema *left, const struct schema *right)
{
    ck_assert_uint_eq(left->column_count, right->column_count);
    for (size_t i = 0; i < left->column_count; i++) {
        const struct schema_column *a = &left->columns[i];
        const struct schema_column *b = &right->columns[i];
        ck_assert_str_eq(a->name, b->name);
        ck_assert_int_eq(a->type, b->type);
        ck_assert_int_eq(a->distribution, b->distribution);
        for (size_t j = 0; j < DISTRIBUTION_PARAMETERS_MAX; j++)
            ck_assert(a->parameters[j] == b->parameters[j]);
        ck_assert_pstr_eq(a->prefix, b->prefix);
        ck_assert_uint_eq(a->choice_count, b->choice_count);
        for (size_t j = 0; j < a->choice_count; j++) {
            ck_assert_str_eq(a->choices[j].word, b->choices[j].word);
            ck_assert(a->choices[j].up_to == b->choices[j].up_to);
        }
        if (a->type == COLUMN_NUMBER)
            ck_assert_uint_eq(a->decimals, b->decimals);
        ck_assert(a->missing == b->missing && a->outliers == b->outliers);
    }
}

/* --- what is taken --------------------------------------------------------------------------- */

START_TEST(schema_default_is_what_its_line_says)
{
    expect_same(schema_default(), load(SCHEMA_DEFAULT_LINE));
}
END_TEST

START_TEST(schema_states_the_columns_in_order_with_their_types)
{
    struct metadata_field fields[SCHEMA_COLUMNS_MAX];
    ck_assert_uint_eq(schema_fields(schema_default(), fields), 3);
    ck_assert_str_eq(fields[0].name, "label");
    ck_assert_str_eq(fields[0].type, "string");
    ck_assert_str_eq(fields[1].name, "value");
    ck_assert_str_eq(fields[1].type, "number");
    ck_assert_str_eq(fields[2].name, "timestamp");
    ck_assert_str_eq(fields[2].type, "datetime");
}
END_TEST

START_TEST(schema_takes_parameters_in_order_and_by_name_and_presets_for_the_rest)
{
    const struct schema *schema =
        load("a:sine(20, noise=0.5, period = 1440), b:normal, c:normal(), d:time(jitter=20ms)");
    const double *sine = schema->columns[0].parameters;
    ck_assert(sine[0] == 20 && sine[1] == 1 && sine[2] == 1440 && sine[3] == 0.5);
    ck_assert(schema->columns[1].parameters[0] == 0 && schema->columns[1].parameters[1] == 1);
    ck_assert(schema->columns[2].parameters[1] == 1);
    ck_assert(schema->columns[3].parameters[0] == 1000 && schema->columns[3].parameters[1] == 20);
}
END_TEST

START_TEST(schema_takes_types_and_modifiers_in_any_order)
{
    expect_same(load("a:normal(20,5) number missing(2%) outliers(0.001) decimals(2)"),
                load("a: decimals(2) outliers(0.1%) number missing(0.02) normal(20,5)"));
    ck_assert(load("a:normal missing(2%)")->columns[0].missing == 0.02);
}
END_TEST

START_TEST(schema_takes_any_text_in_quotes)
{
    const struct schema *schema = load("\"at, when: (1=\"\"x\"\")\":choice(\" a\"=2,b c , d)");
    ck_assert_str_eq(schema->columns[0].name, "at, when: (1=\"x\")");
    ck_assert_str_eq(schema->columns[0].choices[0].word, " a");
    ck_assert_str_eq(schema->columns[0].choices[1].word, "b c");
    ck_assert_str_eq(schema->columns[0].choices[2].word, "d");
    ck_assert(schema->columns[0].choices[2].up_to == 4);
}
END_TEST

START_TEST(schema_finds_the_type_that_the_values_are_of)
{
    static const struct {
        const char *line;
        const char *type;
    } cases[] = {
        {"a:choice(1,2,3)", "integer"},
        {"a:choice(1,2.5)", "number"},
        {"a:choice(2.5,1)", "number"},
        {"a:choice(true,false)", "boolean"},
        {"a:choice(true,1)", "boolean"},
        {"a:choice(true,2)", "string"},
        {"a:choice(.5,1)", "number"},
        {"a:choice(007,1)", "number"},
        {"a:choice(2026-01-01,\"2026-01-01T00:00:00\")", "datetime"},
        {"a:choice(\"10:15\",\"10:16\")", "string"},
        {"a:choice(2026-01-01,2026-02-01)", "date"},
        {"a:choice(2026-01-01,2026-02-30)", "string"},
        {"a:choice(\"2026-01-01T00:00:00Z\")", "datetime"},
        {"a:choice(1,2) string", "string"},
        {"a:choice(1,2) number", "number"},
        {"a:sequence", "integer"},
        {"a:sequence(x)", "string"},
        {"a:sequence string", "string"},
        {"a:serial(x)", "string"},
        {"a:uniform(1,6) integer", "integer"},
        {"a:uuid", "string"},
        {"a:time", "datetime"},
        {"a:time date", "date"},
        {"a:boolean", "boolean"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(strcmp(type_of(load(cases[i].line), 0), cases[i].type) == 0, "%s: %s",
                      cases[i].line, type_of(load(cases[i].line), 0));
}
END_TEST

START_TEST(schema_gives_each_type_that_stands_alone_values_of_that_type)
{
    for (size_t i = 0; i < COLUMN_TYPE_COUNT; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "a:%s", column_type_word((enum column_type)i));
        ck_assert_str_eq(type_of(load(line), 0), column_type_word((enum column_type)i));
    }
}
END_TEST

START_TEST(schema_takes_every_example_of_the_help_and_makes_the_default_type_of_it)
{
    for (size_t i = 0; i < DISTRIBUTION_COUNT; i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "a:%s", DISTRIBUTIONS[i].example);
        ck_assert_int_eq(load(line)->columns[0].distribution, (int)i);
        ck_assert_str_eq(DISTRIBUTIONS[i].word, distribution_of_word(DISTRIBUTIONS[i].word)->word);
        ck_assert((DISTRIBUTIONS[i].types & COLUMN_TYPE_BIT(DISTRIBUTIONS[i].type)) != 0);
    }
    for (size_t i = 0; i < SCHEMA_MODIFIER_COUNT; i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "a:normal %s", SCHEMA_MODIFIERS[i].example);
        (void)load(line);
    }
}
END_TEST

/* A row of the table: both ends of each parameter, and one step beyond. */
static void try_bound(const struct distribution *row, size_t index, double value, bool good)
{
    char line[128];
    char text[DISTRIBUTION_VALUE_SIZE];
    const struct distribution_parameter *parameter = &row->parameters[index];
    if (parameter->unit == DISTRIBUTION_DURATION)
        (void)snprintf(text, sizeof text, "%.0fms", value);
    else
        (void)snprintf(text, sizeof text, "%.17g", value);
    (void)snprintf(line, sizeof line, "a:%s(%s=%s)", row->word, parameter->name, text);
    struct schema_draft *draft = schema_source_load(line, error);
    if (good && draft == NULL) /* nothing but what it is together with the presets is wrong */
        ck_assert_msg(strstr(error, " must be ") == NULL, "%s: %s", line, error);
    else
        ck_assert_msg((draft != NULL) == good, "%s: %s", line, error);
    schema_draft_free(draft);
}

START_TEST(schema_takes_each_parameter_within_its_bounds_and_refuses_it_beyond)
{
    for (size_t i = 0; i < DISTRIBUTION_COUNT; i++)
        for (size_t j = 0; DISTRIBUTIONS[i].parameters[j].name != NULL; j++) {
            const struct distribution_parameter *parameter = &DISTRIBUTIONS[i].parameters[j];
            if (parameter->unit == DISTRIBUTION_TEXT)
                continue;
            try_bound(&DISTRIBUTIONS[i], j, parameter->minimum, true);
            try_bound(&DISTRIBUTIONS[i], j, parameter->maximum, true);
            double below = parameter->unit == DISTRIBUTION_NUMBER ? 1e-10 : 1;
            try_bound(&DISTRIBUTIONS[i], j,
                      parameter->minimum - (parameter->minimum == -1e15 ? 1 : below), false);
            try_bound(&DISTRIBUTIONS[i], j, parameter->maximum + 1, false);
        }
}
END_TEST

START_TEST(schema_lasts_a_row_as_long_as_its_longest_step)
{
    ck_assert_int_eq(schema_row_ms(schema_default()), 1000);
    ck_assert_int_eq(schema_row_ms(load("a:uuid")), 1000);
    ck_assert_int_eq(schema_row_ms(load("a:time(250ms)")), 250);
    ck_assert_int_eq(schema_row_ms(load("a:time(250ms),b:date,c:time")), 86400000);
}
END_TEST

/* --- what is refused ------------------------------------------------------------------------- */

START_TEST(schema_refuses_what_cannot_be_and_names_column_and_reason)
{
    static const struct {
        const char *line;
        const char *column;
        const char *reason;
    } cases[] = {
        {"", "column 1", "nothing stands there"},
        {"value", "'value'", "no ':' behind its name"},
        {"schema.jsn", "'schema.jsn'", "ends in .json"},
        {"a:", "'a'", "neither a distribution nor a type"},
        {":normal", "column 1", "is empty"},
        {"a:normal,:normal", "column 2", "is empty"},
        {"a:normal,", "column 2", "nothing stands there"},
        {"a:normal,,b:normal", "column 2", "nothing stands there"},
        {",a:normal", "column 1", "nothing stands there"},
        {"a:gauss(1,2)", "'a'", "'gauss' is no distribution, type or modifier"},
        {"a:normal(20,-1)", "'a'", "sd -1 must be from 0 to 1e+15"},
        {"a:normal(x)", "'a'", "mean 'x' is not a number"},
        {"a:normal(1,2,3)", "'a'", "one value too many for normal"},
        {"a:normal(variance=3)", "'a'", "normal has no parameter 'variance'"},
        {"a:normal(1,mean=3)", "'a'", "mean is given twice"},
        {"a:normal(1", "'a'", "not closed"},
        {"a:normal(1;2)", "'a'", "mean '1;2' is not a number"},
        {"a:normal(mean=2=3)", "'a'", "not closed"},
        {"a:normal(nan)", "'a'", "mean 'nan' is not a number"},
        {"a:normal(1e999)", "'a'", "must be from"},
        {"a:normal uniform", "'a'", "a second distribution, 'uniform'"},
        {"a:normal number integer", "'a'", "a second type, 'integer'"},
        {"a:normal string", "'a'", "normal makes no values of type string"},
        {"a:normal boolean", "'a'", "normal makes no values of type boolean"},
        {"a:uuid integer", "'a'", "uuid makes no values of type integer"},
        {"a:time number", "'a'", "time makes no values of type number"},
        {"a:choice", "'a'", "nothing to choose"},
        {"a:choice()", "'a'", "nothing to choose"},
        {"a:choice(x=0,y=0)", "'a'", "all weights are 0"},
        {"a:choice(x=-1)", "'a'", "the weight of 'x', '-1', is not 0 to 1e9"},
        {"a:choice(x,,y)", "'a'", "is empty"},
        {"a:choice(1,x) integer", "'a'", "'x' is not of type integer"},
        {"a:choice(true,no) boolean", "'a'", "'no' is not of type boolean"},
        {"a:choice(1) decimals(2)", "'a'", "only numbers that are drawn have decimals"},
        {"a:choice(\"x)", "'a'", "a quote is not closed"},
        {"a:sequence(x) integer", "'a'", "with a prefix its type is string"},
        {"a:uniform(5,5)", "'a'", "low is not below high"},
        {"a:uniform(6,5) integer", "'a'", "low is not below high"},
        {"a:uniform(0.5,5) integer", "'a'", "low and high of integers are integers"},
        {"a:uniform(0,1e15) decimals(11)", "'a'", "more than 18 digits with decimals(11)"},
        {"a:step(3,1)", "'a'", "low is above high"},
        {"a:step(rows=0)", "'a'", "rows 0 must be from 1"},
        {"a:step(rows=1.5)", "'a'", "rows '1.5' is not a whole number"},
        {"a:name(3,2)", "'a'", "least is above most"},
        {"a:time(0)", "'a'", "step 0 must be from 1ms"},
        {"a:time(5)", "'a'", "step '5' is not a duration"},
        {"a:time(1us)", "'a'", "whole milliseconds"},
        {"a:time(1s,2s)", "'a'", "jitter is longer than step"},
        {"a:time(1h) date", "'a'", "whole days"},
        {"a:time(24h,1s) date", "'a'", "dates have no jitter"},
        {"a:normal missing", "'a'", "missing needs a value"},
        {"a:normal missing(101%)", "'a'", "is not a rate"},
        {"a:normal missing(-0.1)", "'a'", "is not a rate"},
        {"a:normal missing(1%) missing(1%)", "'a'", "a second missing"},
        {"a:normal missing(1%,2%)", "'a'", "not closed"},
        {"a:uuid outliers(1%)", "'a'", "uuid has no outliers"},
        {"a:normal decimals(19)", "'a'", "must be from 0 to 18"},
        {"a:normal integer decimals(2)", "'a'", "only numbers that are drawn have decimals"},
        {"a:normal,a:uuid", "'a'", "there are two of this name"},
        {"a\x01:normal", "column 1", "control character"},
        {"a\xff:normal", "column 1", "not UTF-8"},
        {"a:choice(\xff)", "'a'", "not UTF-8"},
        {"a:normal b:normal", "'a'", "'b' is no distribution"},
        {"a:normal)", "'a'", "a word is expected before ')'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *wrong = schema_source_check(cases[i].line);
        ck_assert_msg(wrong != NULL, "taken: %s", cases[i].line);
        ck_assert_msg(strstr(wrong, cases[i].column) != NULL &&
                          strstr(wrong, cases[i].reason) != NULL,
                      "%s: %s", cases[i].line, wrong);
        ck_assert_msg(strchr(wrong, '\n') == NULL, "%s", wrong);
    }
}
END_TEST

/* "c0:uuid,c1:uuid" and on: `before` and `behind` around each number of so many digits. */
static char *repeat(const char *first, const char *before, int digits, const char *behind,
                    size_t count)
{
    static char line[512 * 1024];
    size_t used = (size_t)snprintf(line, sizeof line, "%s", first);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%0*zu%s", before, digits, i,
                                 behind);
    return line;
}

static const char *check_columns(size_t count)
{
    return schema_source_check(repeat("z:uuid", ",c", 1, ":uuid", count - 1));
}

static const char *check_words(size_t count, int digits)
{
    char *line = repeat("a:choice(x", ",", digits, "", count - 1);
    return schema_source_check(strcat(line, ")"));
}

START_TEST(schema_takes_as_many_as_there_may_be_and_not_one_more)
{
    ck_assert_ptr_null(check_columns(64));
    ck_assert_pstr_eq(check_columns(65), "more than 64 columns");
    ck_assert_ptr_null(check_words(1024, 1));
    ck_assert_ptr_nonnull(strstr(check_words(1025, 1), "more than 1024 words"));
}
END_TEST

static const char *check_length(const char *before, size_t length, const char *behind)
{
    static char line[2048];
    size_t used = (size_t)snprintf(line, sizeof line, "%s", before);
    memset(line + used, 'n', length);
    (void)snprintf(line + used + length, sizeof line - used - length, "%s", behind);
    return schema_source_check(line);
}

START_TEST(schema_takes_texts_of_their_greatest_length_and_none_that_is_longer)
{
    ck_assert_ptr_null(check_length("", 128, ":uuid"));
    ck_assert_ptr_nonnull(strstr(check_length("", 129, ":uuid"), "longer than 128 bytes"));
    ck_assert_ptr_nonnull(strstr(check_length("", 1000, ":uuid"), "too long"));
    ck_assert_ptr_null(check_length("a:choice(", 256, ")"));
    ck_assert_ptr_nonnull(strstr(check_length("a:choice(", 257, ")"), "longer than 256 bytes"));
    ck_assert_ptr_nonnull(strstr(check_length("a:choice(\"", 1000, "\")"), "too long"));
    ck_assert_ptr_null(check_length("a:sequence(", 128, ")"));
    ck_assert_ptr_nonnull(strstr(check_length("a:sequence(", 129, ")"), "longer than 128 bytes"));
    ck_assert_ptr_nonnull(strstr(check_length("a:", 1000, ""), "is no distribution"));
}
END_TEST

/* The words in one column, and a prefix in each of the others, all as long as they may be. */
START_TEST(schema_takes_all_texts_at_once_at_their_greatest_number_and_length)
{
    struct text line = {0};
    text_printf(&line, "%0128d:choice(", 0);
    for (int i = 0; i < 1024; i++)
        text_printf(&line, "%s%0256d", i == 0 ? "" : ",", i);
    text_put(&line, ")");
    for (int i = 1; i < 64; i++)
        text_printf(&line, ",%0128d:sequence(%0128d)", i, i);
    const struct schema *schema = load(line.bytes);
    ck_assert_uint_eq(schema->column_count, 64);
    ck_assert_uint_eq(schema->columns[0].choice_count, 1024);
    ck_assert_uint_eq(strlen(schema->columns[0].choices[1023].word), 256);
    ck_assert_uint_eq(strlen(schema->columns[63].prefix), 128);
    text_free(&line);
}
END_TEST

/* --- files ----------------------------------------------------------------------------------- */

START_TEST(schema_of_a_table_schema_is_that_of_the_line_that_says_the_same)
{
    expect_same(
        parse("{\"fields\": ["
              "{\"name\": \"label\", \"type\": \"string\", \"distribution\": \"choice(a=2,b)\","
              " \"title\": \"a label\", \"constraints\": {\"required\": true}},"
              "{\"name\": \"value\", \"distribution\": \"normal(20, 5)\", \"missing\": 0.02,"
              " \"outliers\": 0.001, \"decimals\": 3},"
              "{\"name\": \"rank\", \"type\": \"integer\"},"
              "{\"name\": \"at\", \"type\": \"datetime\", \"distribution\": \"time(1m)\"}],"
              " \"primaryKey\": \"label\"}"),
        load("label:choice(a=2,b),value:normal(20,5) missing(2%) outliers(0.1%) decimals(3),"
             "rank:integer,at:time(1m)"));
}
END_TEST

START_TEST(schema_refuses_a_table_schema_that_cannot_be_and_names_the_cause)
{
    static const struct {
        const char *json;
        const char *reason;
    } cases[] = {
        {"", "no JSON object"},
        {"[]", "no JSON object"},
        {"{}", "no list \"fields\""},
        {"{\"fields\": []}", "no list \"fields\" with a column"},
        {"{\"fields\": [{\"type\": \"string\"}]}", "field 1 has no \"name\""},
        {"{\"fields\": [{\"name\": 7}]}", "field 1 has no \"name\""},
        {"{\"fields\": [{\"name\": \"a\"}]}", "'a': neither a distribution nor a type"},
        {"{\"fields\": [{\"name\": \"a\", \"type\": \"geopoint\"}]}", "'a': no type 'geopoint'"},
        {"{\"fields\": [{\"name\": \"a\", \"type\": 1}]}", "'a': its \"type\" is no text"},
        {"{\"fields\": [{\"name\": \"a\", \"distribution\": [1]}]}",
         "'a': its \"distribution\" is no text"},
        {"{\"fields\": [{\"name\": \"a\", \"type\": \"number\", \"missing\": \"2%\"}]}",
         "'a': its \"missing\" is no number"},
        {"{\"fields\": [{\"name\": \"a\", \"type\": \"number\", \"missing\": 2}]}",
         "'a': missing '2' is not a rate"},
        {"{\"fields\": [{\"name\": \"a\", \"distribution\": \"normal,b:uuid\"}]}",
         "'a': ',b:uuid' is left over"},
        {"{\"fields\": [{\"name\": \"a\", \"type\": \"string\", \"distribution\": \"normal\"}]}",
         "'a': normal makes no values of type string"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schema_draft *draft = schema_draft_create(error);
        ck_assert(!schema_file_parse(draft, cases[i].json, strlen(cases[i].json)));
        ck_assert_msg(strstr(error, cases[i].reason) != NULL, "%s: %s", cases[i].json, error);
        schema_draft_free(draft);
    }
}
END_TEST

START_TEST(schema_is_read_from_a_file_and_a_line_by_one_rule)
{
    static const char *const paths[] = {"/a",    "./a",      "../a",     "a.json",
                                        ".json", "b/c.json", "/a:normal"};
    static const char *const lines[] = {"a:normal", "a/b:normal", "a.json:normal",
                                        "help",     ".a:normal",  "\"/a\":normal"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ck_assert_msg(schema_source_is_path(paths[i]), "%s", paths[i]);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(!schema_source_is_path(lines[i]), "%s", lines[i]);
    ck_assert_ptr_null(schema_source_check("/nowhere"));
    ck_assert_ptr_null(schema_source_check("help"));
}
END_TEST

START_TEST(schema_of_a_file_that_cannot_be_read_says_why)
{
    char path[4096];
    const char *directory = support_temporary_directory();
    (void)snprintf(path, sizeof path, "%s/none.json", directory);
    ck_assert_ptr_null(schema_source_load(path, error));
    ck_assert_str_eq(error, "No such file or directory");
    ck_assert_ptr_null(schema_source_load(directory, error));
    ck_assert_str_eq(error, "Is a directory");
    static char large[SCHEMA_FILE_BYTES_MAX + 1];
    support_write_file(directory, "none.json", large, sizeof large);
    ck_assert_ptr_null(schema_source_load(path, error));
    ck_assert_str_eq(error, "File too large");
}
END_TEST

static void print_help(void *context)
{
    (void)context;
    schema_source_print_help(stdout);
    (void)fflush(stdout);
}

START_TEST(schema_help_names_every_word_parameter_and_example)
{
    char *help = support_capture_stdout(print_help, NULL, NULL);
    for (size_t i = 0; i < DISTRIBUTION_COUNT; i++) {
        ck_assert_ptr_nonnull(strstr(help, DISTRIBUTIONS[i].word));
        ck_assert_ptr_nonnull(strstr(help, DISTRIBUTIONS[i].example));
        for (size_t j = 0; DISTRIBUTIONS[i].parameters[j].name != NULL; j++)
            ck_assert_ptr_nonnull(strstr(help, DISTRIBUTIONS[i].parameters[j].name));
    }
    for (size_t i = 0; i < SCHEMA_MODIFIER_COUNT; i++)
        ck_assert_ptr_nonnull(strstr(help, SCHEMA_MODIFIERS[i].example));
    free(help);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_schema", schema_default_is_what_its_line_says,
                       schema_states_the_columns_in_order_with_their_types,
                       schema_takes_parameters_in_order_and_by_name_and_presets_for_the_rest,
                       schema_takes_types_and_modifiers_in_any_order,
                       schema_takes_any_text_in_quotes,
                       schema_finds_the_type_that_the_values_are_of,
                       schema_gives_each_type_that_stands_alone_values_of_that_type,
                       schema_takes_every_example_of_the_help_and_makes_the_default_type_of_it,
                       schema_takes_each_parameter_within_its_bounds_and_refuses_it_beyond,
                       schema_lasts_a_row_as_long_as_its_longest_step,
                       schema_refuses_what_cannot_be_and_names_column_and_reason,
                       schema_takes_as_many_as_there_may_be_and_not_one_more,
                       schema_takes_texts_of_their_greatest_length_and_none_that_is_longer,
                       schema_takes_all_texts_at_once_at_their_greatest_number_and_length,
                       schema_of_a_table_schema_is_that_of_the_line_that_says_the_same,
                       schema_refuses_a_table_schema_that_cannot_be_and_names_the_cause,
                       schema_is_read_from_a_file_and_a_line_by_one_rule,
                       schema_of_a_file_that_cannot_be_read_says_why,
                       schema_help_names_every_word_parameter_and_example);
}
