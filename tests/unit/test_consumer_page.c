#include "consumer/page/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "consumer/page/page_assets.h"
#include "consumer/page/page_columns.h"
#include "tests/unit/support.h"

/* Each test runs in a process of its own, so it finds these as new. */
static struct text html;
static struct report report = {
    .shard = {1, 1}, .started_at = "2026-11-23T08:00:00.000Z", .inotify = true};
static struct account accounts[PAGE_BATCHES + 20];
static const struct account *newest[PAGE_BATCHES + 20];
static struct column_result columns[PAGE_COLUMNS_MAX + 20];
static uint64_t column_batches[PAGE_COLUMNS_MAX + 20];
static struct totals_result totals = {.columns = columns, .column_batches = column_batches};
static struct page page = {.report = &report,
                           .written_at = "2026-11-23T10:15:00.123Z",
                           .batches = newest,
                           .chart_extension = "png"};

/* ---- what is on it ---- */

static struct account *add_batch(const char *key)
{
    struct account *account = &accounts[page.batch_count];
    newest[page.batch_count++] = account;
    *account = (struct account){
        .at = "2026-11-23T10:14:59.000Z", .verified = true, .rows = 59, .bytes = 2549};
    (void)snprintf(account->key, sizeof account->key, "%s", key);
    return account;
}

static void add_numbers(struct account *account, const char *name, double median)
{
    struct account_column *column = &account->columns[account->column_count++];
    account_column_name(column, name, strlen(name));
    column->type = VALUE_NUMBER;
    for (size_t i = 0; i < ACCOUNT_QUANTILES; i++)
        column->quantiles[i] = median + (double)i - ACCOUNT_P50;
}

static struct column_result *add_column(const char *name, enum value_type type)
{
    struct column_result *column = &columns[totals.column_count];
    column_batches[totals.column_count++] = totals.batches;
    page.totals = &totals;
    *column = (struct column_result){.name = (char *)(uintptr_t)name,
                                     .name_length = strlen(name),
                                     .type = type,
                                     .count = 1000,
                                     .missing = 10,
                                     .distinct = 900};
    return column;
}

static void give_numbers(struct column_result *column)
{
    column->bins = COLUMN_BINS_MAX;
    for (size_t i = 0; i < COLUMN_BINS_MAX; i++) {
        column->edges[i + 1] = (double)i + 1;
        column->bin_counts[i] = i * i;
    }
    column->quantiles[COLUMN_P50] = 12;
    column->min = (struct column_scalar){.kind = SCALAR_INTEGER, .integer = 0};
    column->max = (struct column_scalar){.kind = SCALAR_INTEGER, .integer = COLUMN_BINS_MAX};
}

static void give_words(struct column_result *column, char *word, size_t length)
{
    for (column->top_count = 0; column->top_count < COLUMN_TOP_MAX; column->top_count++)
        column->top[column->top_count] = (struct column_top){
            .value = {.kind = SCALAR_TEXT, .text = word, .length = length}, .count = 100};
}

static void reject(struct account *account, const char *detail)
{
    account->outcome = OUTCOME_REJECTED;
    account->column_count = 0;
    rejection_set(&account->rejection, REASON_EXTRA_CELL, "%s", detail);
}

/* ---- looking at it ---- */

static void write_index(void)
{
    text_clear(&html);
    page_write_index(&html, &page);
    ck_assert(!text_failed(&html));
}

static void assert_shows(const char *words)
{
    ck_assert_msg(strstr(html.bytes, words) != NULL, "does not show '%s'", words);
}

static void assert_shows_not(const char *words)
{
    ck_assert_msg(strstr(html.bytes, words) == NULL, "shows '%s'", words);
}

static size_t occurrences(const char *words)
{
    size_t count = 0;
    for (const char *at = html.bytes; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

/* ---- the daemon ---- */

START_TEST(a_page_of_a_daemon_that_has_seen_nothing_says_so)
{
    write_index();
    assert_shows("No batch yet.");
    assert_shows("Nothing waits");
    assert_shows_not("<section");
    assert_shows_not("totals.json");
}
END_TEST

START_TEST(trouble_stands_in_the_title_and_in_words)
{
    (void)snprintf(report.trouble, sizeof report.trouble, "%s", "disk <full>");
    write_index();
    assert_shows("<title>(!) shared-data</title>");
    assert_shows("<strong>In trouble</strong> <bdi>disk &lt;full&gt;</bdi>");
    assert_shows_not("Nothing waits");
}
END_TEST

START_TEST(a_backlog_stands_in_the_title_with_how_long_the_oldest_waits)
{
    report.backlog = 12345;
    report.oldest_wait_ns = 3200 * NUMBER_NS_PER_MS;
    write_index();
    assert_shows("<title>shared-data \xC2\xB7 12345 waiting</title>");
    assert_shows("12\xE2\x80\xAF"
                 "345 waiting, the oldest for 3.2\xE2\x80\xAFs");
}
END_TEST

START_TEST(the_page_says_as_of_when_it_is)
{
    write_index();
    assert_shows("<time datetime=\"2026-11-23T10:15:00.123Z\">2026-11-23 10:15:00</time>");
}
END_TEST

/* ---- batches ---- */

START_TEST(a_batch_is_linked_to_its_summary_and_its_chart)
{
    (void)add_batch("a b\"<");
    write_index();
    assert_shows("<a href=\"summary_a%20b%22%3C.json\"><bdi>a b&quot;&lt;</bdi></a>");
    assert_shows("<img src=\"plot_a%20b%22%3C.png\"");
    assert_shows_not("a b\"");
}
END_TEST

START_TEST(a_batch_without_a_chart_has_no_link_to_one)
{
    add_batch("7")->plot = PLOT_FAILED;
    write_index();
    assert_shows("no chart");
    assert_shows_not("plot_7");
    newest[0] = &(struct account){.key = "8", .plot = PLOT_OK};
    page.chart_extension = NULL;
    write_index();
    assert_shows("summary_8.json");
    assert_shows_not("plot_8");
}
END_TEST

START_TEST(a_rejected_batch_says_why_and_has_no_summary)
{
    reject(add_batch("7"), "row 3 has 4 cells & the header 3");
    write_index();
    assert_shows("extra-cell");
    assert_shows("a row has more cells than the header: <bdi>row 3 has 4 cells &amp; the header 3");
    assert_shows_not("summary_7.json");
    assert_shows_not("plot_7");
}
END_TEST

/* Newest first: 7 is processed, since it was mended. */
START_TEST(a_rejected_batch_that_was_mended_is_none_of_the_rejected_ones)
{
    (void)add_batch("7");
    reject(add_batch("7"), "row 3");
    write_index();
    assert_shows_not("<h2>Rejected</h2>");
    assert_shows("extra-cell, decided anew since");
    ck_assert_uint_eq(occurrences("<tr class=\"processed\">"), 1);
    ck_assert_uint_eq(occurrences("<tr class=\"rejected\">"), 1);
}
END_TEST

START_TEST(a_batch_whose_file_changed_has_the_card_that_it_had_with_a_mark)
{
    struct account *changed = add_batch("7");
    changed->outcome = OUTCOME_CHANGED;
    changed->plot = PLOT_NONE;
    changed->rows = 0;
    (void)add_batch("8");
    add_batch("7")->rows = 47;
    write_index();
    ck_assert_uint_eq(occurrences("<li class=\"card "), 2);
    ck_assert_uint_eq(occurrences("<li class=\"card marked\">"), 1);
    assert_shows("src=\"plot_7.png\"");
    assert_shows("47 rows");
    assert_shows_not("no chart");
    assert_shows_not("> 0 rows");
    ck_assert_uint_eq(occurrences("<tr class=\"processed marked\">"), 1);
    ck_assert_uint_eq(occurrences("<tr class=\"changed marked\">"), 1);
    ck_assert_uint_eq(occurrences("</span> file changed afterwards</span>"), 3);
}
END_TEST

START_TEST(a_batch_that_was_processed_again_has_one_card)
{
    (void)add_batch("7");
    (void)add_batch("7");
    write_index();
    ck_assert_uint_eq(occurrences("<li class=\"card "), 1);
}
END_TEST

START_TEST(a_detail_that_says_what_the_reason_means_is_told_once)
{
    struct account *account = add_batch("7");
    reject(account, "");
    rejection_set(&account->rejection, REASON_STRAY_QUOTE, "line 1, column 2: %s",
                  reason_meaning(REASON_STRAY_QUOTE));
    write_index();
    ck_assert_uint_eq(occurrences(reason_meaning(REASON_STRAY_QUOTE)), 1);
}
END_TEST

START_TEST(a_batch_that_is_unusual_is_marked_with_what_is)
{
    struct account *account = add_batch("7");
    (void)snprintf(account->change, sizeof account->change, "%s", "new: <x>");
    (void)snprintf(account->drift, sizeof account->drift, "%s", "value: median 9, usually 1 to 3");
    (void)add_batch("6");
    write_index();
    assert_shows("columns</span> <bdi>new: &lt;x&gt;</bdi>");
    assert_shows("drift</span> <bdi>value: median 9, usually 1 to 3</bdi>");
    ck_assert_uint_eq(occurrences("<tr class=\"processed marked\">"), 1);
    ck_assert_uint_eq(occurrences("<tr class=\"processed\">"), 1);
}
END_TEST

START_TEST(the_newest_numeric_columns_are_followed_from_batch_to_batch)
{
    reject(add_batch("9"), "");
    add_numbers(add_batch("8"), "value", 5);
    add_numbers(add_batch("7"), "value", 15);
    add_numbers(add_batch("6"), "other", 1);
    write_index();
    assert_shows("<bdi>value</bdi> median");
    assert_shows_not("<bdi>other</bdi> median");
    assert_shows("data-value=\"5\"");
    assert_shows("data-value=\"15\"");
    assert_shows_not("data-value=\"1\"");
}
END_TEST

START_TEST(only_the_newest_batches_are_on_the_index)
{
    char key[32];
    for (unsigned i = 0; i < PAGE_BATCHES + 20; i++) {
        (void)snprintf(key, sizeof key, "%u", 1000 - i);
        (void)add_batch(key);
    }
    write_index();
    ck_assert_uint_eq(occurrences("<tr class=\"processed\">"), PAGE_BATCHES);
    ck_assert_uint_eq(occurrences("loading=\"lazy\""), 12);
    assert_shows("<bdi>901</bdi>");
    assert_shows_not("<bdi>900</bdi>");
}
END_TEST

START_TEST(older_pages_are_linked_where_there_are_any)
{
    page.page_first = 3;
    page.page_last = 7;
    write_index();
    assert_shows("<a href=\"page-7.html\">");
    assert_shows("<a href=\"page-3.html\">");
    page.page_last = page.page_first = 0;
    write_index();
    assert_shows_not("page-");
}
END_TEST

START_TEST(an_older_page_leads_to_its_neighbours_that_exist)
{
    struct page_older older = {.number = 3,
                               .batches = newest,
                               .batch_count = 1,
                               .page_first = 3,
                               .page_last = 4,
                               .chart_extension = "svg"};
    (void)add_batch("7");
    page_write_older(&html, &older);
    assert_shows("<a href=\"page-4.html\">");
    assert_shows("<a href=\"index.html\">");
    assert_shows("plot_7.svg");
    assert_shows_not("page-2.html");
    assert_shows_not("data-renews>");
}
END_TEST

/* ---- columns ---- */

START_TEST(a_column_of_numbers_has_a_histogram_and_its_course)
{
    totals.batches = 2;
    give_numbers(add_column("value", VALUE_NUMBER));
    add_numbers(add_batch("8"), "value", 5);
    write_index();
    assert_shows("<svg class=\"histogram\"");
    assert_shows_not("<svg class=\"course\""); /* of one batch there is none */
    add_numbers(add_batch("7"), "value", 6);
    write_index();
    assert_shows("<svg class=\"course\"");
    assert_shows("last 2 batches");
}
END_TEST

START_TEST(a_column_of_words_has_its_most_frequent_values)
{
    char word[] = "<north>";
    give_words(add_column("region", VALUE_STRING), word, strlen(word));
    write_index();
    ck_assert_uint_eq(occurrences("<bdi>&lt;north&gt;</bdi>"), 5);
}
END_TEST

START_TEST(what_is_approximate_is_marked_as_such)
{
    struct column_result *column = add_column("value", VALUE_NUMBER);
    give_numbers(column);
    write_index();
    assert_shows_not("\xE2\x89\x88");
    column->distinct_error = 0.02;
    write_index();
    assert_shows("\xE2\x89\x88\xE2\x80\xAF"
                 "900");
}
END_TEST

START_TEST(columns_beyond_those_shown_are_counted)
{
    for (size_t i = 0; i < PAGE_COLUMNS_MAX + 5; i++)
        (void)add_column("x", VALUE_STRING);
    totals.columns_left_out = 3;
    write_index();
    ck_assert_uint_eq(occurrences("<span class=\"type\">"), PAGE_COLUMNS_MAX);
    assert_shows("8 more columns are not shown.");
}
END_TEST

/* ---- size, time, policy ---- */

/* Every byte of these becomes six. */
static void fill(char *text, size_t size)
{
    memset(text, '"', size - 1);
    text[size - 1] = '\0';
}

static void add_worst_batch(unsigned number)
{
    struct account *account = add_batch("");
    fill(account->key, sizeof account->key);
    fill(account->change, sizeof account->change);
    fill(account->drift, sizeof account->drift);
    for (size_t i = 0; i < ACCOUNT_COLUMNS_MAX; i++) {
        char name[ACCOUNT_NAME_SIZE];
        fill(name, sizeof name);
        name[0] = (char)('a' + i % 26);
        name[1] = (char)('a' + i / 26);
        add_numbers(account, name, -1.2345678901234567e-300 * (number + 1));
    }
    account->column_count = ACCOUNT_COLUMNS_MAX;
}

static void add_worst_columns(void)
{
    static char names[PAGE_COLUMNS_MAX + 20][ACCOUNT_NAME_SIZE];
    static char word[COLUMN_TEXT_BYTES + 1];
    fill(word, sizeof word);
    for (size_t i = 0; i < PAGE_COLUMNS_MAX + 20; i++) {
        fill(names[i], sizeof names[i]);
        names[i][0] = (char)('a' + i % 26);
        names[i][1] = (char)('a' + i / 26);
        struct column_result *column = add_column(names[i], i % 2 ? VALUE_STRING : VALUE_NUMBER);
        if (i % 2)
            give_words(column, word, sizeof word - 1);
        else
            give_numbers(column);
    }
}

static void make_worst(bool rejected)
{
    for (unsigned i = 0; i < PAGE_BATCHES; i++) {
        add_worst_batch(i);
        if (rejected) {
            char detail[REASON_DETAIL_SIZE];
            fill(detail, sizeof detail);
            reject(&accounts[i], detail);
        }
    }
    add_worst_columns();
    totals.batches = 100000;
    fill(report.trouble, sizeof report.trouble);
}

START_TEST(the_worst_page_that_can_be_stays_below_its_limit)
{
    make_worst(false);
    write_index();
    ck_assert_uint_lt(html.length, PAGE_MAX_BYTES);
    /* Not all of these fit, so that it was the limit that held. */
    ck_assert_uint_lt(occurrences("<span class=\"type\">"), PAGE_COLUMNS_MAX);
}
END_TEST

START_TEST(a_page_of_nothing_but_the_worst_rejections_stays_below_its_limit)
{
    make_worst(true);
    write_index();
    ck_assert_uint_lt(html.length, PAGE_MAX_BYTES);
}
END_TEST

START_TEST(accents_that_take_no_room_make_no_page_too_large)
{
    static char word[COLUMN_TEXT_BYTES + 1];
    for (size_t i = 0; i + 1 < sizeof word; i++)
        word[i] = i % 2 == 0 ? '\xCC' : '\x81';
    for (size_t i = 0; i < PAGE_COLUMNS_MAX; i++)
        give_words(add_column(word, VALUE_STRING), word, sizeof word - 1);
    write_index();
    ck_assert_uint_lt(html.length, PAGE_MAX_BYTES);
}
END_TEST

START_TEST(the_worst_page_is_written_in_a_twentieth_of_a_second)
{
    int64_t best_ns = INT64_MAX;
    make_worst(false);
    for (int i = 0; i < 20; i++) {
        int64_t started_ns = clock_now_ns();
        write_index();
        int64_t took_ns = clock_now_ns() - started_ns;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
    }
    ck_assert_int_lt(best_ns, SUPPORT_SANITIZED ? NUMBER_NS_PER_SECOND : 50 * NUMBER_NS_PER_MS);
}
END_TEST

START_TEST(memory_that_is_short_shows_in_the_text)
{
    html.failed = true;
    page_write_index(&html, &page);
    ck_assert(text_failed(&html));
}
END_TEST

START_TEST(a_page_carries_its_policy_and_nothing_of_its_own_that_breaks_it)
{
    make_worst(false);
    write_index();
    assert_shows(PAGE_POLICY);
    ck_assert_uint_eq(occurrences("<script>"), 1);
    ck_assert_uint_eq(occurrences("<style>"), 1);
    assert_shows_not(" style=\"");
    assert_shows_not(" onclick=");
    assert_shows_not("=\"http");
    assert_shows_not("=\"//");
    assert_shows_not("url(");
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_page", a_page_of_a_daemon_that_has_seen_nothing_says_so,
        trouble_stands_in_the_title_and_in_words,
        a_backlog_stands_in_the_title_with_how_long_the_oldest_waits,
        the_page_says_as_of_when_it_is, a_batch_is_linked_to_its_summary_and_its_chart,
        a_batch_without_a_chart_has_no_link_to_one, a_rejected_batch_says_why_and_has_no_summary,
        a_rejected_batch_that_was_mended_is_none_of_the_rejected_ones,
        a_batch_whose_file_changed_has_the_card_that_it_had_with_a_mark,
        a_batch_that_was_processed_again_has_one_card,
        a_detail_that_says_what_the_reason_means_is_told_once,
        a_batch_that_is_unusual_is_marked_with_what_is,
        the_newest_numeric_columns_are_followed_from_batch_to_batch,
        only_the_newest_batches_are_on_the_index, older_pages_are_linked_where_there_are_any,
        an_older_page_leads_to_its_neighbours_that_exist,
        a_column_of_numbers_has_a_histogram_and_its_course,
        a_column_of_words_has_its_most_frequent_values, what_is_approximate_is_marked_as_such,
        columns_beyond_those_shown_are_counted, the_worst_page_that_can_be_stays_below_its_limit,
        a_page_of_nothing_but_the_worst_rejections_stays_below_its_limit,
        accents_that_take_no_room_make_no_page_too_large,
        the_worst_page_is_written_in_a_twentieth_of_a_second,
        memory_that_is_short_shows_in_the_text,
        a_page_carries_its_policy_and_nothing_of_its_own_that_breaks_it);
}
