#include "consumer/batch/announce.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"

static void log_processed(const struct decision *decision)
{
    bool no_chart = decision->plot == PLOT_FAILED;
    struct log_field fields[] = {
        log_text("batch", decision->sighting->key), log_count("rows", decision->rows),
        log_bytes("size", decision->bytes),
        log_duration("took", clock_now_ns() - decision->started_ns),
        no_chart ? log_text("chart", "failed") : log_text("verified", "no")};
    log_event(LOG_LEVEL_INFO, "processed", fields, no_chart || !decision->verified ? 5 : 4);
}

static void log_rejected(const struct decision *decision)
{
    log_event(LOG_LEVEL_WARN, "rejected",
              (struct log_field[]){log_text("batch", decision->sighting->key),
                                   log_text("reason", reason_word(decision->rejection.reason)),
                                   log_text("detail", decision->rejection.detail)},
              3);
}

static void log_changed(const struct decision *decision)
{
    log_event(LOG_LEVEL_WARN, "changed after it was processed; the results stay as they are",
              (struct log_field[]){log_text("batch", decision->sighting->key)}, 1);
}

static void log_decision(const struct decision *decision)
{
    switch (decision->outcome) {
    case OUTCOME_PROCESSED: log_processed(decision); break;
    case OUTCOME_REJECTED: log_rejected(decision); break;
    case OUTCOME_CHANGED: log_changed(decision); break;
    }
}

/* What the record says; of a processed batch the columns have been there since it was read. */
static void tell(struct stream *stream, struct notice *notice, const struct decision *decision)
{
    struct account *account = &notice->account;
    account->outcome = decision->outcome;
    account->rejection = decision->rejection;
    account->verified = decision->verified;
    account->plot = decision->plot;
    account->rows = decision->rows;
    account->bytes = decision->bytes;
    memcpy(account->at, decision->at, sizeof account->at);
    (void)snprintf(account->key, sizeof account->key, "%s", decision->sighting->key);
    stream_tell(stream, notice);
}

void announce_decision(struct decision *decision, struct stream *stream)
{
    struct notice *notice = decision->notice != NULL ? decision->notice : notice_create();
    decision->notice = NULL;
    log_decision(decision);
    if (notice != NULL)
        tell(stream, notice, decision);
    notice_free(notice);
}
