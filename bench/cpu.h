/* SPDX-License-Identifier: Apache-2.0 */
/* CPU time of the calling thread, and medians over short slices: what neighbours on the machine do
 * is not in the one and moves the other least. */
#ifndef BENCH_CPU_H
#define BENCH_CPU_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double cpu_clock_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline double cpu_us(void)
{
    return cpu_clock_us(CLOCK_THREAD_CPUTIME_ID);
}

static inline int cpu_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts them. */
static inline double cpu_median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, cpu_compare);
    return v[n / 2];
}

static inline void cpu_print(const char *name, double value, double floor, double ratio, int runs)
{
    printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"us\",\"floor\":%.1f,\"ratio\":%.3f,"
           "\"runs\":%d}\n",
           name, value, floor, ratio, runs);
}

#endif
