/*
 * digest - streaming SHA-256 (FIPS 180-4, by OpenSSL) and CRC-32 (by zlib).
 *
 *     struct digest *digest = digest_create();
 *     digest_update(digest, chunk, length);      any number of times
 *     digest_finish(digest, hex);                and it is ready for the next file
 *     digest_free(digest);
 */
#ifndef COMMON_DIGEST_H
#define COMMON_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 64 lower-case hexadecimal digits and their NUL. */
#define DIGEST_HEX_SIZE 65

struct digest;

/* NULL when memory or the library's SHA-256 cannot be had. */
struct digest *digest_create(void);
void digest_free(struct digest *digest);

void digest_update(struct digest *digest, const void *bytes, size_t length);

/*
 * Writes the digest of all updates since the last finish and begins anew.
 * False, and an empty string, when the library failed anywhere on the way.
 */
bool digest_finish(struct digest *digest, char hex[DIGEST_HEX_SIZE]);

/* True for 64 lower-case hexadecimal digits. */
bool digest_is_hex(const char *text);

/* CRC-32 as in gzip and zip (IEEE 802.3, reflected, 0xEDB88320). */
uint32_t digest_crc32(const void *bytes, size_t length);

/* The same of more bytes behind those whose CRC-32 is `crc`; 0 is that of none. */
uint32_t digest_crc32_more(uint32_t crc, const void *bytes, size_t length);

#endif
