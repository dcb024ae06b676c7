/*
 * log - levelled messages on standard output, one line each, as text for
 * people or as JSON for programs.
 *
 *     log_open("data-consumer", LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
 *     log_info("watching %s", path);
 *     log_event(LOG_LEVEL_INFO, "processed",
 *               (struct log_field[]){log_text("batch", "7"), log_bytes("size", 1387)}, 2);
 *
 * text  2026-11-23T10:15:00.123Z data-consumer info  processed batch=7 size=1.4KiB
 * json  {"time":"2026-11-23T10:15:00.123Z","program":"data-consumer","level":"info",
 *        "message":"processed","batch":"7","size_bytes":1387}
 *
 * A line is one write(2). Control characters and bytes that are not UTF-8
 * never reach the output, whatever a file name or a cell holds. Logging cannot
 * fail its caller, and hold it up only once: lines that nobody reads (a pipe
 * that is full) are dropped, counted, and the count logged when reading goes on.
 * The format of messages is for people; programs read the fields.
 *
 * Where the output is the journal's (systemd.exec(5), JOURNAL_STREAM) each line begins with its
 * level as sd-daemon(3) has it, "<4>" for a warning, which the journal takes off again; what it
 * knows by itself, the time, the program and the level, is left out of a text.
 *
 * journal  <6>processed batch=7 size=1.4KiB
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* The words for the two enums above, in their order, NULL-terminated. */
extern const char *const LOG_LEVEL_WORDS[];
extern const char *const LOG_FORMAT_WORDS[];

struct log_field {
    const char *name;
    enum { LOG_FIELD_TEXT, LOG_FIELD_COUNT, LOG_FIELD_BYTES, LOG_FIELD_DURATION } kind;
    const char *text;
    uint64_t count; /* a count, bytes, or nanoseconds */
};

struct log_field log_text(const char *name, const char *value);
struct log_field log_count(const char *name, uint64_t value);
/* As text "1.4KiB"; in JSON the number of bytes, the name with "_bytes" behind it. */
struct log_field log_bytes(const char *name, uint64_t value_bytes);
/* As text "3.2ms"; in JSON milliseconds, the name with "_ms" behind it. */
struct log_field log_duration(const char *name, int64_t value_ns);

/* `program` is kept, not copied. Before this call: text, info, and no journal. */
void log_open(const char *program, enum log_format format, enum log_level level);

/*
 * What else stands on the terminal that lines go to: it makes room before each, and comes back
 * behind it.
 */
typedef void log_neighbour_step(void *context);
struct log_neighbour {
    log_neighbour_step *make_room;
    log_neighbour_step *come_back;
    void *context;
};

/* Copied. NULL: there is none any more. */
void log_beside(const struct log_neighbour *neighbour);

void log_event(enum log_level level, const char *message, const struct log_field *fields,
               size_t field_count);

/*
 * For what is refused before any work: one line on standard error, "PROGRAM: ...",
 * whatever the format and the level.
 */
void log_refusal(const char *format, ...) __attribute__((format(printf, 1, 2)));

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
