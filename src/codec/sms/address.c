/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sms/address.h"

static const char semi_octets[] = "0123456789*#abc"; /* 15 is the filler */

#define FILLER 0xF

static int semi_octet_of(char c)
{
    const char *at = c ? strchr(semi_octets, c) : NULL;

    return at ? (int)(at - semi_octets) : -1;
}

static enum xk_err digits_decode(struct bytes value, size_t digits, uint8_t ton_npi,
                                 char out[SMS_NUMBER_TEXT])
{
    char text[SMS_NUMBER_TEXT] = "+";
    bool international = (ton_npi & ADDRESS_TON_MASK) == ADDRESS_TON_INTERNATIONAL;
    size_t n = 1, skip;

    for (size_t i = 0; i < digits; i++) {
        uint8_t digit = value.p[i / 2] >> (i % 2 ? 4 : 0) & 0xF;

        if (digit == FILLER && i + 1 == digits) /* some count it */
            break;
        if (digit == FILLER)
            return XK_E_FORMAT;
        text[n++] = semi_octets[digit];
    }
    text[n] = '\0';
    skip = international && n > 1 ? 0 : 1;
    memcpy(out, text + skip, n + 1 - skip);
    return XK_OK;
}

/* digits: without '+'. */
static enum xk_err digits_encode(const char *digits, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i += 2) {
        int low = semi_octet_of(digits[i]);
        int high = i + 1 < n ? semi_octet_of(digits[i + 1]) : FILLER;

        if (low < 0 || high < 0)
            return XK_E_VALUE;
        buf_put_u8(out, (uint8_t)(high << 4 | low));
    }
    return buf_ok(out);
}

/* Alphanumeric: packed 7-bit characters, the length counts the semi-octets in use. */
static enum xk_err alphanumeric_decode(struct bytes value, size_t semi, char out[SMS_NUMBER_TEXT])
{
    char text[SMS_NUMBER_TEXT];
    struct buf b;

    buf_init_fixed(&b, text, sizeof text - 1);
    TRY(sms_gsm7_unpack(value, semi * 4 / 7, &b));
    memcpy(out, text, b.n);
    out[b.n] = '\0';
    return XK_OK;
}

static enum xk_err alphanumeric_encode(const char *text, uint8_t ton_npi, struct buf *out)
{
    uint8_t packed[ADDRESS_DIGITS_MAX / 2];
    size_t n, septets;

    TRY(sms_gsm7_pack(text, packed, sizeof packed, &n, &septets));
    buf_put_u8(out, (uint8_t)((septets * 7 + 3) / 4));
    buf_put_u8(out, ton_npi);
    buf_put(out, packed, n);
    return buf_ok(out);
}

static bool is_alphanumeric(uint8_t ton_npi)
{
    return (ton_npi & ADDRESS_TON_MASK) == ADDRESS_TON_ALPHANUMERIC;
}

enum xk_err address_decode_tp(struct cur *c, char out[SMS_NUMBER_TEXT], uint8_t *ton_npi)
{
    size_t semi = cur_u8(c);
    uint8_t type = cur_u8(c) | ADDRESS_NO_EXTENSION;
    struct bytes value = cur_take(c, (semi + 1) / 2);

    TRY(cur_ok(c));
    if (semi > ADDRESS_DIGITS_MAX)
        return XK_E_FORMAT;
    if (is_alphanumeric(type))
        TRY(alphanumeric_decode(value, semi, out));
    else
        TRY(digits_decode(value, semi, type, out));
    *ton_npi = type;
    return XK_OK;
}

static uint8_t type_of(const char *text)
{
    return text[0] == '+' ? ADDRESS_INTERNATIONAL : ADDRESS_UNKNOWN;
}

enum xk_err address_encode_tp(const char *text, uint8_t ton_npi, struct buf *out)
{
    uint8_t type = ton_npi ? ton_npi | ADDRESS_NO_EXTENSION : type_of(text);
    const char *digits = text[0] == '+' ? text + 1 : text;
    size_t n = strnlen(digits, SMS_NUMBER_TEXT);

    if (is_alphanumeric(type))
        return alphanumeric_encode(text, type, out);
    if (n > ADDRESS_DIGITS_MAX)
        return XK_E_VALUE;
    buf_put_u8(out, (uint8_t)n);
    buf_put_u8(out, type);
    return digits_encode(digits, n, out);
}

/* Here the filler, not the length, tells an odd number of digits. */
enum xk_err address_decode_rp(struct cur *c, char out[SMS_NUMBER_TEXT])
{
    struct cur value = cur_of(cur_take(c, cur_u8(c)));
    uint8_t type;
    struct bytes rest;
    size_t digits;

    TRY(cur_ok(c));
    if (value.n == 0) {
        out[0] = '\0';
        return XK_OK;
    }
    type = cur_u8(&value);
    rest = cur_rest(&value);
    if (rest.n > ADDRESS_DIGITS_MAX / 2)
        return XK_E_FORMAT;
    digits = 2 * rest.n;
    if (digits > 0 && rest.p[rest.n - 1] >> 4 == FILLER)
        digits--;
    return digits_decode(rest, digits, type, out);
}

enum xk_err address_encode_rp(const char *text, struct buf *out)
{
    const char *digits = text[0] == '+' ? text + 1 : text;
    size_t n = strnlen(digits, SMS_NUMBER_TEXT);

    if (n > ADDRESS_DIGITS_MAX)
        return XK_E_VALUE;
    if (n == 0) {
        buf_put_u8(out, 0);
        return buf_ok(out);
    }
    buf_put_u8(out, (uint8_t)(1 + (n + 1) / 2));
    buf_put_u8(out, type_of(text));
    return digits_encode(digits, n, out);
}
