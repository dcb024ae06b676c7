#include "consumer/sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of versions that are newer than the headers of Debian 12. */
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define NET_TCP ((UINT64_C(1) << 0) | (UINT64_C(1) << 1))
#define SCOPE_OUTSIDE ((UINT64_C(1) << 0) | (UINT64_C(1) << 1))

#define FS_OF_VERSION_1 (LANDLOCK_ACCESS_FS_MAKE_SYM | (LANDLOCK_ACCESS_FS_MAKE_SYM - 1))

/* The kernel's struct as it has grown; older kernels take a shorter one, or zeros behind theirs. */
struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

/* From which version on a right can be refused. */
static const struct {
    int version;
    struct ruleset rights;
} RIGHTS[] = {
    {1, {.fs = FS_OF_VERSION_1}}, {2, {.fs = LANDLOCK_ACCESS_FS_REFER}},
    {3, {.fs = FS_TRUNCATE}},     {4, {.net = NET_TCP}},
    {5, {.fs = FS_IOCTL_DEV}},    {6, {.scoped = SCOPE_OUTSIDE}},
};

/* What each word of the header means to the kernel. */
static const struct {
    unsigned what;
    uint64_t rights;
} WORDS[] = {
    {LANDLOCK_READ, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR},
    {LANDLOCK_STORE, LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                         LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE},
    {LANDLOCK_WRITE, LANDLOCK_ACCESS_FS_WRITE_FILE},
    {LANDLOCK_EXECUTE, LANDLOCK_ACCESS_FS_EXECUTE},
};

#define RIGHTS_OF_FILES                                                                          \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
     FS_TRUNCATE)

int landlock_version(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static struct ruleset all_rights(int version)
{
    struct ruleset all = {0};
    for (size_t i = 0; i < sizeof RIGHTS / sizeof *RIGHTS; i++) {
        if (version < RIGHTS[i].version)
            continue;
        all.fs |= RIGHTS[i].rights.fs;
        all.net |= RIGHTS[i].rights.net;
        all.scoped |= RIGHTS[i].rights.scoped;
    }
    return all;
}

int landlock_begin(void)
{
    int version = landlock_version();
    struct ruleset all = all_rights(version);
    if (version < 0)
        return -1;
    return (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
}

static uint64_t rights_of(unsigned what)
{
    uint64_t rights = 0;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if ((what & WORDS[i].what) != 0)
            rights |= WORDS[i].rights;
    return rights;
}

int landlock_allow_fd(int ruleset, int fd, unsigned what)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return -1;
    struct landlock_path_beneath_attr rule = {
        .allowed_access = rights_of(what) & all_rights(landlock_version()).fs, .parent_fd = fd};
    if (!S_ISDIR(status.st_mode))
        rule.allowed_access &= RIGHTS_OF_FILES;
    return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int landlock_allow(int ruleset, const char *path, unsigned what)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
    int result = landlock_allow_fd(ruleset, fd, what);
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return result;
}

int landlock_enter(int ruleset)
{
    int result = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
    int saved = errno;
    (void)close(ruleset);
    errno = saved;
    return result;
}
