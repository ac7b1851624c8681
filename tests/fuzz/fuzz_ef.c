/* SPDX-License-Identifier: Apache-2.0 */
/* Codings of elementary files: text that was read is written and read the same (TS 31.102 4.2).
 * The first byte chooses the coding. */
#include "codec/ef/ef.h"
#include "fuzz.h"

static void fuzz_iccid(const uint8_t *in)
{
    char text[EF_ICCID_TEXT], again[EF_ICCID_TEXT];
    uint8_t out[EF_ICCID_LEN];

    if (ef_decode_iccid(in, text) != XK_OK || ef_encode_iccid(text, out) != XK_OK)
        return;
    FUZZ_CHECK(ef_decode_iccid(out, again) == XK_OK && strcmp(text, again) == 0);
}

static void fuzz_imsi(const uint8_t *in)
{
    char text[EF_IMSI_TEXT], again[EF_IMSI_TEXT];
    uint8_t out[EF_IMSI_LEN];

    if (ef_decode_imsi(in, text) != XK_OK || text[0] == '\0')
        return;
    FUZZ_CHECK(ef_encode_imsi(text, out) == XK_OK);
    FUZZ_CHECK(ef_decode_imsi(out, again) == XK_OK && strcmp(text, again) == 0);
}

static void fuzz_msisdn(const uint8_t *in)
{
    char text[EF_MSISDN_TEXT], again[EF_MSISDN_TEXT];
    uint8_t out[EF_MSISDN_LEN];

    if (ef_decode_msisdn(in, text) != XK_OK)
        return;
    FUZZ_CHECK(ef_encode_msisdn(text, out) == XK_OK);
    FUZZ_CHECK(ef_decode_msisdn(out, again) == XK_OK && strcmp(text, again) == 0);
}

static void fuzz_smsc(const uint8_t *in)
{
    char text[EF_MSISDN_TEXT], again[EF_MSISDN_TEXT];
    uint8_t out[EF_SMSC_LEN];

    if (ef_decode_smsc(in, text) != XK_OK)
        return;
    FUZZ_CHECK(ef_encode_smsc(text, out) == XK_OK);
    FUZZ_CHECK(ef_decode_smsc(out, again) == XK_OK && strcmp(text, again) == 0);
}

static void fuzz_plmn(const uint8_t *in)
{
    char text[EF_PLMN_TEXT], again[EF_PLMN_TEXT];
    uint8_t out[EF_PLMN_LEN];

    if (ef_decode_plmn(in, text) != XK_OK || text[0] == '\0')
        return;
    FUZZ_CHECK(ef_encode_plmn(text, out) == XK_OK);
    FUZZ_CHECK(memcmp(in, out, sizeof out) == 0);
    FUZZ_CHECK(ef_decode_plmn(out, again) == XK_OK && strcmp(text, again) == 0);
}

/* The other direction: any text. */
static void fuzz_text(const char *text)
{
    uint8_t out[EF_MSISDN_LEN];
    char again[2 * EF_MSISDN_LEN + 1];

    if (ef_put_bcd(text, out, 10) == XK_OK)
        FUZZ_CHECK(ef_get_bcd(BYTES(out, 10), again, sizeof again) == XK_OK &&
                   strcasecmp(text, again) == 0);
    if (ef_encode_msisdn(text, out) == XK_OK)
        FUZZ_CHECK(ef_decode_msisdn(out, again) == XK_OK && strcmp(text, again) == 0);
    if (ef_encode_imsi(text, out) == XK_OK)
        FUZZ_CHECK(ef_decode_imsi(out, again) == XK_OK && strcmp(text, again) == 0);
    if (ef_luhn_ok(text))
        FUZZ_CHECK(ef_luhn_digit(text, strlen(text) - 1) == text[strlen(text) - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static void (*const codings[])(const uint8_t *) = {fuzz_iccid, fuzz_imsi, fuzz_msisdn,
                                                       fuzz_smsc, fuzz_plmn};
    uint8_t in[EF_MSISDN_LEN] = {0};
    char text[40];

    if (n < 1)
        return 0;
    memcpy(in, data + 1, n - 1 < sizeof in ? n - 1 : sizeof in);
    if (data[0] < ARRAY_LEN(codings))
        codings[data[0]](in);
    else if (bytes_to_cstr(BYTES(data + 1, n - 1), text, sizeof text))
        fuzz_text(text);
    return 0;
}
