#include "producer/schema_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fileio.h"
#include "common/json.h"
#include "common/log.h"
#include "common/number.h"
#include "producer/schema_items.h"

static bool refuse(struct schema_draft *draft, const char *words, const char *cause)
{
    (void)snprintf(draft->error, SCHEMA_ERROR_SIZE, "%s%s", words, cause);
    return false;
}

/* Only a member that is there and is no text is wrong. */
static bool get_text(struct schema_draft *draft, const struct json_value *field, const char *name,
                     const char **text)
{
    const struct json_value *member = json_member(field, name);
    *text = json_text(member);
    return member == NULL || *text != NULL ||
           schema_draft_refuse(draft, "its \"%s\" is no text", name);
}

static bool read_items(struct schema_draft *draft, const char *items)
{
    if (items == NULL)
        return true;
    if (!schema_items_read(draft, &items))
        return false;
    return *items == '\0' || schema_draft_refuse(draft, "'%.40s' is left over", items);
}

static bool read_modifiers(struct schema_draft *draft, const struct json_value *field)
{
    for (size_t i = 0; i < SCHEMA_MODIFIER_COUNT; i++) {
        const char *word = SCHEMA_MODIFIERS[i].word;
        const struct json_value *member = json_member(field, word);
        char text[NUMBER_DOUBLE_SIZE];
        double number;
        if (member == NULL)
            continue;
        if (!json_number(member, &number))
            return schema_draft_refuse(draft, "its \"%s\" is no number", word);
        number_format_double(text, number);
        if (!schema_draft_modify(draft, word, text))
            return false;
    }
    return true;
}

static bool read_field(struct schema_draft *draft, const struct json_value *field)
{
    const char *name = json_text(json_member(field, "name"));
    const char *type;
    const char *items;
    if (name == NULL) {
        (void)snprintf(draft->error, SCHEMA_ERROR_SIZE, "field %zu has no \"name\" that is a text",
                       draft->schema.column_count + 1);
        return false;
    }
    return schema_draft_begin(draft, name, strlen(name)) && get_text(draft, field, "type", &type) &&
           get_text(draft, field, "distribution", &items) &&
           (type == NULL || schema_draft_type(draft, type)) && read_items(draft, items) &&
           read_modifiers(draft, field) && schema_items_preset(draft) && schema_draft_end(draft);
}

/* What a schema promises of its values, and nobody would keep, is not passed over in silence. */
static void warn_of_constraints(const struct json_value *field)
{
    const char *first = NULL;
    size_t count = 0;
    for (; field != NULL; field = json_next(field)) {
        const char *name = json_text(json_member(field, "name"));
        if (json_member(field, "constraints") == NULL || name == NULL)
            continue;
        first = count++ == 0 ? name : first;
    }
    if (count > 0)
        log_warn("the constraints of column '%.80s'%s are not looked at: say by its distribution "
                 "what its values are",
                 first, count == 1 ? "" : " and of others");
}

bool schema_file_parse(struct schema_draft *draft, const char *bytes, size_t length)
{
    char cause[JSON_ERROR_SIZE];
    struct json *document = json_parse_object(bytes, length, cause);
    bool good = document != NULL;
    if (!good)
        return refuse(draft, "no JSON object: ", cause);
    const struct json_value *field = json_first(json_member(json_root(document), "fields"));
    if (field == NULL)
        good = refuse(draft, "no list \"fields\" with a column in it", "");
    const struct json_value *fields = field;
    for (; field != NULL && good; field = json_next(field))
        good = read_field(draft, field);
    if (good)
        warn_of_constraints(fields);
    json_free(document);
    return good && schema_draft_finish(draft);
}

/* What is open is read whole, and closed. */
static bool read_open(struct schema_draft *draft, int fd)
{
    char *bytes = NULL;
    size_t length = 0;
    int result = fileio_read_whole(fd, SCHEMA_FILE_BYTES_MAX, &bytes, &length);
    int saved_errno = errno;
    (void)close(fd);
    if (result != 0)
        return refuse(draft, "", strerror(saved_errno));
    bool good = schema_file_parse(draft, bytes, length);
    free(bytes);
    return good;
}

bool schema_file_read(struct schema_draft *draft, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return refuse(draft, "", strerror(errno));
    return read_open(draft, fd);
}
