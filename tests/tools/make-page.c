/*
 * make-page - writes the pages that the browser test looks at into a directory: accounts and totals
 * as the daemon has them, out of CSV that is read by the very code that reads batches.
 *
 *     make-page DIRECTORY SCENE [TIMES]
 *
 * With TIMES its first page is written so often, as the daemon does it, and what one took is
 * printed.
 *
 * Scenes: ordinary, hostile, trouble, empty, wide. What a page links to is made as well: charts of
 * one pixel, summaries of nothing.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fileio.h"
#include "common/number.h"
#include "consumer/page/page.h"
#include "consumer/stream/marks.h"

#define BATCHES 100
#define NOW "2026-11-23T10:15:00.123Z"

struct scene {
    const char *name;
    void (*write_csv)(struct text *csv, unsigned batch); /* a header, and rows */
    void (*adjust)(struct account *account, unsigned batch);
    const char *trouble;
    unsigned batches;
    uint64_t backlog;
};

/* Numerical Recipes' quick generator: the pages are the same on any machine. */
static double next_number(void)
{
    static uint32_t state = 42;
    state = state * 1664525u + 1013904223u;
    return (double)(state >> 8) / 16777216.0;
}

/* Box and Muller 1958. */
static double next_normal(double mean, double deviation)
{
    double radius = sqrt(-2 * log(next_number() + 1e-9));
    return mean + deviation * radius * cos(6.283185307179586 * next_number());
}

/* ---- what the batches hold ---- */

static void write_sales(struct text *csv, unsigned batch)
{
    static const char *const REGIONS[] = {"north", "south", "east", "west",
                                          "north", "north", "south"};
    double wave = sin((double)batch / 9);
    text_put(csv, "id,region,amount,share,paid,ordered_at\n");
    for (unsigned row = 0; row < 40 + batch % 20; row++)
        text_printf(csv, "%u,%s,%.2f,%.*f,%s,2026-11-23T%02u:%02u:00Z\n", batch * 100 + row,
                    REGIONS[(unsigned)(next_number() * 7)],
                    exp(next_normal(4 + 0.3 * wave + (batch == 61 || batch == 99 ? 1.5 : 0), 0.6)),
                    4, next_number(),
                    next_number() < 0.7   ? "true"
                    : next_number() < 0.2 ? ""
                                          : "false",
                    batch / 60 % 24, batch % 60);
}

static const char *const HOSTILE[] = {
    "<script>alert(1)</script>",
    "\"\"><img src=x onerror=alert(2)>",
    "</style></script><svg onload=alert(3)>",
    "javascript:alert(4)",
    "&lt;b&gt; &amp;#60;",
    "\u202Efdp.exe",
    "\xD8\xA7\xD9\x84\xD8\xB9\xD8\xB1\xD8\xA8\xD9\x8A\xD8\xA9",
    "\x1B[31mred\x07",
    "\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD \xF0\x9F\x98\x80",
    "' onmouseover='alert(5)",
    "<!--",
    "averyveryveryveryveryveryveryveryveryveryveryveryverylongwordwithoutanyspacesatall",
};
#define HOSTILE_COUNT (sizeof HOSTILE / sizeof *HOSTILE)

static void write_hostile(struct text *csv, unsigned batch)
{
    for (size_t i = 0; i < HOSTILE_COUNT; i++)
        text_printf(csv, "%s\"%s\"", i == 0 ? "" : ",", HOSTILE[i]);
    text_put(csv, ",\"<b>number</b>\"\n");
    for (unsigned row = 0; row < 12; row++) {
        for (size_t i = 0; i < HOSTILE_COUNT; i++)
            text_printf(csv, "\"%s\",", HOSTILE[(i + row % 3) % HOSTILE_COUNT]);
        text_printf(csv, "%u\n", batch + row);
    }
}

static void write_wide(struct text *csv, unsigned batch)
{
    (void)batch;
    for (unsigned column = 0; column < 300; column++)
        text_printf(csv, "%scolumn_%u", column == 0 ? "" : ",", column);
    for (unsigned row = 0; row < 20; row++)
        for (unsigned column = 0; column < 300; column++)
            text_printf(csv, "%s%.3g", column == 0 ? "\n" : ",",
                        next_normal(column, 1 + column / 9));
    text_put(csv, "\n");
}

/* ---- what became of them ---- */

static void reject(struct account *account, enum reason reason, const char *detail)
{
    account->outcome = OUTCOME_REJECTED;
    account->column_count = 0;
    account->plot = PLOT_NONE;
    rejection_set(&account->rejection, reason, "%s", detail);
}

static void adjust_ordinary(struct account *account, unsigned batch)
{
    if (batch == 97)
        reject(account, REASON_EXTRA_CELL, "row 17 (line 18) has 7 cells, the header 6");
    if (batch == 58)
        reject(account, REASON_HASH_MISMATCH,
               "stated 3ebd6dca\xE2\x80\xA6, is 9f86d081\xE2\x80\xA6");
    if (batch == 94)
        (void)snprintf(account->change, sizeof account->change,
                       "new: share; gone: discount; amount: integer before, now number");
    if (batch == 90)
        account->outcome = OUTCOME_CHANGED;
    if (batch == 95)
        account->plot = PLOT_FAILED;
    account->verified = batch != 96;
}

static void adjust_hostile(struct account *account, unsigned batch)
{
    (void)snprintf(account->key, sizeof account->key, "%s-%u", HOSTILE[batch % HOSTILE_COUNT],
                   batch);
    for (char *slash = account->key; (slash = strchr(slash, '/')) != NULL;)
        *slash = '|';
    (void)snprintf(account->change, sizeof account->change, "new: %s",
                   HOSTILE[batch % HOSTILE_COUNT]);
    (void)snprintf(account->drift, sizeof account->drift, "%s",
                   HOSTILE[(batch + 1) % HOSTILE_COUNT]);
    if (batch % 3 == 0)
        reject(account, REASON_METADATA_MISMATCH, HOSTILE[batch / 3 % HOSTILE_COUNT]);
}

static const struct scene SCENES[] = {
    {"ordinary", write_sales, adjust_ordinary, "", BATCHES, 0},
    {"hostile", write_hostile, adjust_hostile, "<script>alert(6)</script> \xE2\x80\xAE!", 36, 3},
    {"trouble", write_sales, adjust_ordinary, "cannot write the results: No space left on device",
     30, 12345},
    {"empty", write_sales, adjust_ordinary, "", 0, 0},
    {"wide", write_wide, adjust_ordinary, "", 40, 7},
};

/* ---- CSV to page ---- */

static void fail(const char *what)
{
    (void)fprintf(stderr, "make-page: %s\n", what);
    exit(EXIT_FAILURE);
}

static void profile_csv(const struct text *csv, struct profile *profile)
{
    struct rejection rejection = {.reason = REASON_NONE};
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    if (profiler == NULL || !profiler_feed(profiler, csv->bytes, csv->length, &rejection) ||
        !profiler_finish(profiler, profile, &rejection))
        fail(rejection.detail);
    profiler_free(profiler);
}

static void make_account(struct account *account, const struct scene *scene, unsigned batch,
                         struct text *all)
{
    struct text csv = {0};
    struct profile profile;
    scene->write_csv(&csv, batch);
    profile_csv(&csv, &profile);
    *account =
        (struct account){.verified = true, .rows = profile.record_count, .bytes = csv.length};
    (void)snprintf(account->key, sizeof account->key, "%u", batch);
    (void)snprintf(account->at, sizeof account->at, "2026-11-23T%02u:%02u:%02u.%03uZ",
                   8 + batch / 50, batch % 50, batch * 7 % 60, batch);
    account_columns(account, &profile);
    const char *rows = all->length == 0 ? csv.bytes : strchr(csv.bytes, '\n') + 1;
    text_put(all, rows);
    profile_free(&profile);
    text_free(&csv);
}

static void write_file(const char *directory, const char *name, const void *bytes, size_t length)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        fail(path);
}

static void write_html(const char *directory, const char *name, const struct text *html)
{
    if (text_failed(html))
        fail("out of memory");
    write_file(directory, name, html->bytes, html->length);
}

/* ---- what it links to ---- */

static const unsigned char PIXEL[] = {
    0x89, 'P',  'N',  'G',  '\r', '\n', 0x1A, '\n', 0,    0,    0,    13,   'I',  'H',
    'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    6,    0,    0,
    0,    0x1F, 0x15, 0xC4, 0x89, 0,    0,    0,    13,   'I',  'D',  'A',  'T',  0x78,
    0xDA, 0x63, 0x64, 0xF8, 0xCF, 0x50, 0x0F, 0,    0x03, 0x86, 0x01, 0x80, 0x5A, 0x34,
    0x7D, 0x6B, 0,    0,    0,    0,    'I',  'E',  'N',  'D',  0xAE, 0x42, 0x60, 0x82};

static void write_results_of(const char *directory, const struct account *account)
{
    char name[CONTRACT_NAME_SIZE];
    if (account->outcome == OUTCOME_REJECTED)
        return;
    contract_summary_name(name, account->key);
    write_file(directory, name, "{}\n", 3);
    contract_plot_name(name, account->key, "png");
    if (account->plot == PLOT_OK)
        write_file(directory, name, PIXEL, sizeof PIXEL);
}

static void write_other_files(const char *directory)
{
    static const char *const NAMES[] = {CONTRACT_STATUS, CONTRACT_PROCESSED_LOG, CONTRACT_TOTALS,
                                        CONTRACT_METRICS};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        write_file(directory, NAMES[i], "", 0);
    write_file(directory, "trend.png", PIXEL, sizeof PIXEL);
}

static void write_pages(const char *directory, const struct scene *scene, const struct page *page)
{
    struct text html = {0};
    page_write_index(&html, page);
    write_html(directory, CONTRACT_INDEX, &html);
    for (uint64_t number = page->page_first; page->page_last > 0 && number <= page->page_last;
         number++) {
        char name[PAGE_NAME_SIZE];
        page_older_name(name, number);
        text_clear(&html);
        page_write_older(&html, &(struct page_older){.number = number,
                                                     .batches = page->batches,
                                                     .batch_count = scene->batches,
                                                     .page_first = page->page_first,
                                                     .page_last = page->page_last,
                                                     .chart_extension = "png"});
        write_html(directory, name, &html);
    }
    text_free(&html);
}

static void time_index(const char *directory, const struct page *page, uint64_t times)
{
    struct text html = {0};
    int directory_fd = fileio_open_directory(directory);
    int64_t begun_ns = clock_now_ns();
    for (uint64_t i = 0; i < times; i++) {
        text_clear(&html);
        page_write_index(&html, page);
        if (fileio_replace_text(directory_fd, CONTRACT_INDEX, &html, FILEIO_DERIVED) != 0)
            fail(directory);
    }
    if (times > 0)
        (void)printf("%zu bytes, %.2f ms\n", html.length,
                     (double)(clock_now_ns() - begun_ns) / 1e6 / (double)times);
    (void)close(directory_fd);
    text_free(&html);
}

static void make_scene(const char *directory, const struct scene *scene, uint64_t times)
{
    static struct account accounts[BATCHES];
    const struct account *newest[BATCHES];
    uint64_t had[1024];
    struct text all = {0};
    struct report report = {.shard = {1, 1},
                            .started_at = "2026-11-23T07:59:12.001Z",
                            .processed = scene->batches - scene->batches / 40,
                            .rejected = scene->batches / 40,
                            .skipped = scene->batches > 0 ? 2 : 0,
                            .backlog = scene->backlog,
                            .oldest_wait_ns = 95 * NUMBER_NS_PER_SECOND,
                            .inotify = true};
    (void)snprintf(report.trouble, sizeof report.trouble, "%s", scene->trouble);
    struct marks *marks = marks_create();
    if (marks == NULL)
        fail("out of memory");
    for (unsigned i = 0; i < scene->batches; i++) {
        make_account(&accounts[i], scene, i + 1, &all);
        marks_judge(marks, &accounts[i]);
        scene->adjust(&accounts[i], i + 1);
        write_results_of(directory, &accounts[i]);
        newest[scene->batches - 1 - i] = &accounts[i];
    }
    marks_free(marks);
    struct profile profile = {.columns = NULL};
    if (scene->batches > 0)
        profile_csv(&all, &profile);
    for (size_t i = 0; i < sizeof had / sizeof *had; i++)
        had[i] = i == 3 ? scene->batches / 3 : scene->batches;
    const struct totals_result totals = {.batches = scene->batches,
                                         .rows = profile.record_count,
                                         .bytes = all.length,
                                         .columns = profile.columns,
                                         .column_batches = had,
                                         .column_count = profile.column_count};
    write_other_files(directory);
    const struct page page = {.report = &report,
                              .written_at = NOW,
                              .totals = scene->batches > 0 ? &totals : NULL,
                              .batches = newest,
                              .batch_count = scene->batches,
                              .page_first = 1,
                              .page_last = scene->batches == BATCHES ? 3 : 0,
                              .trend_version = scene->batches > 0 ? 1 : 0,
                              .chart_extension = "png"};
    write_pages(directory, scene, &page);
    time_index(directory, &page, times);
    profile_free(&profile);
    text_free(&all);
}

int main(int argc, char **argv)
{
    uint64_t times = 0;
    bool right = argc == 3 || (argc == 4 && number_parse_u64(argv[3], strlen(argv[3]), &times));
    for (size_t i = 0; right && i < sizeof SCENES / sizeof *SCENES; i++)
        if (strcmp(argv[2], SCENES[i].name) == 0) {
            make_scene(argv[1], &SCENES[i], times);
            return EXIT_SUCCESS;
        }
    (void)fprintf(stderr,
                  "usage: make-page DIRECTORY ordinary|hostile|trouble|empty|wide [TIMES]\n");
    return 64;
}
