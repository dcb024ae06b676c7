#include "consumer/jail.h"

#include <stdio.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/log.h"
#include "consumer/chart/child.h"
#include "consumer/sandbox/sandbox.h"

/* What is missing, or what is possible in spite of all; "" when the jail is whole. */
static void find_fault(const struct config *config, const struct sandbox *sandbox,
                       char fault[SANDBOX_TEXT_SIZE])
{
    char child[SANDBOX_TEXT_SIZE] = "";
    const char *own = sandbox_leak(config->shared_path);
    bool charts = config->chart != CONFIG_CHART_NONE;
    fault[0] = '\0';
    if (sandbox->missing[0] != '\0')
        (void)snprintf(fault, SANDBOX_TEXT_SIZE, "%s", sandbox->missing);
    else if (own != NULL)
        (void)snprintf(fault, SANDBOX_TEXT_SIZE, "the consumer still %s", own);
    else if (charts && !child_is_jailed(child, sizeof child))
        (void)snprintf(fault, SANDBOX_TEXT_SIZE, "gnuplot still %.200s", child);
}

int jail_enter(const struct config *config, int results_fd)
{
    struct sandbox sandbox;
    char fault[SANDBOX_TEXT_SIZE];
    char version[16] = "no";
    int program_fd = config->chart == CONFIG_CHART_NONE ? -1 : child_find();
    sandbox_enter(config->shared_path, results_fd, program_fd, &sandbox);
    if (program_fd >= 0)
        (void)close(program_fd);
    find_fault(config, &sandbox, fault);
    if (fault[0] != '\0' && config->require_sandbox) {
        log_refusal("--require-sandbox: %s", fault);
        return CONTRACT_EXIT_CONFIG;
    }
    if (sandbox.landlock > 0)
        (void)snprintf(version, sizeof version, "%d", sandbox.landlock);
    bool whole = fault[0] == '\0';
    log_event(whole ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, whole ? "jailed" : "not fully jailed",
              (struct log_field[]){log_text("landlock", version),
                                   log_text("seccomp", sandbox.seccomp ? "yes" : "no"),
                                   log_text("cause", fault)},
              whole ? 2 : 3);
    return CONTRACT_EXIT_DONE;
}
