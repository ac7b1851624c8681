/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ident.h"

#include "xt.h"

typedef bool check_fn(struct bytes text, enum import_reason *why);

#define GOOD ((enum import_reason) - 1)

TEST(forms)
{
    static const struct {
        check_fn *check;
        const char *text;
        enum import_reason why; /* GOOD: it has the form */
    } rows[] = {
        {ident_is_imsi, "001010000000001", GOOD},
        {ident_is_imsi, "00101000000001", GOOD},
        {ident_is_imsi, "0010100000001", IMPORT_BAD_LENGTH},
        {ident_is_imsi, "0010100000000011", IMPORT_BAD_LENGTH},
        {ident_is_imsi, "00101000000000/", IMPORT_NOT_DIGITS},
        {ident_is_imsi, "00101000000000:", IMPORT_NOT_DIGITS},
        {ident_is_imsi, "", IMPORT_BAD_LENGTH},
        {ident_is_msisdn, "10648", GOOD},
        {ident_is_msisdn, "144000000000000", GOOD},
        {ident_is_msisdn, "1064", IMPORT_BAD_LENGTH},
        {ident_is_msisdn, "1440000000000000", IMPORT_BAD_LENGTH},
        {ident_is_msisdn, "+8613800000000", IMPORT_NOT_DIGITS},
        {ident_is_cid, "12345678901234567890", GOOD},
        {ident_is_cid, "1234567890123456789", IMPORT_BAD_LENGTH},
        {ident_is_cid, "123456789012345678901", IMPORT_BAD_LENGTH},
        {ident_is_cid, "1234567890123456789A", IMPORT_NOT_DIGITS},
        {ident_is_smsc, "+8613800100500", GOOD},
        {ident_is_smsc, "123", GOOD},
        {ident_is_smsc, "+12", IMPORT_BAD_LENGTH},
        {ident_is_smsc, "123456789012345678901", IMPORT_BAD_LENGTH},
        {ident_is_smsc, "++123", IMPORT_NOT_DIGITS},
        {ident_is_iccid, "89860400000000000015", GOOD},
        {ident_is_iccid, "8986040000000000004", GOOD}, /* 19 with its Luhn digit */
        {ident_is_iccid, "89860400000000000016", IMPORT_LUHN},
        {ident_is_iccid, "8986040000000000008", IMPORT_LUHN},
        {ident_is_iccid, "8986B400000000000016", GOOD},
        {ident_is_iccid, "8986A400000000000016", GOOD},
        {ident_is_iccid, "8986F400000000000016", GOOD},
        {ident_is_iccid, "8986G400000000000016", IMPORT_NOT_DIGITS},
        {ident_is_iccid, "8986b400000000000016", IMPORT_NOT_DIGITS},
        {ident_is_iccid, "898604000000000000", IMPORT_BAD_LENGTH},
        {ident_is_iccid, "898604000000000000155", IMPORT_BAD_LENGTH},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum import_reason why = GOOD;
        bool good = rows[i].check(bytes_cstr(rows[i].text), &why);

        if (good != (rows[i].why == GOOD) || why != rows[i].why)
            printf("# row %zu: %s\n", i, rows[i].text);
        CHECK_INT(good, rows[i].why == GOOD);
        CHECK_INT(why, rows[i].why);
    }
}

TEST(names)
{
    enum import_reason why = GOOD;

    CHECK(ident_is_name(BYTES_STR("CMCC-bj_2026.1"), 32, &why));
    CHECK(ident_is_name(BYTES_STR("abc"), 3, &why));
    CHECK(!ident_is_name(BYTES_STR("abcd"), 3, &why));
    CHECK_INT(why, IMPORT_BAD_LENGTH);
    CHECK(!ident_is_name(BYTES_NONE, 3, &why));
    CHECK(!ident_is_name(BYTES_STR("a b"), 3, &why));
    CHECK_INT(why, IMPORT_BAD_VALUE);
    CHECK(!ident_is_name(BYTES("a\0b", 3), 3, &why));
    CHECK(!ident_is_name(BYTES_STR("号"), 3, &why));
}

TEST(luhn_digits)
{
    CHECK_INT(ident_luhn_digit(BYTES_STR("8986040000000000001")), '5');
    CHECK_INT(ident_luhn_digit(BYTES_STR("7992739871")), '3'); /* the usual example */
    CHECK_INT(ident_luhn_digit(BYTES_STR("0")), '0');
    CHECK_INT(ident_luhn_digit(BYTES_STR("5")), '9');
}

TEST(digits_count_up)
{
    char text[] = "0998";

    CHECK_OK(ident_add(text, 0));
    CHECK_STR(text, "0998");
    CHECK_OK(ident_add(text, 2));
    CHECK_STR(text, "1000");
    CHECK_OK(ident_add(text, 8999));
    CHECK_STR(text, "9999");
    CHECK_INT(ident_add(text, 1), XK_E_VALUE);
}

TESTS_MAIN(XT_CASE(forms), XT_CASE(names), XT_CASE(luhn_digits), XT_CASE(digits_count_up))
