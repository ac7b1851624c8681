/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of the card. */
#include "codec/script/script.h"

#include "base/clock.h"
#include "xt.h"

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;

    for (; *hex; hex++) {
        int digit = hex_digit(*hex);

        if (digit < 0)
            continue;
        out[n / 2] = (uint8_t)(n % 2 ? out[n / 2] | digit : digit << 4);
        n++;
    }
    return n / 2;
}

static bool coin(struct xk_prng *prng)
{
    return xk_prng_chance(prng, 500);
}

/* ---- report ---------------------------------------------------------------------------------- */

static void random_report(struct xk_prng *prng, struct script_report *r, uint8_t noise[64])
{
    struct xk_rand rand = xk_rand_prng(prng);

    memset(r, 0, sizeof *r);
    xk_rand_fill(&rand, noise, 64);
    memcpy(r->task_id, noise, sizeof r->task_id);
    r->result = noise[8];
    r->counter = xk_prng_next(prng) >> 24;
    if ((r->has_detail = coin(prng)))
        r->detail = (uint16_t)(noise[9] << 8 | noise[10]);
    if ((r->has_imsi_hash = coin(prng)))
        memcpy(r->imsi_hash, noise + 11, sizeof r->imsi_hash);
    if ((r->has_attach = coin(prng)))
        r->attach = noise[20];
    if ((r->has_imei = coin(prng)))
        memcpy(r->imei, noise + 21, sizeof r->imei);
    if ((r->has_location = coin(prng)))
        r->location = BYTES(noise + 30, 1 + noise[30] % 16);
    if ((r->has_cos = coin(prng)))
        r->cos = bytes_part(BYTES_STR("xieka-card 0.1.0"), 0, 1 + noise[31] % 16);
    if ((r->has_flags = coin(prng)))
        r->flags = noise[32];
    if ((r->has_wear = coin(prng)))
        r->wear_left = (uint32_t)xk_prng_next(prng);
}

static bool same_report(const struct script_report *a, const struct script_report *b)
{
    return memcmp(a->task_id, b->task_id, sizeof a->task_id) == 0 && a->result == b->result &&
           a->has_detail == b->has_detail && a->detail == b->detail &&
           a->has_imsi_hash == b->has_imsi_hash &&
           memcmp(a->imsi_hash, b->imsi_hash, sizeof a->imsi_hash) == 0 &&
           a->counter == b->counter && a->has_attach == b->has_attach && a->attach == b->attach &&
           a->has_imei == b->has_imei && memcmp(a->imei, b->imei, sizeof a->imei) == 0 &&
           a->has_location == b->has_location && bytes_eq(a->location, b->location) &&
           a->has_cos == b->has_cos && bytes_eq(a->cos, b->cos) && a->has_flags == b->has_flags &&
           a->flags == b->flags && a->has_wear == b->has_wear && a->wear_left == b->wear_left;
}

TEST(report_round_trip)
{
    struct xk_prng prng = {90};
    uint8_t noise[64], mem[SCRIPT_REPORT_MAX];

    for (int i = 0; i < 3000; i++) {
        struct script_report r, back;
        struct buf b;

        random_report(&prng, &r, noise);
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(script_layout_xieka()->encode_report(&r, &b));
        CHECK_OK(script_layout_xieka()->decode_report(buf_bytes(&b), &back));
        CHECK(same_report(&r, &back));
    }
}

TEST(report_bytes)
{
    struct script_report r = {.task_id = {1, 2, 3, 4, 5, 6, 7, 8},
                              .result = SCRIPT_PREPARED,
                              .has_detail = true,
                              .detail = 0x9000,
                              .counter = 258,
                              .has_flags = true,
                              .flags = SCRIPT_REPORT_REPEATED};
    uint8_t mem[SCRIPT_REPORT_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(script_layout_xieka()->encode_report(&r, &b));
    CHECK_HEX(buf_bytes(&b), "8108 0102030405060708 9001 01 9102 9000 9305 0000000102 9801 01");
}

static const struct {
    const char *hex;
    enum xk_err err;
} bad_reports[] = {
    {"", XK_E_FORMAT},
    {"8108 0102030405060708 9305 0000000001", XK_E_FORMAT},                 /* no result */
    {"9001 00 9305 0000000001", XK_E_FORMAT},                               /* no task id */
    {"8108 0102030405060708 9001 00", XK_E_FORMAT},                         /* no counter */
    {"8108 0102030405060708 9001 00 9304 00000001", XK_E_FORMAT},           /* short counter */
    {"8108 0102030405060708 9001 00 9305 0000000001 9A00", XK_E_FORMAT},    /* unknown */
    {"8108 0102030405060708 9001 00 9001 00 9305 0000000001", XK_E_FORMAT}, /* twice */
    {"9001 00 8108 0102030405060708 9305 0000000001", XK_E_FORMAT},         /* order */
    {"8108 0102030405060708 9001 00 9305 00000000", XK_E_FORMAT},           /* cut short */
    {"8108 0102030405060708 900100 9305 0000000001 9700", XK_E_FORMAT},     /* empty */
    {"8108 0102030405060708 9001 00 9305 0000000001 9701 0A", XK_E_VALUE},  /* a line feed */
    {"8108 0102030405060708 9001 00 9305 0000000001 9701 7F", XK_E_VALUE},
    {"8108 0102030405060708 9001 00 9305 0000000001 98020000", XK_E_FORMAT},
    {"8108 0102030405060708 9001 00 9305 0000000001", XK_OK},
    {"8108 0102030405060708 9001 00 9305 0000000001 9702 207E", XK_OK},
};

TEST(report_refused)
{
    uint8_t mem[SCRIPT_REPORT_MAX + 1] = {0};
    struct script_report r = {.counter = 1ull << 40};
    struct buf b;

    for (size_t i = 0; i < ARRAY_LEN(bad_reports); i++)
        CHECK_INT(
            script_layout_xieka()->decode_report(BYTES(mem, unhex(bad_reports[i].hex, mem)), &r),
            bad_reports[i].err);
    CHECK_INT(script_layout_xieka()->decode_report(BYTES_OF(mem), &r), XK_E_LIMIT);
    buf_init_fixed(&b, mem, sizeof mem);
    r = (struct script_report){.counter = 1ull << 40};
    CHECK_INT(script_layout_xieka()->encode_report(&r, &b), XK_E_VALUE);
    r = (struct script_report){.has_cos = true, .cos = BYTES_STR("\n")};
    CHECK_INT(script_layout_xieka()->encode_report(&r, &b), XK_E_VALUE);
    CHECK_INT(b.n, 0);
}

TESTS_MAIN(XT_CASE(report_round_trip), XT_CASE(report_bytes), XT_CASE(report_refused))
