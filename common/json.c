#include "common/json.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "common/number.h"
#include "common/text.h"

struct json {
    cJSON *root;
    char *text;
    size_t length;
};

/* cJSON says the same of a document that is none and of memory that is short. */
static _Thread_local bool memory_was_short;

static void *note_malloc(size_t size)
{
    void *memory = malloc(size);
    if (memory == NULL)
        memory_was_short = true;
    return memory;
}

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
 * What is wrong with the escape whose backslash stands at `at`. cJSON reads \u with anything else
 * than digits behind it as the character 0, which ends the string there.
 */
static const char *odd_escape(const char *bytes, size_t length, size_t at)
{
    size_t digits = 0;
    if (length - at < 6 || bytes[at + 1] != 'u')
        return NULL; /* of the others cJSON knows all, and no more */
    while (digits < 4 && isxdigit((unsigned char)bytes[at + 2 + digits]))
        digits++;
    if (digits < 4)
        return "\\u without four hexadecimal digits";
    return memcmp(bytes + at + 2, "0000", 4) == 0 ? "\\u0000 in a string" : NULL;
}

/*
 * Offset of the quote that ends the string opened at `at`, `length` when there is none; or, with
 * its `cause`, of what a string must not hold.
 */
static size_t string_end(const char *bytes, size_t length, size_t at, const char **cause)
{
    for (at++; at < length && bytes[at] != '"'; at++) {
        *cause = bytes[at] == '\\' ? odd_escape(bytes, length, at) : control_character(bytes[at]);
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
    return is_digit(character) || character == '.' || character == '-' || character == '+' ||
           character == 'e' || character == 'E';
}

static size_t number_length(const char *bytes, size_t length)
{
    size_t count = 0;
    while (count < length && in_number(bytes[count]))
        count++;
    return count;
}

static size_t skip_digits(const char *bytes, size_t length, size_t at)
{
    while (at < length && is_digit(bytes[at]))
        at++;
    return at;
}

/* RFC 8259, 6: no leading zero, no bare point, digits behind an e. */
static bool is_number(const char *bytes, size_t length)
{
    size_t first = bytes[0] == '-' ? 1 : 0;
    size_t at = skip_digits(bytes, length, first);
    if (at == first || (bytes[first] == '0' && at > first + 1))
        return false;
    if (at < length && bytes[at] == '.') {
        size_t fraction = at + 1;
        at = skip_digits(bytes, length, fraction);
        if (at == fraction)
            return false;
    }
    if (at < length && (bytes[at] == 'e' || bytes[at] == 'E')) {
        at++;
        if (at < length && (bytes[at] == '+' || bytes[at] == '-'))
            at++;
        if (at == length)
            return false;
        at = skip_digits(bytes, length, at);
    }
    return at == length;
}

/* Walks over the text by token, with what cJSON does not look at. */
struct scanner {
    const char *bytes;
    size_t length;
    size_t at;
    size_t depth;
    size_t depth_max;
    const char *cause; /* of a refusal, at `at` */
};

static void pass_number(struct scanner *scanner)
{
    const char *number = scanner->bytes + scanner->at;
    size_t length = number_length(number, scanner->length - scanner->at);
    if (length > JSON_NUMBER_MAX)
        scanner->cause = "number with too many digits";
    else if (!is_number(number, length))
        scanner->cause = "a number that is none";
    else
        scanner->at += length;
}

static void pass_string(struct scanner *scanner)
{
    scanner->at = string_end(scanner->bytes, scanner->length, scanner->at, &scanner->cause);
    if (scanner->cause == NULL && scanner->at < scanner->length)
        scanner->at++;
}

static void pass_other(struct scanner *scanner, char character)
{
    if (character != '\t' && character != '\r' && character != '\n')
        scanner->cause = control_character(character);
    if ((character == '{' || character == '[') && ++scanner->depth > scanner->depth_max)
        scanner->cause = "nested too deeply";
    if ((character == '}' || character == ']') && scanner->depth > 0)
        scanner->depth--;
    if (scanner->cause == NULL)
        scanner->at++;
}

static void pass_token(struct scanner *scanner)
{
    char character = scanner->bytes[scanner->at];
    if (character == '-' || is_digit(character))
        pass_number(scanner);
    else if (character == '"')
        pass_string(scanner);
    else
        pass_other(scanner, character);
}

/* What cJSON would let through, or would pay for in stack, before it sees it. */
static bool scan(const char *bytes, size_t length, size_t depth_max, char error[JSON_ERROR_SIZE])
{
    struct scanner scanner = {.bytes = bytes, .length = length, .depth_max = depth_max};
    while (scanner.at < length && scanner.cause == NULL)
        pass_token(&scanner);
    if (scanner.cause != NULL)
        return refuse(error, scanner.cause, scanner.at);
    if (!text_is_utf8(bytes, length))
        return refuse(error, "not UTF-8, somewhere before", length);
    return true;
}

/*
 * cJSON keeps numbers as doubles alone. Those of the object itself are found again in its text:
 * `ordinal` counts them, in the order in which cJSON keeps its members too. The text was parsed,
 * so it is whole.
 */
static const char *own_number(const struct json *object, size_t ordinal, size_t *length)
{
    struct scanner scanner = {
        .bytes = object->text, .length = object->length, .depth_max = object->length};
    while (scanner.at < scanner.length) {
        const char *token = scanner.bytes + scanner.at;
        if (scanner.depth == 1 && (*token == '-' || is_digit(*token)) && ordinal-- == 0) {
            *length = number_length(token, scanner.length - scanner.at);
            return token;
        }
        pass_token(&scanner);
    }
    return NULL;
}

static int compare_names(const void *left, const void *right)
{
    return strcasecmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorted, so that two million members cost n log n and not n squared. */
static bool names_are_distinct(const cJSON *object, char error[JSON_ERROR_SIZE])
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    const char **names = note_malloc((count + 1) * sizeof *names);
    const cJSON *member = NULL;
    const char *twice = NULL;
    size_t at = 0;
    if (names == NULL)
        return false;
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

/* Recursion is bounded by JSON_DEPTH_LIMIT, which scan() has checked. */
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

/* The numbers of the object are read from this copy, see own_number(). */
static bool keep_text(struct json *object, const char *bytes, size_t length)
{
    object->text = note_malloc(length + 1);
    if (object->text == NULL)
        return false;
    memcpy(object->text, bytes, length);
    object->text[length] = '\0';
    object->length = length;
    return true;
}

static struct json *parse(const char *bytes, size_t length, char error[JSON_ERROR_SIZE])
{
    cJSON_Hooks hooks = {.malloc_fn = note_malloc, .free_fn = free};
    const char *end = NULL;
    struct json *object = note_malloc(sizeof *object);
    if (object == NULL)
        return NULL;
    *object = (struct json){.root = NULL};
    cJSON_InitHooks(&hooks);
    if (keep_text(object, bytes, length)) {
        object->root = cJSON_ParseWithLengthOpts(bytes, length, &end, false);
        if (check_document(object->root, bytes, length, end, error))
            return object;
    }
    json_free(object);
    return NULL;
}

struct json *json_parse_object_within(const char *bytes, size_t length, size_t depth_max,
                                      char error[JSON_ERROR_SIZE])
{
    struct json *object = NULL;
    error[0] = '\0';
    memory_was_short = false;
    if (scan(bytes, length, depth_max, error))
        object = parse(bytes, length, error);
    if (object != NULL)
        return object;
    if (memory_was_short)
        (void)snprintf(error, JSON_ERROR_SIZE, "out of memory");
    errno = memory_was_short ? ENOMEM : EINVAL;
    return NULL;
}

struct json *json_parse_object(const char *bytes, size_t length, char error[JSON_ERROR_SIZE])
{
    return json_parse_object_within(bytes, length, JSON_DEPTH_MAX, error);
}

void json_free(struct json *object)
{
    if (object == NULL)
        return;
    cJSON_Delete(object->root);
    free(object->text);
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

/* Which of the object's own numbers it is. */
static size_t ordinal_of(const struct json *object, const cJSON *item)
{
    size_t ordinal = 0;
    for (const cJSON *member = object->root->child; member != item; member = member->next)
        ordinal += cJSON_IsNumber(member) ? 1 : 0;
    return ordinal;
}

enum json_found json_get_u64(const struct json *object, const char *name, uint64_t *value)
{
    size_t length = 0;
    const cJSON *item = member_of(object, name);
    if (item == NULL)
        return JSON_ABSENT;
    if (!cJSON_IsNumber(item))
        return JSON_WRONG_TYPE;
    const char *number = own_number(object, ordinal_of(object, item), &length);
    return number != NULL && number_parse_u64(number, length, value) ? JSON_FOUND : JSON_WRONG_TYPE;
}

/* ---- what nests ---- */

static const cJSON *item_of(const struct json_value *value)
{
    return (const cJSON *)(const void *)value;
}

static const struct json_value *value_of(const cJSON *item)
{
    return (const struct json_value *)(const void *)item;
}

const struct json_value *json_root(const struct json *object)
{
    return value_of(object->root);
}

const struct json_value *json_member(const struct json_value *object, const char *name)
{
    return value_of(cJSON_GetObjectItemCaseSensitive(item_of(object), name));
}

const struct json_value *json_first(const struct json_value *list)
{
    return cJSON_IsArray(item_of(list)) ? value_of(item_of(list)->child) : NULL;
}

const struct json_value *json_next(const struct json_value *item)
{
    return value_of(item_of(item)->next);
}

const char *json_text(const struct json_value *value)
{
    return cJSON_GetStringValue(item_of(value));
}

bool json_number(const struct json_value *value, double *number)
{
    if (!cJSON_IsNumber(item_of(value)))
        return false;
    *number = item_of(value)->valuedouble;
    return true;
}
