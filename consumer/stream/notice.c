#include "consumer/stream/notice.h"

#include <stdlib.h>

struct notice *notice_create(void)
{
    return calloc(1, sizeof(struct notice));
}

void notice_free(struct notice *notice)
{
    if (notice == NULL)
        return;
    batch_states_free(notice->states);
    free(notice);
}
