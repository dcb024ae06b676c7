#include "consumer/profile/pack.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/digest.h"
#include "common/fileio.h"

#define CRC_BYTES 4u

/* ---- packing ---- */

static void put_number(struct text *text, uint64_t number, size_t size)
{
    char bytes[sizeof number];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(unsigned char)(number >> 8 * i);
    text_append(text, bytes, size);
}

void pack_begin(struct text *file, const char *magic, uint32_t version)
{
    text_append(file, magic, PACK_MAGIC_BYTES);
    pack_u32(file, version);
}

void pack_end(struct text *file)
{
    if (!text_failed(file))
        pack_u32(file, digest_crc32(file->bytes, file->length));
}

void pack_flag(struct text *text, bool flag)
{
    put_number(text, flag ? 1 : 0, 1);
}

void pack_u32(struct text *text, uint32_t number)
{
    put_number(text, number, sizeof number);
}

void pack_u64(struct text *text, uint64_t number)
{
    put_number(text, number, sizeof number);
}

void pack_i64(struct text *text, int64_t number)
{
    pack_u64(text, (uint64_t)number);
}

void pack_double(struct text *text, double number)
{
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    pack_u64(text, bits);
}

void pack_doubles(struct text *text, const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pack_double(text, numbers[i]);
}

void pack_bytes(struct text *text, const void *bytes, size_t length)
{
    pack_u32(text, (uint32_t)length);
    text_append(text, bytes, length);
}

void pack_inner(struct text *text, const struct text *inner)
{
    pack_bytes(text, inner->bytes, inner->length);
    text->failed = text->failed || inner->failed;
}

/* ---- unpacking ---- */

bool unpack_refuse(struct unpacker *packed)
{
    packed->failed = true;
    packed->left = 0;
    return false;
}

bool unpack_failed(const struct unpacker *packed)
{
    return packed->failed;
}

static const char *take(struct unpacker *packed, size_t length)
{
    const char *bytes = packed->bytes;
    if (length > packed->left) {
        (void)unpack_refuse(packed);
        return NULL;
    }
    packed->bytes += length;
    packed->left -= length;
    return bytes;
}

static uint64_t take_number(struct unpacker *packed, size_t size)
{
    const char *bytes = take(packed, size);
    uint64_t number = 0;
    for (size_t i = 0; bytes != NULL && i < size; i++)
        number |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
    return number;
}

static bool has_right_crc(const char *bytes, size_t length)
{
    struct unpacker end = {.bytes = bytes + length - CRC_BYTES, .left = CRC_BYTES};
    return unpack_u32(&end) == digest_crc32(bytes, length - CRC_BYTES);
}

char *unpack_read_file(int directory_fd, const char *name, size_t most, size_t *length)
{
    struct stat status;
    char *bytes = NULL;
    int fd = -1;
    if (fileio_open_input(directory_fd, name, &fd, &status) != FILEIO_OPENED)
        return NULL;
    if (fileio_read_whole(fd, most, &bytes, length) != 0)
        bytes = NULL;
    (void)close(fd);
    return bytes;
}

bool unpack_open(struct unpacker *packed, const char *bytes, size_t length, const char *magic,
                 uint32_t version)
{
    *packed = (struct unpacker){.failed = true};
    if (length < PACK_MAGIC_BYTES + sizeof version + CRC_BYTES || !has_right_crc(bytes, length))
        return false;
    *packed = (struct unpacker){.bytes = bytes, .left = length - CRC_BYTES};
    bool known = memcmp(take(packed, PACK_MAGIC_BYTES), magic, PACK_MAGIC_BYTES) == 0;
    return (unpack_u32(packed) == version && known) || unpack_refuse(packed);
}

bool unpack_close(struct unpacker *packed)
{
    return !packed->failed && packed->left == 0;
}

bool unpack_flag(struct unpacker *packed)
{
    uint64_t flag = take_number(packed, 1);
    return flag == 1 || (flag > 1 && unpack_refuse(packed));
}

uint32_t unpack_u32(struct unpacker *packed)
{
    return (uint32_t)take_number(packed, sizeof(uint32_t));
}

uint64_t unpack_u64(struct unpacker *packed)
{
    return take_number(packed, sizeof(uint64_t));
}

int64_t unpack_i64(struct unpacker *packed)
{
    return (int64_t)unpack_u64(packed);
}

double unpack_double(struct unpacker *packed)
{
    uint64_t bits = unpack_u64(packed);
    double number = 0;
    memcpy(&number, &bits, sizeof number);
    return number;
}

double unpack_finite(struct unpacker *packed)
{
    double number = unpack_double(packed);
    if (isfinite(number))
        return number;
    (void)unpack_refuse(packed);
    return 0;
}

void unpack_doubles(struct unpacker *packed, double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        numbers[i] = unpack_finite(packed);
}

uint64_t unpack_up_to(struct unpacker *packed, uint64_t most)
{
    uint64_t number = unpack_u64(packed);
    if (number <= most)
        return number;
    (void)unpack_refuse(packed);
    return 0;
}

size_t unpack_count(struct unpacker *packed, size_t most, size_t each)
{
    uint64_t count = unpack_up_to(packed, most);
    if (count <= packed->left / each)
        return (size_t)count;
    (void)unpack_refuse(packed);
    return 0;
}

const char *unpack_bytes(struct unpacker *packed, size_t *length)
{
    size_t wanted = unpack_u32(packed);
    const char *bytes = packed->failed ? NULL : take(packed, wanted);
    *length = bytes == NULL ? 0 : wanted;
    return bytes;
}
