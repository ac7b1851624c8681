/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/ef/ef.h"

#include "base/hex.h"

#define FILLER 0x0F
#define TON_INTERNATIONAL 0x91
#define TON_UNKNOWN 0x81
#define TON_MASK 0x70
#define NUMBER_DIGITS_MAX 20
#define NUMBER_FIELD_LEN 12 /* length, TON/NPI, 10 BCD: the same in EF_MSISDN and EF_SMSP */
#define ICCID_DIGITS_MIN 18
#define ICCID_DIGITS_MAX 20
#define IMSI_DIGITS_MIN 6
#define IMSI_DIGITS_MAX 15
#define IMSI_ODD 0x9 /* TS 24.008 10.5.1.4: type of identity IMSI, odd or even count */
#define IMSI_EVEN 0x1

static bool all_ff(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0xFF)
            return false;
    return true;
}

static bool decimal(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

/* Digit number i of nibble-swapped BCD. */
static unsigned nibble(const uint8_t *p, size_t i)
{
    return p[i / 2] >> (i % 2 ? 4 : 0) & 0x0Fu;
}

static void put_nibble(uint8_t *p, size_t i, unsigned value)
{
    unsigned shift = i % 2 ? 4 : 0;

    p[i / 2] = (uint8_t)((p[i / 2] & ~(0x0Fu << shift)) | value << shift);
}

static enum xk_err check_bcd(const char *digits, size_t max)
{
    size_t len = strlen(digits);

    if (len > max)
        return XK_E_VALUE;
    for (size_t i = 0; i < len; i++) {
        int value = hex_digit(digits[i]);

        if (value < 0 || value == FILLER)
            return XK_E_VALUE;
    }
    return XK_OK;
}

enum xk_err ef_put_bcd(const char *digits, uint8_t *out, size_t n)
{
    TRY(check_bcd(digits, 2 * n));
    memset(out, 0xFF, n);
    for (size_t i = 0; digits[i]; i++)
        put_nibble(out, i, (unsigned)hex_digit(digits[i]));
    return XK_OK;
}

enum xk_err ef_get_bcd(struct bytes in, char *out, size_t cap)
{
    size_t len = 0;

    while (len < 2 * in.n && nibble(in.p, len) != FILLER)
        len++;
    if (len >= cap)
        return XK_E_LIMIT;
    for (size_t i = 0; i < len; i++)
        out[i] = "0123456789ABCDE"[nibble(in.p, i)];
    out[len] = '\0';
    return XK_OK;
}

enum xk_err ef_encode_iccid(const char *iccid, uint8_t out[EF_ICCID_LEN])
{
    size_t len = strlen(iccid);

    if (len < ICCID_DIGITS_MIN || len > ICCID_DIGITS_MAX)
        return XK_E_VALUE;
    return ef_put_bcd(iccid, out, EF_ICCID_LEN);
}

enum xk_err ef_decode_iccid(const uint8_t in[EF_ICCID_LEN], char out[EF_ICCID_TEXT])
{
    return ef_get_bcd(BYTES(in, EF_ICCID_LEN), out, EF_ICCID_TEXT);
}

enum xk_err ef_decode_imei(const uint8_t in[EF_IMEI_LEN], char out[EF_IMEI_TEXT])
{
    char digits[EF_IMEI_TEXT];
    const char *text = digits;

    TRY(ef_get_bcd(BYTES(in, EF_IMEI_LEN), digits, sizeof digits));
    if (digits[0] > '9')
        text++;
    if (text[0] == '\0' || !decimal(text))
        return XK_E_FORMAT;
    memcpy(out, text, strlen(text) + 1);
    return XK_OK;
}

/* TS 31.102 4.2.2: the parity nibble stands where digit 0 of plain BCD would */
enum xk_err ef_encode_imsi(const char *imsi, uint8_t out[EF_IMSI_LEN])
{
    size_t len = strlen(imsi);

    if (len < IMSI_DIGITS_MIN || len > IMSI_DIGITS_MAX || !decimal(imsi))
        return XK_E_VALUE;
    memset(out, 0xFF, EF_IMSI_LEN);
    out[0] = (uint8_t)(1 + len / 2);
    put_nibble(out + 1, 0, len % 2 ? IMSI_ODD : IMSI_EVEN);
    for (size_t i = 0; i < len; i++)
        put_nibble(out + 1, i + 1, (unsigned)(imsi[i] - '0'));
    return XK_OK;
}

enum xk_err ef_decode_imsi(const uint8_t in[EF_IMSI_LEN], char out[EF_IMSI_TEXT])
{
    size_t len;
    char digits[EF_IMSI_TEXT] = "";

    if (all_ff(in, EF_IMSI_LEN)) {
        out[0] = '\0';
        return XK_OK;
    }
    if (in[0] < 1 || in[0] > EF_IMSI_LEN - 1 || (in[1] & 0x07) != IMSI_EVEN)
        return XK_E_FORMAT;
    len = 2u * in[0] - ((in[1] & 0x08) ? 1 : 2);
    if (len < IMSI_DIGITS_MIN)
        return XK_E_FORMAT;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = nibble(in + 1, i + 1);

        if (digit > 9)
            return XK_E_FORMAT;
        digits[i] = (char)('0' + digit);
    }
    memcpy(out, digits, sizeof digits);
    return XK_OK;
}

/* Dialling number (TS 31.102 4.2.26, 4.2.27): octets that follow, TON/NPI, BCD, FF-padded */
static enum xk_err encode_number(const char *number, uint8_t out[NUMBER_FIELD_LEN])
{
    const char *digits = number[0] == '+' ? number + 1 : number;
    size_t len = strlen(digits);

    if (len > NUMBER_DIGITS_MAX || !decimal(digits) || (len == 0 && number[0] != '\0'))
        return XK_E_VALUE;
    memset(out, 0xFF, NUMBER_FIELD_LEN);
    if (len == 0)
        return XK_OK;
    out[0] = (uint8_t)(1 + (len + 1) / 2);
    out[1] = number[0] == '+' ? TON_INTERNATIONAL : TON_UNKNOWN;
    return ef_put_bcd(digits, out + 2, NUMBER_FIELD_LEN - 2);
}

static enum xk_err decode_number(const uint8_t in[NUMBER_FIELD_LEN], char out[EF_MSISDN_TEXT])
{
    char digits[NUMBER_DIGITS_MAX + 1];
    bool plus;

    if (in[0] == 0xFF || in[0] == 0) { /* TS 31.102 4.2.26: unused */
        out[0] = '\0';
        return XK_OK;
    }
    if (in[0] > NUMBER_FIELD_LEN - 1)
        return XK_E_FORMAT;
    TRY(ef_get_bcd(BYTES(in + 2, in[0] - 1u), digits, sizeof digits));
    if (!decimal(digits))
        return XK_E_FORMAT;
    plus = digits[0] && (in[1] & TON_MASK) == (TON_INTERNATIONAL & TON_MASK);
    snprintf(out, EF_MSISDN_TEXT, "%s%s", plus ? "+" : "", digits);
    return XK_OK;
}

enum xk_err ef_encode_msisdn(const char *number, uint8_t out[EF_MSISDN_LEN])
{
    TRY(encode_number(number, out));
    out[NUMBER_FIELD_LEN] = 0xFF;     /* capability/configuration: none */
    out[NUMBER_FIELD_LEN + 1] = 0xFF; /* extension record: none */
    return XK_OK;
}

enum xk_err ef_decode_msisdn(const uint8_t in[EF_MSISDN_LEN], char out[EF_MSISDN_TEXT])
{
    return decode_number(in, out);
}

enum xk_err ef_encode_smsc(const char *number, uint8_t out[EF_SMSC_LEN])
{
    return encode_number(number, out);
}

enum xk_err ef_decode_smsc(const uint8_t in[EF_SMSC_LEN], char out[EF_MSISDN_TEXT])
{
    return decode_number(in, out);
}

/* TS 24.008 10.5.1.3: where digit i of MCC MNC stands among the six nibbles */
static const uint8_t plmn_place[] = {0, 1, 2, 4, 5, 3};

enum xk_err ef_encode_plmn(const char *plmn, uint8_t out[EF_PLMN_LEN])
{
    size_t len = strlen(plmn);

    if ((len != 5 && len != 6) || !decimal(plmn))
        return XK_E_VALUE;
    memset(out, 0xFF, EF_PLMN_LEN);
    for (size_t i = 0; i < len; i++)
        put_nibble(out, plmn_place[i], (unsigned)(plmn[i] - '0'));
    return XK_OK;
}

enum xk_err ef_decode_plmn(const uint8_t in[EF_PLMN_LEN], char out[EF_PLMN_TEXT])
{
    char digits[EF_PLMN_TEXT] = "";
    size_t len = nibble(in, plmn_place[5]) == FILLER ? 5 : 6;

    if (all_ff(in, EF_PLMN_LEN))
        len = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = nibble(in, plmn_place[i]);

        if (digit > 9)
            return XK_E_FORMAT;
        digits[i] = (char)('0' + digit);
    }
    memcpy(out, digits, sizeof digits);
    return XK_OK;
}

/* ISO/IEC 7812-1 annex B: from the right, every second digit doubled */
char ef_luhn_digit(const char *digits, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(digits[n - 1 - i] - '0');

        if (digit > 9)
            return '\0';
        if (i % 2 == 0)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

bool ef_luhn_ok(const char *digits)
{
    size_t len = strlen(digits);

    return len > 1 && decimal(digits) && digits[len - 1] == ef_luhn_digit(digits, len - 1);
}
