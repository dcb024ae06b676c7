#include "producer/schema_source.h"

#include <string.h>

#include "producer/schema_file.h"
#include "producer/schema_line.h"

bool schema_source_is_path(const char *text)
{
    size_t length = strlen(text);
    return text[0] == '/' || strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0 ||
           (length >= 5 && strcmp(text + length - 5, ".json") == 0);
}

struct schema_draft *schema_source_load(const char *text, char error[SCHEMA_ERROR_SIZE])
{
    struct schema_draft *draft = schema_draft_create(error);
    if (draft == NULL) {
        (void)snprintf(error, SCHEMA_ERROR_SIZE, "out of memory");
        return NULL;
    }
    if (schema_source_is_path(text) ? schema_file_read(draft, text) : schema_line_read(draft, text))
        return draft;
    schema_draft_free(draft);
    return NULL;
}

const char *schema_source_check(const char *text)
{
    static char error[SCHEMA_ERROR_SIZE];
    if (schema_source_is_path(text) || strcmp(text, SCHEMA_SOURCE_HELP) == 0)
        return NULL;
    struct schema_draft *draft = schema_source_load(text, error);
    schema_draft_free(draft);
    return draft == NULL ? error : NULL;
}

/* --- help ------------------------------------------------------------------------------------ */

static void print_parameters(const struct distribution *row, FILE *out)
{
    char preset[DISTRIBUTION_VALUE_SIZE];
    if (row->is_list)
        (void)fprintf(out, "(word, word=weight, ...)");
    for (const struct distribution_parameter *p = row->parameters; p->name != NULL; p++) {
        distribution_format_value(preset, p->unit, p->preset);
        (void)fprintf(out, "%s%s%s%s%s", p == row->parameters ? "(" : ", ", p->name,
                      p->unit == DISTRIBUTION_TEXT ? "" : "=",
                      p->unit == DISTRIBUTION_TEXT ? "" : preset, p[1].name == NULL ? ")" : "");
    }
}

static void print_bounds(const struct distribution *row, FILE *out)
{
    char low[DISTRIBUTION_VALUE_SIZE];
    char high[DISTRIBUTION_VALUE_SIZE];
    const char *gap = "      ";
    for (const struct distribution_parameter *p = row->parameters; p->name != NULL; p++) {
        if (p->unit == DISTRIBUTION_TEXT)
            continue;
        distribution_format_value(low, p->unit, p->minimum);
        distribution_format_value(high, p->unit, p->maximum);
        (void)fprintf(out, "%s%s %s to %s", gap, p->name, low, high);
        gap = ", ";
    }
    (void)fprintf(out, "%s", gap[0] == ',' ? "\n" : "");
}

/* The one that is a column's where none is stated comes first. */
static void print_types(const struct distribution *row, FILE *out)
{
    (void)fprintf(out, "  %s", column_type_word(row->type));
    for (enum column_type type = 0; type < COLUMN_TYPE_COUNT; type++)
        if (type != row->type && (row->types & COLUMN_TYPE_BIT(type)) != 0)
            (void)fprintf(out, ", %s", column_type_word(type));
    (void)fprintf(out, "\n");
}

static void print_distribution(const struct distribution *row, FILE *out)
{
    (void)fprintf(out, "  %s", row->word);
    print_parameters(row, out);
    print_types(row, out);
    (void)fprintf(out, "      %s\n", row->help);
    print_bounds(row, out);
    (void)fprintf(out, "      example: %s\n", row->example);
}

void schema_source_print_help(FILE *out)
{
    (void)fprintf(
        out,
        "A schema is a line of columns, NAME:DISTRIBUTION(VALUES) TYPE MODIFIER(VALUE), ...\n"
        "or the path of a Frictionless Table Schema: /..., ./..., ../... or ...json.\n"
        "Every value and every part but the name may be left out. The default is\n"
        "  %s\n\nDistributions, their values with what they are where they are left out, "
        "and types:\n",
        SCHEMA_DEFAULT_LINE);
    for (size_t i = 0; i < DISTRIBUTION_COUNT; i++)
        print_distribution(&DISTRIBUTIONS[i], out);
    (void)fprintf(out, "\nTypes, and the distribution of a column that states its type alone:\n");
    for (size_t i = 0; i < COLUMN_TYPE_COUNT; i++)
        (void)fprintf(out, "  %-10s %s\n", column_type_word((enum column_type)i),
                      COLUMN_TYPES[i].preset);
    (void)fprintf(out, "\nModifiers:\n");
    for (size_t i = 0; i < SCHEMA_MODIFIER_COUNT; i++)
        (void)fprintf(out, "  %-15s %s\n", SCHEMA_MODIFIERS[i].example, SCHEMA_MODIFIERS[i].help);
}
