#include "common/digest.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <zlib.h>

#define SHA256_BYTES 32

struct digest {
    EVP_MD_CTX *context;
    EVP_MD *sha256; /* fetched once: a fetch costs more than hashing a small batch */
    bool good;
};

struct digest *digest_create(void)
{
    struct digest *digest = calloc(1, sizeof *digest);
    if (digest == NULL)
        return NULL;
    /* A fetch from a library that could not initialize itself, for want of memory, crashes in it.
     */
    if (OSSL_LIB_CTX_get0_global_default() == NULL) {
        free(digest);
        return NULL;
    }
    digest->context = EVP_MD_CTX_new();
    digest->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digest->good = digest->context != NULL && digest->sha256 != NULL &&
                   EVP_DigestInit_ex2(digest->context, digest->sha256, NULL) == 1;
    if (!digest->good) {
        digest_free(digest);
        return NULL;
    }
    return digest;
}

void digest_free(struct digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    EVP_MD_free(digest->sha256);
    free(digest);
}

void digest_update(struct digest *digest, const void *bytes, size_t length)
{
    /* Where memory was short at the start of this digest, OpenSSL would follow a null pointer. */
    digest->good = digest->good && EVP_DigestUpdate(digest->context, bytes, length) == 1;
}

bool digest_finish(struct digest *digest, char hex[DIGEST_HEX_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char raw[SHA256_BYTES];
    unsigned int length = 0;
    bool good = digest->good && EVP_DigestFinal_ex(digest->context, raw, &length) == 1 &&
                length == SHA256_BYTES;
    hex[0] = '\0';
    if (good) {
        for (size_t i = 0; i < SHA256_BYTES; i++) {
            hex[2 * i] = DIGITS[raw[i] >> 4];
            hex[2 * i + 1] = DIGITS[raw[i] & 15];
        }
        hex[DIGEST_HEX_SIZE - 1] = '\0';
    }
    digest->good = EVP_DigestInit_ex2(digest->context, digest->sha256, NULL) == 1;
    return good;
}

bool digest_is_hex(const char *text)
{
    size_t length = strlen(text);
    return length == DIGEST_HEX_SIZE - 1 && strspn(text, "0123456789abcdef") == length;
}

uint32_t digest_crc32(const void *bytes, size_t length)
{
    return digest_crc32_more(0, bytes, length);
}

uint32_t digest_crc32_more(uint32_t crc, const void *bytes, size_t length)
{
    return (uint32_t)crc32_z(crc, bytes, length);
}
