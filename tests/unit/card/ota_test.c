/* SPDX-License-Identifier: Apache-2.0 */
/* SCP80 on the card (TS 102 225, TS 31.115) and every refusal: nothing on the card changes */
#include "crypto/hash.h"
#include "snapshot.h"

#define PREPARE_KEEP (SCRIPT_PREPARE | SCRIPT_KEEP_SEED)

struct refusal {
    struct snapshot before, after;
};

static void before(struct bench *b, struct refusal *r)
{
    snapshot_take(&b->r.port, &r->before);
}

/* Nothing but, perhaps, the counter has changed. */
static bool unchanged(struct bench *b, struct refusal *r)
{
    snapshot_take(&b->r.port, &r->after);
    return snapshot_same(&r->before, &r->after) && usim_check(b->r.card) == XK_OK;
}

static bool untouched(struct bench *b, struct refusal *r)
{
    return unchanged(b, r) && memcmp(r->before.down, r->after.down, 5) == 0;
}

static struct bytes prepare_script(struct bench *b, struct bench_wire *wire)
{
    struct script s = bench_script(1, PREPARE_KEEP);

    return bench_encode(b, &s, wire);
}

/* A packet as the row bends it; the status in the proof of receipt. */
TEST(statuses_of_the_head)
{
    static const struct {
        const char *what;
        uint8_t spi1, kic, kid, tar0, status;
    } rows[] = {
        {"right", 0x16, 0x12, 0x12, 0xB0, SCP80_POR_OK},
        {"exactly one more", 0x1E, 0x12, 0x12, 0xB0, SCP80_POR_OK},
        {"another TAR", 0x16, 0x12, 0x12, 0xB1, SCP80_TAR_UNKNOWN},
        {"no cipher", 0x12, 0x12, 0x12, 0xB0, SCP80_INSUFFICIENT_SECURITY},
        {"no counter", 0x06, 0x12, 0x12, 0xB0, SCP80_INSUFFICIENT_SECURITY},
        {"counter not checked", 0x0E, 0x12, 0x12, 0xB0, SCP80_INSUFFICIENT_SECURITY},
        {"checksum only", 0x15, 0x12, 0x15, 0xB0, SCP80_INSUFFICIENT_SECURITY},
        {"nothing", 0x00, 0x12, 0x12, 0xB0, SCP80_INSUFFICIENT_SECURITY},
        {"another key set", 0x16, 0x22, 0x22, 0xB0, SCP80_UNIDENTIFIED_SECURITY},
        {"another algorithm", 0x16, 0x15, 0x12, 0xB0, SCP80_UNIDENTIFIED_SECURITY},
    };
    struct bench_wire wire;
    uint8_t packet[512];
    struct refusal r;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scp80_command c;
        struct scp80_response por;
        struct bench b;

        bench_init(&b);
        c = bench_command(&b, prepare_script(&b, &wire));
        c.spi1 = rows[i].spi1;
        c.spi2 = 0x01; /* plain PoR in the report */
        c.kic = rows[i].kic;
        c.kid = rows[i].kid;
        c.tar[0] = rows[i].tar0;
        before(&b, &r);
        bench_deliver(&b, BYTES(packet, bench_seal(&b, &c, packet, sizeof packet)));
        xt_check_int(__FILE__, (int)i, rows[i].what, b.r.sw >> 8, 0x61);
        rig_send(&b.r, (char[]){'8', '0', 'C', '0', '0', '0', '0', '0',
                                "0123456789ABCDEF"[(b.r.sw >> 4) & 15],
                                "0123456789ABCDEF"[b.r.sw & 15], 0});
        CHECK_HEX(bytes_part(b.r.data, 0, 3), "027100");
        CHECK_OK(scp80_open_response(bytes_part(b.r.data, 3, 255), 0x01, 0x12, 0x12, &b.keys,
                                     b.plain, &por));
        xt_check_int(__FILE__, (int)i, rows[i].what, por.status, rows[i].status);
        CHECK_HEX(BYTES_OF(por.tar), rows[i].tar0 == 0xB0 ? "B0584B" : "B1584B");
        if (rows[i].status != SCP80_POR_OK)
            CHECK(untouched(&b, &r));
        bench_fini(&b);
    }
}

TEST(por_only_as_asked)
{
    static const struct {
        const char *what;
        uint8_t spi2;
        bool bad, report, sms;
    } rows[] = {
        {"none", 0x38, false, false, false},
        {"none, error", 0x38, true, false, false},
        {"on error, fine", 0x3A, false, false, false},
        {"on error, bad", 0x3A, true, false, true},
        {"always, in the report", 0x19, false, true, false},
        {"always, by message", 0x39, false, false, true},
        {"a level that cannot be", 0x0D, false, false, false},
    };
    struct bench_wire wire;
    uint8_t packet[512];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scp80_command c;
        struct bench b;
        size_t n;

        bench_init(&b);
        c = bench_command(&b, prepare_script(&b, &wire));
        c.spi2 = rows[i].spi2;
        n = bench_seal(&b, &c, packet, sizeof packet);
        packet[n - 1] ^= rows[i].bad;
        bench_deliver(&b, BYTES(packet, n));
        xt_check_int(__FILE__, (int)i, rows[i].what, b.r.sw >> 8,
                     rows[i].report ? 0x61
                     : rows[i].sms  ? 0x91
                                    : 0x90);
        bench_serve(&b, ALL);
        CHECK_INT(b.sms, rows[i].sms);
        bench_fini(&b);
    }
}

/* 2G: the same by class A0 and 9Fxx. */
TEST(por_in_the_report_of_class_a0)
{
    struct bench_wire wire;
    struct scp80_command c;
    uint8_t packet[512];
    struct sms_parts parts;
    struct bench b;

    bench_init(&b);
    c = bench_command(&b, prepare_script(&b, &wire));
    c.spi2 = 0x01;
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET,
                              BYTES(packet, bench_seal(&b, &c, packet, sizeof packet)), 1, &parts));
    for (size_t i = 0; i < parts.n; i++) {
        uint8_t apdu[5 + 8 + 2 + 2 + 14 + 2 + 150] = {0xA0, 0xC2, 0, 0};
        struct sms_tpdu t = {.type = SMS_DELIVER,
                             .udhi = true,
                             .pid = 0x7F,
                             .dcs = 0xF6,
                             .address = "106590",
                             .ud = BYTES(parts.part[i].ud, parts.part[i].ud_n)};
        uint8_t tpdu[SMS_TPDU_MAX];
        struct cat_sms_pp e = {.smsc = BYTES_NONE};
        struct buf bt, bd;

        buf_init_fixed(&bt, tpdu, sizeof tpdu);
        buf_init_fixed(&bd, apdu + 5, sizeof apdu - 5);
        CHECK_OK(sms_encode(&t, &bt));
        e.tpdu = buf_bytes(&bt);
        CHECK_OK(cat_encode_sms_pp(&e, &bd));
        apdu[4] = (uint8_t)bd.n;
        rig_bytes(&b.r, BYTES(apdu, 5 + bd.n));
    }
    CHECK_INT(b.r.sw >> 8, 0x9F);
    bench_fini(&b);
}

TEST(tampered_in_every_byte)
{
    struct bench_wire wire;
    struct scp80_command c;
    uint8_t packet[512], bent[512];
    struct refusal r;
    struct bench b;
    size_t n;

    bench_init(&b);
    c = bench_command(&b, prepare_script(&b, &wire));
    n = bench_seal(&b, &c, packet, sizeof packet);
    before(&b, &r);
    for (size_t i = 0; i < n; i++) {
        for (unsigned bit = 0; bit < 8; bit += 3) {
            memcpy(bent, packet, n);
            bent[i] ^= (uint8_t)(1u << bit);
            b.counter++; /* another reference */
            bench_deliver(&b, BYTES(bent, n));
            if (b.r.sw >> 8 == 0x91) /* some bits only change what is wanted as an answer */
                rig_reset(&b.r), bench_start(&b);
            if (!untouched(&b, &r)) {
                xt_check_int(__FILE__, __LINE__, "tampered byte", (int64_t)i, -1);
                i = n;
                break;
            }
        }
    }
    bench_deliver(&b, BYTES(packet, n)); /* the right one still works */
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    bench_fini(&b);
}

TEST(bad_checksum_is_told_to_the_platform_on_record)
{
    struct bench_wire wire;
    struct scp80_command c;
    uint8_t packet[512];
    struct sms_parts parts;
    struct bench b;
    size_t n;

    bench_init(&b);
    c = bench_command(&b, prepare_script(&b, &wire));
    n = bench_seal(&b, &c, packet, sizeof packet);
    packet[n - 1] ^= 1;
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES(packet, n), 9, &parts));
    for (size_t i = 0; i < parts.n; i++)
        bench_envelope(&b, BYTES(parts.part[i].ud, parts.part[i].ud_n), "+8816123456");
    bench_serve(&b, ALL);
    CHECK(b.has_por && !b.has_report);
    CHECK_INT(b.por.status, SCP80_RC_CC_DS_FAILED);
    CHECK_STR(b.sms_to, RIG_PLATFORM);
    for (int k = 0; k < 20; k++) { /* not without end */
        for (size_t i = 0; i < parts.n; i++)
            bench_envelope(&b, BYTES(parts.part[i].ud, parts.part[i].ud_n), "+8816123456");
        bench_serve(&b, ALL);
    }
    CHECK_INT(b.sms, 8);
    bench_run(&b, 1, PREPARE_KEEP); /* the platform is answered */
    bench_serve(&b, ALL);
    CHECK_INT(b.sms, 9);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    bench_fini(&b);
}

TEST(truncated)
{
    struct bench_wire wire;
    struct scp80_command c;
    uint8_t packet[512];
    struct refusal r;
    struct bench b;
    size_t n;

    bench_init(&b);
    c = bench_command(&b, prepare_script(&b, &wire));
    n = bench_seal(&b, &c, packet, sizeof packet);
    before(&b, &r);
    for (size_t i = 1; i < n; i++) {
        b.counter++;
        bench_deliver(&b, BYTES(packet, i));
        CHECK_INT(b.r.err, XK_OK);
        if (b.r.sw >> 8 == 0x91)
            rig_reset(&b.r), bench_start(&b);
    }
    CHECK(untouched(&b, &r));
    bench_fini(&b);
}

TEST(counters)
{
    struct bench_wire wire;
    struct scp80_command c;
    struct sms_parts parts;
    uint8_t packet[512];
    struct refusal r;
    struct bench b;
    size_t n;

    bench_init(&b);
    b.counter = 10;
    c = bench_command(&b, prepare_script(&b, &wire));
    n = bench_seal(&b, &c, packet, sizeof packet);
    bench_deliver(&b, BYTES(packet, n));
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    before(&b, &r);
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES(packet, n), 9, &parts));
    for (size_t i = 0; i < parts.n; i++) /* replayed by somebody */
        bench_envelope(&b, BYTES(parts.part[i].ud, parts.part[i].ud_n), "+8816123456");
    bench_serve(&b, ALL);
    CHECK_STR(b.sms_to, RIG_PLATFORM);
    CHECK_INT(b.por.status, SCP80_CNTR_LOW);
    CHECK(b.has_report);
    CHECK_INT(b.report.result, SCRIPT_REPLAYED);
    CHECK_INT(b.report.counter, 10);
    CHECK_HEX(BYTES_OF(b.report.task_id), "7461736B 00000001");
    CHECK(untouched(&b, &r));
    b.counter = 12;
    c = bench_command(&b, prepare_script(&b, &wire));
    c.spi1 = 0x1E; /* 12 is not 10 + 1 */
    bench_deliver(&b, BYTES(packet, bench_seal(&b, &c, packet, sizeof packet)));
    bench_serve(&b, ALL);
    CHECK_INT(b.por.status, SCP80_CNTR_HIGH);
    CHECK(untouched(&b, &r));
    b.counter = SCP80_COUNTER_MAX;
    c = bench_command(&b, prepare_script(&b, &wire));
    bench_deliver(&b, BYTES(packet, bench_seal(&b, &c, packet, sizeof packet)));
    bench_serve(&b, ALL);
    CHECK_INT(b.por.status, SCP80_POR_OK);
    b.counter = SCP80_COUNTER_MAX;
    c = bench_command(&b, prepare_script(&b, &wire));
    bench_deliver(&b, BYTES(packet, bench_seal(&b, &c, packet, sizeof packet)));
    bench_serve(&b, ALL);
    CHECK_INT(b.por.status, SCP80_CNTR_BLOCKED);
    CHECK_INT(bench_state(&b).down_counter, (int64_t)SCP80_COUNTER_MAX);
    bench_fini(&b);
}

TEST(counter_stays_over_power_off)
{
    struct bench b;
    struct usim *again;

    bench_init(&b);
    b.counter = 77;
    bench_run(&b, 1, PREPARE_KEEP);
    usim_free(b.r.card);
    b.r.card = NULL;
    CHECK_OK(usim_open(&b.r.port, &b.r.rand, &again));
    b.r.card = again;
    CHECK_INT(bench_state(&b).down_counter, 77);
    CHECK(bench_state(&b).prepared);
    bench_fini(&b);
}

/* Scripts that are authentic and still refused: result byte, detail, nothing changed. */
static void expect(struct bench *b, struct bytes script, uint8_t result, uint16_t detail)
{
    struct refusal r;

    before(b, &r);
    bench_send(b, script);
    bench_serve(b, ALL);
    CHECK(b->has_por && b->has_report);
    CHECK_INT(b->por.status, SCP80_POR_OK);
    CHECK_INT(b->report.result, result);
    CHECK_INT(b->report.detail, detail);
    CHECK(unchanged(b, &r));
}

static void bend(struct bytes script, size_t at, uint8_t bits, struct bench_wire *out)
{
    memcpy(out->p, script.p, script.n);
    out->n = script.n;
    out->p[at] ^= bits;
}

TEST(refused_scripts)
{
    struct bench_wire wire, bent;
    uint8_t lists[300];
    struct bytes good;
    struct script s;
    struct buf w;
    struct bench b;

    bench_init(&b);
    good = prepare_script(&b, &wire);
    for (size_t i = 3; i < good.n; i++) { /* a byte bent inside: digest, lengths, order */
        bend(good, i, 0x01, &bent);
        bench_send(&b, BYTES(bent.p, bent.n));
        bench_serve(&b, ALL);
        CHECK(b.has_report && b.report.result >= SCRIPT_BAD_MAC);
        CHECK(!bench_state(&b).prepared);
    }
    bend(good, good.n - 1, 0x01, &bent);
    expect(&b, BYTES(bent.p, bent.n), SCRIPT_BAD_MAC, 0x6982);
    bend(good, 2, 0x08, &bent);
    expect(&b, BYTES(bent.p, bent.n), SCRIPT_BAD_VERSION, 0x6A81);
    expect(&b, bytes_part(good, 0, good.n - 5), SCRIPT_BAD_LENGTH, 0x6700);
    expect(&b, BYTES_STR("hello"), SCRIPT_BAD_LENGTH, 0x6700);
    expect(&b, BYTES_NONE, SCRIPT_BAD_LENGTH, 0x6700);

    s = bench_script(1, PREPARE_KEEP); /* another card's */
    CHECK_OK(script_cid_encode("89860123456789012341", s.cid));
    expect(&b, bench_encode(&b, &s, &wire), SCRIPT_WRONG_CARD, 0x6985);

    s = bench_script(1, SCRIPT_COMMIT); /* nothing is prepared */
    expect(&b, bench_encode(&b, &s, &wire), SCRIPT_INTERNAL, 0x6A88);

    s = bench_script(1, PREPARE_KEEP); /* an IMSI that is none */
    memset(s.imsi, 0xFF, sizeof s.imsi);
    expect(&b, bench_encode(&b, &s, &wire), SCRIPT_BAD_LENGTH, 0x6A80);
    buf_init_fixed(&w, lists, sizeof lists);
    for (int i = 0; i < 20; i++) /* more networks than the file holds */
        buf_put(&w, "\x64\xF0\x00\x40\x00", 5);
    bent.n = w.n;
    memcpy(bent.p, lists, w.n);
    buf_reset(&w);
    script_put_list(&w, SCRIPT_PLMN_OPLMN_WACT, BYTES(bent.p, bent.n));
    s = bench_script(1, PREPARE_KEEP);
    s.plmn = buf_bytes(&w);
    expect(&b, bench_encode(&b, &s, &wire), SCRIPT_NO_SPACE, 0x6A84);
    buf_reset(&w);
    memset(bent.p, 0, 32);
    script_put_list(&w, SCRIPT_FILES_UST, BYTES(bent.p, 30));
    s = bench_script(1, PREPARE_KEEP);
    s.files = buf_bytes(&w);
    expect(&b, bench_encode(&b, &s, &wire), SCRIPT_NO_SPACE, 0x6A84);
    bench_fini(&b);
}

/* An algorithm we do not have cannot be encoded by the layout; the field is bent and the digest put
 * right again. */
TEST(unknown_algorithm)
{
    struct bench_wire wire;
    struct bytes good, digest;
    struct bench b;
    struct tlv t;
    struct cur c;
    size_t at = 0;

    bench_init(&b);
    good = prepare_script(&b, &wire);
    c = cur_of(good);
    while (c.n > 0 && tlv_next(&c, &t) == XK_OK && t.tag != SCRIPT_TAG_DIGEST)
        if (t.tag == SCRIPT_TAG_ALGORITHM)
            at = (size_t)(t.value.p - good.p);
    wire.p[at] = 0x07;
    digest = t.value;
    CHECK_OK(hash_digest(HASH_SHA256, BYTES(good.p, (size_t)(t.raw.p - good.p)),
                         wire.p + (digest.p - good.p)));
    expect(&b, good, SCRIPT_BAD_ALGORITHM, 0x6A81);
    bench_fini(&b);
}

TEST(oversize)
{
    static uint8_t big[1500];
    struct bench b;

    bench_init(&b);
    memset(big, 0x80, sizeof big);
    expect(&b, BYTES(big, 1100), SCRIPT_NO_SPACE, 0x6A84);
    bench_fini(&b);
}

/* Parts in any order, repeated, of two messages at once; what never gets whole goes with the
 * reset. */
TEST(reassembly)
{
    uint8_t lists[256], p1[1024], p2[1024];
    struct script s = bench_script(1, PREPARE_KEEP);
    struct scp80_command c;
    struct bench_wire wire;
    struct sms_parts a, z;
    struct bench b;
    struct buf w;

    bench_init(&b);
    buf_init_fixed(&w, lists, sizeof lists);
    memset(p1, 0xFF, 250);
    script_put_list(&w, SCRIPT_PLMN_PLMN_WACT, BYTES(p1, 50));
    s.plmn = buf_bytes(&w);
    c = bench_command(&b, bench_encode(&b, &s, &wire));
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES(p1, bench_seal(&b, &c, p1, sizeof p1)),
                              1, &a));
    s = bench_script(2, PREPARE_KEEP);
    c = bench_command(&b, bench_encode(&b, &s, &wire));
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES(p2, bench_seal(&b, &c, p2, sizeof p2)),
                              2, &z));
    CHECK(a.n >= 2 && z.n >= 2);
    for (size_t i = a.n; i-- > 0;) { /* backwards, each twice, mixed with the other one */
        bench_envelope(&b, BYTES(a.part[i].ud, a.part[i].ud_n), RIG_PLATFORM);
        if (i == 0)
            break;
        bench_envelope(&b, BYTES(a.part[i].ud, a.part[i].ud_n), RIG_PLATFORM);
        bench_envelope(&b, BYTES(z.part[i].ud, z.part[i].ud_n), RIG_PLATFORM);
        CHECK_INT(b.r.sw, 0x9000);
    }
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    CHECK_HEX(BYTES_OF(b.report.task_id), "7461736B 00000001");
    for (size_t i = 0; i < z.n; i++)
        bench_envelope(&b, BYTES(z.part[i].ud, z.part[i].ud_n), RIG_PLATFORM);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    CHECK_HEX(BYTES_OF(b.report.task_id), "7461736B 00000002");
    bench_fini(&b);
}

TEST(reassembly_goes_with_the_reset)
{
    struct bench_wire wire;
    struct scp80_command c;
    struct sms_parts parts;
    uint8_t packet[512];
    size_t idle;
    struct bench b;

    bench_init(&b);
    idle = usim_bytes(b.r.card);
    c = bench_command(&b, prepare_script(&b, &wire));
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET,
                              BYTES(packet, bench_seal(&b, &c, packet, sizeof packet)), 1, &parts));
    bench_envelope(&b, BYTES(parts.part[0].ud, parts.part[0].ud_n), RIG_PLATFORM);
    rig_reset(&b.r);
    bench_start(&b);
    for (size_t i = 1; i < parts.n; i++)
        bench_envelope(&b, BYTES(parts.part[i].ud, parts.part[i].ud_n), RIG_PLATFORM);
    CHECK_INT(b.r.sw, 0x9000);
    CHECK(!bench_state(&b).prepared);
    bench_envelope(&b, BYTES(parts.part[0].ud, parts.part[0].ud_n), RIG_PLATFORM);
    bench_serve(&b, ALL);
    CHECK(bench_state(&b).prepared);
    CHECK_INT(usim_bytes(b.r.card), idle);
    bench_fini(&b);
}

TEST(envelopes_that_are_none)
{
    static const char *const rows[] = {
        "80C2000000",
        "80C20000 02 D100",
        "80C20000 03 D10101",
        "80C20000 04 D1028200",
        "80C20000 0B D109820283810B0304AABB",
        "80C20000 06 D70482028281",
        "80C20000 06 D704A4020101",
        "80C20000 02 D600",
        "80C20000 02 D700",
        "80C20000 02 D300",
        "80C20000 01 00",
        "80C20100 02 D600",
    };
    struct bench b;

    bench_init(&b);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rig_send(&b.r, rows[i]);
        CHECK_INT(b.r.err, XK_OK);
        CHECK(b.r.sw >> 8 == 0x6A || b.r.sw >> 8 == 0x67);
    }
    bench_envelope(&b, BYTES("\x00hello", 6), RIG_PLATFORM); /* a header without packet */
    CHECK_INT(b.r.sw, 0x9000);
    bench_fini(&b);
}

TEST(toolkit_frame)
{
    struct bench b;

    bench_init(&b);
    CHECK_SW(&b.r, "8012000010", "6985"); /* nothing to fetch */
    CHECK_SW(&b.r, "801400000C 810301050082028281830100", "6985");
    CHECK_SW(&b.r, "8010000000", "6700");
    CHECK_SW(&b.r, "8010010001 FF", "6A86");
    bench_profile(&b);
    CHECK_INT(b.r.sw, 0x910E);
    CHECK_SW(&b.r, "80F2000C", "910E"); /* still offered */
    CHECK_SW(&b.r, "8012000010", "6C0E");
    CHECK_SW(&b.r, "801400000C 810301050082028281830100", "6985"); /* not fetched yet */
    CHECK_APDU(&b.r, "801200000E", "D00C 8103010500 82028182 990103", "9000");
    CHECK_SW(&b.r, "80F2000C", "9000"); /* in the terminal's hands */
    CHECK_APDU(&b.r, "801200000E", "D00C 8103010500 82028182 990103", "9000"); /* once more */
    CHECK_SW(&b.r, "801400000C 810302050082028281830100", "6A80");             /* another number */
    CHECK_SW(&b.r, "801400000C 810301010082028281830100", "6A80");             /* another command */
    CHECK_SW(&b.r, "8014000003 810301", "6A80");
    CHECK_SW(&b.r, "801400000C 810301050082028281830100", "9000");
    CHECK_SW(&b.r, "801400000C 810301050082028281830100", "6985");
    bench_fini(&b);
}

/* Too many proofs of receipt for a terminal that never fetches: busy, and nothing is lost. */
TEST(busy)
{
    struct bench b;
    unsigned n = 0;

    bench_init(&b);
    while (n < 100 && b.r.sw != SW_TOOLKIT_BUSY) {
        bench_run(&b, (uint8_t)(n + 1), PREPARE_KEEP);
        n++;
    }
    CHECK_INT(b.r.sw, SW_TOOLKIT_BUSY);
    CHECK(n > 4 && n < 30);
    CHECK_INT(bench_state(&b).down_counter, n - 1);
    rig_send(&b.r, "80F2000C");
    bench_serve(&b, ALL);
    CHECK_INT(b.sms, n - 1);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(statuses_of_the_head), XT_CASE(por_only_as_asked),
           XT_CASE(por_in_the_report_of_class_a0), XT_CASE(tampered_in_every_byte),
           XT_CASE(bad_checksum_is_told_to_the_platform_on_record), XT_CASE(truncated),
           XT_CASE(counters), XT_CASE(counter_stays_over_power_off), XT_CASE(refused_scripts),
           XT_CASE(unknown_algorithm), XT_CASE(oversize), XT_CASE(reassembly),
           XT_CASE(reassembly_goes_with_the_reset), XT_CASE(envelopes_that_are_none),
           XT_CASE(toolkit_frame), XT_CASE(busy))
