/*
 * control - the memory that a daemon under test shares with the program that
 * tests it: which fault to make at which call, and what came of it.
 *
 * The tester maps a file, names it in TORTURE_CONTROL and starts the daemon with
 * shim.so preloaded. Everything else goes through this block, so that the shim
 * opens nothing later, and a daemon that locks itself up can still be tested.
 *
 * Calls of the C library are counted from main() on, allocations for themselves;
 * both counts are the same in each run of one scenario, because the shim also
 * keeps the clock: it moves when the daemon waits, and by a microsecond at each look.
 */
#ifndef TORTURE_CONTROL_H
#define TORTURE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#define CONTROL_VARIABLE "TORTURE_CONTROL"
/* Where the shim reads commands and writes answers: see daemon.h. */
#define CONTROL_COMMAND_FD 198
#define CONTROL_ANSWER_FD 199

#define CONTROL_CALLS_MAX 20000
#define CONTROL_NAME_SIZE 48
#define CONTROL_TRACE_MAX (16U * 1024 * 1024)

/* Kinds of calls, as bits, so that a row of the table of faults says which it fits. */
enum control_kind {
    CALL_OPEN = 1 << 0,
    CALL_READ = 1 << 1,
    CALL_WRITE = 1 << 2,
    CALL_SYNC = 1 << 3, /* fsync, fdatasync */
    CALL_RENAME = 1 << 4,
    CALL_UNLINK = 1 << 5,
    CALL_MKDIR = 1 << 6,
    CALL_CLOSE = 1 << 7,
    CALL_TRUNCATE = 1 << 8,
    CALL_STAT = 1 << 9,
    CALL_LIST = 1 << 10, /* opendir, fdopendir, readdir */
    CALL_WAIT = 1 << 11, /* poll, ppoll */
    CALL_LOCK = 1 << 12, /* flock, fcntl */
    CALL_NOTIFY = 1 << 13,
    CALL_MAKE = 1 << 14,   /* pipes and children */
    CALL_HINT = 1 << 15,   /* sync_file_range */
    CALL_MEMORY = 1 << 16, /* malloc, calloc, realloc, reallocarray */
};
#define CALL_ANY (CALL_MEMORY - 1)

enum control_action {
    CONTROL_NOTHING,
    CONTROL_KILL_BEFORE,
    CONTROL_KILL_AFTER,
    CONTROL_TEAR_ONE,   /* write one byte, and SIGKILL */
    CONTROL_TEAR_HALF,  /* write half of the bytes, and SIGKILL */
    CONTROL_TEAR_MOST,  /* write all but one, and SIGKILL */
    CONTROL_SHORT,      /* read or write half of the bytes, and go on */
    CONTROL_FAIL,       /* do nothing, and fail with `error` */
    CONTROL_DO_AND_FAIL /* do it, and say that it failed with `error` */
};

struct control_point {
    enum control_action action;
    int error;
    bool memory;  /* `at` counts allocations, and not calls */
    bool lasting; /* from there on all calls of that kind, until two minutes have passed */
    uint64_t at;  /* 1 is the first */
};

/* One call of a clean run. */
struct control_call {
    uint32_t kind;
    uint32_t bytes;               /* of a write */
    char what[CONTROL_NAME_SIZE]; /* "renameat .summary_N.json.tmp" */
};

enum control_traced {
    TRACED_CREATE, /* a name for a new file: directory, file, name */
    TRACED_WRITE,  /* file, offset, length bytes */
    TRACED_TRUNCATE,
    TRACED_SYNC, /* file, or directory */
    TRACED_RENAME,
    TRACED_UNLINK,
    TRACED_MKDIR
};

/* One traced call, followed by `length` bytes, padded to a multiple of eight. */
struct control_trace {
    uint32_t what; /* enum control_traced */
    uint32_t length;
    uint64_t file;         /* inode */
    uint64_t directory;    /* inode of the directory of `name` */
    uint64_t to_directory; /* and of `to` */
    uint64_t offset;
    char name[CONTROL_NAME_SIZE];
    char to[CONTROL_NAME_SIZE];
};

struct control {
    /* set by the tester */
    struct control_point point;
    bool list_calls;
    bool trace;
    int64_t wall_seconds; /* what the clock on the wall shows at the start */
    /* answered by the shim */
    bool hit;        /* the point was reached */
    bool hung;       /* the daemon waited for a day, or for ever */
    bool overflowed; /* a list below is too short for this run */
    uint64_t calls;
    uint64_t allocations;
    uint64_t trace_bytes;
    struct control_call call[CONTROL_CALLS_MAX];
    _Alignas(8) unsigned char traced[CONTROL_TRACE_MAX];
};

#endif
