#include "consumer/chart/glyphs.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <fontconfig/fontconfig.h>

#define REPLACEMENT 0xFFFDu

/* Fontconfig keeps its fonts for the process, and so does this; NULL while none are known. */
static FcCharSet *drawable;
static bool listed;

/* What the fonts that stand in for the charts' own have, taken together. */
void glyphs_prepare(void)
{
    FcPattern *wanted = listed ? NULL : FcNameParse((const FcChar8 *)"DejaVu Sans");
    FcCharSet *together = NULL;
    FcResult result;
    listed = true;
    if (wanted == NULL)
        return;
    FcConfigSubstitute(NULL, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    FcFontSet *fonts = FcFontSort(NULL, wanted, FcTrue, &together, &result);
    if (fonts != NULL)
        FcFontSetDestroy(fonts);
    FcPatternDestroy(wanted);
    drawable = together;
}

static bool can_draw(uint32_t character)
{
    return character < 0x80 || (drawable != NULL && FcCharSetHasChar(drawable, character));
}

/* Of valid UTF-8. */
static uint32_t decode(const char *bytes, size_t length)
{
    uint32_t character = (unsigned char)bytes[0] & (length == 1 ? 0x7Fu : 0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        character = character << 6 | ((unsigned char)bytes[i] & 0x3Fu);
    return character;
}

static bool is_ascii(const struct text *text)
{
    for (size_t i = 0; i < text->length; i++)
        if ((unsigned char)text->bytes[i] >= 0x80)
            return false;
    return true;
}

void glyphs_replace_missing(struct text *text)
{
    struct text drawn = {0};
    if (text_failed(text) || is_ascii(text))
        return;
    glyphs_prepare();
    for (size_t at = 0; at < text->length;) {
        size_t length = text_utf8_length(text->bytes + at, text->length - at);
        if (length > 0 && can_draw(decode(text->bytes + at, length)))
            text_append(&drawn, text->bytes + at, length);
        else
            text_put(&drawn, can_draw(REPLACEMENT) ? "\xEF\xBF\xBD" : "?");
        at += length == 0 ? 1 : length;
    }
    text_free(text);
    *text = drawn;
}

void glyphs_forget(void)
{
    if (!listed)
        return;
    if (drawable != NULL)
        FcCharSetDestroy(drawable);
    drawable = NULL;
    listed = false;
    FcFini();
}
