#include <stdlib.h>
#include <string.h>

#include "consumer/chart/image.h"
#include "tests/unit/support.h"

/* One grey pixel. */
static const unsigned char PIXEL_PNG[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9c, 0x63, 0xa8, 0x07, 0x00, 0x00, 0x81, 0x00, 0x80, 0xd3, 0x94, 0x53, 0x4a, 0x00,
    0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

static bool png_is_whole(const void *bytes, size_t length)
{
    return image_is_whole(IMAGE_PNG, bytes, length);
}

START_TEST(png_with_any_bit_flipped_is_not_whole)
{
    unsigned char bytes[sizeof PIXEL_PNG];
    ck_assert(png_is_whole(PIXEL_PNG, sizeof PIXEL_PNG));
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        memcpy(bytes, PIXEL_PNG, sizeof bytes);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        ck_assert_msg(!png_is_whole(bytes, sizeof bytes), "bit %zu", bit);
    }
}
END_TEST

START_TEST(png_cut_anywhere_is_not_whole)
{
    for (size_t length = 0; length < sizeof PIXEL_PNG; length++) {
        char *exact = malloc(length + 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact + 1, PIXEL_PNG, length);
        ck_assert_msg(!png_is_whole(exact + 1, length), "length %zu", length);
        free(exact);
    }
}
END_TEST

START_TEST(png_with_anything_behind_its_end_is_not_whole)
{
    unsigned char bytes[sizeof PIXEL_PNG + 12] = {0};
    memcpy(bytes, PIXEL_PNG, sizeof PIXEL_PNG);
    for (size_t more = 1; more <= 12; more++)
        ck_assert(!png_is_whole(bytes, sizeof PIXEL_PNG + more));
    memcpy(bytes + sizeof PIXEL_PNG, PIXEL_PNG + sizeof PIXEL_PNG - 12, 12);
    ck_assert(!png_is_whole(bytes, sizeof bytes));
}
END_TEST

START_TEST(png_without_a_header_or_a_pixel_is_not_whole)
{
    unsigned char bytes[sizeof PIXEL_PNG];
    const unsigned char *end = PIXEL_PNG + sizeof PIXEL_PNG - 12;
    memcpy(bytes, PIXEL_PNG, 8);
    memcpy(bytes + 8, end, 12);
    ck_assert(!png_is_whole(bytes, 20));
    memcpy(bytes + 8, PIXEL_PNG + 8, 25);
    memcpy(bytes + 33, end, 12);
    ck_assert(!png_is_whole(bytes, 45));
    memcpy(bytes + 8, PIXEL_PNG + 33, sizeof PIXEL_PNG - 33);
    ck_assert(!png_is_whole(bytes, sizeof PIXEL_PNG - 25));
}
END_TEST

START_TEST(svg_is_whole_from_its_declaration_to_its_last_tag)
{
    static const char SVG[] = "<?xml version=\"1.0\"?>\n<svg width=\"1\" height=\"1\">"
                              "<rect width=\"1\" height=\"1\"/></svg>\n\n";
    char bytes[sizeof SVG + 8];
    size_t length = sizeof SVG - 1;
    ck_assert(image_is_whole(IMAGE_SVG, SVG, length));
    ck_assert(image_is_whole(IMAGE_SVG, SVG, length - 2));
    for (size_t cut = 3; cut <= length; cut++)
        ck_assert(!image_is_whole(IMAGE_SVG, SVG, length - cut));
    ck_assert(!image_is_whole(IMAGE_SVG, SVG + 1, length - 1));
    memcpy(bytes, SVG, length);
    bytes[length] = '<';
    ck_assert(!image_is_whole(IMAGE_SVG, bytes, length + 1));
    bytes[length] = '\0';
    ck_assert(!image_is_whole(IMAGE_SVG, bytes, length + 1));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_image", png_with_any_bit_flipped_is_not_whole,
                       png_cut_anywhere_is_not_whole, png_with_anything_behind_its_end_is_not_whole,
                       png_without_a_header_or_a_pixel_is_not_whole,
                       svg_is_whole_from_its_declaration_to_its_last_tag);
}
