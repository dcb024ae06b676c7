#include "producer/faults.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"

/* Mixed into the seed: the generator draws from the seed's own streams. */
#define FAULTS_SALT UINT64_C(0x6661756c74732121)

static const struct {
    const char *word;
    enum faults_expectation expectation;
    enum reason reasons[2];
    const char *help;
} FAULTS[] = {
#define FAULTS_ROW(name, word, expectation, reason, other_reason, help) \
    [name] = {word, expectation, {reason, other_reason}, help},
    FAULTS_TABLE(FAULTS_ROW)
#undef FAULTS_ROW
        [FAULT_NONE] = {"",
                        FAULTS_PROCESSED,
                        {REASON_NONE, REASON_NONE},
                        "a batch as it should be"},
};

const char *faults_word(enum fault fault)
{
    return FAULTS[fault].word;
}

enum faults_expectation faults_expectation(enum fault fault)
{
    return FAULTS[fault].expectation;
}

enum reason faults_reason(enum fault fault, bool other)
{
    return FAULTS[fault].reasons[other && FAULTS[fault].reasons[1] != REASON_NONE];
}

const char *faults_help(enum fault fault)
{
    return FAULTS[fault].help;
}

static bool is_word(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

enum fault faults_find(const char *word, size_t length)
{
    enum fault fault = 0;
    while (fault < FAULT_COUNT && !is_word(FAULTS[fault].word, word, length))
        fault++;
    return fault;
}

void faults_describe(struct text *text, enum fault fault)
{
    static const char *const WORDS[] = {
        [FAULTS_PROCESSED] = "processed",
        [FAULTS_SETTLED] = "processed once it has stood still, unverified",
        [FAULTS_IN_TIME] = "processed, unverified if that was before the metadata came",
        [FAULTS_CHANGED] = "processed, then changed",
        [FAULTS_REJECTED] = "rejected: ",
        [FAULTS_ABSENT] = "never seen"};
    enum reason other = FAULTS[fault].reasons[1];
    text_put(text, WORDS[FAULTS[fault].expectation]);
    text_put(text, reason_word(FAULTS[fault].reasons[0]));
    if (other != REASON_NONE)
        text_printf(text, " or %s", reason_word(other));
}

void faults_list(struct text *text)
{
    text_put(text, "Faults for --faults WORD=RATE,... each with what is published,\n"
                   "and what a right reader makes of it:\n\n");
    for (enum fault fault = 0; fault < FAULT_COUNT; fault++) {
        text_printf(text, "  %s\n      %s\n      ", FAULTS[fault].word, FAULTS[fault].help);
        faults_describe(text, fault);
        text_put(text, "\n");
    }
    text_put(text, "\n  " FAULTS_ALL "\n      each of them that is not named\n");
}

/* --- rates ----------------------------------------------------------------------------------- */

static bool fail_with_words(char error[FAULTS_ERROR_SIZE], const char *word, size_t length)
{
    size_t used =
        (size_t)snprintf(error, FAULTS_ERROR_SIZE, "no fault is called '%.*s', but: " FAULTS_ALL,
                         length < 40 ? (int)length : 40, word);
    for (enum fault fault = 0; fault < FAULT_COUNT && used < FAULTS_ERROR_SIZE; fault++)
        used +=
            (size_t)snprintf(error + used, FAULTS_ERROR_SIZE - used, ", %s", FAULTS[fault].word);
    return false;
}

static bool fail(char error[FAULTS_ERROR_SIZE], const char *cause, const char *word, size_t length)
{
    (void)snprintf(error, FAULTS_ERROR_SIZE, "%s: '%.*s'", cause, length < 80 ? (int)length : 80,
                   word);
    return false;
}

static bool parse_rate(const char *text, size_t length, uint64_t *rate)
{
    double value;
    if (!number_parse_double(text, length, &value) || !(value >= 0 && value <= 1))
        return false;
    *rate = (uint64_t)floor(value * (double)FAULTS_RATE_ONE + 0.5);
    return *rate > 0 || value <= 0;
}

/* What has been said so far; a rate beyond FAULTS_RATE_ONE is one that was not given. */
struct parsing {
    uint64_t rates[FAULT_COUNT];
    uint64_t all;
};
#define NOT_GIVEN UINT64_MAX

/* One WORD=RATE. */
static bool parse_item(const char *item, size_t length, struct parsing *parsing,
                       char error[FAULTS_ERROR_SIZE])
{
    const char *equals = memchr(item, '=', length);
    if (equals == NULL)
        return fail(error, "not WORD=RATE, such as torn=0.01 (" FAULTS_HELP " lists the words)",
                    item, length);
    size_t word = (size_t)(equals - item);
    enum fault fault = faults_find(item, word);
    bool all = is_word(FAULTS_ALL, item, word);
    if (fault == FAULT_NONE && !all)
        return fail_with_words(error, item, word);
    uint64_t *rate = all ? &parsing->all : &parsing->rates[fault];
    if (*rate != NOT_GIVEN)
        return fail(error, "a rate is given twice", item, word);
    if (!parse_rate(equals + 1, length - word - 1, rate))
        return fail(error, "a rate is 0, or from 0.000000001 to 1", item, length);
    return true;
}

static bool add_up(const struct parsing *parsing, struct faults *faults,
                   char error[FAULTS_ERROR_SIZE])
{
    uint64_t sum = 0;
    uint64_t others = parsing->all == NOT_GIVEN ? 0 : parsing->all;
    for (enum fault fault = 0; fault < FAULT_COUNT; fault++) {
        faults->rates[fault] = parsing->rates[fault] == NOT_GIVEN ? others : parsing->rates[fault];
        sum += faults->rates[fault];
    }
    const char *cause = sum > FAULTS_RATE_ONE ? "the rates add up to more than 1"
                        : faults->rates[FAULT_GAP] == FAULTS_RATE_ONE
                            ? "gap=1 leaves no batch to publish"
                            : NULL;
    if (cause != NULL)
        (void)snprintf(error, FAULTS_ERROR_SIZE, "%s", cause);
    return cause == NULL;
}

bool faults_parse(const char *text, struct faults *faults, char error[FAULTS_ERROR_SIZE])
{
    struct parsing parsing = {.all = NOT_GIVEN};
    for (enum fault fault = 0; fault < FAULT_COUNT; fault++)
        parsing.rates[fault] = NOT_GIVEN;
    for (const char *item = text;; item++) {
        size_t length = strcspn(item, ",");
        if (!parse_item(item, length, &parsing, error))
            return false;
        item += length;
        if (*item == '\0')
            return add_up(&parsing, faults, error);
    }
}

bool faults_are_on(const struct faults *faults)
{
    for (enum fault fault = 0; fault < FAULT_COUNT; fault++)
        if (faults->rates[fault] > 0)
            return true;
    return false;
}

/* --- which batch gets which ------------------------------------------------------------------ */

static struct faults_plan draw(const struct faults *faults, uint64_t seed, uint64_t number)
{
    struct faults_plan plan = {.fault = 0};
    random_seed(&plan.random, seed ^ FAULTS_SALT, number);
    uint64_t drawn = random_between(&plan.random, 0, FAULTS_RATE_ONE - 1);
    while (plan.fault < FAULT_COUNT && drawn >= faults->rates[plan.fault])
        drawn -= faults->rates[plan.fault++];
    plan.other = random_between(&plan.random, 0, 1) == 1;
    return plan;
}

struct faults_plan faults_plan(const struct faults *faults, uint64_t seed, uint64_t number)
{
    struct faults_plan plan = draw(faults, seed, number);
    if (plan.fault != FAULT_DUPLICATE)
        return plan;
    enum fault before = number > 1 ? draw(faults, seed, number - 1).fault : FAULT_GAP;
    if (before != FAULT_NONE && before != FAULT_DUPLICATE)
        plan.fault = FAULT_NONE;
    return plan;
}
