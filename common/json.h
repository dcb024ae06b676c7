/*
 * json - reading JSON that somebody else wrote, strictly. The one door to cJSON.
 *
 * cJSON by itself takes text behind the document, duplicate names, names that
 * differ in case only, raw control characters, \u0000 and \u without digits
 * (which cut the string short), invalid UTF-8 and numbers such as 01. All of these are refused
 * here, before or after it parses; nesting is bounded. It rounds integers beyond 2^53 without a
 * word; counts are therefore read from the text itself.
 *
 *     char error[JSON_ERROR_SIZE];
 *     struct json *object = json_parse_object(bytes, length, error);
 *     if (json_get_u64(object, "record_count", &rows) == JSON_WRONG_TYPE) ...
 *     json_free(object);
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_ERROR_SIZE 160
/* How deep objects and lists may nest where nobody says otherwise, the outermost being 1, */
#define JSON_DEPTH_MAX 32
/* and as deep as anybody may say: cJSON's own limit, and a bound for the stack. */
#define JSON_DEPTH_LIMIT 1000
/* Longer numbers are refused: no double needs more digits. */
#define JSON_NUMBER_MAX 40

struct json;

/*
 * Parses one JSON object and nothing behind it but white space. NULL when it is
 * none; `error` then says why, and where as an offset in bytes, and errno is EINVAL; or
 * ENOMEM, when memory was short and nothing is known about the document.
 */
struct json *json_parse_object(const char *bytes, size_t length, char error[JSON_ERROR_SIZE]);

/* The same with another bound for nesting, 1 to JSON_DEPTH_LIMIT. */
struct json *json_parse_object_within(const char *bytes, size_t length, size_t depth_max,
                                      char error[JSON_ERROR_SIZE]);
void json_free(struct json *object);

enum json_found { JSON_FOUND, JSON_ABSENT, JSON_WRONG_TYPE };

/* Members of the object by name. A member that is null counts as absent. */
enum json_found json_get_text(const struct json *object, const char *name, const char **value);
enum json_found json_get_bool(const struct json *object, const char *name, bool *value);

/*
 * A count: digits alone, up to 2^64 - 1, exact. Any other number is JSON_WRONG_TYPE, one such
 * as 1.0, 1e2 or -0 too: there is one way to write a count, and it loses no digit.
 */
enum json_found json_get_u64(const struct json *object, const char *name, uint64_t *value);

/*
 * What nests inside, for documents of our own making: values are borrowed from the document, and
 * NULL where there is none. Numbers are doubles here, and null is no number.
 *
 *     for (const struct json_value *item = json_first(json_member(json_root(object), "columns"));
 *          item != NULL; item = json_next(item))
 *         ... json_text(json_member(item, "name")) ...
 */
struct json_value;
const struct json_value *json_root(const struct json *object);
const struct json_value *json_member(const struct json_value *object, const char *name);
const struct json_value *json_first(const struct json_value *list);
const struct json_value *json_next(const struct json_value *item);
const char *json_text(const struct json_value *value);
bool json_number(const struct json_value *value, double *number);

#endif
