/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/der/oid.h"

#include <inttypes.h>

#define ARC_MAX (UINT64_MAX >> 1)

/* One sub-identifier, base 128. False past the end, not minimal, or too large. */
static bool read_arc(struct cur *c, uint64_t *out)
{
    uint8_t byte = cur_u8(c);
    uint64_t v = byte & 0x7F;

    if (byte == 0x80)
        return false;
    while ((byte & 0x80) && !c->bad) {
        if (v > ARC_MAX >> 7)
            return false;
        byte = cur_u8(c);
        v = v << 7 | (byte & 0x7F);
    }
    *out = v;
    return !c->bad;
}

/* The first sub-identifier holds two arcs: 40 * first + second, first at most 2. X.690 8.19.4 */
enum xk_err oid_text(struct bytes contents, char *out, size_t cap)
{
    struct cur c = cur_of(contents);
    uint64_t arc, first;
    size_t at;

    if (!read_arc(&c, &arc))
        return XK_E_FORMAT;
    first = arc < 80 ? arc / 40 : 2;
    at = (size_t)snprintf(out, cap, "%" PRIu64 ".%" PRIu64, first, arc - 40 * first);
    while (c.n > 0 && at < cap) {
        if (!read_arc(&c, &arc))
            return XK_E_FORMAT;
        at += (size_t)snprintf(out + at, cap - at, ".%" PRIu64, arc);
    }
    return at < cap ? XK_OK : XK_E_LIMIT;
}

static bool take_number(struct cur *text, uint64_t *out)
{
    uint64_t v = 0;
    size_t digits = 0;

    for (; text->n > 0 && text->p[0] >= '0' && text->p[0] <= '9'; digits++) {
        uint64_t digit = (uint64_t)(cur_u8(text) - '0');

        if (v > (ARC_MAX - digit) / 10)
            return false;
        v = 10 * v + digit;
    }
    *out = v;
    return digits > 0;
}

static void put_arc(struct buf *b, uint64_t arc)
{
    int shift = 0;

    while (shift < 63 - 7 && arc >> (shift + 7))
        shift += 7;
    for (; shift > 0; shift -= 7)
        buf_put_u8(b, (uint8_t)(0x80 | (arc >> shift & 0x7F)));
    buf_put_u8(b, (uint8_t)(arc & 0x7F));
}

enum xk_err oid_from_text(struct bytes text, uint8_t out[OID_MAX], size_t *n)
{
    struct cur c = cur_of(text);
    struct buf b;
    uint64_t first, arc;

    buf_init_fixed(&b, out, OID_MAX);
    if (!take_number(&c, &first) || first > 2 || cur_u8(&c) != '.' || !take_number(&c, &arc))
        return XK_E_FORMAT;
    if ((first < 2 && arc > 39) || arc > ARC_MAX - 80)
        return XK_E_FORMAT;
    put_arc(&b, 40 * first + arc);
    while (c.n > 0) {
        if (cur_u8(&c) != '.' || !take_number(&c, &arc))
            return XK_E_FORMAT;
        put_arc(&b, arc);
    }
    TRY(buf_ok(&b));
    *n = b.n;
    return XK_OK;
}
