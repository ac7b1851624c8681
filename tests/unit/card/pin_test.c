/* SPDX-License-Identifier: Apache-2.0 */
/* PINs: TS 102 221 9.5, 11.1.9 to 11.1.13 */
#include "rig.h"

#define VERIFY_RIGHT "0020000108 31323334FFFFFFFF"
#define VERIFY_WRONG "0020000108 31323335FFFFFFFF"

static void with_pin(struct rig *r)
{
    struct usim_personalisation p = rig_personalisation();

    snprintf(p.pin1, sizeof p.pin1, "1234");
    rig_init(r, &p);
}

TEST(tries_count_down_and_block)
{
    struct rig r;

    with_pin(&r);
    CHECK_SW(&r, "00200001", "63C3");
    CHECK_SW(&r, VERIFY_WRONG, "63C2");
    CHECK_SW(&r, VERIFY_RIGHT, "9000");
    CHECK_SW(&r, "00200001", "63C3");
    CHECK_SW(&r, VERIFY_WRONG, "63C2");
    rig_reset(&r);
    CHECK_SW(&r, "00200001", "63C2"); /* counted over a reset */
    CHECK_SW(&r, VERIFY_WRONG, "63C1");
    CHECK_SW(&r, VERIFY_WRONG, "63C0");
    CHECK_SW(&r, VERIFY_RIGHT, "6983");
    CHECK_SW(&r, "00200001", "6983");
    CHECK_SW(&r, "0024000110 31323334FFFFFFFF 32323334FFFFFFFF", "6983");
    CHECK_OK(usim_check(r.card));
    rig_fini(&r);
}

TEST(wrong_pin_takes_the_right_away)
{
    struct rig r;

    with_pin(&r);
    CHECK_SW(&r, "00A4080C047F206F07", "9000");
    CHECK_SW(&r, "00B0000009", "6982");
    CHECK_SW(&r, VERIFY_RIGHT, "9000");
    CHECK_SW(&r, "00B0000009", "9000");
    CHECK_SW(&r, VERIFY_WRONG, "63C2");
    CHECK_SW(&r, "00B0000009", "6982");
    rig_fini(&r);
}

TEST(unblock)
{
    struct rig r;

    with_pin(&r);
    for (int i = 0; i < 3; i++)
        rig_send(&r, VERIFY_WRONG);
    CHECK_SW(&r, "002C0001", "63CA");
    CHECK_SW(&r, "002C000110 3132333435363739 39393939FFFFFFFF", "63C9");
    CHECK_SW(&r, "002C000110 3132333435363738 3939FFFFFFFFFFFF", "6A80"); /* 2 digits */
    CHECK_SW(&r, "002C000110 3132333435363738 39393939FFFFFFFF", "9000");
    CHECK_SW(&r, "002C0001", "63CA");
    CHECK_SW(&r, "0020000108 39393939FFFFFFFF", "9000");
    for (int i = 0; i < 10; i++)
        rig_send(&r, "002C000110 3132333435363739 39393939FFFFFFFF");
    CHECK_INT(r.sw, 0x63C0);
    CHECK_SW(&r, "002C000110 3132333435363738 39393939FFFFFFFF", "6983");
    rig_fini(&r);
}

TEST(change_disable_enable)
{
    struct rig r;

    with_pin(&r);
    CHECK_SW(&r, "0024000110 31323334FFFFFFFF 3132333435363738", "9000");
    CHECK_SW(&r, VERIFY_RIGHT, "63C2");
    CHECK_SW(&r, "0020000108 3132333435363738", "9000");
    CHECK_SW(&r, "0024000110 3132333435363738 3132413435363738", "6A80");
    CHECK_SW(&r, "0024000108 3132333435363738", "6700");
    CHECK_SW(&r, "0028000108 3132333435363738", "6985"); /* is enabled */
    CHECK_SW(&r, "0026000108 3132333435363738", "9000");
    CHECK_SW(&r, "0026000108 3132333435363738", "6984");
    CHECK_SW(&r, "0020000108 3132333435363738", "6984");
    rig_reset(&r);
    CHECK_SW(&r, "00A4080C047F206F07", "9000");
    CHECK_SW(&r, "00B0000009", "9000"); /* no PIN needed */
    CHECK_APDU(&r, "00A40004023F00",
               "622D 82027821 83023F00 A509 800171 830400000000 8A0105 8B032F0608 "
               "C60C 900160 830101 830181 83010A 81020000",
               "9000");
    CHECK_SW(&r, "0028000108 3132333435363739", "63C2");
    CHECK_SW(&r, "0028000108 3132333435363738", "9000");
    CHECK_APDU(&r, "00A40004023F00",
               "622D 82027821 83023F00 A509 800171 830400000000 8A0105 8B032F0608 "
               "C60C 9001E0 830101 830181 83010A 81020000",
               "9000");
    rig_reset(&r);
    CHECK_SW(&r, "00A4080C047F206F07", "9000");
    CHECK_SW(&r, "00B0000009", "6982");
    rig_fini(&r);
}

TEST(other_references)
{
    struct rig r;

    with_pin(&r);
    CHECK_SW(&r, "0020008108 35363738FFFFFFFF", "9000");
    CHECK_SW(&r, "0026008108 35363738FFFFFFFF", "6A88"); /* PIN2 stays on */
    CHECK_SW(&r, "0020000A08 3838383838383838", "9000");
    CHECK_SW(&r, "0024000A10 3838383838383838 0102030405060708", "9000");
    CHECK_SW(&r, "0020000A08 0102030405060708", "9000");
    CHECK_SW(&r, "002C000A10 3838383838383838 0102030405060708", "6A88");
    CHECK_SW(&r, "0020000208 3838383838383838", "6A88");
    CHECK_SW(&r, "0020010108 3838383838383838", "6A86");
    CHECK_SW(&r, "0020000107 38383838383838", "6700");
    rig_fini(&r);
}

TESTS_MAIN(XT_CASE(tries_count_down_and_block), XT_CASE(wrong_pin_takes_the_right_away),
           XT_CASE(unblock), XT_CASE(change_disable_enable), XT_CASE(other_references))
