/*
 * datapackage - --datapackage: writes datapackage.json, the published batches as one Frictionless
 * Data Package (specs.frictionlessdata.io/data-package), a resource each, in the order of their
 * numbers.
 *
 *     return datapackage_run(&config, directory_fd);
 *
 * A resource is the batch's metadata as it stands: the file is the same for the same batches,
 * whoever writes it and when. What is no batch, or none that such a package may hold, is left out
 * with a word. One text of metadata is in memory at a time, and 32 bytes a batch.
 *
 * It runs beside a producer and takes no lock but one of its own. A batch that the producer deletes
 * before it is read is not in the list; one that is deleted later is, as in any list of yesterday.
 */
#ifndef PRODUCER_DATAPACKAGE_H
#define PRODUCER_DATAPACKAGE_H

#include "producer/config.h"

/* Borrows both. An exit code of contract.h; the cause, or what was written, has been told. */
int datapackage_run(const struct config *config, int directory_fd);

#endif
