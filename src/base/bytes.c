/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

struct bytes bytes_cstr(const char *s)
{
    return s ? BYTES(s, strlen(s)) : BYTES_NONE;
}

bool bytes_eq(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool bytes_eq_secret(struct bytes a, struct bytes b)
{
    volatile uint8_t diff = 0;

    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        diff |= (uint8_t)(a.p[i] ^ b.p[i]);
    return diff == 0;
}

struct bytes bytes_part(struct bytes b, size_t from, size_t n)
{
    if (from >= b.n)
        return BYTES_NONE;
    return BYTES(b.p + from, n < b.n - from ? n : b.n - from);
}

bool bytes_to_cstr(struct bytes b, char *out, size_t cap)
{
    if (cap == 0)
        return false;
    out[0] = '\0';
    if (b.n >= cap || (b.n > 0 && memchr(b.p, '\0', b.n)))
        return false;
    if (b.n > 0)
        memcpy(out, b.p, b.n);
    out[b.n] = '\0';
    return true;
}

struct cur cur_of(struct bytes b)
{
    return (struct cur){.p = b.p, .n = b.n, .bad = false};
}

struct bytes cur_take(struct cur *c, size_t n)
{
    struct bytes out = {.p = c->p, .n = n};

    if (c->bad || n > c->n) {
        c->bad = true;
        return BYTES_NONE;
    }
    if (n > 0)
        c->p += n;
    c->n -= n;
    return out;
}

struct bytes cur_rest(struct cur *c)
{
    return cur_take(c, c->bad ? 0 : c->n);
}

static uint64_t cur_uint(struct cur *c, size_t n)
{
    struct bytes b = cur_take(c, n);
    uint64_t v = 0;

    for (size_t i = 0; i < b.n; i++)
        v = v << 8 | b.p[i];
    return v;
}

uint8_t cur_u8(struct cur *c)
{
    return (uint8_t)cur_uint(c, 1);
}

uint16_t cur_u16(struct cur *c)
{
    return (uint16_t)cur_uint(c, 2);
}

uint32_t cur_u24(struct cur *c)
{
    return (uint32_t)cur_uint(c, 3);
}

uint32_t cur_u32(struct cur *c)
{
    return (uint32_t)cur_uint(c, 4);
}

uint64_t cur_u64(struct cur *c)
{
    return cur_uint(c, 8);
}

enum xk_err cur_ok(const struct cur *c)
{
    return c->bad ? XK_E_FORMAT : XK_OK;
}

enum xk_err cur_end(const struct cur *c)
{
    return c->bad || c->n != 0 ? XK_E_FORMAT : XK_OK;
}
