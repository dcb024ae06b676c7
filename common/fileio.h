/*
 * fileio - the one way to open what others wrote, and the one way to write
 * what others will read.
 *
 * Reading: fileio_open_input() never follows a link, never opens a pipe or a
 * device, never blocks; fileio_read_at() reads with pread, so a file that
 * shrinks underneath is a short read and not a SIGBUS.
 *
 * Writing: a file appears under its name whole or not at all. Its bytes are
 * put into a temporary beside it, flushed, and renamed:
 *
 *     crash before the rename   the old file, or none, and a temporary that
 *                               every reader ignores (.NAME.tmp)
 *     crash after the rename,   the old file or the new one, each whole: the
 *     before the directory's    bytes were flushed before the name moved
 *     fsync
 *     after fileio_sync_directory()   the new file
 *
 * A failed fsync is final for that file: the kernel may have dropped the dirty
 * pages and report success the next time, so the caller starts over from its
 * input and never retries the fsync.
 *
 * Functions return 0 or a descriptor, or -1 with errno. Descriptors are
 * close-on-exec and the caller's to close.
 */
#ifndef COMMON_FILEIO_H
#define COMMON_FILEIO_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/text.h"

/*
 * Opens /dev/null for each of descriptors 0 to 2 that is closed. To be called first: else a
 * file would get such a number, and messages would be written into it.
 */
int fileio_hold_standard_descriptors(void);

/* A directory, for the *at functions. */
int fileio_open_directory(const char *path);
int fileio_open_directory_at(int directory_fd, const char *name);

enum fileio_opened {
    FILEIO_OPENED,      /* *fd and *status are set */
    FILEIO_NOT_REGULAR, /* a link, directory, pipe, socket or device, or a file with two names */
    FILEIO_UNAVAILABLE  /* errno says why: not there, no permission, a lease, replaced meanwhile */
};

/*
 * Opens a plain file for reading. A second hard link counts as not regular: who
 * holds the other name could change the bytes after they were checked.
 */
enum fileio_opened fileio_open_input(int directory_fd, const char *name, int *fd,
                                     struct stat *status);

/* True when what was found under a name is what `fd` has open: not removed, replaced or mounted
 * over. */
bool fileio_is_same(int fd, const struct stat *found);

/* Bytes read, fewer than `size` only at the end of the file; -1 with errno. */
ssize_t fileio_read_at(int fd, void *buffer, size_t size, off_t offset);

/*
 * The whole of an open file of at most `maximum` bytes, NUL-terminated behind
 * its last byte, in memory that the caller frees. EFBIG when it is longer.
 */
int fileio_read_whole(int fd, size_t maximum, char **bytes, size_t *length);

enum fileio_flush {
    FILEIO_DURABLE, /* fsync before the rename */
    FILEIO_DERIVED  /* no fsync: a file that can be made again */
};

/* Puts `bytes` under `name` whole; mode 0644 less the umask. Removes its temporary when it fails.
 */
int fileio_replace(int directory_fd, const char *name, const void *bytes, size_t length,
                   enum fileio_flush flush);

/* The same with a text; ENOMEM when memory was short while it was made. */
int fileio_replace_text(int directory_fd, const char *name, const struct text *text,
                        enum fileio_flush flush);

/*
 * The steps of a replacement one by one, for who flushes many files before the first is renamed
 * (fileio_group); `name` is always the file's own. Writing leaves the temporary open and not yet
 * flushed, or none when it fails; a created one is empty, to be written piece by piece with
 * fileio_append(). Removing keeps errno.
 */
int fileio_write_temporary(int directory_fd, const char *name, const void *bytes, size_t length);
int fileio_create_temporary(int directory_fd, const char *name);
int fileio_rename_temporary(int directory_fd, const char *name);
void fileio_remove_temporary(int directory_fd, const char *name);

/*
 * What fileio_replace() does once its temporary is written: flushes, closes `fd` and renames; the
 * temporary is gone either way.
 */
int fileio_finish_temporary(int directory_fd, const char *name, int fd, enum fileio_flush flush);

/* Makes the renames and removals in a directory durable. */
int fileio_sync_directory(int directory_fd);

/* Makes the name of a directory durable in the one that holds it. */
int fileio_sync_parent(int directory_fd);

/* Writes all of `bytes` to `fd`, open with O_APPEND; durable after fileio_flush(). */
int fileio_append(int fd, const void *bytes, size_t length);
int fileio_flush(int fd);

/*
 * The names in a directory, from the first on, whoever else lists it: for readdir(3), which tells
 * an error from the end by errno alone, and closedir(3). NULL with errno.
 */
DIR *fileio_list(int directory_fd);

/*
 * Removes the temporaries that a crash left behind: in a directory of one's own all, by
 * FILEIO_WHENEVER, and where others write as well those that were last written before this second
 * of the file system's clock. 0, or -1 with errno.
 */
#define FILEIO_WHENEVER INT64_MAX
int fileio_remove_temporaries(int directory_fd, int64_t written_before_s);

/*
 * Takes the lock `name` in a directory, for as long as the descriptor is open,
 * a SIGKILL included. EWOULDBLOCK when another process holds it, and does so for a tenth of a
 * second.
 */
int fileio_lock(int directory_fd, const char *name);

/*
 * True while the name stands for the file that is locked, or cannot be looked at. Where it was
 * removed or replaced, the lock that is still held keeps nobody out.
 */
bool fileio_lock_stands(int directory_fd, const char *name, int lock_fd);

/*
 * Locks the directory itself, which nobody can remove from under the lock as a file in it, for as
 * long as `directory_fd` is open. 0, also on a file system that knows no such lock; EWOULDBLOCK as
 * above. Two programs that lock one directory keep each other out, whatever their files are called.
 */
int fileio_lock_directory(int directory_fd);

/*
 * True when a process holds the lock; asking does not take it. Also when there is a file that
 * cannot be looked at (no leave, no descriptor, an error of the disk): then somebody may.
 */
bool fileio_lock_is_held(int directory_fd, const char *name);

#endif
