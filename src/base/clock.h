/* SPDX-License-Identifier: Apache-2.0 */
/* Time and randomness are ports, so that tests replay. Times are milliseconds since 1970-01-01
 * UTC. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/bytes.h"

struct xk_clock {
    int64_t (*now_ms)(void *ctx);
    void *ctx;
};

struct xk_rand {
    /* Fills out[n]. The real one is crypto/random.h; it cannot fail (it ends the process). */
    void (*fill)(void *ctx, uint8_t *out, size_t n);
    void *ctx;
};

static inline int64_t xk_now(const struct xk_clock *c)
{
    return c->now_ms(c->ctx);
}

static inline void xk_rand_fill(const struct xk_rand *r, uint8_t *out, size_t n)
{
    r->fill(r->ctx, out, n);
}

/* The system's clock. Monotonic time for measuring spans, in nanoseconds. */
const struct xk_clock *xk_clock_system(void);
int64_t xk_monotonic_ns(void);

/* A clock that stands where it is put: ctx is the int64_t. */
struct xk_clock xk_clock_virtual(int64_t *now);

/* A seeded generator for tests and simulated radios; never for keys. */
struct xk_prng {
    uint64_t state;
};
uint64_t xk_prng_next(struct xk_prng *r);
/* 0 <= result < bound; bound > 0. */
uint32_t xk_prng_below(struct xk_prng *r, uint32_t bound);
/* True in `permille` of 1000 cases. */
bool xk_prng_chance(struct xk_prng *r, unsigned permille);
struct xk_rand xk_rand_prng(struct xk_prng *r);

/* "2026-01-02T03:04:05.678Z" */
#define XK_TIME_TEXT_MAX 32
char *xk_time_format(int64_t ms, char out[XK_TIME_TEXT_MAX]);
enum xk_err xk_time_parse(const char *text, int64_t *ms) XK_MUST_CHECK;

#endif
