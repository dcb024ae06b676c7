#include "manual/environment.h"

#include <string.h>

#include "manual/words.h"

static const struct words_layout COMMENT = {.prefix = "# ", .columns = 98};

static const char *setting_of(const char *name, size_t count, char *const settings[])
{
    size_t length = strlen(name);
    for (size_t i = 0; i < count; i++)
        if (strncmp(settings[i], name, length) == 0 && settings[i][length] == '=')
            return settings[i] + length + 1;
    return NULL;
}

/* A value that is words about the default would be no value. */
static void print_row(const struct option_row *row, const char *setting, FILE *out)
{
    char words[OPTIONS_WORDS_SIZE];
    const char *value = setting != NULL ? setting : row->default_value;
    (void)fputc('\n', out);
    words_print(row->help, &COMMENT, out);
    if (row->type == OPTION_CHOICE)
        (void)fprintf(out, "# %s\n", options_value_name(row, words));
    else if (row->type == OPTION_FLAG)
        (void)fprintf(out, "# 1 or 0\n");
    else if (row->type == OPTION_LIST)
        (void)fprintf(out, "# several are divided by colons\n");
    if (options_bounds(row, words) != NULL)
        (void)fprintf(out, "# %s\n", words);
    if (setting == NULL && row->default_words != NULL)
        (void)fprintf(out, "# default: %s\n", row->default_words);
    (void)fprintf(out, "#%s=%s\n", row->environment, value != NULL ? value : "");
}

void environment_print(const struct sheet *sheet, size_t count, char *const settings[], FILE *out)
{
    const struct option_row *row;
    (void)fprintf(
        out,
        "# What %s(8) is told as a service. A line without its # sets a variable; one that\n"
        "# is not set, or is empty, is as shown or said here.\n",
        sheet->options->program);
    for (size_t i = 0; (row = sheet_row(sheet, i)) != NULL; i++)
        if (row->environment != NULL)
            print_row(row, setting_of(row->environment, count, settings), out);
}
