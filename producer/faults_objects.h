/*
 * faults_objects - what lies in the directory instead of a batch's data, or beside it.
 *
 * None of it is durable, nor needs to be: its line in the manifest is, and a batch that a power
 * loss leaves without its object gets it with the next attempt or never was.
 */
#ifndef PRODUCER_FAULTS_OBJECTS_H
#define PRODUCER_FAULTS_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

/* The names of stray files that a batch may have: which, 0 to FAULTS_STRAYS - 1. */
#define FAULTS_STRAYS 3

/*
 * Puts a named pipe under the data's name, or a link to /dev/null. One that an attempt before has
 * left there stays. 0, or -1 with errno.
 */
int faults_put_no_file(int directory_fd, uint64_t number, bool link);

/* Puts a file beside the batch that looks like data. 0, or -1 with errno. */
int faults_put_stray(int directory_fd, uint64_t number, unsigned which);

/* Removes whatever stray files the batch has. 0, or -1 with errno. */
int faults_remove_strays(int directory_fd, uint64_t number);

/* True when the batch has one. */
bool faults_has_stray(int directory_fd, uint64_t number);

#endif
