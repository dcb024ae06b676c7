/*
 * jail - puts the consumer and its gnuplot into the sandbox, proves that it holds, and says how
 * it went in one line.
 *
 *     info  jailed landlock=7 seccomp=yes
 *     warn  not fully jailed landlock=no seccomp=yes cause="landlock: Function not implemented"
 *
 * To be called once the results are open and locked, before the first byte of what others wrote
 * is read: the log, and the shared directory.
 */
#ifndef CONSUMER_JAIL_H
#define CONSUMER_JAIL_H

#include "consumer/config/config.h"

/*
 * CONTRACT_EXIT_DONE; or CONTRACT_EXIT_CONFIG, and the cause is told, when --require-sandbox
 * asks for more than the kernel gives.
 */
int jail_enter(const struct config *config, int results_fd);

#endif
