#include "consumer/batch/reread.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "consumer/batch/sighting.h"

bool reread_batch(struct reader *reader, int directory_fd, const char *pattern,
                  const struct processed_record *record, struct batch_states **states)
{
    struct reading reading = {.bytes = 0};
    enum reading_verdict verdict = READING_FAILED;
    struct sighting *sighting = sighting_new(pattern, record->key, clock_now_ns());
    *states = NULL;
    if (sighting != NULL)
        sighting_refresh(sighting, directory_fd, clock_now_ns());
    if (sighting != NULL && sighting->data.there)
        verdict = reader_read(reader, directory_fd, sighting, READER_PROFILE, &reading);
    if (verdict == READING_GOOD && strcmp(reading.sha256, record->sha256) == 0) {
        *states = reading.states;
        reading.states = NULL;
    }
    reading_free(&reading);
    free(sighting);
    return verdict != READING_STOPPED;
}
