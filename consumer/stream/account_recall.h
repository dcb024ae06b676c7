/*
 * account_recall - the account of a batch that was decided earlier, out of its record and its
 * summary, as if it had been told when it was decided.
 */
#ifndef CONSUMER_ACCOUNT_RECALL_H
#define CONSUMER_ACCOUNT_RECALL_H

#include "common/processed_record.h"
#include "consumer/page/account.h"

/*
 * `change` and `drift` are left empty. Where the summary is gone, or cannot be read, the account
 * says of the columns nothing.
 */
void account_recall(int results_fd, const struct processed_record *record, struct account *account);

#endif
