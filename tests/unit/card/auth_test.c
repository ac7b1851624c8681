/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE and RUN GSM ALGORITHM: TS 31.102 7.1.2, TS 33.102 6.3, TS 51.011 9.2.16. Numbers of
 * TS 35.208 set 1 and TS 55.205 (tests/vectors). */
#include "rig.h"

#define SELECT_USIM "00A4040C07A0000000871002"
#define AUTHENTICATE "0088008122 10" RIG_RAND "10"
#define RES "a54211d5e3ba50bf"
#define CK "b40ba9a3c58b2a05bbf0d987b21bf8cb"
#define IK "f769bcd751044604127672711c6d3441"
#define KC "eae4be823af9a08b"

static struct aka_subscriber subscriber(void)
{
    return rig_personalisation().seed;
}

/* AUTHENTICATE with AUTN for this SQN */
static void authenticate(struct rig *r, uint64_t sqn)
{
    static const uint8_t amf[2] = {0xb9, 0xb9};
    struct aka_subscriber s = subscriber();
    uint8_t rand[16], wire[AKA_SQN_LEN];
    struct aka_vector v;
    char apdu[200], hex[HEX_LEN(16)];

    if (hex_decode_exact(bytes_cstr(RIG_RAND), rand, 16) != XK_OK)
        abort();
    aka_sqn_put(sqn, wire);
    if (aka_make_vector(&s, rand, wire, amf, &v) != XK_OK)
        abort();
    snprintf(apdu, sizeof apdu, AUTHENTICATE "%s", hex_encode(BYTES_OF(v.autn), hex));
    rig_t0(r, apdu);
}

/* The SQN of the printed set is over Delta from a new card's; the card says so by AUTS. */
TEST(test_set_1_by_apdu)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    authenticate(&r, 0x21);
    CHECK_INT(r.sw, 0x9000);
    CHECK_HEX(r.data, "DB 08" RES "10" CK "10" IK "08" KC);
    rig_send(&r, AUTHENTICATE "55f328b43577b9b94a9ffac354dfafb3");
    CHECK_INT(r.sw, 0x6110);
    rig_fini(&r);
}

TEST(replay_is_answered_with_auts)
{
    struct aka_subscriber s = subscriber();
    uint8_t rand[16], sqn_ms[6];
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    authenticate(&r, 0x1021);
    CHECK_INT(r.data.p[0], 0xDB);
    rig_reset(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    authenticate(&r, 0x1021);
    CHECK_INT(r.sw, 0x9000);
    CHECK_INT(r.data.n, 16);
    CHECK_HEX(bytes_part(r.data, 0, 2), "DC0E");
    if (hex_decode_exact(bytes_cstr(RIG_RAND), rand, 16) != XK_OK)
        abort();
    CHECK_OK(aka_open_auts(&s, rand, r.data.p + 2, sqn_ms));
    CHECK_INT(aka_sqn_get(sqn_ms), 0x1021);
    authenticate(&r, 0x1041); /* resynchronised */
    CHECK_INT(r.data.p[0], 0xDB);
    authenticate(&r, 0x0822); /* another IND has its own past */
    CHECK_INT(r.data.p[0], 0xDB);
    CHECK_OK(usim_check(r.card));
    rig_fini(&r);
}

TEST(one_page_write_an_authentication)
{
    struct usim_state before, after;
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_OK(usim_get_state(r.card, &before));
    for (uint64_t i = 1; i <= 64; i++)
        authenticate(&r, (i << AKA_IND_BITS) | (i % 32));
    CHECK_OK(usim_get_state(r.card, &after));
    CHECK(after.wear.writes - before.wear.writes <= 64 + 2);
    rig_fini(&r);
}

TEST(wrong_mac)
{
    struct usim_state before, after;
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_OK(usim_get_state(r.card, &before));
    CHECK_SW(&r, AUTHENTICATE "55f328b43577b9b94a9ffac354dfafb4", "9862");
    CHECK_OK(usim_get_state(r.card, &after));
    CHECK_INT(after.wear.writes, before.wear.writes);
    rig_fini(&r);
}

TEST(gsm_context)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_APDU(&r, "0088008011 10" RIG_RAND, "04 46f8416a 08" KC, "9000");
    /* without service 38 in EF_UST there is none, without 27 no Kc is told */
    CHECK_SW(&r, "0020000A08 3838383838383838", "9000");
    CHECK_SW(&r, "00D6840005 000E1C0801", "9000");
    CHECK_SW(&r, "0088008011 10" RIG_RAND, "9864");
    authenticate(&r, 0x21);
    CHECK_HEX(r.data, "DB 08" RES "10" CK "10" IK);
    rig_fini(&r);
}

TEST(run_gsm_algorithm)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, "A088000010" RIG_RAND, "9808"); /* not in DF.GSM */
    CHECK_SW(&r, "A0A40000027F20", "9000");
    rig_send(&r, "A088000010" RIG_RAND);
    CHECK_INT(r.sw, 0x9F0C);
    CHECK_APDU(&r, "A0C000000C", "46f8416a" KC, "9000");
    CHECK_SW(&r, "A08800000F 00112233445566778899AABBCCDDEE", "6700");
    rig_fini(&r);
}

TEST(refusals)
{
    struct usim_personalisation p = rig_personalisation();
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, "0088008011 10" RIG_RAND, "6985"); /* no application */
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_SW(&r, "0088018011 10" RIG_RAND, "6A86");
    CHECK_SW(&r, "0088008211 10" RIG_RAND, "6A86");
    CHECK_SW(&r, "0088008111 10" RIG_RAND, "6700");
    CHECK_SW(&r, "0088008011 0F" RIG_RAND, "6700");
    rig_fini(&r);
    snprintf(p.pin1, sizeof p.pin1, "1234");
    rig_init(&r, &p);
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_SW(&r, "0088008011 10" RIG_RAND, "6982");
    CHECK_SW(&r, "0020000108 31323334FFFFFFFF", "9000");
    CHECK_SW(&r, "0088008011 10" RIG_RAND, "9000");
    rig_fini(&r);
    p = rig_personalisation();
    p.imsi[0] = '\0'; /* a blank card */
    rig_init(&r, &p);
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_SW(&r, "0088008011 10" RIG_RAND, "6985");
    CHECK_OK(usim_check(r.card));
    rig_fini(&r);
}

TEST(tuak_and_own_constants)
{
    struct usim_personalisation p = rig_personalisation();
    struct aka_vector v;
    uint8_t rand[16] = {1}, sqn[6] = {0, 0, 0, 0, 0, 0x21}, amf[2] = {0x80, 0};
    char apdu[200], a[HEX_LEN(16)], b[HEX_LEN(16)];
    struct rig r;

    for (int tuak = 0; tuak < 2; tuak++) {
        p = rig_personalisation();
        p.seed.algorithm = tuak ? AKA_TUAK : AKA_MILENAGE;
        p.seed.opc.n = tuak ? 32 : 16;
        p.seed.has_cr = !tuak;
        for (size_t i = 0; i < AKA_MILENAGE_CR_LEN; i++)
            p.seed.cr[i] = (uint8_t)(i < 5 ? 8 * i : i);
        rig_init(&r, &p);
        CHECK_SW(&r, SELECT_USIM, "9000");
        CHECK_OK(aka_make_vector(&p.seed, rand, sqn, amf, &v));
        snprintf(apdu, sizeof apdu, "008800812210%s10%s", hex_encode(BYTES_OF(rand), a),
                 hex_encode(BYTES_OF(v.autn), b));
        rig_t0(&r, apdu);
        CHECK_INT(r.sw, 0x9000);
        CHECK_INT(r.data.p[0], 0xDB);
        CHECK(bytes_eq(bytes_part(r.data, 2, v.res_n), BYTES(v.res, v.res_n)));
        rig_fini(&r);
    }
}

TESTS_MAIN(XT_CASE(test_set_1_by_apdu), XT_CASE(replay_is_answered_with_auts),
           XT_CASE(one_page_write_an_authentication), XT_CASE(wrong_mac), XT_CASE(gsm_context),
           XT_CASE(run_gsm_algorithm), XT_CASE(refusals), XT_CASE(tuak_and_own_constants))
