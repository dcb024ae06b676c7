/*
 * latency - how long a batch takes from the rename of its metadata to its durable
 * results, with the consumer awake by inotify.
 *
 *     latency SHARED_DIR RESULTS_DIR COUNT ROWS
 *
 * A data-consumer must be running on the two directories. Batches are published one
 * at a time in the producer's order, each when the one before has its record. Two
 * moments are taken by inotify on the results:
 *
 *     summary    summary_N.json has been renamed into place, its bytes flushed
 *     record     the first write to processed.log after it; with --chart none that is
 *                after the flush of the directory, so an upper bound of "durable summary"
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/digest.h"
#include "common/fileio.h"
#include "common/metadata.h"
#include "common/number.h"
#include "common/text.h"

#define PATIENCE_MS 20000

static void die(const char *what)
{
    (void)fprintf(stderr, "latency: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

/* Renames batch `number` into place; returns the moment after its metadata's rename. */
static int64_t publish(int directory_fd, struct digest *digest, uint64_t number, uint64_t rows)
{
    char name[CONTRACT_NAME_SIZE];
    char key[32];
    struct text csv = {0};
    struct text document = {0};
    struct metadata metadata = {.batch = number,
                                .filename = name,
                                .record_count = rows,
                                .run_id = "bench",
                                .description = "a batch of the benchmark"};
    text_put(&csv, "label,value,timestamp\n");
    for (uint64_t row = 0; row < rows; row++)
        text_printf(&csv, "item_%d,0.%011d,2026-11-23T10:%02d:%02dZ\n", (int)row,
                    (int)((row * 2654435761u + number) % 1000000007u), (int)(row / 60 % 60),
                    (int)(row % 60));
    digest_update(digest, csv.bytes, csv.length);
    (void)digest_finish(digest, metadata.sha256);
    metadata.bytes = csv.length;
    contract_data_name(name, number);
    (void)snprintf(key, sizeof key, "%d", (int)number);
    metadata_write(&document, &metadata);
    if (fileio_replace(directory_fd, name, csv.bytes, csv.length, FILEIO_DURABLE) != 0)
        die(name);
    contract_metadata_name(name, key);
    if (fileio_replace(directory_fd, name, document.bytes, document.length, FILEIO_DURABLE) != 0)
        die(name);
    int64_t committed_ns = clock_now_ns();
    text_free(&csv);
    text_free(&document);
    return committed_ns;
}

static bool event_names(const char *buffer, ssize_t length, const char *name, uint32_t mask)
{
    for (ssize_t at = 0; at < length;) {
        const struct inotify_event *event = (const void *)(buffer + at);
        if (event->len > 0 && (event->mask & mask) != 0 && strcmp(event->name, name) == 0)
            return true;
        at += (ssize_t)(sizeof *event + event->len);
    }
    return false;
}

/* Waits for both moments of a batch. */
static void await_results(int inotify_fd, uint64_t number, int64_t *summary_ns, int64_t *record_ns)
{
    _Alignas(struct inotify_event) char buffer[64 * 1024];
    char key[32];
    char summary[CONTRACT_NAME_SIZE];
    (void)snprintf(key, sizeof key, "%d", (int)number);
    contract_summary_name(summary, key);
    *summary_ns = *record_ns = 0;
    while (*record_ns == 0) {
        struct pollfd fd = {.fd = inotify_fd, .events = POLLIN};
        if (poll(&fd, 1, PATIENCE_MS) <= 0)
            die("no answer: is a data-consumer running?");
        ssize_t length = read(inotify_fd, buffer, sizeof buffer);
        int64_t now_ns = clock_now_ns();
        if (length <= 0)
            die("inotify");
        if (*summary_ns == 0 && event_names(buffer, length, summary, IN_MOVED_TO))
            *summary_ns = now_ns;
        if (*summary_ns != 0 && event_names(buffer, length, CONTRACT_PROCESSED_LOG, IN_MODIFY))
            *record_ns = now_ns;
    }
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void print_spread(const char *what, int64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, compare);
    (void)printf("  %-42s median %6.2f ms   p95 %6.2f ms   max %6.2f ms\n", what,
                 (double)times[count / 2] / 1e6, (double)times[count * 95 / 100] / 1e6,
                 (double)times[count - 1] / 1e6);
}

int main(int argc, char *argv[])
{
    uint64_t count = 0;
    uint64_t rows = 0;
    if (argc != 5 || !number_parse_u64(argv[3], strlen(argv[3]), &count) ||
        !number_parse_u64(argv[4], strlen(argv[4]), &rows) || count == 0) {
        (void)fprintf(stderr, "usage: latency SHARED_DIR RESULTS_DIR COUNT ROWS\n");
        return CONTRACT_EXIT_USAGE;
    }
    int directory_fd = fileio_open_directory(argv[1]);
    int inotify_fd = inotify_init1(IN_CLOEXEC);
    struct digest *digest = digest_create();
    int64_t *to_summary = calloc(count, sizeof *to_summary);
    int64_t *to_record = calloc(count, sizeof *to_record);
    if (directory_fd < 0 || digest == NULL || to_summary == NULL || to_record == NULL)
        die(argv[1]);
    if (inotify_fd < 0 || inotify_add_watch(inotify_fd, argv[2], IN_MOVED_TO | IN_MODIFY) < 0)
        die(argv[2]);
    for (uint64_t i = 0; i < count; i++) {
        int64_t summary_ns;
        int64_t record_ns;
        int64_t committed_ns = publish(directory_fd, digest, i + 1, rows);
        await_results(inotify_fd, i + 1, &summary_ns, &record_ns);
        to_summary[i] = summary_ns - committed_ns;
        to_record[i] = record_ns - committed_ns;
        (void)usleep(30000); /* the consumer is to be asleep when the next one comes */
    }
    print_spread("commit to summary, renamed and flushed", to_summary, count);
    print_spread("commit to record", to_record, count);
    digest_free(digest);
    free(to_summary);
    free(to_record);
    (void)close(inotify_fd);
    (void)close(directory_fd);
    return EXIT_SUCCESS;
}
