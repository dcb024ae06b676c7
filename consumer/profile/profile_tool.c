#include "consumer/profile/profile_tool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/log.h"
#include "consumer/profile/profile_input.h"
#include "consumer/profile/profile_table.h"
#include "consumer/profile/summary.h"
#include "consumer/status/display.h"
#include "consumer/status/progress.h"

#define CSV_ENDING ".csv"

/* ---- output ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static char *key_of(const char *file)
{
    size_t length = strlen(file);
    size_t ending = strlen(CSV_ENDING);
    if (length > ending && strcmp(file + length - ending, CSV_ENDING) == 0)
        length -= ending;
    return strndup(file, length);
}

static void put_json(struct text *text, const char *path, const struct profile_input *input)
{
    const char *file = base_name(path);
    char *key = key_of(file);
    const struct summary_batch batch = {
        .key = key, .file = file, .bytes = input->bytes, .sha256 = input->sha256};
    if (key == NULL)
        text->failed = true;
    else
        summary_write(text, &batch, &input->profile);
    free(key);
}

static const char *shown_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static void put_table(struct text *text, const char *path, const struct profile_input *input)
{
    const struct profile_table_file file = {.name = shown_name(path), .bytes = input->bytes};
    profile_table_write(text, &file, &input->profile, display_terminal_width(STDOUT_FILENO));
}

/* Who reads may have seen enough, as `head` has: that is no trouble worth a word. */
static int write_out(const struct text *text)
{
    if (text_failed(text))
        errno = ENOMEM;
    else if (fileio_append(STDOUT_FILENO, text->bytes, text->length) == 0)
        return CONTRACT_EXIT_DONE;
    if (errno != EPIPE)
        log_refusal("cannot write to standard output: %s", strerror(errno));
    return CONTRACT_EXIT_IO;
}

/* ---- files ---- */

/* The name is cut before it hides the reason. */
static int refuse(int exit_code, const char *path, const char *word, const char *cause)
{
    log_refusal("%.600s: %s: %s", path, word, cause);
    return exit_code;
}

struct tool {
    const struct config *config;
    struct progress *progress;
    const char *path; /* of the file that is being read */
    struct text text;
    bool printed; /* something, so that a blank line parts it from the next */
    bool broken;  /* nobody reads */
};

static void on_tick(void *context, uint64_t bytes, uint64_t total_bytes)
{
    const struct tool *tool = context;
    const struct progress_work work = {
        .name = shown_name(tool->path), .bytes = bytes, .bytes_total = total_bytes};
    if (tool->progress != NULL)
        progress_show(tool->progress, &work, clock_now_ns());
}

static enum profile_input_result read_file(struct tool *tool, const char *path,
                                           struct profile_input *input)
{
    const struct profile_input_watch watch = {.tick = on_tick, .context = tool};
    tool->path = path;
    progress_begin(tool->progress, clock_now_ns());
    enum profile_input_result result =
        profile_input_read(path, &tool->config->limits, &tool->config->rules, &watch, input);
    int saved_errno = errno;
    progress_hide(tool->progress);
    errno = saved_errno;
    return result;
}

static int print(struct tool *tool, const char *path, const struct profile_input *input)
{
    text_clear(&tool->text);
    if (tool->config->output == CONFIG_OUTPUT_JSON) {
        put_json(&tool->text, path, input);
    } else {
        text_put(&tool->text, tool->printed ? "\n" : "");
        put_table(&tool->text, path, input);
    }
    int code = write_out(&tool->text);
    tool->printed = true;
    tool->broken = code != CONTRACT_EXIT_DONE;
    return code;
}

static int profile_file(struct tool *tool, const char *path)
{
    struct profile_input input;
    int code = CONTRACT_EXIT_DONE;
    switch (read_file(tool, path, &input)) {
    case PROFILE_INPUT_GOOD: code = print(tool, path, &input); break;
    case PROFILE_INPUT_DAMAGED:
        code = refuse(CONTRACT_EXIT_REJECTED, path, reason_word(input.rejection.reason),
                      input.rejection.detail);
        break;
    case PROFILE_INPUT_CLOSED:
        code = refuse(CONTRACT_EXIT_NO_INPUT, path, "cannot open it", strerror(errno));
        break;
    case PROFILE_INPUT_FAILED:
        code = refuse(CONTRACT_EXIT_IO, path, "cannot read it", strerror(errno));
        break;
    }
    profile_input_free(&input);
    return code;
}

/* ---- signals ---- */

/* Nothing is held that would have to be put in order. */
static void end_now(int signal_number)
{
    _exit(128 + signal_number);
}

/*
 * A signal without a handler ends a program and tells its parent which one it was; only process 1,
 * as in a container, never gets it.
 */
static void hear_signals(void)
{
    struct sigaction action = {.sa_handler = end_now};
    if (getpid() != 1)
        return;
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

int profile_tool_run(const struct config *config)
{
    struct tool tool = {.config = config, .progress = progress_open(STDERR_FILENO)};
    struct option_cursor cursor = {.at = 0};
    const char *path;
    int worst = CONTRACT_EXIT_DONE;
    hear_signals();
    while (!tool.broken && (path = config_next_file(config, &cursor)) != NULL) {
        int code = profile_file(&tool, path);
        worst = code > worst ? code : worst;
    }
    progress_close(tool.progress);
    text_free(&tool.text);
    return worst;
}
