#include "tests/torture/stand.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/torture/check.h"

#define TEXT_SIZE 8192
static const struct control_point UNDISTURBED = {.action = CONTROL_NOTHING};

/* ---- batches, as a producer that is not ours would write them ---- */

static size_t make_csv(char csv[TEXT_SIZE], unsigned number, unsigned rows)
{
    size_t length = (size_t)snprintf(csv, TEXT_SIZE, "label,value,day\n");
    for (unsigned row = 0; row < rows; row++)
        length += (size_t)snprintf(csv + length, TEXT_SIZE - length, "item_%u,%u.%u,2026-01-%02u\n",
                                   row % 3, number, row * 7 + number, row % 28 + 1);
    return length;
}

static void put_data(struct volume *shared, unsigned number, unsigned rows)
{
    char csv[TEXT_SIZE];
    char name[VOLUME_NAME_SIZE];
    (void)snprintf(name, sizeof name, "data_%u.csv", number);
    volume_put(shared, name, csv, make_csv(csv, number, rows));
}

/* What describes `rows` rows of that number, whatever the data file holds. */
static void put_metadata(struct volume *shared, unsigned number, unsigned rows)
{
    char csv[TEXT_SIZE];
    char text[TEXT_SIZE];
    char name[VOLUME_NAME_SIZE];
    char hash[2 * SHA256_DIGEST_LENGTH + 1];
    unsigned char digest[SHA256_DIGEST_LENGTH];
    size_t bytes = make_csv(csv, number, rows);
    (void)SHA256((const unsigned char *)csv, bytes, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", digest[i]);
    int length = snprintf(text, sizeof text,
                          "{\"name\": \"data_%u\", \"path\": \"data_%u.csv\", \"bytes\": %zu, "
                          "\"hash\": \"sha256:%s\", \"batch\": %u, \"record_count\": %u}\n",
                          number, number, bytes, hash, number, rows);
    (void)snprintf(name, sizeof name, "metadata_%u.json", number);
    volume_put(shared, name, text, (size_t)length);
}

static void put_batch(struct volume *shared, unsigned number, unsigned rows)
{
    put_data(shared, number, rows);
    put_metadata(shared, number, rows);
}

static size_t log_bytes(const struct volume *results)
{
    const struct volume_file *log = volume_find(results, "processed.log");
    return log == NULL ? 0 : log->length;
}

/* Bytes behind the end of the log, as a crash leaves them. */
static void append_to_log(struct volume *results, const char *bytes, size_t length)
{
    char *longer;
    const struct volume_file *log = volume_find(results, "processed.log");
    size_t before = log->length;
    longer = malloc(before + length);
    if (longer == NULL)
        die("out of memory");
    memcpy(longer, log->bytes, before);
    memcpy(longer + before, bytes, length);
    volume_put(results, "processed.log", longer, before + length);
    free(longer);
}

/* ---- the scenarios ---- */

/* Good ones, one whose hash is wrong, one without metadata; no results directory yet. */
static void prepare_fresh(struct stand *stand)
{
    stand->own.missing = true;
    put_batch(&stand->other, 1, 3);
    put_batch(&stand->other, 2, 1);
    put_data(&stand->other, 3, 4);
    put_metadata(&stand->other, 3, 5);
    put_data(&stand->other, 4, 2);
    put_batch(&stand->other, 5, 2);
    put_batch(&stand->other, 6, 0);
}

/* What the daemon itself makes of the batches put so far, is what it starts from. */
static void process_what_is_there(struct stand *stand)
{
    volume_store(&stand->other, stand->other_path);
    volume_store(&stand->own, stand->own_path);
    (void)daemon_run(&stand->daemon, &UNDISTURBED);
    volume_load(&stand->own, stand->own_path);
    stand->history_bytes = log_bytes(&stand->own);
    if (stand->history_bytes == 0)
        die("%s: nothing was processed to begin with", stand->scenario->name);
}

/* A log of an earlier run; a batch of it has changed since, one was rejected and is mended. */
static void prepare_previous(struct stand *stand)
{
    put_batch(&stand->other, 1, 3);
    put_batch(&stand->other, 2, 2);
    put_data(&stand->other, 3, 1);
    put_metadata(&stand->other, 3, 2);
    process_what_is_there(stand);
    put_batch(&stand->other, 2, 4);
    put_batch(&stand->other, 3, 2);
    put_batch(&stand->other, 4, 2);
    put_data(&stand->other, 5, 1);
    put_metadata(&stand->other, 6, 2); /* its data is still to come */
}

static void prepare_torn(struct stand *stand)
{
    static const char tail[] = "{\"key\":\"3\",\"file\":\"data_3.csv\",\"outcome\":\"proc";
    static const char temporary[] = "{\n  \"format\": \"shared-da";
    put_batch(&stand->other, 1, 2);
    put_batch(&stand->other, 2, 2);
    process_what_is_there(stand);
    append_to_log(&stand->own, tail, sizeof tail - 1);
    volume_put(&stand->own, ".summary_3.json.tmp", temporary, sizeof temporary - 1);
    put_batch(&stand->other, 3, 2);
    put_batch(&stand->other, 4, 2);
}

static void prepare_zeros(struct stand *stand)
{
    static const char tail[300];
    put_batch(&stand->other, 1, 2);
    process_what_is_there(stand);
    append_to_log(&stand->own, tail, sizeof tail);
    put_batch(&stand->other, 2, 2);
    put_batch(&stand->other, 3, 2);
}

/* A thousand records, enough for a checkpoint; their batches and summaries are long gone. */
static void prepare_long(struct stand *stand)
{
    char name[VOLUME_NAME_SIZE];
    for (unsigned number = 1; number <= 1010; number++)
        put_batch(&stand->other, number, 1);
    process_what_is_there(stand);
    for (unsigned number = 1; number <= 1010; number++) {
        (void)snprintf(name, sizeof name, "summary_%u.json", number);
        volume_remove(&stand->own, name);
    }
    volume_free(&stand->other);
    put_batch(&stand->other, 1011, 2);
    put_data(&stand->other, 1012, 1);
    put_batch(&stand->other, 1013, 2);
}

/*
 * More than one group of them: of so few descriptors 8 batches may hold one at once, and the others
 * are read while those are under way.
 */
#define DESCRIPTORS_FOR_GROUPS_OF_8 72

static void prepare_many(struct stand *stand)
{
    for (unsigned number = 1; number <= 18; number++)
        put_batch(&stand->other, number, number % 4);
}

static void prepare_charts(struct stand *stand)
{
    put_batch(&stand->other, 1, 3);
    put_batch(&stand->other, 2, 5);
}

static void prepare_nothing(struct stand *stand)
{
    stand->other.missing = true; /* nobody has ever read */
}

/* Three batches, the data of a fourth, the metadata of a fifth, and a temporary. */
static void prepare_restart(struct stand *stand)
{
    stand->other.missing = true;
    for (unsigned number = 1; number <= 3; number++)
        put_batch(&stand->own, number, 2);
    put_data(&stand->own, 4, 3);
    put_metadata(&stand->own, 5, 2);
    volume_put(&stand->own, ".data_6.csv.tmp", "label,va", 8);
}

static void prepare_retention(struct stand *stand)
{
    static const char line[] =
        "{\"key\":\"%u\",\"file\":\"data_%u.csv\",\"outcome\":\"processed\",\"reason\":null,"
        "\"detail\":null,\"verified\":true,\"rows\":2,\"bytes\":50,\"sha256\":"
        "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"plot\":\"none\","
        "\"at\":\"2026-01-01T00:00:00Z\"";
    unsigned acknowledged = (unsigned)stand->scenario->acknowledged;
    char text[TEXT_SIZE];
    size_t length = 0;
    for (unsigned number = 1; number <= acknowledged + 2; number++)
        put_batch(&stand->own, number, 2);
    for (unsigned number = 1; number <= acknowledged; number++) {
        char *start = text + length;
        size_t room = sizeof text - length;
        size_t bytes = (size_t)snprintf(start, room, line, number, number);
        bytes += (size_t)snprintf(start + bytes, room - bytes, ",\"crc\":\"%08x\"}\n",
                                  check_crc32(start, bytes));
        length += bytes;
    }
    volume_put(&stand->other, "processed.log", text, length);
}

/* Eleven rows, so that the last batch is short. */
static void prepare_stream(struct stand *stand)
{
    char csv[TEXT_SIZE];
    volume_put(&stand->other, STAND_STREAM, csv, make_csv(csv, 1, 11));
}

#define ONCE "--once", "--settle", "1s", "--poll-interval", "2s"
#define PUBLISH(number) \
    "--interval", "0", "--seed", "7", "--rows", "3", "--min-free", "0", "--count", number

/* Ended by a row without a name. */
static const struct scenario SCENARIOS[] = {
    {.name = "consumer-fresh",
     .is_consumer = true,
     .arguments = {ONCE, "--chart", "none"},
     .prepare = prepare_fresh},
    {.name = "consumer-previous",
     .is_consumer = true,
     .arguments = {ONCE, "--chart", "none"},
     .prepare = prepare_previous},
    {.name = "consumer-torn",
     .is_consumer = true,
     .arguments = {ONCE, "--chart", "none"},
     .prepare = prepare_torn},
    {.name = "consumer-zeros",
     .is_consumer = true,
     .arguments = {ONCE, "--chart", "none"},
     .prepare = prepare_zeros},
    {.name = "consumer-long",
     .is_consumer = true,
     .arguments = {ONCE, "--chart", "none"},
     .prepare = prepare_long},
    {.name = "consumer-many",
     .is_consumer = true,
     .arguments = {ONCE, "--chart", "none"},
     .descriptors = DESCRIPTORS_FOR_GROUPS_OF_8,
     .prepare = prepare_many},
    {.name = "consumer-charts",
     .is_consumer = true,
     .draws = true,
     .arguments = {ONCE, "--chart", "png", "--jobs", "1"},
     .prepare = prepare_charts},
    {.name = "producer-fresh", .arguments = {PUBLISH("4")}, .prepare = prepare_nothing, .count = 4},
    {.name = "producer-many",
     .arguments = {PUBLISH("10")},
     .prepare = prepare_nothing,
     .count = 10},
    {.name = "producer-restart",
     .arguments = {PUBLISH("2")},
     .prepare = prepare_restart,
     .count = 2},
    {.name = "producer-retention",
     .arguments = {PUBLISH("2"), "--keep", "2"},
     .prepare = prepare_retention,
     .count = 2,
     .acknowledged = 6,
     .keep = 2},
    {.name = "producer-stream",
     .arguments = {"--rows", "3", "--min-free", "0"},
     .streams = true,
     .prepare = prepare_stream},
    {0}};

static const struct scenario *find_scenario(const char *name)
{
    const struct scenario *scenario = SCENARIOS;
    while (scenario->name != NULL && strcmp(scenario->name, name) != 0)
        scenario++;
    return scenario->name == NULL ? NULL : scenario;
}

int scenarios_run(char *const names[], int count, bool still_alone, scenario_run *run,
                  const void *settings)
{
    bool good = true;
    for (int i = 0; i < count; i++) {
        const struct scenario *scenario = find_scenario(names[i]);
        if (scenario == NULL) {
            (void)fprintf(stderr, "there is no scenario %s\n", names[i]);
            return 64;
        }
        good = run(scenario, settings) && good;
    }
    for (size_t i = 0; count == 0 && SCENARIOS[i].name != NULL; i++)
        if (!still_alone || !SCENARIOS[i].draws)
            good = run(&SCENARIOS[i], settings) && good;
    return good ? 0 : 1;
}

/* ---- the stand ---- */

static void start_daemon(struct stand *stand)
{
    const struct scenario *scenario = stand->scenario;
    char program[STAND_PATH_SIZE];
    char shim[STAND_PATH_SIZE];
    char control[STAND_PATH_SIZE];
    char output[STAND_PATH_SIZE];
    char stream[STAND_PATH_SIZE + sizeof STAND_STREAM];
    const char *dir = scenario->is_consumer ? stand->other_path : stand->own_path;
    const char *results = scenario->is_consumer ? stand->own_path : stand->other_path;
    const char *arguments[STAND_ARGUMENTS_MAX + 2] = {program, "--dir", dir, "--results", results};
    (void)snprintf(program, sizeof program, "%s/data-%s", stand->build,
                   scenario->is_consumer ? "consumer" : "producer");
    (void)snprintf(shim, sizeof shim, "%s/torture/shim.so", stand->build);
    (void)snprintf(control, sizeof control, "%s/control", stand->path);
    (void)snprintf(output, sizeof output, "%s/output", stand->path);
    size_t count = 5;
    for (size_t i = 0; scenario->arguments[i] != NULL; i++)
        arguments[count++] = scenario->arguments[i];
    if (scenario->streams) {
        (void)snprintf(stream, sizeof stream, "%s/" STAND_STREAM, stand->other_path);
        arguments[count++] = "--from";
        arguments[count++] = stream;
    }
    daemon_start(&stand->daemon, shim, control, output, (char *const *)arguments,
                 scenario->descriptors);
}

void stand_open(struct stand *stand, const struct scenario *scenario, const char *build,
                const char *path)
{
    *stand = (struct stand){.scenario = scenario, .build = build};
    (void)snprintf(stand->path, sizeof stand->path, "%s", path);
    (void)snprintf(stand->own_path, sizeof stand->own_path, "%s/own", stand->path);
    (void)snprintf(stand->other_path, sizeof stand->other_path, "%s/other", stand->path);
    start_daemon(stand);
    scenario->prepare(stand);
    volume_store(&stand->other, stand->other_path);
    struct daemon_result result = stand_run(stand, &UNDISTURBED);
    volume_load(&stand->reference, stand->own_path);
    if (result.hung || !WIFEXITED(result.status))
        die("%s: the undisturbed run does not end", scenario->name);
    stand->reference_status = WEXITSTATUS(result.status);
}

void stand_close(struct stand *stand)
{
    struct volume nothing = {.missing = true};
    daemon_end(&stand->daemon);
    volume_store(&nothing, stand->own_path);
    volume_store(&nothing, stand->other_path);
    volume_free(&stand->own);
    volume_free(&stand->other);
    volume_free(&stand->reference);
}

struct daemon_result stand_run(struct stand *stand, const struct control_point *point)
{
    volume_store(&stand->own, stand->own_path);
    return daemon_run(&stand->daemon, point);
}

struct daemon_result stand_run_again(struct stand *stand)
{
    return daemon_run(&stand->daemon, &UNDISTURBED);
}
