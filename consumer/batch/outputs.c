#include "consumer/batch/outputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fileio.h"
#include "consumer/profile/summary.h"

int outputs_remove(int results_fd, const char *key, char failed[CONTRACT_NAME_SIZE])
{
    char names[3][CONTRACT_NAME_SIZE];
    bool removed = false;
    contract_summary_name(names[0], key);
    contract_plot_name(names[1], key, "png");
    contract_plot_name(names[2], key, "svg");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        memcpy(failed, names[i], CONTRACT_NAME_SIZE);
        if (unlinkat(results_fd, names[i], 0) == 0)
            removed = true;
        else if (errno != ENOENT)
            return -1;
    }
    memcpy(failed, names[0], CONTRACT_NAME_SIZE);
    return removed ? fileio_sync_directory(results_fd) : 0;
}

bool outputs_sha256(int results_fd, const char *key, char sha256[DIGEST_HEX_SIZE])
{
    char name[CONTRACT_NAME_SIZE];
    char bytes[SUMMARY_HEAD_BYTES];
    struct stat status;
    int fd = -1;
    contract_summary_name(name, key);
    if (fileio_open_input(results_fd, name, &fd, &status) != FILEIO_OPENED)
        return false;
    ssize_t length = fileio_read_at(fd, bytes, sizeof bytes, 0);
    (void)close(fd);
    return length > 0 && summary_sha256(bytes, (size_t)length, sha256);
}
