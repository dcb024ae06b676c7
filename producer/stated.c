#include "producer/stated.h"

#include <stdbool.h>
#include <string.h>

#include "common/contract.h"

#define ONLY_STRING VALUE_TYPE_BIT(VALUE_STRING)

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* XML Schema's words, which Table Schema goes by. */
static bool is_nonfinite_word(const char *bytes, size_t length)
{
    static const char *const WORDS[] = {"NaN", "INF", "-INF"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strlen(WORDS[i]) == length && memcmp(bytes, WORDS[i], length) == 0)
            return true;
    return false;
}

/* As whoever prints it would write it. */
static bool is_plain_integer(const char *bytes, size_t length, int64_t integer)
{
    bool negative = bytes[0] == '-';
    bool zero_in_front = bytes[negative] == '0' && length > 1;
    return bytes[0] != '+' && !zero_in_front && integer <= (int64_t)CONTRACT_JSON_INTEGER_MAX &&
           integer >= -(int64_t)CONTRACT_JSON_INTEGER_MAX;
}

static bool is_letter(char byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

value_types stated_types(const char *bytes, size_t length, struct value_day *day)
{
    struct value value;
    value_read_next(bytes, length, day, &value);
    if (value.types == ONLY_STRING)
        return ONLY_STRING;
    if (is_space(bytes[0]) || is_space(bytes[length - 1]))
        return ONLY_STRING;
    /* The last byte of a number is a digit, and of a word a letter. */
    if ((value.types & VALUE_TYPE_BIT(VALUE_NUMBER)) != 0 && is_letter(bytes[length - 1]) &&
        !is_nonfinite_word(bytes, length))
        return ONLY_STRING;
    if ((value.types & VALUE_TYPE_BIT(VALUE_INTEGER)) != 0 &&
        !is_plain_integer(bytes, length, value.integer))
        value.types &= ~VALUE_TYPE_BIT(VALUE_INTEGER);
    return value.types;
}
