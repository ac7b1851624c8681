/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire/base64.h"

#include <pthread.h>

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

/* Written once under pthread_once, read-only ever after. */
static uint8_t values[2][256];

static void make_values(void)
{
    memset(values, NO_DIGIT, sizeof values);
    for (uint8_t i = 0; i < NO_DIGIT; i++) {
        values[0][(uint8_t)alphabet[i]] = i;
        values[1][(uint8_t)url_alphabet[i]] = i;
    }
}

static const uint8_t *values_of(bool url)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    return pthread_once(&once, make_values) == 0 ? values[url] : NULL;
}

/* False: something is no digit. */
static bool take_groups(const uint8_t *p, size_t groups, const uint8_t *value, uint8_t *out)
{
    uint8_t all = 0;

    for (size_t i = 0; i < groups; i++, p += 4, out += 3) {
        uint8_t a = value[p[0]], b = value[p[1]], c = value[p[2]], d = value[p[3]];

        all |= a | b | c | d;
        out[0] = (uint8_t)(a << 2 | b >> 4);
        out[1] = (uint8_t)(b << 4 | c >> 2);
        out[2] = (uint8_t)(c << 6 | d);
    }
    return (all & NO_DIGIT) == 0;
}

/* Two or three digits; the bits that no byte takes must be zero: one text for one value. */
static bool take_rest(const uint8_t *p, size_t n, const uint8_t *value, uint8_t *out)
{
    uint8_t a = value[p[0]], b = value[p[1]], c = n == 3 ? value[p[2]] : 0;

    if (((a | b | c) & NO_DIGIT) || (n == 2 && (b & 15)) || (c & 3))
        return false;
    out[0] = (uint8_t)(a << 2 | b >> 4);
    if (n == 3)
        out[1] = (uint8_t)(b << 4 | c >> 2);
    return true;
}

static enum xk_err decode(struct bytes text, bool url, uint8_t *out, size_t cap, size_t *n)
{
    const uint8_t *value = values_of(url);
    size_t groups = text.n / 4, left = text.n % 4;
    size_t want = groups * 3 + (left ? left - 1 : 0);

    if (!value || left == 1)
        return XK_E_FORMAT;
    if (want > cap)
        return XK_E_LIMIT;
    if (!take_groups(text.p, groups, value, out) ||
        (left > 0 && !take_rest(text.p + 4 * groups, left, value, out + 3 * groups)))
        return XK_E_FORMAT;
    *n = want;
    return XK_OK;
}

enum xk_err base64_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n)
{
    if (text.n % 4 != 0)
        return XK_E_FORMAT;
    for (int i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++)
        text.n--;
    return decode(text, false, out, cap, n);
}

enum xk_err base64url_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n)
{
    return decode(text, true, out, cap, n);
}
