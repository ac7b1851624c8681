/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/iccid.h"

#define DIGITS_MIN 18
#define DIGITS_MAX 20

enum xk_err iccid_from_text(struct bytes text, uint8_t out[ICCID_LEN])
{
    uint8_t iccid[ICCID_LEN];

    while (text.n > 0 && (text.p[text.n - 1] == 'F' || text.p[text.n - 1] == 'f'))
        text.n--;
    if (text.n < DIGITS_MIN || text.n > DIGITS_MAX)
        return XK_E_FORMAT;
    memset(iccid, 0xFF, sizeof iccid);
    for (size_t i = 0; i < text.n; i++) {
        unsigned shift = i % 2 ? 4 : 0;

        if (text.p[i] < '0' || text.p[i] > '9')
            return XK_E_FORMAT;
        iccid[i / 2] &= (uint8_t)(0xF0 >> shift);
        iccid[i / 2] |= (uint8_t)((text.p[i] - '0') << shift);
    }
    memcpy(out, iccid, sizeof iccid);
    return XK_OK;
}

enum xk_err iccid_to_text(struct bytes iccid, char out[ICCID_TEXT_MAX])
{
    char text[ICCID_TEXT_MAX];
    size_t n = 0;

    if (iccid.n != ICCID_LEN)
        return XK_E_FORMAT;
    for (size_t i = 0; i < DIGITS_MAX; i++) {
        unsigned digit = iccid.p[i / 2] >> (i % 2 ? 4 : 0) & 15;

        if (digit == 15)
            continue;
        if (digit > 9 || n != i)
            return XK_E_FORMAT;
        text[n++] = (char)('0' + digit);
    }
    if (n < DIGITS_MIN)
        return XK_E_FORMAT;
    text[n] = '\0';
    memcpy(out, text, n + 1);
    return XK_OK;
}

void iccid_swap(const uint8_t in[ICCID_LEN], uint8_t out[ICCID_LEN])
{
    for (size_t i = 0; i < ICCID_LEN; i++)
        out[i] = (uint8_t)(in[i] << 4 | in[i] >> 4);
}

bool iccid_luhn_ok(struct bytes text)
{
    unsigned sum = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned)(text.p[text.n - 1 - i] - '0');

        if (digit > 9)
            return false;
        if (i % 2)
            digit = digit < 5 ? 2 * digit : 2 * digit - 9;
        sum += digit;
    }
    return text.n > 0 && sum % 10 == 0;
}
