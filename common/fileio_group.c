#include "common/fileio_group.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"

/* Besides the caller. Any number from 4 to 16 gave the same within the noise, and several times
 * what one gave. */
#define FLUSH_THREADS 7
#define FLUSH_STACK_BYTES ((size_t)128 * 1024)

struct grouped_file {
    char name[CONTRACT_NAME_SIZE];
    int fd; /* of its temporary; -1 once that was closed */
};

struct fileio_group {
    int directory_fd;
    size_t count, capacity;
    const char *failed; /* name of the file that a commit could not make durable, if it was one */
    struct grouped_file files[];
};

struct fileio_group *fileio_group_create(int directory_fd, size_t capacity)
{
    struct fileio_group *group = calloc(1, sizeof *group + capacity * sizeof(struct grouped_file));
    if (group != NULL) {
        group->directory_fd = directory_fd;
        group->capacity = capacity;
    }
    return group;
}

void fileio_group_abandon(struct fileio_group *group)
{
    int saved_errno = errno;
    for (size_t i = 0; i < group->count; i++) {
        if (group->files[i].fd >= 0)
            (void)close(group->files[i].fd);
        fileio_remove_temporary(group->directory_fd, group->files[i].name);
    }
    group->count = 0;
    errno = saved_errno;
}

void fileio_group_free(struct fileio_group *group)
{
    if (group == NULL)
        return;
    fileio_group_abandon(group);
    free(group);
}

size_t fileio_group_affordable(size_t most, size_t elsewhere, size_t each)
{
    struct rlimit descriptors;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0 ||
        descriptors.rlim_cur < (rlim_t)(elsewhere + each))
        return 1;
    rlim_t affordable = (descriptors.rlim_cur - (rlim_t)elsewhere) / (rlim_t)each;
    return affordable < (rlim_t)most ? (size_t)affordable : most;
}

size_t fileio_group_room(const struct fileio_group *group)
{
    return group->capacity - group->count;
}

/*
 * The kernel is asked to begin writing at once, and not to wait for it: then the blocks of all
 * files are allocated by the time the first is flushed, one commit of the journal holds them
 * all, and the flushes behind it find nothing left to do. It promises nothing by itself.
 */
static void begin_writing(int fd)
{
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int fileio_group_add(struct fileio_group *group, const char *name, const void *bytes, size_t length)
{
    if (group->count == group->capacity) {
        errno = ENOBUFS;
        return -1;
    }
    struct grouped_file *file = &group->files[group->count];
    file->fd = fileio_write_temporary(group->directory_fd, name, bytes, length);
    if (file->fd < 0)
        return -1;
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    group->count++;
    if (group->capacity > 1)
        begin_writing(file->fd);
    return 0;
}

/* A failed close may be a failed write, as on network file systems. */
static int flush_file(struct grouped_file *file)
{
    int fd = file->fd;
    if (fsync(fd) != 0)
        return -1;
    file->fd = -1;
    return close(fd);
}

/* What the threads of one commit share. */
struct flushing {
    struct fileio_group *group;
    atomic_size_t next; /* file that nobody has taken yet */
    atomic_int failure; /* errno of a flush that failed; then nobody takes another */
};

/* The first one stands. */
static void note_failure(struct flushing *flushing, const struct grouped_file *file)
{
    int none = 0;
    if (atomic_compare_exchange_strong(&flushing->failure, &none, errno == 0 ? EIO : errno))
        flushing->group->failed = file->name;
}

static void *flush_files(void *pointer)
{
    struct flushing *flushing = pointer;
    struct fileio_group *group = flushing->group;
    for (size_t i; (i = atomic_fetch_add(&flushing->next, 1)) < group->count;) {
        if (atomic_load(&flushing->failure) != 0)
            break;
        if (flush_file(&group->files[i]) != 0)
            note_failure(flushing, &group->files[i]);
    }
    return NULL;
}

/* Signals are the caller's: a thread that took one would do so in the middle of a flush. */
static size_t start_threads(struct flushing *flushing, pthread_t threads[FLUSH_THREADS])
{
    size_t count = 0;
    sigset_t all;
    sigset_t before;
    pthread_attr_t attributes;
    (void)sigfillset(&all);
    if (pthread_attr_init(&attributes) != 0)
        return 0;
    (void)pthread_attr_setstacksize(&attributes, FLUSH_STACK_BYTES);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (count < FLUSH_THREADS &&
           pthread_create(&threads[count], &attributes, flush_files, flushing) == 0)
        count++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return count;
}

/*
 * Each fsync waits until the disk has emptied its cache, and one after the other they wait for
 * that a hundred times. Under way at the same time they are answered by a few emptyings
 * together. Where there is no thread to be had, the caller does it all.
 */
static int flush_all(struct fileio_group *group)
{
    struct flushing flushing = {.group = group};
    pthread_t threads[FLUSH_THREADS];
    size_t count = group->count >= FLUSH_THREADS ? start_threads(&flushing, threads) : 0;
    (void)flush_files(&flushing);
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    errno = atomic_load(&flushing.failure);
    return errno == 0 ? 0 : -1;
}

static int rename_all(struct fileio_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        group->failed = group->files[i].name;
        if (fileio_rename_temporary(group->directory_fd, group->failed) != 0)
            return -1;
    }
    group->failed = NULL;
    return 0;
}

int fileio_group_commit(struct fileio_group *group)
{
    group->failed = NULL;
    if (group->count == 0)
        return 0;
    if (flush_all(group) == 0 && rename_all(group) == 0 &&
        fileio_sync_directory(group->directory_fd) == 0) {
        group->count = 0;
        return 0;
    }
    fileio_group_abandon(group);
    return -1;
}

const char *fileio_group_failed(const struct fileio_group *group)
{
    return group->failed;
}
