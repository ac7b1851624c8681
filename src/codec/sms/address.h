/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in semi-octets (TS 23.040 9.1.2.3, 9.1.2.5), as text "+8613..." or "10086". */
#ifndef CODEC_SMS_ADDRESS_H
#define CODEC_SMS_ADDRESS_H

#include "codec/sms/sms.h"

#define ADDRESS_DIGITS_MAX 20
#define ADDRESS_NO_EXTENSION 0x80
#define ADDRESS_TON_MASK 0x70
#define ADDRESS_TON_INTERNATIONAL 0x10
#define ADDRESS_TON_ALPHANUMERIC 0x50
#define ADDRESS_INTERNATIONAL 0x91 /* international, ISDN plan */
#define ADDRESS_UNKNOWN 0x81       /* unknown, ISDN plan */

/* TP address: length in semi-octets, type, value. A failed read leaves c bad. */
enum xk_err address_decode_tp(struct cur *c, char out[SMS_NUMBER_TEXT], uint8_t *ton_npi)
    XK_MUST_CHECK;
enum xk_err address_encode_tp(const char *text, uint8_t ton_npi, struct buf *out) XK_MUST_CHECK;
/* RP address: length in octets, then type and value unless 0 (TS 24.011 8.2.5.1). */
enum xk_err address_decode_rp(struct cur *c, char out[SMS_NUMBER_TEXT]) XK_MUST_CHECK;
enum xk_err address_encode_rp(const char *text, struct buf *out) XK_MUST_CHECK;

#endif
