#include "tests/torture/volume.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void die(const char *format, ...)
{
    int saved_errno = errno;
    va_list arguments;
    va_start(arguments, format);
    (void)fprintf(stderr, "torture: ");
    (void)vfprintf(stderr, format, arguments);
    (void)fprintf(stderr, ": %s\n", strerror(saved_errno));
    va_end(arguments);
    exit(EXIT_FAILURE);
}

void volume_free(struct volume *volume)
{
    for (size_t i = 0; i < volume->count; i++)
        free(volume->files[i].bytes);
    free(volume->files);
    *volume = (struct volume){0};
}

static size_t index_of(const struct volume *volume, const char *name)
{
    size_t at = 0;
    while (at < volume->count && strcmp(volume->files[at].name, name) != 0)
        at++;
    return at;
}

const struct volume_file *volume_find(const struct volume *volume, const char *name)
{
    size_t at = index_of(volume, name);
    return at < volume->count ? &volume->files[at] : NULL;
}

/* An empty file at the end; its bytes are still to come. */
static struct volume_file *add(struct volume *volume, const char *name, size_t length)
{
    if (volume->count == volume->capacity) {
        volume->capacity = volume->capacity == 0 ? 16 : 2 * volume->capacity;
        volume->files = reallocarray(volume->files, volume->capacity, sizeof *volume->files);
        if (volume->files == NULL)
            die("out of memory");
    }
    struct volume_file *file = &volume->files[volume->count++];
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->length = length;
    file->bytes = malloc(length + 1);
    if (file->bytes == NULL)
        die("out of memory");
    file->bytes[length] = '\0';
    return file;
}

void volume_put(struct volume *volume, const char *name, const void *bytes, size_t length)
{
    volume_remove(volume, name);
    memcpy(add(volume, name, length)->bytes, bytes, length);
}

void volume_remove(struct volume *volume, const char *name)
{
    size_t at = index_of(volume, name);
    if (at == volume->count)
        return;
    free(volume->files[at].bytes);
    volume->files[at] = volume->files[--volume->count];
}

bool volume_same(const struct volume *left, const struct volume *right, const char *name)
{
    const struct volume_file *a = volume_find(left, name);
    const struct volume_file *b = volume_find(right, name);
    return a != NULL && b != NULL && a->length == b->length &&
           memcmp(a->bytes, b->bytes, a->length) == 0;
}

static void load_file(struct volume *volume, int directory_fd, const char *name)
{
    struct stat status;
    int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        die("cannot open %s", name);
    if (S_ISREG(status.st_mode)) {
        struct volume_file *file = add(volume, name, (size_t)status.st_size);
        if (read(fd, file->bytes, file->length) != (ssize_t)file->length)
            die("cannot read %s", name);
    }
    (void)close(fd);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

void volume_load(struct volume *volume, const char *path)
{
    volume_free(volume);
    DIR *stream = opendir(path);
    struct dirent *entry;
    volume->missing = stream == NULL;
    if (stream == NULL && errno != ENOENT)
        die("cannot list %s", path);
    while (stream != NULL && (entry = readdir(stream)) != NULL)
        if (!is_dots(entry->d_name))
            load_file(volume, dirfd(stream), entry->d_name);
    if (stream != NULL)
        (void)closedir(stream);
}

static void store_file(const struct volume_file *file, int directory_fd)
{
    int fd = openat(directory_fd, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, file->bytes, file->length) != (ssize_t)file->length)
        die("cannot write %s", file->name);
    (void)close(fd);
}

static void clear(const char *path)
{
    DIR *stream = opendir(path);
    struct dirent *entry;
    if (stream == NULL)
        return;
    while ((entry = readdir(stream)) != NULL)
        if (!is_dots(entry->d_name) && unlinkat(dirfd(stream), entry->d_name, 0) != 0)
            die("cannot remove %s", entry->d_name);
    (void)closedir(stream);
    if (rmdir(path) != 0)
        die("cannot remove %s", path);
}

/* A new directory each time: nothing of an earlier run decides in which order it is listed. */
void volume_store(const struct volume *volume, const char *path)
{
    clear(path);
    if (volume->missing)
        return;
    int fd = mkdir(path, 0755) == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        die("cannot make %s", path);
    for (size_t i = 0; i < volume->count; i++)
        store_file(&volume->files[i], fd);
    (void)close(fd);
}
