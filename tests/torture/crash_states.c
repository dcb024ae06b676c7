/*
 * crash_states - what a power loss can leave behind, and what the daemons make of it.
 *
 * One undisturbed run is recorded. For each prefix of what it did to files and names, states
 * are built in which that which was not flushed is kept, lost, torn or zero: the bytes of a
 * file last when fsync() of it has returned, a name when fsync() of its directory has, and
 * what has not been flushed lasts in any order or not at all. In each state
 *
 *   - what was durable by contract is there: a record when the log was flushed behind it, and
 *     whatever the daemon had announced ("published", "processed");
 *   - no published name is half, and each record in the log has its outputs;
 *   - an undisturbed run on it ends with what it would have made of the start.
 *
 * With --killed it is two crashes in a row: the run is killed behind each call that alters
 * something, in turn, and the recording goes on with the next start. That one reads from the cache
 * what the killed one had not flushed; the power is lost at each moment from then on.
 *
 *     crash_states [--killed [--kills-every N]] [--every N] [--offset N] [--seed N] [--jobs N]
 *                  [--work DIR] [--build DIR] [--until-bad] [SCENARIO ...]
 *     crash_states [--killed --at CALL] --prefix P --state N [--seed N] SCENARIO
 *                  one of them, and what was lost
 *
 * After: Pillai et al., All File Systems Are Not Created Equal, OSDI 2014.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/torture/check.h"
#include "tests/torture/crew.h"
#include "tests/torture/stand.h"

#define OPERATIONS_MAX 4096
#define FILES_MAX 1024
#define PENDING_MAX 128
#define RANDOM_STATES 32
#define SEEN_SIZE (1U << 17)

/* ---- the recorded run ---- */

struct operation {
    struct control_trace trace;
    const unsigned char *bytes;
};

struct recording {
    struct operation operations[OPERATIONS_MAX];
    size_t count;
    size_t restart;           /* from this operation on it is the start after a kill */
    unsigned char *memory[2]; /* of the run, and of the start after it was killed */
    uint64_t directory;       /* inode of the stand's own one; 0 while it was not there */
    uint64_t output;          /* inode of what the daemon prints to */
    struct {
        uint64_t inode;
        const struct volume_file *file;
    } start[FILES_MAX];
    size_t start_count;
};

static uint64_t inode_at(const char *directory, const char *name)
{
    char path[STAND_PATH_SIZE + VOLUME_NAME_SIZE];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

static void note_start(struct recording *recording, const struct stand *stand)
{
    recording->directory = inode_at(stand->own_path, ".");
    recording->output = inode_at(stand->path, "output");
    if (stand->own.count > FILES_MAX)
        die("%s: too many files to begin with", stand->scenario->name);
    for (size_t i = 0; i < stand->own.count; i++) {
        recording->start[i].file = &stand->own.files[i];
        recording->start[i].inode = inode_at(stand->own_path, stand->own.files[i].name);
    }
    recording->start_count = stand->own.count;
}

static void take_apart(struct recording *recording, const unsigned char *memory, size_t length)
{
    for (size_t at = 0; at < length;) {
        struct operation *operation = &recording->operations[recording->count++];
        if (recording->count == OPERATIONS_MAX)
            die("too long a run to record");
        memcpy(&operation->trace, memory + at, sizeof operation->trace);
        operation->bytes = memory + at + sizeof operation->trace;
        at += sizeof operation->trace + (((size_t)operation->trace.length + 7) & ~(size_t)7);
    }
}

static unsigned char *record_run(struct recording *recording, struct stand *stand,
                                 const struct control_point *point)
{
    struct control *control = stand->daemon.control;
    control->trace = true;
    (void)daemon_run(&stand->daemon, point);
    control->trace = false;
    unsigned char *memory = malloc(control->trace_bytes + 1);
    if (control->overflowed || memory == NULL)
        die("%s: too long a run to record", stand->scenario->name);
    memcpy(memory, control->traced, control->trace_bytes);
    take_apart(recording, memory, control->trace_bytes);
    return memory;
}

/* `killed_at` is the call behind which the run is killed, and followed by another; 0 for none. */
static void record(struct recording *recording, struct stand *stand, uint64_t killed_at)
{
    static const struct control_point undisturbed = {.action = CONTROL_NOTHING};
    const struct control_point kill = {.action = CONTROL_KILL_AFTER, .at = killed_at};
    *recording = (struct recording){0};
    volume_store(&stand->own, stand->own_path);
    note_start(recording, stand);
    if (killed_at != 0) {
        recording->memory[0] = record_run(recording, stand, &kill);
        recording->restart = recording->count;
    }
    recording->memory[1] = record_run(recording, stand, &undisturbed);
    recording->directory = inode_at(stand->own_path, ".");
}

static void free_recording(struct recording *recording)
{
    free(recording->memory[0]);
    free(recording->memory[1]);
}

/* ---- what was still pending at the end of a prefix ---- */

static bool is_name(const struct operation *operation)
{
    return operation->trace.what == TRACED_CREATE || operation->trace.what == TRACED_RENAME ||
           operation->trace.what == TRACED_UNLINK || operation->trace.what == TRACED_MKDIR;
}

static bool is_data(const struct operation *operation)
{
    return operation->trace.what == TRACED_WRITE || operation->trace.what == TRACED_TRUNCATE;
}

/* What the daemon prints is for people, and needs no flush. */
static bool is_ours(const struct recording *recording, const struct operation *operation)
{
    if (is_data(operation))
        return operation->trace.file != recording->output;
    return operation->trace.what == TRACED_MKDIR
               ? operation->trace.file == recording->directory
               : operation->trace.directory == recording->directory;
}

static bool flushed(const struct recording *recording, size_t at, size_t prefix)
{
    const struct control_trace *trace = &recording->operations[at].trace;
    uint64_t needs = is_data(&recording->operations[at]) ? trace->file : trace->directory;
    for (size_t i = at + 1; i < prefix; i++)
        if (recording->operations[i].trace.what == TRACED_SYNC &&
            recording->operations[i].trace.file == needs)
            return true;
    return false;
}

static size_t find_pending(const struct recording *recording, size_t prefix,
                           size_t pending[PENDING_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < prefix; i++) {
        const struct operation *operation = &recording->operations[i];
        if ((is_name(operation) || is_data(operation)) && is_ours(recording, operation) &&
            !flushed(recording, i, prefix)) {
            if (count == PENDING_MAX)
                die("too much is never flushed");
            pending[count++] = i;
        }
    }
    return count;
}

/* ---- a state ---- */

enum fate { KEPT, LOST, TORN_ONE, TORN_HALF, TORN_MOST, ZERO, FATES };
static const char *const FATE_WORDS[] = {"kept", "lost",           "one byte",
                                         "half", "all but a byte", "zeros"};

struct state {
    struct volume files; /* by inode, in decimal: what is in each */
    struct {
        char name[CONTROL_NAME_SIZE];
        uint64_t inode;
    } names[FILES_MAX];
    size_t name_count;
    bool missing;
};

static void inode_word(char word[VOLUME_NAME_SIZE], uint64_t inode)
{
    (void)snprintf(word, VOLUME_NAME_SIZE, "%" PRIu64, inode);
}

static void forget_name(struct state *state, const char *name)
{
    for (size_t i = 0; i < state->name_count; i++)
        if (strcmp(state->names[i].name, name) == 0) {
            state->names[i] = state->names[--state->name_count];
            return;
        }
}

static void set_name(struct state *state, const char *name, uint64_t inode)
{
    forget_name(state, name);
    if (state->name_count == FILES_MAX)
        die("too many names");
    (void)snprintf(state->names[state->name_count].name, CONTROL_NAME_SIZE, "%s", name);
    state->names[state->name_count++].inode = inode;
}

/* The file, resized; what is new in it is zero. */
static struct volume_file *resize(struct state *state, uint64_t inode, size_t length, bool shrink)
{
    char word[VOLUME_NAME_SIZE];
    inode_word(word, inode);
    const struct volume_file *old = volume_find(&state->files, word);
    size_t before = old == NULL ? 0 : old->length;
    size_t after = length > before || shrink ? length : before;
    char *bytes = calloc(1, after + 1);
    if (bytes == NULL)
        die("out of memory");
    if (old != NULL)
        memcpy(bytes, old->bytes, before < after ? before : after);
    volume_put(&state->files, word, bytes, after);
    free(bytes);
    return &state->files.files[state->files.count - 1];
}

static size_t torn_length(size_t length, enum fate fate)
{
    switch (fate) {
    case TORN_ONE: return length < 1 ? length : 1;
    case TORN_HALF: return length / 2;
    case TORN_MOST: return length < 1 ? length : length - 1;
    default: return length;
    }
}

static void apply_data(struct state *state, const struct operation *operation, enum fate fate)
{
    size_t offset = (size_t)operation->trace.offset;
    size_t length = torn_length(operation->trace.length, fate);
    if (operation->trace.what == TRACED_TRUNCATE) {
        (void)resize(state, operation->trace.file, offset, true);
        return;
    }
    struct volume_file *file = resize(state, operation->trace.file, offset + length, false);
    if (fate == ZERO)
        memset(file->bytes + offset, 0, length);
    else
        memcpy(file->bytes + offset, operation->bytes, length);
}

static void apply(struct state *state, const struct operation *operation, enum fate fate)
{
    const struct control_trace *trace = &operation->trace;
    if (fate == LOST) {
        state->missing = state->missing || trace->what == TRACED_MKDIR;
        return;
    }
    switch ((enum control_traced)trace->what) {
    case TRACED_CREATE: set_name(state, trace->name, trace->file); break;
    case TRACED_RENAME:
        forget_name(state, trace->name);
        set_name(state, trace->to, trace->file);
        break;
    case TRACED_UNLINK: forget_name(state, trace->name); break;
    case TRACED_WRITE:
    case TRACED_TRUNCATE: apply_data(state, operation, fate); break;
    case TRACED_MKDIR: state->missing = false; break;
    case TRACED_SYNC: break;
    }
}

/* What is on the disk after `prefix` operations, when pending[i] met fates[i]. */
static void build(struct volume *volume, const struct recording *recording,
                  const struct stand *stand, size_t prefix, const size_t *pending,
                  const enum fate *fates, size_t pending_count)
{
    static struct state state;
    char word[VOLUME_NAME_SIZE];
    size_t next = 0;
    state.name_count = 0;
    state.missing = stand->own.missing;
    for (size_t i = 0; i < recording->start_count; i++) {
        const struct volume_file *file = recording->start[i].file;
        inode_word(word, recording->start[i].inode);
        volume_put(&state.files, word, file->bytes, file->length);
        set_name(&state, file->name, recording->start[i].inode);
    }
    for (size_t i = 0; i < prefix; i++) {
        bool is_pending = next < pending_count && pending[next] == i;
        enum fate fate = is_pending ? fates[next++] : KEPT;
        if (is_ours(recording, &recording->operations[i]))
            apply(&state, &recording->operations[i], fate);
    }
    volume_free(volume);
    volume->missing = state.missing;
    for (size_t i = 0; i < state.name_count && !state.missing; i++) {
        inode_word(word, state.names[i].inode);
        const struct volume_file *file = volume_find(&state.files, word);
        volume_put(volume, state.names[i].name, file == NULL ? "" : file->bytes,
                   file == NULL ? 0 : file->length);
    }
    volume_free(&state.files);
}

/* ---- the contract ---- */

static bool announces(const struct operation *operation, char *number)
{
    static const char *const WORDS[] = {"published batch=", "processed batch="};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        const char *found =
            memmem(operation->bytes, operation->trace.length, WORDS[i], strlen(WORDS[i]));
        if (found != NULL && sscanf(found + strlen(WORDS[i]), "%31[0-9]", number) == 1)
            return true;
    }
    return false;
}

/* From here on it goes by the log that it has read. */
static bool greets(const struct operation *operation)
{
    static const char words[] = "watching dir=";
    return memmem(operation->bytes, operation->trace.length, words, sizeof words - 1) != NULL;
}

static void promise_file(struct volume *promised, const struct volume *all, const char *pattern,
                         const char *number)
{
    char name[VOLUME_NAME_SIZE];
    const char *star = strchr(pattern, '*');
    (void)snprintf(name, sizeof name, "%.*s%s%s", (int)(star - pattern), pattern, number, star + 1);
    const struct volume_file *file = volume_find(all, name);
    if (file != NULL)
        volume_put(promised, name, file->bytes, file->length);
}

/*
 * Who is told that a batch is published or processed may rely on it. So may who reads a record that
 * the daemon itself goes by: it will never write that one again.
 */
static void find_promised(struct volume *promised, const struct recording *recording,
                          const struct stand *stand, size_t prefix)
{
    static const size_t none = 0; /* is pending: all was kept */
    static const enum fate no_fate = KEPT;
    struct volume all = {0};
    char number[32];
    uint64_t log = 0;
    volume_free(promised);
    for (size_t i = 0; i < prefix; i++) {
        const struct control_trace *trace = &recording->operations[i].trace;
        bool announced = trace->what == TRACED_WRITE && trace->file == recording->output &&
                         (announces(&recording->operations[i], number) ||
                          (stand->scenario->is_consumer && greets(&recording->operations[i])));
        if (trace->what == TRACED_CREATE && strcmp(trace->name, "processed.log") == 0)
            log = trace->file;
        bool synced = trace->what == TRACED_SYNC && trace->file == log && log != 0;
        if (!announced && !synced)
            continue;
        build(&all, recording, stand, i, &none, &no_fate, 0);
        if (stand->scenario->is_consumer)
            promise_file(promised, &all, "processed.lo*", "g");
        else {
            promise_file(promised, &all, "data_*.csv", number);
            promise_file(promised, &all, "metadata_*.json", number);
        }
    }
    volume_free(&all);
}

/* ---- trying a state ---- */

static bool is_kept(const struct stand *stand, const struct volume *promised,
                    const struct volume *now, char why[CHECK_WHY_SIZE])
{
    return stand->scenario->is_consumer ? check_records_kept(promised, now, why)
                                        : check_batches_kept(stand, promised, now, why);
}

static bool recovers(struct stand *stand, const struct volume *promised, const struct volume *state,
                     char why[CHECK_WHY_SIZE])
{
    struct volume after = {0};
    char reason[CHECK_WHY_SIZE] = "";
    volume_store(state, stand->own_path);
    struct daemon_result result = stand_run_again(stand);
    volume_load(&after, stand->own_path);
    bool good = daemon_exited(&result, stand->reference_status);
    if (!good)
        (void)snprintf(reason, sizeof reason, "the next run ends with status %x%s", result.status,
                       result.hung ? ", hung" : "");
    good = good && is_kept(stand, promised, &after, reason) &&
           check_volume(stand, state, &after, CHECK_RECOVERED, reason);
    if (!good)
        (void)snprintf(why, CHECK_WHY_SIZE, "after the next run: %.*s", CHECK_WHY_SIZE - 30,
                       reason);
    volume_free(&after);
    return good;
}

static bool try_state(struct stand *stand, const struct volume *promised,
                      const struct volume *state, char why[CHECK_WHY_SIZE])
{
    return is_kept(stand, promised, state, why) &&
           check_volume(stand, &stand->own, state, CHECK_LOST, why) &&
           recovers(stand, promised, state, why);
}

/* ---- all of them ---- */

struct settings {
    struct crew_settings crew;
    uint64_t seed;
    bool killed;
    size_t kills_every;
    bool alone;
    uint64_t at;          /* of one alone: the call behind which the run is killed, */
    size_t prefix, state; /* and the state */
};

struct assignment {
    const struct scenario *scenario;
    const struct settings *settings;
};

struct explorer {
    const struct settings *settings;
    struct stand stand;
    struct recording recording;
    struct crew_tally *tally;
    struct volume promised;
    uint64_t killed_at;
    size_t prefix;
    size_t pending[PENDING_MAX];
    size_t pending_count;
    size_t state; /* of this prefix */
    size_t states;
    uint64_t seen[SEEN_SIZE]; /* hashes of states that were there before */
};

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return hash;
}

/* Whatever the order in which the files are listed. */
static uint64_t hash_volume(const struct volume *volume)
{
    uint64_t sum = volume->missing;
    for (size_t i = 0; i < volume->count; i++) {
        const struct volume_file *file = &volume->files[i];
        uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), file->name, strlen(file->name));
        sum += hash_bytes(hash, file->bytes, file->length) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return sum;
}

/* The same bytes under the same promise are one state. */
static bool is_new(struct explorer *explorer, const struct volume *state)
{
    uint64_t hash = (hash_volume(state) * 31 + hash_volume(&explorer->promised)) | 1;
    size_t at = (size_t)(hash % SEEN_SIZE);
    while (explorer->seen[at] != 0 && explorer->seen[at] != hash)
        at = (at + 1) % SEEN_SIZE;
    if (explorer->seen[at] == hash)
        return false;
    explorer->seen[at] = hash;
    return true;
}

static void print_fates(const struct explorer *explorer, const enum fate *fates)
{
    for (size_t i = 0; i < explorer->pending_count; i++) {
        static const char *const WORDS[] = {"create", "write",  "truncate", "sync",
                                            "rename", "unlink", "mkdir"};
        const struct control_trace *trace =
            &explorer->recording.operations[explorer->pending[i]].trace;
        (void)printf("    %-14s %s %s%s%s inode %" PRIu64 ", %" PRIu32 " bytes\n",
                     FATE_WORDS[fates[i]], WORDS[trace->what], trace->name,
                     trace->to[0] == '\0' ? "" : " to ", trace->to, trace->file, trace->length);
    }
}

static void judge_state(struct explorer *explorer, const struct volume *state,
                        const enum fate *fates)
{
    char why[CHECK_WHY_SIZE] = "";
    bool good = try_state(&explorer->stand, &explorer->promised, state, why);
    explorer->tally->tried++;
    if (good && !explorer->settings->alone)
        return;
    if (!good && explorer->tally->bad++ >= CREW_SHOWN_MAX)
        return;
    char killed[48] = "";
    if (explorer->killed_at != 0)
        (void)snprintf(killed, sizeof killed, "--killed --at %" PRIu64 " ", explorer->killed_at);
    (void)printf("%s: %s: %s\n    build/torture/crash_states %s--prefix %zu --state %zu --seed "
                 "%" PRIu64 " %s\n",
                 good ? "good" : "bad", explorer->stand.scenario->name, why, killed,
                 explorer->prefix, explorer->state, explorer->settings->seed,
                 explorer->stand.scenario->name);
    if (explorer->settings->alone)
        print_fates(explorer, fates);
    (void)fflush(stdout);
}

/* All processes count alike, and each tries those that fall to it. */
static void offer(struct explorer *explorer, const enum fate *fates, unsigned number)
{
    const struct settings *settings = explorer->settings;
    struct volume state = {0};
    build(&state, &explorer->recording, &explorer->stand, explorer->prefix, explorer->pending,
          fates, explorer->pending_count);
    if (settings->alone) {
        if (explorer->prefix == settings->prefix && explorer->state == settings->state)
            judge_state(explorer, &state, fates);
    } else if (is_new(explorer, &state)) {
        size_t at = explorer->states++;
        if (at % settings->crew.every == settings->crew.offset % settings->crew.every &&
            at / settings->crew.every % settings->crew.jobs == number)
            judge_state(explorer, &state, fates);
    }
    volume_free(&state);
    explorer->state++;
}

static void fill(enum fate *fates, size_t count, enum fate fate)
{
    for (size_t i = 0; i < count; i++)
        fates[i] = fate;
}

/* Each pending operation alone with each fate that fits it, all others being kept, or lost. */
static void offer_singles(struct explorer *explorer, enum fate others, unsigned number)
{
    enum fate fates[PENDING_MAX];
    fill(fates, explorer->pending_count, others);
    offer(explorer, fates, number);
    for (size_t i = 0; i < explorer->pending_count; i++) {
        bool is_write =
            explorer->recording.operations[explorer->pending[i]].trace.what == TRACED_WRITE;
        for (int fate = KEPT; fate < (is_write ? FATES : TORN_ONE); fate++)
            if (fate != (int)others) {
                fates[i] = (enum fate)fate;
                offer(explorer, fates, number);
            }
        fates[i] = others;
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13; /* xorshift64, Marsaglia 2003 */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void offer_random(struct explorer *explorer, unsigned number)
{
    enum fate fates[PENDING_MAX];
    uint64_t random = (explorer->settings->seed + 1) * UINT64_C(0x9e3779b97f4a7c15) +
                      explorer->prefix * UINT64_C(0xbf58476d1ce4e5b9);
    for (int round = 0; round < RANDOM_STATES && explorer->pending_count > 1; round++) {
        for (size_t i = 0; i < explorer->pending_count; i++) {
            bool is_write =
                explorer->recording.operations[explorer->pending[i]].trace.what == TRACED_WRITE;
            uint64_t drawn = next_random(&random) >> 20;
            fates[i] = (enum fate)(drawn % (is_write ? FATES : TORN_ONE));
        }
        offer(explorer, fates, number);
    }
}

static bool has_enough(const struct explorer *explorer)
{
    return crew_has_enough(&explorer->settings->crew, explorer->tally);
}

static void explore(struct explorer *explorer, unsigned number)
{
    const struct recording *recording = &explorer->recording;
    for (size_t prefix = recording->restart; prefix <= recording->count && !has_enough(explorer);
         prefix++) {
        explorer->prefix = prefix;
        explorer->state = 0;
        explorer->pending_count = find_pending(&explorer->recording, prefix, explorer->pending);
        find_promised(&explorer->promised, &explorer->recording, &explorer->stand, prefix);
        offer_singles(explorer, LOST, number);
        offer_singles(explorer, KEPT, number);
        offer_random(explorer, number);
    }
}

static void explore_recording(struct explorer *explorer, uint64_t killed_at, unsigned number)
{
    explorer->killed_at = killed_at;
    record(&explorer->recording, &explorer->stand, killed_at);
    explore(explorer, number);
    free_recording(&explorer->recording);
}

/* Behind each call that alters something: behind the others there is nothing new to find. */
static void explore_killed(struct explorer *explorer, unsigned number)
{
    static uint32_t kinds[CONTROL_CALLS_MAX];
    static const uint32_t alters =
        CALL_WRITE | CALL_SYNC | CALL_RENAME | CALL_UNLINK | CALL_MKDIR | CALL_TRUNCATE;
    struct control *control = explorer->stand.daemon.control;
    control->list_calls = true;
    (void)stand_run(&explorer->stand, &(struct control_point){.action = CONTROL_NOTHING});
    control->list_calls = false;
    uint64_t count = control->calls;
    for (uint64_t i = 0; i < count; i++)
        kinds[i] = control->call[i].kind;
    const struct settings *settings = explorer->settings;
    size_t kills = 0;
    for (uint64_t at = 1; at <= count && !has_enough(explorer); at++) {
        if ((kinds[at - 1] & alters) == 0)
            continue;
        bool wanted = settings->alone ? at == settings->at
                                      : kills % settings->kills_every ==
                                            settings->crew.offset % settings->kills_every;
        kills++;
        if (wanted)
            explore_recording(explorer, at, number);
    }
}

static void work(const void *context, unsigned number, const char *path, struct crew_tally *tally)
{
    const struct assignment *assignment = context;
    struct explorer *explorer = calloc(1, sizeof *explorer);
    if (explorer == NULL)
        die("out of memory");
    explorer->settings = assignment->settings;
    explorer->tally = tally;
    stand_open(&explorer->stand, assignment->scenario, assignment->settings->crew.build, path);
    if (explorer->settings->killed)
        explore_killed(explorer, number);
    else
        explore_recording(explorer, 0, number);
    stand_close(&explorer->stand);
    volume_free(&explorer->promised);
    free(explorer);
}

static bool run(const struct scenario *scenario, const void *context)
{
    const struct settings *settings = context;
    struct assignment assignment = {scenario, settings};
    struct crew_tally alone = {0};
    if (!settings->alone)
        return crew_run(scenario->name, "crash states", settings->crew.jobs, settings->crew.work,
                        work, &assignment);
    crew_run_here(settings->crew.work, work, &assignment, &alone);
    return alone.tried == 1 && alone.bad == 0;
}

/* ---- main ---- */

static bool read_settings(struct settings *settings, int argc, char *argv[])
{
    static const struct option OPTIONS[] = {CREW_OPTIONS,
                                            {"seed", required_argument, NULL, 's'},
                                            {"prefix", required_argument, NULL, 'p'},
                                            {"state", required_argument, NULL, 'n'},
                                            {"killed", no_argument, NULL, 'k'},
                                            {"kills-every", required_argument, NULL, 'K'},
                                            {"at", required_argument, NULL, 'a'},
                                            {0}};
    for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;)
        switch (option) {
        case 's': settings->seed = strtoull(optarg, NULL, 10); break;
        case 'k': settings->killed = true; break;
        case 'K': settings->kills_every = strtoul(optarg, NULL, 10); break;
        case 'a': settings->at = strtoull(optarg, NULL, 10); break;
        case 'p': settings->prefix = strtoul(optarg, NULL, 10); break;
        case 'n':
            settings->state = strtoul(optarg, NULL, 10);
            settings->alone = true;
            break;
        default:
            if (!crew_set(&settings->crew, option, optarg))
                return false;
        }
    return settings->kills_every > 0;
}

int main(int argc, char *argv[])
{
    struct settings settings = {.crew = CREW_DEFAULTS, .kills_every = 1, .seed = 1};
    if (!read_settings(&settings, argc, argv)) {
        (void)fprintf(stderr,
                      "usage: crash_states [--killed [--kills-every N]] [--every N] [--offset N] "
                      "[--seed N] [--jobs N] "
                      "[--work DIR] [--build DIR] [--until-bad] [--prefix P --state N] "
                      "[SCENARIO ...]\n");
        return 64;
    }
    return scenarios_run(argv + optind, argc - optind, true, run, &settings);
}
