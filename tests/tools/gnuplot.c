/*
 * gnuplot-BEHAVIOUR: stands in for gnuplot and misbehaves in the one way that it was compiled for.
 * A program and no script, because only a program of its own may run where gnuplot runs.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef BEHAVIOUR
#define BEHAVIOUR "hung"
#endif

static void say(int fd, const char *bytes, size_t length)
{
    if (write(fd, bytes, length) != (ssize_t)length)
        _exit(74);
}

static void hang(void)
{
    for (;;)
        (void)pause();
}

static void hang_with_children(void)
{
    if (fork() < 0)
        say(STDERR_FILENO, "no child\n", 9);
    hang();
}

static void exit_silently(void)
{
    _exit(0);
}

static void fail(void)
{
    say(STDERR_FILENO, "no font\n", 8);
    _exit(1);
}

static void crash(void)
{
    (void)raise(SIGSEGV);
}

static void send_without_end(void)
{
    static const char nothing[65536];
    for (;;)
        say(STDOUT_FILENO, nothing, sizeof nothing);
}

/* Reads to the end of the commands, and for each picture answers with these bytes and that it is
 * done. */
static void answer(const char *image, size_t length)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL)
        if (strncmp(line, "print ", 6) == 0) {
            say(STDOUT_FILENO, image, length);
            say(STDERR_FILENO, "shared-data-picture-done\n", 25);
        }
}

/* The signature of a PNG and the beginning of its first chunk. */
static void truncate_image(void)
{
    answer("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", 18);
}

static void send_nothing(void)
{
    answer("", 0);
}

static void send_other_image(void)
{
    answer("GIF89a;", 7);
}

/* A good picture, but each takes its time. */
static void answer_slowly(void)
{
    static const char svg[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                              "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>\n";
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL)
        if (strncmp(line, "print ", 6) == 0) {
            (void)usleep(300000);
            say(STDOUT_FILENO, svg, sizeof svg - 1);
            say(STDERR_FILENO, "shared-data-picture-done\n", 25);
        }
}

static const struct {
    const char *word;
    void (*behave)(void);
} BEHAVIOURS[] = {{"hung", hang},
                  {"with-children", hang_with_children},
                  {"silent", exit_silently},
                  {"failing", fail},
                  {"crashing", crash},
                  {"endless", send_without_end},
                  {"truncated", truncate_image},
                  {"empty", send_nothing},
                  {"other", send_other_image},
                  {"slow", answer_slowly}};

int main(void)
{
    for (size_t i = 0; i < sizeof BEHAVIOURS / sizeof *BEHAVIOURS; i++)
        if (strcmp(BEHAVIOURS[i].word, BEHAVIOUR) == 0)
            BEHAVIOURS[i].behave();
    return EXIT_SUCCESS;
}
