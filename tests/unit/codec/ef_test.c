/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/ef/ef.h"

#include "base/clock.h"
#include "xt.h"

/* One row per coding: text, bytes. TS 31.102 4.2.2, TS 102 221 13.2, TS 24.008 10.5.1.3 */
TEST(iccid)
{
    uint8_t wire[EF_ICCID_LEN];
    char text[EF_ICCID_TEXT];

    CHECK_OK(ef_encode_iccid("89860400000000000015", wire));
    CHECK_HEX(BYTES_OF(wire), "98684000000000000051");
    CHECK_OK(ef_decode_iccid(wire, text));
    CHECK_STR(text, "89860400000000000015");
    CHECK_OK(ef_encode_iccid("8986040000000000001", wire));
    CHECK_HEX(BYTES_OF(wire), "986840000000000000F1");
    CHECK_OK(ef_decode_iccid(wire, text));
    CHECK_STR(text, "8986040000000000001");
    CHECK_OK(ef_encode_iccid("898602B4151770029012", wire));
    CHECK_OK(ef_decode_iccid(wire, text));
    CHECK_STR(text, "898602B4151770029012");
    CHECK_INT(ef_encode_iccid("89860400000000000", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_iccid("898604000000000000157", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_iccid("8986040000000000001F", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_iccid("8986040000000000001 ", wire), XK_E_VALUE);
    memset(wire, 0xFF, sizeof wire);
    CHECK_OK(ef_decode_iccid(wire, text));
    CHECK_STR(text, "");
}

static const struct {
    const char *text, *hex;
} imsis[] = {
    {"001010123456789", "080910101032547698"}, {"460040000000015", "084906400000000051"},
    {"00101012345678", "0801101010325476F8"},  {"0010101234567", "0709101010325476FF"},
    {"001010", "04011010F0FFFFFFFF"},
};

TEST(imsi)
{
    uint8_t wire[EF_IMSI_LEN];
    char text[EF_IMSI_TEXT];

    for (size_t i = 0; i < ARRAY_LEN(imsis); i++) {
        CHECK_OK(ef_encode_imsi(imsis[i].text, wire));
        CHECK_HEX(BYTES_OF(wire), imsis[i].hex);
        CHECK_OK(ef_decode_imsi(wire, text));
        CHECK_STR(text, imsis[i].text);
    }
    CHECK_INT(ef_encode_imsi("00101", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_imsi("0010101234567890", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_imsi("00101012345678A", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_imsi("", wire), XK_E_VALUE);
}

static const char *const bad_imsis[] = {
    "090910101032547698", /* longer than the file */
    "000910101032547698", /* no length */
    "080210101032547698", /* not an IMSI */
    "08091010103254769A", /* not a digit */
    "08091010103254769F", /* ends before its length */
    "0309101010FFFFFFFF", /* five digits */
};

TEST(imsi_refused)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_imsis); i++) {
        uint8_t wire[EF_IMSI_LEN];
        char text[EF_IMSI_TEXT] = "same";

        CHECK_OK(hex_decode_exact(bytes_cstr(bad_imsis[i]), wire, sizeof wire));
        CHECK_INT(ef_decode_imsi(wire, text), XK_E_FORMAT);
        CHECK_STR(text, "same");
    }
}

TEST(imsi_blank)
{
    uint8_t wire[EF_IMSI_LEN];
    char text[EF_IMSI_TEXT] = "x";

    memset(wire, 0xFF, sizeof wire);
    CHECK_OK(ef_decode_imsi(wire, text));
    CHECK_STR(text, "");
}

static const struct {
    const char *text, *hex;
} numbers[] = {
    {"+8613800138000", "08916831081083 00F0 FFFFFFFFFF"},
    {"1440012345678", "0881 4104103254 76F8 FFFFFFFFFF"},
    {"+8614400123456789012", "0B91 6841041032547698 10F2 FFFF"},
    {"12345678901234567890", "0B81 21436587092143658709 FFFF"},
    {"", "FFFFFFFFFFFFFFFFFFFFFFFFFFFF"},
};

TEST(msisdn)
{
    uint8_t wire[EF_MSISDN_LEN];
    char text[EF_MSISDN_TEXT];

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        CHECK_OK(ef_encode_msisdn(numbers[i].text, wire));
        CHECK_OK(ef_decode_msisdn(wire, text));
        CHECK_STR(text, numbers[i].text);
    }
    CHECK_OK(ef_encode_msisdn(numbers[0].text, wire));
    CHECK_HEX(BYTES_OF(wire), numbers[0].hex);
    CHECK_OK(ef_encode_msisdn(numbers[3].text, wire));
    CHECK_HEX(BYTES_OF(wire), numbers[3].hex);
    CHECK_INT(ef_encode_msisdn("123456789012345678901", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_msisdn("+", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_msisdn("12a", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_msisdn("12+3", wire), XK_E_VALUE);
}

TEST(smsc)
{
    uint8_t wire[EF_SMSC_LEN];
    char text[EF_MSISDN_TEXT] = "same";

    /* the service centre of the SMSP example in pySim's TS 51.011 tests: 0891945197109099F9... */
    CHECK_OK(hex_decode_exact(bytes_cstr("0891945197109099F9FFFFFF"), wire, sizeof wire));
    CHECK_OK(ef_decode_smsc(wire, text));
    CHECK_STR(text, "+4915790109999");
    CHECK_OK(ef_encode_smsc("+4915790109999", wire));
    CHECK_HEX(BYTES_OF(wire), "0891945197109099F9FFFFFF");
    CHECK_OK(hex_decode_exact(bytes_cstr("03912143658709214365FFFF"), wire, sizeof wire));
    CHECK_OK(ef_decode_smsc(wire, text)); /* what stands behind the length is not the number */
    CHECK_STR(text, "+1234");
    wire[0] = 12; /* longer than the field */
    CHECK_INT(ef_decode_smsc(wire, text), XK_E_FORMAT);
    wire[0] = 8;
    wire[2] = 0xA4; /* no digit of a number */
    CHECK_INT(ef_decode_smsc(wire, text), XK_E_FORMAT);
    CHECK_STR(text, "+1234");
}

static const struct {
    const char *text, *hex;
} plmns[] = {{"46000", "64F000"}, {"00101", "00F110"}, {"310410", "130014"}, {"99970", "99F907"}};

TEST(plmn)
{
    uint8_t wire[EF_PLMN_LEN];
    char text[EF_PLMN_TEXT];

    for (size_t i = 0; i < ARRAY_LEN(plmns); i++) {
        CHECK_OK(ef_encode_plmn(plmns[i].text, wire));
        CHECK_HEX(BYTES_OF(wire), plmns[i].hex);
        CHECK_OK(ef_decode_plmn(wire, text));
        CHECK_STR(text, plmns[i].text);
    }
    CHECK_INT(ef_encode_plmn("4600", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_plmn("4600000", wire), XK_E_VALUE);
    CHECK_INT(ef_encode_plmn("4600A", wire), XK_E_VALUE);
    CHECK_INT(ef_decode_plmn((const uint8_t[]){0x64, 0xFA, 0x00}, text), XK_E_FORMAT);
    CHECK_OK(ef_decode_plmn((const uint8_t[]){0xFF, 0xFF, 0xFF}, text));
    CHECK_STR(text, "");
}

TEST(bcd)
{
    uint8_t wire[4];
    char text[9];

    CHECK_OK(ef_put_bcd("1a2", wire, sizeof wire));
    CHECK_HEX(BYTES_OF(wire), "A1F2FFFF");
    CHECK_OK(ef_get_bcd(BYTES_OF(wire), text, sizeof text));
    CHECK_STR(text, "1A2");
    CHECK_INT(ef_get_bcd(BYTES_OF(wire), text, 3), XK_E_LIMIT);
    CHECK_OK(ef_get_bcd(BYTES_NONE, text, 1));
    CHECK_STR(text, "");
    CHECK_INT(ef_put_bcd("123456789", wire, sizeof wire), XK_E_VALUE);
    CHECK_INT(ef_put_bcd("f", wire, sizeof wire), XK_E_VALUE);
}

static void random_digits(struct xk_prng *prng, char *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('0' + xk_prng_below(prng, 10));
    out[n] = '\0';
}

TEST(imei)
{
    static const struct {
        uint8_t in[EF_IMEI_LEN];
        enum xk_err err;
        const char *want;
    } rows[] = {
        {{0x0A, 0x10, 0x10, 0x07, 0x00, 0x00, 0x00, 0x30}, XK_OK, "001017000000003"},
        {{0x00, 0x01, 0x71, 0x00, 0x00, 0x00, 0x00, 0xF3}, XK_OK, "001017000000003"},
        {{0x0A, 0x10, 0x1B, 0x07, 0x00, 0x00, 0x00, 0x30}, XK_E_FORMAT, ""},
        {{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, XK_E_FORMAT, ""},
        {{0xFA, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, XK_E_FORMAT, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[EF_IMEI_TEXT] = "";

        CHECK_INT(ef_decode_imei(rows[i].in, text), rows[i].err);
        CHECK_STR(text, rows[i].want);
    }
}

TEST(round_trip)
{
    struct xk_prng prng = {7};
    char text[24], back[24];
    uint8_t wire[14];

    for (int i = 0; i < 2000; i++) {
        random_digits(&prng, text, 6 + xk_prng_below(&prng, 10));
        CHECK_OK(ef_encode_imsi(text, wire));
        CHECK_OK(ef_decode_imsi(wire, back));
        CHECK_STR(back, text);
        random_digits(&prng, text, 18 + xk_prng_below(&prng, 3));
        CHECK_OK(ef_encode_iccid(text, wire));
        CHECK_OK(ef_decode_iccid(wire, back));
        CHECK_STR(back, text);
        random_digits(&prng, text, 1 + xk_prng_below(&prng, 20));
        CHECK_OK(ef_encode_msisdn(text, wire));
        CHECK_OK(ef_decode_msisdn(wire, back));
        CHECK_STR(back, text);
        random_digits(&prng, text, 5 + xk_prng_below(&prng, 2));
        CHECK_OK(ef_encode_plmn(text, wire));
        CHECK_OK(ef_decode_plmn(wire, back));
        CHECK_STR(back, text);
    }
}

TEST(luhn)
{
    CHECK_INT(ef_luhn_digit("7992739871", 10), '3');
    CHECK_INT(ef_luhn_digit("8986040000000000001", 19), '5');
    CHECK_INT(ef_luhn_digit("49015420323751", 14), '8');
    CHECK_INT(ef_luhn_digit("12A", 3), '\0');
    CHECK(ef_luhn_ok("89860400000000000015"));
    CHECK(!ef_luhn_ok("89860400000000000016"));
    CHECK(!ef_luhn_ok("898602B4151770029012"));
    CHECK(!ef_luhn_ok(""));
    CHECK(!ef_luhn_ok("0"));
}

TESTS_MAIN(XT_CASE(iccid), XT_CASE(imsi), XT_CASE(imsi_refused), XT_CASE(imsi_blank),
           XT_CASE(msisdn), XT_CASE(smsc), XT_CASE(plmn), XT_CASE(bcd), XT_CASE(imei),
           XT_CASE(round_trip), XT_CASE(luhn))
