/* SPDX-License-Identifier: Apache-2.0 */
/* What the bench programs share: a figure beside its floor, both measured in turn in the same runs,
 * and one JSON object a line:
 *
 *     {"name":"milenage_vector","value":1.0,"unit":"1/s","floor":1.3,"ratio":1.3,"runs":401}
 *
 * value and floor are the ninth deciles over the runs, ratio is theirs (1.0: nothing above the
 * floor; larger is worse). Not medians: on a busy machine most runs measure the neighbours. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "base/clock.h"

/* Short slices, so that neighbours hit value and floor alike. */
#define BENCH_RUNS 401
#define BENCH_SLICE_NS 2000000
#define BENCH_BATCH 64 /* calls between two looks at the clock */

struct bench {
    const char *name;
    /* One unit of work; i counts up, so that inputs can change. */
    void (*work)(void *ctx, size_t i);
    void (*floor)(void *ctx, size_t i);
    void *ctx;
};

static inline double bench_rate(void (*work)(void *ctx, size_t i), void *ctx)
{
    int64_t start = xk_monotonic_ns(), now = start;
    size_t n = 0;

    while (now - start < BENCH_SLICE_NS) {
        for (size_t i = 0; i < BENCH_BATCH; i++)
            work(ctx, n++);
        now = xk_monotonic_ns();
    }
    return (double)n * 1e9 / (double)(now - start);
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static inline double bench_decile(double values[BENCH_RUNS])
{
    qsort(values, BENCH_RUNS, sizeof values[0], bench_compare);
    return values[BENCH_RUNS * 9 / 10];
}

static inline void bench_print(const struct bench *b)
{
    double value[BENCH_RUNS], floor[BENCH_RUNS], best, best_floor;

    bench_rate(b->work, b->ctx); /* warm */
    bench_rate(b->floor, b->ctx);
    for (size_t i = 0; i < BENCH_RUNS; i++) {
        value[i] = bench_rate(b->work, b->ctx);
        floor[i] = bench_rate(b->floor, b->ctx);
    }
    best = bench_decile(value);
    best_floor = bench_decile(floor);
    printf("{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"1/s\",\"floor\":%.0f,\"ratio\":%.3f,"
           "\"runs\":%d}\n",
           b->name, best, best_floor, best_floor / best, BENCH_RUNS);
}

#endif
