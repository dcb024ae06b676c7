#include "consumer/discovery.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/fileio.h"
#include "common/number.h"
#include "common/text.h"

/* Without a change of the directory's mtime it is listed only so often: a guard, not the way. */
#define LISTING_EVERY 10
/* Two changes within one tick of the file system's clock leave the same mtime. */
#define MTIME_TICK_NS (100 * NUMBER_NS_PER_MS)

struct discovery {
    char *path;
    char *pattern;
    bool any_metadata; /* the pattern is the producer's own, and so is every metadata_*.json */
    int directory_fd;
    int inotify_fd;
    struct sighting **sightings; /* by contract_key_compare */
    size_t count, capacity;

    uint64_t listings;
    struct timespec listed_mtime; /* of the directory, when it was last listed */
    int64_t mtime_seen_ns;        /* when that mtime was first met */
    int64_t listed_ns;
    unsigned looks_since_listing;
    bool list_again;
};

struct discovery *discovery_create(const char *path, const char *pattern)
{
    struct discovery *discovery = calloc(1, sizeof *discovery);
    if (discovery == NULL)
        return NULL;
    discovery->directory_fd = discovery->inotify_fd = -1;
    discovery->any_metadata = strcmp(pattern, CONTRACT_DATA_PATTERN) == 0;
    discovery->path = strdup(path);
    discovery->pattern = strdup(pattern);
    if (discovery->path == NULL || discovery->pattern == NULL) {
        discovery_free(discovery);
        return NULL;
    }
    return discovery;
}

static void close_directory(struct discovery *discovery)
{
    int saved_errno = errno;
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
    for (size_t i = 0; i < discovery->count; i++)
        free(discovery->sightings[i]);
    free(discovery->sightings);
    free(discovery->path);
    free(discovery->pattern);
    free(discovery);
}

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

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_signature(const struct signature *a, const struct signature *b)
{
    if (!a->there || !b->there)
        return a->there == b->there;
    return a->mode == b->mode && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && same_time(&a->modified, &b->modified) &&
           same_time(&a->changed, &b->changed);
}

/* A file that cannot be looked at is one that is there: opening it will tell what is the matter. */
static void read_signature(int directory_fd, const char *name, struct signature *signature)
{
    struct stat status;
    if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        *signature = (struct signature){.there = errno != ENOENT};
        return;
    }
    *signature = (struct signature){.there = true,
                                    .mode = status.st_mode,
                                    .device = status.st_dev,
                                    .inode = status.st_ino,
                                    .size = status.st_size,
                                    .modified = status.st_mtim,
                                    .changed = status.st_ctim};
}

static void refresh_file(struct sighting *sighting, int directory_fd, const char *name,
                         struct signature *known, int64_t now_ns)
{
    struct signature now = *known;
    read_signature(directory_fd, name, &now);
    if (same_signature(&now, known))
        return;
    *known = now;
    sighting->unchanged_since_ns = now_ns;
    sighting->next_try_ns = 0;
    if (sighting->decided)
        sighting->waiting_since_ns = now_ns;
    sighting->decided = false;
    sighting->changed_in_flight = sighting->in_flight;
}

static void refresh(struct discovery *discovery, struct sighting *sighting, int64_t now_ns)
{
    /* Metadata first: it is renamed into place last, so data read after it is complete. */
    refresh_file(sighting, discovery->directory_fd, sighting->metadata_name, &sighting->metadata,
                 now_ns);
    refresh_file(sighting, discovery->directory_fd, sighting->data_name, &sighting->data, now_ns);
}

/* Where the key is, or belongs. */
static size_t find_place(const struct discovery *discovery, const char *key, bool *found)
{
    size_t low = 0;
    size_t high = discovery->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = contract_key_compare(discovery->sightings[middle]->key, key);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool grow(struct discovery *discovery)
{
    if (discovery->count < discovery->capacity)
        return true;
    size_t capacity = discovery->capacity == 0 ? 64 : discovery->capacity * 2;
    struct sighting **sightings = realloc(discovery->sightings, capacity * sizeof(void *));
    if (sightings == NULL)
        return false;
    discovery->sightings = sightings;
    discovery->capacity = capacity;
    return true;
}

/* The name that belongs to the key under the pattern: its '*' replaced. */
static void data_name(const struct discovery *discovery, const char *key,
                      char name[CONTRACT_NAME_SIZE])
{
    const char *star = strchr(discovery->pattern, '*');
    (void)snprintf(name, CONTRACT_NAME_SIZE, "%.*s%s%s", (int)(star - discovery->pattern),
                   discovery->pattern, key, star + 1);
}

static struct sighting *add(struct discovery *discovery, size_t place, const char *key,
                            int64_t now_ns)
{
    struct sighting *sighting = grow(discovery) ? calloc(1, sizeof *sighting) : NULL;
    if (sighting == NULL)
        return NULL;
    memcpy(sighting->key, key, strlen(key) + 1);
    data_name(discovery, key, sighting->data_name);
    contract_metadata_name(sighting->metadata_name, key);
    sighting->waiting_since_ns = sighting->unchanged_since_ns = now_ns;
    memmove(discovery->sightings + place + 1, discovery->sightings + place,
            (discovery->count - place) * sizeof(void *));
    discovery->sightings[place] = sighting;
    discovery->count++;
    return sighting;
}

static bool key_of(const struct discovery *discovery, const char *name,
                   char key[CONTRACT_KEY_MAX + 1])
{
    /* Of a name that is not UTF-8 the log could not hold the key. */
    return (contract_match(discovery->pattern, name, key) ||
            contract_match(CONTRACT_METADATA_PATTERN, name, key)) &&
           text_is_utf8(key, strlen(key));
}

/* Looks at the batch that a name belongs to, if it is one's. Once a listing at most. */
static void meet(struct discovery *discovery, const char *name, uint64_t listing, int64_t now_ns)
{
    char key[CONTRACT_KEY_MAX + 1];
    bool found;
    if (!key_of(discovery, name, key))
        return;
    size_t place = find_place(discovery, key, &found);
    /* Metadata without data is a batch on its way only where all metadata is of our batches. */
    if (!found && !discovery->any_metadata && !contract_match(discovery->pattern, name, key))
        return;
    struct sighting *sighting =
        found ? discovery->sightings[place] : add(discovery, place, key, now_ns);
    if (sighting == NULL) {
        discovery->list_again = true; /* memory was short: met again at the next look */
        return;
    }
    if (listing != 0 && sighting->listing == listing)
        return;
    sighting->listing = listing == 0 ? discovery->listings : listing;
    refresh(discovery, sighting, now_ns);
}

static void forget_gone(struct discovery *discovery)
{
    size_t kept = 0;
    for (size_t i = 0; i < discovery->count; i++) {
        struct sighting *sighting = discovery->sightings[i];
        if (!sighting->data.there && !sighting->metadata.there && !sighting->in_flight)
            free(sighting);
        else
            discovery->sightings[kept++] = sighting;
    }
    discovery->count = kept;
}

static int list(struct discovery *discovery, int64_t now_ns)
{
    int fd = openat(discovery->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    struct dirent *entry;
    discovery->list_again = false;
    discovery->listings++;
    while (errno = 0, (entry = readdir(stream)) != NULL)
        meet(discovery, entry->d_name, discovery->listings, now_ns);
    int error = errno;
    (void)closedir(stream);
    errno = error;
    if (error != 0)
        return -1;
    for (size_t i = 0; i < discovery->count; i++)
        if (discovery->sightings[i]->listing != discovery->listings)
            refresh(discovery, discovery->sightings[i], now_ns);
    forget_gone(discovery);
    discovery->listed_ns = now_ns;
    discovery->looks_since_listing = 0;
    return 0;
}

static bool listing_is_due(struct discovery *discovery, const struct stat *status, int64_t now_ns)
{
    if (!same_time(&status->st_mtim, &discovery->listed_mtime)) {
        discovery->listed_mtime = status->st_mtim;
        discovery->mtime_seen_ns = now_ns;
        return true;
    }
    return discovery->list_again ||
           discovery->listed_ns - discovery->mtime_seen_ns < MTIME_TICK_NS ||
           ++discovery->looks_since_listing >= LISTING_EVERY;
}

/* True when events were lost, or the watched directory is no longer the one of that name. */
static bool take_events(struct discovery *discovery, int64_t now_ns)
{
    _Alignas(struct inotify_event) char buffer[16 * 1024];
    bool lost = false;
    if (discovery->inotify_fd < 0)
        return false;
    for (;;) {
        ssize_t length = read(discovery->inotify_fd, buffer, sizeof buffer);
        if (length <= 0)
            return lost;
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const void *)(buffer + at);
            if ((event->mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_UNMOUNT)) != 0)
                lost = true;
            if (event->len > 0)
                meet(discovery, event->name, 0, now_ns);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
}

static void refresh_undecided(struct discovery *discovery, int64_t now_ns)
{
    for (size_t i = 0; i < discovery->count; i++)
        if (!discovery->sightings[i]->decided)
            refresh(discovery, discovery->sightings[i], now_ns);
}

/* A directory that was replaced under its name (a new mount, say) is opened anew. */
static bool still_the_same(const struct discovery *discovery, const struct stat *by_name)
{
    struct stat opened;
    return fstat(discovery->directory_fd, &opened) == 0 && opened.st_dev == by_name->st_dev &&
           opened.st_ino == by_name->st_ino;
}

int discovery_look(struct discovery *discovery, enum discovery_look why, int64_t now_ns)
{
    struct stat status;
    if (stat(discovery->path, &status) != 0)
        goto fail;
    if (discovery->directory_fd >= 0 && !still_the_same(discovery, &status))
        close_directory(discovery);
    if (open_directory(discovery) != 0)
        goto fail;
    if (take_events(discovery, now_ns))
        discovery->list_again = true;
    if (why == DISCOVERY_HINT && !discovery->list_again)
        return 0;
    if (!listing_is_due(discovery, &status, now_ns)) {
        refresh_undecided(discovery, now_ns);
        return 0;
    }
    if (list(discovery, now_ns) == 0)
        return 0;
fail:
    close_directory(discovery);
    return -1;
}

int discovery_fd(const struct discovery *discovery)
{
    return discovery->inotify_fd;
}

int discovery_directory(const struct discovery *discovery)
{
    return discovery->directory_fd;
}

size_t discovery_count(const struct discovery *discovery)
{
    return discovery->count;
}

struct sighting *discovery_at(const struct discovery *discovery, size_t index)
{
    return discovery->sightings[index];
}
