#include "consumer/batch/discovery.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fileio.h"
#include "common/number.h"
#include "common/wait.h"

/* Without a change of the directory's mtime it is listed only so often: a guard, not the way. */
#define LISTING_EVERY 10
/* Of the time at most a two-hundredth goes into listings that nothing calls for. */
#define LISTING_PACE 200
/* Two changes within one tick of the file system's clock leave the same mtime. */
#define MTIME_TICK_NS (100 * NUMBER_NS_PER_MS)
/* The longest that there are: MooseFS counts whole seconds, FAT every other one. */
#define COARSE_TICK_NS (2 * NUMBER_NS_PER_SECOND)
/* Each look takes so many buffers of events at most: somebody may write without end. */
#define EVENT_BUFFERS 8
/* Between two portions of what is compared after a start. */
#define VERIFY_PAUSE_NS (20 * NUMBER_NS_PER_MS)

struct discovery {
    char *path;
    uint64_t names_at_once;
    struct sightings *sightings;
    int directory_fd;
    int inotify_fd;

    DIR *listing; /* under way */
    int64_t listing_began_ns;
    int64_t listing_took_ns;      /* reading it, by our own clock */
    struct timespec listed_mtime; /* of the directory, when it was last listed */
    int64_t mtime_seen_ns;        /* when that mtime was first met */
    int64_t listed_ns;
    bool changed;     /* since the last listing began, */
    bool change_told; /* and events have told of it */
    bool list_again;  /* at once: events were lost */
    unsigned looks_since_listing;
    int64_t verified_ns;
};

struct discovery *discovery_create(const struct discovery_options *options)
{
    struct discovery *discovery = calloc(1, sizeof *discovery);
    if (discovery == NULL)
        return NULL;
    discovery->directory_fd = discovery->inotify_fd = -1;
    discovery->names_at_once = options->names_at_once;
    discovery->path = strdup(options->path);
    discovery->sightings =
        sightings_create(options->pattern, options->shard, options->is_processed, options->context);
    if (discovery->path != NULL && discovery->sightings != NULL)
        return discovery;
    discovery_free(discovery);
    return NULL;
}

static void end_listing(struct discovery *discovery)
{
    if (discovery->listing != NULL)
        (void)closedir(discovery->listing);
    discovery->listing = NULL;
}

static void close_directory(struct discovery *discovery)
{
    int saved_errno = errno;
    end_listing(discovery);
    if (discovery->directory_fd >= 0)
        (void)close(discovery->directory_fd);
    if (discovery->inotify_fd >= 0)
        (void)close(discovery->inotify_fd);
    discovery->directory_fd = discovery->inotify_fd = -1;
    errno = saved_errno;
}

void discovery_free(struct discovery *discovery)
{
    if (discovery == NULL)
        return;
    close_directory(discovery);
    sightings_free(discovery->sightings);
    free(discovery->path);
    free(discovery);
}

/* ---- opening ---- */

/* Watched before it is listed, so that nothing falls between the two. */
static void watch(struct discovery *discovery)
{
    const uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY |
                            IN_ATTRIB | IN_CREATE | IN_ONLYDIR;
    discovery->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (discovery->inotify_fd < 0)
        return;
    if (inotify_add_watch(discovery->inotify_fd, discovery->path, events) < 0) {
        (void)close(discovery->inotify_fd);
        discovery->inotify_fd = -1;
    }
}

static int open_directory(struct discovery *discovery)
{
    if (discovery->directory_fd >= 0)
        return 0;
    discovery->directory_fd = fileio_open_directory(discovery->path);
    if (discovery->directory_fd < 0)
        return -1;
    watch(discovery);
    discovery->list_again = true;
    return 0;
}

/* ---- listing ---- */

static int begin_listing(struct discovery *discovery, int64_t now_ns)
{
    discovery->listing = fileio_list(discovery->directory_fd);
    if (discovery->listing == NULL)
        return -1;
    sightings_begin(discovery->sightings);
    discovery->listing_began_ns = now_ns;
    discovery->listing_took_ns = 0;
    discovery->list_again = discovery->changed = discovery->change_told = false;
    return 0;
}

/* An mtime without a fraction is, but for once in a long while, of a clock that has none. */
static int64_t tick_ns(const struct timespec *mtime)
{
    return mtime->tv_nsec == 0 ? COARSE_TICK_NS : MTIME_TICK_NS;
}

static void finish_listing(struct discovery *discovery, int64_t now_ns)
{
    end_listing(discovery);
    sightings_forget(discovery->sightings, discovery->directory_fd, now_ns);
    discovery->listed_ns = now_ns;
    discovery->looks_since_listing = 0;
    /* A change within the same tick as the one before does not show in the mtime. */
    if (discovery->listing_began_ns - discovery->mtime_seen_ns < tick_ns(&discovery->listed_mtime))
        discovery->changed = true;
}

/* Reads the next names; 1 when there are more, 0 at the end, -1 with errno. */
static int list_some(struct discovery *discovery, int64_t now_ns)
{
    const struct dirent *entry = NULL;
    uint64_t names = 0;
    bool kept = true;
    while (names < discovery->names_at_once &&
           (errno = 0, entry = readdir(discovery->listing)) != NULL) {
        names++;
        kept = sightings_list(discovery->sightings, entry->d_name, now_ns) && kept;
    }
    if (entry == NULL && errno != 0)
        return -1;
    if (sightings_merge(discovery->sightings, discovery->directory_fd, now_ns) && kept)
        return entry == NULL ? 0 : 1;
    errno = ENOMEM; /* what is not in memory is not what is not there */
    return -1;
}

static int list(struct discovery *discovery, int64_t now_ns)
{
    int64_t began_ns = clock_now_ns();
    if (discovery->listing == NULL && begin_listing(discovery, now_ns) != 0)
        return -1;
    int more = list_some(discovery, now_ns);
    if (more < 0) {
        int saved_errno = errno;
        end_listing(discovery);
        errno = saved_errno;
        return -1;
    }
    if (more == 0)
        finish_listing(discovery, now_ns);
    discovery->listing_took_ns += clock_now_ns() - began_ns;
    return 0;
}

static void note_mtime(struct discovery *discovery, const struct stat *status, int64_t now_ns)
{
    const struct timespec *mtime = &status->st_mtim;
    if (mtime->tv_sec == discovery->listed_mtime.tv_sec &&
        mtime->tv_nsec == discovery->listed_mtime.tv_nsec)
        return;
    discovery->listed_mtime = *mtime;
    discovery->mtime_seen_ns = now_ns;
    discovery->changed = true;
}

static bool listing_is_due(const struct discovery *discovery, int64_t now_ns)
{
    bool paced = now_ns - discovery->listed_ns >= LISTING_PACE * discovery->listing_took_ns;
    if (discovery->list_again || (discovery->changed && !discovery->change_told))
        return true;
    return paced && (discovery->changed || discovery->looks_since_listing >= LISTING_EVERY);
}

/* ---- being told ---- */

/* True when events were lost, or the watched directory is no longer the one of that name. */
static bool take_event(struct discovery *discovery, const struct inotify_event *event,
                       int64_t now_ns)
{
    discovery->change_told = true;
    return (event->len > 0 &&
            !sightings_look(discovery->sightings, discovery->directory_fd, event->name, now_ns)) ||
           (event->mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_UNMOUNT)) != 0;
}

/* What is left over keeps discovery_fd() readable, and the next look takes it. */
static void take_events(struct discovery *discovery, int64_t now_ns)
{
    _Alignas(struct inotify_event) char buffer[16 * 1024];
    ssize_t length = 0;
    for (int i = 0; i < EVENT_BUFFERS && discovery->inotify_fd >= 0; i++) {
        length = read(discovery->inotify_fd, buffer, sizeof buffer);
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const void *)(buffer + at);
            if (take_event(discovery, event, now_ns))
                discovery->list_again = true;
            at += (ssize_t)(sizeof *event + event->len);
        }
        if (length <= 0)
            return;
    }
}

/* ---- looking ---- */

static void refresh(struct discovery *discovery, enum discovery_look why, int64_t now_ns)
{
    if (why == DISCOVERY_POLL)
        sightings_refresh(discovery->sightings, discovery->directory_fd, now_ns);
    else if (now_ns < discovery_deadline(discovery))
        return;
    else
        sightings_verify(discovery->sightings, discovery->directory_fd, now_ns);
    discovery->verified_ns = now_ns;
}

int discovery_look(struct discovery *discovery, enum discovery_look why, int64_t now_ns)
{
    struct stat status;
    if (stat(discovery->path, &status) != 0)
        goto fail;
    if (discovery->directory_fd >= 0 && !fileio_is_same(discovery->directory_fd, &status))
        close_directory(discovery);
    if (open_directory(discovery) != 0)
        goto fail;
    take_events(discovery, now_ns);
    if (why == DISCOVERY_POLL) {
        note_mtime(discovery, &status, now_ns);
        discovery->looks_since_listing++;
        sightings_compact(discovery->sightings);
    }
    bool may_list = why == DISCOVERY_POLL || discovery->list_again;
    if (discovery->listing != NULL || (may_list && listing_is_due(discovery, now_ns)))
        if (list(discovery, now_ns) != 0)
            goto fail;
    if (discovery->listing == NULL)
        refresh(discovery, why, now_ns);
    return 0;
fail:
    close_directory(discovery);
    return -1;
}

int discovery_fd(const struct discovery *discovery)
{
    return discovery->inotify_fd;
}

int64_t discovery_deadline(const struct discovery *discovery)
{
    if (discovery->listing != NULL)
        return 0;
    return sightings_unverified(discovery->sightings) > 0 ? discovery->verified_ns + VERIFY_PAUSE_NS
                                                          : WAIT_FOREVER;
}

int discovery_directory(const struct discovery *discovery)
{
    return discovery->directory_fd;
}

uint64_t discovery_skipped(const struct discovery *discovery)
{
    return sightings_skipped(discovery->sightings);
}

size_t discovery_count(const struct discovery *discovery)
{
    return sightings_count(discovery->sightings);
}

struct sighting *discovery_at(const struct discovery *discovery, size_t index)
{
    return sightings_at(discovery->sightings, index);
}
