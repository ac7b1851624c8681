/* SPDX-License-Identifier: Apache-2.0 */
/* Short message TPDUs (TS 23.040 9.2). */
#include "base/clock.h"
#include "codec/sms/address.h"
#include "xt.h"
#include "xt_vectors.h"

struct wire {
    uint8_t p[256];
    size_t n;
};

/* Spaces in the text are for people. */
static struct bytes wire(struct wire *w, const char *hex)
{
    char dense[2 * sizeof w->p + 1];
    size_t n = 0;

    for (; *hex && n < sizeof dense - 1; hex++)
        if (*hex != ' ')
            dense[n++] = *hex;
    if (hex_decode(BYTES(dense, n), w->p, sizeof w->p, &w->n) != XK_OK)
        xt_fail(__FILE__, __LINE__, "bad hex in the test");
    return BYTES(w->p, w->n);
}

static enum sms_direction direction(struct vectors *v)
{
    return strcmp(vectors_text(v, "from"), "ms") == 0 ? SMS_FROM_MS : SMS_TO_MS;
}

static const char *type_name(enum sms_type type)
{
    static const char *const names[] = {"deliver", "deliver-report", "submit", "submit-report",
                                        "status-report"};

    return names[type];
}

static void check_text(const struct sms_tpdu *t, const char *want)
{
    char text[500];
    struct buf b;

    buf_init_fixed(&b, text, sizeof text);
    CHECK_OK(sms_gsm7_unpack(t->ud, t->udl, &b));
    CHECK_STR(buf_cstr(&b), want);
}

static void check_encodes_to(const struct sms_tpdu *t, const char *hex)
{
    uint8_t mem[SMS_TPDU_MAX];
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    CHECK_OK(sms_encode(t, &out));
    CHECK_HEX(buf_bytes(&out), hex);
}

/* Some of them are not written as we would: "again" is then what we write. */
static const char *again(struct vectors *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->fields[i].name, "again") == 0)
            return v->fields[i].text;
    return vectors_text(v, "tpdu");
}

TEST(messages_of_others)
{
    struct vectors v;

    vectors_open(&v, "sms/tpdu.txt");
    while (vectors_next(&v)) {
        struct sms_tpdu t;

        if (sms_decode(direction(&v), vectors_hex(&v, "tpdu"), &t) != XK_OK) {
            printf("# set %ld\n", v.set);
            xt_fail(__FILE__, __LINE__, "decode");
            continue;
        }
        CHECK_STR(type_name(t.type), vectors_text(&v, "type"));
        CHECK_STR(t.address, vectors_text(&v, "address"));
        CHECK_INT(t.udl, vectors_number(&v, "udl"));
        if (strcmp(vectors_text(&v, "text"), "-") != 0)
            check_text(&t, vectors_text(&v, "text"));
        check_encodes_to(&t, again(&v));
    }
}

TEST(bad_messages_of_others)
{
    struct vectors v;

    vectors_open(&v, "sms/refused.txt");
    while (vectors_next(&v)) {
        struct sms_tpdu t;

        CHECK_INT(sms_decode(direction(&v), vectors_hex(&v, "tpdu"), &t), XK_E_FORMAT);
    }
}

/* What a short message with a command packet is made of (TS 31.115 4.2). */
TEST(deliver_fields)
{
    struct wire w;
    struct sms_tpdu t;

    REQUIRE(sms_decode(SMS_TO_MS,
                       wire(&w, "E0 0D91683108100005F0 7F F6 62705200000023 05 0270000102"),
                       &t) == XK_OK);
    CHECK_INT(t.type, SMS_DELIVER);
    CHECK(t.more_to_send && t.udhi && t.status_report && t.reply_path);
    CHECK_STR(t.address, "+8613800100500");
    CHECK_INT(t.address_ton_npi, 0x91);
    CHECK_INT(t.pid, SMS_PID_USIM_DOWNLOAD);
    CHECK_INT(t.dcs, SMS_DCS_8BIT_CLASS2);
    CHECK_HEX(BYTES_OF(t.scts), "62705200000023");
    CHECK_HEX(t.ud, "0270000102");
}

TEST(submit_fields)
{
    struct wire w;
    struct sms_tpdu t;

    REQUIRE(sms_decode(SMS_FROM_MS, wire(&w, "F5 2A 0581011F0F F0 7F F6 47 01 AA"), &t) ==
            XK_E_FORMAT); /* filler among the digits */
    REQUIRE(sms_decode(SMS_FROM_MS, wire(&w, "F5 2A 05810180F6 7F F6 47 01 AA"), &t) == XK_OK);
    CHECK_INT(t.type, SMS_SUBMIT);
    CHECK(t.reject_duplicates && t.udhi && t.status_report && t.reply_path && t.has_vp);
    CHECK_INT(t.mr, 0x2A);
    CHECK_INT(t.vp, 0x47);
    CHECK_STR(t.address, "10086");
    CHECK_INT(t.vp_long_format, SMS_VP_NOT_LONG);
    REQUIRE(sms_decode(SMS_FROM_MS, wire(&w, "09 2A 05810180F6 7F F6 01020304050607 01 AA"), &t) ==
            XK_OK);
    CHECK(!t.has_vp);
    CHECK_INT(t.vp_long_format, SMS_VP_ENHANCED);
    CHECK_HEX(BYTES_OF(t.vp_long), "01020304050607");
    REQUIRE(sms_decode(SMS_FROM_MS, wire(&w, "19 2A 05810180F6 7F F6 01020304050607 01 AA"), &t) ==
            XK_OK);
    CHECK_INT(t.vp_long_format, SMS_VP_ABSOLUTE);
}

/* SMS-DELIVER-REPORT 9.2.2.1a: in an RP-ACK, in an RP-ERROR, with a proof of receipt */
TEST(deliver_reports)
{
    static const struct {
        const char *hex;
        uint8_t fcs, pid, dcs;
        const char *ud;
        const char *again; /* NULL: as hex */
    } cases[] = {
        {"0000", 0, 0, 0, "", NULL},
        {"00D500", 0xD5, 0, 0, "", NULL},
        {"4007 7F F6 05 0271000102", 0, 0x7F, 0xF6, "0271000102", NULL},
        {"40D507 7F F6 05 0271000102", 0xD5, 0x7F, 0xF6, "0271000102", NULL},
        {"0001 7F", 0, 0x7F, 0, "", NULL},
        {"0002 F6", 0, 0, 0xF6, "", NULL},
        {"0004 02 CA34", 0, 0, 0, "CA34", NULL},              /* default alphabet: two septets */
        {"0007 00 00 00", 0, 0, 0, "", "0000"},               /* nothing, at length */
        {"0009 7F AABB", 0, 0x7F, 0, "", "0001 7F"},          /* reserved parameter, ignored */
        {"00D58100 7F AABB", 0xD5, 0x7F, 0, "", "00D501 7F"}, /* extended TP-PI */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct wire w;
        struct sms_tpdu t;

        REQUIRE(sms_decode(SMS_FROM_MS, wire(&w, cases[i].hex), &t) == XK_OK);
        CHECK_INT(t.type, SMS_DELIVER_REPORT);
        CHECK_INT(t.status, cases[i].fcs);
        CHECK_INT(t.pid, cases[i].pid);
        CHECK_INT(t.dcs, cases[i].dcs);
        CHECK_HEX(t.ud, cases[i].ud);
        check_encodes_to(&t, cases[i].again ? cases[i].again : cases[i].hex);
    }
}

/* SMS-SUBMIT-REPORT 9.2.2.2a, SMS-STATUS-REPORT 9.2.2.3 with optional parameters */
TEST(reports_from_the_network)
{
    struct wire w;
    struct sms_tpdu t;

    REQUIRE(sms_decode(SMS_TO_MS, wire(&w, "01 C0 01 62705200000023 7F"), &t) == XK_OK);
    CHECK_INT(t.type, SMS_SUBMIT_REPORT);
    CHECK_INT(t.status, 0xC0);
    CHECK_INT(t.pid, 0x7F);
    CHECK_HEX(BYTES_OF(t.scts), "62705200000023");
    check_encodes_to(&t, "01 C0 01 62705200000023 7F");
    REQUIRE(sms_decode(SMS_TO_MS,
                       wire(&w, "22 07 05810180F6 62705200000023 62705200100023 41 06 F6 01 AA"),
                       &t) == XK_OK);
    CHECK_INT(t.type, SMS_STATUS_REPORT);
    CHECK(t.more_to_send && t.status_report);
    CHECK_INT(t.status, 0x41);
    CHECK_INT(t.mr, 7);
    CHECK_HEX(BYTES_OF(t.discharge), "62705200100023");
    CHECK_HEX(t.ud, "AA");
    check_encodes_to(&t, "22 07 05810180F6 62705200000023 62705200100023 41 06 F6 01 AA");
}

TEST(reserved_indicator_is_deliver)
{
    struct wire w;
    struct sms_tpdu t;

    CHECK_OK(sms_decode(SMS_TO_MS, wire(&w, "07 05810180F6 00 F6 62705200000023 00"), &t));
    CHECK_INT(t.type, SMS_DELIVER);
}

/* Cut at every octet, and one octet more: refused, and nothing is written. */
TEST(refuses_any_other_length)
{
    struct vectors v;

    vectors_open(&v, "sms/tpdu.txt");
    while (vectors_next(&v)) {
        uint8_t longer[257] = {0};
        struct bytes whole = vectors_hex(&v, "tpdu");
        struct sms_tpdu t = {.mr = 77, .pid = 78};

        memcpy(longer, whole.p, whole.n);
        for (size_t n = 0; n < whole.n; n++) {
            enum xk_err err = sms_decode(direction(&v), bytes_part(whole, 0, n), &t);

            /* a status report may end before its optional parameters, a report after TP-PI */
            CHECK(err == XK_E_FORMAT || t.type == SMS_STATUS_REPORT);
        }
        if (strcmp(vectors_text(&v, "type"), "status-report") == 0)
            continue;
        CHECK_INT(t.pid, 78);
        CHECK_INT(sms_decode(direction(&v), BYTES(longer, whole.n + 1), &t), XK_E_FORMAT);
    }
}

TEST(refuses)
{
    static const struct {
        enum sms_direction direction;
        const char *hex;
        enum xk_err want;
    } cases[] = {
        {SMS_TO_MS, "", XK_E_FORMAT},
        {SMS_FROM_MS, "03 00", XK_E_FORMAT},      /* reserved type */
        {SMS_FROM_MS, "02 00", XK_E_UNSUPPORTED}, /* SMS-COMMAND */
        {SMS_TO_MS, "04 15810102030405060708090A0B 00 F6 62705200000023 00", XK_E_FORMAT},
        {SMS_TO_MS, "04 03810F F0 00 F6 62705200000023 00", XK_E_FORMAT}, /* filler inside */
        {SMS_FROM_MS, "00 04", XK_E_FORMAT},        /* TP-UDL announced, not there */
        {SMS_FROM_MS, "00 01", XK_E_FORMAT},        /* TP-PID announced, not there */
        {SMS_FROM_MS, "00 D5 8F", XK_E_FORMAT},     /* TP-PI goes on, but not here */
        {SMS_FROM_MS, "00 00 AA", XK_E_FORMAT},     /* left over */
        {SMS_FROM_MS, "00", XK_E_FORMAT},           /* no TP-PI */
        {SMS_TO_MS, "01 00 62705200", XK_E_FORMAT}, /* short TP-SCTS */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct wire w;
        struct sms_tpdu t = {.mr = 77};

        CHECK_INT(sms_decode(cases[i].direction, wire(&w, cases[i].hex), &t), cases[i].want);
        CHECK_INT(t.mr, 77);
    }
}

/* 140 octets, 160 septets; not one more. */
TEST(user_data_has_a_limit)
{
    uint8_t mem[256], ud[142] = {0};
    struct buf b;
    struct sms_tpdu t = {.type = SMS_DELIVER, .address = "1", .dcs = SMS_DCS_8BIT_CLASS2};

    for (size_t n = 139; n < 142; n++) {
        struct sms_tpdu back;

        t.ud = BYTES(ud, n);
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_INT(sms_encode(&t, &b), n > SMS_UD_MAX ? XK_E_LIMIT : XK_OK);
        buf_init_fixed(&b, mem, sizeof mem);
        buf_put(&b, "\x04\x01\x81\xF1\x00\xF6\0\0\0\0\0\0\0", 13);
        buf_put_u8(&b, (uint8_t)n);
        buf_put(&b, ud, n);
        CHECK_INT(sms_decode(SMS_TO_MS, buf_bytes(&b), &back),
                  n > SMS_UD_MAX ? XK_E_FORMAT : XK_OK);
    }
}

TEST(encode_refuses)
{
    static const uint8_t ud[3] = {1, 2, 3};
    static const struct {
        const char *why;
        struct sms_tpdu t;
        enum xk_err want;
    } cases[] = {
        {"letters", {.type = SMS_SUBMIT, .address = "12x"}, XK_E_VALUE},
        {"21 digits", {.type = SMS_SUBMIT, .address = "+123456789012345678901"}, XK_E_VALUE},
        {"no septets", {.type = SMS_SUBMIT, .ud = {ud, 3}}, XK_E_VALUE},
        {"udl over ud", {.type = SMS_SUBMIT, .dcs = 4, .udl = 4, .ud = {ud, 3}}, XK_E_VALUE},
        {"udl under ud", {.type = SMS_SUBMIT, .dcs = 4, .udl = 2, .ud = {ud, 3}}, XK_E_VALUE},
        {"bad TP-FCS", {.type = SMS_DELIVER_REPORT, .status = 0x7F}, XK_E_VALUE},
        {"no type", {.type = (enum sms_type)9}, XK_E_VALUE},
        {"12 characters",
         {.type = SMS_DELIVER, .address = "abcdefghijkl", .address_ton_npi = 0xD0},
         XK_E_LIMIT},
        {"not in the alphabet",
         {.type = SMS_DELIVER, .address = "\xE5\x86\x99", .address_ton_npi = 0xD0},
         XK_E_VALUE},
        {"good", {.type = SMS_SUBMIT, .dcs = 4, .ud = {ud, 3}}, XK_OK},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t mem[SMS_TPDU_MAX];
        struct buf b;

        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_INT(sms_encode(&cases[i].t, &b), cases[i].want);
        buf_init_fixed(&b, mem, 5);
        CHECK(sms_encode(&cases[i].t, &b) != XK_OK);
    }
}

TEST(addresses)
{
    struct vectors v;

    vectors_open(&v, "sms/address.txt");
    while (vectors_next(&v)) {
        struct cur c = cur_of(vectors_hex(&v, "field"));
        uint8_t mem[16], type = 0;
        char number[SMS_NUMBER_TEXT];
        struct buf b;

        CHECK_OK(address_decode_tp(&c, number, &type));
        CHECK_OK(cur_end(&c));
        CHECK_STR(number, vectors_text(&v, "number"));
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(address_encode_tp(number, vectors_hex(&v, "type").p[0], &b));
        CHECK_HEX(buf_bytes(&b), vectors_text(&v, "field"));
    }
}

/* TS 23.038 4 */
TEST(alphabets)
{
    static const struct {
        uint8_t dcs;
        enum sms_alphabet want;
    } cases[] = {
        {0x00, SMS_GSM7}, {0x04, SMS_8BIT}, {0x08, SMS_UCS2}, {0x0C, SMS_GSM7}, {0x16, SMS_8BIT},
        {0x18, SMS_UCS2}, {0x20, SMS_8BIT}, {0x44, SMS_8BIT}, {0x48, SMS_UCS2}, {0x80, SMS_GSM7},
        {0xB4, SMS_GSM7}, {0xC0, SMS_GSM7}, {0xD4, SMS_GSM7}, {0xE0, SMS_UCS2}, {0xF0, SMS_GSM7},
        {0xF4, SMS_8BIT}, {0xF6, SMS_8BIT}, {0xF2, SMS_GSM7},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_INT(sms_dcs_alphabet(cases[i].dcs), cases[i].want);
}

static void random_address(struct xk_prng *r, struct sms_tpdu *t)
{
    static const char digits[] = "0123456789*#abc";
    size_t n = xk_prng_below(r, ADDRESS_DIGITS_MAX + 1);
    size_t at = 0;

    if (n > 0 && xk_prng_chance(r, 500))
        t->address[at++] = '+';
    while (n-- > 0)
        t->address[at++] = digits[xk_prng_below(r, sizeof digits - 1)];
    t->address_ton_npi = t->address[0] == '+' ? 0x91 : 0x81;
}

static struct sms_tpdu random_tpdu(struct xk_prng *r, uint8_t *ud)
{
    struct xk_rand fill = xk_rand_prng(r);
    struct sms_tpdu t = {.type = (enum sms_type)xk_prng_below(r, SMS_STATUS_REPORT + 1)};
    bool report = t.type == SMS_DELIVER_REPORT || t.type == SMS_SUBMIT_REPORT;

    t.udhi = xk_prng_chance(r, 500);
    t.dcs = (uint8_t)xk_prng_next(r);
    t.pid = (uint8_t)xk_prng_next(r);
    t.udl = (uint8_t)xk_prng_below(r, SMS_UD_MAX + 1);
    t.ud.n = sms_dcs_alphabet(t.dcs) == SMS_GSM7 ? (t.udl * 7u + 7) / 8 : t.udl;
    t.ud.p = ud;
    xk_rand_fill(&fill, ud, t.ud.n);
    if (report)
        t.status = xk_prng_chance(r, 500) ? 0x80 | (uint8_t)xk_prng_next(r) : 0;
    else
        random_address(r, &t);
    if (t.type != SMS_SUBMIT && t.type != SMS_DELIVER_REPORT)
        xk_rand_fill(&fill, t.scts, sizeof t.scts);
    t.more_to_send =
        (t.type == SMS_DELIVER || t.type == SMS_STATUS_REPORT) && xk_prng_chance(r, 500);
    t.reply_path = (t.type == SMS_DELIVER || t.type == SMS_SUBMIT) && xk_prng_chance(r, 500);
    t.status_report = !report && xk_prng_chance(r, 500);
    if (t.type == SMS_SUBMIT) {
        t.mr = (uint8_t)xk_prng_next(r);
        t.has_vp = xk_prng_chance(r, 500);
        t.vp = t.has_vp ? (uint8_t)xk_prng_next(r) : 0;
        if (!t.has_vp && xk_prng_chance(r, 500)) {
            t.vp_long_format = SMS_VP_ENHANCED;
            xk_rand_fill(&fill, t.vp_long, sizeof t.vp_long);
        }
    }
    if (t.type == SMS_STATUS_REPORT) {
        t.status = (uint8_t)xk_prng_next(r);
        xk_rand_fill(&fill, t.discharge, sizeof t.discharge);
    }
    return t;
}

static void check_same(const struct sms_tpdu *a, const struct sms_tpdu *b)
{
    CHECK_INT(a->type, b->type);
    CHECK_INT(a->more_to_send, b->more_to_send);
    CHECK_INT(a->reject_duplicates, b->reject_duplicates);
    CHECK_INT(a->status_report, b->status_report);
    CHECK_INT(a->udhi, b->udhi);
    CHECK_INT(a->reply_path, b->reply_path);
    CHECK_INT(a->mr, b->mr);
    CHECK_STR(a->address, b->address);
    CHECK_INT(a->address_ton_npi, b->address_ton_npi);
    CHECK_INT(a->pid, b->pid);
    CHECK_INT(a->dcs, b->dcs);
    CHECK(memcmp(a->scts, b->scts, sizeof a->scts) == 0);
    CHECK(memcmp(a->discharge, b->discharge, sizeof a->discharge) == 0);
    CHECK_INT(a->status, b->status);
    CHECK_INT(a->has_vp, b->has_vp);
    CHECK_INT(a->vp, b->vp);
    CHECK_INT(a->vp_long_format, b->vp_long_format);
    CHECK(memcmp(a->vp_long, b->vp_long, sizeof a->vp_long) == 0);
    CHECK_INT(a->udl, b->udl);
    CHECK(bytes_eq(a->ud, b->ud));
}

TEST(reads_what_it_writes)
{
    struct xk_prng r = {.state = 23040};

    for (int i = 0; i < 5000; i++) {
        uint8_t ud[SMS_UD_MAX], mem[SMS_TPDU_MAX];
        struct sms_tpdu t = random_tpdu(&r, ud), back;
        bool from_ms = t.type == SMS_SUBMIT || t.type == SMS_DELIVER_REPORT;
        struct buf b;

        buf_init_fixed(&b, mem, sizeof mem);
        REQUIRE(sms_encode(&t, &b) == XK_OK);
        REQUIRE(sms_decode(from_ms ? SMS_FROM_MS : SMS_TO_MS, buf_bytes(&b), &back) == XK_OK);
        check_same(&back, &t);
    }
}

TESTS_MAIN(XT_CASE(messages_of_others), XT_CASE(bad_messages_of_others), XT_CASE(deliver_fields),
           XT_CASE(submit_fields), XT_CASE(deliver_reports), XT_CASE(reports_from_the_network),
           XT_CASE(reserved_indicator_is_deliver), XT_CASE(refuses_any_other_length),
           XT_CASE(refuses), XT_CASE(user_data_has_a_limit), XT_CASE(encode_refuses),
           XT_CASE(addresses), XT_CASE(alphabets), XT_CASE(reads_what_it_writes))
