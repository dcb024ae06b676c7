#include "common/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

static volatile sig_atomic_t stop_requested;
static int stop_pipe[2] = {-1, -1};

static void on_stop(int signal_number)
{
    int saved_errno = errno;
    (void)signal_number;
    stop_requested = 1;
    /* The pipe is non-blocking: when it is full, enough bytes are there to wake anybody. */
    ssize_t ignored = write(stop_pipe[1], "", 1);
    (void)ignored;
    errno = saved_errno;
}

static int set_handler(int signal_number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    (void)sigemptyset(&action.sa_mask);
    return sigaction(signal_number, &action, NULL);
}

int wait_open(void)
{
    if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    if (set_handler(SIGTERM, on_stop) != 0 || set_handler(SIGINT, on_stop) != 0)
        return -1;
    /* A file size limit is then an error that can be waited out, as a full disk is. */
    if (set_handler(SIGXFSZ, SIG_IGN) != 0)
        return -1;
    return set_handler(SIGPIPE, SIG_IGN);
}

bool wait_stopping(void)
{
    return stop_requested != 0;
}

static struct timespec time_left(int64_t deadline_ns)
{
    int64_t left = deadline_ns - clock_now_ns();
    if (left < 0)
        left = 0;
    return (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
}

enum wait_result wait_for(struct pollfd *fds, size_t count, int64_t deadline_ns)
{
    struct pollfd all[WAIT_MAX_FDS + 1];
    if (count > WAIT_MAX_FDS) {
        errno = EINVAL;
        return WAIT_ERROR;
    }
    if (count > 0)
        memcpy(all, fds, count * sizeof *fds);
    all[count] = (struct pollfd){.fd = stop_pipe[0], .events = POLLIN};
    for (;;) {
        if (wait_stopping())
            return WAIT_STOP;
        struct timespec left = time_left(deadline_ns);
        int ready = ppoll(all, (nfds_t)count + 1, deadline_ns == WAIT_FOREVER ? NULL : &left, NULL);
        if (ready < 0 && errno != EINTR)
            return WAIT_ERROR;
        if (wait_stopping())
            return WAIT_STOP;
        if (ready >= 0) {
            if (count > 0)
                memcpy(fds, all, count * sizeof *fds);
            return ready > 0 ? WAIT_READY : WAIT_TIMEOUT;
        }
    }
}
