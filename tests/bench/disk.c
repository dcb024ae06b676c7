/*
 * disk - what the disk below a directory does with small files, without any of our code: each is
 * made as a temporary, written and renamed, as a batch's data, metadata and summary are.
 *
 *     build/bench/disk DIRECTORY FILES
 *
 * Prints files a second, one way a line:
 *
 *     unsynced    nothing is flushed
 *     one-by-one  fsync of the file, rename, fsync of the directory
 *     threads     the same by 32 threads at a time
 *     groups      128 files written, syncfs, renamed, fsync of the directory
 *
 * The directory should be new: ext4 is slow where much was just deleted.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES 450
#define THREADS 32
#define GROUP 128

struct job {
    int directory_fd;
    size_t files;
    atomic_size_t next;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void names(size_t number, char temporary[64], char name[64])
{
    (void)snprintf(name, 64, "file_%zu", number);
    (void)snprintf(temporary, 64, ".file_%zu.tmp", number);
}

static void write_file(const struct job *job, size_t number, int flush)
{
    static const char bytes[FILE_BYTES];
    char temporary[64];
    char name[64];
    names(number, temporary, name);
    int fd = openat(job->directory_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
        die("write");
    if (flush && fsync(fd) != 0)
        die("fsync");
    (void)close(fd);
}

static void rename_file(const struct job *job, size_t number)
{
    char temporary[64];
    char name[64];
    names(number, temporary, name);
    if (renameat(job->directory_fd, temporary, job->directory_fd, name) != 0)
        die("rename");
}

static void unsynced(struct job *job)
{
    for (size_t i = 0; i < job->files; i++) {
        write_file(job, i, 0);
        rename_file(job, i);
    }
}

static void one_by_one(struct job *job)
{
    for (size_t i; (i = atomic_fetch_add(&job->next, 1)) < job->files;) {
        write_file(job, i, 1);
        rename_file(job, i);
        if (fsync(job->directory_fd) != 0)
            die("fsync of the directory");
    }
}

static void *run_thread(void *job)
{
    one_by_one(job);
    return NULL;
}

static void threads(struct job *job)
{
    pthread_t ids[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&ids[i], NULL, run_thread, job) != 0)
            die("pthread_create");
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(ids[i], NULL);
}

static void groups(struct job *job)
{
    for (size_t first = 0; first < job->files; first += GROUP) {
        size_t end = first + GROUP < job->files ? first + GROUP : job->files;
        for (size_t i = first; i < end; i++)
            write_file(job, i, 0);
        if (syncfs(job->directory_fd) != 0)
            die("syncfs");
        for (size_t i = first; i < end; i++)
            rename_file(job, i);
        if (fsync(job->directory_fd) != 0)
            die("fsync of the directory");
    }
}

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(const char *directory, const char *word, void (*way)(struct job *),
                    size_t files)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", directory, word);
    if (mkdir(path, 0755) != 0)
        die(path);
    struct job job = {.directory_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                      .files = files};
    if (job.directory_fd < 0)
        die(path);
    double began = seconds();
    way(&job);
    (void)printf("%s %.0f\n", word, (double)files / (seconds() - began));
    (void)close(job.directory_fd);
}

int main(int argc, char *argv[])
{
    size_t files = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (files == 0) {
        (void)fprintf(stderr, "usage: disk DIRECTORY FILES\n");
        return 64;
    }
    measure(argv[1], "unsynced", unsynced, files);
    measure(argv[1], "one-by-one", one_by_one, files / 8);
    measure(argv[1], "threads", threads, files);
    measure(argv[1], "groups", groups, files);
    return 0;
}
