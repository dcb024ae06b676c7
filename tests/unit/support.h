/*
 * support - what the unit suites share: running a suite, directories that go
 * away by themselves, small files, and what was printed.
 *
 *     START_TEST(a_number_refuses_a_trailing_space)
 *     {
 *         ck_assert(!number_parse_u64("1 ", 2, &value));
 *     }
 *     END_TEST
 *
 *     int main(void)
 *     {
 *         return SUPPORT_RUN("common_number",
 *                            a_number_refuses_a_trailing_space,
 *                            ...);
 *     }
 *
 * A test's name is the sentence that it proves; a test without its row does not
 * compile without a warning. Each runs in a process of its own, so it may drop
 * privileges, catch signals and change the environment. One test alone:
 * CK_RUN_CASE=a_number_refuses_a_trailing_space build/tests/test_common_number
 *
 * Apart from support_run(), each function fails the test that calls it when it
 * cannot do its work.
 */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <check.h>

/* 1 under AddressSanitizer, whose memory is no measure of ours. */
#if defined(__SANITIZE_ADDRESS__)
#define SUPPORT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SUPPORT_SANITIZED 1
#endif
#endif
#ifndef SUPPORT_SANITIZED
#define SUPPORT_SANITIZED 0
#endif

/* Runs the tests named behind the suite's name; see support_run(). */
#define SUPPORT_RUN(name, ...)                             \
    support_run(name, (const TTest *const[]){__VA_ARGS__}, \
                sizeof((const TTest *const[]){__VA_ARGS__}) / sizeof(const TTest *))

/*
 * ck_assert_msg() for what is tried a million times: Check writes down each assertion that holds,
 * which takes longer than what is tested.
 */
#define SUPPORT_ASSERT(condition, ...) \
    do {                               \
        if (!(condition))              \
            ck_abort_msg(__VA_ARGS__); \
    } while (0)

/*
 * Runs every test, prints each failure with its name, place and cause, and then
 * one line, `NAME: P passed, F failed`. Returns the exit status of the program:
 * 0 when at least one test ran and none failed.
 */
int support_run(const char *name, const TTest *const *tests, size_t count);

/*
 * Path of a new, empty directory of mode 0700. It stays until the suite ends,
 * whatever becomes of the test, and is then removed with all it holds.
 */
const char *support_temporary_directory(void);

/* A descriptor of the directory; the caller's to close. */
int support_open_directory(const char *path);

/* Makes or overwrites the file with these bytes; mode 0644. */
void support_write_file(const char *directory, const char *name, const void *bytes, size_t length);

/*
 * All bytes of the file and a NUL behind them, in memory that the caller frees.
 * `length` may be NULL.
 */
char *support_read_file(const char *directory, const char *name, size_t *length);

/* True when the name is there, whatever it is; a link counts, wherever it leads. */
bool support_exists(const char *directory, const char *name);

/* Number of names in the directory, without "." and "..". */
size_t support_count_names(const char *directory);

/*
 * Runs action(context) and returns what it wrote to file descriptor 1, through
 * stdio or past it, and a NUL; the caller frees it. `length` may be NULL.
 */
char *support_capture_stdout(void (*action)(void *context), void *context, size_t *length);

#endif
