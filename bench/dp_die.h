/* SPDX-License-Identifier: Apache-2.0 */
/* Trouble ends a bench program. */
#ifndef BENCH_DP_DIE_H
#define BENCH_DP_DIE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

static inline _Noreturn void dp_die(const char *what)
{
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static inline void dp_must(enum xk_err err, const char *what)
{
    if (err != XK_OK)
        dp_die(what);
}

#endif
