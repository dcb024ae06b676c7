/*
 * spared - what a preloaded library does to allocations, it does not do to those of libraries that
 * do not survive it while they set themselves up: libseccomp 2.5 crashes, libcrypto 3.5 waits for
 * itself for ever, and fontconfig does either. That is at the start, and not ours to mend.
 */
#ifndef TESTS_TOOLS_SPARED_H
#define TESTS_TOOLS_SPARED_H

#include <execinfo.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SPARED_MAX 8
#define SPARED_DEPTH 32

/* Where their code is; nowhere before spared_find(), nor where they are not linked. */
static struct {
    uintptr_t from, to;
} spared[SPARED_MAX];
static size_t spared_count;

static int spared_look_at(struct dl_phdr_info *library, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    static const char *const NAMES[] = {"libseccomp", "libcrypto", "libfontconfig", "libexpat"};
    bool named = false;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        named = named || strstr(library->dlpi_name, NAMES[i]) != NULL;
    if (!named)
        return 0;
    for (int i = 0; i < library->dlpi_phnum && spared_count < SPARED_MAX; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        spared[spared_count].from = library->dlpi_addr + part->p_vaddr;
        spared[spared_count].to = spared[spared_count].from + part->p_memsz;
        spared_count++;
    }
    return 0;
}

static void spared_find(void)
{
    void *frame;
    (void)backtrace(&frame, 1); /* the first one allocates */
    (void)dl_iterate_phdr(spared_look_at, NULL);
}

/* `caller` is __builtin_return_address(0) of the allocation. */
static bool spared_is(const void *caller)
{
    for (size_t i = 0; i < spared_count; i++)
        if ((uintptr_t)caller >= spared[i].from && (uintptr_t)caller < spared[i].to)
            return true;
    return false;
}

/* The same where the C library asks on their behalf, in strdup or opendir: slow, so asked last. */
static bool spared_is_deep(void)
{
    void *frames[SPARED_DEPTH];
    int count = backtrace(frames, SPARED_DEPTH);
    for (int i = 0; i < count; i++)
        if (spared_is(frames[i]))
            return true;
    return false;
}

#endif
