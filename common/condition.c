#include "common/condition.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"

void condition_begin(struct condition *condition, const char *format, ...)
{
    char text[CONDITION_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (condition->lasts && strcmp(condition->text, text) == 0)
        return;
    memcpy(condition->text, text, sizeof text);
    condition->lasts = true;
    log_warn("%s", text);
}

void condition_end(struct condition *condition)
{
    if (condition->lasts)
        log_info("%s", condition->over);
    condition_forget(condition);
}

void condition_forget(struct condition *condition)
{
    condition->lasts = false;
}
