/* What is made of data-consumer's options; see sheet. */
#include "common/contract.h"
#include "consumer/config/config.h"
#include "manual/sheet.h"

static const struct sheet_exit EXITS[] = {
    {CONTRACT_EXIT_DONE, "done, or ended by SIGTERM or SIGINT; --health: alive and keeping up"},
    {CONTRACT_EXIT_USAGE, "usage: an unknown option or a bad value"},
    {CONTRACT_EXIT_REJECTED, "--once met a rejected batch; --profile a damaged file"},
    {CONTRACT_EXIT_NO_INPUT, "--profile: a file cannot be opened"},
    {CONTRACT_EXIT_UNAVAILABLE, "another consumer holds the results; --health: nobody does"},
    {CONTRACT_EXIT_SOFTWARE, "out of memory at start"},
    {CONTRACT_EXIT_CANNOT_CREATE, "the results cannot be written"},
    {CONTRACT_EXIT_IO, "input or output failed for good, or a directory was replaced"},
    {CONTRACT_EXIT_WAITING, "--once left a batch waiting; --health: alive, but standing still"},
    {CONTRACT_EXIT_CONFIG, "bad configuration: the environment, or a directory that is not there; "
                           "--require-sandbox: no whole jail"},
};

int main(int argc, char *argv[])
{
    const struct sheet sheet = {
        .options = config_table(), .exits = EXITS, .exit_count = sizeof EXITS / sizeof *EXITS};
    return sheet_main(&sheet, argc, argv);
}
