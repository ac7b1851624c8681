/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/eid.h"

#define MODULUS 97

/* The number of the first `digits` digits modulo 97. */
static unsigned eid_mod(const uint8_t eid[EID_LEN], int digits)
{
    unsigned rest = 0;

    for (int i = 0; i < digits; i++)
        rest = (10 * rest + (eid[i / 2] >> (i % 2 ? 0 : 4) & 15)) % MODULUS;
    return rest;
}

bool eid_check_digits_ok(const uint8_t eid[EID_LEN])
{
    return eid_mod(eid, EID_DIGITS) == 1;
}

/* ISO 7064: 98 minus the rest of the number with 00 for its check digits. */
void eid_set_check_digits(uint8_t eid[EID_LEN])
{
    unsigned check = MODULUS + 1 - 100 * eid_mod(eid, EID_DIGITS - 2) % MODULUS;

    eid[EID_LEN - 1] = (uint8_t)(check / 10 << 4 | check % 10);
}

enum xk_err eid_from_text(struct bytes text, uint8_t out[EID_LEN])
{
    uint8_t eid[EID_LEN] = {0};

    if (text.n != EID_DIGITS)
        return XK_E_FORMAT;
    for (size_t i = 0; i < EID_DIGITS; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return XK_E_FORMAT;
        eid[i / 2] = (uint8_t)(eid[i / 2] << 4 | (text.p[i] - '0'));
    }
    memcpy(out, eid, sizeof eid);
    return eid_check_digits_ok(eid) ? XK_OK : XK_E_VALUE;
}

enum xk_err eid_to_text(struct bytes eid, char out[EID_TEXT_MAX])
{
    char text[EID_TEXT_MAX];

    if (eid.n != EID_LEN)
        return XK_E_FORMAT;
    for (size_t i = 0; i < EID_DIGITS; i++) {
        unsigned digit = eid.p[i / 2] >> (i % 2 ? 0 : 4) & 15;

        if (digit > 9)
            return XK_E_FORMAT;
        text[i] = (char)('0' + digit);
    }
    text[EID_DIGITS] = '\0';
    memcpy(out, text, sizeof text);
    return XK_OK;
}
