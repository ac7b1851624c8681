/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ident.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!is_digit(text.p[i]))
            return false;
    }
    return true;
}

static bool refuse(enum import_reason *why, enum import_reason reason)
{
    *why = reason;
    return false;
}

static bool digits_between(struct bytes text, size_t min, size_t max, enum import_reason *why)
{
    if (!all_digits(text))
        return refuse(why, IMPORT_NOT_DIGITS);
    if (text.n < min || text.n > max)
        return refuse(why, IMPORT_BAD_LENGTH);
    return true;
}

/* Luhn's sum where the last digit of the text is doubled, as for digits still without their
 * check. */
static unsigned luhn_sum(struct bytes digits)
{
    unsigned sum = 0;

    for (size_t i = 0; i < digits.n; i++) {
        unsigned d = digits.p[digits.n - 1 - i] - '0';

        if (i % 2 == 0)
            d = d < 5 ? 2 * d : 2 * d - 9;
        sum += d;
    }
    return sum;
}

char ident_luhn_digit(struct bytes digits)
{
    return (char)('0' + (10 - luhn_sum(digits) % 10) % 10);
}

bool ident_is_imsi(struct bytes text, enum import_reason *why)
{
    return digits_between(text, 14, 15, why);
}

bool ident_is_msisdn(struct bytes text, enum import_reason *why)
{
    return digits_between(text, 5, 15, why);
}

bool ident_is_cid(struct bytes text, enum import_reason *why)
{
    return digits_between(text, IDENT_CID_LEN, IDENT_CID_LEN, why);
}

bool ident_is_eid(struct bytes text, enum import_reason *why)
{
    return digits_between(text, IDENT_EID_LEN, IDENT_EID_LEN, why);
}

bool ident_is_smsc(struct bytes text, enum import_reason *why)
{
    if (text.n > 0 && text.p[0] == '+')
        text = bytes_part(text, 1, text.n);
    return digits_between(text, 3, 20, why);
}

bool ident_is_iccid(struct bytes text, enum import_reason *why)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!is_digit(text.p[i]) && (text.p[i] < 'A' || text.p[i] > 'F'))
            return refuse(why, IMPORT_NOT_DIGITS);
    }
    if (text.n != IDENT_ICCID_LEN && text.n != IDENT_ICCID_LEN - 1)
        return refuse(why, IMPORT_BAD_LENGTH);
    if (all_digits(text) &&
        ident_luhn_digit(bytes_part(text, 0, text.n - 1)) != (char)text.p[text.n - 1])
        return refuse(why, IMPORT_LUHN);
    return true;
}

bool ident_is_name(struct bytes text, size_t max, enum import_reason *why)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    if (text.n == 0 || text.n > max)
        return refuse(why, IMPORT_BAD_LENGTH);
    for (size_t i = 0; i < text.n; i++) {
        if (!memchr(letters, text.p[i], sizeof letters - 1))
            return refuse(why, IMPORT_BAD_VALUE);
    }
    return true;
}

enum xk_err ident_add(char *digits, uint64_t n)
{
    size_t i = strlen(digits);

    while (n > 0 && i > 0) {
        uint64_t sum = (uint64_t)(digits[--i] - '0') + n % 10;

        digits[i] = (char)('0' + sum % 10);
        n = n / 10 + sum / 10;
    }
    return n == 0 ? XK_OK : XK_E_VALUE;
}
