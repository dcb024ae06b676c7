#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json.h"
#include "common/text.h"
#include "tests/unit/support.h"

/* One event and how it is to be shown. */
struct event {
    enum log_format format;
    enum log_level level;
    const char *message;
    const struct log_field *fields;
    size_t count;
};

static void emit(void *context)
{
    const struct event *event = context;
    log_open("data-test", event->format, LOG_LEVEL_INFO);
    log_event(event->level, event->message, event->fields, event->count);
}

static char *line_of(struct event event)
{
    return support_capture_stdout(emit, &event, NULL);
}

/* What stands behind the time stamp, which is checked to be one. */
static const char *behind_time(const char *line)
{
    const size_t stamp = strlen("2026-11-23T10:15:00.123Z ");
    ck_assert_uint_gt(strlen(line), stamp);
    ck_assert_int_eq(line[10], 'T');
    ck_assert_int_eq(line[stamp - 2], 'Z');
    return line + stamp;
}

static void assert_text_line(const char *message, const struct log_field *fields, size_t count,
                             const char *expected)
{
    char *line = line_of((struct event){LOG_FORMAT_TEXT, LOG_LEVEL_INFO, message, fields, count});
    ck_assert_str_eq(behind_time(line), expected);
    free(line);
}

static void assert_json_tail(const char *message, const struct log_field *fields, size_t count,
                             const char *expected)
{
    char *line = line_of((struct event){LOG_FORMAT_JSON, LOG_LEVEL_INFO, message, fields, count});
    const char *tail = strstr(line, "\"message\":");
    ck_assert_ptr_nonnull(tail);
    ck_assert_str_eq(tail, expected);
    free(line);
}

START_TEST(a_text_line_names_time_program_level_message_and_fields)
{
    const struct log_field fields[] = {log_text("batch", "7"), log_count("rows", 41),
                                       log_bytes("size", 1434), log_duration("took", 3200000)};
    assert_text_line("processed", fields, 4,
                     "data-test info  processed batch=7 rows=41 size=1.4KiB took=3.2ms\n");
}
END_TEST

START_TEST(a_json_line_is_an_object_with_the_same_content)
{
    const struct log_field fields[] = {log_text("batch", "7"), log_count("rows", 41),
                                       log_bytes("size", 1434), log_duration("took", 3200000)};
    assert_json_tail("processed", fields, 4,
                     "\"message\":\"processed\",\"batch\":\"7\",\"rows\":41,"
                     "\"size_bytes\":1434,\"took_ms\":3.200}\n");
}
END_TEST

START_TEST(a_json_line_begins_with_time_program_and_level)
{
    char error[JSON_ERROR_SIZE];
    const char *value = NULL;
    char *line = line_of((struct event){LOG_FORMAT_JSON, LOG_LEVEL_WARN, "full", NULL, 0});
    ck_assert_int_eq(strncmp(line, "{\"time\":\"2", 10), 0);
    struct json *object = json_parse_object(line, strlen(line), error);
    ck_assert_msg(object != NULL, "%s", error);
    ck_assert_int_eq(json_get_text(object, "program", &value), JSON_FOUND);
    ck_assert_str_eq(value, "data-test");
    ck_assert_int_eq(json_get_text(object, "level", &value), JSON_FOUND);
    ck_assert_str_eq(value, "warn");
    json_free(object);
    free(line);
}
END_TEST

START_TEST(hostile_names_neither_break_a_text_line_nor_move_the_cursor)
{
    const struct log_field fields[] = {log_text("file", "data_8\n.csv"),
                                       log_text("file", "\x1b[2J"), log_text("file", "\xff\xfe"),
                                       log_text("file", "\xC2\x9B"
                                                        "2J"),
                                       log_text("file", "\r\b\x7f")};
    assert_text_line("a\nb", fields, 5,
                     "data-test info  a\\x0ab file=data_8\\x0a.csv file=\\x1b[2J file=\\xff\\xfe "
                     "file=\\xc2\\x9b2J file=\\x0d\\x08\\x7f\n");
}
END_TEST

START_TEST(hostile_names_are_escaped_in_a_json_line)
{
    const struct log_field fields[] = {log_text("file", "a\"\\\n\x1b"), log_text("raw", "\xff"),
                                       log_text("csi", "\xC2\x9B")};
    assert_json_tail("a\nb", fields, 3,
                     "\"message\":\"a\\nb\",\"file\":\"a\\\"\\\\\\n\\u001b\","
                     "\"raw\":\"\xEF\xBF\xBD\",\"csi\":\"\\u009b\"}\n");
}
END_TEST

START_TEST(every_byte_in_a_name_gives_one_line_of_clean_utf8_in_both_formats)
{
    char name[256];
    for (int i = 1; i < 256; i++)
        name[i - 1] = (char)i;
    name[255] = '\0';
    const struct log_field field = log_text("file", name);
    for (int format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
        char *line =
            line_of((struct event){(enum log_format)format, LOG_LEVEL_INFO, name, &field, 1});
        size_t length = strlen(line);
        ck_assert(text_is_utf8(line, length));
        ck_assert_ptr_eq(strchr(line, '\n'), line + length - 1);
        for (size_t i = 0; i + 1 < length; i++)
            ck_assert_uint_ge((unsigned char)line[i], 0x20);
        free(line);
    }
}
END_TEST

START_TEST(text_fields_with_spaces_are_quoted)
{
    const struct log_field fields[] = {log_text("detail", "line 3, column 4"), log_text("none", ""),
                                       log_text("sum", "a=b")};
    assert_text_line(
        "rejected", fields, 3,
        "data-test info  rejected detail=\"line 3, column 4\" none=\"\" sum=\"a=b\"\n");
}
END_TEST

START_TEST(characters_beyond_ascii_stay_readable)
{
    const struct log_field field = log_text("file", "größe_日本.csv");
    assert_text_line("processed", &field, 1, "data-test info  processed file=größe_日本.csv\n");
}
END_TEST

START_TEST(numbers_are_shown_whole_and_a_negative_duration_as_none)
{
    const struct log_field fields[] = {log_count("rows", UINT64_MAX), log_duration("took", -5)};
    assert_json_tail("x", fields, 2,
                     "\"message\":\"x\",\"rows\":18446744073709551615,\"took_ms\":0.000}\n");
}
END_TEST

static void emit_all_levels(void *context)
{
    log_open("data-test", LOG_FORMAT_TEXT, *(const enum log_level *)context);
    log_error("an %s", "error");
    log_warn("a %s", "warning");
    log_info("an %s", "information");
    log_debug("a %s", "detail");
}

static size_t lines_at(enum log_level level)
{
    size_t count = 0;
    char *lines = support_capture_stdout(emit_all_levels, &level, NULL);
    for (const char *at = lines; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    free(lines);
    return count;
}

START_TEST(a_level_shows_itself_and_what_is_worse)
{
    ck_assert_uint_eq(lines_at(LOG_LEVEL_ERROR), 1);
    ck_assert_uint_eq(lines_at(LOG_LEVEL_WARN), 2);
    ck_assert_uint_eq(lines_at(LOG_LEVEL_INFO), 3);
    ck_assert_uint_eq(lines_at(LOG_LEVEL_DEBUG), 4);
}
END_TEST

START_TEST(each_level_has_its_word)
{
    enum log_level level = LOG_LEVEL_DEBUG;
    char *lines = support_capture_stdout(emit_all_levels, &level, NULL);
    ck_assert_ptr_nonnull(strstr(lines, " data-test error an error\n"));
    ck_assert_ptr_nonnull(strstr(lines, " data-test warn  a warning\n"));
    ck_assert_ptr_nonnull(strstr(lines, " data-test info  an information\n"));
    ck_assert_ptr_nonnull(strstr(lines, " data-test debug a detail\n"));
    free(lines);
}
END_TEST

static void emit_unopened(void *context)
{
    (void)context;
    log_debug("hidden");
    log_info("shown");
}

START_TEST(before_it_is_opened_it_logs_text_from_info_on)
{
    char *lines = support_capture_stdout(emit_unopened, NULL, NULL);
    ck_assert_str_eq(behind_time(lines), "shared-data info  shown\n");
    free(lines);
}
END_TEST

START_TEST(a_message_that_is_too_long_is_cut_and_still_ends_its_line)
{
    static char message[5000];
    memset(message, 'm', sizeof message - 1);
    int fds[2];
    char line[8192];
    int kept = dup(STDOUT_FILENO);
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_ge(dup2(fds[1], STDOUT_FILENO), 0);
    log_info("%s", message);
    ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
    ssize_t length = read(fds[0], line, sizeof line);
    ck_assert_int_gt(length, 1000);
    ck_assert_int_lt(length, 1200);
    ck_assert_int_eq(line[length - 1], '\n');
}
END_TEST

START_TEST(a_line_is_one_write)
{
    int fds[2];
    char line[PIPE_BUF];
    const struct log_field fields[] = {log_text("batch", "7"), log_count("rows", 41)};
    int kept = dup(STDOUT_FILENO);
    ck_assert_int_eq(pipe2(fds, O_DIRECT), 0); /* a read gives what one write has put in */
    ck_assert_int_ge(dup2(fds[1], STDOUT_FILENO), 0);
    log_event(LOG_LEVEL_INFO, "processed", fields, 2);
    log_event(LOG_LEVEL_INFO, "processed", fields, 2);
    ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
    ssize_t length = read(fds[0], line, sizeof line);
    ck_assert_int_gt(length, 0);
    ck_assert_ptr_eq(memchr(line, '\n', (size_t)length), line + length - 1);
}
END_TEST

START_TEST(a_line_that_cannot_be_written_is_gone_and_errno_stays)
{
    int kept = dup(STDOUT_FILENO);
    int full = open("/dev/full", O_WRONLY);
    ck_assert_int_ge(full, 0);
    ck_assert_int_ge(dup2(full, STDOUT_FILENO), 0);
    errno = ENOENT;
    log_error("%s", "nobody reads this");
    int after = errno;
    ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
    ck_assert_int_eq(after, ENOENT);
}
END_TEST

static void put_room(void *context)
{
    ck_assert_int_eq(write(STDOUT_FILENO, context, 1), 1);
}

static void put_return(void *context)
{
    ck_assert_int_eq(write(STDOUT_FILENO, (const char *)context + 1, 1), 1);
}

static void emit_beside_a_neighbour(void *context)
{
    static char marks[] = "<>";
    const struct event *event = context;
    log_beside(&(struct log_neighbour){put_room, put_return, marks});
    emit(context);
    log_event(LOG_LEVEL_DEBUG, "not shown", NULL, 0);
    log_beside(NULL);
    log_event(event->level, "alone", NULL, 0);
}

START_TEST(a_neighbour_makes_room_for_each_line_and_comes_back)
{
    struct event event = {LOG_FORMAT_TEXT, LOG_LEVEL_INFO, "beside", NULL, 0};
    char *lines = support_capture_stdout(emit_beside_a_neighbour, &event, NULL);
    ck_assert_int_eq(lines[0], '<');
    ck_assert_ptr_nonnull(strstr(lines, "info  beside\n>20"));
    ck_assert_ptr_nonnull(strstr(lines, "info  alone\n"));
    ck_assert_ptr_eq(strchr(lines, '>'), strrchr(lines, '>'));
    free(lines);
}
END_TEST

/* `off_by` 1: the journal's stream is another one than ours. */
static void say_that_output_is_the_journals(int fd, unsigned off_by)
{
    struct stat status;
    char named[64];
    ck_assert_int_eq(fstat(fd, &status), 0);
    (void)snprintf(named, sizeof named, "%ju:%ju", (uintmax_t)status.st_dev,
                   (uintmax_t)status.st_ino + off_by);
    ck_assert_int_eq(setenv("JOURNAL_STREAM", named, 1), 0);
}

static void emit_to_the_journal(void *context)
{
    say_that_output_is_the_journals(STDOUT_FILENO, 0);
    emit(context);
    ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
}

static void emit_beside_the_journal(void *context)
{
    say_that_output_is_the_journals(STDOUT_FILENO, 1);
    emit(context);
    ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
}

START_TEST(a_line_for_the_journal_is_its_level_and_what_the_journal_does_not_know)
{
    static const struct {
        enum log_level level;
        const char *expected;
    } LINES[] = {{LOG_LEVEL_ERROR, "<3>processed batch=7\n"},
                 {LOG_LEVEL_WARN, "<4>processed batch=7\n"},
                 {LOG_LEVEL_INFO, "<6>processed batch=7\n"}};
    const struct log_field fields[] = {log_text("batch", "7")};
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
        struct event event = {LOG_FORMAT_TEXT, LINES[i].level, "processed", fields, 1};
        char *line = support_capture_stdout(emit_to_the_journal, &event, NULL);
        ck_assert_str_eq(line, LINES[i].expected);
        free(line);
    }
}
END_TEST

START_TEST(a_json_line_for_the_journal_is_whole_behind_its_level)
{
    struct event event = {LOG_FORMAT_JSON, LOG_LEVEL_WARN, "processed", NULL, 0};
    char *line = support_capture_stdout(emit_to_the_journal, &event, NULL);
    ck_assert_int_eq(strncmp(line, "<4>{\"time\":\"", 12), 0);
    ck_assert_ptr_nonnull(strstr(line, "\"level\":\"warn\",\"message\":\"processed\"}\n"));
    free(line);
}
END_TEST

START_TEST(output_that_was_led_elsewhere_is_no_journal)
{
    struct event event = {LOG_FORMAT_TEXT, LOG_LEVEL_WARN, "processed", NULL, 0};
    char *line = support_capture_stdout(emit_beside_the_journal, &event, NULL);
    ck_assert_str_eq(behind_time(line), "data-test warn  processed\n");
    free(line);
}
END_TEST

START_TEST(the_words_are_in_the_order_of_the_enumerators)
{
    ck_assert_str_eq(LOG_LEVEL_WORDS[LOG_LEVEL_ERROR], "error");
    ck_assert_str_eq(LOG_LEVEL_WORDS[LOG_LEVEL_DEBUG], "debug");
    ck_assert_ptr_null(LOG_LEVEL_WORDS[LOG_LEVEL_DEBUG + 1]);
    ck_assert_str_eq(LOG_FORMAT_WORDS[LOG_FORMAT_TEXT], "text");
    ck_assert_str_eq(LOG_FORMAT_WORDS[LOG_FORMAT_JSON], "json");
    ck_assert_ptr_null(LOG_FORMAT_WORDS[LOG_FORMAT_JSON + 1]);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("common_log", a_text_line_names_time_program_level_message_and_fields,
                       a_json_line_is_an_object_with_the_same_content,
                       a_json_line_begins_with_time_program_and_level,
                       hostile_names_neither_break_a_text_line_nor_move_the_cursor,
                       hostile_names_are_escaped_in_a_json_line,
                       every_byte_in_a_name_gives_one_line_of_clean_utf8_in_both_formats,
                       text_fields_with_spaces_are_quoted, characters_beyond_ascii_stay_readable,
                       numbers_are_shown_whole_and_a_negative_duration_as_none,
                       a_level_shows_itself_and_what_is_worse, each_level_has_its_word,
                       before_it_is_opened_it_logs_text_from_info_on,
                       a_message_that_is_too_long_is_cut_and_still_ends_its_line,
                       a_line_is_one_write, a_line_that_cannot_be_written_is_gone_and_errno_stays,
                       a_neighbour_makes_room_for_each_line_and_comes_back,
                       a_line_for_the_journal_is_its_level_and_what_the_journal_does_not_know,
                       a_json_line_for_the_journal_is_whole_behind_its_level,
                       output_that_was_led_elsewhere_is_no_journal,
                       the_words_are_in_the_order_of_the_enumerators);
}
