/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void put(struct buf *b, struct bytes data, const char *digits, bool pad)
{
    for (size_t i = 0; i < data.n; i += 3) {
        size_t n = data.n - i < 3 ? data.n - i : 3;
        uint32_t v = (uint32_t)data.p[i] << 16;
        char out[4];

        if (n > 1)
            v |= (uint32_t)data.p[i + 1] << 8;
        if (n > 2)
            v |= data.p[i + 2];
        for (size_t k = 0; k < 4; k++)
            out[k] = k <= n ? digits[v >> (18 - 6 * k) & 63] : '=';
        buf_put(b, out, pad ? 4 : n + 1);
    }
}

void base64_put(struct buf *b, struct bytes data)
{
    put(b, data, alphabet, true);
}

void base64url_put(struct buf *b, struct bytes data)
{
    put(b, data, url_alphabet, false);
}

static int digit_value(uint8_t c, const char *digits)
{
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

static enum xk_err decode(struct bytes text, const char *digits, uint8_t *out, size_t cap,
                          size_t *n)
{
    size_t left = text.n % 4;
    size_t want = text.n / 4 * 3 + (left ? left - 1 : 0);
    uint32_t v = 0;
    size_t got = 0;

    if (left == 1)
        return XK_E_FORMAT;
    if (want > cap)
        return XK_E_LIMIT;
    for (size_t i = 0; i < text.n; i++) {
        int d = digit_value(text.p[i], digits);

        if (d < 0)
            return XK_E_FORMAT;
        v = v << 6 | (uint32_t)d;
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
