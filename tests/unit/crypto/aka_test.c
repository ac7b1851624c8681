/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aka.h"
#include "crypto/milenage.h"
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

TESTS_MAIN(XT_CASE(vector_of_libosmocore), XT_CASE(wrong_mac_is_refused_and_writes_nothing),
           XT_CASE(bad_parameters_are_refused), XT_CASE(sqn_next_walks),
           XT_CASE(sqn_array_takes_each_slot_once), XT_CASE(sqn_array_refuses_long_jumps),
           XT_CASE(sqn_array_empty_answers_zero))
