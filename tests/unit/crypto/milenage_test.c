/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/milenage.h"

#include "crypto/aka.h"
#include "xt.h"
#include "xt_vectors.h"

/* TS 35.208 4.3: all sets, all functions, OPc from OP */
TEST(ts_35_208)
{
    struct vectors v;
    long last = 0;

    vectors_open(&v, "milenage/ts35208.txt");
    while (vectors_next(&v)) {
        struct bytes k = vectors_hex(&v, "K");
        struct milenage_out out;
        uint8_t opc[16];

        CHECK_OK(milenage_opc(k, vectors_hex(&v, "OP").p, opc));
        CHECK_HEX(BYTES_OF(opc), vectors_text(&v, "OPc"));
        CHECK_OK(milenage_all(k, BYTES_OF(opc), NULL, vectors_hex(&v, "RAND").p,
                              vectors_hex(&v, "SQN").p, vectors_hex(&v, "AMF").p, &out));
        CHECK_HEX(BYTES_OF(out.mac_a), vectors_text(&v, "f1"));
        CHECK_HEX(BYTES_OF(out.mac_s), vectors_text(&v, "f1*"));
        CHECK_HEX(BYTES_OF(out.res), vectors_text(&v, "f2"));
        CHECK_HEX(BYTES_OF(out.ck), vectors_text(&v, "f3"));
        CHECK_HEX(BYTES_OF(out.ik), vectors_text(&v, "f4"));
        CHECK_HEX(BYTES_OF(out.ak), vectors_text(&v, "f5"));
        CHECK_HEX(BYTES_OF(out.ak_star), vectors_text(&v, "f5*"));
        last = v.set;
    }
    CHECK_INT(last, 20);
}

/* TS 35.208 once more from the other side: the SQN concealed by AK and by AK* */
TEST(reveal_finds_the_sqn)
{
    struct vectors v;

    vectors_open(&v, "milenage/ts35208.txt");
    while (vectors_next(&v)) {
        struct bytes sqn = vectors_hex(&v, "SQN");
        const char *names[] = {"f5", "f5*"};

        for (size_t by = 0; by < 2; by++) {
            struct bytes ak = vectors_hex(&v, names[by]);
            struct milenage_out out;
            uint8_t concealed[6], found[6];

            for (size_t i = 0; i < 6; i++)
                concealed[i] = sqn.p[i] ^ ak.p[i];
            CHECK_OK(milenage_reveal(vectors_hex(&v, "K"), vectors_hex(&v, "OPc"), NULL,
                                     vectors_hex(&v, "RAND").p,
                                     by == 0 ? MILENAGE_BY_AK : MILENAGE_BY_AK_STAR, concealed,
                                     vectors_hex(&v, "AMF").p, found, &out));
            CHECK_HEX(BYTES_OF(found), vectors_text(&v, "SQN"));
            CHECK_HEX(BYTES_OF(out.mac_a), vectors_text(&v, "f1"));
            CHECK_HEX(BYTES_OF(out.mac_s), vectors_text(&v, "f1*"));
            CHECK_HEX(BYTES_OF(out.ck), vectors_text(&v, "f3"));
        }
    }
}

/* TS 55.205: SRES by c2 (option 1), first half of RES (option 2), Kc by c3 */
TEST(ts_55_205)
{
    struct vectors v;
    long last = 0;

    vectors_open(&v, "milenage/ts55205.txt");
    while (vectors_next(&v)) {
        struct aka_subscriber s = {.algorithm = AKA_MILENAGE};
        static const uint8_t sqn[AKA_SQN_LEN], amf[AKA_AMF_LEN];
        uint8_t sres[AKA_SRES_LEN], kc[AKA_KC_LEN];
        struct aka_vector vector;

        CHECK_OK(secret_set(&s.k, vectors_hex(&v, "Ki")));
        CHECK_OK(secret_set(&s.opc, vectors_hex(&v, "OPc")));
        CHECK_OK(aka_gsm(&s, vectors_hex(&v, "RAND").p, sres, kc));
        CHECK_HEX(BYTES_OF(sres), vectors_text(&v, "SRES#1"));
        CHECK_HEX(BYTES_OF(kc), vectors_text(&v, "Kc"));
        CHECK_OK(aka_make_vector(&s, vectors_hex(&v, "RAND").p, sqn, amf, &vector));
        CHECK_HEX(BYTES(vector.res, 4), vectors_text(&v, "SRES#2"));
        CHECK_HEX(BYTES_OF(vector.sres), vectors_text(&v, "SRES#1"));
        CHECK_HEX(BYTES_OF(vector.kc), vectors_text(&v, "Kc"));
        last = v.set;
    }
    CHECK_INT(last, 19);
}

struct example {
    uint8_t k[16], opc[16], rand[16], sqn[6], amf[2];
};

static const struct example one = {
    .k = {0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f, 0xaa, 0x5f, 0x0a, 0x2e, 0xe2, 0x38, 0xa6,
          0xbc},
    .opc = {0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e, 0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0,
            0x2b, 0xaf},
    .rand = {0x23, 0x55, 0x3c, 0xbe, 0x96, 0x37, 0xa8, 0x9d, 0x21, 0x8a, 0xe6, 0x4d, 0xae, 0x47,
             0xbf, 0x35},
    .sqn = {0xff, 0x9b, 0xb4, 0xd0, 0xb6, 0x07},
    .amf = {0xb9, 0xb9},
};

static enum xk_err run(const uint8_t *cr, struct milenage_out *out)
{
    return milenage_all(BYTES_OF(one.k), BYTES_OF(one.opc), cr, one.rand, one.sqn, one.amf, out);
}

static const uint8_t standard_r[5] = {64, 0, 32, 64, 96};

static void standard_cr(uint8_t cr[AKA_MILENAGE_CR_LEN])
{
    memset(cr, 0, AKA_MILENAGE_CR_LEN);
    memcpy(cr, standard_r, sizeof standard_r);
    for (size_t i = 1; i < 5; i++)
        cr[5 + 16 * i + 15] = (uint8_t)(1 << (i - 1));
}

/* TS 35.206 4.1: giving the standard constants is the same as giving none */
TEST(standard_constants_given)
{
    uint8_t cr[AKA_MILENAGE_CR_LEN];
    struct milenage_out a, b;

    standard_cr(cr);
    CHECK_OK(run(NULL, &a));
    CHECK_OK(run(cr, &b));
    CHECK(memcmp(&a, &b, sizeof a) == 0);
}

/* TS 35.206 5.3: each constant enters its own function only */
TEST(own_constants)
{
    static const struct {
        size_t at; /* in cr */
        bool f1, f2f5, f3, f4, f5s;
    } rows[] = {
        {0, true, false, false, false, false},  {1, false, true, false, false, false},
        {2, false, false, true, false, false},  {3, false, false, false, true, false},
        {4, false, false, false, false, true},  {5, true, false, false, false, false},
        {21, false, true, false, false, false}, {37, false, false, true, false, false},
        {53, false, false, false, true, false}, {84, false, false, false, false, true},
    };
    struct milenage_out a, b;

    CHECK_OK(run(NULL, &a));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t cr[AKA_MILENAGE_CR_LEN];

        standard_cr(cr);
        cr[rows[i].at] ^= 0x11;
        CHECK_OK(run(cr, &b));
        CHECK((memcmp(a.mac_a, b.mac_a, 8) != 0) == rows[i].f1);
        CHECK((memcmp(a.mac_s, b.mac_s, 8) != 0) == rows[i].f1);
        CHECK((memcmp(a.res, b.res, 8) != 0) == rows[i].f2f5);
        CHECK((memcmp(a.ak, b.ak, 6) != 0) == rows[i].f2f5);
        CHECK((memcmp(a.ck, b.ck, 16) != 0) == rows[i].f3);
        CHECK((memcmp(a.ik, b.ik, 16) != 0) == rows[i].f4);
        CHECK((memcmp(a.ak_star, b.ak_star, 6) != 0) == rows[i].f5s);
    }
}

/* Every rotation: OUT3 with r3 = r equals OUT4 with r4 = r when the c are equal, and equals OUT2
 * for rotations of whole words taken from the standard set; r and r+64 differ by swapped halves. */
TEST(rotations)
{
    for (unsigned r = 0; r < 128; r++) {
        uint8_t cr[AKA_MILENAGE_CR_LEN];
        struct milenage_out out;

        standard_cr(cr);
        memset(cr + 5, 0, 80);
        cr[2] = cr[3] = (uint8_t)r;
        CHECK_OK(run(cr, &out));
        CHECK(memcmp(out.ck, out.ik, 16) == 0);
    }
}

/* Rotations that no standard set uses, computed by a second implementation
 * (tests/vectors/milenage) */
TEST(rotations_odd)
{
    struct vectors v;

    vectors_open(&v, "milenage/constants.txt");
    while (vectors_next(&v)) {
        struct milenage_out out;

        REQUIRE(vectors_hex(&v, "cr").n == AKA_MILENAGE_CR_LEN);
        CHECK_OK(milenage_all(vectors_hex(&v, "K"), vectors_hex(&v, "OPc"), vectors_hex(&v, "cr").p,
                              vectors_hex(&v, "RAND").p, vectors_hex(&v, "SQN").p,
                              vectors_hex(&v, "AMF").p, &out));
        CHECK_HEX(BYTES_OF(out.mac_a), vectors_text(&v, "f1"));
        CHECK_HEX(BYTES_OF(out.mac_s), vectors_text(&v, "f1*"));
        CHECK_HEX(BYTES_OF(out.res), vectors_text(&v, "f2"));
        CHECK_HEX(BYTES_OF(out.ck), vectors_text(&v, "f3"));
        CHECK_HEX(BYTES_OF(out.ik), vectors_text(&v, "f4"));
        CHECK_HEX(BYTES_OF(out.ak), vectors_text(&v, "f5"));
        CHECK_HEX(BYTES_OF(out.ak_star), vectors_text(&v, "f5*"));
    }
}

TEST(refusals)
{
    uint8_t cr[AKA_MILENAGE_CR_LEN], opc[16], sqn[6] = {7};
    struct milenage_out out, none;

    memset(&out, 0xEE, sizeof out);
    none = out;
    CHECK_INT(
        milenage_all(BYTES(one.k, 15), BYTES_OF(one.opc), NULL, one.rand, one.sqn, one.amf, &out),
        XK_E_VALUE);
    CHECK_INT(
        milenage_all(BYTES_OF(one.k), BYTES(one.opc, 0), NULL, one.rand, one.sqn, one.amf, &out),
        XK_E_VALUE);
    CHECK_INT(milenage_reveal(BYTES(one.k, 15), BYTES_OF(one.opc), NULL, one.rand, MILENAGE_BY_AK,
                              one.sqn, one.amf, sqn, &out),
              XK_E_VALUE);
    CHECK_INT(sqn[0], 7);
    CHECK_INT(milenage_opc(BYTES(one.k, 8), one.opc, opc), XK_E_VALUE);
    for (size_t i = 0; i < 5; i++) {
        standard_cr(cr);
        cr[i] = 128;
        CHECK_INT(run(cr, &out), XK_E_VALUE);
    }
    CHECK(memcmp(&out, &none, sizeof out) == 0);
}

TESTS_MAIN(XT_CASE(ts_35_208), XT_CASE(reveal_finds_the_sqn), XT_CASE(ts_55_205),
           XT_CASE(standard_constants_given), XT_CASE(own_constants), XT_CASE(rotations),
           XT_CASE(rotations_odd), XT_CASE(refusals))
