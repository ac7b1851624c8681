/* SPDX-License-Identifier: Apache-2.0 */
/* How numbers are written in elementary files (TS 31.102 4.2, TS 51.011 10) and in the write
 * script, which uses the same codings. Text forms are digits with a NUL. */
#ifndef CODEC_EF_EF_H
#define CODEC_EF_EF_H

#include "base/buf.h"

#define EF_ICCID_LEN 10
#define EF_IMSI_LEN 9
#define EF_MSISDN_LEN 14 /* without alpha identifier: length, TON/NPI, 10 BCD, CCP, EXT */
#define EF_SMSC_LEN 12   /* TS-Service Centre Address field of EF_SMSP */
#define EF_SMSP_LEN 28
#define EF_PLMN_LEN 3

#define EF_ICCID_TEXT 21 /* 20 digits and a NUL */
#define EF_IMSI_TEXT 16
#define EF_MSISDN_TEXT 24 /* '+' , 20 digits, NUL */
#define EF_PLMN_TEXT 7

/* Digits (0-9, and A-E where an ICCID carries letters) to nibble-swapped BCD, F-padded. XK_E_VALUE
 * when text has another character or is too long. */
enum xk_err ef_put_bcd(const char *digits, uint8_t *out, size_t n) XK_MUST_CHECK;
/* Up to the first F; XK_E_LIMIT when that and a NUL are over cap. */
enum xk_err ef_get_bcd(struct bytes in, char *out, size_t cap) XK_MUST_CHECK;

/* 18 to 20 digits. Blank (all FF) decodes to "", as for the others below; what cannot be decoded is
 * XK_E_FORMAT. */
enum xk_err ef_encode_iccid(const char *iccid, uint8_t out[EF_ICCID_LEN]) XK_MUST_CHECK;
enum xk_err ef_decode_iccid(const uint8_t in[EF_ICCID_LEN], char out[EF_ICCID_TEXT]) XK_MUST_CHECK;
/* IMEI of 15 digits as PROVIDE LOCAL INFORMATION gives it: a type nibble, then the digits
 * (TS 24.008 10.5.1.4). Plain swapped BCD is taken, too. XK_E_FORMAT. */
#define EF_IMEI_LEN 8
#define EF_IMEI_TEXT 17
enum xk_err ef_decode_imei(const uint8_t in[EF_IMEI_LEN], char out[EF_IMEI_TEXT]) XK_MUST_CHECK;
/* TS 31.102 4.2.2: length, parity nibble, digits. 6 to 15 digits. */
enum xk_err ef_encode_imsi(const char *imsi, uint8_t out[EF_IMSI_LEN]) XK_MUST_CHECK;
enum xk_err ef_decode_imsi(const uint8_t in[EF_IMSI_LEN], char out[EF_IMSI_TEXT]) XK_MUST_CHECK;
/* "+86144..." gives TON/NPI 91, otherwise 81; "" is unused (all FF). Up to 20 digits. */
enum xk_err ef_encode_msisdn(const char *number, uint8_t out[EF_MSISDN_LEN]) XK_MUST_CHECK;
enum xk_err ef_decode_msisdn(const uint8_t in[EF_MSISDN_LEN], char out[EF_MSISDN_TEXT])
    XK_MUST_CHECK;
/* Service centre address: length in octets, TON/NPI, BCD, FF-padded. */
enum xk_err ef_encode_smsc(const char *number, uint8_t out[EF_SMSC_LEN]) XK_MUST_CHECK;
enum xk_err ef_decode_smsc(const uint8_t in[EF_SMSC_LEN], char out[EF_MSISDN_TEXT]) XK_MUST_CHECK;
/* MCC+MNC of 5 or 6 digits (TS 24.008 10.5.1.3). */
enum xk_err ef_encode_plmn(const char *plmn, uint8_t out[EF_PLMN_LEN]) XK_MUST_CHECK;
enum xk_err ef_decode_plmn(const uint8_t in[EF_PLMN_LEN], char out[EF_PLMN_TEXT]) XK_MUST_CHECK;

/* The check digit of an ICCID or IMEI (ISO/IEC 7812-1 annex B) for these digits; '\0' when one is
 * not a digit. ef_luhn_ok: the last digit is right. */
char ef_luhn_digit(const char *digits, size_t n);
bool ef_luhn_ok(const char *digits);

#endif
