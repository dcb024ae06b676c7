#include "tests/torture/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/torture/volume.h"

/* The first of the hours, one a run, that the daemon sees on the clock. */
#define FIRST_SECOND INT64_C(1767225600)

static struct control *map_new(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(struct control)) != 0)
        die("cannot make %s", path);
    void *memory = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        die("cannot map %s", path);
    (void)close(fd);
    return memory;
}

static bool limit_descriptors(rlim_t count)
{
    const struct rlimit limit = {.rlim_cur = count, .rlim_max = count};
    return count == 0 || setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static void become_server(const int commands[2], const int answers[2], int output_fd,
                          const char *shim, const char *control_path, char *const arguments[],
                          rlim_t descriptors)
{
    int nothing = open("/dev/null", O_RDONLY);
    if (dup2(nothing, STDIN_FILENO) < 0 || dup2(output_fd, STDOUT_FILENO) < 0 ||
        dup2(output_fd, STDERR_FILENO) < 0 || dup2(commands[0], CONTROL_COMMAND_FD) < 0 ||
        dup2(answers[1], CONTROL_ANSWER_FD) < 0 || setenv("LD_PRELOAD", shim, 1) != 0 ||
        setenv(CONTROL_VARIABLE, control_path, 1) != 0 || !limit_descriptors(descriptors))
        _exit(126);
    (void)close(nothing);
    (void)execv(arguments[0], arguments);
    _exit(127);
}

void daemon_start(struct daemon *daemon, const char *shim, const char *control_path,
                  const char *output_path, char *const arguments[], rlim_t descriptors)
{
    int commands[2];
    int answers[2];
    *daemon = (struct daemon){.control = map_new(control_path)};
    daemon->output_fd = open(output_path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (daemon->output_fd < 0 || pipe2(commands, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0)
        die("cannot start %s", arguments[0]);
    daemon->server = fork();
    if (daemon->server < 0)
        die("cannot start %s", arguments[0]);
    if (daemon->server == 0)
        become_server(commands, answers, daemon->output_fd, shim, control_path, arguments,
                      descriptors);
    (void)close(commands[0]);
    (void)close(answers[1]);
    daemon->command_fd = commands[1];
    daemon->answer_fd = answers[0];
}

/* False when no answer comes in time. */
static bool answer(const struct daemon *daemon, int32_t *word)
{
    struct pollfd fd = {.fd = daemon->answer_fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&fd, 1, DAEMON_PATIENCE_SECONDS * 1000);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return false;
    if (read(daemon->answer_fd, word, sizeof *word) != sizeof *word)
        die("the daemon under test does not start");
    return true;
}

struct daemon_result daemon_run(struct daemon *daemon, const struct control_point *point)
{
    struct daemon_result result = {0};
    struct control *control = daemon->control;
    int32_t child = 0;
    int32_t status = 0;
    control->point = *point;
    control->wall_seconds = FIRST_SECOND + 3600 * daemon->runs++;
    control->hit = control->hung = control->overflowed = false;
    control->calls = control->allocations = control->trace_bytes = 0;
    if (ftruncate(daemon->output_fd, 0) != 0 || write(daemon->command_fd, "r", 1) != 1)
        die("cannot run the daemon");
    if (!answer(daemon, &child) || child < 0)
        die("the daemon under test does not start");
    if (!answer(daemon, &status)) {
        result.hung = true;
        (void)kill(child, SIGKILL);
        if (!answer(daemon, &status))
            die("the daemon under test cannot be killed");
    }
    result.status = status;
    result.hung = result.hung || control->hung;
    return result;
}

void daemon_end(struct daemon *daemon)
{
    (void)close(daemon->command_fd);
    (void)close(daemon->answer_fd);
    (void)close(daemon->output_fd);
    while (waitpid(daemon->server, NULL, 0) < 0 && errno == EINTR)
        continue;
    (void)munmap(daemon->control, sizeof *daemon->control);
}

bool daemon_exited(const struct daemon_result *result, int code)
{
    return !result->hung && WIFEXITED(result->status) && WEXITSTATUS(result->status) == code;
}
