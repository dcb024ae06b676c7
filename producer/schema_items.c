#include "producer/schema_items.h"

#include <string.h>

#include "producer/schema_scan.h"

/* "b=2" of a list, "sd=5" or "5" of parameters, "2%" of a modifier. */
static bool read_argument(struct schema_draft *draft, const char *modifier, const char **at)
{
    char first[SCHEMA_SCAN_SIZE];
    char second[SCHEMA_SCAN_SIZE];
    const char *wrong = schema_scan_text(at, "=,()", first);
    bool two = wrong == NULL && schema_scan_mark(at, '=');
    if (two)
        wrong = schema_scan_text(at, "=,()", second);
    if (wrong != NULL)
        return schema_draft_refuse(draft, "%s", wrong);
    if (modifier != NULL)
        return two ? schema_draft_refuse(draft, "%s takes one value", modifier)
                   : schema_draft_modify(draft, modifier, first);
    if (draft->distribution->is_list)
        return schema_draft_choose(draft, first, two ? second : NULL);
    return schema_draft_argue(draft, two ? first : NULL, two ? second : first);
}

static bool read_arguments(struct schema_draft *draft, const char *word, const char *modifier,
                           const char **at)
{
    if (schema_scan_mark(at, ')'))
        return true;
    do
        if (!read_argument(draft, modifier, at))
            return false;
    while (modifier == NULL && schema_scan_mark(at, ','));
    return schema_scan_mark(at, ')') ||
           schema_draft_refuse(draft, "%s( is not closed by ) where it should be", word);
}

static bool is_modifier(const char *word)
{
    for (size_t i = 0; i < SCHEMA_MODIFIER_COUNT; i++)
        if (strcmp(SCHEMA_MODIFIERS[i].word, word) == 0)
            return true;
    return false;
}

static bool read_item(struct schema_draft *draft, const char **at)
{
    char word[SCHEMA_SCAN_SIZE];
    schema_scan_word(at, word);
    if (word[0] == '\0')
        return schema_draft_refuse(draft, "a word is expected before '%.20s'", *at);
    if (column_type_of_word(word) != COLUMN_TYPE_COUNT)
        return schema_draft_type(draft, word);
    if (is_modifier(word))
        return schema_scan_mark(at, '(')
                   ? read_arguments(draft, word, word, at)
                   : schema_draft_refuse(draft, "%s needs a value in parentheses", word);
    if (distribution_of_word(word) == NULL)
        return schema_draft_refuse(
            draft, "'%.40s' is no distribution, type or modifier (--schema help lists them)", word);
    return schema_draft_distribute(draft, word) &&
           (!schema_scan_mark(at, '(') || read_arguments(draft, word, NULL, at));
}

static bool is_over(const char **at)
{
    *at += strspn(*at, " \t\r\n");
    return **at == '\0' || **at == ',';
}

bool schema_items_read(struct schema_draft *draft, const char **at)
{
    while (!is_over(at))
        if (!read_item(draft, at))
            return false;
    return true;
}

bool schema_items_preset(struct schema_draft *draft)
{
    if (draft->distribution != NULL || !draft->typed)
        return true;
    const char *items = COLUMN_TYPES[draft->columns[draft->schema.column_count].type].preset;
    return schema_items_read(draft, &items);
}
