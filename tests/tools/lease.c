/*
 * lease FILE: holds a write lease on it, prints "held" and keeps it until it is killed. Who opens
 * the file meanwhile would wait for it to be given back.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc != 2)
        return 64;
    (void)signal(SIGIO, SIG_IGN); /* the kernel's request to give it back */
    int fd = open(argv[1], O_WRONLY | O_CLOEXEC);
    if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) != 0) {
        perror("lease");
        return 69;
    }
    if (puts("held") >= 0 && fflush(stdout) == 0)
        for (;;)
            (void)pause();
    return close(fd) == 0 ? 74 : 75;
}
