/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"

#define TAG_BYTES_MAX 3
#define LENGTH_BYTES_MAX 4

static uint32_t read_tag(struct cur *c)
{
    uint32_t tag = cur_u8(c);
    uint8_t byte;
    int n = 1;

    if ((tag & 0x1F) != 0x1F)
        return tag;
    do {
        byte = cur_u8(c);
        tag = tag << 8 | byte;
        n++;
    } while ((byte & 0x80) && n < TAG_BYTES_MAX);
    if (byte & 0x80)
        c->bad = true;
    return tag;
}

static size_t read_length(struct cur *c)
{
    uint8_t first = cur_u8(c);
    size_t n = first & 0x7F;
    size_t length = 0;

    if (first < 0x80)
        return first;
    if (n == 0 || n > LENGTH_BYTES_MAX) {
        c->bad = true;
        return 0;
    }
    while (n-- > 0)
        length = length << 8 | cur_u8(c);
    return length;
}

enum xk_err tlv_next(struct cur *c, struct tlv *out)
{
    const uint8_t *start = c->p;
    struct tlv t;
    size_t length;

    t.tag = read_tag(c);
    length = read_length(c);
    t.value = cur_take(c, length);
    TRY(cur_ok(c));
    t.raw = BYTES(start, (size_t)(c->p - start));
    *out = t;
    return XK_OK;
}

enum xk_err tlv_find(struct bytes b, uint32_t tag, struct bytes *value)
{
    struct cur c = cur_of(b);
    struct tlv t;

    while (c.n > 0) {
        TRY(tlv_next(&c, &t));
        if (t.tag == tag) {
            *value = t.value;
            return XK_OK;
        }
    }
    return XK_E_NOT_FOUND;
}

static void put_tag(struct buf *b, uint32_t tag)
{
    if (tag > 0xFFFF)
        buf_put_u8(b, (uint8_t)(tag >> 16));
    if (tag > 0xFF)
        buf_put_u8(b, (uint8_t)(tag >> 8));
    buf_put_u8(b, (uint8_t)tag);
}

/* Writes a minimal length into out[5]; returns how many bytes. */
static size_t length_bytes(size_t length, uint8_t out[5])
{
    size_t n = 1;

    if (length < 0x80) {
        out[0] = (uint8_t)length;
        return 1;
    }
    while (n < LENGTH_BYTES_MAX && length >> (8 * n))
        n++;
    out[0] = (uint8_t)(0x80 | n);
    for (size_t i = 0; i < n; i++)
        out[1 + i] = (uint8_t)(length >> (8 * (n - 1 - i)));
    return n + 1;
}

void tlv_put(struct buf *b, uint32_t tag, struct bytes value)
{
    uint8_t len[5];

    put_tag(b, tag);
    buf_put(b, len, length_bytes(value.n, len));
    buf_put_bytes(b, value);
}

void tlv_put_u8(struct buf *b, uint32_t tag, uint8_t value)
{
    tlv_put(b, tag, BYTES(&value, 1));
}

size_t tlv_begin(struct buf *b, uint32_t tag)
{
    put_tag(b, tag);
    return b->n;
}

void tlv_end(struct buf *b, size_t at)
{
    uint8_t len[5];
    size_t n;

    if (b->err != XK_OK)
        return;
    n = length_bytes(b->n - at, len);
    buf_open_gap(b, at, n);
    if (b->err == XK_OK)
        memcpy(b->p + at, len, n);
}
