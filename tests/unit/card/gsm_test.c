/* SPDX-License-Identifier: Apache-2.0 */
/* Class A0: TS 51.011 9 */
#include "rig.h"

TEST(select_and_status)
{
    struct rig r;

    rig_default(&r);
    rig_send(&r, "A0A40000023F00");
    CHECK_INT(r.sw, 0x9F17);
    CHECK_APDU(&r, "A0C0000017", "00000000 3F00 01 0000000000 0A 93 02 05 04 00 83 8A 83 8A 00",
               "9000");
    CHECK_SW(&r, "A0F2000017", "9000");
    CHECK_APDU(&r, "A0F2000007", "00000000 3F00 01", "9000");
    CHECK_APDU(&r, "A0A40000027F20", "00000000 7F20 02 0000000000 0A 93 00 10 04 00 83 8A 83 8A 00",
               "9000");
    CHECK_APDU(&r, "A0A40000026F07", "00000009 6F07 04 00 14FF44 01 02 00 00", "9000");
    CHECK_SW(&r, "A0A40000026FFF", "9404");
    CHECK_SW(&r, "A0A40004026F07", "6B00");
    CHECK_SW(&r, "A0F2010007", "6B00");
    CHECK_SW(&r, "A0F2000107", "6B00");
    rig_fini(&r);
}

TEST(files)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, "A0B0000009", "9400");
    CHECK_SW(&r, "A0A40000027F20", "9000");
    CHECK_SW(&r, "A0A40000026F07", "9000");
    CHECK_APDU(&r, "A0B0000009", "084906802143658709", "9000");
    CHECK_SW(&r, "A0B000000A", "6709");
    CHECK_SW(&r, "A0B0000901", "6B00");
    CHECK_SW(&r, "A0D6000001 00", "9804");
    CHECK_SW(&r, "A0B2010404", "9408");
    CHECK_SW(&r, "A0A40000026FAE", "9000");
    CHECK_APDU(&r, "A0B0000001", "03", "9000");
    CHECK_SW(&r, "A0A40000026F38", "9000");
    CHECK_APDU(&r, "A0B000000A", "C330C30003000C03000C", "9000");
    CHECK_SW(&r, "A0A40000027F10", "9000");
    CHECK_APDU(&r, "A0A40000026F3C", "000006E0 6F3C 04 00 11FF44 01 02 01 B0", "9000");
    CHECK_SW(&r, "A0B20104B0", "9000");
    CHECK_SW(&r, "A0B20B04B0", "9402");
    rig_fini(&r);
}

TEST(seek)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, "A0A40000027F10", "9000");
    CHECK_SW(&r, "A0A40000026F40", "9000");
    CHECK_SW(&r, "A0DC02041C 414243FFFFFFFFFFFFFFFFFFFFFF 04911122FFFFFFFFFFFFFFFFFFFF", "9000");
    CHECK_APDU(&r, "A0A2001003 414243", "02", "9000");
    CHECK_SW(&r, "A0A2000003 414243", "9000"); /* type 1: no answer, the pointer moves */
    CHECK_SW(&r, "A0B200041C", "9000");
    CHECK_INT(r.data.p[0], 0x41);
    CHECK_SW(&r, "A0A2000003 424243", "9404");
    CHECK_SW(&r, "A0A2000002 4243", "9404"); /* at the beginning only */
    CHECK_APDU(&r, "A0A2001301 FF", "01", "9000");
    CHECK_SW(&r, "A0A2001401 FF", "6B00");
    rig_fini(&r);
}

TEST(chv)
{
    struct usim_personalisation p = rig_personalisation();
    struct rig r;

    snprintf(p.pin1, sizeof p.pin1, "1234");
    rig_init(&r, &p);
    CHECK_SW(&r, "A0A40000027F20", "9000");
    CHECK_SW(&r, "A0A40000026F07", "9000");
    CHECK_SW(&r, "A0B0000009", "9804");
    CHECK_SW(&r, "A020000108 31323335FFFFFFFF", "9804");
    CHECK_APDU(&r, "A0A40000023F00", "00000000 3F00 01 0000000000 0A 13 02 05 04 00 82 8A 83 8A 00",
               "9000");
    CHECK_SW(&r, "A020000108 31323334FFFFFFFF", "9000");
    CHECK_SW(&r, "A0A40000027F20", "9000");
    CHECK_SW(&r, "A0A40000026F07", "9000");
    CHECK_SW(&r, "A0B0000009", "9000");
    CHECK_SW(&r, "A024000110 31323334FFFFFFFF 34333231FFFFFFFF", "9000");
    CHECK_SW(&r, "A026000108 34333231FFFFFFFF", "9000");
    CHECK_SW(&r, "A026000108 34333231FFFFFFFF", "9808");
    CHECK_SW(&r, "A028000108 34333231FFFFFFFF", "9000");
    CHECK_SW(&r, "A020000208 35363738FFFFFFFF", "9000");
    for (int i = 0; i < 3; i++)
        rig_send(&r, "A020000108 31323335FFFFFFFF");
    CHECK_INT(r.sw, 0x9840); /* the last try blocks it */
    CHECK_SW(&r, "A020000108 34333231FFFFFFFF", "9840");
    CHECK_SW(&r, "A02C000010 3132333435363738 31323334FFFFFFFF", "9000");
    CHECK_SW(&r, "A020000108 31323334FFFFFFFF", "9000");
    CHECK_SW(&r, "A020000508 31323334FFFFFFFF", "6B00");
    rig_fini(&r);
}

TESTS_MAIN(XT_CASE(select_and_status), XT_CASE(files), XT_CASE(seek), XT_CASE(chv))
