#include "manual/completion.h"

#include <string.h>

#include "manual/words.h"

/* Within single quotes, with `escaped` behind a backslash, and a quote as `quote`. */
static void put_quoted(const char *text, const char *escaped, const char *quote, FILE *out)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            (void)fputs(quote, out);
        else if (strchr(escaped, *text) != NULL)
            (void)fprintf(out, "\\%c", *text);
        else
            (void)fputc(*text, out);
}

static void put_choices(const struct option_row *row, FILE *out)
{
    for (size_t i = 0; row->choices[i] != NULL; i++)
        (void)fprintf(out, "%s%s", i == 0 ? "" : " ", row->choices[i]);
}

/* ---- bash ---- */

/* data-consumer -> _data_consumer */
static void put_function_name(const struct sheet *sheet, FILE *out)
{
    (void)fputc('_', out);
    for (const char *at = sheet->options->program; *at != '\0'; at++)
        (void)fputc(*at == '-' ? '_' : *at, out);
}

static void put_bash_case(const struct option_row *row, FILE *out)
{
    (void)fprintf(out, "    %s) ", row->flag);
    if (row->type == OPTION_CHOICE) {
        (void)fputs("words='", out);
        put_choices(row, out);
        (void)fputs("' ;;\n", out);
    } else if (sheet_takes_directory(row))
        (void)fputs("paths=-d ;;\n", out);
    else if (sheet_takes_file(row))
        (void)fputs("paths=-f ;;\n", out);
    else
        (void)fputs(";;\n", out);
}

static void put_bash_flags(const struct sheet *sheet, FILE *out)
{
    const struct option_row *row;
    (void)fputs("    *)\n        words='", out);
    for (size_t i = 0; (row = sheet_row(sheet, i)) != NULL; i++)
        (void)fprintf(out, "%s%s", i == 0 ? "" : " ", row->flag);
    (void)fputs("'\n", out);
    if (sheet->options->operand != NULL)
        (void)fputs("        [[ $current == -* ]] || paths=-f words=\n", out);
    (void)fputs("        ;;\n", out);
}

void completion_print_bash(const struct sheet *sheet, FILE *out)
{
    const struct option_row *row;
    (void)fprintf(out, "# bash completion for %s\n", sheet->options->program);
    put_function_name(sheet, out);
    (void)fputs("()\n{\n"
                "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                "    local words='' paths=''\n"
                "    # Of --flag=value bash makes three words.\n"
                "    if [[ $current == = ]]; then\n"
                "        current=''\n"
                "    elif [[ $before == = ]]; then\n"
                "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
                "    fi\n"
                "    case $before in\n",
                out);
    for (size_t i = 0; (row = sheet_row(sheet, i)) != NULL; i++)
        if (row->type != OPTION_FLAG)
            put_bash_case(row, out);
    put_bash_flags(sheet, out);
    (void)fputs("    esac\n"
                "    if [[ -n $paths ]]; then\n"
                "        compopt -o filenames\n"
                "        mapfile -t COMPREPLY < <(compgen \"$paths\" -- \"$current\")\n"
                "    else\n"
                "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                "    fi\n"
                "}\ncomplete -F ",
                out);
    put_function_name(sheet, out);
    (void)fprintf(out, " %s\n", sheet->options->program);
}

/* ---- zsh ---- */

static void put_zsh_value(const struct option_row *row, FILE *out)
{
    char words[OPTIONS_WORDS_SIZE];
    if (row->type == OPTION_CHOICE) {
        (void)fprintf(out, ":%s:(", row->flag + 2);
        put_choices(row, out);
        (void)fputc(')', out);
        return;
    }
    (void)fputc(':', out);
    put_quoted(options_value_name(row, words), ":\\", "'\\''", out);
    (void)fputs(sheet_takes_directory(row) ? ":_files -/"
                : sheet_takes_file(row)    ? ":_files"
                                           : ": ",
                out);
}

static void put_zsh_row(const struct option_row *row, FILE *out)
{
    char clause[WORDS_CLAUSE_SIZE];
    words_first_clause(row->help, clause);
    (void)fprintf(out, " \\\n    '%s%s%s[", row->type == OPTION_LIST ? "*" : "", row->flag,
                  row->type == OPTION_FLAG ? "" : "=");
    put_quoted(clause, "[]\\", "'\\''", out);
    (void)fputc(']', out);
    if (row->type != OPTION_FLAG)
        put_zsh_value(row, out);
    (void)fputc('\'', out);
}

void completion_print_zsh(const struct sheet *sheet, FILE *out)
{
    const struct option_row *row;
    (void)fprintf(out, "#compdef %s\n\n_arguments", sheet->options->program);
    for (size_t i = 0; (row = sheet_row(sheet, i)) != NULL; i++)
        put_zsh_row(row, out);
    if (sheet->options->operand != NULL)
        (void)fprintf(out, " \\\n    '*:%s:_files'", sheet->options->operand);
    (void)fputc('\n', out);
}

/* ---- fish ---- */

static void put_fish_value(const struct option_row *row, FILE *out)
{
    if (row->type == OPTION_FLAG)
        return;
    if (sheet_takes_file(row)) {
        (void)fputs(" -r -F", out);
        return;
    }
    (void)fputs(" -x", out);
    if (sheet_takes_directory(row))
        (void)fputs(" -a '(__fish_complete_directories)'", out);
    else if (row->type == OPTION_CHOICE) {
        (void)fputs(" -a '", out);
        put_choices(row, out);
        (void)fputc('\'', out);
    }
}

void completion_print_fish(const struct sheet *sheet, FILE *out)
{
    const struct option_row *row;
    char clause[WORDS_CLAUSE_SIZE];
    const char *program = sheet->options->program;
    if (sheet->options->operand == NULL)
        (void)fprintf(out, "complete -c %s -f\n", program);
    for (size_t i = 0; (row = sheet_row(sheet, i)) != NULL; i++) {
        words_first_clause(row->help, clause);
        (void)fprintf(out, "complete -c %s -l %s", program, row->flag + 2);
        put_fish_value(row, out);
        (void)fputs(" -d '", out);
        put_quoted(clause, "\\", "\\'", out);
        (void)fputs("'\n", out);
    }
}
