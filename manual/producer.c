/* What is made of data-producer's options; see sheet. */
#include "common/contract.h"
#include "manual/sheet.h"
#include "producer/config.h"

static const struct sheet_exit EXITS[] = {
    {CONTRACT_EXIT_DONE, "done, or ended by SIGTERM or SIGINT; --health: alive and well"},
    {CONTRACT_EXIT_USAGE, "usage: an unknown option or a bad value"},
    {CONTRACT_EXIT_REJECTED, "--from: the file is damaged"},
    {CONTRACT_EXIT_NO_INPUT, "--from: the file cannot be opened; --datapackage: there is no batch"},
    {CONTRACT_EXIT_UNAVAILABLE, "another producer holds the directory; --health: nobody does"},
    {CONTRACT_EXIT_SOFTWARE, "out of memory at start"},
    {CONTRACT_EXIT_CANNOT_CREATE, "the directory cannot be written"},
    {CONTRACT_EXIT_IO, "input or output failed for good"},
    {CONTRACT_EXIT_WAITING, "--health: in trouble, or no sign of life"},
    {CONTRACT_EXIT_CONFIG, "bad configuration: the environment, or a directory that is not there"},
};

int main(int argc, char *argv[])
{
    const struct sheet sheet = {
        .options = &CONFIG_OPTIONS, .exits = EXITS, .exit_count = sizeof EXITS / sizeof *EXITS};
    return sheet_main(&sheet, argc, argv);
}
