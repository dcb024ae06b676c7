#include "consumer/stream/derived.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool derived_write(struct derived *derived, enum derived_file file, const char *name,
                   enum fileio_flush flush)
{
    bool written = fileio_replace_text(derived->results_fd, name, &derived->text, flush) == 0;
    if (!written && !derived->trouble.lasts && !derived->in_trouble)
        condition_begin(&derived->trouble, "cannot write %s: %s", name, strerror(errno));
    derived->failing &= ~(1u << file);
    derived->failing |= written ? 0 : 1u << file;
    if (derived->failing == 0)
        condition_end(&derived->trouble);
    return written;
}

bool derived_is_there(const struct derived *derived, const char *name)
{
    return faccessat(derived->results_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
