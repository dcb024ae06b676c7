#include "producer/schema_draft.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/text.h"
#include "producer/numeral.h"
#include "producer/stated.h"

enum modifier { MODIFIER_MISSING, MODIFIER_OUTLIERS, MODIFIER_DECIMALS };

const struct schema_modifier SCHEMA_MODIFIERS[SCHEMA_MODIFIER_COUNT] = {
    [MODIFIER_MISSING] = {"missing", "missing(2%)", "so many cells are empty"},
    [MODIFIER_OUTLIERS] = {"outliers", "outliers(0.1%)",
                           "so many values lie 10 to 20 times as far out as values do"},
    [MODIFIER_DECIMALS] = {"decimals", "decimals(2)",
                           "digits behind the point, 0 to 18; 6 where nothing is said"},
};

/* --- what is said and kept ------------------------------------------------------------------- */

struct schema_draft *schema_draft_create(char error[SCHEMA_ERROR_SIZE])
{
    struct schema_draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL)
        return NULL;
    draft->error = error;
    draft->schema.columns = draft->columns;
    return draft;
}

void schema_draft_free(struct schema_draft *draft)
{
    free(draft);
}

static struct schema_column *current(struct schema_draft *draft)
{
    return &draft->columns[draft->schema.column_count];
}

bool schema_draft_refuse(struct schema_draft *draft, const char *format, ...)
{
    va_list arguments;
    const char *name = current(draft)->name;
    int used = snprintf(draft->error, SCHEMA_ERROR_SIZE, "column '%s': ", name);
    size_t at = used > 0 && used < SCHEMA_ERROR_SIZE ? (size_t)used : 0;
    va_start(arguments, format);
    (void)vsnprintf(draft->error + at, SCHEMA_ERROR_SIZE - at, format, arguments);
    va_end(arguments);
    return false;
}

/* There is room: SCHEMA_TEXTS_SIZE is that of all texts whose lengths and number were checked. */
static const char *keep(struct schema_draft *draft, const char *text, size_t length)
{
    char *copy = draft->texts + draft->text_length;
    memcpy(copy, text, length);
    copy[length] = '\0';
    draft->text_length += length + 1;
    return copy;
}

/* --- a name ---------------------------------------------------------------------------------- */

static bool refuse_name(struct schema_draft *draft, const char *reason)
{
    (void)snprintf(draft->error, SCHEMA_ERROR_SIZE, "column %zu: its name %s",
                   draft->schema.column_count + 1, reason);
    return false;
}

static bool has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            return true;
    return false;
}

static bool is_name(struct schema_draft *draft, const char *name, size_t length)
{
    if (length == 0)
        return refuse_name(draft, "is empty");
    if (length > SCHEMA_NAME_MAX)
        return refuse_name(draft, "is longer than 128 bytes");
    if (!text_is_utf8(name, length))
        return refuse_name(draft, "is not UTF-8");
    if (has_control(name, length))
        return refuse_name(draft, "has a control character");
    return true;
}

bool schema_draft_begin(struct schema_draft *draft, const char *name, size_t length)
{
    if (draft->schema.column_count == SCHEMA_COLUMNS_MAX) {
        (void)snprintf(draft->error, SCHEMA_ERROR_SIZE, "more than %d columns", SCHEMA_COLUMNS_MAX);
        return false;
    }
    if (!is_name(draft, name, length))
        return false;
    struct schema_column *column = current(draft);
    *column = (struct schema_column){.name = keep(draft, name, length)};
    for (size_t i = 0; i < draft->schema.column_count; i++)
        if (strcmp(draft->columns[i].name, column->name) == 0)
            return schema_draft_refuse(draft, "there are two of this name");
    draft->distribution = NULL;
    draft->typed = false;
    memset(draft->given, 0, sizeof draft->given);
    draft->position = 0;
    draft->modified = 0;
    draft->choices_types = VALUE_ALL_TYPES;
    return true;
}

/* --- what it is and how it is spread --------------------------------------------------------- */

bool schema_draft_type(struct schema_draft *draft, const char *word)
{
    enum column_type type = column_type_of_word(word);
    if (type == COLUMN_TYPE_COUNT)
        return schema_draft_refuse(draft, "no type '%.40s' (--schema help lists them)", word);
    if (draft->typed)
        return schema_draft_refuse(draft, "a second type, '%s'", word);
    draft->typed = true;
    current(draft)->type = type;
    return true;
}

bool schema_draft_distribute(struct schema_draft *draft, const char *word)
{
    const struct distribution *row = distribution_of_word(word);
    struct schema_column *column = current(draft);
    if (row == NULL)
        return schema_draft_refuse(draft, "no distribution '%.40s' (--schema help lists them)",
                                   word);
    if (draft->distribution != NULL)
        return schema_draft_refuse(draft, "a second distribution, '%s'", word);
    draft->distribution = row;
    column->distribution = (enum distribution_kind)(row - DISTRIBUTIONS);
    for (size_t i = 0; i < DISTRIBUTION_PARAMETERS_MAX && row->parameters[i].name != NULL; i++)
        column->parameters[i] = row->parameters[i].preset;
    if (row->is_list)
        column->choices = draft->choices + draft->choice_count;
    return true;
}

static bool read_value(enum distribution_unit unit, const char *text, double *value)
{
    uint64_t whole;
    int64_t nanoseconds;
    switch (unit) {
    case DISTRIBUTION_NUMBER: return number_parse_double(text, strlen(text), value);
    case DISTRIBUTION_WHOLE:
        if (!number_parse_u64(text, strlen(text), &whole))
            return false;
        *value = (double)whole;
        return true;
    case DISTRIBUTION_DURATION:
        if (!number_parse_duration(text, strlen(text), &nanoseconds) ||
            nanoseconds % NUMBER_NS_PER_MS != 0)
            return false;
        *value = (double)(nanoseconds / NUMBER_NS_PER_MS);
        return true;
    case DISTRIBUTION_TEXT: break;
    }
    return false;
}

static const char *const UNIT_WORDS[] = {
    [DISTRIBUTION_NUMBER] = "a number",
    [DISTRIBUTION_WHOLE] = "a whole number",
    [DISTRIBUTION_DURATION] = "a duration in whole milliseconds, such as 250ms or 1s",
    [DISTRIBUTION_TEXT] = "a text"};

static bool set_prefix(struct schema_draft *draft, const char *text)
{
    size_t length = strlen(text);
    if (length > SCHEMA_NAME_MAX || !text_is_utf8(text, length) || has_control(text, length))
        return schema_draft_refuse(
            draft, "its prefix is longer than 128 bytes, not UTF-8 or has a control character");
    current(draft)->prefix = keep(draft, text, length);
    return true;
}

static bool set_parameter(struct schema_draft *draft, size_t index, const char *text)
{
    const struct distribution_parameter *parameter = &draft->distribution->parameters[index];
    double *value = &current(draft)->parameters[index];
    char low[DISTRIBUTION_VALUE_SIZE];
    char high[DISTRIBUTION_VALUE_SIZE];
    if (draft->given[index])
        return schema_draft_refuse(draft, "%s is given twice", parameter->name);
    draft->given[index] = true;
    if (parameter->unit == DISTRIBUTION_TEXT)
        return set_prefix(draft, text);
    if (!read_value(parameter->unit, text, value))
        return schema_draft_refuse(draft, "%s '%.40s' is not %s", parameter->name, text,
                                   UNIT_WORDS[parameter->unit]);
    if (*value >= parameter->minimum && *value <= parameter->maximum)
        return true;
    distribution_format_value(low, parameter->unit, parameter->minimum);
    distribution_format_value(high, parameter->unit, parameter->maximum);
    return schema_draft_refuse(draft, "%s %.40s must be from %s to %s", parameter->name, text, low,
                               high);
}

bool schema_draft_argue(struct schema_draft *draft, const char *name, const char *value)
{
    const struct distribution *row = draft->distribution;
    size_t index = name == NULL ? draft->position++ : 0;
    while (name != NULL && index < DISTRIBUTION_PARAMETERS_MAX &&
           row->parameters[index].name != NULL && strcmp(row->parameters[index].name, name) != 0)
        index++;
    if (index < DISTRIBUTION_PARAMETERS_MAX && row->parameters[index].name != NULL)
        return set_parameter(draft, index, value);
    if (name != NULL)
        return schema_draft_refuse(draft, "%s has no parameter '%.40s'", row->word, name);
    return schema_draft_refuse(draft, "'%.40s' is one value too many for %s", value, row->word);
}

static bool read_weight(const char *text, double *weight)
{
    return number_parse_double(text, strlen(text), weight) && *weight >= 0 && *weight <= 1e9;
}

bool schema_draft_choose(struct schema_draft *draft, const char *word, const char *weight)
{
    struct schema_column *column = current(draft);
    struct value_day day = {.known = false};
    size_t length = strlen(word);
    double share = 1;
    if (length == 0)
        return schema_draft_refuse(draft,
                                   "a word to choose is empty; missing() leaves cells empty");
    if (length > SCHEMA_WORD_MAX || !text_is_utf8(word, length))
        return schema_draft_refuse(draft, "a word to choose is longer than 256 bytes or not UTF-8");
    if (weight != NULL && !read_weight(weight, &share))
        return schema_draft_refuse(draft, "the weight of '%.40s', '%.40s', is not 0 to 1e9", word,
                                   weight);
    if (draft->choice_count == SCHEMA_CHOICES_MAX)
        return schema_draft_refuse(draft, "more than %d words to choose in the schema",
                                   SCHEMA_CHOICES_MAX);
    double before = column->choice_count == 0 ? 0 : draft->choices[draft->choice_count - 1].up_to;
    struct schema_choice *choice = &draft->choices[draft->choice_count++];
    *choice = (struct schema_choice){keep(draft, word, length), length, before + share};
    column->choice_count++;
    draft->choices_types &= stated_types(word, length, &day);
    return true;
}

/* --- modifiers ------------------------------------------------------------------------------- */

/* "2%" or "0.02". */
static bool read_rate(const char *text, double *rate)
{
    size_t length = strlen(text);
    bool percent = length > 0 && text[length - 1] == '%';
    if (!number_parse_double(text, length - percent, rate))
        return false;
    if (percent)
        *rate /= 100;
    return *rate >= 0 && *rate <= 1;
}

bool schema_draft_modify(struct schema_draft *draft, const char *word, const char *value)
{
    struct schema_column *column = current(draft);
    unsigned index = 0;
    uint64_t digits = 0;
    while (index < SCHEMA_MODIFIER_COUNT && strcmp(SCHEMA_MODIFIERS[index].word, word) != 0)
        index++;
    if (index == SCHEMA_MODIFIER_COUNT)
        return schema_draft_refuse(draft, "no modifier '%.40s' (--schema help lists them)", word);
    if ((draft->modified & 1U << index) != 0)
        return schema_draft_refuse(draft, "a second %s", word);
    draft->modified |= 1U << index;
    if (index == MODIFIER_DECIMALS) {
        bool read = number_parse_u64(value, strlen(value), &digits);
        column->decimals = (unsigned)digits;
        return (read && digits <= NUMERAL_DECIMALS_MAX) ||
               schema_draft_refuse(draft, "decimals '%.40s' must be from 0 to %d", value,
                                   NUMERAL_DECIMALS_MAX);
    }
    return read_rate(value, index == MODIFIER_MISSING ? &column->missing : &column->outliers) ||
           schema_draft_refuse(draft, "%s '%.40s' is not a rate such as 2%% or 0.02", word, value);
}

/* --- the end of a column --------------------------------------------------------------------- */

/* Numbers can have many digits in front of the point, or behind it. */
static bool uniform_fits(const struct schema_column *column)
{
    unsigned decimals = column->type == COLUMN_NUMBER ? column->decimals : 0;
    double far = fmax(fabs(column->parameters[0]), fabs(column->parameters[1]));
    return far * (double)numeral_power_of_ten(decimals) <= 4e18;
}

static void settle_type(struct schema_draft *draft)
{
    struct schema_column *column = current(draft);
    if (draft->typed)
        return;
    column->type = draft->distribution->type;
    if (draft->distribution->is_list && column->choice_count > 0)
        column->type = column_type_narrowest(draft->choices_types);
    if (column->prefix != NULL && column->prefix[0] != '\0')
        column->type = COLUMN_STRING;
}

static bool is_of_type(enum column_type type, const struct schema_choice *choice)
{
    struct value_day day = {.known = false};
    return column_type_takes(type, stated_types(choice->word, choice->length, &day));
}

static bool type_suits(struct schema_draft *draft)
{
    const struct schema_column *column = current(draft);
    const char *type = column_type_word(column->type);
    if ((draft->distribution->types & COLUMN_TYPE_BIT(column->type)) == 0)
        return schema_draft_refuse(draft, "%s makes no values of type %s",
                                   draft->distribution->word, type);
    for (size_t i = 0; i < column->choice_count; i++)
        if (!is_of_type(column->type, &column->choices[i]))
            return schema_draft_refuse(draft, "'%.40s' is not of type %s", column->choices[i].word,
                                       type);
    if (column->type == COLUMN_INTEGER && column->prefix != NULL && column->prefix[0] != '\0')
        return schema_draft_refuse(draft, "with a prefix its type is string, not integer");
    return true;
}

static bool modifiers_suit(struct schema_draft *draft)
{
    struct schema_column *column = current(draft);
    if ((draft->modified & 1U << MODIFIER_DECIMALS) == 0)
        column->decimals = SCHEMA_DECIMALS;
    else if (column->type != COLUMN_NUMBER || draft->distribution->is_list)
        return schema_draft_refuse(draft, "only numbers that are drawn have decimals");
    if (column->outliers > 0 && draft->distribution->spread == NULL)
        return schema_draft_refuse(draft, "%s has no outliers", draft->distribution->word);
    return true;
}

static bool parameters_suit(struct schema_draft *draft)
{
    struct schema_column *column = current(draft);
    const struct distribution *row = draft->distribution;
    if (row->is_list && column->choice_count == 0)
        return schema_draft_refuse(draft, "there is nothing to choose");
    if (row->is_list && column->choices[column->choice_count - 1].up_to <= 0)
        return schema_draft_refuse(draft, "all weights are 0");
    if (column->distribution == DISTRIBUTION_TIME && column->type == COLUMN_DATE &&
        !draft->given[0])
        column->parameters[0] = 24.0 * 3600 * 1000;
    const char *reason = row->refuse == NULL ? NULL : row->refuse(column->parameters, column->type);
    if (reason != NULL)
        return schema_draft_refuse(draft, "%s", reason);
    if (column->distribution == DISTRIBUTION_UNIFORM && !uniform_fits(column))
        return schema_draft_refuse(draft, "low and high have more than 18 digits with decimals(%u)",
                                   column->decimals);
    return true;
}

bool schema_draft_end(struct schema_draft *draft)
{
    if (draft->distribution == NULL)
        return schema_draft_refuse(draft, "neither a distribution nor a type is stated");
    settle_type(draft);
    if (!type_suits(draft) || !modifiers_suit(draft) || !parameters_suit(draft))
        return false;
    draft->schema.column_count++;
    return true;
}

bool schema_draft_finish(struct schema_draft *draft)
{
    if (draft->schema.column_count == 0)
        (void)snprintf(draft->error, SCHEMA_ERROR_SIZE, "it has no columns");
    return draft->schema.column_count > 0;
}
