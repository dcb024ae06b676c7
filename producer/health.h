/*
 * health - how the running producer is, for --health: one line of text in the
 * lock file, which only its holder writes.
 *
 *     health_show(lock_fd, &shown, NULL, now_ns);                     all is well
 *     health_show(lock_fd, &shown, "waiting for space", now_ns);      or what is the matter
 *     verdict = health_ask(directory_fd, now_ns, cause);              in another process
 *
 * The line always has the same length and is overwritten in place, so a full
 * disk does not keep it from changing. It is not flushed: it says nothing that is
 * true after a crash. A producer that hangs cannot say so; it shows in the
 * time of the line, which stands still.
 *
 * That time is of the monotonic clock, which all containers of a machine share,
 * no step of the wall clock disturbs, and a machine that sleeps stops: so it is to
 * be asked on the machine that the producer runs on.
 */
#ifndef PRODUCER_HEALTH_H
#define PRODUCER_HEALTH_H

#include <stddef.h>
#include <stdint.h>

/* How often a producer that lives shows it, at the least. */
#define HEALTH_BEAT_NS INT64_C(10000000000)
/* As long as this it may be busy with one thing: a batch of gigabytes, a slow disk. */
#define HEALTH_SILENCE_NS INT64_C(60000000000)

#define HEALTH_CAUSE_SIZE 640

/* What the lock file says; all zero at first. */
struct health_shown {
    int64_t at_ns;
    uint32_t trouble; /* a checksum of its text */
};

/*
 * Writes the line when it says something new, or is older than HEALTH_BEAT_NS;
 * so it may be called as often as liked. `trouble` is NULL for none. 0, or -1
 * with errno: then the next call tries again, and until then the old line ages.
 */
int health_show(int lock_fd, struct health_shown *shown, const char *trouble, int64_t now_ns);

enum health_verdict {
    HEALTH_GOOD,
    HEALTH_NOBODY, /* no producer runs on the directory */
    HEALTH_TROUBLE /* one does, and is in trouble, or has given no sign of life */
};

/* Anything but HEALTH_GOOD has its cause in one line. */
enum health_verdict health_ask(int directory_fd, int64_t now_ns, char cause[HEALTH_CAUSE_SIZE]);

#endif
