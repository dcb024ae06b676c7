/*
 * generate - how fast rows are made: the generator, and beside it the least that can be done with
 * the same bytes.
 *
 *     build/bench/generate SCHEMA|default ROWS ROUNDS
 *
 * Prints megabytes a second, the median and the best of the rounds, of three things in turn: making
 * the batch, copying its bytes (memcpy), and handing them to the kernel (write to
 * a file in memory). Memory is warm, as it is from the second batch on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/number.h"
#include "common/text.h"
#include "producer/generate.h"
#include "producer/schema_source.h"

#define ROUNDS_MAX 1000

struct bench {
    struct generate_request request;
    struct text csv;
    char *copy;
    int memory_fd;
};

static void make(struct bench *bench)
{
    static struct generator generator;
    text_clear(&bench->csv);
    generate_begin(&generator, &bench->request);
    while (generate_rows(&generator, &bench->csv, 10000))
        ;
}

static void copy(struct bench *bench)
{
    memcpy(bench->copy, bench->csv.bytes, bench->csv.length);
    __asm__ volatile("" : : "r"(bench->copy) : "memory"); /* or nobody would need the copy */
}

static void write_out(struct bench *bench)
{
    for (size_t done = 0; done < bench->csv.length;) {
        ssize_t count = pwrite(bench->memory_fd, bench->csv.bytes + done, bench->csv.length - done,
                               (off_t)done);
        if (count <= 0)
            abort();
        done += (size_t)count;
    }
}

static const struct {
    const char *name;
    void (*run)(struct bench *bench);
} RIVALS[] = {
    {"made", make}, {"copied by memcpy", copy}, {"written to a file in memory", write_out}};
#define RIVAL_COUNT (sizeof RIVALS / sizeof *RIVALS)

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* In turn, so that a noisy minute is everybody's. */
static void measure(struct bench *bench, double rates[RIVAL_COUNT][ROUNDS_MAX], size_t rounds)
{
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < RIVAL_COUNT; i++) {
            int64_t begun_ns = clock_now_ns();
            RIVALS[i].run(bench);
            rates[i][round] = (double)bench->csv.length * 1e3 / (double)(clock_now_ns() - begun_ns);
        }
}

static int prepare(struct bench *bench, const struct schema *schema, uint64_t rows)
{
    bench->request = (struct generate_request){.schema = schema,
                                               .seed = 1,
                                               .batch = 1,
                                               .rows_low = rows,
                                               .rows_high = rows,
                                               .start_seconds = 1795428900};
    make(bench);
    bench->copy = malloc(bench->csv.length);
    bench->memory_fd = memfd_create("bench", MFD_CLOEXEC);
    if (text_failed(&bench->csv) || bench->copy == NULL || bench->memory_fd < 0)
        return -1;
    copy(bench);
    write_out(bench);
    return 0;
}

int main(int argc, char *argv[])
{
    static double rates[RIVAL_COUNT][ROUNDS_MAX];
    static struct bench bench;
    char error[SCHEMA_ERROR_SIZE] = "usage: generate SCHEMA|default ROWS ROUNDS";
    uint64_t rows = 0;
    uint64_t rounds = 0;
    bool usual = argc == 4 && strcmp(argv[1], "default") == 0;
    struct schema_draft *draft = argc != 4 || usual ? NULL : schema_source_load(argv[1], error);
    const struct schema *schema = usual ? schema_default() : draft == NULL ? NULL : &draft->schema;
    if (schema == NULL || !number_parse_u64(argv[2], strlen(argv[2]), &rows) || rows == 0 ||
        !number_parse_u64(argv[3], strlen(argv[3]), &rounds) || rounds == 0 ||
        rounds > ROUNDS_MAX || prepare(&bench, schema, rows) != 0) {
        (void)fprintf(stderr, "%s\n", error);
        return 64;
    }
    measure(&bench, rates, rounds);
    for (size_t i = 0; i < RIVAL_COUNT; i++) {
        qsort(rates[i], rounds, sizeof *rates[i], compare);
        (void)printf("  %-28s %8.0f %8.0f\n", RIVALS[i].name, rates[i][rounds / 2],
                     rates[i][rounds - 1]);
    }
    return 0;
}
