/*
 * processed_log: whatever bytes stand in the log, opening it crashes never, and either refuses it
 * or finds the same in it each time, by writer and reader. A log that was written and then cut
 * anywhere replays to a prefix of itself; one of which a byte was changed is never taken for
 * whole; a checkpoint of any bytes beside it changes nothing.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/digest.h"
#include "common/processed_log.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

#define CHECKPOINT "processed.checkpoint"
#define RECORDS_MAX 24

static char path[4096];
static int directory = -1;

static void remove_directory(void)
{
    (void)unlinkat(directory, CONTRACT_PROCESSED_LOG, 0);
    (void)unlinkat(directory, CHECKPOINT, 0);
    (void)rmdir(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *place = getenv("FUZZ_DIRECTORY");
    (void)argc;
    (void)argv;
    (void)snprintf(path, sizeof path, "%s/log.XXXXXX", place == NULL ? "/tmp" : place);
    FUZZ_REQUIRE(mkdtemp(path) != NULL, "%s", path);
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_REQUIRE(directory >= 0, "%s", path);
    FUZZ_REQUIRE(atexit(remove_directory) == 0, "atexit");
    return 0;
}

static void put_file(const char *name, const void *bytes, size_t length)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    FUZZ_REQUIRE(fd >= 0, "%s", name);
    FUZZ_REQUIRE(length == 0 || write(fd, bytes, length) == (ssize_t)length, "%s", name);
    (void)close(fd);
}

static void start_anew(void)
{
    (void)unlinkat(directory, CONTRACT_PROCESSED_LOG, 0);
    (void)unlinkat(directory, CHECKPOINT, 0);
}

static uint64_t log_size(void)
{
    struct stat status;
    FUZZ_REQUIRE(fstatat(directory, CONTRACT_PROCESSED_LOG, &status, 0) == 0, "no log");
    return (uint64_t)status.st_size;
}

/* What a log says, as far as it can be counted. */
struct state {
    uint64_t processed, rejected, last, size;
};

static struct state state_of(const struct processed_log *log)
{
    return (struct state){.processed = processed_log_count(log, OUTCOME_PROCESSED),
                          .rejected = processed_log_count(log, OUTCOME_REJECTED),
                          .last = processed_log_last_number(log),
                          .size = log_size()};
}

static void require_same(struct state a, struct state b, const char *where)
{
    FUZZ_REQUIRE(a.processed == b.processed && a.rejected == b.rejected && a.last == b.last,
                 "%s: %" PRIu64 " and %" PRIu64 " processed, %" PRIu64 " and %" PRIu64
                 " rejected, up to %" PRIu64 " and %" PRIu64,
                 where, a.processed, b.processed, a.rejected, b.rejected, a.last, b.last);
}

static struct state must_open(enum processed_log_mode mode, uint64_t cut_bytes)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    struct processed_log *log = processed_log_open(directory, SHARD_WHOLE, mode, error);
    FUZZ_REQUIRE(log != NULL, "%s", error);
    FUZZ_REQUIRE(processed_log_cut_bytes(log) == cut_bytes,
                 "cut %" PRIu64 " bytes and not %" PRIu64, processed_log_cut_bytes(log), cut_bytes);
    struct state state = state_of(log);
    processed_log_close(log);
    return state;
}

/* ---- any bytes ---- */

static void replay_bytes(const void *bytes, size_t length)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    start_anew();
    put_file(CONTRACT_PROCESSED_LOG, bytes, length);
    struct processed_log *reader =
        processed_log_open(directory, SHARD_WHOLE, PROCESSED_LOG_READ, error);
    struct state read = {.size = 0};
    if (reader != NULL)
        read = state_of(reader);
    FUZZ_REQUIRE(reader != NULL || strncmp(error, "processed.log: ", 15) == 0, "%s", error);
    processed_log_close(reader);
    struct processed_log *writer =
        processed_log_open(directory, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    FUZZ_REQUIRE((reader == NULL) == (writer == NULL), "reader and writer differ: %s", error);
    if (writer == NULL)
        return;
    FUZZ_REQUIRE(processed_log_cut_bytes(writer) + log_size() == length, "cut out of the middle");
    require_same(read, state_of(writer), "reader and writer");
    processed_log_close(writer);
    require_same(read, must_open(PROCESSED_LOG_WRITE, 0), "first and second opening");
    require_same(read, must_open(PROCESSED_LOG_READ, 0), "before and after the cut");
}

/* Each line with its right checksum behind it, so that what it says is looked at. */
static void seal_lines(const char *bytes, size_t length, struct text *sealed)
{
    while (length > 0) {
        const char *newline = memchr(bytes, '\n', length);
        size_t line = newline == NULL ? length : (size_t)(newline - bytes);
        text_append(sealed, bytes, line);
        text_printf(sealed, ",\"crc\":\"%08" PRIx32 "\"}\n", digest_crc32(bytes, line));
        line += newline == NULL ? 0 : 1;
        bytes += line;
        length -= line;
    }
}

/* ---- written, cut, and opened again ---- */

static struct processed_record record_of(const char *key, const char *file, uint8_t byte,
                                         const struct rejection *rejection)
{
    enum outcome outcome = (enum outcome)(byte % 3);
    return (struct processed_record){.key = key,
                                     .file = file,
                                     .outcome = outcome,
                                     .rejection = outcome == OUTCOME_PROCESSED ? NULL : rejection,
                                     .verified = byte % 5 == 0,
                                     .rows = byte,
                                     .bytes = UINT64_MAX - byte,
                                     .sha256 = byte % 7 == 0 ? "" : "00",
                                     .plot = (enum plot)(byte / 3 % 3)};
}

/* One record a line of the input, where that can be a key; states[0] is before the first. */
static size_t write_records(const char *bytes, size_t length, struct state *states)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    char name[CONTRACT_NAME_SIZE];
    char key[CONTRACT_KEY_MAX + 1];
    struct rejection rejection;
    size_t count = 0;
    struct processed_log *log =
        processed_log_open(directory, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    FUZZ_REQUIRE(log != NULL, "%s", error);
    states[0] = state_of(log);
    while (length > 0 && count < RECORDS_MAX) {
        const char *newline = memchr(bytes, '\n', length);
        size_t line = newline == NULL ? length : (size_t)(newline - bytes);
        (void)snprintf(name, sizeof name, "data_%.*s.csv", (int)(line < 200 ? line : 200), bytes);
        rejection_set(&rejection, (enum reason)(line % REASON_COUNT), "%.80s", name);
        if (contract_match(CONTRACT_DATA_PATTERN, name, key)) {
            struct processed_record record = record_of(key, name, (uint8_t)*bytes, &rejection);
            FUZZ_REQUIRE(processed_log_append(log, &record) == 0, "append");
            FUZZ_REQUIRE(record.outcome == OUTCOME_CHANGED || processed_log_find(log, key) != NULL,
                         "%s", key);
            states[++count] = state_of(log);
        }
        line += newline == NULL ? 0 : 1;
        bytes += line;
        length -= line;
    }
    processed_log_close(log);
    return count;
}

static size_t whole_records(const struct state *states, size_t count, uint64_t size)
{
    size_t whole = 0;
    while (whole < count && states[whole + 1].size <= size)
        whole++;
    return whole;
}

static bool truncate_log(uint64_t size)
{
    int fd = openat(directory, CONTRACT_PROCESSED_LOG, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && ftruncate(fd, (off_t)size) == 0;
    (void)close(fd);
    return good;
}

static void cut_anywhere(const char *bytes, size_t length)
{
    struct state states[RECORDS_MAX + 1];
    uint32_t random = fuzz_seed((const uint8_t *)bytes, length);
    start_anew();
    size_t count = write_records(bytes, length, states);
    require_same(states[count], must_open(PROCESSED_LOG_READ, 0), "written and read");
    while (count > 0) {
        uint64_t size = fuzz_random(&random) % (states[count].size + 1);
        FUZZ_REQUIRE(truncate_log(size), "truncate");
        count = whole_records(states, count, size);
        uint64_t torn = size - states[count].size;
        require_same(states[count], must_open(PROCESSED_LOG_READ, 0), "cut and read");
        require_same(states[count], must_open(PROCESSED_LOG_WRITE, torn), "cut and opened");
        FUZZ_REQUIRE(log_size() == states[count].size, "more is left than whole records");
    }
}

/* Changes one byte of the log to any other. */
static void flip(uint64_t place, uint8_t change)
{
    uint8_t byte = 0;
    int fd = openat(directory, CONTRACT_PROCESSED_LOG, O_RDWR | O_CLOEXEC);
    FUZZ_REQUIRE(fd >= 0 && pread(fd, &byte, 1, (off_t)place) == 1, "no such byte");
    byte ^= change;
    FUZZ_REQUIRE(pwrite(fd, &byte, 1, (off_t)place) == 1, "flip");
    (void)close(fd);
}

/* In the last line that is a torn tail, which is cut; before it, damage that is refused. */
static void flip_anywhere(const char *bytes, size_t length)
{
    struct state states[RECORDS_MAX + 1];
    char error[PROCESSED_LOG_ERROR_SIZE];
    uint32_t random = fuzz_seed((const uint8_t *)bytes, length);
    start_anew();
    size_t count = write_records(bytes, length, states);
    if (count == 0)
        return;
    uint64_t place = fuzz_random(&random) % states[count].size;
    flip(place, (uint8_t)(fuzz_random(&random) % 255 + 1));
    if (place >= states[count - 1].size) {
        uint64_t torn = states[count].size - states[count - 1].size;
        require_same(states[count - 1], must_open(PROCESSED_LOG_WRITE, torn), "a damaged end");
        return;
    }
    struct processed_log *log =
        processed_log_open(directory, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    FUZZ_REQUIRE(log == NULL, "byte %" PRIu64 " is damaged, and the log is opened", place);
    FUZZ_REQUIRE(strstr(error, "damaged") != NULL, "%s", error);
}

static void beside_any_checkpoint(const char *bytes, size_t length)
{
    struct state states[RECORDS_MAX + 1];
    start_anew();
    size_t count = write_records(bytes, length, states);
    put_file(CHECKPOINT, bytes, length);
    require_same(states[count], must_open(PROCESSED_LOG_READ, 0), "beside a checkpoint, read");
    require_same(states[count], must_open(PROCESSED_LOG_WRITE, 0), "beside a checkpoint");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const char *text = (const char *)bytes;
    struct text sealed = {0};
    replay_bytes(bytes, length);
    seal_lines(text, length, &sealed);
    replay_bytes(sealed.bytes, sealed.length);
    text_free(&sealed);
    cut_anywhere(text, length);
    flip_anywhere(text, length);
    beside_any_checkpoint(text, length);
    return 0;
}
