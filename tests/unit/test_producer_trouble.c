#include <errno.h>

#include "producer/trouble.h"
#include "tests/unit/support.h"

static bool passes(int error_number)
{
    return trouble_passes(error_number, support_open_directory(support_temporary_directory()));
}

START_TEST(trouble_with_space_descriptors_memory_or_a_device_passes)
{
    static const int ERRORS[] = {ENOSPC, EDQUOT, EFBIG, EMFILE, ENFILE, ENOMEM, EIO, EROFS, EACCES};
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        ck_assert_msg(passes(ERRORS[i]), "%d", ERRORS[i]);
}
END_TEST

START_TEST(trouble_with_a_name_that_is_taken_passes)
{
    ck_assert(passes(EISDIR) && passes(EEXIST) && passes(ENOTEMPTY) && passes(ELOOP));
}
END_TEST

START_TEST(trouble_with_a_stale_file_passes_in_a_directory_that_is_not)
{
    ck_assert(passes(ESTALE));
}
END_TEST

START_TEST(trouble_that_is_the_programs_or_the_directorys_own_does_not_pass)
{
    ck_assert(!passes(ENOENT) && !passes(EBADF) && !passes(EINVAL) && !passes(0));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_trouble", trouble_with_space_descriptors_memory_or_a_device_passes,
                       trouble_with_a_name_that_is_taken_passes,
                       trouble_with_a_stale_file_passes_in_a_directory_that_is_not,
                       trouble_that_is_the_programs_or_the_directorys_own_does_not_pass);
}
