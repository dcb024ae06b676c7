#include "consumer/footing.h"

#include <errno.h>
#include <sys/stat.h>

#include "common/fileio.h"
#include "common/log.h"
#include "consumer/sandbox/sandbox.h"

static const char *lock_name(const struct footing *footing, char name[CONTRACT_NAME_SIZE])
{
    shard_lock_file(name, footing->config->shard);
    return name;
}

/* Under its name no longer stands the directory that we hold: removed, moved, mounted over. */
static bool results_are_gone(const struct footing *footing)
{
    struct stat by_name;
    if (stat(footing->config->results_path, &by_name) == 0)
        return !fileio_is_same(footing->results_fd, &by_name);
    return errno == ENOENT || errno == ENOTDIR; /* anything else may pass */
}

void footing_look(struct footing *footing)
{
    char name[CONTRACT_NAME_SIZE];
    footing->results_are_gone = results_are_gone(footing);
    footing->lock_is_gone =
        !fileio_lock_stands(footing->results_fd, lock_name(footing, name), footing->lock_fd);
}

/* The results may have stood inside. */
void footing_look_at_shared(struct footing *footing)
{
    footing->shared_is_lost = sandbox_has_lost(footing->config->shared_path);
    footing->results_are_gone = results_are_gone(footing);
}

bool footing_is_lost(const struct footing *footing)
{
    return processed_log_is_broken(footing->log) || footing->results_are_gone ||
           footing->lock_is_gone || footing->shared_is_lost;
}

void footing_tell(const struct footing *footing, const char *trouble)
{
    const struct config *config = footing->config;
    char name[CONTRACT_NAME_SIZE];
    if (processed_log_is_broken(footing->log))
        log_error("%s; the log cannot be trusted to be written any more: start again", trouble);
    else if (footing->results_are_gone)
        log_error("the directory --results %s is no longer there: start again",
                  config->results_path);
    else if (footing->lock_is_gone)
        log_error("%s/%s was removed or replaced, and keeps nobody out any more: start again",
                  config->results_path, lock_name(footing, name));
    else if (footing->shared_is_lost)
        log_error("the directory --dir %s was replaced by another, which the jail does not let "
                  "this process read: start again",
                  config->shared_path);
}
