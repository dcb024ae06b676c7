/*
 * fill-log COUNT: writes a processed.log of COUNT processed batches, 1 to COUNT, to stdout.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/digest.h"

int main(int argc, char *argv[])
{
    char line[512];
    uint64_t count = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    for (uint64_t i = 1; i <= count; i++) {
        int length = snprintf(
            line, sizeof line,
            "{\"key\":\"%" PRIu64 "\",\"file\":\"data_%" PRIu64
            ".csv\",\"outcome\":\"processed\",\"reason\":null,\"detail\":null,\"verified\":true,"
            "\"rows\":40,\"bytes\":1600,\"sha256\":\"%064" PRIx64
            "\",\"plot\":\"none\",\"at\":\"2026-11-23T10:15:00.000Z\"",
            i, i, i);
        if (length < 0 ||
            printf("%s,\"crc\":\"%08" PRIx32 "\"}\n", line, digest_crc32(line, (size_t)length)) < 0)
            return 74;
    }
    return count > 0 && fflush(stdout) == 0 ? 0 : 74;
}
