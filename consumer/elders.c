#include "consumer/elders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/condition.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/number.h"
#include "common/wait.h"

/* A second of the kernel's cache of attributes, one of the client's below it, and one to be sure.
 */
#define CACHES_SECONDS 3

struct elder {
    struct shard shard;
    int64_t gone_ns; /* since when it does not run; 0: it does */
};

struct elders {
    int results_fd;
    struct shard own;
    uint64_t ticket;
    int64_t linger_ns;
    struct elder *items;
    size_t count;
    struct condition some; /* of them are there */
};

/* Of which another machine may have written what this one's caches do not show yet. */
static bool is_shared_by_machines(int fd)
{
    static const unsigned KINDS[] = {FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC,  CEPH_SUPER_MAGIC,
                                     CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, V9FS_MAGIC};
    struct statfs status;
    if (fstatfs(fd, &status) != 0)
        return false;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if ((unsigned)status.f_type == KINDS[i])
            return true;
    return false;
}

/* ---- tickets ---- */

/* 0: there is none yet. */
static uint64_t read_ticket(int results_fd, struct shard shard)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status = {0};
    shard_lock_file(name, shard);
    /* Opened, since on a network file system a name alone may be answered from a cache. */
    int fd = openat(results_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return 0;
    bool good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    (void)close(fd);
    return good ? (uint64_t)status.st_size : 0;
}

static int drop_ticket(int lock_fd)
{
    struct stat status;
    if (fstat(lock_fd, &status) != 0)
        return -1;
    return status.st_size == 0 ? 0 : ftruncate(lock_fd, 0);
}

/* Cannot be told: then somebody may be there. */
static bool are_there_shards(int results_fd)
{
    return faccessat(results_fd, CONTRACT_SHARDS, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
           errno != ENOENT;
}

/* ---- everybody ---- */

/* Called with each shard that ever had a lock here, whether it runs or not. */
typedef void visit(void *context, struct shard shard);

/* False when they cannot be listed. */
static bool visit_all(int results_fd, visit *call, void *context)
{
    const struct dirent *entry = NULL;
    struct shard shard;
    call(context, SHARD_WHOLE);
    int fd = fileio_open_directory_at(results_fd, CONTRACT_SHARDS);
    if (fd < 0)
        return errno == ENOENT;
    DIR *directory = fileio_list(fd);
    (void)close(fd);
    if (directory == NULL)
        return false;
    while (errno = 0, (entry = readdir(directory)) != NULL)
        if (shard_of_file(entry->d_name, CONTRACT_SHARD_LOCK, &shard) && !shard_is_whole(shard))
            call(context, shard);
    bool whole = errno == 0;
    (void)closedir(directory);
    return whole;
}

struct highest {
    int results_fd;
    uint64_t ticket;
};

static void find_highest(void *context, struct shard shard)
{
    struct highest *highest = context;
    uint64_t ticket = read_ticket(highest->results_fd, shard);
    if (ticket > highest->ticket)
        highest->ticket = ticket;
}

struct anybody {
    int results_fd;
    struct shard but;
    bool found;
};

static void find_anybody(void *context, struct shard shard)
{
    struct anybody *anybody = context;
    if (!shard_is_same(shard, anybody->but) && shard_runs(anybody->results_fd, shard))
        anybody->found = true;
}

bool elders_anybody_runs(int results_fd, struct shard but)
{
    struct anybody anybody = {.results_fd = results_fd, .but = but};
    return !visit_all(results_fd, find_anybody, &anybody) || anybody.found;
}

/* ---- elders ---- */

/* Equal tickets were taken at the same time: then the smaller N, and the smaller I, goes first. */
static bool is_elder(const struct elders *elders, struct shard shard)
{
    struct shard own = elders->own;
    if (shard.count == own.count || !shard_runs(elders->results_fd, shard))
        return false;
    uint64_t ticket = read_ticket(elders->results_fd, shard);
    return ticket < elders->ticket || (ticket == elders->ticket && shard.count < own.count);
}

static bool is_known(const struct elders *elders, struct shard shard)
{
    for (size_t i = 0; i < elders->count; i++)
        if (shard_is_same(elders->items[i].shard, shard))
            return true;
    return false;
}

static void add_elder(void *context, struct shard shard)
{
    struct elders *elders = context;
    if (is_known(elders, shard) || !is_elder(elders, shard))
        return;
    struct elder *grown = reallocarray(elders->items, elders->count + 1, sizeof *grown);
    if (grown == NULL)
        return; /* at the next look */
    elders->items = grown;
    elders->items[elders->count++] = (struct elder){.shard = shard};
}

/* Its lock is gone at once for everybody, its last records are not there yet for all. */
static bool counts_still(const struct elders *elders, struct elder *elder, int64_t now_ns)
{
    if (is_elder(elders, elder->shard))
        elder->gone_ns = 0;
    else if (elder->gone_ns == 0)
        elder->gone_ns = now_ns;
    return elder->gone_ns == 0 || now_ns - elder->gone_ns < elders->linger_ns;
}

static void drop_gone(struct elders *elders)
{
    int64_t now_ns = clock_now_ns();
    size_t kept = 0;
    for (size_t i = 0; i < elders->count; i++)
        if (counts_still(elders, &elders->items[i], now_ns))
            elders->items[kept++] = elders->items[i];
    elders->count = kept;
}

static void tell(struct elders *elders)
{
    char words[SHARD_WORDS_SIZE];
    if (elders->count == 0) {
        condition_end(&elders->some);
        return;
    }
    shard_words(words, elders->items[0].shard);
    condition_begin(&elders->some,
                    "shard %s was there before and runs: batches that are its own are left to it",
                    words);
}

void elders_look(struct elders *elders)
{
    drop_gone(elders);
    (void)visit_all(elders->results_fd, add_elder, elders);
    tell(elders);
}

int elders_prepare(int results_fd, struct shard shard)
{
    if (shard_is_whole(shard))
        return 0;
    if (mkdirat(results_fd, CONTRACT_SHARDS, 0755) != 0 && errno != EEXIST)
        return -1;
    int fd = fileio_open_directory_at(results_fd, CONTRACT_SHARDS); /* a link is none */
    if (fd < 0)
        return -1;
    (void)close(fd);
    return fileio_sync_directory(results_fd);
}

/* Whoever ended just now, this shard on another machine included, has records that are to be seen.
 */
static void wait_for_caches(struct elders *elders)
{
    const int64_t pause_ns = CACHES_SECONDS * NUMBER_NS_PER_SECOND;
    if (!is_shared_by_machines(elders->results_fd))
        return;
    elders_linger(elders, pause_ns);
    (void)wait_for(NULL, 0, clock_now_ns() + pause_ns);
}

void elders_linger(struct elders *elders, int64_t linger_ns)
{
    elders->linger_ns = linger_ns;
}

struct elders *elders_enter(int results_fd, struct shard shard, int lock_fd)
{
    struct highest highest = {.results_fd = results_fd};
    struct elders *elders = calloc(1, sizeof *elders);
    if (elders == NULL)
        return NULL;
    elders->results_fd = results_fd;
    elders->own = shard;
    elders->some.over = "every shard of another number has ended: going on with all of one's own";
    /* What an earlier run has left there is no ticket of this one. */
    if (drop_ticket(lock_fd) != 0)
        goto fail;
    if (shard_is_whole(shard) && !are_there_shards(results_fd))
        return elders;
    if (!visit_all(results_fd, find_highest, &highest) ||
        ftruncate(lock_fd, (off_t)(highest.ticket + 1)) != 0)
        goto fail;
    elders->ticket = highest.ticket + 1;
    elders_look(elders);
    wait_for_caches(elders);
    return elders;
fail:
    elders_free(elders);
    return NULL;
}

void elders_free(struct elders *elders)
{
    if (elders == NULL)
        return;
    int saved_errno = errno;
    free(elders->items);
    free(elders);
    errno = saved_errno;
}

bool elders_own(const struct elders *elders, const char *key)
{
    for (size_t i = 0; i < elders->count; i++)
        if (shard_owns(elders->items[i].shard, key))
            return true;
    return false;
}
