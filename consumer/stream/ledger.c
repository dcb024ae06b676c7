#include "consumer/stream/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "common/contract.h"
#include "common/digest.h"
#include "common/keyset.h"
#include "common/wait.h"
#include "consumer/stream/records.h"

/*
 * A start behind a crash adds one, and time without work removes it. Who never rests between so
 * many crashes has the totals made anew.
 */
#define GAPS_MAX 16

#define STATE_MAGIC "SDTOTALS"
#define STATE_VERSION 1
/* Larger states would be of more columns than totals take. */
#define STATE_MAX_BYTES ((size_t)256 * 1024 * 1024)

/* Bytes [from, to) of the log. */
struct gap {
    uint64_t from;
    uint64_t to;
};

struct ledger {
    int results_fd;
    struct shard shard;
    const struct processed_logs *logs; /* of all shards */
    struct totals *totals;
    uint64_t log_bytes;        /* the totals are of all records before it, but for those in gaps */
    struct gap gaps[GAPS_MAX]; /* in order, the last place free until ledger_begin() */
    size_t gap_count;
    struct keyset passed; /* batches that were left to other shards (see number_of) */
    bool spoiled;         /* memory was short in the middle of a batch */
    bool unreadable;      /* the log was, since the last commit */
};

struct ledger *ledger_create(int results_fd, struct shard shard, const struct processed_logs *logs)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL)
        return NULL;
    ledger->results_fd = results_fd;
    ledger->shard = shard;
    ledger->logs = logs;
    ledger->totals = totals_create();
    if (ledger->totals != NULL)
        return ledger;
    ledger_free(ledger);
    return NULL;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    totals_free(ledger->totals);
    keyset_free(&ledger->passed);
    free(ledger);
}

/* A key as a number: a batch's place among its shard's, or a checksum above all of these. */
#define KEY_CHECKSUM (UINT64_C(1) << 63)
static uint64_t number_of(struct shard shard, const char *key)
{
    uint64_t number = 0;
    uint64_t place = 0;
    if (contract_key_number(key, &number) && shard_place(shard, number, &place) &&
        place < KEY_CHECKSUM)
        return place;
    return KEY_CHECKSUM | digest_crc32(key, strlen(key));
}

static void pass(struct ledger *ledger, const char *key)
{
    if (!keyset_add(&ledger->passed, number_of(ledger->shard, key)))
        ledger->spoiled = true;
}

void ledger_begin(struct ledger *ledger, uint64_t log_bytes)
{
    if (ledger->log_bytes < log_bytes)
        ledger->gaps[ledger->gap_count++] = (struct gap){ledger->log_bytes, log_bytes};
    ledger->log_bytes = log_bytes;
}

static void add(struct ledger *ledger, const struct batch_states *states, uint64_t bytes)
{
    if (states == NULL)
        totals_leave_out(ledger->totals, 1);
    else if (!totals_add(ledger->totals, states, bytes))
        ledger->spoiled = true;
}

void ledger_add(struct ledger *ledger, const char *key, const struct batch_states *states,
                uint64_t bytes)
{
    if (processed_logs_have_elsewhere(ledger->logs, ledger->shard, key))
        pass(ledger, key);
    else
        add(ledger, states, bytes);
}

void ledger_committed(struct ledger *ledger, uint64_t log_bytes)
{
    ledger->log_bytes = log_bytes;
    ledger->unreadable = false;
}

uint64_t ledger_log_bytes(const struct ledger *ledger)
{
    return ledger->log_bytes;
}

const struct totals *ledger_totals(const struct ledger *ledger)
{
    return ledger->totals;
}

bool ledger_is_sound(const struct ledger *ledger)
{
    return !ledger->spoiled;
}

/* ---- gaps ---- */

/* What another shard has kept of its ledger says of a key that its log has as processed. */
enum kept { KEPT_COUNTS, KEPT_PASSED, KEPT_READS_AGAIN };
static enum kept ask_kept(int results_fd, const struct processed_log *log, const char *key);

/*
 * What another shard has processed as well is in its totals, or will be read again for them; of two
 * that both have it to read again the first does.
 */
static bool is_in_another(const struct ledger *ledger, const char *key)
{
    const struct processed_log *log = NULL;
    if (!processed_logs_have_elsewhere(ledger->logs, ledger->shard, key))
        return false;
    for (size_t i = 0; (log = processed_logs_at(ledger->logs, i)) != NULL; i++) {
        struct shard shard = processed_log_shard(log);
        if (shard_is_same(shard, ledger->shard) ||
            processed_log_verdict(log, key) != VERDICT_PROCESSED)
            continue;
        enum kept kept = ask_kept(ledger->results_fd, log, key);
        if (kept == KEPT_COUNTS ||
            (kept == KEPT_READS_AGAIN && shard_is_before(shard, ledger->shard)))
            return true;
    }
    return false;
}

/* Of records whose batch is gone, so many at a time. */
#define STEP 100

struct rereading {
    struct ledger *ledger;
    ledger_reread *reread;
    void *context;
    bool read; /* one whose data was still there, which is enough for a time */
    bool later;
};

static bool take_again(void *context, const struct processed_record *record)
{
    struct rereading *rereading = context;
    const struct ledger *ledger = rereading->ledger;
    if (record->outcome != OUTCOME_PROCESSED)
        return true;
    if (rereading->read)
        return false;
    if (is_in_another(ledger, record->key)) {
        pass(rereading->ledger, record->key);
        return true;
    }
    rereading->later = wait_stopping(); /* the looking was cut short, perhaps */
    if (rereading->later)
        return false;
    struct batch_states *states = NULL;
    rereading->later = !rereading->reread(rereading->context, record, &states);
    if (rereading->later)
        return false;
    add(rereading->ledger, states, record->bytes);
    rereading->read = states != NULL;
    batch_states_free(states);
    return true;
}

void ledger_try_again(struct ledger *ledger)
{
    ledger->unreadable = false;
}

bool ledger_is_behind(const struct ledger *ledger)
{
    return ledger->gap_count > 0 && !ledger->unreadable;
}

bool ledger_is_whole(const struct ledger *ledger)
{
    return ledger->gap_count == 0 && !ledger->spoiled;
}

bool ledger_catch_up(struct ledger *ledger, ledger_reread *reread, void *context)
{
    struct rereading rereading = {.ledger = ledger, .reread = reread, .context = context};
    struct gap *first = &ledger->gaps[0];
    if (!ledger_is_behind(ledger))
        return false;
    size_t lines = records_read(ledger->results_fd, ledger->shard, &first->from, first->to, STEP,
                                take_again, &rereading);
    ledger->unreadable = lines == 0 && !rereading.later;
    if (first->from >= first->to) {
        ledger->gap_count--;
        memmove(first, first + 1, ledger->gap_count * sizeof *first);
    }
    return ledger_is_behind(ledger);
}

/* ---- keeping ---- */

void ledger_file(const struct ledger *ledger, char name[CONTRACT_NAME_SIZE])
{
    shard_file(name, CONTRACT_TOTALS_STATE, ledger->shard);
}

bool ledger_pack(const struct ledger *ledger, struct text *file)
{
    struct text totals = {0};
    struct text passed = {0};
    uint32_t mark = 0;
    if (!records_mark(ledger->results_fd, ledger->shard, ledger->log_bytes, &mark))
        return false;
    pack_begin(file, STATE_MAGIC, STATE_VERSION);
    pack_u64(file, ledger->log_bytes);
    pack_u32(file, mark);
    pack_u64(file, ledger->gap_count);
    for (size_t i = 0; i < ledger->gap_count; i++) {
        pack_u64(file, ledger->gaps[i].from);
        pack_u64(file, ledger->gaps[i].to);
    }
    totals_pack(ledger->totals, &totals);
    pack_inner(file, &totals);
    text_free(&totals);
    keyset_write(&ledger->passed, &passed);
    pack_inner(file, &passed);
    text_free(&passed);
    pack_end(file);
    return true;
}

static void unpack_gaps(struct ledger *kept, struct unpacker *packed)
{
    kept->gap_count = unpack_count(packed, GAPS_MAX, 16);
    for (size_t i = 0; i < kept->gap_count; i++) {
        kept->gaps[i].from = unpack_u64(packed);
        kept->gaps[i].to = unpack_up_to(packed, kept->log_bytes);
        if (kept->gaps[i].from >= kept->gaps[i].to)
            (void)unpack_refuse(packed);
    }
}

/* Of which log it is, and which part. */
static void unpack_head(struct ledger *kept, struct unpacker *packed, uint32_t *mark)
{
    kept->log_bytes = unpack_u64(packed);
    *mark = unpack_u32(packed);
    unpack_gaps(kept, packed);
}

static bool unpack_passed(struct unpacker *packed, struct ledger *kept)
{
    size_t length = 0;
    if (packed->left == 0) /* of an earlier version */
        return true;
    const char *bytes = unpack_bytes(packed, &length);
    char *text = bytes == NULL ? NULL : strndup(bytes, length);
    bool read = text != NULL && keyset_read(&kept->passed, text);
    free(text);
    return read || unpack_refuse(packed);
}

static bool unpack(struct ledger *ledger, struct unpacker *packed)
{
    struct ledger kept = {
        .results_fd = ledger->results_fd, .shard = ledger->shard, .logs = ledger->logs};
    size_t length = 0;
    uint32_t mark = 0;
    uint32_t kept_mark = 0;
    unpack_head(&kept, packed, &kept_mark);
    const char *bytes = unpack_bytes(packed, &length);
    kept.totals = totals_unpack(bytes, length);
    if (kept.totals == NULL || kept.gap_count == GAPS_MAX || !unpack_passed(packed, &kept) ||
        !records_mark(ledger->results_fd, ledger->shard, kept.log_bytes, &mark) ||
        mark != kept_mark) {
        totals_free(kept.totals);
        keyset_free(&kept.passed);
        return false;
    }
    totals_free(ledger->totals);
    keyset_free(&ledger->passed);
    *ledger = kept;
    return true;
}

/* NULL where there is none that is whole; otherwise to be freed when it is unpacked. */
static char *open_kept(int results_fd, struct shard shard, struct unpacker *packed)
{
    char name[CONTRACT_NAME_SIZE];
    size_t length = 0;
    shard_file(name, CONTRACT_TOTALS_STATE, shard);
    char *bytes = unpack_read_file(results_fd, name, STATE_MAX_BYTES, &length);
    if (bytes != NULL && unpack_open(packed, bytes, length, STATE_MAGIC, STATE_VERSION))
        return bytes;
    free(bytes);
    return NULL;
}

bool ledger_recall(struct ledger *ledger)
{
    struct unpacker packed;
    char *bytes = open_kept(ledger->results_fd, ledger->shard, &packed);
    bool recalled = bytes != NULL && unpack(ledger, &packed);
    free(bytes);
    return recalled;
}

/* Where the end of the log is covered, so is all of it that is in no gap, and need not be searched.
 */
static enum kept ask_head(const struct ledger *kept, const struct processed_log *log,
                          const char *key)
{
    bool whole = kept->gap_count == 0 && kept->log_bytes == processed_log_bytes(log);
    uint64_t covered = kept->gap_count > 0 ? kept->gaps[0].from : kept->log_bytes;
    if (!whole && !processed_log_had(log, key, covered))
        return KEPT_READS_AGAIN;
    return keyset_has(&kept->passed, number_of(processed_log_shard(log), key)) ? KEPT_PASSED
                                                                               : KEPT_COUNTS;
}

/* The totals themselves are passed over. */
static enum kept ask_kept(int results_fd, const struct processed_log *log, const char *key)
{
    struct ledger kept = {0};
    struct unpacker packed;
    enum kept answer = KEPT_READS_AGAIN;
    size_t length = 0;
    uint32_t mark = 0;
    char *bytes = open_kept(results_fd, processed_log_shard(log), &packed);
    if (bytes == NULL)
        return answer;
    unpack_head(&kept, &packed, &mark);
    (void)unpack_bytes(&packed, &length);
    if (unpack_passed(&packed, &kept) && !unpack_failed(&packed))
        answer = ask_head(&kept, log, key);
    keyset_free(&kept.passed);
    free(bytes);
    return answer;
}
