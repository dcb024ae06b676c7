#include "common/fileio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/contract.h"

/* Besides the caller. Any number from 4 to 16 gave the same within the noise, and several times
 * what one gave. */
#define FLUSH_THREADS 7
#define FLUSH_STACK_BYTES ((size_t)128 * 1024)

int fileio_hold_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 ? -1 : close(fd);
}

int fileio_open_directory(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void close_quietly(int fd)
{
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno;
}

static bool is_plain(const struct stat *status)
{
    return S_ISREG(status->st_mode) && status->st_nlink <= 1;
}

/*
 * Looked at before it is opened, because opening a device or a pipe already
 * does something; looked at again afterwards, because it may have been replaced
 * in between. O_NONBLOCK covers that gap and files under a lease.
 */
enum fileio_opened fileio_open_input(int directory_fd, const char *name, int *fd,
                                     struct stat *status)
{
    if (fstatat(directory_fd, name, status, AT_SYMLINK_NOFOLLOW) != 0)
        return FILEIO_UNAVAILABLE;
    if (!is_plain(status))
        return FILEIO_NOT_REGULAR;
    ino_t looked_at = status->st_ino;
    int opened =
        openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (opened < 0)
        return FILEIO_UNAVAILABLE;
    if (fstat(opened, status) != 0) {
        close_quietly(opened);
        return FILEIO_UNAVAILABLE;
    }
    if (!is_plain(status) || status->st_ino != looked_at) {
        (void)close(opened);
        errno = ESTALE;
        return FILEIO_UNAVAILABLE;
    }
    *fd = opened;
    return FILEIO_OPENED;
}

ssize_t fileio_read_at(int fd, void *buffer, size_t size, off_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t count = pread(fd, (char *)buffer + done, size - done, offset + (off_t)done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        done += (size_t)count;
    }
    return (ssize_t)done;
}

int fileio_read_whole(int fd, size_t maximum, char **bytes, size_t *length)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return -1;
    if (status.st_size < 0 || (uintmax_t)status.st_size > maximum) {
        errno = EFBIG;
        return -1;
    }
    size_t size = (size_t)status.st_size;
    char *buffer = malloc(size + 1);
    if (buffer == NULL)
        return -1;
    ssize_t count = fileio_read_at(fd, buffer, size, 0);
    if (count < 0) {
        int saved_errno = errno;
        free(buffer);
        errno = saved_errno;
        return -1;
    }
    buffer[count] = '\0';
    *bytes = buffer;
    *length = (size_t)count;
    return 0;
}

static int write_all(int fd, const void *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t count = write(fd, (const char *)bytes + done, length - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        done += (size_t)count;
    }
    return 0;
}

/* ---- files that appear whole ---- */

static bool temporary_name(char temporary[CONTRACT_NAME_SIZE], const char *name)
{
    int needed = snprintf(temporary, CONTRACT_NAME_SIZE, ".%s.tmp", name);
    if (needed > 0 && needed < CONTRACT_NAME_SIZE)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

static void remove_quietly(int directory_fd, const char *name)
{
    int saved_errno = errno;
    (void)unlinkat(directory_fd, name, 0);
    errno = saved_errno;
}

/* The open temporary that holds the bytes, not yet flushed; -1, and none is left. */
static int write_temporary(int directory_fd, const char *temporary, const void *bytes,
                           size_t length)
{
    int fd = openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                    0644);
    if (fd < 0 || write_all(fd, bytes, length) == 0)
        return fd;
    close_quietly(fd);
    remove_quietly(directory_fd, temporary);
    return -1;
}

int fileio_replace(int directory_fd, const char *name, const void *bytes, size_t length,
                   enum fileio_flush flush)
{
    char temporary[CONTRACT_NAME_SIZE];
    if (!temporary_name(temporary, name))
        return -1;
    int fd = write_temporary(directory_fd, temporary, bytes, length);
    if (fd < 0)
        return -1;
    bool flushed = flush == FILEIO_DERIVED || fsync(fd) == 0;
    if (!flushed)
        close_quietly(fd);
    if (flushed && close(fd) == 0 && renameat(directory_fd, temporary, directory_fd, name) == 0)
        return 0;
    remove_quietly(directory_fd, temporary);
    return -1;
}

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
    char temporary[CONTRACT_NAME_SIZE];
    for (size_t i = 0; i < group->count; i++) {
        if (group->files[i].fd >= 0)
            (void)close(group->files[i].fd);
        if (temporary_name(temporary, group->files[i].name))
            (void)unlinkat(group->directory_fd, temporary, 0);
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
    char temporary[CONTRACT_NAME_SIZE];
    struct grouped_file *file = &group->files[group->count];
    if (group->count == group->capacity) {
        errno = ENOBUFS;
        return -1;
    }
    if (!temporary_name(temporary, name))
        return -1;
    file->fd = write_temporary(group->directory_fd, temporary, bytes, length);
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
    char temporary[CONTRACT_NAME_SIZE];
    for (size_t i = 0; i < group->count; i++) {
        const char *name = group->files[i].name;
        group->failed = name;
        if (!temporary_name(temporary, name) ||
            renameat(group->directory_fd, temporary, group->directory_fd, name) != 0)
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

int fileio_sync_directory(int directory_fd)
{
    return fsync(directory_fd);
}

int fileio_sync_parent(int directory_fd)
{
    int parent = openat(directory_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return -1;
    int result = fsync(parent);
    close_quietly(parent);
    return result;
}

int fileio_append(int fd, const void *bytes, size_t length)
{
    return write_all(fd, bytes, length);
}

int fileio_flush(int fd)
{
    return fdatasync(fd);
}

static bool is_temporary(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && name[0] == '.' && strcmp(name + length - 4, ".tmp") == 0;
}

int fileio_remove_temporaries(int directory_fd)
{
    int result = -1;
    DIR *stream = NULL;
    int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    stream = fdopendir(fd);
    if (stream == NULL) {
        close_quietly(fd);
        return -1;
    }
    struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL)
        if (is_temporary(entry->d_name) && unlinkat(directory_fd, entry->d_name, 0) != 0 &&
            errno != EISDIR) /* not one of ours */
            goto out;
    if (errno == 0)
        result = 0;
out:;
    int saved_errno = errno;
    (void)closedir(stream);
    errno = saved_errno;
    return result;
}

static struct flock whole_file(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

/*
 * An open-file-description lock: it goes with the descriptor, also when another
 * part of the process opens and closes the same file, and can be asked about
 * without being taken, so that a health probe never stands in a daemon's way.
 */
/* Between fork and exec a child of whoever held it, and was killed, holds it still. */
#define LOCK_TRIES 10
static const struct timespec LOCK_PAUSE = {.tv_nsec = 10 * 1000 * 1000};

int fileio_lock(int directory_fd, const char *name)
{
    int fd = openat(directory_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -1;
    for (int tries = 0; tries < LOCK_TRIES; tries++) {
        struct flock lock = whole_file(F_WRLCK);
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return fd;
        if (errno != EACCES && errno != EAGAIN)
            break;
        errno = EWOULDBLOCK;
        (void)nanosleep(&LOCK_PAUSE, NULL);
    }
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno == EINTR ? EWOULDBLOCK : saved_errno;
    return -1;
}

bool fileio_lock_is_held(int directory_fd, const char *name)
{
    int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct flock lock = whole_file(F_WRLCK);
    bool held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    (void)close(fd);
    return held;
}
