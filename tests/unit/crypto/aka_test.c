/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aka.h"

#include "crypto/milenage.h"
#include "crypto/tuak.h"
#include "xt.h"

static void unhex(const char *text, uint8_t *out, size_t n)
{
    if (hex_decode_exact(bytes_cstr(text), out, n) != XK_OK)
        abort();
}

static struct aka_subscriber subscriber(const char *k, const char *opc)
{
    struct aka_subscriber s = {.algorithm = AKA_MILENAGE};

    s.k.n = s.opc.n = 16;
    unhex(k, s.k.bytes, 16);
    unhex(opc, s.opc.bytes, 16);
    return s;
}

/* The vector that libosmocore's tests publish for these keys */
TEST(vector_of_libosmocore)
{
    struct aka_subscriber s =
        subscriber("000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f");
    static const uint8_t rand[16], amf[2];
    static const uint8_t sqn[6] = {0, 0, 0, 0, 0, 0x22}, sqn_ms[6] = {0, 0, 0, 0, 0, 0x1f};
    uint8_t auts[AKA_AUTS_LEN], got[6], got_amf[2], sres[4], kc[8];
    struct aka_vector v, card;

    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
    CHECK_HEX(BYTES_OF(v.autn), "ec9320c2c2120000c8b7de2a3449f1bd");
    CHECK_HEX(BYTES(v.res, v.res_n), "e9fc88ccc8a35381");
    CHECK_HEX(BYTES_OF(v.ck), "7200a184d8f2c758fbdf87900ddbf275");
    CHECK_HEX(BYTES_OF(v.ik), "12cb2dd3e0ec8378f6fc1d606c619f47");
    CHECK_HEX(BYTES_OF(v.sres), "215fdb4d");
    CHECK_HEX(BYTES_OF(v.kc), "6de816a759a42912");
    CHECK_OK(aka_make_auts(&s, rand, sqn_ms, auts));
    CHECK_HEX(BYTES_OF(auts), "8711a0ec9e1637df17f80b384ee4");
    CHECK_OK(aka_open_auts(&s, rand, auts, got));
    CHECK_HEX(BYTES_OF(got), "00000000001f");
    CHECK_OK(aka_check_autn(&s, rand, v.autn, got, got_amf, &card));
    CHECK_HEX(BYTES_OF(got), "000000000022");
    CHECK(memcmp(&v, &card, sizeof v) == 0);
    CHECK_OK(aka_gsm(&s, rand, sres, kc));
    CHECK_HEX(BYTES_OF(sres), "215fdb4d");
    CHECK_HEX(BYTES_OF(kc), "6de816a759a42912");
}

TEST(wrong_mac_is_refused_and_writes_nothing)
{
    struct aka_subscriber s =
        subscriber("000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f");
    static const uint8_t rand[16], amf[2], sqn[6] = {1, 2, 3, 4, 5, 6};
    uint8_t auts[AKA_AUTS_LEN], got[6] = {9, 9, 9, 9, 9, 9}, got_amf[2] = {9, 9};
    struct aka_vector v, card = {0}, none = {0};

    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
    CHECK_OK(aka_make_auts(&s, rand, sqn, auts));
    for (size_t bit = 0; bit < 8 * sizeof v.autn; bit++) {
        v.autn[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_INT(aka_check_autn(&s, rand, v.autn, got, got_amf, &card), XK_E_AUTH);
        v.autn[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof auts; bit++) {
        auts[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_INT(aka_open_auts(&s, rand, auts, got), XK_E_AUTH);
        auts[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_HEX(BYTES_OF(got), "090909090909");
    CHECK_HEX(BYTES_OF(got_amf), "0909");
    CHECK(memcmp(&card, &none, sizeof card) == 0);
}

TEST(bad_parameters_are_refused)
{
    static const uint8_t rand[16], amf[2], sqn[6];
    struct aka_subscriber s =
        subscriber("000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f");
    struct aka_vector v;

    s.k.n = 15;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_VALUE);
    s.k.n = 32;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_VALUE);
    s.k.n = 16;
    s.opc.n = 17;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_VALUE);
    s.opc.n = 16;
    s.res_len = 4;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_VALUE);
    s.res_len = 8;
    s.has_cr = true;
    s.cr[4] = 128;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_VALUE);
    s.cr[4] = 127;
    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
    s.algorithm = 0;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_UNSUPPORTED);
}

/* TS 35.208 set 1 as AUTN and AUTS (TS 33.102 6.3.2, 6.3.3) */
TEST(vector_of_ts_35_208)
{
    struct aka_subscriber s =
        subscriber("465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf");
    uint8_t rand[16], sqn[6], amf[2], auts[AKA_AUTS_LEN];
    struct aka_vector v;

    unhex("23553cbe9637a89d218ae64dae47bf35", rand, sizeof rand);
    unhex("ff9bb4d0b607", sqn, sizeof sqn);
    unhex("b9b9", amf, sizeof amf);
    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
    CHECK_HEX(BYTES_OF(v.autn), "55f328b43577b9b94a9ffac354dfafb3");
    CHECK_OK(aka_make_auts(&s, rand, sqn, auts));
    CHECK_HEX(BYTES_OF(auts), "ba853f3c123ccf44e93596e355c6");
}

/* TUAK end to end in each size that a card may have: TS 35.231 with 64-bit MAC, 128-bit CK and
 * IK */
TEST(tuak_round_trip)
{
    static const uint8_t rand[16] = {1, 2, 3}, sqn[6] = {0, 0, 0, 0, 1, 0x45}, amf[2] = {0x80, 0};
    static const uint8_t res_lengths[] = {0, 4, 8, 16}, key_lengths[] = {16, 32};

    for (size_t i = 0; i < 8; i++) {
        struct aka_subscriber s = {.algorithm = AKA_TUAK, .res_len = res_lengths[i % 4]};
        struct aka_vector v, card;
        uint8_t got[6], got_amf[2], auts[AKA_AUTS_LEN], sres[4], kc[8];

        s.k = (struct secret){.bytes = {7, 7, 7}, .n = key_lengths[i / 4]};
        s.opc = (struct secret){.bytes = {8, 8}, .n = 32};
        CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
        CHECK_INT(v.res_n, s.res_len ? s.res_len : 8);
        CHECK_OK(aka_check_autn(&s, rand, v.autn, got, got_amf, &card));
        CHECK(memcmp(got, sqn, sizeof sqn) == 0 && memcmp(got_amf, amf, sizeof amf) == 0);
        CHECK(memcmp(&v, &card, sizeof v) == 0);
        CHECK_OK(aka_gsm(&s, rand, sres, kc));
        CHECK(memcmp(sres, v.sres, sizeof sres) == 0 && memcmp(kc, v.kc, sizeof kc) == 0);
        CHECK_OK(aka_make_auts(&s, rand, sqn, auts));
        CHECK_OK(aka_open_auts(&s, rand, auts, got));
        CHECK(memcmp(got, sqn, sizeof sqn) == 0);
        auts[13] ^= 1;
        CHECK_INT(aka_open_auts(&s, rand, auts, got), XK_E_AUTH);
        v.autn[15] ^= 1;
        CHECK_INT(aka_check_autn(&s, rand, v.autn, got, got_amf, &card), XK_E_AUTH);
    }
}

/* TS 35.233 set 4 inside a vector: K of 128 bits, RES of 128 bits, CK, IK, AK do not depend on the
 * MAC's length */
TEST(tuak_vector_of_ts_35_233)
{
    struct aka_subscriber s = {.algorithm = AKA_TUAK, .res_len = 16};
    uint8_t rand[16], sqn[6], amf[2];
    struct aka_vector v;

    s.k.n = 16;
    s.opc.n = 32;
    unhex("b8da837a50652d6ac7c97da14f6acc61", s.k.bytes, 16);
    unhex("2bc16eb657a68e1f446f08f57c0efb1d493527a2e652ce281eb6ca0e4487760a", s.opc.bytes, 32);
    unhex("6887e55425a966bd86c9661a5fa72be8", rand, sizeof rand);
    unhex("0dea2ee2c5af", sqn, sizeof sqn);
    unhex("df1e", amf, sizeof amf);
    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
    CHECK_HEX(BYTES(v.res, v.res_n), "4041ce438e3e38e8aa96562eed83ac43");
    CHECK_HEX(BYTES_OF(v.ck), "3e3bc01bea0cd914c4c2c83ce2d92757");
    CHECK_HEX(BYTES_OF(v.ik), "666a8e6f577b1aa77b7fd53cebb8a3d6");
    CHECK_HEX(BYTES(v.autn, 8), "126223e294b6df1e"); /* SQN xor 1f880d005119, AMF */
}

TEST(tuak_bad_parameters_are_refused)
{
    static const uint8_t rand[16], sqn[6], amf[2];
    struct aka_vector v;
    struct aka_subscriber s = {.algorithm = AKA_TUAK, .k = {.n = 16}, .opc = {.n = 32}};

    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
    s.opc.n = 16;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_VALUE);
    s.opc.n = 32;
    s.k.n = 24;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_VALUE);
    s.k.n = 32;
    s.res_len = 32;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_VALUE);
    s.res_len = 5;
    CHECK_INT(aka_make_vector(&s, rand, sqn, amf, &v), XK_E_VALUE);
}

/* The walk of libosmocore's tests, IND 10 */
TEST(sqn_next_walks)
{
    uint64_t sqn = 31;

    sqn = aka_sqn_next(sqn, 10);
    CHECK_INT(sqn, 42);
    sqn = aka_sqn_next(sqn, 10);
    CHECK_INT(sqn, 74);
    CHECK_INT(aka_sqn_next(sqn, 10), 106);
    CHECK_INT(aka_sqn_next(0, 0), 32);
    CHECK_INT(aka_sqn_next((1ull << 48) - 1, 3), 3);
}

static enum aka_freshness offer(struct aka_sqn_array *a, uint64_t seq, unsigned ind)
{
    uint8_t sqn[AKA_SQN_LEN];
    unsigned slot = 99;
    enum aka_freshness f;

    aka_sqn_put(seq << 5 | ind, sqn);
    f = aka_sqn_check(a, sqn, &slot);
    if (f == AKA_FRESH)
        a->seq[slot] = seq;
    CHECK_INT(slot, f == AKA_FRESH ? ind : 99);
    return f;
}

/* TS 33.102 C.2 */
TEST(sqn_array_takes_each_slot_once)
{
    struct aka_sqn_array a = {{0}};
    uint8_t sqn[AKA_SQN_LEN];

    CHECK_INT(offer(&a, 0, 3), AKA_STALE);
    CHECK_INT(offer(&a, 5, 3), AKA_FRESH);
    CHECK_INT(offer(&a, 5, 3), AKA_STALE);
    CHECK_INT(offer(&a, 4, 3), AKA_STALE);
    CHECK_INT(offer(&a, 5, 4), AKA_FRESH);
    CHECK_INT(offer(&a, 4, 31), AKA_FRESH);
    CHECK_INT(offer(&a, 6, 3), AKA_FRESH);
    aka_sqn_highest(&a, sqn);
    CHECK_INT(aka_sqn_get(sqn), 6 << 5 | 3);
}

/* TS 33.102 C.2.1: delta counts from the highest SEQ of all, not of the slot */
TEST(sqn_array_refuses_long_jumps)
{
    struct aka_sqn_array a = {{0}};
    uint8_t sqn[AKA_SQN_LEN];

    CHECK_INT(offer(&a, AKA_SQN_DELTA + 1, 0), AKA_STALE);
    CHECK_INT(offer(&a, AKA_SQN_DELTA, 0), AKA_FRESH);
    CHECK_INT(offer(&a, 2 * AKA_SQN_DELTA + 1, 7), AKA_STALE);
    CHECK_INT(offer(&a, 2 * AKA_SQN_DELTA, 7), AKA_FRESH);
    CHECK_INT(offer(&a, 3, 8), AKA_FRESH);
    aka_sqn_highest(&a, sqn);
    CHECK_INT(aka_sqn_get(sqn), 2 * AKA_SQN_DELTA << 5 | 7);
}

TEST(sqn_array_empty_answers_zero)
{
    struct aka_sqn_array a = {{0}};
    uint8_t sqn[AKA_SQN_LEN];

    aka_sqn_highest(&a, sqn);
    CHECK_HEX(BYTES_OF(sqn), "000000000000");
    aka_sqn_put(0x123456789ABCull, sqn);
    CHECK_HEX(BYTES_OF(sqn), "123456789abc");
    CHECK_INT(aka_sqn_get(sqn), 0x123456789ABCll);
}

static struct aka_subscriber test_subscriber(uint8_t res_len)
{
    struct aka_subscriber s = {.algorithm = AKA_TEST, .res_len = res_len};

    s.k.n = 16;
    unhex("000102030405060708090a0b0c0d0e0f", s.k.bytes, 16);
    return s;
}

/* TS 34.108 8.1.2; the K is that of 8.2, the figures those flipk's pfk-milenage publishes */
TEST(test_algorithm_vector)
{
    struct aka_subscriber s = test_subscriber(16);
    static const uint8_t sqn[6] = {0, 0, 0, 0, 0, 1}, amf[2] = {0x80, 0};
    uint8_t rand[16], auts[AKA_AUTS_LEN], back[6], amf_out[2], sres[4], kc[8];
    struct aka_vector v, card;

    memset(rand, 0x34, sizeof rand);
    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
    CHECK_HEX(BYTES(v.res, v.res_n), "34353637303132333c3d3e3f38393a3b");
    CHECK_HEX(BYTES_OF(v.ck), "3536373031323 33c3d3e3f38393a3b34");
    CHECK_HEX(BYTES_OF(v.ik), "36373031 32333c3d3e3f38393a3b3435");
    CHECK_HEX(BYTES_OF(v.autn), "373031 32333d 8000 343536373030b233");
    CHECK_OK(aka_check_autn(&s, rand, v.autn, back, amf_out, &card));
    CHECK_HEX(BYTES_OF(back), "000000000001");
    CHECK_HEX(BYTES_OF(amf_out), "8000");
    CHECK(memcmp(&v, &card, sizeof v) == 0);
    CHECK_OK(aka_make_auts(&s, rand, sqn, auts));
    CHECK_HEX(BYTES_OF(auts), "37303132333d 3435363730303233"); /* AMF* is 0000 */
    CHECK_OK(aka_open_auts(&s, rand, auts, back));
    CHECK_HEX(BYTES_OF(back), "000000000001");
    /* c2 and c3 over the same RES, CK, IK */
    CHECK_OK(aka_gsm(&s, rand, sres, kc));
    CHECK_HEX(BYTES_OF(sres), "00000000");
    CHECK_HEX(BYTES_OF(kc), "0000000000000000");
}

TEST(test_algorithm_refusals)
{
    struct aka_subscriber s = test_subscriber(8), bad = test_subscriber(17);
    static const uint8_t sqn[6] = {0}, amf[2] = {0};
    uint8_t rand[16] = {0}, back[6], amf_out[2];
    struct aka_vector v, w;

    CHECK_INT(aka_make_vector(&bad, rand, sqn, amf, &v), XK_E_VALUE);
    bad = test_subscriber(3);
    CHECK_INT(aka_make_vector(&bad, rand, sqn, amf, &v), XK_E_VALUE);
    bad = test_subscriber(8);
    bad.k.n = 32;
    CHECK_INT(aka_make_vector(&bad, rand, sqn, amf, &v), XK_E_VALUE);
    CHECK_INT(aka_check_autn(&bad, rand, v.autn, back, amf_out, &w), XK_E_VALUE);
    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
    CHECK_INT(v.res_n, 8);
    for (unsigned i = 0; i < 8 * AKA_AUTN_LEN; i++) {
        uint8_t autn[AKA_AUTN_LEN];

        memcpy(autn, v.autn, sizeof autn);
        autn[i / 8] ^= (uint8_t)(0x80 >> i % 8);
        CHECK_INT(aka_check_autn(&s, rand, autn, back, amf_out, &w), XK_E_AUTH);
    }
}

/* TS 33.102 C.2.1 and C.2.2 as a profile sets them */
TEST(sqn_rules_of_ones_own)
{
    static const struct {
        uint64_t delta, age_limit, seq;
        enum aka_freshness want;
    } rows[] = {
        {0, 0, 1ull << 42, AKA_FRESH}, /* nothing is checked */
        {100, 0, 1100, AKA_FRESH},     {100, 0, 1101, AKA_STALE}, {0, 0, 1, AKA_FRESH},
        {0, 10, 991, AKA_FRESH},       {0, 10, 990, AKA_STALE},   {0, 10, 2000, AKA_FRESH},
        {0, 0, 0, AKA_STALE}, /* not newer than its slot */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct aka_sqn_rules rules = {rows[i].delta, rows[i].age_limit};
        struct aka_sqn_array a = {{[3] = 1000}};
        uint8_t sqn[AKA_SQN_LEN];
        unsigned slot = 99;

        aka_sqn_put(rows[i].seq << AKA_IND_BITS | 7, sqn);
        CHECK_INT(aka_sqn_check_by(&a, &rules, sqn, &slot), rows[i].want);
        CHECK_INT(slot, rows[i].want == AKA_FRESH ? 7 : 99);
    }
}

/* TS 35.231: the permutation as often as the profile says */
TEST(tuak_iterations_count)
{
    struct aka_subscriber s = {.algorithm = AKA_TUAK, .k.n = 16, .opc.n = 32};
    static const uint8_t rand[16], sqn[6], amf[2];
    struct aka_vector zero, one, two;

    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &zero));
    s.iterations = 1;
    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &one));
    s.iterations = 2;
    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &two));
    CHECK(memcmp(&zero, &one, sizeof one) == 0);
    CHECK(memcmp(&one, &two, sizeof one) != 0);
}

TESTS_MAIN(XT_CASE(vector_of_libosmocore), XT_CASE(wrong_mac_is_refused_and_writes_nothing),
           XT_CASE(bad_parameters_are_refused), XT_CASE(vector_of_ts_35_208),
           XT_CASE(tuak_round_trip), XT_CASE(tuak_vector_of_ts_35_233),
           XT_CASE(tuak_bad_parameters_are_refused), XT_CASE(sqn_next_walks),
           XT_CASE(sqn_array_takes_each_slot_once), XT_CASE(sqn_array_refuses_long_jumps),
           XT_CASE(sqn_array_empty_answers_zero), XT_CASE(test_algorithm_vector),
           XT_CASE(test_algorithm_refusals), XT_CASE(sqn_rules_of_ones_own),
           XT_CASE(tuak_iterations_count))
