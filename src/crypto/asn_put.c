/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/asn_put.h"

#include "base/clock.h"
#include "base/tlv.h"

void asn_put_number(struct buf *b, struct bytes number)
{
    static const uint8_t zero = 0;
    size_t at = tlv_begin(b, ASN_INTEGER);

    while (number.n > 0 && number.p[0] == 0)
        number = bytes_part(number, 1, number.n);
    if (number.n == 0)
        number = BYTES(&zero, 1);
    if (number.p[0] & 0x80)
        buf_put_u8(b, 0);
    buf_put_bytes(b, number);
    tlv_end(b, at);
}

void asn_put_small(struct buf *b, uint32_t v)
{
    const uint8_t number[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                               (uint8_t)v};

    asn_put_number(b, BYTES_OF(number));
}

/* xk_time_format gives "YYYY-MM-DDThh:mm:ss.mmmZ" */
void asn_put_time(struct buf *b, int64_t ms)
{
    char text[XK_TIME_TEXT_MAX];
    bool utc;
    size_t at;

    xk_time_format(ms, text);
    utc = strncmp(text, "1950", 4) >= 0 && strncmp(text, "2050", 4) < 0;
    at = tlv_begin(b, utc ? ASN_UTC_TIME : ASN_GENERALIZED_TIME);
    for (const char *p = utc ? text + 2 : text; *p && *p != '.'; p++) {
        if (*p >= '0' && *p <= '9')
            buf_put_u8(b, (uint8_t)*p);
    }
    buf_put_u8(b, 'Z');
    tlv_end(b, at);
}

void asn_put_octets(struct buf *b, struct bytes octets)
{
    size_t at = tlv_begin(b, ASN_BIT_STRING);

    buf_put_u8(b, 0);
    buf_put_bytes(b, octets);
    tlv_end(b, at);
}

void asn_put_bits(struct buf *b, uint8_t bits)
{
    uint8_t value[2] = {0, bits};

    while (bits && !(bits & 1)) {
        bits >>= 1;
        value[0]++;
    }
    tlv_put(b, ASN_BIT_STRING, BYTES(value, bits ? 2 : 1));
}
