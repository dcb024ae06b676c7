/*
 * notice - what becomes known of a batch once its record is durable: its account, and the states of
 * its columns for the totals.
 */
#ifndef CONSUMER_NOTICE_H
#define CONSUMER_NOTICE_H

#include "consumer/page/account.h"
#include "consumer/profile/totals.h"

struct notice {
    struct account account;
    struct batch_states *states; /* owned; NULL unless it is processed */
};

/* NULL when memory is short. */
struct notice *notice_create(void);
void notice_free(struct notice *notice);

#endif
