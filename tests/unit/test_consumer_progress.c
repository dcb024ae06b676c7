#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/log.h"
#include "consumer/status/display.h"
#include "consumer/status/progress.h"
#include "tests/unit/support.h"

#define SECOND NUMBER_NS_PER_SECOND
#define MIB ((uint64_t)1 << 20)
#define WIPE "\r\x1b[K"
#define MARK "\a"

static const struct progress_paces PACES = {.items = {.per_second = 812.4},
                                            .bytes = {.per_second = 2.0 * (1 << 20)}};
static const struct progress_work BATCHES = {.unit = "batches",
                                             .items = 1234,
                                             .items_total = 3000,
                                             .bytes = 40 * MIB,
                                             .bytes_total = 100 * MIB};
static const struct progress_work A_FILE = {
    .name = "orders.csv", .bytes = 40 * MIB, .bytes_total = 100 * MIB};

/* ---- the line ---- */

static void assert_line(const struct progress_work *work, size_t width, const char *expected)
{
    struct text line = {0};
    progress_write_line(&line, work, &PACES, width);
    ck_assert_str_eq(line.bytes == NULL ? "" : line.bytes, expected);
    text_free(&line);
}

START_TEST(progress_of_batches_tells_count_share_rates_and_time_left)
{
    assert_line(&BATCHES, 199, "1234 of 3000 batches  40%  812/s  2MiB/s  30s left");
}
END_TEST

START_TEST(progress_of_a_file_tells_its_name_bytes_share_rate_and_time_left)
{
    assert_line(&A_FILE, 199, "orders.csv  40MiB of 100MiB  40%  2MiB/s  30s left");
}
END_TEST

START_TEST(progress_of_a_pipe_tells_bytes_and_rate_alone)
{
    const struct progress_work work = {.name = "standard input", .bytes = 40 * MIB};
    assert_line(&work, 199, "standard input  40MiB  2MiB/s");
}
END_TEST

START_TEST(progress_without_sizes_counts_its_time_by_items)
{
    struct progress_work work = BATCHES;
    work.bytes_total = 0;
    assert_line(&work, 199, "1234 of 3000 batches  41%  812/s  2MiB/s  3s left");
}
END_TEST

START_TEST(progress_on_a_narrow_terminal_keeps_share_and_time_longest)
{
    assert_line(&BATCHES, 45, "1234 of 3000 batches  40%  812/s  30s left");
    assert_line(&BATCHES, 20, "40%  812/s  30s left");
    assert_line(&BATCHES, 19, "40%  30s left");
    assert_line(&BATCHES, 8, "30s left");
    assert_line(&BATCHES, 7, "");
    assert_line(&A_FILE, 22, "40%  2MiB/s  30s left");
    assert_line(&A_FILE, 0, "");
}
END_TEST

START_TEST(progress_cuts_a_name_and_lets_nothing_of_it_move_the_cursor)
{
    struct progress_work work = A_FILE;
    work.name = "esc\x1b[31m\nname that is longer than there is room for.csv";
    assert_line(&work, 60,
                "esc\\x1b[31m\\nname t\xE2\x80\xA6  40MiB of 100MiB  40%  2MiB/s  30s left");
}
END_TEST

START_TEST(progress_is_never_wider_than_it_may_be)
{
    struct progress_work work = A_FILE;
    work.name = "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E.csv";
    for (size_t width = 0; width < 80; width++) {
        struct text line = {0};
        progress_write_line(&line, &work, &PACES, width);
        ck_assert_uint_le(line.length == 0 ? 0 : display_width(line.bytes, line.length), width);
        text_free(&line);
    }
}
END_TEST

START_TEST(progress_of_a_file_that_grows_ends_at_all_of_it)
{
    struct progress_work work = A_FILE;
    work.bytes = 130 * MIB;
    assert_line(&work, 199, "orders.csv  130MiB of 100MiB  100%  2MiB/s  0s left");
}
END_TEST

/* ---- on a terminal ---- */

/* Both ends of a terminal of 60 columns, the program's being standard output and error as well. */
struct terminal {
    int reader;
    int writer;
    int kept[2];
};

static void open_terminal(struct terminal *terminal)
{
    struct winsize size = {.ws_col = 60, .ws_row = 25};
    struct termios modes;
    terminal->reader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    ck_assert_int_ge(terminal->reader, 0);
    ck_assert_int_eq(grantpt(terminal->reader), 0);
    ck_assert_int_eq(unlockpt(terminal->reader), 0);
    terminal->writer = open(ptsname(terminal->reader), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(terminal->writer, 0);
    ck_assert_int_eq(ioctl(terminal->writer, TIOCSWINSZ, &size), 0);
    ck_assert_int_eq(tcgetattr(terminal->writer, &modes), 0);
    modes.c_oflag &= ~(tcflag_t)OPOST;
    ck_assert_int_eq(tcsetattr(terminal->writer, TCSANOW, &modes), 0);
    ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
    for (int i = 0; i < 2; i++) {
        terminal->kept[i] = dup(i + 1);
        ck_assert_int_ge(dup2(terminal->writer, i + 1), 0);
    }
}

/*
 * What was sent, as far as it fits. The kernel hands it over when it finds the time, so it is read
 * up to a mark behind it.
 */
static void read_shown(const struct terminal *terminal, char *shown, size_t size)
{
    char bytes[4096];
    size_t length = 0;
    bool marked = false;
    bool over = false;
    (void)fcntl(terminal->writer, F_SETFL, O_RDWR | O_NONBLOCK);
    while (!over) {
        struct pollfd in = {.fd = terminal->reader, .events = POLLIN};
        marked = marked || write(terminal->writer, MARK, 1) == 1;
        if (poll(&in, 1, 10000) != 1)
            break;
        ssize_t count = read(terminal->reader, bytes, sizeof bytes);
        over = count <= 0 || bytes[count - 1] == MARK[0];
        for (ssize_t i = 0; i < count && length < size - 1; i++)
            if (bytes[i] != MARK[0])
                shown[length++] = bytes[i];
    }
    shown[length] = '\0';
}

/* Checks come after this, so that what they say is seen. */
static void close_terminal(struct terminal *terminal, char *shown, size_t size)
{
    read_shown(terminal, shown, size);
    for (int i = 0; i < 2; i++)
        (void)dup2(terminal->kept[i], i + 1);
    (void)close(terminal->reader);
    (void)close(terminal->writer);
}

#define LINE "\rorders.csv  40MiB of 100MiB  40%  40MiB/s  2s left\x1b[K"

START_TEST(progress_is_drawn_over_itself_and_wiped_away_in_the_end)
{
    struct terminal terminal;
    char shown[1024];
    open_terminal(&terminal);
    struct progress *progress = progress_open(STDERR_FILENO);
    progress_begin(progress, 0);
    progress_show(progress, &A_FILE, SECOND);
    progress_show(progress, &A_FILE, SECOND);
    progress_close(progress);
    close_terminal(&terminal, shown, sizeof shown);
    ck_assert_str_eq(shown, LINE WIPE);
}
END_TEST

START_TEST(progress_is_drawn_ten_times_a_second_at_most)
{
    struct terminal terminal;
    char shown[4096];
    size_t count = 0;
    open_terminal(&terminal);
    struct progress *progress = progress_open(STDERR_FILENO);
    progress_begin(progress, 0);
    for (int64_t now_ns = 0; now_ns <= 2 * SECOND; now_ns += SECOND / 1000)
        progress_show(progress, &A_FILE, now_ns);
    progress_close(progress);
    close_terminal(&terminal, shown, sizeof shown);
    for (const char *at = shown; (at = strstr(at, "orders.csv")) != NULL; at++)
        count++;
    ck_assert_uint_eq(count, 18); /* not before 300 ms */
}
END_TEST

START_TEST(progress_makes_room_for_lines_of_the_log_and_comes_back_below_them)
{
    struct terminal terminal;
    char shown[1024];
    open_terminal(&terminal);
    log_open("test", LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    struct progress *progress = progress_open(STDERR_FILENO);
    progress_begin(progress, 0);
    log_info("early");
    progress_show(progress, &A_FILE, SECOND);
    log_info("between");
    log_debug("not logged");
    log_refusal("refused");
    progress_close(progress);
    log_info("late");
    close_terminal(&terminal, shown, sizeof shown);
    ck_assert_ptr_nonnull(strstr(shown, "early\n" LINE WIPE "20"));
    ck_assert_ptr_nonnull(strstr(shown, "between\n" LINE WIPE "test: refused\n" LINE WIPE "20"));
    ck_assert_ptr_nonnull(strstr(shown, "late\n"));
    ck_assert_str_eq(strstr(shown, "late\n"), "late\n");
}
END_TEST

START_TEST(progress_that_was_hidden_stays_away_until_it_is_shown)
{
    struct terminal terminal;
    char shown[1024];
    open_terminal(&terminal);
    struct progress *progress = progress_open(STDERR_FILENO);
    progress_begin(progress, 0);
    progress_hide(progress);
    progress_show(progress, &A_FILE, SECOND);
    progress_hide(progress);
    log_refusal("x");
    progress_close(progress);
    close_terminal(&terminal, shown, sizeof shown);
    ck_assert_str_eq(strncmp(shown, LINE WIPE, strlen(LINE WIPE)) == 0 ? "" : shown, "");
    ck_assert_ptr_null(strchr(shown + strlen(LINE WIPE), '\r'));
}
END_TEST

START_TEST(progress_fits_the_terminal_as_wide_as_it_is_by_now)
{
    struct terminal terminal;
    struct winsize size = {.ws_col = 14, .ws_row = 25};
    char shown[1024];
    open_terminal(&terminal);
    struct progress *progress = progress_open(STDERR_FILENO);
    progress_begin(progress, 0);
    progress_show(progress, &A_FILE, SECOND);
    (void)ioctl(terminal.writer, TIOCSWINSZ, &size);
    progress_show(progress, &A_FILE, SECOND + PROGRESS_SPACING_NS);
    progress_close(progress);
    close_terminal(&terminal, shown, sizeof shown);
    ck_assert_str_eq(shown, LINE "\r40%  2s left\x1b[K" WIPE);
}
END_TEST

/* As after Ctrl-S: the terminal takes no more, and nobody waits for it. */
START_TEST(progress_passes_over_a_terminal_that_takes_nothing)
{
    struct terminal terminal;
    char shown[1024];
    char filling[4096];
    open_terminal(&terminal);
    struct progress *progress = progress_open(STDERR_FILENO);
    progress_begin(progress, 0);
    memset(filling, '.', sizeof filling);
    (void)fcntl(terminal.writer, F_SETFL, O_RDWR | O_NONBLOCK);
    while (write(terminal.writer, filling, sizeof filling) > 0)
        ;
    (void)fcntl(terminal.writer, F_SETFL, O_RDWR); /* a write would wait by now */
    (void)alarm(5);
    for (int i = 1; i < 100; i++)
        progress_show(progress, &A_FILE, i * SECOND);
    progress_close(progress);
    close_terminal(&terminal, shown, sizeof shown);
    ck_assert_int_eq(shown[0], '.');
}
END_TEST

START_TEST(progress_is_none_on_a_dumb_terminal_or_one_without_a_name)
{
    struct terminal terminal;
    char shown[64];
    struct progress *progress[3];
    open_terminal(&terminal);
    ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
    progress[0] = progress_open(STDERR_FILENO);
    ck_assert_int_eq(setenv("TERM", "", 1), 0);
    progress[1] = progress_open(STDERR_FILENO);
    ck_assert_int_eq(unsetenv("TERM"), 0);
    progress[2] = progress_open(STDERR_FILENO);
    close_terminal(&terminal, shown, sizeof shown);
    for (size_t i = 0; i < 3; i++)
        ck_assert_ptr_null(progress[i]);
}
END_TEST

START_TEST(progress_is_none_on_files_and_pipes_and_none_does_nothing)
{
    int ends[2];
    int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_ptr_null(progress_open(ends[1]));
    ck_assert_ptr_null(progress_open(file));
    progress_begin(NULL, 0);
    progress_show(NULL, &A_FILE, SECOND);
    progress_hide(NULL);
    progress_close(NULL);
    ck_assert(!progress_is_due(NULL, SECOND));
    ck_assert_int_eq(progress_deadline(NULL), INT64_MAX);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_progress", progress_of_batches_tells_count_share_rates_and_time_left,
        progress_of_a_file_tells_its_name_bytes_share_rate_and_time_left,
        progress_of_a_pipe_tells_bytes_and_rate_alone,
        progress_without_sizes_counts_its_time_by_items,
        progress_on_a_narrow_terminal_keeps_share_and_time_longest,
        progress_cuts_a_name_and_lets_nothing_of_it_move_the_cursor,
        progress_is_never_wider_than_it_may_be, progress_of_a_file_that_grows_ends_at_all_of_it,
        progress_is_drawn_over_itself_and_wiped_away_in_the_end,
        progress_is_drawn_ten_times_a_second_at_most,
        progress_makes_room_for_lines_of_the_log_and_comes_back_below_them,
        progress_that_was_hidden_stays_away_until_it_is_shown,
        progress_fits_the_terminal_as_wide_as_it_is_by_now,
        progress_passes_over_a_terminal_that_takes_nothing,
        progress_is_none_on_a_dumb_terminal_or_one_without_a_name,
        progress_is_none_on_files_and_pipes_and_none_does_nothing);
}
