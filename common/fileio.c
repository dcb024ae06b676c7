#include "common/fileio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "common/contract.h"

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

int fileio_open_directory_at(int directory_fd, const char *name)
{
    return openat(directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
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
    const struct stat looked_at = *status;
    int opened =
        openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (opened < 0)
        return FILEIO_UNAVAILABLE;
    if (fstat(opened, status) != 0) {
        close_quietly(opened);
        return FILEIO_UNAVAILABLE;
    }
    if (!is_plain(status) || status->st_ino != looked_at.st_ino ||
        status->st_dev != looked_at.st_dev) {
        (void)close(opened);
        errno = ESTALE;
        return FILEIO_UNAVAILABLE;
    }
    *fd = opened;
    return FILEIO_OPENED;
}

bool fileio_is_same(int fd, const struct stat *found)
{
    struct stat opened;
    return fstat(fd, &opened) == 0 && opened.st_dev == found->st_dev &&
           opened.st_ino == found->st_ino;
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

void fileio_remove_temporary(int directory_fd, const char *name)
{
    char temporary[CONTRACT_NAME_SIZE];
    int saved_errno = errno;
    if (temporary_name(temporary, name))
        (void)unlinkat(directory_fd, temporary, 0);
    errno = saved_errno;
}

int fileio_create_temporary(int directory_fd, const char *name)
{
    char temporary[CONTRACT_NAME_SIZE];
    if (!temporary_name(temporary, name))
        return -1;
    return openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                  0644);
}

int fileio_write_temporary(int directory_fd, const char *name, const void *bytes, size_t length)
{
    int fd = fileio_create_temporary(directory_fd, name);
    if (fd < 0 || write_all(fd, bytes, length) == 0)
        return fd;
    close_quietly(fd);
    fileio_remove_temporary(directory_fd, name);
    return -1;
}

int fileio_rename_temporary(int directory_fd, const char *name)
{
    char temporary[CONTRACT_NAME_SIZE];
    if (!temporary_name(temporary, name))
        return -1;
    return renameat(directory_fd, temporary, directory_fd, name);
}

int fileio_finish_temporary(int directory_fd, const char *name, int fd, enum fileio_flush flush)
{
    bool flushed = flush == FILEIO_DERIVED || fsync(fd) == 0;
    if (!flushed)
        close_quietly(fd);
    if (flushed && close(fd) == 0 && fileio_rename_temporary(directory_fd, name) == 0)
        return 0;
    fileio_remove_temporary(directory_fd, name);
    return -1;
}

int fileio_replace(int directory_fd, const char *name, const void *bytes, size_t length,
                   enum fileio_flush flush)
{
    int fd = fileio_write_temporary(directory_fd, name, bytes, length);
    return fd < 0 ? -1 : fileio_finish_temporary(directory_fd, name, fd, flush);
}

int fileio_replace_text(int directory_fd, const char *name, const struct text *text,
                        enum fileio_flush flush)
{
    if (!text_failed(text))
        return fileio_replace(directory_fd, name, text->bytes, text->length, flush);
    errno = ENOMEM;
    return -1;
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

DIR *fileio_list(int directory_fd)
{
    int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL && fd >= 0)
        close_quietly(fd);
    return stream;
}

static bool is_old(int directory_fd, const char *name, int64_t written_before_s)
{
    struct stat status;
    return written_before_s == FILEIO_WHENEVER ||
           (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            status.st_mtim.tv_sec < written_before_s);
}

int fileio_remove_temporaries(int directory_fd, int64_t written_before_s)
{
    int result = -1;
    DIR *stream = fileio_list(directory_fd);
    if (stream == NULL)
        return -1;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL)
        if (is_temporary(entry->d_name) && is_old(directory_fd, entry->d_name, written_before_s) &&
            unlinkat(directory_fd, entry->d_name, 0) != 0 && errno != ENOENT &&
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

/* ---- the lock ---- */

/* Between fork and exec a child of whoever held it, and was killed, holds it still. */
#define LOCK_TRIES 10
static const struct timespec LOCK_PAUSE = {.tv_nsec = 10 * 1000 * 1000};

/*
 * Of open file descriptions: it goes with the descriptor, also when another
 * part of the process opens and closes the same file, and can be asked about
 * without being taken, so that a health probe never stands in a daemon's way.
 */
static struct flock whole_file(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

static int lock_file(int fd)
{
    struct flock lock = whole_file(F_WRLCK);
    return fcntl(fd, F_OFD_SETLK, &lock);
}

static int lock_directory(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB);
}

static bool is_taken(int error_number)
{
    return error_number == EACCES || error_number == EAGAIN || error_number == EINTR;
}

static int take_lock(int fd, int (*take)(int fd))
{
    for (int tries = 0; tries < LOCK_TRIES; tries++) {
        if (take(fd) == 0)
            return 0;
        if (!is_taken(errno))
            return -1;
        (void)nanosleep(&LOCK_PAUSE, NULL);
    }
    errno = EWOULDBLOCK;
    return -1;
}

int fileio_lock(int directory_fd, const char *name)
{
    int fd = openat(directory_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 || take_lock(fd, lock_file) == 0)
        return fd;
    close_quietly(fd);
    return -1;
}

bool fileio_lock_stands(int directory_fd, const char *name, int lock_fd)
{
    struct stat found;
    if (fstatat(directory_fd, name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return errno != ENOENT;
    return fileio_is_same(lock_fd, &found);
}

/* A file server may lock only what is open for writing, which a directory never is. */
static bool knows_no_directory_locks(int error_number)
{
    static const int ERRORS[] = {EBADF, EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP};
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        if (ERRORS[i] == error_number)
            return true;
    return false;
}

int fileio_lock_directory(int directory_fd)
{
    return take_lock(directory_fd, lock_directory) == 0 || knows_no_directory_locks(errno) ? 0 : -1;
}

bool fileio_lock_is_held(int directory_fd, const char *name)
{
    int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno != ENOENT && errno != ENOTDIR && errno != ELOOP && errno != ENXIO;
    struct flock lock = whole_file(F_WRLCK);
    bool held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    (void)close(fd);
    return held;
}
