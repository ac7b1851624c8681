/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/cat/cat.h"

#include "base/clock.h"
#include "xt.h"

struct wire {
    uint8_t p[512];
    size_t n;
};

static struct bytes unhex(struct wire *w, const char *hex)
{
    if (hex_decode(bytes_cstr(hex), w->p, sizeof w->p, &w->n) != XK_OK)
        w->n = 0;
    return BYTES(w->p, w->n);
}

/* Commands seen on live cards and in other people's tests (sources: tests/vectors/cat/SOURCE). */
static const struct {
    const char *hex;
    uint8_t number, type, qualifier, source, destination;
    size_t objects;
} commands[] = {
    {"D03581030140018202818205003501033902058E471508696E7465726E6574076974656C63656C03636F6D3C"
     "030220FB3E05210A0A542C",
     1, CAT_OPEN_CHANNEL, 0x01, CAT_DEV_UICC, CAT_DEV_TERMINAL, 0x35 - 9},
    {"D00C810301420082028121B70109", 1, CAT_RECEIVE_DATA, 0, CAT_DEV_UICC, 0x21, 3},
    {"D009810301410082028121", 1, CAT_CLOSE_CHANNEL, 0, CAT_DEV_UICC, 0x21, 0},
    {"D009810301440082028182", 1, CAT_GET_CHANNEL_STATUS, 0, CAT_DEV_UICC, CAT_DEV_TERMINAL, 0},
    {"D00E810301050082028182990303090A", 1, CAT_SET_UP_EVENT_LIST, 0, CAT_DEV_UICC,
     CAT_DEV_TERMINAL, 5},
    {"D00D8103010300820281828402011E", 1, CAT_POLL_INTERVAL, 0, CAT_DEV_UICC, CAT_DEV_TERMINAL, 4},
    {"D009810301010482028182", 1, CAT_REFRESH, CAT_REFRESH_RESET, CAT_DEV_UICC, CAT_DEV_TERMINAL,
     0},
};

TEST(proactive)
{
    struct wire w;
    uint8_t mem[CAT_PROACTIVE_MAX];

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        struct cat_proactive p;
        struct buf b;

        CHECK_OK(cat_decode_proactive(unhex(&w, commands[i].hex), &p));
        CHECK_INT(p.number, commands[i].number);
        CHECK_INT(p.type, commands[i].type);
        CHECK_INT(p.qualifier, commands[i].qualifier);
        CHECK_INT(p.source, commands[i].source);
        CHECK_INT(p.destination, commands[i].destination);
        CHECK_INT(p.objects.n, commands[i].objects);
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(cat_encode_proactive(&p, &b));
        CHECK_HEX(buf_bytes(&b), commands[i].hex);
    }
}

/* The objects of the first command, one by one. */
TEST(objects)
{
    struct wire w;
    struct cat_proactive p;
    struct bytes value;

    CHECK_OK(cat_decode_proactive(unhex(&w, commands[0].hex), &p));
    CHECK_OK(cat_tlv_find(p.objects, CAT_TAG_ALPHA_ID, &value));
    CHECK_INT(value.n, 0);
    CHECK_OK(cat_tlv_find(p.objects, CAT_TAG_BUFFER_SIZE, &value));
    CHECK_HEX(value, "058E");
    CHECK_OK(cat_tlv_find(p.objects, CAT_TAG_TRANSPORT_LEVEL, &value));
    CHECK_HEX(value, "0220FB");
    CHECK_OK(cat_tlv_find(p.objects, CAT_TAG_OTHER_ADDRESS, &value));
    CHECK_HEX(value, "210A0A542C");
    CHECK_INT(cat_tlv_find(p.objects, CAT_TAG_IMEI, &value), XK_E_NOT_FOUND);
}

static const char *const bad_commands[] = {
    "",
    "D0",
    "D109810301010482028182",     /* not a proactive command */
    "D00981030101048202818200",   /* left over */
    "D00A810301010482028182",     /* cut short */
    "D0088102010182028182",       /* two bytes of details */
    "D009820281828103010104",     /* wrong order */
    "D0058103010104",             /* no device identities */
    "D00A81030101048203818283",   /* three devices */
    "D00B8103010104820281828402", /* an object cut short */
    "D00B8103010104820281820000", /* tag 00 */
};

TEST(proactive_refused)
{
    struct wire w;

    for (size_t i = 0; i < ARRAY_LEN(bad_commands); i++) {
        struct cat_proactive p = {.number = 0x77};

        CHECK_INT(cat_decode_proactive(unhex(&w, bad_commands[i]), &p), XK_E_FORMAT);
        CHECK_INT(p.number, 0x77);
    }
}

static const struct {
    const char *hex;
    uint8_t type, result;
    const char *additional, *objects;
} responses[] = {
    {"81030140018202828183010038028100 3501033902058E", CAT_OPEN_CHANNEL, 0, "",
     "380281003501033902058E"},
    {"810301430182028281830100B701FF", CAT_SEND_DATA, 0, "", "B701FF"},
    {"810301260182028281830100 14081122334455667788", CAT_PROVIDE_LOCAL_INFORMATION, 0, "",
     "14081122334455667788"},
    {"8103012700 82028281 830100 240101", CAT_TIMER_MANAGEMENT, 0, "", "240101"},
    {"8103010104 82028281 83022001", CAT_REFRESH, CAT_RESULT_TERMINAL_UNABLE, "01", ""},
    {"0103010104 02028281 03023A05", CAT_REFRESH, CAT_RESULT_BIP_ERROR, "05", ""},
};

static void strip(const char *hex, char *out)
{
    for (; *hex; hex++)
        if (*hex != ' ')
            *out++ = *hex;
    *out = '\0';
}

TEST(response)
{
    struct wire w;
    char hex[128];
    uint8_t mem[CAT_DATA_MAX];

    for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
        struct cat_response r;
        struct buf b;

        strip(responses[i].hex, hex);
        CHECK_OK(cat_decode_response(unhex(&w, hex), &r));
        CHECK_INT(r.type, responses[i].type);
        CHECK_INT(r.result, responses[i].result);
        CHECK_HEX(r.additional, responses[i].additional);
        CHECK_HEX(r.objects, responses[i].objects);
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(cat_encode_response(&r, &b));
        if (hex[0] == '8') /* written with the comprehension bits set */
            CHECK_HEX(buf_bytes(&b), responses[i].hex);
    }
}

static const char *const bad_responses[] = {
    "",
    "8103010104",               /* no result */
    "810301010482028281",       /* likewise */
    "8103010104820282818300",   /* empty result */
    "830100",                   /* no details */
    "820282818103010104830100", /* wrong order */
    "81030101048202828183010014",
};

TEST(response_refused)
{
    struct wire w;

    for (size_t i = 0; i < ARRAY_LEN(bad_responses); i++) {
        struct cat_response r;

        CHECK_INT(cat_decode_response(unhex(&w, bad_responses[i]), &r), XK_E_FORMAT);
    }
}

TEST(response_without_devices)
{
    struct wire w;
    struct cat_response r;

    CHECK_OK(cat_decode_response(unhex(&w, "8103010104830100"), &r));
    CHECK_INT(r.result, CAT_RESULT_OK);
}

/* The SMS-PP download of the worked ES5.EnableProfile packet */
TEST(sms_pp)
{
    static const char hex[] = "d15c8202838106069121436587f98b4e40088121436587"
                              "7ff622705200000000"
                              "3d027000"
                              "003815163912120000017c20c3c5f3b6003c1e4a3404b2c7499ffdeb5587ac69f92a"
                              "a327aed076b0d2754af2b1e"
                              "ff1b8112842dd4ea02c15631d";
    struct wire w;
    struct cat_sms_pp e;
    struct buf b;
    uint8_t mem[256];

    CHECK_OK(cat_decode_sms_pp(unhex(&w, hex), &e));
    CHECK_HEX(e.smsc, "9121436587f9");
    CHECK_INT(e.tpdu.n, 0x4E);
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(cat_encode_sms_pp(&e, &b));
    CHECK_HEX(buf_bytes(&b), hex);
    e.smsc = BYTES_NONE;
    e.tpdu = bytes_part(e.tpdu, 0, 2);
    buf_reset(&b);
    CHECK_OK(cat_encode_sms_pp(&e, &b));
    CHECK_HEX(buf_bytes(&b), "D1 08 82028381 8B024008");
    CHECK_OK(cat_decode_sms_pp(buf_bytes(&b), &e));
    CHECK_INT(e.smsc.n, 0);
}

static const struct {
    const char *hex;
    enum xk_err err;
} bad_sms_pp[] = {
    {"", XK_E_FORMAT},
    {"D208820283818B024008", XK_E_FORMAT},   /* cell broadcast */
    {"D1048B024008", XK_E_FORMAT},           /* no device identities */
    {"D10482028381", XK_E_FORMAT},           /* no TPDU */
    {"D106820283818B00", XK_E_FORMAT},       /* empty TPDU */
    {"D108820282818B024008", XK_E_VALUE},    /* from the terminal */
    {"D108820283828B024008", XK_E_VALUE},    /* not to the card */
    {"D108820283818B02400800", XK_E_FORMAT}, /* left over */
    {"D108820283818B034008", XK_E_FORMAT},   /* cut short */
};

TEST(sms_pp_refused)
{
    struct wire w;

    for (size_t i = 0; i < ARRAY_LEN(bad_sms_pp); i++) {
        struct cat_sms_pp e = {.tpdu = {NULL, 99}};

        CHECK_INT(cat_decode_sms_pp(unhex(&w, bad_sms_pp[i].hex), &e), bad_sms_pp[i].err);
        CHECK_INT(e.tpdu.n, 99);
    }
}

TEST(too_long)
{
    uint8_t mem[600], fill[300] = {0};
    struct cat_sms_pp e = {BYTES_NONE, BYTES(fill, 245)};
    struct cat_proactive p = {.objects = BYTES_NONE};
    struct cat_response r = {.additional = BYTES(fill, 240)};
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(cat_encode_sms_pp(&e, &b)); /* D1 81 FC ... is just 255 bytes */
    CHECK_INT(b.n, CAT_DATA_MAX);
    e.tpdu.n++;
    buf_reset(&b);
    CHECK_INT(cat_encode_sms_pp(&e, &b), XK_E_LIMIT);
    buf_reset(&b);
    CHECK_OK(cat_encode_response(&r, &b));
    r.additional.n = 245;
    buf_reset(&b);
    CHECK_INT(cat_encode_response(&r, &b), XK_E_LIMIT);
    fill[0] = 0x8D;
    fill[1] = 0x81;
    fill[2] = 241;
    p.objects = BYTES(fill, 244);
    buf_reset(&b);
    CHECK_OK(cat_encode_proactive(&p, &b));
    CHECK_INT(b.n, CAT_PROACTIVE_MAX);
    p.objects.n++;
    buf_reset(&b);
    CHECK_INT(cat_encode_proactive(&p, &b), XK_E_LIMIT);
    buf_init_fixed(&b, mem, 5);
    CHECK_INT(cat_encode_proactive(&p, &b), XK_E_LIMIT);
    buf_init_fixed(&b, mem, sizeof mem); /* what stood there before does not count */
    buf_put_fill(&b, 0, 200);
    p.objects.n--;
    e.tpdu.n--;
    CHECK_OK(cat_encode_proactive(&p, &b));
    b.n = 200;
    CHECK_OK(cat_encode_sms_pp(&e, &b));
}

TEST(timer_expiration)
{
    uint8_t mem[32], timer = 0;
    uint32_t seconds = 0;
    struct buf b;
    struct wire w;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(cat_encode_timer_expiration(1, 1830, &b));
    CHECK_HEX(buf_bytes(&b), "D7 0C 82028281 A40101 A503 000303");
    CHECK_OK(cat_decode_timer_expiration(buf_bytes(&b), &timer, &seconds));
    CHECK_INT(timer, 1);
    CHECK_INT(seconds, 1830);
    CHECK_INT(cat_decode_timer_expiration(unhex(&w, "D70982028281A503000303"), &timer, &seconds),
              XK_E_FORMAT);
    CHECK_INT(cat_decode_timer_expiration(unhex(&w, "D70782028281A40101"), &timer, &seconds),
              XK_E_FORMAT);
    CHECK_INT(
        cat_decode_timer_expiration(unhex(&w, "D70C82028281A40101A503000603"), &timer, &seconds),
        XK_E_VALUE);
    CHECK_INT(
        cat_decode_timer_expiration(unhex(&w, "D70C82028381A40101A503000303"), &timer, &seconds),
        XK_E_VALUE);
}

TEST(events)
{
    static const uint8_t location[] = {0x02, 0xF8, 0x01, 0xBA, 0xB8, 0xA3, 0x3B, 0x00, 0x8F};
    struct cat_event_download e;
    struct bytes value;
    struct buf b;
    struct wire w;
    uint8_t mem[64];

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(cat_encode_location_event(0, BYTES_OF(location), &b));
    CHECK_HEX(buf_bytes(&b), "D615 990103 82028281 9B0100 1309 02F801BAB8A33B008F");
    buf_reset(&b);
    CHECK_OK(cat_encode_location_event(2, BYTES_NONE, &b));
    CHECK_HEX(buf_bytes(&b), "D60A 990103 82028281 9B0102");
    CHECK_OK(cat_decode_event(unhex(&w, "D60E99010982028281B8028100B701FF"), &e));
    CHECK_INT(e.event, CAT_EVENT_DATA_AVAILABLE);
    CHECK_INT(e.source, CAT_DEV_TERMINAL);
    CHECK_OK(cat_tlv_find(e.objects, CAT_TAG_CHANNEL_STATUS, &value));
    CHECK_HEX(value, "8100");
    CHECK_INT(cat_decode_event(unhex(&w, "D6058202828199"), &e), XK_E_FORMAT);
    CHECK_INT(cat_decode_event(unhex(&w, "D60482028281"), &e), XK_E_FORMAT);
    CHECK_INT(cat_decode_event(unhex(&w, "D6079902030482028281"), &e), XK_E_FORMAT);
    CHECK_INT(cat_decode_event(unhex(&w, "D6089902030482028281"), &e), XK_E_FORMAT);
    CHECK_INT(cat_decode_event(unhex(&w, "D60799010382028182"), &e), XK_E_VALUE);
}

/* TS 101 220 7.1: the forms of tags and lengths */
TEST(tlv_forms)
{
    struct wire w;
    struct cat_tlv t;
    struct cur c;
    static const char *const refused[] = {
        "0001AA", "8001AA", "FF01AA", "7F0005",         "7F009901AA", "7F00FF01AA", "7F80FF01AA",
        "8180",   "850",    "8580",   "85840000000100", "8582",       "858200"};

    c = cur_of(unhex(&w, "7F812301AA"));
    CHECK_OK(cat_tlv_next(&c, &t));
    CHECK_INT(t.tag, 0x0123);
    CHECK(t.comprehension);
    CHECK_HEX(t.value, "AA");
    c = cur_of(unhex(&w, "7F010000"));
    CHECK_OK(cat_tlv_next(&c, &t));
    CHECK_INT(t.tag, 0x0100);
    CHECK(!t.comprehension);
    c = cur_of(unhex(&w, "0583000001AA"));
    CHECK_OK(cat_tlv_next(&c, &t));
    CHECK_INT(t.tag, CAT_TAG_ALPHA_ID);
    CHECK(!t.comprehension);
    CHECK_HEX(t.value, "AA");
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        c = cur_of(unhex(&w, refused[i]));
        CHECK_INT(cat_tlv_next(&c, &t), XK_E_FORMAT);
    }
}

/* 80 would be the indefinite form, even with enough behind it. */
TEST(tlv_indefinite)
{
    uint8_t wire[2 + 128] = {0x85, 0x80};
    struct cur c = cur_of(BYTES_OF(wire));
    struct cat_tlv t;

    CHECK_INT(cat_tlv_next(&c, &t), XK_E_FORMAT);
}

TEST(tlv_lengths)
{
    static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 400};
    static uint8_t fill[400];
    uint8_t mem[512];

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct buf b;
        struct bytes value;

        buf_init_fixed(&b, mem, sizeof mem);
        cat_tlv_put(&b, CAT_TAG_TEXT_STRING | CAT_COMPREHENSION, BYTES(fill, lengths[i]));
        CHECK_OK(buf_ok(&b));
        CHECK_OK(cat_tlv_find(buf_bytes(&b), CAT_TAG_TEXT_STRING, &value));
        CHECK_INT(value.n, lengths[i]);
    }
}

TEST(values)
{
    uint8_t v[3];
    uint32_t n = 0;

    cat_encode_timer_value(3661, v);
    CHECK_HEX(BYTES_OF(v), "101010");
    cat_encode_timer_value(100000, v);
    CHECK_HEX(BYTES_OF(v), "329595");
    CHECK_OK(cat_decode_timer_value(BYTES_OF(v), &n));
    CHECK_INT(n, 86399);
    CHECK_INT(cat_decode_timer_value(BYTES(v, 2), &n), XK_E_FORMAT);
    CHECK_INT(cat_decode_timer_value(BYTES("\x42\x00\x00", 3), &n), XK_E_VALUE);
    CHECK_INT(cat_decode_timer_value(BYTES("\x00\x0A\x00", 3), &n), XK_E_VALUE);
    CHECK_INT(cat_decode_timer_value(BYTES("\x00\x00\xA0", 3), &n), XK_E_VALUE);
    for (uint32_t s = 0; s < 86400; s += 7) {
        cat_encode_timer_value(s, v);
        CHECK_OK(cat_decode_timer_value(BYTES_OF(v), &n));
        CHECK_INT(n, s);
    }
}

static const struct {
    uint32_t seconds;
    const char *hex;
    uint32_t ms;
} durations[] = {
    {0, "0101", 1000},     {1, "0101", 1000},     {30, "011E", 30000},        {255, "01FF", 255000},
    {256, "0005", 300000}, {600, "000A", 600000}, {100000, "00FF", 15300000},
};

TEST(duration)
{
    uint8_t v[2];
    uint32_t ms = 0;

    for (size_t i = 0; i < ARRAY_LEN(durations); i++) {
        cat_encode_duration(durations[i].seconds, v);
        CHECK_HEX(BYTES_OF(v), durations[i].hex);
        CHECK_OK(cat_decode_duration(BYTES_OF(v), &ms));
        CHECK_INT(ms, durations[i].ms);
    }
    CHECK_OK(cat_decode_duration(BYTES("\x02\x05", 2), &ms));
    CHECK_INT(ms, 500);
    CHECK_INT(cat_decode_duration(BYTES("\x03\x05", 2), &ms), XK_E_VALUE);
    CHECK_INT(cat_decode_duration(BYTES("\x01\x00", 2), &ms), XK_E_VALUE);
    CHECK_INT(cat_decode_duration(BYTES("\x01", 1), &ms), XK_E_FORMAT);
}

/* TS 102 223 5.2: bits as byte.bit */
TEST(profile)
{
    uint8_t profile[4] = {0};

    cat_profile_set(profile, sizeof profile, CAT_PROFILE_BIT(1, 1));
    cat_profile_set(profile, sizeof profile, CAT_PROFILE_BIT(3, 8));
    cat_profile_set(profile, sizeof profile, CAT_PROFILE_BIT(34, 6)); /* past the end: nothing */
    CHECK_HEX(BYTES_OF(profile), "01008000");
    cat_profile_set(profile, 2, CAT_PROFILE_BIT(3, 1));
    CHECK_HEX(BYTES_OF(profile), "01008000");
    CHECK(!cat_profile_has(BYTES(profile, 2), CAT_PROFILE_BIT(3, 8)));
    CHECK(cat_profile_has(BYTES_OF(profile), CAT_PROFILE_BIT(3, 8)));
    CHECK(!cat_profile_has(BYTES_OF(profile), CAT_PROFILE_BIT(3, 7)));
    CHECK(!cat_profile_has(BYTES_OF(profile), CAT_PROFILE_BIT(34, 6)));
}

TEST(names)
{
    CHECK_STR(cat_command_name(CAT_SEND_SHORT_MESSAGE), "SEND SHORT MESSAGE");
    CHECK_STR(cat_command_name(0xEE), "?");
    CHECK_STR(cat_result_text(CAT_RESULT_OK), "command performed successfully");
    CHECK_STR(cat_result_text(0xEE), "?");
}

TEST(round_trip)
{
    struct xk_prng prng = {3};
    struct xk_rand rand = xk_rand_prng(&prng);
    uint8_t text[64], objects[128], wire[CAT_PROACTIVE_MAX], head[5];

    for (int i = 0; i < 2000; i++) {
        struct cat_proactive p, back;
        struct buf o, b;

        xk_rand_fill(&rand, text, sizeof text);
        xk_rand_fill(&rand, head, sizeof head);
        buf_init_fixed(&o, objects, sizeof objects);
        for (uint32_t n = xk_prng_below(&prng, 3); n > 0; n--)
            cat_tlv_put(&o, (uint8_t)(1 + xk_prng_below(&prng, 0x7D)),
                        BYTES(text, xk_prng_below(&prng, 60)));
        p = (struct cat_proactive){head[0], head[1], head[2], head[3], head[4], buf_bytes(&o)};
        buf_init_fixed(&b, wire, sizeof wire);
        CHECK_OK(cat_encode_proactive(&p, &b));
        CHECK_OK(cat_decode_proactive(buf_bytes(&b), &back));
        CHECK(back.number == p.number && back.type == p.type && back.qualifier == p.qualifier);
        CHECK(back.source == p.source && back.destination == p.destination);
        CHECK(bytes_eq(back.objects, p.objects));
    }
}

TESTS_MAIN(XT_CASE(proactive), XT_CASE(objects), XT_CASE(proactive_refused), XT_CASE(response),
           XT_CASE(response_refused), XT_CASE(response_without_devices), XT_CASE(sms_pp),
           XT_CASE(sms_pp_refused), XT_CASE(too_long), XT_CASE(timer_expiration), XT_CASE(events),
           XT_CASE(tlv_forms), XT_CASE(tlv_indefinite), XT_CASE(tlv_lengths), XT_CASE(values),
           XT_CASE(duration), XT_CASE(profile), XT_CASE(names), XT_CASE(round_trip))
