/* SPDX-License-Identifier: Apache-2.0 */
/* User data headers (TS 23.040 9.2.3.24), secured packets in parts (TS 31.115 4), reassembly. */
#include "base/clock.h"
#include "codec/sms/sms.h"
#include "xt.h"
#include "xt_vectors.h"

static struct bytes part_of(const struct sms_parts *p, size_t i)
{
    return BYTES(p->part[i].ud, p->part[i].ud_n);
}

static void fill(uint8_t *out, size_t n, uint8_t seed)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(i * 31 + seed);
}

static const char *kind(const struct sms_udh *h)
{
    if (h->command_packet && h->response_packet)
        return "both";
    return h->command_packet ? "command" : h->response_packet ? "response" : "-";
}

TEST(headers_of_others)
{
    struct vectors v;

    vectors_open(&v, "sms/udh.txt");
    while (vectors_next(&v)) {
        struct sms_udh h;
        struct bytes payload;

        REQUIRE(sms_decode_udh(vectors_hex(&v, "ud"), &h, &payload) == XK_OK);
        CHECK_INT(h.ref, vectors_number(&v, "ref"));
        CHECK_INT(h.total, vectors_number(&v, "total"));
        CHECK_INT(h.seq, vectors_number(&v, "seq"));
        CHECK_INT(h.concat, h.total > 0);
        CHECK_INT(h.ref16, h.ref > 255);
        CHECK_STR(kind(&h), vectors_text(&v, "kind"));
        CHECK_HEX(payload, vectors_text(&v, "payload"));
    }
}

TEST(order_of_elements_does_not_matter)
{
    static const uint8_t orders[][8] = {
        {7, 0, 3, 9, 2, 1, 0x70, 0},
        {7, 0x70, 0, 0, 3, 9, 2, 1},
    };
    struct sms_udh h;
    struct bytes payload;

    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        CHECK_OK(sms_decode_udh(BYTES_OF(orders[i]), &h, &payload));
        CHECK(h.concat && !h.ref16 && h.command_packet && !h.response_packet);
        CHECK_INT(h.ref, 9);
        CHECK_INT(payload.n, 0);
    }
}

TEST(refuses_headers)
{
    static const char *const bad[] = {
        "",                 /* none */
        "01",               /* longer than the message */
        "0170",             /* element without a length */
        "027001",           /* element longer than the header */
        "0400020102",       /* concatenation of 2 octets */
        "060004010201AA",   /* and of 4 */
        "05080301020100",   /* 16-bit reference with 3 octets */
        "050003010001",     /* part 1 of 0 */
        "050003010200",     /* part 0 of 2 */
        "050003010203",     /* part 3 of 2 */
        "0608040001000102", /* total 0 */
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t ud[16];
        size_t n = 0;
        struct sms_udh h = {.total = 77};
        struct bytes payload = {.n = 78};

        CHECK_OK(hex_decode(bytes_cstr(bad[i]), ud, sizeof ud, &n));
        CHECK_INT(sms_decode_udh(BYTES(ud, n), &h, &payload), XK_E_FORMAT);
        CHECK_INT(h.total, 77);
        CHECK_INT(payload.n, 78);
    }
}

/* 137 octets fit one message, 132 the first of several, 134 each further. */
TEST(splits_at_the_limits)
{
    static const struct {
        size_t n, parts, last;
    } cases[] = {
        {0, 1, 3},   {1, 1, 4},     {137, 1, 140}, {138, 2, 12},    {266, 2, 140},
        {267, 3, 7}, {400, 3, 140}, {401, 4, 7},   {2678, 20, 140},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t packet[SMS_PACKET_MAX];
        struct sms_parts parts;

        fill(packet, sizeof packet, 1);
        REQUIRE(sms_split_packet(SMS_IEI_RESPONSE_PACKET, BYTES(packet, cases[i].n), 0x5A,
                                 &parts) == XK_OK);
        CHECK_INT(parts.n, cases[i].parts);
        CHECK_INT(parts.part[parts.n - 1].ud_n, cases[i].last);
        for (size_t k = 0; k + 1 < parts.n; k++)
            CHECK_INT(parts.part[k].ud_n, SMS_UD_MAX);
    }
}

TEST(split_headers)
{
    uint8_t packet[300];
    struct sms_parts parts = {.n = 77};

    fill(packet, sizeof packet, 0);
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES(packet, 2), 0x5A, &parts));
    CHECK_HEX(part_of(&parts, 0), "02 70 00 00 1F");
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES_OF(packet), 0x5A, &parts));
    CHECK_HEX(bytes_part(part_of(&parts, 0), 0, 10), "07 00 03 5A 03 01 70 00 00 1F");
    CHECK_HEX(bytes_part(part_of(&parts, 1), 0, 6), "05 00 03 5A 03 02");
    CHECK_HEX(bytes_part(part_of(&parts, 2), 0, 6), "05 00 03 5A 03 03");
}

TEST(refuses_to_split_too_much)
{
    static uint8_t packet[2679];
    struct sms_parts parts = {.n = 77};

    CHECK_INT(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES_OF(packet), 1, &parts), XK_E_LIMIT);
    CHECK_INT(parts.n, 77);
}

struct joined {
    struct sms_reassembly *r;
    struct sms_udh head;
    struct bytes out;
};

static enum xk_err feed(struct joined *j, const char *sender, struct bytes ud)
{
    return sms_reassembly_feed(j->r, sender, ud, &j->head, &j->out);
}

static void shuffle(struct xk_prng *r, size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t k = xk_prng_below(r, (uint32_t)i);
        size_t t = order[i - 1];

        order[i - 1] = order[k];
        order[k] = t;
    }
}

/* Any packet, parts in any order, some twice. */
TEST(joins_what_was_split)
{
    struct xk_prng r = {.state = 31115};
    struct joined j = {.r = sms_reassembly_new()};

    for (int round = 0; round < 500; round++) {
        uint8_t packet[SMS_PACKET_MAX];
        size_t n = xk_prng_below(&r, 2679), order[SMS_PARTS_MAX];
        struct sms_parts p;

        fill(packet, n, (uint8_t)round);
        REQUIRE(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES(packet, n), (uint8_t)round, &p) ==
                XK_OK);
        shuffle(&r, order, p.n);
        for (size_t i = 0; i < p.n; i++) {
            CHECK_OK(feed(&j, "+8613800000000", part_of(&p, order[i])));
            CHECK_INT(j.out.n, i + 1 == p.n ? n : 0);
            if (i + 1 < p.n && xk_prng_chance(&r, 300))
                CHECK_OK(feed(&j, "+8613800000000", part_of(&p, order[i])));
        }
        CHECK(bytes_eq(j.out, BYTES(packet, n)));
        CHECK(j.head.command_packet && !j.head.response_packet);
    }
    sms_reassembly_free(j.r);
}

TEST(joins_16_bit_references)
{
    static const uint8_t one[] = {8, 8, 4, 0, 0x34, 2, 1, 0x71, 0, 'a', 'b'};
    static const uint8_t two[] = {6, 8, 4, 0, 0x34, 2, 2, 'c'};
    static const uint8_t eight_bit[] = {5, 0, 3, 0x34, 2, 1, 'x'};
    struct joined j = {.r = sms_reassembly_new()};

    CHECK_OK(feed(&j, "1", BYTES_OF(eight_bit))); /* another message under the same number */
    CHECK_OK(feed(&j, "1", BYTES_OF(two)));
    CHECK_INT(j.out.n, 0);
    CHECK_OK(feed(&j, "2", BYTES_OF(one))); /* another sender */
    CHECK_INT(j.out.n, 0);
    CHECK_OK(feed(&j, "1", BYTES_OF(one)));
    CHECK_HEX(j.out, "616263");
    CHECK(j.head.response_packet && j.head.ref16);
    CHECK_INT(j.head.seq, 1);
    sms_reassembly_free(j.r);
}

TEST(head_of_a_plain_message_is_its_first_part)
{
    static const uint8_t one[] = {5, 0, 3, 1, 2, 1, 'a'};
    static const uint8_t two[] = {5, 0, 3, 1, 2, 2, 'b'};
    struct joined j = {.r = sms_reassembly_new()};

    CHECK_OK(feed(&j, "1", BYTES_OF(one)));
    CHECK_OK(feed(&j, "1", BYTES_OF(two)));
    CHECK_HEX(j.out, "6162");
    CHECK_INT(j.head.seq, 1);
    CHECK(!j.head.command_packet && !j.head.response_packet);
    sms_reassembly_free(j.r);
}

/* A new message under an old reference: parts of the old one do not get into it. */
TEST(other_contents_begin_anew)
{
    static const uint8_t old_one[] = {5, 0, 3, 1, 3, 1, 'a'};
    static const uint8_t old_two[] = {5, 0, 3, 1, 3, 2, 'b'};
    static const uint8_t one[] = {5, 0, 3, 1, 3, 1, 'A'};
    static const uint8_t two[] = {5, 0, 3, 1, 3, 2, 'B'};
    static const uint8_t three[] = {5, 0, 3, 1, 3, 3, 'C'};
    struct joined j = {.r = sms_reassembly_new()};

    CHECK_OK(feed(&j, "1", BYTES_OF(old_one)));
    CHECK_OK(feed(&j, "1", BYTES_OF(old_two)));
    CHECK_OK(feed(&j, "1", BYTES_OF(one)));
    CHECK_OK(feed(&j, "1", BYTES_OF(three)));
    CHECK_INT(j.out.n, 0);
    CHECK_OK(feed(&j, "1", BYTES_OF(two)));
    CHECK_HEX(j.out, "414243");
    sms_reassembly_free(j.r);
}

static struct bytes first_of(uint8_t ref, uint8_t ud[7])
{
    const uint8_t bytes[7] = {5, 0, 3, ref, 2, 1, ref};

    memcpy(ud, bytes, sizeof bytes);
    return BYTES(ud, 7);
}

static struct bytes second_of(uint8_t ref, uint8_t ud[7])
{
    const uint8_t bytes[7] = {5, 0, 3, ref, 2, 2, ref};

    memcpy(ud, bytes, sizeof bytes);
    return BYTES(ud, 7);
}

TEST(the_oldest_gives_way)
{
    struct joined j = {.r = sms_reassembly_new()};
    uint8_t ud[7];

    for (uint8_t ref = 0; ref <= SMS_REASSEMBLY_SLOTS; ref++)
        CHECK_OK(feed(&j, "1", first_of(ref, ud)));
    for (uint8_t ref = 1; ref <= SMS_REASSEMBLY_SLOTS; ref++) {
        CHECK_OK(feed(&j, "1", second_of(ref, ud)));
        CHECK_INT(j.out.n, 2);
    }
    CHECK_OK(feed(&j, "1", second_of(0, ud)));
    CHECK_INT(j.out.n, 0);
    sms_reassembly_clear(j.r);
    CHECK_OK(feed(&j, "1", first_of(0, ud)));
    CHECK_INT(j.out.n, 0);
    sms_reassembly_free(j.r);
    sms_reassembly_free(NULL);
}

/* Not the first slot, whose message is younger than the others. */
TEST(the_oldest_is_not_the_first_slot)
{
    struct joined j = {.r = sms_reassembly_new()};
    uint8_t ud[7];

    for (uint8_t ref = 0; ref < SMS_REASSEMBLY_SLOTS; ref++)
        CHECK_OK(feed(&j, "1", first_of(ref, ud)));
    CHECK_OK(feed(&j, "1", second_of(0, ud)));
    CHECK_INT(j.out.n, 2);
    CHECK_OK(feed(&j, "1", first_of(20, ud)));
    CHECK_OK(feed(&j, "1", first_of(21, ud)));
    CHECK_OK(feed(&j, "1", second_of(20, ud)));
    CHECK_INT(j.out.n, 2);
    CHECK_OK(feed(&j, "1", second_of(1, ud)));
    CHECK_INT(j.out.n, 0);
    sms_reassembly_free(j.r);
}

TEST(idle_when_nothing_waits)
{
    struct joined j = {.r = sms_reassembly_new()};
    uint8_t ud[7];

    CHECK(sms_reassembly_idle(j.r));
    CHECK_OK(feed(&j, "1", first_of(1, ud)));
    CHECK(!sms_reassembly_idle(j.r));
    CHECK_OK(feed(&j, "1", second_of(1, ud)));
    CHECK(sms_reassembly_idle(j.r));
    sms_reassembly_free(j.r);
}

TEST(reassembly_refuses)
{
    static const uint8_t many[] = {5, 0, 3, 1, SMS_PARTS_MAX + 1, 1, 'a'};
    static const uint8_t no_header[] = {9};
    static const uint8_t too_long[SMS_UD_MAX + 1] = {0};
    struct joined j = {.r = sms_reassembly_new()};

    CHECK_INT(feed(&j, "1", BYTES_OF(many)), XK_E_LIMIT);
    CHECK_INT(feed(&j, "1", BYTES_OF(no_header)), XK_E_FORMAT);
    CHECK_INT(feed(&j, "1", BYTES_NONE), XK_E_FORMAT);
    CHECK_INT(feed(&j, "1", BYTES_OF(too_long)), XK_E_LIMIT);
    sms_reassembly_free(j.r);
}

TEST(one_part_of_one_is_whole)
{
    static const uint8_t ud[] = {7, 0, 3, 1, 1, 1, 0x70, 0, 'a'};
    struct joined j = {.r = sms_reassembly_new()};

    CHECK_OK(feed(&j, "1", BYTES_OF(ud)));
    CHECK_HEX(j.out, "61");
    CHECK(j.head.command_packet);
    sms_reassembly_free(j.r);
}

TESTS_MAIN(XT_CASE(headers_of_others), XT_CASE(order_of_elements_does_not_matter),
           XT_CASE(refuses_headers), XT_CASE(splits_at_the_limits), XT_CASE(split_headers),
           XT_CASE(refuses_to_split_too_much), XT_CASE(joins_what_was_split),
           XT_CASE(joins_16_bit_references), XT_CASE(head_of_a_plain_message_is_its_first_part),
           XT_CASE(other_contents_begin_anew), XT_CASE(the_oldest_gives_way),
           XT_CASE(the_oldest_is_not_the_first_slot), XT_CASE(idle_when_nothing_waits),
           XT_CASE(reassembly_refuses), XT_CASE(one_part_of_one_is_whole))
