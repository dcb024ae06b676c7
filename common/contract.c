#include "common/contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Keys are bounded, so a name can never be cut; the fallback makes it visible if one were. */
static void format_name(char name[CONTRACT_NAME_SIZE], const char *prefix, const char *key,
                        const char *suffix)
{
    int length = snprintf(name, CONTRACT_NAME_SIZE, "%s%s.%s", prefix, key, suffix);
    if (length < 0 || length >= CONTRACT_NAME_SIZE)
        name[0] = '\0';
}

void contract_data_name(char name[CONTRACT_NAME_SIZE], uint64_t number)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    format_name(name, "data_", key, "csv");
}

void contract_metadata_name(char name[CONTRACT_NAME_SIZE], const char *key)
{
    format_name(name, "metadata_", key, "json");
}

void contract_summary_name(char name[CONTRACT_NAME_SIZE], const char *key)
{
    format_name(name, "summary_", key, "json");
}

void contract_plot_name(char name[CONTRACT_NAME_SIZE], const char *key, const char *extension)
{
    format_name(name, "plot_", key, extension);
}

void contract_trend_name(char name[CONTRACT_NAME_SIZE], const char *extension)
{
    format_name(name, "trend", "", extension);
}

bool contract_is_in_flight(const char *name)
{
    static const char suffix[] = ".tmp";
    size_t length = strlen(name);
    size_t tail = sizeof suffix - 1;
    return name[0] == '.' || name[0] == '_' ||
           (length >= tail && strcmp(name + length - tail, suffix) == 0);
}

static bool printable(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f || *text == '/')
            return false;
    return true;
}

/*
 * Length of the UTF-8 sequence at `text`, 0 when it is none: RFC 3629's table of first and second
 * bytes. (`text` has the same for bytes of any length, but stands on this very floor.)
 */
static size_t sequence_length(const unsigned char *text)
{
    static const struct {
        unsigned char first, last, second_low, second_high, length;
    } LEADS[] = {
        {0x01, 0x7F, 0x00, 0xFF, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t i = 0; i < sizeof LEADS / sizeof *LEADS; i++) {
        if (text[0] < LEADS[i].first || text[0] > LEADS[i].last)
            continue;
        if (text[1] < LEADS[i].second_low || text[1] > LEADS[i].second_high)
            return 0;
        for (size_t at = 2; at < LEADS[i].length; at++)
            if ((text[at] & 0xC0u) != 0x80)
                return 0;
        return LEADS[i].length;
    }
    return 0;
}

/* The log is JSON: a key in any other encoding would come back from it as another key. */
static bool is_utf8(const char *key)
{
    size_t length = 1;
    for (const char *at = key; *at != '\0' && length > 0; at += length)
        length = sequence_length((const unsigned char *)at);
    return length > 0;
}

static bool looks_numeric(const char *key)
{
    if (*key == '-' || *key == '+')
        key++;
    return *key != '\0' && key[strspn(key, "0123456789")] == '\0';
}

bool contract_key_number(const char *key, uint64_t *number)
{
    if (*key < '1' || *key > '9')
        return false;
    uint64_t value = 0;
    for (; *key != '\0'; key++) {
        if (*key < '0' || *key > '9')
            return false;
        uint64_t digit = (uint64_t)(*key - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

bool contract_match(const char *pattern, const char *name, char key[CONTRACT_KEY_MAX + 1])
{
    const char *star = strchr(pattern, '*');
    if (star == NULL || contract_is_in_flight(name) || strcmp(name, CONTRACT_DATAPACKAGE) == 0)
        return false;
    size_t prefix = (size_t)(star - pattern);
    size_t suffix = strlen(star + 1);
    size_t length = strlen(name);
    if (length <= prefix + suffix || length - prefix - suffix > CONTRACT_KEY_MAX)
        return false;
    if (strncmp(name, pattern, prefix) != 0 || strcmp(name + length - suffix, star + 1) != 0)
        return false;
    size_t key_length = length - prefix - suffix;
    memcpy(key, name + prefix, key_length);
    key[key_length] = '\0';
    uint64_t number;
    return printable(key) && is_utf8(key) &&
           (!looks_numeric(key) || contract_key_number(key, &number));
}

int contract_key_compare(const char *left, const char *right)
{
    uint64_t a = 0;
    uint64_t b = 0;
    bool left_is_number = contract_key_number(left, &a);
    bool right_is_number = contract_key_number(right, &b);
    if (left_is_number && right_is_number)
        return (a > b) - (a < b);
    if (left_is_number != right_is_number)
        return left_is_number ? -1 : 1;
    return strcmp(left, right);
}
