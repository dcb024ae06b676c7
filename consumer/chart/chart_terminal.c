#include "consumer/chart/chart_terminal.h"

/* Noto Emoji and other scripts come in by fontconfig where they are installed. */
static const char *const TERMINALS[] = {
    "pngcairo noenhanced font 'DejaVu Sans,11'",
    "png notruecolor noenhanced font 'DejaVu Sans,11'",
    /* A point has 4/3 pixels, as it has in a PNG. */
    "svg noenhanced font 'DejaVu Sans,sans-serif,11' fontscale 1.3333 background '#ffffff'",
};
enum terminal { CAIRO, GD, SVG };

/*
 * How a font becomes bold. The svg terminal knows no such thing without enhanced text, and writes
 * the family down as the value of an attribute, whatever that is: so it is followed by another one.
 * A comma would be the end of the family.
 */
static const char *const BOLD[] = {
    [CAIRO] = ":Bold",
    [GD] = ":Bold",
    [SVG] = "DejaVu Sans&#44;sans-serif\" font-weight=\"bold",
};

static void put(struct text *script, const struct chart_format *format, enum terminal terminal)
{
    const struct chart_size *size = &format->size;
    unsigned density = terminal == SVG ? 1 : size->density;
    text_printf(script, "set terminal %s size %u,%u", TERMINALS[terminal], size->width * density,
                size->height * density);
    if (density > 1)
        text_printf(script, " fontscale %u linewidth %u", density, density);
    if (density > 1 && terminal == CAIRO)
        text_printf(script, " pointscale %u", density);
    text_put(script, "\n");
}

void chart_terminal_put_preamble(struct text *script, const struct chart_format *format)
{
    text_put(script, "set encoding utf8\n");
    text_printf(script, "bold = '%s'\n", BOLD[format->svg ? SVG : CAIRO]);
    put(script, format, format->svg ? SVG : CAIRO);
}

static bool are_plain(const struct text *commands)
{
    for (size_t i = 0; i < commands->length; i++)
        if ((unsigned char)commands->bytes[i] >= 0x7F || commands->bytes[i] == '&')
            return false;
    return true;
}

void chart_terminal_put(struct text *script, const struct chart_format *format,
                        const struct text *commands, bool upright)
{
    if (!format->svg && upright && are_plain(commands))
        put(script, format, GD);
}
