#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/text.h"
#include "producer/generate.h"
#include "producer/schema.h"
#include "producer/schema_source.h"
#include "tests/unit/support.h"

/* 2026-11-23T10:15:00Z */
#define START_SECONDS INT64_C(1795428900)

static struct generate_request request(uint64_t seed, uint64_t batch, uint64_t low, uint64_t high)
{
    return (struct generate_request){.schema = schema_default(),
                                     .seed = seed,
                                     .batch = batch,
                                     .rows_low = low,
                                     .rows_high = high,
                                     .start_seconds = START_SECONDS};
}

/* The bytes of a batch, made `at_once` rows at a time; the caller frees them. */
static char *generate(struct generate_request wanted, uint64_t at_once, uint64_t *rows)
{
    struct text csv = {0};
    struct generator generator;
    generate_begin(&generator, &wanted);
    while (generate_rows(&generator, &csv, at_once))
        ;
    ck_assert(!text_failed(&csv));
    ck_assert_uint_eq(generator.done, generator.rows);
    if (rows != NULL)
        *rows = generator.rows;
    return csv.bytes;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        lines++;
    return lines;
}

/* Made by an independent program from the definitions that random.h cites. */
START_TEST(generate_makes_a_known_batch_to_the_byte)
{
    char *csv = generate(request(42, 7, 3, 3), 100, NULL);
    ck_assert_str_eq(csv, "label,value,timestamp\n"
                          "item_0,0.25365673468,2026-11-23T10:15:00Z\n"
                          "item_1,0.56819808737,2026-11-23T10:15:01Z\n"
                          "item_2,0.37968863944,2026-11-23T10:15:02Z\n");
    free(csv);
}
END_TEST

static void hash(const char *csv, char hex[DIGEST_HEX_SIZE])
{
    struct digest *digest = digest_create();
    ck_assert_ptr_nonnull(digest);
    digest_update(digest, csv, strlen(csv));
    ck_assert(digest_finish(digest, hex));
    digest_free(digest);
}

/* Of the first release of this program. Who kept a seed has kept its batches. */
START_TEST(generate_makes_of_a_seed_what_it_always_made)
{
    static const struct {
        uint64_t seed;
        uint64_t batch;
        uint64_t rows;
        const char *sha256;
    } known[] = {
        {1, 1, 20039, "4bbee59dff61da7317e730040a69fcc87418c8319bd0ed79ececb8e3809c8b18"},
        {1, 2000, 46492, "604add1d0b93a1f555106808d8d4fa04494cede7bc6731aa007a6d97fdff5289"},
        {42, 1, 49686, "b4279b067503218d8c235deacb89af567e84d862f78f9ab45fab7b31d5dd9787"},
        {42, 2000, 38693, "c162b6692a4f8f0e0c0de54ad23693da4f2501c40098e8a2d1c320b517ee49d7"},
        {UINT64_MAX, 1, 23142, "060f4ce7971301db1b2aa32c392b554db636646ec96ed1b44c2ab8ecfc5bf88d"},
        {UINT64_MAX, 2000, 21039,
         "717070a35aff7afed1dab6da2588346da9dc1dcac690a3a95cd81369ece6fd94"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char hex[DIGEST_HEX_SIZE];
        uint64_t rows;
        char *csv = generate(request(known[i].seed, known[i].batch, 20000, 60000), 10000, &rows);
        hash(csv, hex);
        ck_assert_uint_eq(rows, known[i].rows);
        ck_assert_str_eq(hex, known[i].sha256);
        free(csv);
    }
}
END_TEST

START_TEST(generate_draws_the_known_row_counts_of_a_seed)
{
    static const uint64_t known[] = {50, 53, 30, 24, 54};
    for (uint64_t batch = 1; batch <= 5; batch++) {
        uint64_t rows;
        char *csv = generate(request(42, batch, 20, 60), 100, &rows);
        ck_assert_uint_eq(rows, known[batch - 1]);
        ck_assert_uint_eq(count_lines(csv), rows + 1);
        free(csv);
    }
}
END_TEST

START_TEST(generate_depends_on_everything_in_the_request_and_on_nothing_else)
{
    struct generate_request other_start = request(1, 2, 20, 60);
    other_start.start_seconds++;
    char *csv = generate(request(1, 2, 20, 60), 100, NULL);
    char *again = generate(request(1, 2, 20, 60), 100, NULL);
    char *seed = generate(request(2, 2, 20, 60), 100, NULL);
    char *batch = generate(request(1, 3, 20, 60), 100, NULL);
    char *start = generate(other_start, 100, NULL);
    ck_assert_str_eq(csv, again);
    ck_assert_str_ne(csv, seed);
    ck_assert_str_ne(csv, batch);
    ck_assert_str_ne(csv, start);
    free(csv);
    free(again);
    free(seed);
    free(batch);
    free(start);
}
END_TEST

START_TEST(generate_makes_the_same_bytes_however_it_is_cut_into_calls)
{
    char *whole = generate(request(5, 5, 20, 60), 1000, NULL);
    char *cut = generate(request(5, 5, 20, 60), 7, NULL);
    char *single = generate(request(5, 5, 20, 60), 1, NULL);
    ck_assert_str_eq(whole, cut);
    ck_assert_str_eq(whole, single);
    free(whole);
    free(cut);
    free(single);
}
END_TEST

/* So that a walk of millions of rows keeps nobody waiting before its first. */
START_TEST(generate_looks_ahead_at_no_more_rows_than_it_is_asked_for)
{
    char error[SCHEMA_ERROR_SIZE];
    struct schema_draft *draft = schema_source_load("a:walk,b:walk", error);
    struct generate_request walks = {
        .schema = &draft->schema, .seed = 1, .batch = 1, .rows_low = 1000, .rows_high = 1000};
    struct generator generator;
    struct text csv = {0};
    unsigned calls = 0;
    generate_begin(&generator, &walks);
    while (csv.length == 0) {
        ck_assert(generate_rows(&generator, &csv, 100));
        calls++;
    }
    ck_assert_uint_ge(calls, 11);
    text_free(&csv);
    schema_draft_free(draft);
}
END_TEST

START_TEST(generate_draws_row_counts_from_the_whole_range_and_never_beyond)
{
    bool low_seen = false;
    bool high_seen = false;
    for (uint64_t batch = 1; batch <= 2000; batch++) {
        struct generator generator;
        struct generate_request wanted = request(9, batch, 20, 60);
        generate_begin(&generator, &wanted);
        ck_assert_uint_ge(generator.rows, 20);
        ck_assert_uint_le(generator.rows, 60);
        low_seen |= generator.rows == 20;
        high_seen |= generator.rows == 60;
    }
    ck_assert(low_seen && high_seen);
}
END_TEST

START_TEST(generate_makes_a_batch_of_one_row)
{
    char *csv = generate(request(1, 1, 1, 1), 100, NULL);
    ck_assert_uint_eq(count_lines(csv), 2);
    free(csv);
}
END_TEST

START_TEST(generate_writes_values_below_one_with_all_their_decimals)
{
    char *csv = generate(request(11, 1, 5000, 5000), 5000, NULL);
    char *line = strchr(csv, '\n') + 1;
    for (int row = 0; row < 5000; row++) {
        char *value = strchr(line, ',') + 1;
        ck_assert_int_eq(strncmp(value, "0.", 2), 0);
        ck_assert_uint_eq(strspn(value + 2, "0123456789"), 11);
        ck_assert_int_eq(value[13], ',');
        line = strchr(line, '\n') + 1;
    }
    free(csv);
}
END_TEST

START_TEST(generate_steps_the_clock_over_midnight_and_the_end_of_a_year)
{
    struct generate_request wanted = request(1, 1, 2, 2);
    wanted.start_seconds = INT64_C(1798761599);
    char *csv = generate(wanted, 2, NULL);
    ck_assert_ptr_nonnull(strstr(csv, ",2026-12-31T23:59:59Z\n"));
    ck_assert_ptr_nonnull(strstr(csv, ",2027-01-01T00:00:00Z\n"));
    free(csv);
}
END_TEST

/* A schema that is nobody's default: the table alone decides. */
START_TEST(generate_follows_another_schema)
{
    static const struct schema_column COLUMNS[] = {{.name = "at, when",
                                                    .type = COLUMN_DATETIME,
                                                    .distribution = DISTRIBUTION_TIME,
                                                    .parameters = {60000}},
                                                   {.name = "name",
                                                    .type = COLUMN_STRING,
                                                    .distribution = DISTRIBUTION_SEQUENCE,
                                                    .parameters = {[2] = 1},
                                                    .prefix = "a,b "}};
    static const struct schema schema = {COLUMNS, 2};
    struct generate_request wanted = request(1, 1, 2, 2);
    wanted.schema = &schema;
    char *csv = generate(wanted, 2, NULL);
    ck_assert_str_eq(csv, "\"at, when\",name\n"
                          "2026-11-23T10:15:00Z,\"a,b 0\"\n"
                          "2026-11-23T10:16:00Z,\"a,b 1\"\n");
    free(csv);
}
END_TEST

/*
 * All that there is, numbers by logarithms, powers, waves and roots among them; with nearly all the
 * digits that a double has, so that one that differs in its last bits shows.
 */
#define EVERYTHING                                                                              \
    "u:uniform(-5,5),n:normal decimals(15) outliers(1%),l:lognormal(0,0.5) decimals(15),"       \
    "e:exponential decimals(14) missing(2%),p:pareto(1,3) decimals(14),w:walk decimals(13),"    \
    "s:sine(noise=0.1) decimals(15),t:step(0,1,noise=0.2) decimals(15),k:normal(0,99) integer," \
    "q:sequence(item_),i:serial(7),c:choice(a=2,\"b, c\",d),m:name,x:uuid,"                     \
    "at:time(250ms,jitter=100ms),d:date,b:boolean"

/* Whatever compiles this, on whatever machine: these are its bytes. */
START_TEST(generate_makes_of_every_distribution_the_bytes_it_makes_everywhere)
{
    char error[SCHEMA_ERROR_SIZE];
    char hex[DIGEST_HEX_SIZE];
    struct schema_draft *draft = schema_source_load(EVERYTHING, error);
    ck_assert_msg(draft != NULL, "%s", error);
    struct generate_request wanted = request(42, 1234, 20000, 60000);
    wanted.schema = &draft->schema;
    char *csv = generate(wanted, 10000, NULL);
    hash(csv, hex);
    ck_assert_str_eq(hex, "03f4eccea0d4717c7f36476feae0d9c5af74587c96935bfe546f22c8a04b6798");
    free(csv);
    schema_draft_free(draft);
}
END_TEST

static int64_t start_of(const char *line, uint64_t rows_high, uint64_t batch)
{
    char error[SCHEMA_ERROR_SIZE];
    struct schema_draft *draft = schema_source_load(line, error);
    ck_assert_msg(draft != NULL, "%s", error);
    struct generate_request wanted = request(1, 1, 1, rows_high);
    wanted.schema = &draft->schema;
    wanted.start_fixed = true;
    int64_t start = generate_start(&wanted, batch, 7);
    schema_draft_free(draft);
    return start - START_SECONDS;
}

START_TEST(generate_makes_no_row_longer_than_its_schema_says)
{
    static const char *const LINES[] = {
        EVERYTHING, "c:choice(\"\"\"\"\"\",a)", "p:serial(\"\"\"\",1000000000000000)",
        "n:uniform(-4,4) decimals(18),m:normal(-1e15,1e15) decimals(18)"};
    char error[SCHEMA_ERROR_SIZE];
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
        struct schema_draft *draft = schema_source_load(LINES[i], error);
        ck_assert_msg(draft != NULL, "%s", error);
        struct generate_request wanted = request(42, 1234, 2000, 2000);
        wanted.schema = &draft->schema;
        char *csv = generate(wanted, 1000, NULL);
        for (char *at = strchr(csv, '\n') + 1, *end; *at != '\0'; at = end + 1) {
            end = strchr(at, '\n');
            SUPPORT_ASSERT((size_t)(end + 1 - at) <= schema_row_bytes(&draft->schema), "%s", at);
        }
        free(csv);
        schema_draft_free(draft);
    }
}
END_TEST

START_TEST(generate_starts_a_batch_of_a_fixed_run_where_the_longest_before_it_would_have_ended)
{
    ck_assert_int_eq(start_of("a:time", 60, 1), 0);
    ck_assert_int_eq(start_of("a:time", 60, 2), 60);
    ck_assert_int_eq(start_of("a:time(1m)", 60, 1001), 3600000);
    ck_assert_int_eq(start_of("a:time(250ms)", 7, 3), 4); /* 1.75 s each, in whole seconds */
    ck_assert_int_eq(start_of("a:date,b:time", 2, 2), 172800);
    ck_assert_int_eq(start_of("a:uuid", 10, 2), 10);
}
END_TEST

START_TEST(generate_starts_no_batch_beyond_the_year_9999)
{
    const int64_t last = INT64_C(253402300799) - START_SECONDS;
    ck_assert_int_eq(start_of("a:date", 10000000, 1000000), last);
    ck_assert_int_eq(start_of("a:date", 10000000, UINT64_MAX), last);
    ck_assert_int_eq(start_of("a:time", 1, UINT64_C(1) << 53), last);
}
END_TEST

START_TEST(generate_starts_a_batch_now_unless_the_run_is_fixed)
{
    struct generate_request wanted = request(1, 1, 1, 1);
    ck_assert_int_eq(generate_start(&wanted, 1000, 7), 7);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_generate", generate_makes_a_known_batch_to_the_byte,
        generate_makes_of_a_seed_what_it_always_made, generate_draws_the_known_row_counts_of_a_seed,
        generate_depends_on_everything_in_the_request_and_on_nothing_else,
        generate_makes_the_same_bytes_however_it_is_cut_into_calls,
        generate_looks_ahead_at_no_more_rows_than_it_is_asked_for,
        generate_draws_row_counts_from_the_whole_range_and_never_beyond,
        generate_makes_a_batch_of_one_row, generate_writes_values_below_one_with_all_their_decimals,
        generate_steps_the_clock_over_midnight_and_the_end_of_a_year,
        generate_follows_another_schema,
        generate_makes_of_every_distribution_the_bytes_it_makes_everywhere,
        generate_makes_no_row_longer_than_its_schema_says,
        generate_starts_a_batch_of_a_fixed_run_where_the_longest_before_it_would_have_ended,
        generate_starts_no_batch_beyond_the_year_9999,
        generate_starts_a_batch_now_unless_the_run_is_fixed);
}
