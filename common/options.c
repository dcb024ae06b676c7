#include "common/options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"

/* Where a value came from, for the message about it. */
struct origin {
    const char *program;
    const char *name; /* --flag or VARIABLE */
    bool is_flag;
    char *error;
};

static bool refuse(const struct origin *origin, const char *value, const char *cause)
{
    (void)snprintf(origin->error, OPTIONS_ERROR_SIZE, "%s: %s '%.80s': %s (try --help)",
                   origin->program, origin->name, value, cause);
    return false;
}

static const char *format_bound(char text[NUMBER_HUMAN_SIZE], const struct option_row *row,
                                uint64_t bound)
{
    if (row->type == OPTION_DURATION || row->type == OPTION_PERIOD)
        number_format_duration(text, (int64_t)bound);
    else if (row->type == OPTION_SIZE)
        number_format_size(text, bound);
    else
        (void)snprintf(text, NUMBER_HUMAN_SIZE, "%" PRIu64, bound);
    return bound == 0 ? "0" : text;
}

static bool within(const struct option_row *row, const struct origin *origin, const char *value,
                   uint64_t number)
{
    char low[NUMBER_HUMAN_SIZE];
    char high[NUMBER_HUMAN_SIZE];
    char cause[128];
    if (row->maximum == 0 || (number >= row->minimum && number <= row->maximum))
        return true;
    (void)snprintf(cause, sizeof cause, "must be from %s to %s",
                   format_bound(low, row, row->minimum), format_bound(high, row, row->maximum));
    return refuse(origin, value, cause);
}

static bool set_count(const struct option_row *row, const struct origin *origin, const char *value,
                      uint64_t *member)
{
    if (!number_parse_u64(value, strlen(value), member))
        return refuse(origin, value, "not a whole number, or too large");
    return within(row, origin, value, *member);
}

static bool set_range(const struct option_row *row, const struct origin *origin, const char *value,
                      struct option_range *member)
{
    const char *dash = strchr(value, '-');
    size_t length = dash == NULL ? strlen(value) : (size_t)(dash - value);
    if (!number_parse_u64(value, length, &member->low))
        return refuse(origin, value, "not a whole number or a range such as 20-60");
    member->high = member->low;
    if (dash != NULL && !number_parse_u64(dash + 1, strlen(dash + 1), &member->high))
        return refuse(origin, value, "not a whole number or a range such as 20-60");
    if (member->low > member->high)
        return refuse(origin, value, "the range ends before it begins");
    return within(row, origin, value, member->low) && within(row, origin, value, member->high);
}

static bool set_duration(const struct option_row *row, const struct origin *origin,
                         const char *value, int64_t *member)
{
    if (!number_parse_duration(value, strlen(value), member))
        return refuse(origin, value, "not a duration such as 250ms, 5s or 2m");
    return within(row, origin, value, (uint64_t)*member);
}

static bool set_period(const struct option_row *row, const struct origin *origin, const char *value,
                       struct option_period *member)
{
    if (!number_parse_period(value, strlen(value), &member->mean_ns, &member->percent))
        return refuse(origin, value,
                      "not a duration such as 5s, or one with jitter of at most 100%, 5s+-20%");
    return within(row, origin, value, (uint64_t)member->mean_ns);
}

static bool set_rate(const struct option_row *row, const struct origin *origin, const char *value,
                     struct option_rate *member)
{
    if (!number_parse_rate(value, strlen(value), &member->count, &member->per_ns))
        return refuse(origin, value, "not a rate such as 1000/s, 500/m or 60/h");
    return within(row, origin, value, member->count);
}

static bool set_size(const struct option_row *row, const struct origin *origin, const char *value,
                     uint64_t *member)
{
    if (!number_parse_size(value, strlen(value), member))
        return refuse(origin, value, "not a size such as 64KiB or 2GiB");
    return within(row, origin, value, *member);
}

static void list_choices(char *text, size_t size, const char *const *choices)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; choices[i] != NULL && used < size; i++) {
        const char *gap = i == 0 ? "" : choices[i + 1] == NULL ? " or " : ", ";
        int length = snprintf(text + used, size - used, "%s%s", gap, choices[i]);
        used += length < 0 ? 0 : (size_t)length;
    }
}

static bool set_choice(const struct option_row *row, const struct origin *origin, const char *value,
                       int *member)
{
    char words[96];
    char cause[128];
    for (int i = 0; row->choices[i] != NULL; i++)
        if (strcmp(row->choices[i], value) == 0) {
            *member = i;
            return true;
        }
    list_choices(words, sizeof words, row->choices);
    (void)snprintf(cause, sizeof cause, "must be %s", words);
    return refuse(origin, value, cause);
}

static bool set_flag(const struct origin *origin, const char *value, bool *member)
{
    if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
        return refuse(origin, value, "must be 0 or 1");
    *member = value[0] == '1';
    return true;
}

static bool set_text(const struct option_row *row, const struct origin *origin, const char *value,
                     const char **member)
{
    const char *cause = value[0] == '\0' ? "must not be empty" : NULL;
    if (cause == NULL && row->check != NULL)
        cause = row->check(value);
    if (cause != NULL)
        return refuse(origin, value, cause);
    *member = value;
    return true;
}

static bool add_item(const struct origin *origin, const char *value, size_t length,
                     struct option_list *list)
{
    char *copy = list->bytes + list->used;
    if (length == 0)
        return refuse(origin, value, "nothing stands between two colons, or at all");
    if (list->count == OPTION_LIST_MAX)
        return refuse(origin, value, "more than 16 of them");
    if (length >= sizeof list->bytes - list->used)
        return refuse(origin, value, "too long");
    memcpy(copy, value, length);
    copy[length] = '\0';
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], copy) == 0)
            return refuse(origin, copy, "is given twice");
    list->items[list->count++] = copy;
    list->used += length + 1;
    return true;
}

static bool set_list(const struct origin *origin, const char *value, struct option_list *list)
{
    if (origin->is_flag && list->from_flags)
        return add_item(origin, value, strlen(value), list);
    list->count = 0;
    list->used = 0;
    list->from_flags = origin->is_flag;
    if (origin->is_flag)
        return add_item(origin, value, strlen(value), list);
    for (;;) {
        size_t length = strcspn(value, ":");
        if (!add_item(origin, value, length, list))
            return false;
        if (value[length] == '\0')
            return true;
        value += length + 1;
    }
}

static bool set_value(const struct option_row *row, const struct origin *origin, const char *value,
                      void *values)
{
    void *member = (char *)values + row->offset;
    switch (row->type) {
    case OPTION_TEXT: return set_text(row, origin, value, member);
    case OPTION_COUNT: return set_count(row, origin, value, member);
    case OPTION_RANGE: return set_range(row, origin, value, member);
    case OPTION_DURATION: return set_duration(row, origin, value, member);
    case OPTION_PERIOD: return set_period(row, origin, value, member);
    case OPTION_RATE: return set_rate(row, origin, value, member);
    case OPTION_SIZE: return set_size(row, origin, value, member);
    case OPTION_CHOICE: return set_choice(row, origin, value, member);
    case OPTION_FLAG: return set_flag(origin, value, member);
    case OPTION_LIST: return set_list(origin, value, member);
    }
    return false;
}

static const struct option_row *find_row(const struct option_table *table, const char *flag,
                                         size_t length)
{
    for (size_t i = 0; i < table->row_count; i++)
        if (strlen(table->rows[i].flag) == length && memcmp(table->rows[i].flag, flag, length) == 0)
            return &table->rows[i];
    return NULL;
}

/* The value of the flag before argv[*at], stepping over it; NULL when it is missing. */
static const char *take_value(const struct option_row *row, const char *equals, int argc,
                              char *const argv[], int *at)
{
    if (equals != NULL)
        return row->type == OPTION_FLAG ? NULL : equals + 1;
    if (row->type == OPTION_FLAG)
        return "1";
    return *at < argc ? argv[(*at)++] : NULL;
}

static bool parse_flag(const struct option_table *table, int argc, char *const argv[], int *at,
                       void *values, char *error)
{
    const char *argument = argv[*at - 1];
    const char *equals = strchr(argument, '=');
    size_t length = equals == NULL ? strlen(argument) : (size_t)(equals - argument);
    const struct option_row *row = find_row(table, argument, length);
    if (row == NULL) {
        (void)snprintf(error, OPTIONS_ERROR_SIZE, "%s: unknown option '%.80s' (try --help)",
                       table->program, argument);
        return false;
    }
    const char *value = take_value(row, equals, argc, argv, at);
    if (value == NULL) {
        (void)snprintf(error, OPTIONS_ERROR_SIZE, "%s: %s %s (try --help)", table->program,
                       row->flag, row->type == OPTION_FLAG ? "takes no value" : "needs a value");
        return false;
    }
    struct origin origin = {
        .program = table->program, .name = row->flag, .is_flag = true, .error = error};
    return set_value(row, &origin, value, values);
}

static bool parse_environment(const struct option_table *table, void *values, char *error)
{
    for (size_t i = 0; i < table->row_count; i++) {
        const struct option_row *row = &table->rows[i];
        const char *value = row->environment == NULL ? NULL : getenv(row->environment);
        struct origin origin = {
            .program = table->program, .name = row->environment, .error = error};
        if (value != NULL && value[0] != '\0' && !set_value(row, &origin, value, values))
            return false;
    }
    return true;
}

/* A default that does not parse is a mistake in the table; a test sets every one of them. */
static bool set_defaults(const struct option_table *table, void *values, char *error)
{
    for (size_t i = 0; i < table->row_count; i++) {
        const struct option_row *row = &table->rows[i];
        struct origin origin = {.program = table->program, .name = row->flag, .error = error};
        if (row->default_value != NULL && !set_value(row, &origin, row->default_value, values))
            return false;
    }
    return true;
}

/* Takes the next argument; NULL behind the last. Steps over a "--" that ends the options. */
static const char *next_argument(const struct option_table *table, int argc, char *const argv[],
                                 struct option_cursor *cursor)
{
    if (cursor->at == 0)
        cursor->at = 1;
    if (cursor->at < argc && !cursor->ended && table->operand != NULL &&
        strcmp(argv[cursor->at], "--") == 0) {
        cursor->ended = true;
        cursor->at++;
    }
    return cursor->at < argc ? argv[cursor->at++] : NULL;
}

/* Of the argument that was taken last. An empty one is an operand too. */
static bool is_operand(const struct option_table *table, const struct option_cursor *cursor,
                       const char *argument)
{
    if (table->operand == NULL)
        return false;
    return cursor->ended || argument[0] != '-' || argument[1] == '\0';
}

const char *options_next_operand(const struct option_table *table, int argc, char *const argv[],
                                 struct option_cursor *cursor)
{
    const char *argument;
    while ((argument = next_argument(table, argc, argv, cursor)) != NULL) {
        if (is_operand(table, cursor, argument))
            return argument;
        const struct option_row *row = find_row(table, argument, strlen(argument));
        if (row != NULL && row->type != OPTION_FLAG)
            cursor->at++; /* its value; with '=' no row has such a name */
    }
    return NULL;
}

static bool answered(const struct option_table *table, const char *argument)
{
    if (strcmp(argument, "--help") == 0)
        options_print_help(table, stdout);
    else if (strcmp(argument, "--version") == 0)
        (void)printf("%s %s\n", table->program, table->version);
    else
        return false;
    (void)fflush(stdout);
    return true;
}

/* What was typed is repeated in the message; it must not add lines or move a cursor. */
static void make_one_line(char *error)
{
    for (; *error != '\0'; error++)
        if ((unsigned char)*error < 0x20 || *error == 0x7F)
            *error = '?';
}

static enum options_result parse_all(const struct option_table *table, int argc, char *const argv[],
                                     void *values, char *error)
{
    struct option_cursor cursor = {.at = 0};
    const char *argument;
    while ((argument = next_argument(table, argc, argv, &cursor)) != NULL)
        if (!cursor.ended && answered(table, argument))
            return OPTIONS_ANSWERED;
    if (!set_defaults(table, values, error))
        return OPTIONS_BAD_USAGE;
    if (!parse_environment(table, values, error))
        return OPTIONS_BAD_ENVIRONMENT;
    cursor = (struct option_cursor){.at = 0};
    while ((argument = next_argument(table, argc, argv, &cursor)) != NULL)
        if (!is_operand(table, &cursor, argument) &&
            !parse_flag(table, argc, argv, &cursor.at, values, error))
            return OPTIONS_BAD_USAGE;
    return OPTIONS_RUN;
}

enum options_result options_parse(const struct option_table *table, int argc, char *const argv[],
                                  void *values, char error[OPTIONS_ERROR_SIZE])
{
    error[0] = '\0';
    enum options_result result = parse_all(table, argc, argv, values, error);
    make_one_line(error);
    return result;
}

const char *options_value_name(const struct option_row *row, char text[OPTIONS_WORDS_SIZE])
{
    static const char *const NAMES[] = {
        [OPTION_TEXT] = "TEXT",         [OPTION_COUNT] = "N",  [OPTION_RANGE] = "N[-M]",
        [OPTION_DURATION] = "TIME",     [OPTION_RATE] = "N/s", [OPTION_SIZE] = "SIZE",
        [OPTION_PERIOD] = "TIME[+-P%]", [OPTION_FLAG] = "",    [OPTION_LIST] = "TEXT"};
    if (row->value_name != NULL)
        return row->value_name;
    if (row->type != OPTION_CHOICE)
        return NAMES[row->type];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; row->choices[i] != NULL && used < OPTIONS_WORDS_SIZE; i++) {
        int length = snprintf(text + used, OPTIONS_WORDS_SIZE - used, "%s%s", i == 0 ? "" : "|",
                              row->choices[i]);
        used += length < 0 ? 0 : (size_t)length;
    }
    return text;
}

const char *options_bounds(const struct option_row *row, char text[OPTIONS_WORDS_SIZE])
{
    char low[NUMBER_HUMAN_SIZE];
    char high[NUMBER_HUMAN_SIZE];
    if (row->maximum == 0)
        return NULL;
    (void)snprintf(text, OPTIONS_WORDS_SIZE, "from %s to %s", format_bound(low, row, row->minimum),
                   format_bound(high, row, row->maximum));
    return text;
}

const char *options_default(const struct option_row *row)
{
    return row->default_words != NULL ? row->default_words : row->default_value;
}

const struct option_row OPTIONS_ANSWERS[OPTIONS_ANSWER_COUNT] = {
    {.flag = "--help", .type = OPTION_FLAG, .help = "print this and exit"},
    {.flag = "--version", .type = OPTION_FLAG, .help = "print the version and exit"},
};

static void print_row(const struct option_row *row, FILE *out)
{
    char words[OPTIONS_WORDS_SIZE];
    const char *value = options_value_name(row, words);
    (void)fprintf(out, "  %s%s%s", row->flag, value[0] == '\0' ? "" : " ", value);
    if (row->environment != NULL)
        (void)fprintf(out, "   [%s]", row->environment);
    if (row->type == OPTION_LIST)
        (void)fprintf(out, "   %s", OPTIONS_LIST_WORDS);
    (void)fprintf(out, "\n      %s\n", row->help);
    if (options_bounds(row, words) != NULL)
        (void)fprintf(out, "      %s\n", words);
    if (options_default(row) != NULL)
        (void)fprintf(out, "      default: %s\n", options_default(row));
}

void options_print_help(const struct option_table *table, FILE *out)
{
    (void)fprintf(out, "Usage: %s [OPTION]...", table->program);
    if (table->operand != NULL)
        (void)fprintf(out, " [%s]...", table->operand);
    (void)fprintf(out, "\n%s\n\n", table->summary);
    (void)fprintf(out,
                  "Options, each with the environment variable that sets it too; a flag wins.\n"
                  "TIME reads 250ms, 5s, 2m, 24h; SIZE reads 64KiB, 2GiB.\n\n");
    for (size_t i = 0; i < table->row_count; i++)
        print_row(&table->rows[i], out);
    for (size_t i = 0; i < OPTIONS_ANSWER_COUNT; i++)
        print_row(&OPTIONS_ANSWERS[i], out);
}
