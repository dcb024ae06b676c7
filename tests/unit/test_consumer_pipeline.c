#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/digest.h"
#include "common/number.h"
#include "common/text.h"
#include "common/wait.h"
#include "consumer/batch/discovery.h"
#include "consumer/batch/pipeline.h"
#include "tests/unit/support.h"

#define SECOND NUMBER_NS_PER_SECOND
#define SETTLE (2 * SECOND)
#define GOOD_CSV "label,value\na,1\nb,2\n"
#define OTHER_CSV "label,value\na,1\nb,3\n"
#define RAGGED_CSV "label,value\na,1\nb,2,3\n"
#define ZEROS "00000000000000000000000000000000"

/* A consumer whose clock is ours. */
struct world {
    const char *shared;
    const char *results;
    int results_fd;
    struct config config;
    struct processed_log *log;
    struct processed_logs *logs;
    struct discovery *discovery;
    struct stream *stream;
    struct pipeline *pipeline;
    pipeline_tick *tick;
    int64_t now_ns;
};

static void no_tick(void *context)
{
    (void)context;
}

static bool is_processed(void *context, const char *key)
{
    const struct processed_entry *entry = processed_logs_find(context, key);
    return entry != NULL && entry->outcome == OUTCOME_PROCESSED;
}

static void start(struct world *world)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    world->results_fd = support_open_directory(world->results);
    world->log = processed_log_open(world->results_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    ck_assert_msg(world->log != NULL, "%s", error);
    world->logs = processed_logs_open(world->results_fd, world->log, error);
    ck_assert_msg(world->logs != NULL, "%s", error);
    struct discovery_options options = {.path = world->shared,
                                        .pattern = CONTRACT_DATA_PATTERN,
                                        .names_at_once = 1000,
                                        .shard = SHARD_WHOLE,
                                        .is_processed = is_processed,
                                        .context = world->logs};
    world->discovery = discovery_create(&options);
    world->stream = stream_create(world->results_fd, world->log, world->logs,
                                  config_chart_extension(&world->config));
    ck_assert_ptr_nonnull(world->stream);
    const struct pipeline_parts parts = {.config = &world->config,
                                         .results_fd = world->results_fd,
                                         .log = world->log,
                                         .logs = world->logs,
                                         .stream = world->stream,
                                         .tick = world->tick,
                                         .context = world};
    world->pipeline = pipeline_create(&parts);
    ck_assert_ptr_nonnull(world->discovery);
    ck_assert_ptr_nonnull(world->pipeline);
}

static void stop(struct world *world)
{
    pipeline_free(world->pipeline);
    stream_free(world->stream);
    discovery_free(world->discovery);
    processed_logs_close(world->logs);
    processed_log_close(world->log);
    (void)close(world->results_fd);
}

static void restart(struct world *world)
{
    stop(world);
    start(world);
}

static void open_world(struct world *world, enum config_chart chart)
{
    *world = (struct world){.shared = support_temporary_directory(),
                            .results = support_temporary_directory(),
                            .config = {.settle_ns = SETTLE,
                                       .limits = LIMITS_DEFAULT,
                                       .chart = (int)chart,
                                       .chart_size = {1000, 600, 1},
                                       .jobs = 1},
                            .tick = no_tick,
                            .now_ns = 1000 * SECOND};
    ck_assert_int_eq(wait_open(), 0);
    start(world);
}

/* ---- what the producer does ---- */

static void put_data(const struct world *world, int number, const char *csv)
{
    char name[CONTRACT_NAME_SIZE];
    contract_data_name(name, (uint64_t)number);
    support_write_file(world->shared, name, csv, strlen(csv));
}

static void put_metadata(const struct world *world, int number, const char *json)
{
    char name[CONTRACT_NAME_SIZE];
    (void)snprintf(name, sizeof name, "metadata_%d.json", number);
    support_write_file(world->shared, name, json, strlen(json));
}

/* Metadata that states the hash and the number of rows of `csv`. */
static void put_true_metadata(const struct world *world, int number, const char *csv, int rows)
{
    char hex[DIGEST_HEX_SIZE];
    char json[512];
    struct digest *digest = digest_create();
    digest_update(digest, csv, strlen(csv));
    ck_assert(digest_finish(digest, hex));
    digest_free(digest);
    (void)snprintf(json, sizeof json,
                   "{\"bytes\": %zu, \"hash\": \"sha256:%s\", \"record_count\": %d}", strlen(csv),
                   hex, rows);
    put_metadata(world, number, json);
}

static void put_batch(const struct world *world, int number)
{
    put_data(world, number, GOOD_CSV);
    put_true_metadata(world, number, GOOD_CSV, 2);
}

/* ---- what the loop does ---- */

static void look(struct world *world)
{
    ck_assert_int_eq(discovery_look(world->discovery, DISCOVERY_POLL, world->now_ns), 0);
}

/* NULL when it was processed, and nothing asks for its comparison. */
static struct sighting *find_sighting(const struct world *world, int number)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%d", number);
    for (size_t i = 0; i < discovery_count(world->discovery); i++)
        if (strcmp(discovery_at(world->discovery, i)->key, key) == 0)
            return discovery_at(world->discovery, i);
    return NULL;
}

static bool is_decided(const struct world *world, int number)
{
    const struct sighting *sighting = find_sighting(world, number);
    return sighting == NULL || sighting->decided;
}

/* Takes it, and commits as if there were no other. */
static enum pipeline_taken take(struct world *world, int number)
{
    look(world);
    struct sighting *sighting = find_sighting(world, number);
    if (sighting == NULL)
        return PIPELINE_DECIDED;
    enum pipeline_taken taken = pipeline_take(
        world->pipeline, discovery_directory(world->discovery), sighting, world->now_ns);
    if (!pipeline_commit(world->pipeline))
        return PIPELINE_TROUBLE;
    return taken == PIPELINE_TAKEN && !sighting->in_flight ? PIPELINE_DECIDED : taken;
}

static enum pipeline_taken take_after(struct world *world, int number, int64_t pause_ns)
{
    world->now_ns += pause_ns;
    return take(world, number);
}

static bool advance(struct world *world)
{
    bool drawn = pipeline_advance(world->pipeline, clock_now_ns());
    return pipeline_commit(world->pipeline) && drawn;
}

static void draw_all(struct world *world)
{
    while (pipeline_in_flight(world->pipeline) > 0) {
        struct pollfd fds[WAIT_MAX_FDS];
        size_t count = pipeline_fds(world->pipeline, fds, WAIT_MAX_FDS);
        (void)wait_for(fds, count, pipeline_deadline(world->pipeline));
        ck_assert_msg(advance(world), "%s", pipeline_trouble(world->pipeline));
    }
}

/* ---- what a person sees ---- */

/* Lines of the log that hold `part`. */
static size_t records_with(const struct world *world, const char *part)
{
    size_t count = 0;
    char *log = support_read_file(world->results, CONTRACT_PROCESSED_LOG, NULL);
    char *rest = log;
    for (char *line = strtok_r(log, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        count += strstr(line, part) != NULL ? 1 : 0;
    free(log);
    return count;
}

static size_t records(const struct world *world)
{
    return records_with(world, "\"key\"");
}

/* As in "1 2 3 ". */
static void assert_recorded(const struct world *world, const char *keys)
{
    char found[256] = "";
    char *log = support_read_file(world->results, CONTRACT_PROCESSED_LOG, NULL);
    for (char *key = log; (key = strstr(key, "\"key\":\"")) != NULL;) {
        key += strlen("\"key\":\"");
        size_t length = strlen(found);
        (void)snprintf(found + length, sizeof found - length, "%.*s ", (int)strcspn(key, "\""),
                       key);
    }
    ck_assert_str_eq(found, keys);
    free(log);
}

static char *summary_of(const struct world *world, int number)
{
    char name[CONTRACT_NAME_SIZE];
    (void)snprintf(name, sizeof name, "summary_%d.json", number);
    return support_exists(world->results, name) ? support_read_file(world->results, name, NULL)
                                                : NULL;
}

static void assert_summary_says(const struct world *world, int number, const char *part)
{
    char *summary = summary_of(world, number);
    ck_assert_msg(summary != NULL, "batch %d has no summary", number);
    ck_assert_msg(strstr(summary, part) != NULL, "no %s in %s", part, summary);
    free(summary);
}

/* While there is one, nothing may be asserted that holds: Check writes it into a file of its own.
 */
static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    (void)signal(SIGXFSZ, SIG_IGN);
    SUPPORT_ASSERT(getrlimit(RLIMIT_FSIZE, &limit) == 0, "getrlimit");
    limit.rlim_cur = bytes;
    SUPPORT_ASSERT(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
}

/* ---- processed ---- */

START_TEST(pipeline_turns_a_batch_into_a_summary_and_one_record)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"processed\""), 1);
    ck_assert_uint_eq(records_with(&world, "\"verified\":true"), 1);
    ck_assert_uint_eq(records_with(&world, "\"rows\":2"), 1);
    ck_assert_uint_eq(records_with(&world, "\"plot\":\"none\""), 1);
    assert_summary_says(&world, 1, "\"record_count\": 2");
    assert_summary_says(&world, 1, "\"verified\": true");
    ck_assert_uint_eq(support_count_names(world.results), 3); /* and .report.lock */
    stop(&world);
}
END_TEST

static uint64_t timed(const struct meters *meters, enum meters_stage stage)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= METERS_BOUNDS; i++)
        count += meters->times[stage].counts[i];
    return count;
}

START_TEST(pipeline_counts_and_times_what_it_has_done)
{
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    const struct meters *meters = pipeline_meters(world.pipeline);
    put_batch(&world, 1);
    put_data(&world, 2, RAGGED_CSV);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    ck_assert_uint_eq(meters->taken_bytes, strlen(GOOD_CSV));
    ck_assert_uint_eq(meters_batches(meters), 0);
    draw_all(&world);
    ck_assert_int_eq(take(&world, 2), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 2, SETTLE), PIPELINE_DECIDED);
    ck_assert_uint_eq(meters->decided[OUTCOME_PROCESSED], 1);
    ck_assert_uint_eq(meters->decided[OUTCOME_REJECTED], 1);
    ck_assert_uint_eq(meters->rows, 2);
    ck_assert_uint_eq(meters->bytes, strlen(GOOD_CSV));
    ck_assert_uint_eq(meters->charts[PLOT_OK], 1);
    ck_assert_uint_eq(meters->charts[PLOT_FAILED], 0);
    ck_assert_uint_eq(meters->gnuplot_restarts, 0);
    ck_assert_uint_eq(timed(meters, METERS_READ), 2);
    ck_assert_uint_eq(timed(meters, METERS_DRAW), 1);
    ck_assert_int_gt(meters->times[METERS_DRAW].sum_ns, 0);
    ck_assert_uint_ge(timed(meters, METERS_COMMIT), 2);
    ck_assert_uint_le(timed(meters, METERS_COMMIT), 3); /* a summary ahead of its chart */
    ck_assert_uint_eq(timed(meters, METERS_COMPARE), 0);
    stop(&world);
}
END_TEST

START_TEST(pipeline_takes_a_processed_batch_for_nothing_a_second_time)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_int_eq(take_after(&world, 1, 60 * SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_takes_a_processed_batch_for_nothing_after_a_restart)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    restart(&world);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    ck_assert(is_decided(&world, 1));
    stop(&world);
}
END_TEST

START_TEST(pipeline_redoes_a_batch_without_a_record_to_the_same_bytes)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    char *first = summary_of(&world, 1);
    ck_assert_ptr_nonnull(first);
    stop(&world);
    support_write_file(world.results, CONTRACT_PROCESSED_LOG, "", 0);
    start(&world);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    char *second = summary_of(&world, 1);
    ck_assert_str_eq(second, first);
    free(first);
    free(second);
    stop(&world);
}
END_TEST

START_TEST(pipeline_takes_a_batch_with_metadata_at_once)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 3600 * SECOND;
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    stop(&world);
}
END_TEST

START_TEST(pipeline_takes_a_batch_whose_metadata_states_no_hash_when_it_has_stood_still)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_data(&world, 1, GOOD_CSV);
    put_metadata(&world, 1, "{\"filename\": \"data_1.csv\", \"record_count\": 2, \"bytes\": 20}");
    ck_assert_int_eq(take(&world, 1), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 1, SETTLE - 1), PIPELINE_WAITS);
    ck_assert_uint_eq(records(&world), 0);
    ck_assert_int_eq(take_after(&world, 1, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"verified\":false"), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_takes_data_without_metadata_when_it_has_stood_still)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_data(&world, 1, GOOD_CSV);
    ck_assert_int_eq(take(&world, 1), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 1, SETTLE - 1), PIPELINE_WAITS);
    ck_assert_uint_eq(records(&world), 0);
    ck_assert_int_eq(find_sighting(&world, 1)->next_try_ns, world.now_ns + 1);
    ck_assert_int_eq(take_after(&world, 1, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"verified\":false"), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_waits_anew_when_data_without_metadata_grows)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_data(&world, 1, "label,value\na,1\n");
    ck_assert_int_eq(take(&world, 1), PIPELINE_WAITS);
    put_data(&world, 1, GOOD_CSV);
    ck_assert_int_eq(take_after(&world, 1, SETTLE - 1), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 1, SETTLE - 1), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 1, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"rows\":2"), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_without_a_settling_time_takes_everything_at_once)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    put_data(&world, 1, GOOD_CSV);
    put_data(&world, 2, RAGGED_CSV);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_int_eq(take(&world, 2), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"processed\""), 1);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"rejected\""), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_waits_for_the_data_that_metadata_announces)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_true_metadata(&world, 1, GOOD_CSV, 2);
    ck_assert_int_eq(take(&world, 1), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 1, 3600 * SECOND), PIPELINE_WAITS);
    ck_assert_uint_eq(records(&world), 0);
    put_data(&world, 1, GOOD_CSV);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_keeps_a_processed_batch_when_its_files_are_deleted)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    put_batch(&world, 2);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/data_1.csv", world.shared);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    assert_summary_says(&world, 1, "\"key\": \"1\"");
    stop(&world);
}
END_TEST

START_TEST(pipeline_takes_data_at_once_when_its_metadata_appears)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_data(&world, 1, GOOD_CSV);
    ck_assert_int_eq(take(&world, 1), PIPELINE_WAITS);
    put_true_metadata(&world, 1, GOOD_CSV, 2);
    ck_assert_int_eq(take_after(&world, 1, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"verified\":true"), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_waits_for_a_file_that_may_not_be_read_and_never_rejects_it)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    look(&world);
    int directory_fd = discovery_directory(world.discovery);
    ck_assert_int_eq(fchmodat(directory_fd, "data_1.csv", 0, 0), 0);
    ck_assert_int_eq(fchmod(directory_fd, 0755), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    struct sighting *sighting = find_sighting(&world, 1);
    for (int i = 0; i < 3; i++) {
        world.now_ns += 3600 * SECOND;
        ck_assert_int_eq(pipeline_take(world.pipeline, directory_fd, sighting, world.now_ns),
                         PIPELINE_WAITS);
        ck_assert_int_eq(sighting->next_try_ns, world.now_ns + SECOND);
    }
    ck_assert_int_eq(seteuid(getuid()), 0);
    ck_assert_uint_eq(records(&world), 0);
    ck_assert_int_eq(fchmodat(directory_fd, "data_1.csv", 0644, 0), 0);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"processed\""), 1);
    stop(&world);
}
END_TEST

/* ---- rejected ---- */

START_TEST(pipeline_rejects_what_is_wrong_when_it_has_stood_still_and_not_before)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_data(&world, 1, RAGGED_CSV);
    put_true_metadata(&world, 1, RAGGED_CSV, 2);
    ck_assert_int_eq(take(&world, 1), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 1, SETTLE - 1), PIPELINE_WAITS);
    ck_assert_uint_eq(records(&world), 0);
    ck_assert_int_eq(take_after(&world, 1, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"reason\":\"extra-cell\""), 1);
    ck_assert_uint_eq(records_with(&world, "line 3, column 3"), 1);
    ck_assert_uint_eq(pipeline_rejected(world.pipeline), 1);
    ck_assert_ptr_null(summary_of(&world, 1));
    stop(&world);
}
END_TEST

START_TEST(pipeline_goes_on_with_the_batches_behind_a_rejected_one)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    put_data(&world, 1, RAGGED_CSV);
    put_batch(&world, 2);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_int_eq(take(&world, 2), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"processed\""), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_adds_no_record_for_the_same_rejection_after_a_restart)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_data(&world, 1, RAGGED_CSV);
    ck_assert_int_eq(take(&world, 1), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 1, SETTLE), PIPELINE_DECIDED);
    restart(&world);
    ck_assert_int_eq(take(&world, 1), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 1, SETTLE), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    ck_assert_uint_eq(pipeline_rejected(world.pipeline), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_adds_no_record_for_a_rejection_without_a_hash_after_a_restart)
{
    struct world world;
    char path[4096];
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    (void)snprintf(path, sizeof path, "%s/data_1.csv", world.shared);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"sha256\":null"), 1);
    restart(&world);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_records_a_rejection_for_another_reason_as_well)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    put_data(&world, 1, RAGGED_CSV);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    put_data(&world, 1, "label,value\na\"b,1\n");
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"reason\":\"extra-cell\""), 1);
    ck_assert_uint_eq(records_with(&world, "\"reason\":\"stray-quote\""), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_records_a_rejection_of_the_same_bytes_for_another_reason_as_well)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    put_data(&world, 1, RAGGED_CSV);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    put_true_metadata(&world, 1, OTHER_CSV RAGGED_CSV, 2);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"reason\":\"extra-cell\""), 1);
    ck_assert_uint_eq(records_with(&world, "\"reason\":\"size-mismatch\""), 1);
    put_metadata(&world, 1, "{\"hash\": \"sha256:" ZEROS ZEROS "\"}");
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"reason\":\"hash-mismatch\""), 1);
    put_true_metadata(&world, 1, RAGGED_CSV, 2);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"reason\":\"extra-cell\""), 2);
    stop(&world);
}
END_TEST

START_TEST(pipeline_processes_a_rejected_batch_that_was_mended)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    put_data(&world, 1, RAGGED_CSV);
    put_true_metadata(&world, 1, RAGGED_CSV, 2);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    put_batch(&world, 1);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 2);
    ck_assert_int_eq(processed_log_find(world.log, "1")->outcome, OUTCOME_PROCESSED);
    ck_assert_uint_eq(processed_log_count(world.log, OUTCOME_REJECTED), 0);
    assert_summary_says(&world, 1, "\"record_count\": 2");
    stop(&world);
}
END_TEST

START_TEST(pipeline_tries_a_rejected_batch_again_when_only_its_metadata_changes)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    put_data(&world, 1, GOOD_CSV);
    put_metadata(&world, 1, "{\"record_count\": 3}");
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"reason\":\"row-count-mismatch\""), 1);
    put_metadata(&world, 1, "{\"record_count\": 2}");
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_int_eq(processed_log_find(world.log, "1")->outcome, OUTCOME_PROCESSED);
    stop(&world);
}
END_TEST

/* ---- changed ---- */

START_TEST(pipeline_notes_a_change_after_processing_once_and_keeps_the_results)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    char *before = summary_of(&world, 1);
    put_data(&world, 1, OTHER_CSV);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_WAITS);
    ck_assert_int_eq(take_after(&world, 1, SETTLE), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"changed\""), 1);
    ck_assert_int_eq(take_after(&world, 1, 60 * SECOND), PIPELINE_DECIDED);
    restart(&world);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 2);
    char *after = summary_of(&world, 1);
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
    stop(&world);
}
END_TEST

START_TEST(pipeline_does_not_mind_a_processed_file_written_again_with_the_same_bytes)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    put_data(&world, 1, GOOD_CSV);
    ck_assert_int_eq(take_after(&world, 1, SETTLE), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_does_not_mind_a_processed_file_that_gets_a_second_name)
{
    struct world world;
    char path[4096];
    char second[4096];
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    (void)snprintf(path, sizeof path, "%s/data_1.csv", world.shared);
    (void)snprintf(second, sizeof second, "%s/backup", world.shared);
    ck_assert_int_eq(link(path, second), 0);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_notes_that_a_processed_file_became_a_link)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    char path[4096];
    world.config.settle_ns = 0;
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    (void)snprintf(path, sizeof path, "%s/data_1.csv", world.shared);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"changed\""), 1);
    ck_assert_uint_eq(records_with(&world, "not-a-regular-file"), 1);
    ck_assert_int_eq(processed_log_find(world.log, "1")->outcome, OUTCOME_PROCESSED);
    restart(&world);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 2);
    stop(&world);
}
END_TEST

START_TEST(pipeline_notes_each_new_content_once_and_the_old_one_not_at_all)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    put_data(&world, 1, OTHER_CSV);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    put_data(&world, 1, RAGGED_CSV);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"changed\""), 2);
    put_data(&world, 1, GOOD_CSV);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 3);
    ck_assert_int_eq(processed_log_find(world.log, "1")->outcome, OUTCOME_PROCESSED);
    stop(&world);
}
END_TEST

/* ---- trouble ---- */

START_TEST(pipeline_in_trouble_with_a_removed_results_directory_starts_over_in_a_new_one)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    ck_assert_int_eq(unlinkat(world.results_fd, CONTRACT_PROCESSED_LOG, 0), 0);
    ck_assert_int_eq(unlinkat(world.results_fd, CONTRACT_REPORT_LOCK, 0), 0);
    ck_assert_int_eq(rmdir(world.results), 0);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TROUBLE);
    ck_assert_msg(strstr(pipeline_trouble(world.pipeline), "summary_1.json: No such file") != NULL,
                  "%s", pipeline_trouble(world.pipeline));
    ck_assert(!is_decided(&world, 1));
    ck_assert_int_eq(mkdir(world.results, 0755), 0);
    restart(&world);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    assert_summary_says(&world, 1, "\"key\": \"1\"");
    stop(&world);
}
END_TEST

START_TEST(pipeline_in_trouble_with_the_summary_writes_no_record_and_works_again)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    limit_file_size(100);
    enum pipeline_taken taken = take(&world, 1);
    limit_file_size(RLIM_INFINITY);
    ck_assert_int_eq(taken, PIPELINE_TROUBLE);
    ck_assert_msg(strstr(pipeline_trouble(world.pipeline), "summary_1.json") != NULL, "%s",
                  pipeline_trouble(world.pipeline));
    ck_assert_uint_eq(records(&world), 0);
    ck_assert_uint_eq(support_count_names(world.results), 2); /* the log and .report.lock */
    ck_assert(!is_decided(&world, 1));
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 1);
    stop(&world);
}
END_TEST

static rlim_t size_of_log(const struct world *world)
{
    size_t length = 0;
    free(support_read_file(world->results, CONTRACT_PROCESSED_LOG, &length));
    return length;
}

/* The log is longer than a summary by then, so a limit in between hits the log alone. */
START_TEST(pipeline_in_trouble_with_the_log_has_its_summary_and_works_again)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    for (int number = 1; number <= 20; number++) {
        put_batch(&world, number);
        ck_assert_int_eq(take(&world, number), PIPELINE_DECIDED);
    }
    put_batch(&world, 21);
    limit_file_size(size_of_log(&world) + 10);
    enum pipeline_taken taken = take(&world, 21);
    limit_file_size(RLIM_INFINITY);
    ck_assert_int_eq(taken, PIPELINE_TROUBLE);
    ck_assert_msg(strstr(pipeline_trouble(world.pipeline), "processed.log") != NULL, "%s",
                  pipeline_trouble(world.pipeline));
    assert_summary_says(&world, 21, "\"key\": \"21\"");
    ck_assert_uint_eq(records(&world), 20);
    ck_assert(!is_decided(&world, 21));
    ck_assert(!processed_log_is_broken(world.log));
    ck_assert_int_eq(take_after(&world, 21, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), 21);
    stop(&world);
}
END_TEST

static void assert_each_record_has_its_summary(const struct world *world, int last)
{
    for (int number = 1; number <= last; number++) {
        char key[32];
        (void)snprintf(key, sizeof key, "\"key\":\"%d\"", number);
        if (records_with(world, key) > 0)
            assert_summary_says(world, number, "\"record_count\": 2");
    }
}

/* The limit passes through the summary and the log, so each write fails somewhere on the way. */
START_TEST(pipeline_has_a_summary_for_each_record_wherever_the_space_ends)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    int number = 0;
    for (rlim_t bytes = 0; bytes < 6000; bytes += 199) {
        put_batch(&world, ++number);
        limit_file_size(bytes);
        enum pipeline_taken taken = take(&world, number);
        limit_file_size(RLIM_INFINITY);
        ck_assert(taken == PIPELINE_TROUBLE || taken == PIPELINE_DECIDED);
        ck_assert_int_eq(is_decided(&world, number), taken == PIPELINE_DECIDED);
        assert_each_record_has_its_summary(&world, number);
    }
    for (int again = 1; again <= number; again++)
        ck_assert_int_eq(take(&world, again), PIPELINE_DECIDED);
    ck_assert_uint_eq(records(&world), (size_t)number);
    assert_each_record_has_its_summary(&world, number);
    stop(&world);
}
END_TEST

START_TEST(pipeline_in_trouble_with_a_rejection_does_not_decide_it)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    world.config.settle_ns = 0;
    put_data(&world, 1, RAGGED_CSV);
    limit_file_size(0);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TROUBLE);
    ck_assert(!is_decided(&world, 1));
    limit_file_size(RLIM_INFINITY);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"rejected\""), 1);
    stop(&world);
}
END_TEST

static void limit_descriptors(rlim_t count)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = count;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(pipeline_without_descriptors_says_that_a_batch_is_unreadable_and_takes_it_later)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    look(&world);
    struct sighting *sighting = find_sighting(&world, 1);
    int directory = discovery_directory(world.discovery);
    limit_descriptors(3);
    ck_assert_int_eq(pipeline_take(world.pipeline, directory, sighting, world.now_ns),
                     PIPELINE_UNREADABLE);
    limit_descriptors(256);
    ck_assert_str_eq(pipeline_trouble(world.pipeline),
                     "cannot read metadata_1.json: Too many open files");
    ck_assert(!sighting->wait_told);
    ck_assert_int_eq(take(&world, 1), PIPELINE_DECIDED);
    stop(&world);
}
END_TEST

START_TEST(pipeline_stopped_by_a_signal_writes_nothing)
{
    struct world world;
    open_world(&world, CONFIG_CHART_NONE);
    put_batch(&world, 1);
    look(&world);
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(take(&world, 1), PIPELINE_STOPPED);
    ck_assert_uint_eq(support_count_names(world.results), 2); /* the log and .report.lock */
    ck_assert_uint_eq(records(&world), 0);
    stop(&world);
}
END_TEST

/* ---- charts ---- */

START_TEST(pipeline_commits_a_batch_with_its_chart_when_the_chart_is_there)
{
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    ck_assert_uint_eq(pipeline_in_flight(world.pipeline), 1);
    ck_assert(find_sighting(&world, 1)->in_flight);
    assert_summary_says(&world, 1, "\"key\": \"1\"");
    ck_assert_uint_eq(records(&world), 0);
    ck_assert(!support_exists(world.results, "plot_1.png"));
    draw_all(&world);
    ck_assert(support_exists(world.results, "plot_1.png"));
    ck_assert_uint_eq(records_with(&world, "\"plot\":\"ok\""), 1);
    ck_assert(is_decided(&world, 1));
    ck_assert_uint_eq(pipeline_in_flight(world.pipeline), 0);
    stop(&world);
}
END_TEST

START_TEST(pipeline_leaves_a_batch_alone_while_its_chart_is_drawn)
{
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(pipeline_in_flight(world.pipeline), 1);
    draw_all(&world);
    ck_assert_uint_eq(records(&world), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_records_no_batch_before_those_whose_charts_are_still_drawn)
{
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    world.config.settle_ns = 0;
    world.config.jobs = 2;
    restart(&world);
    put_batch(&world, 1);
    put_data(&world, 2, RAGGED_CSV);
    put_data(&world, 3, RAGGED_CSV);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    ck_assert_int_eq(take(&world, 2), PIPELINE_TAKEN);
    ck_assert_int_eq(take(&world, 3), PIPELINE_TAKEN);
    ck_assert_uint_eq(records(&world), 0);
    draw_all(&world);
    assert_recorded(&world, "1 2 3 ");
    stop(&world);
}
END_TEST

START_TEST(pipeline_keeps_the_order_of_the_batches_whatever_their_charts_cost)
{
    struct world world;
    struct text csv = {0};
    open_world(&world, CONFIG_CHART_PNG);
    world.config.jobs = 4;
    world.config.settle_ns = 0;
    restart(&world);
    text_put(&csv, "a,b,c,d,e,f\n");
    for (int row = 0; row < 1000; row++)
        text_put(&csv, "1,2,3,4,5,6\n2,3,5,7,11,13\n8,1,6,3,5,7\n");
    put_data(&world, 1, csv.bytes);
    text_free(&csv);
    for (int number = 2; number <= 4; number++)
        put_batch(&world, number);
    for (int number = 1; number <= 4; number++)
        ck_assert_int_eq(take(&world, number), PIPELINE_TAKEN);
    draw_all(&world);
    assert_recorded(&world, "1 2 3 4 ");
    stop(&world);
}
END_TEST

/* What a chart needs for as long as this much is read. */
static void tick_slowly(void *context)
{
    (void)context;
    (void)usleep(20 * 1000);
}

/* Batch 1 is as ever; while the second is read, its chart can be drawn. */
static void open_world_of_a_large_batch(struct world *world, pipeline_tick *tick)
{
    struct text csv = {0};
    open_world(world, CONFIG_CHART_PNG);
    world->config.jobs = 2;
    world->config.settle_ns = 0;
    world->tick = tick;
    restart(world);
    text_put(&csv, "value\n");
    while (csv.length < 8 * 1024 * 1024)
        text_put(&csv, "1234567890123456789012345678901234567890123456789012345678901234\n");
    put_batch(world, 1);
    put_data(world, 2, csv.bytes);
    text_free(&csv);
}

START_TEST(pipeline_commits_a_chart_in_the_middle_of_a_large_batch)
{
    struct world world;
    open_world_of_a_large_batch(&world, tick_slowly);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    ck_assert_int_eq(take(&world, 2), PIPELINE_TAKEN);
    ck_assert_uint_eq(records_with(&world, "\"key\":\"1\""), 1);
    ck_assert_uint_eq(pipeline_in_flight(world.pipeline), 1);
    stop(&world);
}
END_TEST

/* No space for the chart that is being drawn, and space again once it has failed. */
static void tick_on_a_full_disk(void *context)
{
    struct world *world = context;
    limit_file_size(pipeline_in_flight(world->pipeline) > 0 ? 0 : RLIM_INFINITY);
    (void)usleep(20 * 1000);
}

START_TEST(pipeline_tells_what_failed_in_the_middle_of_a_large_batch)
{
    struct world world;
    open_world_of_a_large_batch(&world, tick_on_a_full_disk);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    ck_assert_int_eq(take(&world, 2), PIPELINE_TROUBLE);
    ck_assert_ptr_nonnull(strstr(pipeline_trouble(world.pipeline), "cannot write plot_1.png: "));
    ck_assert_uint_eq(records(&world), 0);
    ck_assert_int_eq(take(&world, 2), PIPELINE_DECIDED);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    draw_all(&world);
    ck_assert_uint_eq(records(&world), 2);
    stop(&world);
}
END_TEST

START_TEST(pipeline_has_a_summary_and_a_chart_for_each_record_wherever_the_space_ends)
{
    struct world world;
    char plot[CONTRACT_NAME_SIZE];
    open_world(&world, CONFIG_CHART_PNG);
    int number = 0;
    for (rlim_t bytes = 0; bytes < 48 * 1024; bytes += 4096) {
        put_batch(&world, ++number);
        limit_file_size(bytes);
        (void)take(&world, number);
        while (pipeline_in_flight(world.pipeline) > 0)
            (void)advance(&world);
        limit_file_size(RLIM_INFINITY);
        assert_each_record_has_its_summary(&world, number);
        (void)snprintf(plot, sizeof plot, "plot_%d.png", number);
        ck_assert_int_eq(is_decided(&world, number), support_exists(world.results, plot));
    }
    ck_assert_uint_gt(records(&world), 0);
    ck_assert_uint_lt(records(&world), (size_t)number);
    stop(&world);
}
END_TEST

START_TEST(pipeline_draws_svg_where_it_is_asked_for)
{
    struct world world;
    open_world(&world, CONFIG_CHART_SVG);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    draw_all(&world);
    ck_assert(support_exists(world.results, "plot_1.svg"));
    ck_assert(!support_exists(world.results, "plot_1.png"));
    stop(&world);
}
END_TEST

START_TEST(pipeline_with_all_children_busy_takes_no_more_and_writes_nothing_for_it)
{
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    put_batch(&world, 1);
    put_batch(&world, 2);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    ck_assert_int_eq(take(&world, 2), PIPELINE_FULL);
    ck_assert_ptr_null(summary_of(&world, 2));
    draw_all(&world);
    ck_assert_int_eq(take(&world, 2), PIPELINE_TAKEN);
    draw_all(&world);
    ck_assert_uint_eq(records_with(&world, "\"plot\":\"ok\""), 2);
    stop(&world);
}
END_TEST

START_TEST(pipeline_without_gnuplot_processes_the_batch_and_says_that_its_chart_failed)
{
    ck_assert_int_eq(setenv("PATH", support_temporary_directory(), 1), 0);
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    draw_all(&world);
    ck_assert_uint_eq(records_with(&world, "\"plot\":\"failed\""), 1);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"processed\""), 1);
    ck_assert(!support_exists(world.results, "plot_1.png"));
    stop(&world);
}
END_TEST

START_TEST(pipeline_draws_the_trend_when_gnuplot_is_back_and_no_other_chart_is_asked_for)
{
    char path[4096];
    struct world world;
    (void)snprintf(path, sizeof path, "%s", getenv("PATH"));
    ck_assert_int_eq(setenv("PATH", support_temporary_directory(), 1), 0);
    open_world(&world, CONFIG_CHART_PNG);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    draw_all(&world);
    pipeline_finish(world.pipeline);
    ck_assert(!support_exists(world.results, "trend.png"));
    ck_assert_int_eq(setenv("PATH", path, 1), 0);
    for (int tries = 0; tries < 50 && !support_exists(world.results, "trend.png"); tries++) {
        stream_finish(world.stream); /* else it would be wanted in five seconds */
        (void)pipeline_rest(world.pipeline, discovery_directory(world.discovery));
        (void)usleep(100 * 1000);
        ck_assert(advance(&world));
    }
    ck_assert(support_exists(world.results, "trend.png"));
    stop(&world);
}
END_TEST

START_TEST(pipeline_in_trouble_with_the_chart_leaves_the_batch_undecided)
{
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    limit_file_size(100);
    bool good = true;
    while (pipeline_in_flight(world.pipeline) > 0)
        good = advance(&world) && good;
    ck_assert(!good);
    ck_assert_msg(strstr(pipeline_trouble(world.pipeline), "plot_1.png") != NULL, "%s",
                  pipeline_trouble(world.pipeline));
    ck_assert_uint_eq(records(&world), 0);
    limit_file_size(RLIM_INFINITY);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_TAKEN);
    draw_all(&world);
    ck_assert_uint_eq(records_with(&world, "\"plot\":\"ok\""), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_ended_while_a_chart_is_drawn_takes_the_batch_again)
{
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    restart(&world);
    ck_assert_uint_eq(records(&world), 0);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    draw_all(&world);
    ck_assert_uint_eq(records(&world), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_notes_a_change_that_came_while_the_chart_was_drawn)
{
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    put_batch(&world, 1);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    put_data(&world, 1, OTHER_CSV);
    world.now_ns += SECOND;
    look(&world);
    draw_all(&world);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"processed\""), 1);
    (void)take_after(&world, 1, SECOND);
    ck_assert_int_eq(take_after(&world, 1, SETTLE), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"changed\""), 1);
    stop(&world);
}
END_TEST

START_TEST(pipeline_leaves_no_outputs_beside_a_rejection)
{
    struct world world;
    open_world(&world, CONFIG_CHART_PNG);
    world.config.settle_ns = 0;
    put_data(&world, 1, GOOD_CSV);
    ck_assert_int_eq(take(&world, 1), PIPELINE_TAKEN);
    restart(&world); /* before the record */
    put_data(&world, 1, RAGGED_CSV);
    ck_assert_int_eq(take_after(&world, 1, SECOND), PIPELINE_DECIDED);
    ck_assert_uint_eq(records_with(&world, "\"outcome\":\"rejected\""), 1);
    ck_assert_ptr_null(summary_of(&world, 1));
    stop(&world);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_pipeline", pipeline_turns_a_batch_into_a_summary_and_one_record,
        pipeline_counts_and_times_what_it_has_done,
        pipeline_takes_a_processed_batch_for_nothing_a_second_time,
        pipeline_takes_a_processed_batch_for_nothing_after_a_restart,
        pipeline_redoes_a_batch_without_a_record_to_the_same_bytes,
        pipeline_takes_a_batch_with_metadata_at_once,
        pipeline_takes_a_batch_whose_metadata_states_no_hash_when_it_has_stood_still,
        pipeline_takes_data_without_metadata_when_it_has_stood_still,
        pipeline_waits_anew_when_data_without_metadata_grows,
        pipeline_without_a_settling_time_takes_everything_at_once,
        pipeline_waits_for_the_data_that_metadata_announces,
        pipeline_keeps_a_processed_batch_when_its_files_are_deleted,
        pipeline_takes_data_at_once_when_its_metadata_appears,
        pipeline_waits_for_a_file_that_may_not_be_read_and_never_rejects_it,
        pipeline_rejects_what_is_wrong_when_it_has_stood_still_and_not_before,
        pipeline_goes_on_with_the_batches_behind_a_rejected_one,
        pipeline_adds_no_record_for_the_same_rejection_after_a_restart,
        pipeline_adds_no_record_for_a_rejection_without_a_hash_after_a_restart,
        pipeline_records_a_rejection_for_another_reason_as_well,
        pipeline_records_a_rejection_of_the_same_bytes_for_another_reason_as_well,
        pipeline_processes_a_rejected_batch_that_was_mended,
        pipeline_tries_a_rejected_batch_again_when_only_its_metadata_changes,
        pipeline_notes_a_change_after_processing_once_and_keeps_the_results,
        pipeline_does_not_mind_a_processed_file_written_again_with_the_same_bytes,
        pipeline_does_not_mind_a_processed_file_that_gets_a_second_name,
        pipeline_notes_that_a_processed_file_became_a_link,
        pipeline_notes_each_new_content_once_and_the_old_one_not_at_all,
        pipeline_in_trouble_with_a_removed_results_directory_starts_over_in_a_new_one,
        pipeline_in_trouble_with_the_summary_writes_no_record_and_works_again,
        pipeline_in_trouble_with_the_log_has_its_summary_and_works_again,
        pipeline_has_a_summary_for_each_record_wherever_the_space_ends,
        pipeline_in_trouble_with_a_rejection_does_not_decide_it,
        pipeline_without_descriptors_says_that_a_batch_is_unreadable_and_takes_it_later,
        pipeline_stopped_by_a_signal_writes_nothing,
        pipeline_commits_a_batch_with_its_chart_when_the_chart_is_there,
        pipeline_leaves_a_batch_alone_while_its_chart_is_drawn,
        pipeline_commits_a_chart_in_the_middle_of_a_large_batch,
        pipeline_records_no_batch_before_those_whose_charts_are_still_drawn,
        pipeline_keeps_the_order_of_the_batches_whatever_their_charts_cost,
        pipeline_tells_what_failed_in_the_middle_of_a_large_batch,
        pipeline_has_a_summary_and_a_chart_for_each_record_wherever_the_space_ends,
        pipeline_draws_svg_where_it_is_asked_for,
        pipeline_with_all_children_busy_takes_no_more_and_writes_nothing_for_it,
        pipeline_without_gnuplot_processes_the_batch_and_says_that_its_chart_failed,
        pipeline_draws_the_trend_when_gnuplot_is_back_and_no_other_chart_is_asked_for,
        pipeline_in_trouble_with_the_chart_leaves_the_batch_undecided,
        pipeline_ended_while_a_chart_is_drawn_takes_the_batch_again,
        pipeline_notes_a_change_that_came_while_the_chart_was_drawn,
        pipeline_leaves_no_outputs_beside_a_rejection);
}
