#include "producer/schema_line.h"

#include <stdio.h>
#include <string.h>

#include "producer/schema_items.h"
#include "producer/schema_scan.h"

static bool refuse_missing(struct schema_draft *draft)
{
    (void)snprintf(draft->error, SCHEMA_ERROR_SIZE,
                   "column %zu: nothing stands there, and no comma begins or ends a line",
                   draft->schema.column_count + 1);
    return false;
}

/* A line that was meant as a file's name ends here. */
static bool refuse_bare_name(struct schema_draft *draft, const char *name)
{
    (void)snprintf(draft->error, SCHEMA_ERROR_SIZE,
                   "column '%.80s': no ':' behind its name (a path begins with / or ./, or ends in "
                   ".json)",
                   name);
    return false;
}

static bool read_column(struct schema_draft *draft, const char **at)
{
    char name[SCHEMA_SCAN_SIZE];
    const char *wrong = schema_scan_text(at, ":,()=\"", name);
    if (wrong != NULL) {
        (void)snprintf(draft->error, SCHEMA_ERROR_SIZE, "column %zu: in its name %s",
                       draft->schema.column_count + 1, wrong);
        return false;
    }
    if (!schema_scan_mark(at, ':'))
        return name[0] == '\0' && (**at == ',' || **at == '\0') ? refuse_missing(draft)
                                                                : refuse_bare_name(draft, name);
    return schema_draft_begin(draft, name, strlen(name)) && schema_items_read(draft, at) &&
           schema_items_preset(draft) && schema_draft_end(draft);
}

bool schema_line_read(struct schema_draft *draft, const char *line)
{
    do
        if (!read_column(draft, &line))
            return false;
    while (schema_scan_mark(&line, ','));
    return schema_draft_finish(draft);
}
