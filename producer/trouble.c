#include "producer/trouble.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_stale(int directory_fd)
{
    struct stat status;
    return fstat(directory_fd, &status) != 0 && errno == ESTALE;
}

bool trouble_passes(int error_number, int directory_fd)
{
    static const int PASSING[] = {
        ENOSPC, EDQUOT, EFBIG,     EMLINK,  EIO,      EREMOTEIO, EROFS,     EACCES,
        EPERM,  ENOMEM, EMFILE,    ENFILE,  EAGAIN,   EBUSY,     ETXTBSY,   EINTR,
        ENOLCK, ESTALE, ENXIO,     ENODEV,  ENOTCONN, EHOSTDOWN, ETIMEDOUT, /* a device or a server
                                                                               that is away */
        EISDIR, EEXIST, ENOTEMPTY, ENOTDIR, ELOOP, /* a name that is taken */
    };
    for (size_t i = 0; i < sizeof PASSING / sizeof *PASSING; i++)
        if (PASSING[i] == error_number)
            return error_number != ESTALE || !is_stale(directory_fd);
    return false;
}

int trouble_tell(char *error, size_t size, const char *operation, const char *name)
{
    int saved_errno = errno;
    (void)snprintf(error, size, "cannot %s %s: %s", operation, name, strerror(saved_errno));
    errno = saved_errno;
    return -1;
}
