#include "common/fileio_group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/wait.h"

/* What is longer is written in slices of this; a slow disk takes some tenths of a second for two.
 */
#define SLICE_BYTES ((size_t)16 * 1024 * 1024)

struct grouped_file {
    char name[CONTRACT_NAME_SIZE];
    int fd; /* of its temporary; -1 once that was closed */
};

struct fileio_group {
    int directory_fd;
    struct pool *pool;
    size_t count, capacity;
    size_t begun; /* of them, the first so many, are under way */
    bool in_threads;
    /* What those who flush share: */
    atomic_size_t next;    /* file that nobody has taken yet */
    atomic_size_t flushed; /* files */
    atomic_int failure;    /* errno of what failed; then nobody takes another */
    bool renamed;          /* all of them, and the directory is flushed */
    const char *failed;    /* name of the file that could not be made durable, if it was one */
    struct grouped_file files[];
};

struct fileio_group *fileio_group_create(int directory_fd, size_t capacity, struct pool *pool)
{
    struct fileio_group *group = calloc(1, sizeof *group + capacity * sizeof(struct grouped_file));
    if (group != NULL) {
        group->directory_fd = directory_fd;
        group->capacity = capacity;
        group->pool = pool;
    }
    return group;
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

/* Is waited for, so that the flush at the end finds little left; what went wrong is known at once.
 */
static int write_slice_out(int fd, off_t at, size_t length)
{
    const unsigned now = SYNC_FILE_RANGE_WRITE;
    const unsigned done = SYNC_FILE_RANGE_WAIT_BEFORE | now | SYNC_FILE_RANGE_WAIT_AFTER;
    off_t before = at >= (off_t)SLICE_BYTES ? at - (off_t)SLICE_BYTES : at;
    if (sync_file_range(fd, at, (off_t)length, now) == 0 &&
        (before == at || sync_file_range(fd, before, (off_t)SLICE_BYTES, done) == 0))
        return 0;
    return errno == ENOSYS || errno == EINVAL || errno == ESPIPE ? 0 : -1; /* not known there */
}

/* In slices, between which the program may end: a gigabyte takes a disk some seconds. */
static int write_in_slices(int fd, const char *bytes, size_t length)
{
    for (size_t at = 0, slice; at < length; at += slice) {
        slice = length - at < SLICE_BYTES ? length - at : SLICE_BYTES;
        errno = EINTR;
        if (at > 0 && wait_stopping())
            return -1;
        if (fileio_append(fd, bytes + at, slice) != 0 || write_slice_out(fd, (off_t)at, slice) != 0)
            return -1;
    }
    return 0;
}

static int write_long(int directory_fd, const char *name, const void *bytes, size_t length)
{
    int fd = fileio_create_temporary(directory_fd, name);
    if (fd < 0 || write_in_slices(fd, bytes, length) == 0)
        return fd;
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno;
    fileio_remove_temporary(directory_fd, name);
    return -1;
}

int fileio_group_add(struct fileio_group *group, const char *name, const void *bytes, size_t length)
{
    if (group->count == group->capacity) {
        errno = ENOBUFS;
        return -1;
    }
    struct grouped_file *file = &group->files[group->count];
    file->fd = length > SLICE_BYTES
                   ? write_long(group->directory_fd, name, bytes, length)
                   : fileio_write_temporary(group->directory_fd, name, bytes, length);
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

static int rename_all(struct fileio_group *group)
{
    for (size_t i = 0; i < group->begun; i++) {
        group->failed = group->files[i].name;
        if (fileio_rename_temporary(group->directory_fd, group->failed) != 0)
            return -1;
    }
    group->failed = NULL;
    return fileio_sync_directory(group->directory_fd);
}

/* The first one stands. */
static void note_failure(struct fileio_group *group, const char *name)
{
    int none = 0;
    if (atomic_compare_exchange_strong(&group->failure, &none, errno == 0 ? EIO : errno))
        group->failed = name;
}

/*
 * Each fsync waits until the disk has emptied its cache, and one after the other they wait for
 * that a hundred times. Under way at the same time they are answered by a few emptyings
 * together. Whoever flushed the last file finds all of them flushed, and gives them their names.
 */
static void make_durable(void *pointer)
{
    struct fileio_group *group = pointer;
    for (size_t i; (i = atomic_fetch_add(&group->next, 1)) < group->begun;) {
        if (atomic_load(&group->failure) != 0)
            break;
        if (flush_file(&group->files[i]) != 0)
            note_failure(group, group->files[i].name);
        else if (atomic_fetch_add(&group->flushed, 1) + 1 < group->begun)
            continue;
        else if (rename_all(group) == 0)
            group->renamed = true;
        else
            note_failure(group, group->failed);
    }
}

/* ---- committing ---- */

static void begin(struct fileio_group *group, bool in_threads)
{
    group->begun = group->count;
    atomic_store(&group->next, 0);
    atomic_store(&group->flushed, 0);
    atomic_store(&group->failure, 0);
    group->renamed = false;
    group->failed = NULL;
    group->in_threads = in_threads;
    if (in_threads)
        pool_start(group->pool, make_durable, group);
}

/* Behind it nobody else touches the group. */
static void join(struct fileio_group *group)
{
    if (group->in_threads)
        pool_join(group->pool);
    else
        make_durable(group);
    group->in_threads = false;
}

static bool is_large(const struct fileio_group *group)
{
    return group->pool != NULL && group->count >= FILEIO_GROUP_THREADS;
}

bool fileio_group_begin(struct fileio_group *group)
{
    if (!is_large(group))
        return false;
    begin(group, true);
    return true;
}

int fileio_group_finish(struct fileio_group *group)
{
    if (group->begun == 0)
        return 0;
    join(group);
    if (group->renamed) {
        group->count -= group->begun;
        memmove(group->files, group->files + group->begun, group->count * sizeof *group->files);
        group->begun = 0;
        return 0;
    }
    errno = atomic_load(&group->failure);
    fileio_group_abandon(group);
    return -1;
}

int fileio_group_commit(struct fileio_group *group)
{
    if (fileio_group_finish(group) != 0)
        return -1;
    group->failed = NULL;
    if (group->count > 0)
        begin(group, is_large(group));
    return fileio_group_finish(group);
}

const char *fileio_group_failed(const struct fileio_group *group)
{
    return group->failed;
}

/* ---- dropping ---- */

/* What was begun need not be ended, but nobody may be in the middle of it. */
void fileio_group_abandon(struct fileio_group *group)
{
    int saved_errno = errno;
    if (group->begun > 0 && group->in_threads) {
        atomic_store(&group->failure, ECANCELED);
        join(group);
    }
    for (size_t i = 0; i < group->count; i++) {
        if (group->files[i].fd >= 0)
            (void)close(group->files[i].fd);
        fileio_remove_temporary(group->directory_fd, group->files[i].name);
    }
    group->count = group->begun = 0;
    errno = saved_errno;
}

void fileio_group_free(struct fileio_group *group)
{
    if (group == NULL)
        return;
    fileio_group_abandon(group);
    free(group);
}
