#include "tests/torture/check_support.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool check_because(char why[CHECK_WHY_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, CHECK_WHY_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

bool check_begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool check_ends(const char *text, const char *with)
{
    size_t length = strlen(text);
    size_t tail = strlen(with);
    return length >= tail && strcmp(text + length - tail, with) == 0;
}

bool check_is_temporary(const char *name)
{
    return name[0] == '.' && check_ends(name, ".tmp");
}

bool check_is_json(const struct volume_file *file)
{
    cJSON *json = cJSON_ParseWithLength(file->bytes, file->length);
    cJSON_Delete(json);
    return json != NULL;
}
