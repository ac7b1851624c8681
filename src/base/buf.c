/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max, .heap = true};
}

void buf_init_fixed(struct buf *b, void *mem, size_t cap)
{
    *b = (struct buf){.p = mem, .cap = cap, .max = cap};
}

void buf_fini(struct buf *b)
{
    if (b->heap)
        free(b->p);
    *b = (struct buf){.max = b->max, .heap = b->heap};
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->err = XK_OK;
}

void buf_wipe(struct buf *b)
{
    if (b->p)
        explicit_bzero(b->p, b->cap);
    buf_reset(b);
}

static bool buf_grow(struct buf *b, size_t need)
{
    size_t cap = b->cap < 64 ? 64 : b->cap;
    uint8_t *p;

    while (cap < need)
        cap *= 2;
    if (cap > b->max)
        cap = b->max;
    /* not realloc: what is left behind may be secret, and buf_wipe could not reach it */
    p = malloc(cap);
    if (!p) {
        b->err = XK_E_NOMEM;
        return false;
    }
    if (b->p) {
        memcpy(p, b->p, b->n);
        explicit_bzero(b->p, b->cap);
        free(b->p);
    }
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
    if (b->err != XK_OK)
        return NULL;
    if (n > b->max - b->n) {
        b->err = XK_E_LIMIT;
        return NULL;
    }
    if (n > b->cap - b->n && !buf_grow(b, b->n + n))
        return NULL;
    return b->p ? b->p + b->n : NULL;
}

void buf_put(struct buf *b, const void *data, size_t n)
{
    uint8_t *at;

    if (n == 0)
        return;
    at = buf_reserve(b, n);
    if (!at)
        return;
    memcpy(at, data, n);
    b->n += n;
}

void buf_put_bytes(struct buf *b, struct bytes data)
{
    buf_put(b, data.p, data.n);
}

void buf_put_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_put_fill(struct buf *b, uint8_t value, size_t n)
{
    uint8_t *at;

    if (n == 0)
        return;
    at = buf_reserve(b, n);
    if (!at)
        return;
    memset(at, value, n);
    b->n += n;
}

static void buf_put_uint(struct buf *b, uint64_t v, size_t n)
{
    uint8_t *at = buf_reserve(b, n);

    if (!at)
        return;
    for (size_t i = 0; i < n; i++)
        at[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    b->n += n;
}

void buf_put_u8(struct buf *b, uint8_t v)
{
    buf_put_uint(b, v, 1);
}

void buf_put_u16(struct buf *b, uint16_t v)
{
    buf_put_uint(b, v, 2);
}

void buf_put_u24(struct buf *b, uint32_t v)
{
    buf_put_uint(b, v, 3);
}

void buf_put_u32(struct buf *b, uint32_t v)
{
    buf_put_uint(b, v, 4);
}

void buf_put_u64(struct buf *b, uint64_t v)
{
    buf_put_uint(b, v, 8);
}

void buf_open_gap(struct buf *b, size_t at, size_t n)
{
    if (!buf_reserve(b, n))
        return;
    memmove(b->p + at + n, b->p + at, b->n - at);
    b->n += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;
    uint8_t *at;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n <= 0)
        return;
    at = buf_reserve(b, (size_t)n + 1);
    if (!at)
        return;
    va_start(ap, fmt);
    vsnprintf((char *)at, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

struct bytes buf_bytes(const struct buf *b)
{
    return BYTES(b->p, b->n);
}

const char *buf_cstr(struct buf *b)
{
    uint8_t *at = buf_reserve(b, 1);

    if (!at)
        return "";
    *at = '\0';
    return (const char *)b->p;
}

enum xk_err buf_ok(const struct buf *b)
{
    return b->err;
}
