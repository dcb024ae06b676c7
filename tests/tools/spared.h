/*
 * spared - what a preloaded library does to allocations, it does not do to those of libseccomp,
 * which crashes and hangs when memory is short. That is at the start, and not ours to mend.
 */
#ifndef TESTS_TOOLS_SPARED_H
#define TESTS_TOOLS_SPARED_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Where its code is; none before spared_find(), nor where it is not linked. */
static uintptr_t spared_from, spared_to;

static int spared_look_at(struct dl_phdr_info *library, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    if (strstr(library->dlpi_name, "libseccomp") == NULL)
        return 0;
    for (int i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        spared_from = library->dlpi_addr + part->p_vaddr;
        spared_to = spared_from + part->p_memsz;
    }
    return 1;
}

static void spared_find(void)
{
    (void)dl_iterate_phdr(spared_look_at, NULL);
}

/* `caller` is __builtin_return_address(0) of the allocation. */
static bool spared_is(const void *caller)
{
    return (uintptr_t)caller >= spared_from && (uintptr_t)caller < spared_to;
}

#endif
