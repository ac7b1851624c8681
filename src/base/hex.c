/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

static char *encode_with(struct bytes b, char *out, const char *digits)
{
    for (size_t i = 0; i < b.n; i++) {
        out[2 * i] = digits[b.p[i] >> 4];
        out[2 * i + 1] = digits[b.p[i] & 15];
    }
    out[2 * b.n] = '\0';
    return out;
}

char *hex_encode(struct bytes b, char *out)
{
    return encode_with(b, out, "0123456789ABCDEF");
}

char *hex_encode_lower(struct bytes b, char *out)
{
    return encode_with(b, out, "0123456789abcdef");
}

void buf_put_hex(struct buf *b, struct bytes data)
{
    char *at = (char *)buf_reserve(b, HEX_LEN(data.n));

    if (!at)
        return;
    hex_encode(data, at);
    b->n += 2 * data.n;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

enum xk_err hex_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n)
{
    if (text.n % 2 != 0)
        return XK_E_FORMAT;
    if (text.n / 2 > cap)
        return XK_E_LIMIT;
    for (size_t i = 0; i < text.n / 2; i++) {
        int hi = hex_digit((char)text.p[2 * i]);
        int lo = hex_digit((char)text.p[2 * i + 1]);

        if (hi < 0 || lo < 0)
            return XK_E_FORMAT;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    *n = text.n / 2;
    return XK_OK;
}

enum xk_err hex_decode_exact(struct bytes text, uint8_t *out, size_t n)
{
    size_t got;

    if (text.n != 2 * n)
        return XK_E_FORMAT;
    return hex_decode(text, out, n, &got);
}
