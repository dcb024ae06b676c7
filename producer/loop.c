#include "producer/loop.h"

#include <inttypes.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/log.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/start.h"
#include "producer/turn.h"

/* A run that has come to its end waits for what it owes. RUN_GO_ON when it owes nothing. */
static int wait_for_late(struct run *run)
{
    int code = RUN_GO_ON;
    run->end_ns = WAIT_FOREVER;
    while (code == RUN_GO_ON && chaos_deadline(run->chaos) != WAIT_FOREVER) {
        schedule_pause(&run->schedule, clock_now_ns(), RUN_RECHECK_NS);
        code = run_wait(run);
    }
    return code;
}

int loop_run(struct run *run)
{
    int code = start_run(run);
    if (code != RUN_GO_ON)
        return code;
    while (code == RUN_GO_ON && run->published < run->config->count)
        if ((code = run_wait(run)) == RUN_GO_ON)
            code = turn_take(run);
    if (code == RUN_GO_ON)
        code = wait_for_late(run);
    if (code == RUN_GO_ON)
        code = CONTRACT_EXIT_DONE;
    turn_end(run, code);
    if (code == CONTRACT_EXIT_DONE)
        log_info("ending after %" PRIu64 " batch(es)", run->published);
    return code;
}
