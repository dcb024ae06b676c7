#include "consumer/gnuplot.h"

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

#include "common/digest.h"
#include "common/text.h"
#include "consumer/sandbox.h"

#define DONE_WORD "shared-data-picture-done"
/* A chart of this project is some 30 KiB; a child that sends this much has lost its way. */
#define IMAGE_MAX_BYTES (16u * 1024u * 1024u)
#define WORDS_MAX_BYTES (64u * 1024u)
#define TOO_MUCH "gnuplot sent more than an image"
#define FAILURE_SIZE 256

struct gnuplot {
    enum gnuplot_image kind;
    char *preamble;
    enum gnuplot_state state;
    int64_t deadline_ns;

    pid_t child; /* 0: none; also the id of its process group */
    int commands_fd, image_fd, words_fd;

    struct text script; /* still to be written, from `written` on */
    size_t written;
    struct text image;
    struct text words; /* what it said on standard error about this picture */
    char failure[FAILURE_SIZE];

    int64_t now_ns;  /* of the call under way */
    unsigned failed; /* children in a row that ended without finishing a picture */
    bool child_has_drawn;
    int64_t rest_ns;
    int64_t rests_until_ns;
};

struct gnuplot *gnuplot_create(enum gnuplot_image kind, const char *preamble)
{
    struct gnuplot *gnuplot = calloc(1, sizeof *gnuplot);
    if (gnuplot == NULL)
        return NULL;
    gnuplot->kind = kind;
    gnuplot->commands_fd = gnuplot->image_fd = gnuplot->words_fd = -1;
    gnuplot->preamble = strdup(preamble);
    if (gnuplot->preamble == NULL) {
        free(gnuplot);
        return NULL;
    }
    return gnuplot;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* The whole group, so that nothing the child may have started stays behind. */
static void end_child(struct gnuplot *gnuplot)
{
    close_fd(&gnuplot->commands_fd);
    close_fd(&gnuplot->image_fd);
    close_fd(&gnuplot->words_fd);
    if (gnuplot->child <= 0)
        return;
    (void)kill(-gnuplot->child, SIGKILL);
    (void)kill(gnuplot->child, SIGKILL); /* its group may not exist yet */
    while (waitpid(gnuplot->child, NULL, 0) < 0 && errno == EINTR)
        continue;
    gnuplot->child = 0;
}

void gnuplot_free(struct gnuplot *gnuplot)
{
    if (gnuplot == NULL)
        return;
    end_child(gnuplot);
    text_free(&gnuplot->script);
    text_free(&gnuplot->image);
    text_free(&gnuplot->words);
    free(gnuplot->preamble);
    free(gnuplot);
}

/* A child that has drawn before it died is worth another at once. */
static void consider_a_rest(struct gnuplot *gnuplot)
{
    gnuplot->failed = gnuplot->child_has_drawn ? 0 : gnuplot->failed + 1;
    if (gnuplot->failed < GNUPLOT_PATIENCE) {
        gnuplot->rest_ns = GNUPLOT_REST_MIN_NS;
        return;
    }
    gnuplot->rests_until_ns = gnuplot->now_ns + gnuplot->rest_ns;
    gnuplot->rest_ns *= 2;
    if (gnuplot->rest_ns > GNUPLOT_REST_MAX_NS)
        gnuplot->rest_ns = GNUPLOT_REST_MAX_NS;
}

static void fail(struct gnuplot *gnuplot, const char *cause)
{
    (void)snprintf(gnuplot->failure, sizeof gnuplot->failure, "%s", cause);
    gnuplot->state = GNUPLOT_FAILED;
    end_child(gnuplot);
    consider_a_rest(gnuplot);
    gnuplot->child_has_drawn = false;
}

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
    char *const arguments[] = {program, no_startup_files, NULL};
    be_a_child_of(parent);
    if (dup2(pipes->commands[0], STDIN_FILENO) < 0 || dup2(pipes->image[1], STDOUT_FILENO) < 0 ||
        dup2(pipes->words[1], STDERR_FILENO) < 0)
        _exit(127);
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

static void clear_picture(struct gnuplot *gnuplot)
{
    text_clear(&gnuplot->script);
    text_clear(&gnuplot->image);
    text_clear(&gnuplot->words);
    gnuplot->written = 0;
    gnuplot->failure[0] = '\0';
}

static const char *search_path(void)
{
    const char *search = getenv("PATH");
    return search == NULL ? "/usr/bin:/bin" : search;
}

int gnuplot_find(void)
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

/* Leaves our own ends open that `gnuplot` has taken over. */
static bool fork_gnuplot(struct gnuplot *gnuplot, struct pipes *pipes, int program_fd)
{
    char path[4096 + 8];
    char locale[] = "LC_ALL=C.UTF-8";
    char home[] = "HOME=/tmp";
    char *const environment[] = {path, locale, home, NULL};
    pid_t parent = getpid();
    (void)snprintf(path, sizeof path, "PATH=%s", search_path());
    pid_t child = fork();
    if (child == 0)
        become_gnuplot(pipes, program_fd, parent, environment);
    if (child < 0)
        return false;
    gnuplot->child = child;
    gnuplot->commands_fd = pipes->commands[1];
    gnuplot->image_fd = pipes->image[0];
    gnuplot->words_fd = pipes->words[0];
    pipes->commands[1] = pipes->image[0] = pipes->words[0] = -1;
    return true;
}

static bool spawn(struct gnuplot *gnuplot)
{
    struct pipes pipes;
    int program_fd = sandbox_is_entered() ? gnuplot_find() : -1;
    bool good = open_pipes(&pipes) && fork_gnuplot(gnuplot, &pipes, program_fd);
    if (!good)
        fail(gnuplot, strerror(errno));
    close_pipe(pipes.commands);
    close_pipe(pipes.image);
    close_pipe(pipes.words);
    close_fd(&program_fd);
    return good;
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

bool gnuplot_is_jailed(char *leak, size_t size)
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

static bool put_script(struct gnuplot *gnuplot, const char *script, size_t length)
{
    text_append(&gnuplot->script, script, length);
    if (!text_failed(&gnuplot->script))
        return true;
    fail(gnuplot, "out of memory");
    return false;
}

bool gnuplot_start(struct gnuplot *gnuplot)
{
    if (gnuplot->child > 0)
        return true;
    clear_picture(gnuplot);
    if (!spawn(gnuplot) || !put_script(gnuplot, gnuplot->preamble, strlen(gnuplot->preamble)))
        return false;
    /* A pipe holds more than a preamble, so it goes in one write and loading begins at once. */
    ssize_t count = write(gnuplot->commands_fd, gnuplot->script.bytes, gnuplot->script.length);
    gnuplot->written = count > 0 ? (size_t)count : 0;
    gnuplot->state = GNUPLOT_IDLE;
    return true;
}

bool gnuplot_submit(struct gnuplot *gnuplot, const char *script, size_t length, int64_t now_ns,
                    int64_t deadline_ns)
{
    static const char ending[] = "\nprint '" DONE_WORD "'\n";
    bool running = gnuplot->child > 0;
    gnuplot->now_ns = now_ns;
    if (!running && now_ns < gnuplot->rests_until_ns)
        return false; /* the last failure's words stand */
    if (!running && !gnuplot_start(gnuplot))
        return false;
    if (running && gnuplot->written == gnuplot->script.length)
        clear_picture(gnuplot);
    text_clear(&gnuplot->image);
    text_clear(&gnuplot->words);
    if (!put_script(gnuplot, gnuplot->preamble, strlen(gnuplot->preamble)) ||
        !put_script(gnuplot, script, length) || !put_script(gnuplot, ending, sizeof ending - 1))
        return false;
    gnuplot->deadline_ns = deadline_ns;
    gnuplot->state = GNUPLOT_BUSY;
    return true;
}

static void write_commands(struct gnuplot *gnuplot)
{
    while (gnuplot->written < gnuplot->script.length) {
        ssize_t count = write(gnuplot->commands_fd, gnuplot->script.bytes + gnuplot->written,
                              gnuplot->script.length - gnuplot->written);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return; /* full, or the child is gone: then its pipes say so */
        gnuplot->written += (size_t)count;
    }
}

/*
 * Reads what is there. False at the end of the stream: the child has closed it. Ends with
 * text_failed() at the maximum: a child that writes without end would never let it go.
 */
static bool drain(int fd, struct text *into, size_t maximum)
{
    char buffer[64 * 1024];
    while (!text_failed(into)) {
        ssize_t count = read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN;
        if (count == 0)
            return false;
        if (into->length + (size_t)count <= maximum)
            text_append(into, buffer, (size_t)count);
        else
            into->failed = true;
    }
    return true;
}

/*
 * The last line that it said before `end`, NULL where it said nothing; gnuplot prefixes it with
 * blank lines and a caret. What is not printable ASCII becomes '?': it comes from outside.
 */
static const char *last_line(struct gnuplot *gnuplot, size_t end)
{
    struct text *words = &gnuplot->words;
    words->length = end;
    while (words->length > 0 && strchr(" \n\t", words->bytes[words->length - 1]) != NULL)
        words->bytes[--words->length] = '\0';
    if (words->length == 0)
        return NULL;
    words->bytes[words->length] = '\0';
    size_t start = words->length;
    while (start > 0 && words->bytes[start - 1] != '\n')
        start--;
    for (char *byte = words->bytes + start; byte < words->bytes + words->length; byte++)
        if (*byte < ' ' || *byte > '~')
            *byte = '?';
    return words->bytes + start + strspn(words->bytes + start, " \t");
}

static const char *last_words(struct gnuplot *gnuplot)
{
    const char *line = last_line(gnuplot, gnuplot->words.length);
    return line == NULL ? "gnuplot died" : line;
}

/* What is wrong with the image, and what gnuplot had to say for itself. */
static void fail_with_words(struct gnuplot *gnuplot, const char *cause)
{
    char both[FAILURE_SIZE];
    const char *done = strstr(gnuplot->words.bytes, DONE_WORD);
    const char *line = last_line(gnuplot, (size_t)(done - gnuplot->words.bytes));
    (void)snprintf(both, sizeof both, "%s%s%s", cause, line == NULL ? "" : ": ",
                   line == NULL ? "" : line);
    fail(gnuplot, both);
}

static void conclude(struct gnuplot *gnuplot)
{
    /* The word is said behind the image's last byte, so that byte is in the pipe by now. */
    (void)drain(gnuplot->image_fd, &gnuplot->image, IMAGE_MAX_BYTES);
    if (text_failed(&gnuplot->image))
        fail(gnuplot, TOO_MUCH);
    else if (gnuplot->written < gnuplot->script.length)
        fail(gnuplot, "gnuplot answered before it was asked");
    else if (!gnuplot_image_is_whole(gnuplot->kind, gnuplot->image.bytes, gnuplot->image.length))
        fail_with_words(gnuplot, gnuplot->image.length == 0 ? "gnuplot sent no image"
                                                            : "gnuplot sent a damaged image");
    else {
        gnuplot->state = GNUPLOT_DONE;
        gnuplot->child_has_drawn = true;
        gnuplot->failed = 0;
    }
}

enum gnuplot_state gnuplot_advance(struct gnuplot *gnuplot, int64_t now_ns)
{
    if (gnuplot->state != GNUPLOT_BUSY)
        return gnuplot->state;
    gnuplot->now_ns = now_ns;
    write_commands(gnuplot);
    bool alive = drain(gnuplot->image_fd, &gnuplot->image, IMAGE_MAX_BYTES);
    alive = drain(gnuplot->words_fd, &gnuplot->words, WORDS_MAX_BYTES) && alive;
    if (gnuplot->words.length > 0 && strstr(gnuplot->words.bytes, DONE_WORD) != NULL)
        conclude(gnuplot);
    else if (text_failed(&gnuplot->image) || text_failed(&gnuplot->words))
        fail(gnuplot, TOO_MUCH);
    else if (!alive)
        fail(gnuplot, last_words(gnuplot));
    else if (now_ns >= gnuplot->deadline_ns)
        fail(gnuplot, "gnuplot took too long");
    return gnuplot->state;
}

enum gnuplot_state gnuplot_state(const struct gnuplot *gnuplot)
{
    return gnuplot->state;
}

void gnuplot_fds(const struct gnuplot *gnuplot, struct pollfd fds[GNUPLOT_FDS])
{
    bool busy = gnuplot->state == GNUPLOT_BUSY;
    bool writing = busy && gnuplot->written < gnuplot->script.length;
    fds[0] = (struct pollfd){.fd = writing ? gnuplot->commands_fd : -1, .events = POLLOUT};
    fds[1] = (struct pollfd){.fd = busy ? gnuplot->image_fd : -1, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = busy ? gnuplot->words_fd : -1, .events = POLLIN};
}

int64_t gnuplot_deadline(const struct gnuplot *gnuplot)
{
    return gnuplot->state == GNUPLOT_BUSY ? gnuplot->deadline_ns : INT64_MAX;
}

const char *gnuplot_image(const struct gnuplot *gnuplot, size_t *length)
{
    *length = gnuplot->image.length;
    return gnuplot->image.bytes;
}

const char *gnuplot_failure(const struct gnuplot *gnuplot)
{
    return gnuplot->failure;
}

/* ---- images ---- */

static uint32_t big_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* PNG (ISO/IEC 15948): signature, then chunks of length, type, data and CRC, IHDR to IEND. */
static bool png_is_whole(const char *bytes, size_t length)
{
    static const char signature[] = "\x89PNG\r\n\x1a\n";
    size_t at = sizeof signature - 1;
    bool has_pixels = false;
    if (length < at || memcmp(bytes, signature, at) != 0)
        return false;
    while (length - at >= 12) {
        size_t data = big_endian(bytes + at);
        if (data > length - at - 12)
            return false;
        const char *type = bytes + at + 4;
        if (digest_crc32(type, data + 4) != big_endian(type + 4 + data))
            return false;
        if (at == sizeof signature - 1 && memcmp(type, "IHDR", 4) != 0)
            return false;
        at += data + 12;
        has_pixels = has_pixels || memcmp(type, "IDAT", 4) == 0;
        if (memcmp(type, "IEND", 4) == 0)
            return has_pixels && at == length;
    }
    return false;
}

static bool is_space(char character)
{
    return character == ' ' || character == '\r' || character == '\n' || character == '\t';
}

static bool svg_is_whole(const char *bytes, size_t length)
{
    static const char ending[] = "</svg>";
    while (length > 0 && is_space(bytes[length - 1]))
        length--;
    size_t tail = sizeof ending - 1;
    return length > 64 && memcmp(bytes, "<?xml", 5) == 0 &&
           memcmp(bytes + length - tail, ending, tail) == 0;
}

bool gnuplot_image_is_whole(enum gnuplot_image kind, const char *bytes, size_t length)
{
    return kind == GNUPLOT_PNG ? png_is_whole(bytes, length) : svg_is_whole(bytes, length);
}
