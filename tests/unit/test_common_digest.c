#include "common/digest.h"

#include <string.h>

#include "tests/unit/support.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void assert_sha256(const char *text, const char *expected)
{
    char hex[DIGEST_HEX_SIZE];
    struct digest *digest = digest_create();
    ck_assert_ptr_nonnull(digest);
    digest_update(digest, text, strlen(text));
    ck_assert(digest_finish(digest, hex));
    ck_assert_str_eq(hex, expected);
    digest_free(digest);
}

START_TEST(sha256_gives_the_published_values)
{
    /* FIPS 180-2, appendix B, and the empty message. */
    assert_sha256("", EMPTY);
    assert_sha256("abc", ABC);
    assert_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
END_TEST

START_TEST(sha256_of_a_million_letters_does_not_depend_on_the_chunks)
{
    static char letters[1000000];
    const size_t chunks[] = {1, 63, 64, 65, 4096, sizeof letters};
    char hex[DIGEST_HEX_SIZE];
    memset(letters, 'a', sizeof letters);
    struct digest *digest = digest_create();
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        for (size_t at = 0; at < sizeof letters; at += chunks[i])
            digest_update(digest, letters + at,
                          chunks[i] < sizeof letters - at ? chunks[i] : sizeof letters - at);
        ck_assert(digest_finish(digest, hex));
        ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
    digest_free(digest);
}
END_TEST

START_TEST(a_digest_begins_anew_when_it_was_finished)
{
    char hex[DIGEST_HEX_SIZE];
    struct digest *digest = digest_create();
    digest_update(digest, "something else", 14);
    ck_assert(digest_finish(digest, hex));
    digest_update(digest, "abc", 3);
    ck_assert(digest_finish(digest, hex));
    ck_assert_str_eq(hex, ABC);
    ck_assert(digest_finish(digest, hex));
    ck_assert_str_eq(hex, EMPTY);
    digest_free(digest);
}
END_TEST

START_TEST(a_digest_takes_empty_chunks_and_nul_bytes)
{
    char with_nul[DIGEST_HEX_SIZE];
    char without[DIGEST_HEX_SIZE];
    struct digest *digest = digest_create();
    digest_update(digest, "", 0);
    digest_update(digest, "a\0b", 3);
    ck_assert(digest_finish(digest, with_nul));
    digest_update(digest, "ab", 2);
    ck_assert(digest_finish(digest, without));
    ck_assert_str_ne(with_nul, without);
    digest_free(digest);
}
END_TEST

START_TEST(freeing_no_digest_does_nothing)
{
    digest_free(NULL);
}
END_TEST

START_TEST(a_hash_is_64_lower_case_hexadecimal_digits)
{
    char text[DIGEST_HEX_SIZE + 1] = ABC;
    ck_assert(digest_is_hex(text));
    strcpy(text + 64, "0");
    ck_assert(!digest_is_hex(text));
    text[63] = '\0';
    ck_assert(!digest_is_hex(text));
    strcpy(text, ABC);
    text[0] = 'B';
    ck_assert(!digest_is_hex(text));
    text[0] = 'g';
    ck_assert(!digest_is_hex(text));
    ck_assert(!digest_is_hex(""));
}
END_TEST

START_TEST(crc32_gives_the_published_values)
{
    ck_assert_uint_eq(digest_crc32("", 0), 0);
    ck_assert_uint_eq(digest_crc32("123456789", 9), 0xCBF43926u);
    ck_assert_uint_eq(digest_crc32("The quick brown fox jumps over the lazy dog", 43), 0x414FA339u);
    ck_assert_uint_eq(digest_crc32("\0\0\0\0", 4), 0x2144DF1Cu);
}
END_TEST

START_TEST(crc32_sees_every_single_flipped_bit)
{
    char bytes[] = "{\"key\":\"7\"}";
    uint32_t whole = digest_crc32(bytes, sizeof bytes - 1);
    for (size_t bit = 0; bit < (sizeof bytes - 1) * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
        ck_assert_uint_ne(digest_crc32(bytes, sizeof bytes - 1), whole);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("common_digest", sha256_gives_the_published_values,
                       sha256_of_a_million_letters_does_not_depend_on_the_chunks,
                       a_digest_begins_anew_when_it_was_finished,
                       a_digest_takes_empty_chunks_and_nul_bytes, freeing_no_digest_does_nothing,
                       a_hash_is_64_lower_case_hexadecimal_digits, crc32_gives_the_published_values,
                       crc32_sees_every_single_flipped_bit);
}
