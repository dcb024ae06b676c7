#include "consumer/profile/extent.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

int extent_compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t shorter = a_length < b_length ? a_length : b_length;
    int order = shorter == 0 ? 0 : memcmp(a, b, shorter);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

int extent_compare_moments(const struct value *a, const struct value *b)
{
    if (a->seconds != b->seconds)
        return a->seconds > b->seconds ? 1 : -1;
    return (a->nanoseconds > b->nanoseconds) - (a->nanoseconds < b->nanoseconds);
}

void extent_free(struct extent *extent)
{
    free(extent->first.bytes);
    free(extent->last.bytes);
    free(extent->earliest.text.bytes);
    free(extent->latest.text.bytes);
    *extent = (struct extent){.count = 0};
}

/* ---- texts in their order ---- */

static uint64_t word_at(const char *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The first eight bytes as a number in their order; zeros stand behind a text that is shorter. */
static uint64_t word_of(const char *bytes, size_t length)
{
    if (length >= 8)
        return word_at(bytes);
    uint64_t word = 0;
    for (size_t i = 0; i < sizeof word; i++)
        word = word << 8 | (i < length ? (unsigned char)bytes[i] : 0);
    return word;
}

/* The text of a cell, which stays the cell's. */
static struct extent_text view(const struct csv_cell *cell)
{
    size_t length = cell->length < EXTENT_TEXT_BYTES ? cell->length : EXTENT_TEXT_BYTES;
    return (struct extent_text){
        .bytes = (char *)cell->bytes, .length = length, .word = word_of(cell->bytes, length)};
}

/* Of two that begin with the same word. Dates and times have one length, of up to three words. */
static int compare_tails(const char *bytes, size_t length, const struct extent_text *text)
{
    if (length != text->length || length < 16 || length > 24)
        return extent_compare_bytes(bytes, length, text->bytes, text->length);
    uint64_t a = word_at(bytes + 8);
    uint64_t b = word_at(text->bytes + 8);
    if (a == b) {
        a = word_at(bytes + length - 8);
        b = word_at(text->bytes + length - 8);
    }
    return (a > b) - (a < b);
}

static int compare_texts(const struct extent_text *a, const struct extent_text *b)
{
    if (a->word != b->word)
        return a->word < b->word ? -1 : 1;
    return compare_tails(a->bytes, a->length, b);
}

/* Makes `text` a copy of what `found` is a view of. */
static bool keep(struct extent_text *text, const struct extent_text *found)
{
    char *copy = text->bytes;
    if (found->bytes == copy)
        return true;
    if (copy == NULL || found->length > text->length)
        copy = realloc(copy, found->length + 1);
    if (copy == NULL)
        return false;
    if (found->length > 0)
        memcpy(copy, found->bytes, found->length);
    *text = *found;
    text->bytes = copy;
    return true;
}

static bool take_texts(struct extent *extent, const struct csv_cell *texts, size_t count)
{
    if (count == 0)
        return true;
    bool none = extent->first.bytes == NULL;
    struct extent_text first = none ? view(&texts[0]) : extent->first;
    struct extent_text last = none ? first : extent->last;
    for (size_t i = 0; i < count; i++) {
        const struct extent_text text = view(&texts[i]);
        if (text.word > first.word && text.word < last.word)
            continue;
        if (compare_texts(&text, &last) > 0)
            last = text;
        else if (compare_texts(&text, &first) < 0)
            first = text;
    }
    return keep(&extent->first, &first) && keep(&extent->last, &last);
}

/* ---- lengths ---- */

static void take_lengths(struct extent *extent, uint64_t min, uint64_t max)
{
    if (extent->count == 0 || min < extent->min_length)
        extent->min_length = min;
    if (max > extent->max_length)
        extent->max_length = max;
}

bool extent_add(struct extent *extent, const struct csv_cell *texts, size_t count, bool ascii)
{
    if (count == 0)
        return true;
    uint64_t min = UINT64_MAX;
    uint64_t max = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t characters =
            ascii ? texts[i].length : text_utf8_count(texts[i].bytes, texts[i].length);
        min = characters < min ? characters : min;
        max = characters > max ? characters : max;
        extent->total_length += characters;
    }
    take_lengths(extent, min, max);
    extent->count += count;
    return take_texts(extent, texts, count);
}

bool extent_add_times(struct extent *extent, const struct csv_cell *text, uint64_t times)
{
    uint64_t characters = text_utf8_count(text->bytes, text->length);
    take_lengths(extent, characters, characters);
    extent->count += times;
    extent->total_length += characters * times;
    return take_texts(extent, text, 1);
}

/* ---- moments ---- */

/* The same moment written in two ways is two values, in the order of their bytes. */
static bool precedes(const struct value *value, const struct csv_cell *text,
                     const struct value *other, const struct csv_cell *other_text)
{
    int order = extent_compare_moments(value, other);
    if (order != 0)
        return order < 0;
    return extent_compare_bytes(text->bytes, text->length, other_text->bytes, other_text->length) <
           0;
}

static bool keep_moment(struct extent_moment *moment, const struct value *value,
                        const struct csv_cell *text)
{
    const struct extent_text found = view(text);
    moment->value = *value;
    return keep(&moment->text, &found);
}

static struct csv_cell cell_of(const struct extent_text *text)
{
    return (struct csv_cell){.bytes = text->bytes, .length = text->length};
}

bool extent_add_moments(struct extent *extent, const struct value *values,
                        const struct csv_cell *texts, size_t count)
{
    size_t first = 0;
    size_t last = 0;
    if (count == 0)
        return true;
    for (size_t i = 1; i < count; i++) {
        /* Most are later than all before them, or between two of them, by whole seconds. */
        int64_t seconds = values[i].seconds;
        if (seconds > values[last].seconds ||
            (seconds == values[last].seconds &&
             precedes(&values[last], &texts[last], &values[i], &texts[i])))
            last = i;
        else if (seconds <= values[first].seconds &&
                 precedes(&values[i], &texts[i], &values[first], &texts[first]))
            first = i;
    }
    bool none = extent->earliest.text.bytes == NULL;
    const struct csv_cell earliest = cell_of(&extent->earliest.text);
    const struct csv_cell latest = cell_of(&extent->latest.text);
    if ((none || precedes(&values[first], &texts[first], &extent->earliest.value, &earliest)) &&
        !keep_moment(&extent->earliest, &values[first], &texts[first]))
        return false;
    return !(none || precedes(&extent->latest.value, &latest, &values[last], &texts[last])) ||
           keep_moment(&extent->latest, &values[last], &texts[last]);
}

/* ---- two into one ---- */

static bool merge_texts(struct extent *into, const struct extent *from)
{
    const struct csv_cell texts[] = {cell_of(&from->first), cell_of(&from->last)};
    return from->first.bytes == NULL || take_texts(into, texts, 2);
}

static bool merge_moments(struct extent *into, const struct extent *from)
{
    const struct value values[] = {from->earliest.value, from->latest.value};
    const struct csv_cell texts[] = {cell_of(&from->earliest.text), cell_of(&from->latest.text)};
    return from->earliest.text.bytes == NULL || extent_add_moments(into, values, texts, 2);
}

bool extent_merge(struct extent *into, const struct extent *from)
{
    if (from->count > 0)
        take_lengths(into, from->min_length, from->max_length);
    into->count += from->count;
    into->total_length += from->total_length;
    return merge_texts(into, from) && merge_moments(into, from);
}

/* ---- kept ---- */

size_t extent_bytes(const struct extent *extent)
{
    return extent->first.length + extent->last.length + extent->earliest.text.length +
           extent->latest.text.length;
}

static void pack_text(const struct extent_text *kept, struct text *text)
{
    pack_flag(text, kept->bytes != NULL);
    if (kept->bytes != NULL)
        pack_bytes(text, kept->bytes, kept->length);
}

static void pack_moment(const struct extent_moment *moment, struct text *text)
{
    pack_i64(text, moment->value.seconds);
    pack_i64(text, moment->value.nanoseconds);
    pack_text(&moment->text, text);
}

void extent_pack(const struct extent *extent, struct text *text)
{
    pack_text(&extent->first, text);
    pack_text(&extent->last, text);
    pack_u64(text, extent->count);
    pack_u64(text, extent->min_length);
    pack_u64(text, extent->max_length);
    pack_u64(text, extent->total_length);
    pack_moment(&extent->earliest, text);
    pack_moment(&extent->latest, text);
}

static bool unpack_text(struct unpacker *packed, struct extent_text *text)
{
    struct csv_cell cell = {.length = 0};
    if (!unpack_flag(packed))
        return !unpack_failed(packed);
    cell.bytes = unpack_bytes(packed, &cell.length);
    if (cell.bytes == NULL || cell.length > EXTENT_TEXT_BYTES)
        return unpack_refuse(packed);
    const struct extent_text found = view(&cell);
    return keep(text, &found);
}

/* What orders moments is kept of their values, and no more. */
static bool unpack_moment(struct unpacker *packed, struct extent_moment *moment)
{
    moment->value.seconds = unpack_i64(packed);
    moment->value.nanoseconds = (int32_t)unpack_i64(packed);
    return unpack_text(packed, &moment->text);
}

bool extent_unpack(struct unpacker *packed, struct extent *extent)
{
    *extent = (struct extent){.count = 0};
    if (!unpack_text(packed, &extent->first) || !unpack_text(packed, &extent->last))
        return false;
    extent->count = unpack_u64(packed);
    extent->min_length = unpack_u64(packed);
    extent->max_length = unpack_u64(packed);
    extent->total_length = unpack_u64(packed);
    return unpack_moment(packed, &extent->earliest) && unpack_moment(packed, &extent->latest) &&
           (extent->first.bytes == NULL) == (extent->last.bytes == NULL);
}
