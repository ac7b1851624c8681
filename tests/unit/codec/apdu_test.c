/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/apdu/apdu.h"

#include "base/clock.h"
#include "xt.h"

struct wire {
    uint8_t p[300];
    size_t n;
};

static struct bytes unhex(struct wire *w, const char *hex)
{
    if (hex_decode(bytes_cstr(hex), w->p, sizeof w->p, &w->n) != XK_OK)
        w->n = 0;
    return BYTES(w->p, w->n);
}

/* ISO 7816-4 5.1: the four cases, and what T=0 makes of case 1 */
static const struct {
    const char *hex;
    uint8_t ins;
    size_t lc;
    int le; /* -1: none */
} good[] = {
    {"00200001", INS_VERIFY_PIN, 0, -1},       {"0020000100", INS_VERIFY_PIN, 0, -1},
    {"00B0000009", INS_READ_BINARY, 0, 9},     {"00B0000000", INS_READ_BINARY, 0, 256},
    {"00A40004023F00", INS_SELECT, 2, -1},     {"00A40004023F0000", INS_SELECT, 2, 256},
    {"00A40004023F0022", INS_SELECT, 2, 0x22}, {"A0A40000023F00", INS_SELECT, 2, -1},
    {"0070000001", INS_MANAGE_CHANNEL, 0, 1},  {"00700101", INS_MANAGE_CHANNEL, 0, -1},
    {"8012000020", INS_FETCH, 0, 0x20},        {"00FF000003", 0xFF, 0, 3},
};

TEST(cases)
{
    struct wire w;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct apdu_command c;

        CHECK_OK(apdu_decode_command(unhex(&w, good[i].hex), &c));
        CHECK_INT(c.ins, good[i].ins);
        CHECK_INT(c.data.n, good[i].lc);
        CHECK_INT(c.has_le ? c.le : -1, good[i].le);
    }
}

static const char *const bad[] = {
    "",
    "00",
    "00A400",
    "0020000108",         /* only takes data, and there is none */
    "80100000FF",         /* likewise */
    "00A40004023F",       /* data cut short */
    "00A40004023F000000", /* a byte too many */
    "00A4000400023F00",   /* extended length */
    "00B000000000FF",     /* extended Le */
};

TEST(refused)
{
    struct wire w;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct apdu_command c = {.ins = 0x55};

        CHECK_INT(apdu_decode_command(unhex(&w, bad[i]), &c), XK_E_FORMAT);
        CHECK_INT(c.ins, 0x55);
    }
}

static bool same(const struct apdu_command *a, const struct apdu_command *b)
{
    return a->cla == b->cla && a->ins == b->ins && a->p1 == b->p1 && a->p2 == b->p2 &&
           bytes_eq(a->data, b->data) && a->has_le == b->has_le && a->le == b->le;
}

TEST(round_trip)
{
    struct xk_prng prng = {1};
    uint8_t data[255], wire[APDU_COMMAND_MAX];

    for (int i = 0; i < 5000; i++) {
        struct apdu_command c = {0}, back;
        struct buf b;

        xk_rand_fill(&(struct xk_rand){xk_rand_prng(&prng).fill, &prng}, data, sizeof data);
        c.cla = data[0];
        c.ins = data[1];
        c.p1 = data[2];
        c.p2 = data[3];
        c.data = BYTES(data, xk_prng_below(&prng, 256));
        /* a lone P3 of these means Lc, so they have no case 2 */
        c.has_le = xk_prng_chance(&prng, 500) && c.data.n > 0;
        c.le = c.has_le ? (uint16_t)(1 + xk_prng_below(&prng, 256)) : 0;
        buf_init_fixed(&b, wire, sizeof wire);
        apdu_encode_command(&b, &c);
        CHECK_OK(buf_ok(&b));
        CHECK_OK(apdu_decode_command(buf_bytes(&b), &back));
        CHECK(same(&c, &back));
    }
}

TEST(encode_limits)
{
    uint8_t data[256] = {0}, wire[APDU_COMMAND_MAX];
    struct apdu_command c = {0, INS_UPDATE_BINARY, 0, 0, BYTES_OF(data), false, 0};
    struct buf b;

    buf_init_fixed(&b, wire, sizeof wire);
    apdu_encode_command(&b, &c);
    CHECK_INT(buf_ok(&b), XK_E_LIMIT);
    buf_reset(&b);
    c = (struct apdu_command){0, INS_READ_BINARY, 0, 0, BYTES_NONE, true, 257};
    apdu_encode_command(&b, &c);
    CHECK_INT(buf_ok(&b), XK_E_LIMIT);
    buf_reset(&b);
    c.le = 0;
    apdu_encode_command(&b, &c);
    CHECK_INT(buf_ok(&b), XK_E_LIMIT);
    buf_reset(&b);
    c.le = 256;
    apdu_encode_command(&b, &c);
    CHECK_HEX(buf_bytes(&b), "00B0000000");
    buf_init_fixed(&b, wire, 3);
    apdu_encode_command(&b, &c);
    CHECK_INT(buf_ok(&b), XK_E_LIMIT);
}

TEST(responses)
{
    struct wire w;
    struct apdu_response r;
    uint8_t big[APDU_RESPONSE_MAX + 1] = {0};

    CHECK_OK(apdu_decode_response(unhex(&w, "9000"), &r));
    CHECK_INT(r.sw, SW_OK);
    CHECK_INT(r.data.n, 0);
    CHECK_OK(apdu_decode_response(unhex(&w, "DC0E9862"), &r));
    CHECK_HEX(r.data, "DC0E");
    CHECK_INT(r.sw, SW_AUTH_MAC_ERROR);
    CHECK_INT(apdu_decode_response(unhex(&w, "90"), &r), XK_E_FORMAT);
    CHECK_INT(apdu_decode_response(BYTES_NONE, &r), XK_E_FORMAT);
    CHECK_INT(apdu_decode_response(BYTES_OF(big), &r), XK_E_FORMAT);
    CHECK_OK(apdu_decode_response(BYTES(big, APDU_RESPONSE_MAX), &r));
}

/* TS 102 221 10.1.1 */
TEST(channels)
{
    CHECK_INT(apdu_channel(0x00), 0);
    CHECK_INT(apdu_channel(0x03), 3);
    CHECK_INT(apdu_channel(0x81), 1);
    CHECK_INT(apdu_channel(0xA0), 0);
    CHECK_INT(apdu_channel(0x40), 4);
    CHECK_INT(apdu_channel(0x4F), 19);
    CHECK_INT(apdu_channel(0xC5), 9);
}

TEST(names)
{
    CHECK_STR(apdu_ins_name(INS_AUTHENTICATE), "AUTHENTICATE");
    CHECK_STR(apdu_ins_name(0x01), "?");
    CHECK_STR(apdu_sw_text(0x9000), "normal ending");
    CHECK_STR(apdu_sw_text(0x9121), "normal ending, proactive command waiting");
    CHECK_STR(apdu_sw_text(0x63C2), "verification failed, tries left in SW2");
    CHECK_STR(apdu_sw_text(0x6300), "no information given, state changed");
    CHECK_STR(apdu_sw_text(0x9404), "file or pattern not found");
    CHECK_STR(apdu_sw_text(0x1234), "?");
}

TESTS_MAIN(XT_CASE(cases), XT_CASE(refused), XT_CASE(round_trip), XT_CASE(encode_limits),
           XT_CASE(responses), XT_CASE(channels), XT_CASE(names))
