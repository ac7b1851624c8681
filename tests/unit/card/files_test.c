/* SPDX-License-Identifier: Apache-2.0 */
/* Selection, files and access conditions: TS 102 221 8, 11.1; TS 31.102 4; TS 51.011 9 */
#include "rig.h"

TEST(atr_is_right)
{
    struct bytes atr;
    struct rig r;
    uint8_t tck = 0;

    rig_default(&r);
    CHECK_OK(usim_reset(r.card, &atr));
    CHECK_HEX(atr, "3B9F96801FC78031A073BE21136758 49454B41 0001 87");
    for (size_t i = 1; i < atr.n; i++)
        tck ^= atr.p[i];
    CHECK_INT(tck, 0);
    rig_fini(&r);
}

TEST(select_answers_fcp)
{
    struct rig r;

    rig_default(&r);
    CHECK_APDU(&r, "00A40004023F00",
               "622D 82027821 83023F00 A509 800171 830400000000 8A0105 8B032F0608 "
               "C60C 900160 830101 830181 83010A 81020000",
               "9000");
    CHECK_APDU(&r, "00A40004022FE2", "6217 82024121 83022FE2 8A0105 8B032F0603 8002000A 880110",
               "9000");
    CHECK_APDU(&r, "00A40004022F00",
               "621A 8205422100 2802 83022F00 8A0105 8B032F0601 80020050 8801F0", "9000");
    CHECK_SW(&r, "00A4000C022F00", "9000");
    CHECK_SW(&r, "00A40004026F07", "6A82");
    CHECK_SW(&r, "00A40204023F00", "6A86");
    CHECK_APDU(&r, "00A4040410A0000000871002FF86FFFF89FFFFFFFF",
               "623F 82027821 83027FFF 8410A0000000871002FF86FFFF89FFFFFFFF A509 800171 "
               "830400000000 8A0105 8B032F0608 C60C 900160 830101 830181 83010A 81020000",
               "9000");
    CHECK_SW(&r, "00A40004026F07", "9000");
    rig_fini(&r);
}

int main(void)
{
    static const struct xt_case cases[] = {XT_CASE(atr_is_right), XT_CASE(select_answers_fcp)};

    return xt_run(cases, ARRAY_LEN(cases));
}
