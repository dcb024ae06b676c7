#include "consumer/chart/chart_text.h"

#include <math.h>
#include <stdint.h>

#include "common/number.h"
#include "consumer/status/display.h"

#define ELLIPSIS "\xE2\x80\xA6"
#define ELLIPSIS_WIDTH 100u
#define REPLACEMENT "\xEF\xBF\xBD"

/* Of ' ' to '~' in DejaVu Sans, rounded up. */
static const uint8_t ASCII_WIDTHS[] = {
    32, 41, 46, 84, 64, 96, 78, 28, 40,  40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 77, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
    61, 79, 70, 64, 62, 74, 69, 99, 69,  62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64,
    64, 28, 28, 58, 28, 98, 64, 62, 64,  64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84};

/* Letters of most scripts are about as wide as Cyrillic ones, ideographs and emoji a full square.
 */
#define LETTER_WIDTH 72u
#define SQUARE_WIDTH 110u
/* They take none, but a cell of nothing else is to end as well. */
#define ACCENT_WIDTH 5u

/* A character as it is drawn; `step` is how many bytes it took. */
struct drawn {
    const char *bytes;
    size_t length;
    size_t step;
    size_t width;
};

static size_t width_of_character(const char *bytes, size_t length)
{
    size_t cells = display_width(bytes, length);
    return cells == 0 ? ACCENT_WIDTH : cells == 2 ? SQUARE_WIDTH : LETTER_WIDTH;
}

static struct drawn next_character(const char *bytes, size_t available)
{
    if (bytes[0] >= ' ' && bytes[0] <= '~')
        return (struct drawn){bytes, 1, 1, ASCII_WIDTHS[bytes[0] - ' ']};
    size_t step = text_utf8_length(bytes, available);
    if (step == 0)
        return (struct drawn){REPLACEMENT, sizeof REPLACEMENT - 1, 1, LETTER_WIDTH};
    if (display_is_invisible(bytes, step))
        return (struct drawn){" ", 1, step, ASCII_WIDTHS[0]};
    return (struct drawn){bytes, step, step, width_of_character(bytes, step)};
}

size_t chart_text_width(const char *bytes, size_t length)
{
    size_t width = 0;
    for (size_t at = 0; at < length;) {
        const struct drawn character = next_character(bytes + at, length - at);
        width += character.width;
        at += character.step;
    }
    return width;
}

/* How many bytes fit, and whether that is not all: then an ellipsis fits behind them. */
static size_t fitting(const char *bytes, size_t length, size_t width, bool *cut)
{
    size_t used = 0;
    size_t with_ellipsis = 0;
    *cut = false;
    for (size_t at = 0; at < length;) {
        const struct drawn character = next_character(bytes + at, length - at);
        used += character.width;
        at += character.step;
        if (used + ELLIPSIS_WIDTH <= width)
            with_ellipsis = at;
        if (used > width) {
            *cut = true;
            return with_ellipsis;
        }
    }
    return length;
}

void chart_text_put(struct text *script, const char *bytes, size_t length, size_t width)
{
    bool cut = false;
    size_t end = fitting(bytes, length, width, &cut);
    for (size_t at = 0; at < end;) {
        const struct drawn character = next_character(bytes + at, length - at);
        text_append(script, character.bytes, character.length);
        at += character.step;
    }
    if (cut)
        text_put(script, ELLIPSIS);
}

void chart_text_open(struct text *script, const char *name)
{
    text_printf(script, "$%s << END\n", name);
}

void chart_text_close(struct text *script)
{
    text_put(script, "END\n");
}

void chart_text_put_line(struct text *script, const char *bytes, size_t length, size_t width)
{
    text_put(script, "=");
    chart_text_put(script, bytes, length, width);
    text_put(script, "\n");
}

void chart_text_put_number(struct text *script, double number)
{
    char digits[NUMBER_DOUBLE_SIZE];
    if (!isfinite(number)) {
        text_put(script, "NaN");
        return;
    }
    number_format_double(digits, number);
    text_put(script, digits);
}
