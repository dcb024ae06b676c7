/*
 * syscalls - which system calls the consumer and its gnuplot child can make from here on. The one
 * door to libseccomp.
 *
 *     syscalls_prepare_child();     before the next one, and before any fork
 *     syscalls_enter();             for this process and all it starts, for good
 *     ... fork ...
 *     syscalls_enter_child();       takes more away, between fork and exec
 *
 * What is refused fails with EPERM or EACCES, what is not on the list as if the kernel did not
 * know it, with ENOSYS. Nothing is killed: a library that only tries goes on. Of exec only
 * execveat(SYSCALLS_PROGRAM_FD, "", ..., AT_EMPTY_PATH) is left.
 */
#ifndef CONSUMER_SYSCALLS_H
#define CONSUMER_SYSCALLS_H

#include <stdbool.h>

#define SYSCALLS_PROGRAM_FD 64

/* A sanitizer looks at its own process with rights that nobody else gets. */
#if defined(__SANITIZE_ADDRESS__)
#define SYSCALLS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SYSCALLS_SANITIZED 1
#endif
#endif
#ifndef SYSCALLS_SANITIZED
#define SYSCALLS_SANITIZED 0
#endif

/* Each is false, with errno, when it took no effect. The first two need PR_SET_NO_NEW_PRIVS. */
bool syscalls_enter(void);
bool syscalls_enter_child(void);
bool syscalls_prepare_child(void);

#endif
