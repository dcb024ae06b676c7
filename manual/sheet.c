#include "manual/sheet.h"

#include <errno.h>
#include <string.h>

#include "common/contract.h"
#include "manual/completion.h"
#include "manual/environment.h"
#include "manual/page.h"

const struct option_row *sheet_row(const struct sheet *sheet, size_t index)
{
    size_t count = sheet->options->row_count;
    if (index < count)
        return &sheet->options->rows[index];
    return index - count < OPTIONS_ANSWER_COUNT ? &OPTIONS_ANSWERS[index - count] : NULL;
}

static bool is_called(const struct option_row *row, const char *name)
{
    return row->value_name != NULL && strcmp(row->value_name, name) == 0;
}

bool sheet_takes_file(const struct option_row *row)
{
    return is_called(row, "FILE") || is_called(row, "LINE|PATH");
}

bool sheet_takes_directory(const struct option_row *row)
{
    return is_called(row, "DIR");
}

static int print_page(const struct sheet *sheet, int argc, char *argv[])
{
    if (argc != 1) {
        (void)fprintf(stderr, "page: give the file with the prose of the page\n");
        return CONTRACT_EXIT_USAGE;
    }
    FILE *prose = fopen(argv[0], "r");
    if (prose == NULL) {
        (void)fprintf(stderr, "page: %s: %s\n", argv[0], strerror(errno));
        return CONTRACT_EXIT_NO_INPUT;
    }
    bool good = page_print(sheet, prose, stdout);
    (void)fclose(prose);
    if (!good)
        (void)fprintf(stderr, "page: %s: a line is too long, or names no part\n", argv[0]);
    return good ? CONTRACT_EXIT_DONE : CONTRACT_EXIT_REJECTED;
}

static int print_environment(const struct sheet *sheet, int argc, char *argv[])
{
    environment_print(sheet, (size_t)argc, argv, stdout);
    return CONTRACT_EXIT_DONE;
}

/* Those that need nothing but the table have `plain`. */
static const struct {
    const char *word;
    void (*plain)(const struct sheet *sheet, FILE *out);
    int (*print)(const struct sheet *sheet, int argc, char *argv[]);
} FORMS[] = {{"page", NULL, print_page},
             {"environment", NULL, print_environment},
             {"bash", completion_print_bash, NULL},
             {"zsh", completion_print_zsh, NULL},
             {"fish", completion_print_fish, NULL}};

static int print_form(const struct sheet *sheet, size_t form, int argc, char *argv[])
{
    if (FORMS[form].print != NULL)
        return FORMS[form].print(sheet, argc, argv);
    FORMS[form].plain(sheet, stdout);
    return CONTRACT_EXIT_DONE;
}

static int finish(const char *word, int code)
{
    if (code != CONTRACT_EXIT_DONE || (fflush(stdout) == 0 && ferror(stdout) == 0))
        return code;
    (void)fprintf(stderr, "%s: %s\n", word, strerror(errno));
    return CONTRACT_EXIT_IO;
}

int sheet_main(const struct sheet *sheet, int argc, char *argv[])
{
    for (size_t i = 0; argc > 1 && i < sizeof FORMS / sizeof *FORMS; i++)
        if (strcmp(argv[1], FORMS[i].word) == 0)
            return finish(argv[1], print_form(sheet, i, argc - 2, argv + 2));
    (void)fprintf(stderr,
                  "usage: %s page PROSE | environment [NAME=VALUE]... | bash | zsh | fish\n",
                  argv[0]);
    return CONTRACT_EXIT_USAGE;
}
