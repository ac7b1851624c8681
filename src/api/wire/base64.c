/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire/base64.h"

#define NO_DIGIT 64

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Packages of tens of kilobytes pass here: whole groups go without a look at their length. */
static uint8_t *put_groups(uint8_t *out, const uint8_t *p, size_t groups, const char *digits)
{
    for (size_t i = 0; i < groups; i++, p += 3, out += 4) {
        uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

        out[0] = (uint8_t)digits[v >> 18];
        out[1] = (uint8_t)digits[v >> 12 & 63];
        out[2] = (uint8_t)digits[v >> 6 & 63];
        out[3] = (uint8_t)digits[v & 63];
    }
    return out;
}

static void put(struct buf *b, struct bytes data, const char *digits, bool pad)
{
    size_t groups = data.n / 3;
    size_t left = data.n % 3;
    uint8_t *start = buf_reserve(b, 4 * (groups + 1));
    uint8_t *out;
    uint32_t v;

    if (!start)
        return;
    out = put_groups(start, data.p, groups, digits);
    if (left > 0) {
        v = (uint32_t)data.p[3 * groups] << 16;
        if (left > 1)
            v |= (uint32_t)data.p[3 * groups + 1] << 8;
        *out++ = (uint8_t)digits[v >> 18];
        *out++ = (uint8_t)digits[v >> 12 & 63];
        if (left > 1)
            *out++ = (uint8_t)digits[v >> 6 & 63];
        else if (pad)
            *out++ = '=';
        if (pad)
            *out++ = '=';
    }
    b->n += (size_t)(out - start);
}

void base64_put(struct buf *b, struct bytes data)
{
    put(b, data, alphabet, true);
}

void base64url_put(struct buf *b, struct bytes data)
{
    put(b, data, url_alphabet, false);
}

static uint8_t digit_value(uint8_t c, const char *digits)
{
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0' + 52);
    if (c == (uint8_t)digits[62])
        return 62;
    return c == (uint8_t)digits[63] ? 63 : NO_DIGIT;
}

static enum xk_err decode(struct bytes text, const char *digits, uint8_t *out, size_t cap,
                          size_t *n)
{
    size_t left = text.n % 4;
    size_t want = text.n / 4 * 3 + (left ? left - 1 : 0);
    uint8_t value[256];
    uint32_t v = 0;
    size_t got = 0;

    if (left == 1)
        return XK_E_FORMAT;
    if (want > cap)
        return XK_E_LIMIT;
    for (size_t c = 0; c < sizeof value; c++)
        value[c] = digit_value((uint8_t)c, digits);
    for (size_t i = 0; i < text.n; i++) {
        uint8_t d = value[text.p[i]];

        if (d == NO_DIGIT)
            return XK_E_FORMAT;
        v = v << 6 | d;
        if (i % 4 != 0)
            out[got++] = (uint8_t)(v >> (6 - 2 * (i % 4)));
    }
    /* the bits that no byte took must be zero: one text for one value */
    if ((left == 2 && (v & 15)) || (left == 3 && (v & 3)))
        return XK_E_FORMAT;
    *n = got;
    return XK_OK;
}

enum xk_err base64_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n)
{
    if (text.n % 4 != 0)
        return XK_E_FORMAT;
    for (int i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++)
        text.n--;
    return decode(text, alphabet, out, cap, n);
}

enum xk_err base64url_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n)
{
    return decode(text, url_alphabet, out, cap, n);
}
