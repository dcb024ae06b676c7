#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/number.h"
#include "common/text.h"

/* How long a line waits for a reader that has stopped reading. */
#define STALL_MS 200

const char *const LOG_LEVEL_WORDS[] = {"error", "warn", "info", "debug", NULL};
const char *const LOG_FORMAT_WORDS[] = {"text", "json", NULL};

static struct {
    const char *program;
    enum log_format format;
    enum log_level level;
    bool to_journal[STDERR_FILENO + 1]; /* by descriptor */
    uint64_t dropped_lines;             /* since somebody last read our output */
    struct log_neighbour neighbour;     /* its steps are NULL where there is none */
    struct text line; /* kept from one line to the next: a full heap does not silence the log */
} log_state = {.program = "shared-data", .level = LOG_LEVEL_INFO};

struct log_field log_text(const char *name, const char *value)
{
    return (struct log_field){.name = name, .kind = LOG_FIELD_TEXT, .text = value};
}

struct log_field log_count(const char *name, uint64_t value)
{
    return (struct log_field){.name = name, .kind = LOG_FIELD_COUNT, .count = value};
}

struct log_field log_bytes(const char *name, uint64_t value_bytes)
{
    return (struct log_field){.name = name, .kind = LOG_FIELD_BYTES, .count = value_bytes};
}

struct log_field log_duration(const char *name, int64_t value_ns)
{
    uint64_t count = value_ns < 0 ? 0 : (uint64_t)value_ns;
    return (struct log_field){.name = name, .kind = LOG_FIELD_DURATION, .count = count};
}

/* As the journal names a descriptor: "DEVICE:INODE". One that was redirected since is another. */
static bool is_journal(int fd)
{
    const char *named = getenv("JOURNAL_STREAM");
    char ours[64];
    struct stat status;
    if (named == NULL || fstat(fd, &status) != 0)
        return false;
    (void)snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)status.st_dev,
                   (uintmax_t)status.st_ino);
    return strcmp(named, ours) == 0;
}

void log_open(const char *program, enum log_format format, enum log_level level)
{
    log_state.program = program;
    log_state.format = format;
    log_state.level = level;
    log_state.to_journal[STDOUT_FILENO] = is_journal(STDOUT_FILENO);
    log_state.to_journal[STDERR_FILENO] = is_journal(STDERR_FILENO);
}

void log_beside(const struct log_neighbour *neighbour)
{
    log_state.neighbour = neighbour != NULL ? *neighbour : (struct log_neighbour){NULL, NULL, NULL};
}

static void tell_neighbour(log_neighbour_step *step)
{
    if (step != NULL)
        step(log_state.neighbour.context);
}

/* Characters as they are; what would move a terminal's cursor or is no UTF-8 as \xNN. */
static void append_visible(struct text *line, const char *bytes, bool quoted)
{
    size_t length = strlen(bytes);
    for (size_t at = 0; at < length;) {
        size_t step = text_utf8_length(bytes + at, length - at);
        unsigned char byte = (unsigned char)bytes[at];
        bool control = byte < 0x20 || byte == 0x7F ||
                       (byte == 0xC2 && step == 2 && //
                        (unsigned char)bytes[at + 1] < 0xA0);
        if (step == 0 || control || (quoted && byte == '"')) {
            text_printf(line, "\\x%02x", byte);
            at += 1;
        } else {
            text_append(line, bytes + at, step);
            at += step;
        }
    }
}

static void append_quoted_if_needed(struct text *line, const char *value)
{
    bool bare = value[0] != '\0' && strpbrk(value, " \"=") == NULL;
    if (!bare)
        text_put(line, "\"");
    append_visible(line, value, !bare);
    if (!bare)
        text_put(line, "\"");
}

static void append_text_field(struct text *line, const struct log_field *field)
{
    char human[NUMBER_HUMAN_SIZE];
    text_printf(line, " %s=", field->name);
    switch (field->kind) {
    case LOG_FIELD_TEXT: append_quoted_if_needed(line, field->text); return;
    case LOG_FIELD_COUNT: text_printf(line, "%" PRIu64, field->count); return;
    case LOG_FIELD_BYTES: number_format_size(human, field->count); break;
    case LOG_FIELD_DURATION: number_format_duration(human, (int64_t)field->count); break;
    }
    text_put(line, human);
}

static void append_json_field(struct text *line, const struct log_field *field)
{
    text_printf(line, ",\"%s", field->name);
    switch (field->kind) {
    case LOG_FIELD_TEXT:
        text_put(line, "\":");
        text_json_string(line, field->text, strlen(field->text));
        return;
    case LOG_FIELD_COUNT: text_printf(line, "\":%" PRIu64, field->count); return;
    case LOG_FIELD_BYTES: text_printf(line, "_bytes\":%" PRIu64, field->count); return;
    case LOG_FIELD_DURATION:
        text_printf(line, "_ms\":%" PRIu64 ".%03" PRIu64, field->count / 1000000,
                    field->count / 1000 % 1000);
        return;
    }
}

/* As sd-daemon(3) has it, in the numbers of syslog(3). */
static void append_priority(struct text *line, int fd, enum log_level level)
{
    static const int PRIORITIES[] = {
        [LOG_LEVEL_ERROR] = 3, [LOG_LEVEL_WARN] = 4, [LOG_LEVEL_INFO] = 6, [LOG_LEVEL_DEBUG] = 7};
    if (log_state.to_journal[fd])
        text_printf(line, "<%d>", PRIORITIES[level]);
}

static void append_origin(struct text *line, enum log_level level)
{
    char now[CLOCK_TIMESTAMP_SIZE];
    clock_format_now(now);
    text_printf(line, "%s %s %-5s ", now, log_state.program, LOG_LEVEL_WORDS[level]);
}

static void format_text(struct text *line, enum log_level level, const char *message,
                        const struct log_field *fields, size_t field_count)
{
    if (!log_state.to_journal[STDOUT_FILENO])
        append_origin(line, level);
    append_visible(line, message, false);
    for (size_t i = 0; i < field_count; i++)
        append_text_field(line, &fields[i]);
}

static void format_json(struct text *line, enum log_level level, const char *message,
                        const struct log_field *fields, size_t field_count)
{
    char now[CLOCK_TIMESTAMP_SIZE];
    clock_format_now(now);
    text_printf(line, "{\"time\":\"%s\",\"program\":\"%s\",\"level\":\"%s\",\"message\":", now,
                log_state.program, LOG_LEVEL_WORDS[level]);
    text_json_string(line, message, strlen(message));
    for (size_t i = 0; i < field_count; i++)
        append_json_field(line, &fields[i]);
    text_put(line, "}");
}

static void format_line(struct text *line, enum log_level level, const char *message,
                        const struct log_field *fields, size_t field_count)
{
    append_priority(line, STDOUT_FILENO, level);
    if (log_state.format == LOG_FORMAT_JSON)
        format_json(line, level, message, fields, field_count);
    else
        format_text(line, level, message, fields, field_count);
    text_put(line, "\n");
}

/*
 * True when a line can be written without blocking. Who reads our output may have stopped
 * reading: waiting for him once, for STALL_MS, is patience; at every line it would be a halt.
 */
static bool may_write(int fd)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};
    int ready = poll(&out, 1, log_state.dropped_lines > 0 ? 0 : STALL_MS);
    return ready != 0; /* an error is for write() to find */
}

static void write_line(int fd, const struct text *line)
{
    size_t written = 0;
    while (written < line->length) {
        ssize_t count = write(fd, line->bytes + written, line->length - written);
        /* A signal here means that the program shall end, and not wait for its reader. */
        if (count <= 0)
            return;
        written += (size_t)count;
    }
}

static void put_line(const struct text *line)
{
    if (!may_write(STDOUT_FILENO)) {
        log_state.dropped_lines++;
        return;
    }
    if (log_state.dropped_lines > 0) {
        uint64_t dropped = log_state.dropped_lines;
        struct text note = {0};
        log_state.dropped_lines = 0;
        format_line(&note, LOG_LEVEL_WARN, "lines of this log were dropped: nobody read them",
                    (struct log_field[]){log_count("lines", dropped)}, 1);
        write_line(STDOUT_FILENO, &note);
        text_free(&note);
    }
    write_line(STDOUT_FILENO, line);
}

void log_event(enum log_level level, const char *message, const struct log_field *fields,
               size_t field_count)
{
    int saved_errno = errno;
    if (level <= log_state.level) {
        struct text *line = &log_state.line;
        text_clear(line);
        format_line(line, level, message, fields, field_count);
        tell_neighbour(log_state.neighbour.make_room);
        put_line(line);
        tell_neighbour(log_state.neighbour.come_back);
    }
    errno = saved_errno;
}

void log_refusal(const char *format, ...)
{
    char message[1024];
    struct text *line = &log_state.line;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    text_clear(line);
    append_priority(line, STDERR_FILENO, LOG_LEVEL_ERROR);
    text_printf(line, "%s: ", log_state.program);
    append_visible(line, message, false);
    text_put(line, "\n");
    tell_neighbour(log_state.neighbour.make_room);
    write_line(STDERR_FILENO, line);
    tell_neighbour(log_state.neighbour.come_back);
}

__attribute__((format(printf, 2, 0))) static void
log_formatted(enum log_level level, const char *format, va_list arguments)
{
    char message[1024];
    int saved_errno = errno;
    (void)vsnprintf(message, sizeof message, format, arguments);
    errno = saved_errno;
    log_event(level, message, NULL, 0);
}

#define LOG_FUNCTION(name, level)                \
    void name(const char *format, ...)           \
    {                                            \
        va_list arguments;                       \
        va_start(arguments, format);             \
        log_formatted(level, format, arguments); \
        va_end(arguments);                       \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
