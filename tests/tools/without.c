/*
 * Runs a program on a kernel without some of its calls, as far as the program can tell:
 *
 *     without landlock PROGRAM ...
 *     without seccomp PROGRAM ...
 *     without both PROGRAM ...
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int hide_landlock(scmp_filter_ctx filter)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset),
                                  0, NULL);
}

static int hide_seccomp(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp by_prctl = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_SECCOMP};
    int result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0, NULL);
    return result != 0 ? result
                       : seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
                                                &by_prctl);
}

int main(int argc, char *argv[])
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (argc < 3 || filter == NULL)
        return 64;
    if (strcmp(argv[1], "seccomp") != 0 && hide_landlock(filter) != 0)
        return 70;
    if (strcmp(argv[1], "landlock") != 0 && hide_seccomp(filter) != 0)
        return 70;
    if (seccomp_load(filter) != 0)
        return 70;
    (void)execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
