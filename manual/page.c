#include "manual/page.h"

#include <string.h>

#include "manual/words.h"

#define LINE_SIZE 256

/* mandoc complains of longer ones. */
#define COLUMNS 78

/* A line that begins with one of the two would be a request (roff(7)), and "-" alone a hyphen. */
static void put_word(const char *word, size_t length, bool begins_line, FILE *out)
{
    if (begins_line && (word[0] == '.' || word[0] == '\''))
        (void)fputs("\\&", out);
    for (size_t i = 0; i < length; i++)
        if (word[i] == '\\')
            (void)fputs("\\e", out);
        else if (word[i] == '-')
            (void)fputs("\\-", out);
        else
            (void)fputc(word[i], out);
}

static void print_text(const char *text, FILE *out)
{
    static const struct words_layout LAYOUT = {
        .prefix = "", .columns = COLUMNS - 12, .sentences = true, .put = put_word};
    words_print(text, &LAYOUT, out);
}

static void print_choices(const struct option_row *row, FILE *out)
{
    for (size_t i = 0; row->choices[i] != NULL; i++)
        (void)fprintf(out, "%s%s", i == 0 ? " Cm " : " | ", row->choices[i]);
}

static void print_term(const struct option_row *row, FILE *out)
{
    char words[OPTIONS_WORDS_SIZE];
    (void)fprintf(out, ".It Fl \\-%s", row->flag + 2);
    if (row->type == OPTION_CHOICE)
        print_choices(row, out);
    else if (row->type != OPTION_FLAG)
        (void)fprintf(out, " Ar %s", options_value_name(row, words));
    (void)fputc('\n', out);
}

static void print_facts(const struct option_row *row, FILE *out)
{
    char words[OPTIONS_WORDS_SIZE];
    char text[512];
    if (options_bounds(row, words) != NULL) {
        (void)snprintf(text, sizeof text, "It is %s.", words);
        print_text(text, out);
    }
    if (row->type == OPTION_LIST)
        print_text("It " OPTIONS_LIST_WORDS ".", out);
    if (options_default(row) != NULL) {
        (void)snprintf(text, sizeof text, "Default: %s.", options_default(row));
        print_text(text, out);
    }
    if (row->environment != NULL)
        (void)fprintf(out, "Variable:\n.Ev %s .\n", row->environment);
}

static void print_help(const char *help, FILE *out)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "%s.", help);
    print_text(text, out);
}

static void print_options(const struct sheet *sheet, FILE *out)
{
    const struct option_row *row;
    (void)fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; (row = sheet_row(sheet, i)) != NULL; i++) {
        print_term(row, out);
        print_help(row->help, out);
        print_facts(row, out);
    }
    (void)fputs(".El\n", out);
}

static void print_exits(const struct sheet *sheet, FILE *out)
{
    (void)fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < sheet->exit_count; i++) {
        (void)fprintf(out, ".It %d\n", sheet->exits[i].code);
        print_help(sheet->exits[i].when, out);
    }
    (void)fputs(".El\n", out);
}

static const struct {
    const char *line;
    void (*print)(const struct sheet *sheet, FILE *out);
} PARTS[] = {{"@options@\n", print_options}, {"@exits@\n", print_exits}};

static bool print_part(const struct sheet *sheet, const char *line, FILE *out)
{
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        if (strcmp(line, PARTS[i].line) == 0) {
            PARTS[i].print(sheet, out);
            return true;
        }
    return false;
}

bool page_print(const struct sheet *sheet, FILE *prose, FILE *out)
{
    char line[LINE_SIZE];
    while (fgets(line, sizeof line, prose) != NULL) {
        if (strchr(line, '\n') == NULL)
            return false;
        if (line[0] != '@')
            (void)fputs(line, out);
        else if (!print_part(sheet, line, out))
            return false;
    }
    return ferror(prose) == 0;
}
