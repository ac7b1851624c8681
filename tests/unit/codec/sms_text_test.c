/* SPDX-License-Identifier: Apache-2.0 */
/* The 7-bit alphabet (TS 23.038), times, validity periods (TS 23.040), RP messages (TS 24.011). */
#include "base/clock.h"
#include "codec/sms/sms.h"
#include "xt.h"
#include "xt_vectors.h"

TEST(texts_of_others)
{
    struct vectors v;

    vectors_open(&v, "sms/gsm7.txt");
    while (vectors_next(&v)) {
        uint8_t packed[SMS_UD_MAX];
        char text[300];
        size_t n = 0, septets = 0;
        struct buf b;

        CHECK_OK(sms_gsm7_pack(vectors_text(&v, "text"), packed, sizeof packed, &n, &septets));
        CHECK_INT(septets, vectors_number(&v, "septets"));
        CHECK_HEX(BYTES(packed, n), vectors_text(&v, "packed"));
        buf_init_fixed(&b, text, sizeof text);
        CHECK_OK(sms_gsm7_unpack(vectors_hex(&v, "packed"), septets, &b));
        CHECK_STR(buf_cstr(&b), vectors_text(&v, "text"));
    }
}

/* All of both tables there and back, at each position in an octet. */
TEST(whole_alphabet)
{
    static const char all[] =
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNO"
        "PQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€";
    uint8_t packed[200];
    char text[400], shifted[300];
    size_t n, septets;
    struct buf b;

    for (size_t shift = 0; shift < 8; shift++) {
        snprintf(shifted, sizeof shifted, "%.*s%s", (int)shift, "xxxxxxxx", all);
        REQUIRE(sms_gsm7_pack(shifted, packed, sizeof packed, &n, &septets) == XK_OK);
        CHECK_INT(septets, shift + 127 + 2 * 10);
        CHECK_INT(n, (septets * 7 + 7) / 8);
        buf_init_fixed(&b, text, sizeof text);
        CHECK_OK(sms_gsm7_unpack(BYTES(packed, n), septets, &b));
        CHECK_STR(buf_cstr(&b), shifted);
    }
}

TEST(escapes_that_mean_nothing)
{
    static const struct {
        uint8_t packed[2];
        size_t septets;
        const char *want;
    } cases[] = {
        {{0x9B, 0x20}, 2, "A"}, /* escape A: as A */
        {{0x9B, 0x0D}, 2, " "}, /* escape escape: a space */
        {{0x1B, 0}, 1, " "},    /* escape, then nothing */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[8];
        struct buf b;

        buf_init_fixed(&b, text, sizeof text);
        CHECK_OK(sms_gsm7_unpack(BYTES_OF(cases[i].packed), cases[i].septets, &b));
        CHECK_STR(buf_cstr(&b), cases[i].want);
    }
}

TEST(text_refuses)
{
    static const struct {
        const char *utf8;
        enum xk_err want;
    } cases[] = {
        {"写", XK_E_VALUE},
        {"\xF0\x9F\x98\x80", XK_E_VALUE},
        {"`", XK_E_VALUE},
        {"\t", XK_E_VALUE},
        {"\xC3", XK_E_FORMAT},
        {"\x80", XK_E_FORMAT},
        {"\xFF", XK_E_FORMAT},
        {"\xE2\x82", XK_E_FORMAT},
        {"\xC1\x81", XK_E_FORMAT},
        {"\xC0\x80", XK_E_FORMAT},
        {"\xE0\x81\x81", XK_E_FORMAT},
        {"12345678901", XK_E_LIMIT},
        {"12345678\xE2\x82\xAC", XK_E_LIMIT},
    };
    uint8_t packed[8];
    size_t n = 77, septets = 78;
    char text[4];
    struct buf b;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_INT(sms_gsm7_pack(cases[i].utf8, packed, sizeof packed, &n, &septets), cases[i].want);
    CHECK(n == 77 && septets == 78);
    CHECK_OK(sms_gsm7_pack("123456789", packed, sizeof packed, &n, &septets));
    buf_init_fixed(&b, text, sizeof text);
    CHECK_INT(sms_gsm7_unpack(BYTES_OF(packed), 9, &b), XK_E_LIMIT);
    buf_init_fixed(&b, text, sizeof text);
    CHECK_INT(sms_gsm7_unpack(BYTES_OF(packed), 10, &b), XK_E_FORMAT);
}

TEST(times_of_others)
{
    struct vectors v;

    vectors_open(&v, "sms/scts.txt");
    while (vectors_next(&v))
        CHECK_INT(sms_decode_scts(vectors_hex(&v, "scts").p),
                  strtoll(vectors_text(&v, "ms"), NULL, 10));
}

TEST(times_both_ways)
{
    struct xk_prng r = {.state = 4};
    uint8_t scts[SMS_SCTS_LEN];

    sms_encode_scts(1767225600000, scts);
    CHECK_HEX(BYTES_OF(scts), "62101080000023"); /* 2026-01-01 08:00:00 +0800 */
    for (int i = 0; i < 1000; i++) {
        int64_t ms = (int64_t)xk_prng_below(&r, UINT32_MAX / 2) * 1000;

        sms_encode_scts(ms, scts);
        CHECK_INT(sms_decode_scts(scts), ms);
    }
}

TEST(no_date_is_0)
{
    static const char *const bad[] = {
        "A2101080000023", "62311080000023", "62001080000023", "62102380000023", "62100080000023",
        "62101042000023", "62101080060023", "62101080000623", "621010800000F2",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t scts[SMS_SCTS_LEN];

        CHECK_OK(hex_decode_exact(bytes_cstr(bad[i]), scts, sizeof scts));
        CHECK_INT(sms_decode_scts(scts), 0);
    }
}

TEST(validity_periods)
{
    struct vectors v;

    vectors_open(&v, "sms/vp.txt");
    while (vectors_next(&v)) {
        uint8_t vp = (uint8_t)vectors_number(&v, "vp");

        CHECK_INT(sms_vp_minutes(vp), vectors_number(&v, "minutes"));
        CHECK_INT(sms_vp_encode(sms_vp_minutes(vp)), vp);
    }
    for (unsigned vp = 0; vp < 255; vp++)
        CHECK_INT(sms_vp_encode(sms_vp_minutes((uint8_t)vp) + 1), vp + 1);
    CHECK_INT(sms_vp_encode(0), 0);
    CHECK_INT(sms_vp_encode(UINT32_MAX), 255);
}

static const struct {
    const char *hex;
    struct rp_message m; /* without tpdu */
    const char *tpdu;
} rp_good[] = {
    {"01 2A 07 91683108100005 00 02 ABCD",
     {.type = RP_DATA, .direction = SMS_TO_MS, .ref = 42, .originator = "+861380010050"},
     "ABCD"},
    {"00 01 00 06 911234 5678F9 01 AB",
     {.type = RP_DATA, .direction = SMS_FROM_MS, .ref = 1, .destination = "+214365879"},
     "AB"},
    {"00 01 00 04 81 0180F6 01 AB",
     {.type = RP_DATA, .direction = SMS_FROM_MS, .ref = 1, .destination = "10086"},
     "AB"},
    {"02 2A", {.type = RP_ACK, .direction = SMS_FROM_MS, .ref = 42}, ""},
    {"03 2A", {.type = RP_ACK, .direction = SMS_TO_MS, .ref = 42}, ""},
    {"02 2A 41 02 0000", {.type = RP_ACK, .direction = SMS_FROM_MS, .ref = 42}, "0000"},
    {"04 FF 01 6F", {.type = RP_ERROR, .direction = SMS_FROM_MS, .ref = 255, .cause = 0x6F}, ""},
    {"05 FF 01 1B 41 03 01D500",
     {.type = RP_ERROR, .direction = SMS_TO_MS, .ref = 255, .cause = 27},
     "01D500"},
};

static struct bytes dense(const char *hex, uint8_t *out, size_t cap)
{
    char text[200];
    size_t d = 0, n = 0;

    for (; *hex; hex++)
        if (*hex != ' ')
            text[d++] = *hex;
    CHECK_OK(hex_decode(BYTES(text, d), out, cap, &n));
    return BYTES(out, n);
}

TEST(rp_messages)
{
    for (size_t i = 0; i < ARRAY_LEN(rp_good); i++) {
        const struct rp_message *want = &rp_good[i].m;
        uint8_t in[64], mem[64];
        struct rp_message m;
        struct buf b;

        REQUIRE(rp_decode(dense(rp_good[i].hex, in, sizeof in), &m) == XK_OK);
        CHECK_INT(m.type, want->type);
        CHECK_INT(m.direction, want->direction);
        CHECK_INT(m.ref, want->ref);
        CHECK_INT(m.cause, want->cause);
        CHECK_STR(m.originator, want->originator);
        CHECK_STR(m.destination, want->destination);
        CHECK_HEX(m.tpdu, rp_good[i].tpdu);
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(rp_encode(&m, &b));
        CHECK_HEX(buf_bytes(&b), rp_good[i].hex);
    }
}

/* Elements of later editions, a diagnostic behind the cause, the extension bit. */
TEST(rp_passes_over)
{
    static const struct {
        const char *hex;
        uint8_t cause;
        const char *tpdu;
    } cases[] = {
        {"02 01 90 55 01 FF 41 01 AA", 0, "AA"},
        {"04 01 02 81 33 41 01 AA", 1, "AA"},
        {"02 01 41 01 AA 41 01 BB", 0, "AA"},
        {"02 01 41 00", 0, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t in[64];
        struct rp_message m;

        CHECK_OK(rp_decode(dense(cases[i].hex, in, sizeof in), &m));
        CHECK_INT(m.cause, cases[i].cause);
        CHECK_HEX(m.tpdu, cases[i].tpdu);
    }
}

TEST(rp_refuses)
{
    static const struct {
        const char *hex;
        enum xk_err want;
    } cases[] = {
        {"", XK_E_FORMAT},
        {"00", XK_E_FORMAT},
        {"06 01", XK_E_UNSUPPORTED},           /* RP-SMMA */
        {"07 01", XK_E_FORMAT},                /* reserved */
        {"01 01 00 00 00", XK_E_FORMAT},       /* RP-DATA without user data */
        {"01 01 00 00 02 AA", XK_E_FORMAT},    /* cut */
        {"01 01 00 00 01 AA BB", XK_E_FORMAT}, /* left over */
        {"01 01 05 91", XK_E_FORMAT},          /* address cut */
        {"01 01 0C 91 0000000000000000000000 00 01 AA", XK_E_FORMAT}, /* 22 digits */
        {"01 01 02 91 3F 00 01 AA", XK_E_FORMAT},                     /* filler before a digit */
        {"04 01", XK_E_FORMAT},                                       /* RP-ERROR without cause */
        {"04 01 00", XK_E_FORMAT},                                    /* empty cause */
        {"04 01 02 01", XK_E_FORMAT},                                 /* cause cut */
        {"02 01 41", XK_E_FORMAT},                                    /* element without length */
        {"02 01 41 02 AA", XK_E_FORMAT},                              /* element cut */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t in[64];
        struct rp_message m = {.ref = 77};

        CHECK_INT(rp_decode(dense(cases[i].hex, in, sizeof in), &m), cases[i].want);
        CHECK_INT(m.ref, 77);
    }
}

TEST(rp_limits)
{
    static uint8_t tpdu[233], mem[300];
    struct rp_message m = {.type = RP_DATA, .tpdu = BYTES_OF(tpdu)}, back;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(rp_encode(&m, &b), XK_E_LIMIT);
    m.tpdu.n = 232;
    CHECK_OK(rp_encode(&m, &b));
    CHECK_OK(rp_decode(buf_bytes(&b), &back));
    mem[4] = 233;
    CHECK_INT(rp_decode(BYTES(mem, b.n + 1), &back), XK_E_FORMAT);
    m.tpdu.n = 0;
    CHECK_INT(rp_encode(&m, &b), XK_E_VALUE);
    m = (struct rp_message){.type = RP_DATA, .tpdu = BYTES(tpdu, 1), .originator = "x"};
    CHECK_INT(rp_encode(&m, &b), XK_E_VALUE);
    m = (struct rp_message){
        .type = RP_DATA, .tpdu = BYTES(tpdu, 1), .destination = "123456789012345678901"};
    CHECK_INT(rp_encode(&m, &b), XK_E_VALUE);
    m = (struct rp_message){.type = RP_ACK, .tpdu = BYTES(tpdu, 1)};
    buf_init_fixed(&b, mem, 4);
    CHECK_INT(rp_encode(&m, &b), XK_E_LIMIT);
}

TESTS_MAIN(XT_CASE(texts_of_others), XT_CASE(whole_alphabet), XT_CASE(escapes_that_mean_nothing),
           XT_CASE(text_refuses), XT_CASE(times_of_others), XT_CASE(times_both_ways),
           XT_CASE(no_date_is_0), XT_CASE(validity_periods), XT_CASE(rp_messages),
           XT_CASE(rp_passes_over), XT_CASE(rp_refuses), XT_CASE(rp_limits))
