#include "producer/faults_objects.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"

/* No name of these is a batch's: a number in a second way, or behind the name's end. */
static void stray_name(char name[CONTRACT_NAME_SIZE], uint64_t number, unsigned which)
{
    char data[CONTRACT_NAME_SIZE];
    contract_data_name(data, number);
    if (which == 0)
        (void)snprintf(name, CONTRACT_NAME_SIZE, "data_0%" PRIu64 ".csv", number);
    else
        (void)snprintf(name, CONTRACT_NAME_SIZE, "%.*s%s", CONTRACT_KEY_MAX, data,
                       which == 1 ? ".bak" : "~");
}

int faults_put_no_file(int directory_fd, uint64_t number, bool link)
{
    char name[CONTRACT_NAME_SIZE];
    contract_data_name(name, number);
    int result =
        link ? symlinkat("/dev/null", directory_fd, name) : mkfifoat(directory_fd, name, 0644);
    return result == 0 || errno == EEXIST ? 0 : -1;
}

int faults_put_stray(int directory_fd, uint64_t number, unsigned which)
{
    static const char CONTENT[] = "stray\n1\n";
    char name[CONTRACT_NAME_SIZE];
    stray_name(name, number, which);
    return fileio_replace(directory_fd, name, CONTENT, strlen(CONTENT), FILEIO_DERIVED);
}

int faults_remove_strays(int directory_fd, uint64_t number)
{
    char name[CONTRACT_NAME_SIZE];
    for (unsigned which = 0; which < FAULTS_STRAYS; which++) {
        stray_name(name, number, which);
        if (unlinkat(directory_fd, name, 0) != 0 && errno != ENOENT)
            return -1;
    }
    return 0;
}

bool faults_has_stray(int directory_fd, uint64_t number)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status;
    for (unsigned which = 0; which < FAULTS_STRAYS; which++) {
        stray_name(name, number, which);
        if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
            return true;
    }
    return false;
}
