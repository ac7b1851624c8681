/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "card/euicc/flash.h"

#define MEMORY_MAX ((size_t)1 << 28)

enum which { IN_USE, NEW };

struct flash_memory {
    struct buf log[2]; /* enum which */
    size_t synced[2];
    bool begun;
    uint64_t cut, steps; /* cut: this many steps from now; 0 never */
    struct xk_prng tear;
};

struct flash_memory *flash_memory_new(void)
{
    struct flash_memory *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    buf_init(&m->log[IN_USE], MEMORY_MAX);
    buf_init(&m->log[NEW], MEMORY_MAX);
    return m;
}

void flash_memory_free(struct flash_memory *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < ARRAY_LEN(m->log); i++) {
        buf_wipe(&m->log[i]);
        buf_fini(&m->log[i]);
    }
    free(m);
}

struct flash_memory *flash_memory_copy(const struct flash_memory *m)
{
    struct flash_memory *copy = flash_memory_new();

    if (!copy)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(m->log); i++) {
        buf_put_bytes(&copy->log[i], buf_bytes(&m->log[i]));
        copy->synced[i] = m->synced[i];
        if (buf_ok(&copy->log[i]) != XK_OK) {
            flash_memory_free(copy);
            return NULL;
        }
    }
    copy->begun = m->begun;
    return copy;
}

void flash_memory_cut_at(struct flash_memory *m, uint64_t steps, uint64_t tear_seed)
{
    m->cut = steps;
    m->tear.state = tear_seed;
}

uint64_t flash_memory_steps(const struct flash_memory *m)
{
    return m->steps;
}

size_t flash_memory_bytes(const struct flash_memory *m)
{
    return sizeof *m + m->log[IN_USE].cap + m->log[NEW].cap;
}

/* n steps are taken; how many before the power went, n when it did not. */
static size_t take_steps(struct flash_memory *m, size_t n)
{
    size_t done = n;

    if (m->cut > 0 && m->cut <= n)
        done = (size_t)m->cut - 1;
    m->cut = m->cut > n ? m->cut - n : 0;
    m->steps += n;
    return done;
}

/* What is left of bytes that never came to rest: all, some, or some with rubbish behind. A log that
 * was only begun is gone. */
static enum xk_err power_cut(struct flash_memory *m)
{
    struct buf *log = &m->log[IN_USE];
    size_t loose = log->n - m->synced[IN_USE];
    uint32_t kind = xk_prng_below(&m->tear, 3);
    size_t rubbish = 0;

    if (kind > 0)
        log->n -= xk_prng_below(&m->tear, (uint32_t)loose + 1);
    if (kind == 2 && loose > 0)
        rubbish = xk_prng_below(&m->tear, 64);
    for (; rubbish > 0; rubbish--)
        buf_put_u8(log, (uint8_t)xk_prng_next(&m->tear));
    m->synced[IN_USE] = log->n;
    buf_wipe(&m->log[NEW]);
    m->begun = false;
    return XK_E_CLOSED;
}

static enum xk_err memory_read(void *ctx, uint64_t at, uint8_t *out, size_t n, size_t *got)
{
    const struct flash_memory *m = ctx;
    const struct buf *log = &m->log[IN_USE];

    *got = at >= log->n ? 0 : log->n - (size_t)at;
    if (*got > n)
        *got = n;
    if (*got > 0)
        memcpy(out, log->p + at, *got);
    return XK_OK;
}

static enum xk_err memory_append(void *ctx, struct bytes data)
{
    struct flash_memory *m = ctx;
    struct buf *log = &m->log[m->begun ? NEW : IN_USE];
    size_t n = take_steps(m, data.n);

    buf_put(log, data.p, n);
    TRY(buf_ok(log));
    return n < data.n ? power_cut(m) : XK_OK;
}

static enum xk_err memory_sync(void *ctx)
{
    struct flash_memory *m = ctx;
    enum which which = m->begun ? NEW : IN_USE;

    if (take_steps(m, 1) == 0)
        return power_cut(m);
    m->synced[which] = m->log[which].n;
    return XK_OK;
}

static enum xk_err memory_begin(void *ctx)
{
    struct flash_memory *m = ctx;

    if (take_steps(m, 1) == 0)
        return power_cut(m);
    buf_wipe(&m->log[NEW]);
    m->synced[NEW] = 0;
    m->begun = true;
    return XK_OK;
}

static void switch_logs(struct flash_memory *m)
{
    struct buf old = m->log[IN_USE];

    m->log[IN_USE] = m->log[NEW];
    m->synced[IN_USE] = m->synced[NEW];
    buf_wipe(&old);
    buf_fini(&old);
    m->log[NEW] = old;
    m->begun = false;
}

/* Cut here, it has happened or it has not. */
static enum xk_err memory_replace(void *ctx)
{
    struct flash_memory *m = ctx;

    if (!m->begun || m->synced[NEW] != m->log[NEW].n)
        return XK_E_STATE;
    if (take_steps(m, 1) == 1) {
        switch_logs(m);
        return XK_OK;
    }
    if (xk_prng_chance(&m->tear, 500))
        switch_logs(m);
    return power_cut(m);
}

struct flash_port flash_memory_port(struct flash_memory *m)
{
    return (struct flash_port){m,           memory_read,  memory_append,
                               memory_sync, memory_begin, memory_replace};
}
