/* SPDX-License-Identifier: Apache-2.0 */
/* A whole bench: the card, a terminal that serves its toolkit commands, and the platform's side of
 * SCP80 and of the write script. */
#ifndef TESTS_UNIT_CARD_BENCH_H
#define TESTS_UNIT_CARD_BENCH_H

#include "base/tlv.h"
#include "codec/cat/cat.h"
#include "codec/ef/ef.h"
#include "codec/script/script.h"
#include "codec/sms/sms.h"
#include "rig.h"

#define NEW_K "00112233445566778899aabbccddeeff"
#define NEW_OPC "ffeeddccbbaa99887766554433221100"
#define NEW_IMSI "460001112223334"
#define NEW_ICCID "89860098765432109876"
#define NEW_MSISDN "+8614787654321"
#define SPI1 0x16
#define SPI2 0x39 /* PoR always, CC, ciphered, in SMS-SUBMIT */

struct bench {
    struct rig r;
    struct scp80_keys keys;
    struct secret kik;
    uint64_t counter; /* of the next packet */
    /* the terminal's manners */
    uint8_t sms_result, refresh_result, timer_result;
    bool no_sms, no_timer, no_toolkit;
    /* what it was asked */
    unsigned sms, refreshes, events, timers, plis;
    uint8_t refresh_qualifier;
    uint8_t timer_id, timer_qualifier;
    uint32_t timer_s;
    char sms_to[SMS_NUMBER_TEXT];
    uint8_t ud[SMS_UD_MAX];
    size_t ud_n;
    /* the last packet it sent, opened */
    struct scp80_response por;
    struct scp80_command report_packet;
    struct script_report report;
    bool has_por, has_report;
    uint8_t plain[512], packet[512];
};

static inline void bench_keys(struct bench *b)
{
    rig_secret(RIG_KIC, &b->keys.kic);
    rig_secret(RIG_KID, &b->keys.kid);
    rig_secret(RIG_KIK, &b->kik);
    b->counter = 1;
}

/* A message of the card: a PoR (71) or a report (70), in one part. */
static inline void bench_take_sms(struct bench *b, struct bytes tpdu)
{
    struct sms_tpdu t;
    struct sms_udh h;
    struct bytes payload;

    b->has_por = b->has_report = false;
    if (sms_decode(SMS_FROM_MS, tpdu, &t) != XK_OK || t.type != SMS_SUBMIT || !t.udhi ||
        t.pid != 0x00 || t.dcs != 0xF6 || sms_decode_udh(t.ud, &h, &payload) != XK_OK || h.concat)
        abort();
    memcpy(b->sms_to, t.address, sizeof b->sms_to);
    memcpy(b->packet, payload.p, payload.n);
    if (h.response_packet) {
        if (scp80_open_response(BYTES(b->packet, payload.n), SPI2, 0x12, 0x12, &b->keys, b->plain,
                                &b->por) != XK_OK)
            abort();
        b->has_por = true;
        b->has_report = script_layout_xieka()->decode_report(b->por.data, &b->report) == XK_OK;
        return;
    }
    if (scp80_open_command(BYTES(b->packet, payload.n), &b->keys, b->plain, &b->report_packet) !=
            XK_OK ||
        script_layout_xieka()->decode_report(b->report_packet.data, &b->report) != XK_OK)
        abort();
    b->has_report = true;
}

static inline void bench_answer(struct bench *b, const struct cat_proactive *p, uint8_t result,
                                struct bytes objects)
{
    struct cat_response t = {.number = p->number,
                             .type = p->type,
                             .qualifier = p->qualifier,
                             .result = result,
                             .objects = objects};
    uint8_t mem[256], wire[262];
    struct buf data, apdu;
    struct apdu_command c = {.cla = 0x80, .ins = INS_TERMINAL_RESPONSE};

    buf_init_fixed(&data, mem, sizeof mem);
    buf_init_fixed(&apdu, wire, sizeof wire);
    if (cat_encode_response(&t, &data) != XK_OK)
        abort();
    c.data = buf_bytes(&data);
    apdu_encode_command(&apdu, &c);
    rig_bytes(&b->r, buf_bytes(&apdu));
}

static inline void bench_perform(struct bench *b, const struct cat_proactive *p)
{
    static const uint8_t imei[] = {0x14, 0x08, 0x3A, 0x65, 0x42, 0x21, 0x43, 0x65, 0x87, 0x09};
    static const uint8_t location[] = {0x13, 0x07, 0x64, 0xF0, 0x00, 0x12, 0x34, 0x56, 0x78};
    struct bytes value;
    uint8_t result = CAT_RESULT_OK;
    struct bytes objects = BYTES_NONE;

    switch (p->type) {
    case CAT_SEND_SHORT_MESSAGE:
        b->sms++;
        result = b->sms_result;
        if (cat_tlv_find(p->objects, CAT_TAG_SMS_TPDU, &value) != XK_OK)
            abort();
        bench_take_sms(b, value);
        break;
    case CAT_REFRESH:
        b->refreshes++;
        b->refresh_qualifier = p->qualifier;
        result = b->refresh_result;
        break;
    case CAT_SET_UP_EVENT_LIST:
        b->events++;
        break;
    case CAT_TIMER_MANAGEMENT:
        b->timers++;
        b->timer_qualifier = p->qualifier;
        result = b->timer_result;
        if (cat_tlv_find(p->objects, CAT_TAG_TIMER_IDENTIFIER, &value) == XK_OK)
            b->timer_id = value.p[0];
        if (cat_tlv_find(p->objects, CAT_TAG_TIMER_VALUE, &value) != XK_OK ||
            cat_decode_timer_value(value, &b->timer_s) != XK_OK)
            b->timer_s = 0;
        break;
    case CAT_PROVIDE_LOCAL_INFORMATION:
        b->plis++;
        objects = p->qualifier == CAT_PLI_IMEI ? BYTES_OF(imei) : BYTES_OF(location);
        break;
    default:
        abort();
    }
    bench_answer(b, p, result, objects);
}

/* Serves proactive commands until there is none, or at most `limit` of them. A REFRESH that asks
 * for a reset is followed by one. */
static inline void bench_serve(struct bench *b, unsigned limit)
{
    struct cat_proactive p;
    uint8_t wire[256];

    while (b->r.sw >> 8 == 0x91 && limit-- > 0) {
        char fetch[16];

        snprintf(fetch, sizeof fetch, "80120000%02X", b->r.sw & 0xFF);
        rig_send(&b->r, fetch);
        if (b->r.sw != SW_OK)
            abort();
        memcpy(wire, b->r.data.p, b->r.data.n);
        if (cat_decode_proactive(BYTES(wire, b->r.data.n), &p) != XK_OK)
            abort();
        if (p.type == CAT_REFRESH && p.qualifier == CAT_REFRESH_RESET && b->refresh_result == 0) {
            b->refreshes++;
            b->refresh_qualifier = p.qualifier;
            rig_reset(&b->r);
            b->r.sw = SW_OK;
            return;
        }
        bench_perform(b, &p);
        if (b->r.err != XK_OK)
            return;
    }
}
#define ALL 100

static inline void bench_profile(struct bench *b)
{
    uint8_t apdu[5 + 20] = {0x80, 0x10, 0x00, 0x00, 20};

    if (b->no_toolkit)
        return;
    cat_profile_set(apdu + 5, 20, CAT_PROFILE_BIT(1, 1));
    cat_profile_set(apdu + 5, 20, CAT_PROFILE_BIT(3, 8));
    if (!b->no_sms)
        cat_profile_set(apdu + 5, 20, CAT_PROFILE_BIT(4, 2));
    cat_profile_set(apdu + 5, 20, CAT_PROFILE_BIT(4, 7));
    cat_profile_set(apdu + 5, 20, CAT_PROFILE_BIT(5, 1));
    cat_profile_set(apdu + 5, 20, CAT_PROFILE_BIT(5, 5));
    if (!b->no_timer)
        cat_profile_set(apdu + 5, 20, CAT_PROFILE_BIT(8, 1));
    rig_bytes(&b->r, BYTES_OF(apdu));
}

/* The terminal starts: profile, and what the card wants then. */
static inline void bench_start(struct bench *b)
{
    bench_profile(b);
    bench_serve(b, ALL);
}

static inline void bench_init(struct bench *b)
{
    *b = (struct bench){0};
    rig_default(&b->r);
    b->r.out.p = b->r.mem;
    bench_keys(b);
    bench_start(b);
}

static inline void bench_fini(struct bench *b)
{
    rig_fini(&b->r);
}

/* SMS-PP download of one part. */
static inline void bench_envelope(struct bench *b, struct bytes ud, const char *sender)
{
    struct sms_tpdu t = {.type = SMS_DELIVER, .udhi = true, .pid = 0x7F, .dcs = 0xF6, .ud = ud};
    uint8_t tpdu[SMS_TPDU_MAX], data[255], wire[262];
    static const uint8_t smsc[] = {0x91, 0x68, 0x31, 0x08, 0x10, 0x00, 0xF5};
    struct buf bt, bd, bw;
    struct cat_sms_pp e = {.smsc = BYTES_OF(smsc)};
    struct apdu_command c = {.cla = 0x80, .ins = INS_ENVELOPE};

    snprintf(t.address, sizeof t.address, "%s", sender);
    buf_init_fixed(&bt, tpdu, sizeof tpdu);
    buf_init_fixed(&bd, data, sizeof data);
    buf_init_fixed(&bw, wire, sizeof wire);
    if (sms_encode(&t, &bt) != XK_OK)
        abort();
    e.tpdu = buf_bytes(&bt);
    if (cat_encode_sms_pp(&e, &bd) != XK_OK)
        abort();
    c.data = buf_bytes(&bd);
    apdu_encode_command(&bw, &c);
    rig_bytes(&b->r, buf_bytes(&bw));
}

/* A packet in as many parts as it takes; the answer of the last one stays in b->r. */
static inline void bench_deliver(struct bench *b, struct bytes packet)
{
    struct sms_parts parts;

    if (sms_split_packet(SMS_IEI_COMMAND_PACKET, packet, (uint8_t)b->counter, &parts) != XK_OK)
        abort();
    for (size_t i = 0; i < parts.n && b->r.err == XK_OK; i++)
        bench_envelope(b, BYTES(parts.part[i].ud, parts.part[i].ud_n), RIG_PLATFORM);
}

static inline struct scp80_command bench_command(struct bench *b, struct bytes data)
{
    return (struct scp80_command){.spi1 = SPI1,
                                  .spi2 = SPI2,
                                  .kic = 0x12,
                                  .kid = 0x12,
                                  .tar = {0xB0, 0x58, 0x4B},
                                  .counter = b->counter++,
                                  .data = data};
}

static inline size_t bench_seal(struct bench *b, const struct scp80_command *c, uint8_t *out,
                                size_t cap)
{
    struct buf w;

    buf_init_fixed(&w, out, cap);
    if (scp80_seal_command(c, &b->keys, &w) != XK_OK)
        abort();
    return w.n;
}

static inline void bench_send(struct bench *b, struct bytes script)
{
    struct scp80_command c = bench_command(b, script);
    uint8_t packet[SMS_PACKET_MAX];

    bench_deliver(b, BYTES(packet, bench_seal(b, &c, packet, sizeof packet)));
}

/* A script with a new number; task is its 8th byte. */
static inline struct script bench_script(uint8_t task, uint8_t flags)
{
    struct script s = {.version = SCRIPT_VERSION_AES,
                       .task_id = {'t', 'a', 's', 'k', 0, 0, 0, task},
                       .flags = flags};
    bool prepare = flags & SCRIPT_PREPARE;

    if (script_cid_encode(RIG_CID, s.cid) != XK_OK || ef_encode_imsi(NEW_IMSI, s.imsi) != XK_OK ||
        ef_encode_iccid(NEW_ICCID, s.iccid) != XK_OK ||
        ef_encode_msisdn(NEW_MSISDN, s.msisdn) != XK_OK ||
        ef_encode_smsc("+8613800200500", s.smsc) != XK_OK)
        abort();
    s.has_imsi = s.has_iccid = s.has_msisdn = s.has_smsc = s.has_keys = prepare;
    s.algorithm = SCRIPT_ALGORITHM_MILENAGE;
    return s;
}

struct bench_wire {
    uint8_t p[SCRIPT_MAX + 64];
    size_t n;
};

static inline struct bytes bench_encode(struct bench *b, struct script *s, struct bench_wire *out)
{
    struct secret k, opc;
    struct buf w;
    enum script_suite suite;

    rig_secret(NEW_K, &k);
    rig_secret(NEW_OPC, &opc);
    if (s->has_keys &&
        (script_suite_of(s->version, &suite) != XK_OK ||
         script_wrap_key(suite, &b->kik, s, SCRIPT_TAG_K, secret_bytes(&k), k.bytes) != XK_OK ||
         script_wrap_key(suite, &b->kik, s, SCRIPT_TAG_OPC, secret_bytes(&opc), opc.bytes) !=
             XK_OK))
        abort();
    s->k = secret_bytes(&k);
    s->opc = secret_bytes(&opc);
    buf_init_fixed(&w, out->p, sizeof out->p);
    if (script_layout_xieka()->encode(s, &w) != XK_OK)
        abort();
    out->n = w.n;
    return BYTES(out->p, out->n);
}

static inline void bench_run(struct bench *b, uint8_t task, uint8_t flags)
{
    struct script s = bench_script(task, flags);
    struct bench_wire wire;

    b->has_por = b->has_report = false;
    bench_send(b, bench_encode(b, &s, &wire));
}

static inline struct usim_state bench_state(struct bench *b)
{
    struct usim_state s;

    if (usim_get_state(b->r.card, &s) != XK_OK)
        abort();
    return s;
}

/* The terminal attaches: it writes EF_EPSLOCI with status 00. */
static inline void bench_attach(struct bench *b)
{
    rig_send(&b->r, "00A4040C07A0000000871002");
    rig_send(&b->r, "00D69E0012 0BF664F0000123456789ABCD 64F0001234 00");
    bench_serve(b, ALL);
}

static inline void bench_timer_ends(struct bench *b, uint8_t timer, uint32_t seconds)
{
    uint8_t data[64], wire[80];
    struct buf bd, bw;
    struct apdu_command c = {.cla = 0x80, .ins = INS_ENVELOPE};

    buf_init_fixed(&bd, data, sizeof data);
    buf_init_fixed(&bw, wire, sizeof wire);
    if (cat_encode_timer_expiration(timer, seconds, &bd) != XK_OK)
        abort();
    c.data = buf_bytes(&bd);
    apdu_encode_command(&bw, &c);
    rig_bytes(&b->r, buf_bytes(&bw));
    bench_serve(b, ALL);
}

#endif
