#include "consumer/profile/batch_states.h"

#include <stdlib.h>

#include "consumer/profile/column_state.h"

size_t batch_states_bytes(const struct batch_states *states)
{
    size_t bytes = sizeof *states + states->column_count * sizeof *states->columns;
    for (size_t i = 0; i < states->column_count; i++)
        bytes += column_bytes(states->columns[i]);
    return bytes;
}

void batch_states_free(struct batch_states *states)
{
    if (states == NULL)
        return;
    for (size_t i = 0; i < states->column_count; i++)
        column_free(states->columns[i]);
    free(states->columns);
    free(states);
}
