#include "consumer/chart/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumer/sandbox/sandbox.h"

/* ---- the child's side, between fork and exec: async-signal-safe calls alone ---- */

static void limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit both = {.rlim_cur = value, .rlim_max = value};
    (void)setrlimit(resource, &both);
}

struct pipes {
    int commands[2], image[2], words[2];
};

static _Noreturn void give_up(const char *words)
{
    ssize_t ignored = write(STDERR_FILENO, words, strlen(words));
    (void)ignored;
    _exit(127);
}

static void be_a_child_of(pid_t parent)
{
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (getppid() != parent) /* gone before the line above could tie us to it */
        _exit(127);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_IGN); /* Ctrl-C is for the daemon, which ends its child itself */
    (void)signal(SIGPIPE, SIG_DFL);
    /* Pipes have no size limit, files have one of 0: it cannot write any. */
    (void)signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
}

/* In the jail by the descriptor that it leaves for exec; without one as a shell would. */
static _Noreturn void become_gnuplot(const struct pipes *pipes, int program_fd, pid_t parent,
                                     char *const environment[])
{
    char program[] = "gnuplot";
    char no_startup_files[] = "-d";
    char by_name[] = "/proc/self/fd/0";
    char *arguments[] = {program, no_startup_files, by_name, NULL};
    be_a_child_of(parent);
    if (dup2(pipes->commands[0], STDIN_FILENO) < 0 || dup2(pipes->image[1], STDOUT_FILENO) < 0 ||
        dup2(pipes->words[1], STDERR_FILENO) < 0)
        _exit(127);
    /*
     * What gnuplot opens by a name it reads in blocks; its standard input it reads one byte a
     * system call, which takes longer than drawing a chart.
     */
    if (access(by_name, R_OK) != 0)
        arguments[2] = NULL;
    if (sandbox_is_entered()) {
        if (!sandbox_enter_child(program_fd))
            give_up("cannot run gnuplot: it could not be jailed\n");
        (void)syscall(SYS_execveat, SANDBOX_PROGRAM_FD, "", arguments, environment, AT_EMPTY_PATH);
        give_up("cannot run gnuplot: not found, not executable, or a script and no program\n");
    }
    (void)execvpe(program, arguments, environment);
    give_up("cannot run gnuplot: not found, or not executable\n");
}

/* ---- our side ---- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void close_pipe(int ends[2])
{
    close_fd(&ends[0]);
    close_fd(&ends[1]);
}

static bool never_block(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static const char *search_path(void)
{
    const char *search = getenv("PATH");
    return search == NULL ? "/usr/bin:/bin" : search;
}

int child_find(void)
{
    char path[4096];
    struct stat status;
    for (const char *at = search_path(); *at != '\0'; at += *at == ':' ? 1 : 0) {
        int length = (int)strcspn(at, ":");
        int printed = snprintf(path, sizeof path, "%.*s/gnuplot", length, at);
        at += length;
        if ((size_t)printed >= sizeof path || length == 0 || access(path, X_OK) != 0)
            continue;
        int fd = open(path, O_PATH | O_CLOEXEC);
        if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
            return fd;
        close_fd(&fd);
    }
    return -1;
}

static bool open_pipes(struct pipes *pipes)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    return pipe2(pipes->commands, O_CLOEXEC) == 0 && pipe2(pipes->image, O_CLOEXEC) == 0 &&
           pipe2(pipes->words, O_CLOEXEC) == 0 && never_block(pipes->commands[1]) &&
           never_block(pipes->image[0]) && never_block(pipes->words[0]);
}

/* Leaves our own ends open that `child` has taken over. */
static bool fork_gnuplot(struct child *child, struct pipes *pipes, int program_fd)
{
    char path[4096 + 8];
    char locale[] = "LC_ALL=C.UTF-8";
    char home[] = "HOME=/tmp";
    char *const environment[] = {path, locale, home, NULL};
    pid_t parent = getpid();
    (void)snprintf(path, sizeof path, "PATH=%s", search_path());
    pid_t pid = fork();
    if (pid == 0)
        become_gnuplot(pipes, program_fd, parent, environment);
    if (pid < 0)
        return false;
    child->pid = pid;
    child->commands_fd = pipes->commands[1];
    child->image_fd = pipes->image[0];
    child->words_fd = pipes->words[0];
    pipes->commands[1] = pipes->image[0] = pipes->words[0] = -1;
    return true;
}

bool child_start(struct child *child)
{
    struct pipes pipes;
    int program_fd = sandbox_is_entered() ? child_find() : -1;
    bool good = open_pipes(&pipes) && fork_gnuplot(child, &pipes, program_fd);
    int saved_errno = errno;
    close_pipe(pipes.commands);
    close_pipe(pipes.image);
    close_pipe(pipes.words);
    close_fd(&program_fd);
    errno = saved_errno;
    return good;
}

/* The whole group, so that nothing the child may have started stays behind. */
int child_end(struct child *child)
{
    int status = 0;
    close_fd(&child->commands_fd);
    close_fd(&child->image_fd);
    close_fd(&child->words_fd);
    if (child->pid <= 0)
        return status;
    (void)kill(-child->pid, SIGKILL);
    (void)kill(child->pid, SIGKILL); /* its group may not exist yet */
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    child->pid = 0;
    return status;
}

/* What the child says is the leak, and its silence that there is none. */
static _Noreturn void try_to_break_out(int tell_fd, pid_t parent)
{
    be_a_child_of(parent);
    const char *leak = sandbox_enter_child(-1) ? sandbox_child_leak() : "runs without a jail";
    if (leak != NULL)
        (void)!write(tell_fd, leak, strlen(leak));
    _exit(leak == NULL ? 0 : 1);
}

bool child_is_jailed(char *leak, size_t size)
{
    int ends[2];
    int status = 1;
    ssize_t length = 0;
    pid_t parent = getpid();
    (void)snprintf(leak, size, "could not be tried");
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    pid_t child = fork();
    if (child == 0)
        try_to_break_out(ends[1], parent);
    close_fd(&ends[1]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child > 0)
        length = read(ends[0], leak, size - 1);
    if (length > 0)
        leak[length] = '\0';
    close_fd(&ends[0]);
    return child > 0 && status == 0;
}
