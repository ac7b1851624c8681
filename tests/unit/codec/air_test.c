/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "codec/air/air.h"
#include "xt.h"

static void fill_digits(struct xk_prng *r, char *out, size_t cap)
{
    size_t n = xk_prng_below(r, (uint32_t)cap);

    for (size_t i = 0; i < n; i++)
        out[i] = (char)('0' + xk_prng_below(r, 10));
}

static struct air_message random_message(struct xk_prng *r, uint8_t *rp)
{
    struct xk_rand fill = xk_rand_prng(r);
    struct air_message m = {0};

    m.type = (enum air_type)(AIR_SYSTEM_INFO + xk_prng_below(r, AIR_NO_SERVICE));
    m.rat = (enum air_rat)xk_prng_below(r, AIR_EMTC + 1);
    fill_digits(r, m.imsi, sizeof m.imsi);
    fill_digits(r, m.imei, sizeof m.imei);
    fill_digits(r, m.plmn, sizeof m.plmn);
    m.lac = (uint16_t)xk_prng_next(r);
    m.cell = (uint32_t)xk_prng_next(r);
    xk_rand_fill(&fill, m.rand, sizeof m.rand);
    m.has_autn = xk_prng_chance(r, 500);
    if (m.has_autn)
        xk_rand_fill(&fill, m.autn, sizeof m.autn);
    m.res_n = (uint8_t)xk_prng_below(r, sizeof m.res + 1);
    xk_rand_fill(&fill, m.res, m.res_n);
    if (xk_prng_chance(r, 500))
        xk_rand_fill(&fill, m.auts, sizeof m.auts);
    m.cause = (uint8_t)xk_prng_next(r);
    xk_rand_fill(&fill, m.guti, sizeof m.guti);
    m.t3412_s = (uint32_t)xk_prng_next(r);
    m.t3324_s = xk_prng_chance(r, 500) ? 0 : (uint32_t)xk_prng_next(r);
    m.edrx_s = (uint32_t)xk_prng_next(r);
    m.sync = (uint32_t)xk_prng_next(r);
    m.rp = BYTES(rp, xk_prng_below(r, 248));
    xk_rand_fill(&fill, rp, m.rp.n);
    return m;
}

static void check_same(const struct air_message *a, const struct air_message *b)
{
    CHECK_INT(a->type, b->type);
    CHECK_INT(a->rat, b->rat);
    CHECK_STR(a->imsi, b->imsi);
    CHECK_STR(a->imei, b->imei);
    CHECK_STR(a->plmn, b->plmn);
    CHECK_INT(a->lac, b->lac);
    CHECK_INT(a->cell, b->cell);
    CHECK(memcmp(a->rand, b->rand, sizeof a->rand) == 0);
    CHECK_INT(a->has_autn, b->has_autn);
    CHECK(memcmp(a->autn, b->autn, sizeof a->autn) == 0);
    CHECK(bytes_eq(BYTES(a->res, a->res_n), BYTES(b->res, b->res_n)));
    CHECK(memcmp(a->auts, b->auts, sizeof a->auts) == 0);
    CHECK_INT(a->cause, b->cause);
    CHECK(memcmp(a->guti, b->guti, sizeof a->guti) == 0);
    CHECK_INT(a->t3412_s, b->t3412_s);
    CHECK_INT(a->t3324_s, b->t3324_s);
    CHECK_INT(a->edrx_s, b->edrx_s);
    CHECK_INT(a->sync, b->sync);
    CHECK(bytes_eq(a->rp, b->rp));
}

TEST(reads_what_it_writes)
{
    struct xk_prng r = {.state = 2};

    for (int i = 0; i < 2000; i++) {
        uint8_t rp[256], mem[AIR_MESSAGE_MAX];
        struct air_message m = random_message(&r, rp), back;
        struct buf b;

        buf_init_fixed(&b, mem, sizeof mem);
        REQUIRE(air_encode(&m, &b) == XK_OK);
        REQUIRE(air_decode(buf_bytes(&b), &back) == XK_OK);
        check_same(&back, &m);
    }
}

TEST(layout)
{
    struct air_message m = {.type = AIR_ATTACH_REQUEST,
                            .rat = AIR_NB_IOT,
                            .plmn = "46000",
                            .t3324_s = 16,
                            .has_autn = true};
    uint8_t mem[AIR_MESSAGE_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(air_encode(&m, &b));
    CHECK_HEX(buf_bytes(&b), "02 01000103 0400053436303030 0D000400000010"
                             "08001000000000000000000000000000000000");
}

TEST(passes_over_unknown_tags)
{
    static const uint8_t wire[] = {AIR_PAGING, 0x7E, 0, 2, 1, 2, 0x0F, 0, 4, 0, 0, 0, 9};
    struct air_message m;

    CHECK_OK(air_decode(BYTES_OF(wire), &m));
    CHECK_INT(m.type, AIR_PAGING);
    CHECK_INT(m.sync, 9);
}

TEST(refuses)
{
    static const struct {
        const char *hex;
        enum xk_err want;
    } cases[] = {
        {"", XK_E_FORMAT},                                            /* nothing */
        {"00", XK_E_FORMAT},                                          /* no such message */
        {"0E", XK_E_FORMAT},                                          /* beyond the last */
        {"0201", XK_E_FORMAT},                                        /* tag without length */
        {"02010001", XK_E_FORMAT},                                    /* length without value */
        {"0201000203FF", XK_E_FORMAT},                                /* radio type of two octets */
        {"0201000105", XK_E_FORMAT},                                  /* radio type 5 */
        {"02020001 41", XK_E_FORMAT},                                 /* IMSI with a letter */
        {"02020011 3131313131313131313131313131313131", XK_E_FORMAT}, /* 17 digits */
        {"01050001 12", XK_E_FORMAT},                                 /* area code of one octet */
        {"01060005 0000000001", XK_E_FORMAT},                         /* cell of five */
        {"03070011 0000000000000000000000000000000000", XK_E_FORMAT}, /* RAND of 17 octets */
        {"03070001 00", XK_E_FORMAT},                                 /* short RAND */
        {"03080001 00", XK_E_FORMAT},                                 /* short AUTN */
        {"04100000", XK_E_FORMAT},                                    /* empty RES */
        {"04100011 0000000000000000000000000000000000", XK_E_FORMAT}, /* 17 octets of RES */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct air_message m = {.cause = 77};
        uint8_t wire[64];
        char dense[128];
        size_t n = 0, d = 0;

        for (const char *p = cases[i].hex; *p; p++)
            if (*p != ' ')
                dense[d++] = *p;
        CHECK_OK(hex_decode(BYTES(dense, d), wire, sizeof wire, &n));
        CHECK_INT(air_decode(BYTES(wire, n), &m), cases[i].want);
        CHECK_INT(m.cause, 77);
    }
}

TEST(encode_refuses)
{
    uint8_t mem[2 * AIR_MESSAGE_MAX], rp[AIR_MESSAGE_MAX] = {0};
    struct air_message none = {.type = (enum air_type)0};
    struct air_message letters = {.type = AIR_ATTACH_REQUEST, .imsi = "46000A"};
    struct air_message endless = {.type = AIR_ATTACH_REQUEST};
    struct air_message res = {.type = AIR_AUTHENTICATION_RESPONSE, .res_n = 17};
    struct air_message rat = {.type = AIR_ATTACH_REQUEST, .rat = (enum air_rat)5};
    struct air_message big = {.type = AIR_CP_DATA, .rp = BYTES_OF(rp)};
    struct buf b;

    memset(endless.imei, '1', sizeof endless.imei);
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(air_encode(&none, &b), XK_E_VALUE);
    CHECK_INT(air_encode(&letters, &b), XK_E_VALUE);
    CHECK_INT(air_encode(&endless, &b), XK_E_VALUE);
    CHECK_INT(air_encode(&res, &b), XK_E_VALUE);
    CHECK_INT(air_encode(&rat, &b), XK_E_VALUE);
    CHECK_INT(air_encode(&big, &b), XK_E_LIMIT);
    CHECK_INT(air_decode(BYTES(mem, AIR_MESSAGE_MAX + 1), &none), XK_E_LIMIT);
    buf_init_fixed(&b, mem, 2);
    CHECK_INT(air_encode(&rat, &b), XK_E_VALUE);
    rat.rat = AIR_LTE;
    CHECK_INT(air_encode(&rat, &b), XK_E_LIMIT);
}

TEST(names)
{
    CHECK_STR(air_type_name(AIR_ATTACH_REQUEST), "ATTACH REQUEST");
    CHECK_STR(air_type_name((enum air_type)99), "unknown message");
    CHECK_STR(air_rat_name(AIR_GSM), "GSM");
    CHECK_STR(air_rat_name(AIR_LTE), "LTE");
    CHECK_STR(air_rat_name(AIR_NB_IOT), "NB-IoT");
    CHECK_STR(air_rat_name(AIR_EMTC), "eMTC");
    CHECK_STR(air_rat_name((enum air_rat)0), "unknown");
}

TESTS_MAIN(XT_CASE(reads_what_it_writes), XT_CASE(layout), XT_CASE(passes_over_unknown_tags),
           XT_CASE(refuses), XT_CASE(encode_refuses), XT_CASE(names))
