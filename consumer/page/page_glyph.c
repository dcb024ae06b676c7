#include "consumer/page/page_glyph.h"

#include <math.h>
#include <stdbool.h>

/* Units of a glyph's own coordinates. */
#define WIDE 100.0
#define HIGH 24.0
#define LOWEST_BAR 0.8
#define GAP 0.12

static void open_glyph(struct text *html, const char *class, double width, double height)
{
    text_printf(html,
                "<svg class=\"%s\" viewBox=\"0 0 %g %g\" preserveAspectRatio=\"none\" "
                "aria-hidden=\"true\">",
                class, width, height);
}

/* ---- scales ---- */

void page_scale_take(struct page_scale *scale, const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(numbers[i]))
            continue;
        bool first = scale->low > scale->high;
        scale->low = first || numbers[i] < scale->low ? numbers[i] : scale->low;
        scale->high = first || numbers[i] > scale->high ? numbers[i] : scale->high;
    }
}

/* In halves, because the distance of two doubles may be none. */
double page_scale_at(const struct page_scale *scale, double number)
{
    double span = scale->high / 2 - scale->low / 2;
    double at = span > 0 ? (number / 2 - scale->low / 2) / span : 0.5;
    return at < 0 ? 0 : at > 1 ? 1 : at;
}

/* ---- glyphs ---- */

void page_glyph_histogram(struct text *html, const uint64_t *counts, size_t bins, double marked)
{
    uint64_t most = 1;
    for (size_t i = 0; i < bins; i++)
        most = counts[i] > most ? counts[i] : most;
    open_glyph(html, "histogram", (double)bins, HIGH);
    text_put(html, "<path d=\"");
    for (size_t i = 0; i < bins; i++) {
        double height = HIGH * (double)counts[i] / (double)most;
        if (counts[i] > 0)
            text_printf(html, "M%.4g %gv-%.3gh%gV%gz", (double)i + GAP / 2, HIGH,
                        fmax(height, LOWEST_BAR), 1 - GAP, HIGH);
    }
    text_put(html, "\"/>");
    if (isfinite(marked))
        text_printf(html, "<path class=\"mark\" d=\"M%.4g 0V%g\"/>", marked * (double)bins, HIGH);
    text_put(html, "</svg>");
}

void page_glyph_range(struct text *html, const double quantiles[PAGE_QUANTILES],
                      const struct page_scale *scale)
{
    double at[PAGE_QUANTILES];
    for (size_t i = 0; i < PAGE_QUANTILES; i++)
        at[i] = WIDE * page_scale_at(scale, quantiles[i]);
    open_glyph(html, "range", WIDE, 10);
    text_printf(html, "<path d=\"M%.3g 5H%.3g\"/>", at[PAGE_P05], at[PAGE_P95]);
    text_printf(html, "<path class=\"half\" d=\"M%.3g 2H%.3gV8H%.3gz\"/>", at[PAGE_P25],
                at[PAGE_P75], at[PAGE_P25]);
    text_printf(html, "<path class=\"mark\" d=\"M%.3g 0V10\"/></svg>", at[PAGE_P50]);
}

struct course {
    struct text *html;
    const double (*batches)[PAGE_QUANTILES];
    size_t count;
    const struct page_scale *scale;
};

static bool is_gap(const struct course *course, size_t batch)
{
    return !isfinite(course->batches[batch][PAGE_P50]);
}

/* `aside` is a part of the way to the next batch. */
static void put_point(const struct course *course, char command, size_t batch, double aside,
                      int quantile)
{
    double x =
        course->count < 2 ? WIDE : WIDE * ((double)batch + aside) / (double)(course->count - 1);
    double y = HIGH * (1 - page_scale_at(course->scale, course->batches[batch][quantile]));
    text_printf(course->html, "%c%.3g %.3g", command, x, y);
}

/* What a batch between two gaps reaches to either side, for a point would not be seen. */
static double half_width(size_t from, size_t to)
{
    return to - from == 1 ? 0.4 : 0;
}

static void put_line(const struct course *course, size_t from, size_t to)
{
    double aside = half_width(from, to);
    for (size_t batch = from; batch < to; batch++)
        put_point(course, batch == from ? 'M' : 'L', batch, -aside, PAGE_P50);
    if (aside > 0)
        put_point(course, 'L', from, aside, PAGE_P50);
}

/* Along the lower edge, and back along the upper one. */
static void put_band(const struct course *course, size_t from, size_t to)
{
    double aside = half_width(from, to);
    for (size_t batch = from; batch < to; batch++)
        put_point(course, batch == from ? 'M' : 'L', batch, -aside, PAGE_P05);
    if (aside > 0) {
        put_point(course, 'L', from, aside, PAGE_P05);
        put_point(course, 'L', from, aside, PAGE_P95);
    }
    for (size_t batch = to; batch-- > from;)
        put_point(course, 'L', batch, -aside, PAGE_P95);
    text_put(course->html, "z");
}

static void put_stretches(const struct course *course, const char *class,
                          void (*put)(const struct course *, size_t from, size_t to))
{
    text_printf(course->html, "<path class=\"%s\" d=\"", class);
    for (size_t from = 0, to; from < course->count; from = to + 1) {
        for (to = from; to < course->count && !is_gap(course, to);)
            to++;
        if (to > from)
            put(course, from, to);
    }
    text_put(course->html, "\"/>");
}

static void put_newest(const struct course *course)
{
    size_t newest = course->count;
    while (newest > 0 && is_gap(course, newest - 1))
        newest--;
    if (newest == 0)
        return;
    text_put(course->html, "<path class=\"dot\" d=\"");
    put_point(course, 'M', newest - 1, 0, PAGE_P50);
    text_put(course->html, "h0\"/>");
}

void page_glyph_course(struct text *html, const double (*batches)[PAGE_QUANTILES], size_t count,
                       const struct page_scale *scale)
{
    const struct course course = {html, batches, count, scale};
    open_glyph(html, "course", WIDE, HIGH);
    put_stretches(&course, "band", put_band);
    put_stretches(&course, "line", put_line);
    put_newest(&course);
    text_put(html, "</svg>");
}

void page_glyph_bar(struct text *html, uint64_t part, uint64_t whole)
{
    double share = whole == 0 ? 0 : (double)part / (double)whole;
    open_glyph(html, "bar", WIDE, 1);
    text_printf(html, "<path d=\"M0 0h%.3gv1H0z\"/></svg>", WIDE * (share > 1 ? 1 : share));
}
