#include "consumer/stream/signature.h"

#include <errno.h>
#include <fcntl.h>

struct signature signature_read(int directory_fd, const char *name)
{
    struct stat status;
    if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return (struct signature){.there = errno != ENOENT};
    return (struct signature){.there = true,
                              .mode = status.st_mode,
                              .device = status.st_dev,
                              .inode = status.st_ino,
                              .size = status.st_size,
                              .modified = status.st_mtim,
                              .changed = status.st_ctim};
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool signature_is_same(const struct signature *a, const struct signature *b)
{
    if (!a->there || !b->there)
        return a->there == b->there;
    return a->mode == b->mode && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && same_time(&a->modified, &b->modified) &&
           same_time(&a->changed, &b->changed);
}

/* The finalizer of splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t mix(uint64_t state, uint64_t value)
{
    state = (state ^ value) + UINT64_C(0x9e3779b97f4a7c15);
    state = (state ^ (state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    state = (state ^ (state >> 27)) * UINT64_C(0x94d049bb133111eb);
    return state ^ (state >> 31);
}

uint64_t signature_fingerprint(const struct signature *signature)
{
    uint64_t state = mix(1, signature->there);
    state = mix(state, signature->mode);
    state = mix(state, signature->device);
    state = mix(state, signature->inode);
    state = mix(state, (uint64_t)signature->size);
    state = mix(state, (uint64_t)signature->modified.tv_sec);
    state = mix(state, (uint64_t)signature->modified.tv_nsec);
    state = mix(state, (uint64_t)signature->changed.tv_sec);
    state = mix(state, (uint64_t)signature->changed.tv_nsec);
    state >>= 64 - SIGNATURE_FINGERPRINT_BITS;
    return state == 0 ? 1 : state;
}
