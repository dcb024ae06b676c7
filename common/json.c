#include "common/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "common/contract.h"
#include "common/text.h"

struct json {
    cJSON *root;
};

static bool refuse(char error[JSON_ERROR_SIZE], const char *cause, size_t offset)
{
    (void)snprintf(error, JSON_ERROR_SIZE, "%s at byte %zu", cause, offset);
    return false;
}

static const char *control_character(char character)
{
    if (character == '\0')
        return "NUL byte";
    return (unsigned char)character < 0x20 ? "control character" : NULL;
}

/*
 * Offset of the quote that ends the string opened at `at`, `length` when there is none; or, with
 * its `cause`, of what a string must not hold.
 */
static size_t string_end(const char *bytes, size_t length, size_t at, const char **cause)
{
    for (at++; at < length && bytes[at] != '"'; at++) {
        *cause = control_character(bytes[at]);
        if (length - at > 5 && memcmp(bytes + at, "\\u0000", 6) == 0)
            *cause = "\\u0000 in a string";
        if (*cause != NULL)
            return at;
        if (bytes[at] == '\\')
            at++;
    }
    return at < length ? at : length;
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool in_number(char character)
{
    return is_digit(character) || (character != '\0' && strchr("+-.eE", character) != NULL);
}

/* What is wrong with the number at its character `at`, the `place`th from 1: 01, -01, 1. and 1.e5
 */
static const char *odd_number(const char *bytes, size_t length, size_t at, size_t place)
{
    bool digit_follows = at + 1 < length && is_digit(bytes[at + 1]);
    bool first_digit = place == 1 || (place == 2 && bytes[at - 1] == '-');
    if (place > JSON_NUMBER_MAX)
        return "number with too many digits";
    if (bytes[at] == '0' && first_digit && digit_follows)
        return "number with a leading zero";
    bool digit_before = place > 1 && is_digit(bytes[at - 1]);
    return bytes[at] == '.' && !(digit_before && digit_follows)
               ? "number that begins or ends in a point"
               : NULL;
}

/* What cJSON would let through, or would pay for in stack, before it sees it. */
static bool scan(const char *bytes, size_t length, char error[JSON_ERROR_SIZE])
{
    size_t depth = 0;
    size_t place = 0;
    const char *cause = NULL;
    for (size_t at = 0; at < length; at++) {
        char character = bytes[at];
        place = in_number(character) ? place + 1 : 0;
        if (place > 0)
            cause = odd_number(bytes, length, at, place);
        else if (character == '"')
            at = string_end(bytes, length, at, &cause);
        else if (strchr("\t\r\n", character) == NULL || character == '\0')
            cause = control_character(character);
        if ((character == '{' || character == '[') && ++depth > JSON_DEPTH_MAX)
            cause = "nested too deeply";
        if (cause != NULL)
            return refuse(error, cause, at);
        if ((character == '}' || character == ']') && depth > 0)
            depth--;
    }
    if (!text_is_utf8(bytes, length))
        return refuse(error, "not UTF-8, somewhere before", length);
    return true;
}

static int compare_names(const void *left, const void *right)
{
    return strcasecmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorted, so that two million members cost n log n and not n squared. */
static bool names_are_distinct(const cJSON *object, char error[JSON_ERROR_SIZE])
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    const char **names = calloc(count + 1, sizeof *names);
    const cJSON *member = NULL;
    const char *twice = NULL;
    size_t at = 0;
    if (names == NULL)
        return refuse(error, "out of memory", 0);
    cJSON_ArrayForEach(member, object) names[at++] = member->string;
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 1; i < count && twice == NULL; i++)
        if (strcasecmp(names[i - 1], names[i]) == 0)
            twice = names[i];
    if (twice != NULL)
        (void)snprintf(error, JSON_ERROR_SIZE, "the name '%.60s' is there twice", twice);
    free(names);
    return twice == NULL;
}

/* Recursion is bounded by JSON_DEPTH_MAX, which scan() has checked. */
static bool check_members(const cJSON *item, char error[JSON_ERROR_SIZE])
{
    const cJSON *member = NULL;
    if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
        return refuse(error, "number out of range, somewhere", 0);
    if (cJSON_IsObject(item) && !names_are_distinct(item, error))
        return false;
    cJSON_ArrayForEach(member, item) if (!check_members(member, error)) return false;
    return true;
}

static size_t skip_space(const char *bytes, size_t length, size_t at)
{
    while (at < length && strchr(" \t\r\n", bytes[at]) != NULL && bytes[at] != '\0')
        at++;
    return at;
}

static bool check_document(const cJSON *root, const char *bytes, size_t length, const char *end,
                           char error[JSON_ERROR_SIZE])
{
    size_t parsed = end == NULL ? 0 : (size_t)(end - bytes);
    if (root == NULL)
        return refuse(error, "not JSON", parsed);
    if (skip_space(bytes, length, parsed) != length)
        return refuse(error, "text behind the document", parsed);
    if (!cJSON_IsObject(root))
        return refuse(error, "not a JSON object", 0);
    return check_members(root, error);
}

struct json *json_parse_object(const char *bytes, size_t length, char error[JSON_ERROR_SIZE])
{
    const char *end = NULL;
    error[0] = '\0';
    if (!scan(bytes, length, error))
        return NULL;
    struct json *object = calloc(1, sizeof *object);
    if (object == NULL) {
        (void)refuse(error, "out of memory", 0);
        return NULL;
    }
    object->root = cJSON_ParseWithLengthOpts(bytes, length, &end, false);
    if (!check_document(object->root, bytes, length, end, error)) {
        json_free(object);
        return NULL;
    }
    return object;
}

void json_free(struct json *object)
{
    if (object == NULL)
        return;
    cJSON_Delete(object->root);
    free(object);
}

static const cJSON *member_of(const struct json *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object->root, name);
    return item == NULL || cJSON_IsNull(item) ? NULL : item;
}

enum json_found json_get_text(const struct json *object, const char *name, const char **value)
{
    const cJSON *item = member_of(object, name);
    if (item == NULL)
        return JSON_ABSENT;
    if (!cJSON_IsString(item))
        return JSON_WRONG_TYPE;
    *value = item->valuestring;
    return JSON_FOUND;
}

enum json_found json_get_bool(const struct json *object, const char *name, bool *value)
{
    const cJSON *item = member_of(object, name);
    if (item == NULL)
        return JSON_ABSENT;
    if (!cJSON_IsBool(item))
        return JSON_WRONG_TYPE;
    *value = cJSON_IsTrue(item);
    return JSON_FOUND;
}

enum json_found json_get_u64(const struct json *object, const char *name, uint64_t *value)
{
    const cJSON *item = member_of(object, name);
    if (item == NULL)
        return JSON_ABSENT;
    if (!cJSON_IsNumber(item))
        return JSON_WRONG_TYPE;
    double number = item->valuedouble;
    if (!(number >= 0) || number > (double)CONTRACT_JSON_INTEGER_MAX || floor(number) != number)
        return JSON_WRONG_TYPE;
    *value = (uint64_t)number;
    return JSON_FOUND;
}
