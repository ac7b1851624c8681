/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/der/der.h"

#define LENGTH_BYTES_MAX 4

struct der_tlv {
    uint32_t tag;
    size_t header_n, value_n;
};

/* The tag at p; its bytes in *n. 0 when it is cut off, not minimal or longer than three bytes. */
static uint32_t read_tag(const uint8_t *p, size_t left, size_t *n)
{
    uint32_t tag;

    if (left < 1)
        return 0;
    *n = 1;
    if ((p[0] & 0x1F) != 0x1F)
        return p[0];
    if (left < 2 || p[1] < 0x1F || p[1] == 0x80)
        return 0;
    tag = (uint32_t)p[0] << 8 | p[1];
    *n = 2;
    if (!(p[1] & 0x80))
        return tag;
    if (left < 3 || (p[2] & 0x80))
        return 0;
    *n = 3;
    return tag << 8 | p[2];
}

/* A definite, minimal length. False otherwise. */
static bool read_length(const uint8_t *p, size_t left, size_t *n, size_t *length)
{
    size_t count, v = 0;

    if (left < 1)
        return false;
    *n = 1;
    *length = p[0];
    if (p[0] < 0x80)
        return true;
    count = p[0] & 0x7F;
    if (count == 0 || count > LENGTH_BYTES_MAX || left - 1 < count || p[1] == 0)
        return false;
    for (size_t i = 1; i <= count; i++)
        v = v << 8 | p[i];
    *n = 1 + count;
    *length = v;
    return v >= 0x80;
}

static bool read_tlv(const struct der *d, struct der_tlv *out)
{
    size_t tag_n = 0, length_n = 0, length = 0;

    out->tag = read_tag(d->p, d->n, &tag_n);
    if (out->tag == 0 || !read_length(d->p + tag_n, d->n - tag_n, &length_n, &length) ||
        length > d->n - tag_n - length_n)
        return false;
    out->header_n = tag_n + length_n;
    out->value_n = length;
    return true;
}

void der_fail(struct der *d, enum xk_err err)
{
    if (d->err == XK_OK)
        d->err = err;
    d->n = 0;
}

struct der der_of(struct bytes content)
{
    return (struct der){.p = content.p, .n = content.n, .err = XK_OK};
}

struct der der_open(struct bytes whole, uint32_t tag)
{
    struct der outer = der_of(whole);
    struct der inner = der_enter(&outer, tag);

    if (outer.n > 0)
        der_fail(&inner, XK_E_FORMAT);
    return inner;
}

uint32_t der_peek(const struct der *d)
{
    size_t n;

    return read_tag(d->p, d->n, &n);
}

bool der_more(const struct der *d)
{
    return d->n > 0;
}

bool der_optional(const struct der *d, uint32_t tag)
{
    return der_peek(d) == tag;
}

bool der_next(struct der *d, uint32_t *tag, struct bytes *value, struct bytes *raw)
{
    struct der_tlv t;

    if (d->n == 0)
        return false;
    if (!read_tlv(d, &t)) {
        der_fail(d, XK_E_FORMAT);
        return false;
    }
    *tag = t.tag;
    *raw = BYTES(d->p, t.header_n + t.value_n);
    *value = BYTES(d->p + t.header_n, t.value_n);
    d->p += raw->n;
    d->n -= raw->n;
    return true;
}

static bool take_member(struct der *d, uint32_t tag, struct bytes *value, struct bytes *raw)
{
    uint32_t got;

    if (der_next(d, &got, value, raw) && got == tag)
        return true;
    der_fail(d, XK_E_FORMAT);
    return false;
}

struct bytes der_take(struct der *d, uint32_t tag)
{
    struct bytes value, raw;

    return take_member(d, tag, &value, &raw) ? value : BYTES_NONE;
}

struct bytes der_take_raw(struct der *d, uint32_t tag)
{
    struct bytes value, raw;

    return take_member(d, tag, &value, &raw) ? raw : BYTES_NONE;
}

struct der der_enter(struct der *d, uint32_t tag)
{
    struct der inner = der_of(der_take(d, tag));

    inner.err = d->err;
    return inner;
}

struct der der_enter_raw(struct der *d, uint32_t tag, struct bytes *raw)
{
    struct bytes value = BYTES_NONE;
    struct der inner;

    *raw = BYTES_NONE;
    if (!take_member(d, tag, &value, raw))
        value = *raw = BYTES_NONE;
    inner = der_of(value);
    inner.err = d->err;
    return inner;
}

void der_skip(struct der *d)
{
    struct bytes value, raw;
    uint32_t tag;

    if (!der_next(d, &tag, &value, &raw))
        der_fail(d, XK_E_FORMAT);
}

void der_leave(struct der *d, struct der *inner)
{
    enum xk_err err = der_finish(inner);

    if (err != XK_OK)
        der_fail(d, err);
}

struct bytes der_rest(struct der *d)
{
    struct bytes rest = {.p = d->p, .n = d->n};

    if (d->err != XK_OK)
        return BYTES_NONE;
    if (d->n > 0)
        d->p += d->n;
    d->n = 0;
    return rest;
}

enum xk_err der_value_int(struct bytes value, int64_t *out)
{
    uint64_t v;

    if (value.n == 0)
        return XK_E_FORMAT;
    if (value.n > 1 &&
        ((value.p[0] == 0x00 && value.p[1] < 0x80) || (value.p[0] == 0xFF && value.p[1] >= 0x80)))
        return XK_E_FORMAT;
    if (value.n > 8)
        return XK_E_VALUE;
    v = value.p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < value.n; i++)
        v = v << 8 | value.p[i];
    *out = (int64_t)v;
    return XK_OK;
}

int64_t der_int(struct der *d, uint32_t tag)
{
    struct bytes value = der_take(d, tag);
    int64_t v = 0;
    enum xk_err err;

    if (d->err != XK_OK)
        return 0;
    err = der_value_int(value, &v);
    if (err != XK_OK)
        der_fail(d, err);
    return v;
}

uint32_t der_u32(struct der *d, uint32_t tag)
{
    int64_t v = der_int(d, tag);

    if (v >= 0 && v <= UINT32_MAX)
        return (uint32_t)v;
    der_fail(d, XK_E_VALUE);
    return 0;
}

bool der_bool(struct der *d, uint32_t tag)
{
    struct bytes value = der_take(d, tag);

    if (value.n == 1)
        return value.p[0] != 0;
    der_fail(d, XK_E_FORMAT);
    return false;
}

void der_null(struct der *d, uint32_t tag)
{
    if (der_take(d, tag).n != 0)
        der_fail(d, XK_E_FORMAT);
}

struct bytes der_octets(struct der *d, uint32_t tag, size_t min, size_t max)
{
    struct bytes value = der_take(d, tag);

    if (d->err == XK_OK && value.n >= min && value.n <= max)
        return value;
    der_fail(d, XK_E_VALUE);
    return BYTES_NONE;
}

/* The length of the well-formed character at p, 0 when there is none (RFC 3629 4). */
static size_t utf8_length(const uint8_t *p, size_t left)
{
    uint8_t low = 0x80, high = 0xBF;
    size_t n;

    if (p[0] < 0x80)
        return p[0] != 0;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (p[0] == 0xE0)
        low = 0xA0;
    if (p[0] == 0xED)
        high = 0x9F;
    if (p[0] == 0xF0)
        low = 0x90;
    if (p[0] == 0xF4)
        high = 0x8F;
    if (left < n || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

enum xk_err der_value_utf8(struct bytes value, size_t min, size_t max)
{
    size_t characters = 0;

    for (size_t at = 0; at < value.n; characters++) {
        size_t n = utf8_length(value.p + at, value.n - at);

        if (n == 0)
            return XK_E_FORMAT;
        at += n;
    }
    return characters >= min && characters <= max ? XK_OK : XK_E_VALUE;
}

struct bytes der_utf8(struct der *d, uint32_t tag, size_t min, size_t max)
{
    struct bytes value = der_take(d, tag);
    enum xk_err err;

    if (d->err != XK_OK)
        return BYTES_NONE;
    err = der_value_utf8(value, min, max);
    if (err == XK_OK)
        return value;
    der_fail(d, err);
    return BYTES_NONE;
}

/* Whole sub-identifiers, each minimal. X.690 8.19.2 */
enum xk_err der_value_oid(struct bytes value)
{
    bool begins = true;

    if (value.n == 0 || (value.p[value.n - 1] & 0x80))
        return XK_E_FORMAT;
    for (size_t i = 0; i < value.n; i++) {
        if (begins && value.p[i] == 0x80)
            return XK_E_FORMAT;
        begins = !(value.p[i] & 0x80);
    }
    return XK_OK;
}

struct bytes der_oid(struct der *d, uint32_t tag)
{
    struct bytes value = der_take(d, tag);

    if (d->err == XK_OK && der_value_oid(value) == XK_OK)
        return value;
    der_fail(d, XK_E_FORMAT);
    return BYTES_NONE;
}

enum xk_err der_value_bits(struct bytes value, uint64_t *out)
{
    uint64_t bits = 0;
    size_t count;

    if (value.n == 0 || value.p[0] > 7 || (value.n == 1 && value.p[0] != 0))
        return XK_E_FORMAT;
    count = 8 * (value.n - 1) - value.p[0];
    for (size_t i = 0; i < count && i < 64; i++)
        if (value.p[1 + i / 8] & (0x80 >> i % 8))
            bits |= UINT64_C(1) << i;
    *out = bits;
    return XK_OK;
}

uint64_t der_bits(struct der *d, uint32_t tag)
{
    struct bytes value = der_take(d, tag);
    uint64_t bits = 0;

    if (d->err == XK_OK && der_value_bits(value, &bits) != XK_OK)
        der_fail(d, XK_E_FORMAT);
    return bits;
}

enum xk_err der_ok(const struct der *d)
{
    return d->err;
}

enum xk_err der_finish(struct der *d)
{
    struct bytes value, raw;
    uint32_t tag;

    while (der_next(d, &tag, &value, &raw))
        continue;
    return d->err;
}

enum xk_err der_end(const struct der *d)
{
    if (d->err != XK_OK)
        return d->err;
    return d->n == 0 ? XK_OK : XK_E_FORMAT;
}

enum xk_err der_check_run(struct bytes b, uint32_t tag)
{
    struct der d = der_of(b);
    struct bytes value, raw;
    uint32_t got;

    while (der_next(&d, &got, &value, &raw))
        if (tag != 0 && got != tag)
            return XK_E_FORMAT;
    return d.err;
}
