/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "codec/sms/sms.h"
#include "xt.h"

#define WIRE_MAX 256

struct wire {
    uint8_t p[WIRE_MAX];
    size_t n;
};

/* Spaces in the text are for people. */
static struct bytes wire(struct wire *w, const char *hex)
{
    char dense[2 * WIRE_MAX + 1];
    size_t n = 0;

    for (; *hex && n < sizeof dense - 1; hex++)
        if (*hex != ' ')
            dense[n++] = *hex;
    if (hex_decode(BYTES(dense, n), w->p, sizeof w->p, &w->n) != XK_OK)
        xt_fail(__FILE__, __LINE__, "bad hex in the test");
    return BYTES(w->p, w->n);
}

static void check_text(const struct sms_tpdu *t, const char *want)
{
    char text[500];
    struct buf b;

    buf_init_fixed(&b, text, sizeof text);
    CHECK_OK(sms_gsm7_unpack(t->ud, t->udl, &b));
    CHECK_STR(buf_cstr(&b), want);
}

/* 7-bit text both ways: the messages that teach PDU mode everywhere */
TEST(deliver_text)
{
    static const char hex[] = "04 0B911346610089F6 00 00 20806291731408 0C C8F71D14969741F977FD07";
    struct wire w;
    struct sms_tpdu t;
    uint8_t mem[SMS_TPDU_MAX];
    struct buf out;

    REQUIRE(sms_decode(SMS_TO_MS, wire(&w, hex), &t) == XK_OK);
    CHECK_INT(t.type, SMS_DELIVER);
    CHECK_STR(t.address, "+31641600986");
    CHECK_INT(t.address_ton_npi, 0x91);
    CHECK(!t.more_to_send && !t.udhi && !t.status_report && !t.reply_path);
    CHECK_INT(t.udl, 12);
    CHECK_HEX(BYTES_OF(t.scts), "20806291731408");
    check_text(&t, "How are you?");
    buf_init_fixed(&out, mem, sizeof mem);
    CHECK_OK(sms_encode(&t, &out));
    CHECK_HEX(buf_bytes(&out), hex);
}

TEST(submit_text)
{
    static const char hex[] = "11 00 0B916407281553F8 00 00 AA 0A E8329BFD4697D9EC37";
    struct wire w;
    struct sms_tpdu t;
    uint8_t mem[SMS_TPDU_MAX];
    struct buf out;

    REQUIRE(sms_decode(SMS_FROM_MS, wire(&w, hex), &t) == XK_OK);
    CHECK_INT(t.type, SMS_SUBMIT);
    CHECK_STR(t.address, "+46708251358");
    CHECK(t.has_vp);
    CHECK_INT(sms_vp_minutes(t.vp), 4 * 24 * 60);
    check_text(&t, "hellohello");
    buf_init_fixed(&out, mem, sizeof mem);
    CHECK_OK(sms_encode(&t, &out));
    CHECK_HEX(buf_bytes(&out), hex);
}

TEST(split_and_join)
{
    uint8_t packet[1000];
    struct sms_parts parts;
    struct sms_reassembly *r = sms_reassembly_new();
    struct sms_udh head;
    struct bytes out;

    for (size_t i = 0; i < sizeof packet; i++)
        packet[i] = (uint8_t)(i * 7);
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES_OF(packet), 0x5A, &parts));
    CHECK_INT(parts.n, 8);
    CHECK_HEX(BYTES(parts.part[0].ud, 8), "07 00035A0801 7000");
    CHECK_HEX(BYTES(parts.part[7].ud, 6), "05 00035A0808");
    for (size_t i = parts.n; i > 0; i--) {
        CHECK_OK(sms_reassembly_feed(
            r, "+86138", BYTES(parts.part[i - 1].ud, parts.part[i - 1].ud_n), &head, &out));
        CHECK_INT(out.n, i == 1 ? sizeof packet : 0);
    }
    CHECK(bytes_eq(out, BYTES_OF(packet)));
    CHECK(head.command_packet);
    sms_reassembly_free(r);
}

TESTS_MAIN(XT_CASE(deliver_text), XT_CASE(submit_text), XT_CASE(split_and_join))
