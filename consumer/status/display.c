#include "consumer/status/display.h"

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

#define ELLIPSIS "\xE2\x80\xA6"
/* Accents take no cell, and a thousand on one letter would still be a flood. */
#define PIECES_A_CELL 4

/* One character as it is shown. */
struct piece {
    const char *bytes; /* of the input, or of `escape` */
    size_t length;
    size_t width;
    size_t taken; /* bytes of the input */
    char escape[sizeof "\\u10ffff"];
};

/* What is there and cannot be seen, or turns around what stands beside it. */
static bool is_invisible(uint32_t character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } RANGES[] = {
        {0x0000, 0x001F},                    /* control characters */
        {0x007F, 0x009F},  {0x00AD, 0x00AD}, /* soft hyphen */
        {0x061C, 0x061C},                    /* Arabic letter mark */
        {0x115F, 0x1160},                    /* Hangul fillers */
        {0x180E, 0x180E},                    /* Mongolian vowel separator */
        {0x200B, 0x200B},                    /* zero width space */
        {0x200E, 0x200F},                    /* direction marks */
        {0x2028, 0x202E},                    /* line and paragraph separators, directions */
        {0x2060, 0x206F},                    /* word joiner, invisible operators, directions */
        {0x3164, 0x3164},                    /* Hangul filler */
        {0xFEFF, 0xFEFF},                    /* byte order mark */
        {0xFFF9, 0xFFFB},                    /* interlinear annotation */
        {0xE0000, 0xE0FFF}                   /* tags */
    };
    for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++)
        if (character >= RANGES[i].first && character <= RANGES[i].last)
            return true;
    return false;
}

/* -1 for what no terminal shows. */
static int cells_of(uint32_t character)
{
    static locale_t utf8;
    if (character < 0x80)
        return 1;
    if (utf8 == (locale_t)0)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (utf8 == (locale_t)0)
        return 1;
    locale_t before = uselocale(utf8);
    int cells = wcwidth((wchar_t)character);
    (void)uselocale(before);
    return cells;
}

/* Of valid UTF-8. */
static uint32_t decode(const char *bytes, size_t length)
{
    uint32_t character = (unsigned char)bytes[0] & (length == 1 ? 0x7Fu : 0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        character = character << 6 | ((unsigned char)bytes[i] & 0x3Fu);
    return character;
}

bool display_is_invisible(const char *bytes, size_t length)
{
    return is_invisible(decode(bytes, length));
}

static const char *short_escape(uint32_t character)
{
    switch (character) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return NULL;
    }
}

static void escape(struct piece *piece, uint32_t character)
{
    const char *shorter = short_escape(character);
    if (shorter != NULL)
        (void)snprintf(piece->escape, sizeof piece->escape, "%s", shorter);
    else
        (void)snprintf(piece->escape, sizeof piece->escape,
                       character < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)character);
    piece->bytes = piece->escape;
    piece->length = piece->width = strlen(piece->escape);
}

/* The piece that the first of these bytes, of which there is one at the least, belong to. */
static void read_piece(struct piece *piece, const char *bytes, size_t length)
{
    size_t step = text_utf8_length(bytes, length);
    uint32_t character = step == 0 ? (unsigned char)bytes[0] : decode(bytes, step);
    int cells = step == 0 || is_invisible(character) ? -1 : cells_of(character);
    piece->taken = step == 0 ? 1 : step;
    if (cells < 0) {
        escape(piece, character);
        return;
    }
    piece->bytes = bytes;
    piece->length = step;
    piece->width = (size_t)cells;
}

/* Appends, where `text` is not NULL, the pieces that fit; *whole tells whether all did. */
static size_t append_pieces(struct text *text, const char *bytes, size_t length, size_t limit,
                            bool *whole)
{
    struct piece piece;
    size_t cells = 0;
    size_t at = 0;
    for (size_t pieces = 0; at < length; pieces++) {
        read_piece(&piece, bytes + at, length - at);
        if (piece.width > limit - cells || pieces / PIECES_A_CELL > limit)
            break;
        if (text != NULL)
            text_append(text, piece.bytes, piece.length);
        cells += piece.width;
        at += piece.taken;
    }
    *whole = at == length;
    return cells;
}

size_t display_append(struct text *text, const char *bytes, size_t length, size_t limit)
{
    bool whole;
    (void)append_pieces(NULL, bytes, length, limit, &whole);
    bool cut = !whole && limit > 0;
    size_t cells = append_pieces(text, bytes, length, cut ? limit - 1 : limit, &whole);
    text_put(text, cut ? ELLIPSIS : "");
    return cells + (cut ? 1 : 0);
}

size_t display_width(const char *bytes, size_t length)
{
    bool whole;
    return append_pieces(NULL, bytes, length, DISPLAY_ENDLESS, &whole);
}

void display_pad(struct text *text, size_t cells)
{
    while (cells-- > 0)
        text_put(text, " ");
}

size_t display_terminal_width(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DISPLAY_ENDLESS;
    return size.ws_col;
}
