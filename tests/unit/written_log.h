/*
 * written_log - a log that a test writes, in a directory of its own, and what is read there.
 *
 *     struct written_log written = written_log_new();
 *     processed_log_append(written.own, &record);
 *     processed_logs_find(written.all, "7");
 */
#ifndef TESTS_UNIT_WRITTEN_LOG_H
#define TESTS_UNIT_WRITTEN_LOG_H

#include "common/processed_logs.h"
#include "tests/unit/support.h"

struct written_log {
    struct processed_log *own;
    struct processed_logs *all;
};

static inline struct written_log written_log_new(void)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    int results_fd = support_open_directory(support_temporary_directory());
    struct written_log written = {
        .own = processed_log_open(results_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error)};
    ck_assert_msg(written.own != NULL, "%s", error);
    written.all = processed_logs_open(results_fd, written.own, error);
    ck_assert_msg(written.all != NULL, "%s", error);
    return written;
}

static inline void written_log_close(struct written_log *written)
{
    processed_logs_close(written->all);
    processed_log_close(written->own);
    *written = (struct written_log){0};
}

#endif
