/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tuak.h"

#include "xt.h"
#include "xt_vectors.h"

static struct tuak_sizes sizes_of(struct vectors *v)
{
    return (struct tuak_sizes){.mac = (uint8_t)vectors_hex(v, "f1").n,
                               .res = (uint8_t)vectors_hex(v, "f2").n,
                               .ck = (uint8_t)vectors_hex(v, "f3").n,
                               .ik = (uint8_t)vectors_hex(v, "f4").n,
                               .iterations = (unsigned)vectors_number(v, "iterations")};
}

static void check_outputs(struct vectors *v, const struct tuak_sizes *sizes,
                          const struct tuak_out *out)
{
    CHECK_HEX(BYTES(out->mac_a, sizes->mac), vectors_text(v, "f1"));
    CHECK_HEX(BYTES(out->mac_s, sizes->mac), vectors_text(v, "f1*"));
    CHECK_HEX(BYTES(out->res, sizes->res), vectors_text(v, "f2"));
    CHECK_HEX(BYTES(out->ck, sizes->ck), vectors_text(v, "f3"));
    CHECK_HEX(BYTES(out->ik, sizes->ik), vectors_text(v, "f4"));
    CHECK_HEX(BYTES_OF(out->ak), vectors_text(v, "f5"));
    CHECK_HEX(BYTES_OF(out->ak_star), vectors_text(v, "f5*"));
}

/* TS 35.233 6.3 to 6.8: all sets, all functions, TOPc from TOP */
TEST(ts_35_233)
{
    struct vectors v;
    long last = 0;

    vectors_open(&v, "tuak/ts35233.txt");
    while (vectors_next(&v)) {
        struct bytes k = vectors_hex(&v, "K");
        struct tuak_sizes sizes = sizes_of(&v);
        struct tuak_out out;
        uint8_t topc[32];

        CHECK_OK(tuak_topc(k, vectors_hex(&v, "TOP").p, sizes.iterations, topc));
        CHECK_HEX(BYTES_OF(topc), vectors_text(&v, "TOPc"));
        CHECK_OK(tuak_all(k, topc, &sizes, vectors_hex(&v, "RAND").p, vectors_hex(&v, "SQN").p,
                          vectors_hex(&v, "AMF").p, &out));
        check_outputs(&v, &sizes, &out);
        last = v.set;
    }
    CHECK_INT(last, 6);
}

TEST(reveal_finds_the_sqn)
{
    struct vectors v;

    vectors_open(&v, "tuak/ts35233.txt");
    while (vectors_next(&v)) {
        const char *names[] = {"f5", "f5*"};
        struct tuak_sizes sizes = sizes_of(&v);

        for (size_t by = 0; by < 2; by++) {
            struct bytes sqn = vectors_hex(&v, "SQN"), ak = vectors_hex(&v, names[by]);
            uint8_t concealed[6], found[6];
            struct tuak_out out;

            for (size_t i = 0; i < 6; i++)
                concealed[i] = sqn.p[i] ^ ak.p[i];
            CHECK_OK(tuak_reveal(vectors_hex(&v, "K"), vectors_hex(&v, "TOPc").p, &sizes,
                                 vectors_hex(&v, "RAND").p, by == 0 ? TUAK_BY_AK : TUAK_BY_AK_STAR,
                                 concealed, vectors_hex(&v, "AMF").p, found, &out));
            CHECK_HEX(BYTES_OF(found), vectors_text(&v, "SQN"));
            check_outputs(&v, &sizes, &out);
        }
    }
}

/* TS 35.231 5.1: the sizes that there are */
TEST(refusals)
{
    static const uint8_t k[32], topc[32], rand[16], sqn[6], amf[2];
    static const struct tuak_sizes bad[] = {
        {.mac = 4, .res = 8, .ck = 16, .ik = 16, .iterations = 1},
        {.mac = 9, .res = 8, .ck = 16, .ik = 16, .iterations = 1},
        {.mac = 64, .res = 8, .ck = 16, .ik = 16, .iterations = 1},
        {.mac = 8, .res = 0, .ck = 16, .ik = 16, .iterations = 1},
        {.mac = 8, .res = 12, .ck = 16, .ik = 16, .iterations = 1},
        {.mac = 8, .res = 8, .ck = 8, .ik = 16, .iterations = 1},
        {.mac = 8, .res = 8, .ck = 16, .ik = 24, .iterations = 1},
        {.mac = 8, .res = 8, .ck = 16, .ik = 16, .iterations = 0},
        {.mac = 8, .res = 8, .ck = 16, .ik = 16, .iterations = TUAK_ITERATIONS_MAX + 1},
    };
    static const struct tuak_sizes good = {.mac = 8, .res = 8, .ck = 16, .ik = 16, .iterations = 1};
    struct tuak_out out;
    uint8_t computed[32];

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_INT(tuak_all(BYTES(k, 16), topc, &bad[i], rand, sqn, amf, &out), XK_E_VALUE);
    for (size_t n = 0; n < 40; n++)
        CHECK_INT(tuak_all(BYTES(k, n > 32 ? 1 : n), topc, &good, rand, sqn, amf, &out),
                  n == 16 || n == 32 ? XK_OK : XK_E_VALUE);
    CHECK_INT(tuak_topc(BYTES(k, 24), topc, 1, computed), XK_E_VALUE);
    CHECK_INT(tuak_topc(BYTES(k, 16), topc, 0, computed), XK_E_VALUE);
}

TESTS_MAIN(XT_CASE(ts_35_233), XT_CASE(reveal_finds_the_sqn), XT_CASE(refusals))
