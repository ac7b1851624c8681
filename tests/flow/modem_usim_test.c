/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal with the real card, and a network small enough for this page: an authentication
 * centre, one cell, a service centre that delivers what it is told and keeps what it gets. */
#include "codec/ef/ef.h"
#include "codec/script/script.h"
#include "codec/sms/sms.h"
#include "rig.h"
#include "terminal/modem/modem.h"

#define START INT64_C(1767323045000)
#define PLMN "46008"
#define NEW_IMSI "460087777777777"
#define MO_MAX 16
#define ROUNDS_MAX 4000

struct subscriber {
    char imsi[17];
    struct aka_subscriber aka;
    uint64_t sqn;
    bool open;
};

struct net {
    struct rig rig;
    struct modem *modem;
    int64_t now;
    struct subscriber sub[2]; /* seed, new */
    struct subscriber *asking;
    struct aka_vector vector;
    uint8_t cause; /* ATTACH REJECT for everybody; 0: none */
    unsigned verified, resyncs, mac_failures, detaches, rejects;
    struct {
        uint8_t tpdu[SMS_TPDU_MAX];
        size_t n;
    } mo[MO_MAX];
    size_t mos;
    unsigned acks, errors; /* of what was delivered */
    uint8_t ref;
};

static void on_air(struct net *n, struct bytes wire);

static void input(struct net *n, enum modem_input_type type, struct bytes data)
{
    modem_input(n->modem, n->now, &(struct modem_input){.type = type, .data = data});
}

static void on_apdu(struct net *n, struct bytes command)
{
    uint8_t copy[APDU_COMMAND_MAX];

    memcpy(copy, command.p, command.n);
    if (usim_transmit(n->rig.card, BYTES(copy, command.n), &n->rig.out) != XK_OK)
        buf_reset(&n->rig.out);
    input(n, MODEM_IN_CARD_RESPONSE, buf_bytes(&n->rig.out));
}

static void pump(struct net *n)
{
    struct modem_action a;
    struct bytes atr;
    uint8_t copy[AIR_MESSAGE_MAX];

    for (unsigned round = 0; modem_next(n->modem, &a) && round < ROUNDS_MAX; round++) {
        switch (a.type) {
        case MODEM_OUT_CARD_RESET:
            if (usim_reset(n->rig.card, &atr) != XK_OK)
                abort();
            input(n, MODEM_IN_CARD_ATR, atr);
            break;
        case MODEM_OUT_CARD_APDU:
            on_apdu(n, a.data);
            break;
        case MODEM_OUT_AIR:
            memcpy(copy, a.data.p, a.data.n);
            on_air(n, BYTES(copy, a.data.n));
            break;
        case MODEM_OUT_CARD_OFF:
        case MODEM_OUT_AT:
            break;
        }
    }
}

static void give(struct net *n, enum modem_input_type type, struct bytes data)
{
    input(n, type, data);
    pump(n);
}

static void wait_ms(struct net *n, int64_t ms)
{
    int64_t end = n->now + ms;

    while (modem_deadline(n->modem) <= end) {
        if (modem_deadline(n->modem) > n->now)
            n->now = modem_deadline(n->modem);
        give(n, MODEM_IN_TIME, BYTES_NONE);
    }
    n->now = end;
}

/* ---- the network ---- */

static void say(struct net *n, const struct air_message *msg)
{
    uint8_t mem[AIR_MESSAGE_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (air_encode(msg, &b) != XK_OK)
        abort();
    input(n, MODEM_IN_AIR, buf_bytes(&b));
}

static void challenge(struct net *n, struct subscriber *s)
{
    static const uint8_t amf[AKA_AMF_LEN] = {0x80, 0x00};
    struct air_message msg = {.type = AIR_AUTHENTICATION_REQUEST, .has_autn = true};
    uint8_t rand[AKA_RAND_LEN], sqn[AKA_SQN_LEN];

    n->asking = s;
    s->sqn = aka_sqn_next(s->sqn, 0);
    aka_sqn_put(s->sqn, sqn);
    xk_rand_fill(&n->rig.rand, rand, sizeof rand);
    if (aka_make_vector(&s->aka, rand, sqn, amf, &n->vector) != XK_OK)
        abort();
    memcpy(msg.rand, n->vector.rand, sizeof msg.rand);
    memcpy(msg.autn, n->vector.autn, sizeof msg.autn);
    say(n, &msg);
}

static void on_attach(struct net *n, const struct air_message *msg)
{
    for (size_t i = 0; i < ARRAY_LEN(n->sub); i++)
        if (n->sub[i].open && strcmp(n->sub[i].imsi, msg->imsi) == 0 && !n->cause) {
            challenge(n, &n->sub[i]);
            return;
        }
    n->rejects++;
    say(n, &(struct air_message){.type = AIR_ATTACH_REJECT,
                                 .cause = n->cause ? n->cause : AIR_CAUSE_IMSI_UNKNOWN});
}

static void on_response(struct net *n, const struct air_message *msg)
{
    if (!bytes_eq(BYTES(msg->res, msg->res_n), BYTES(n->vector.res, n->vector.res_n))) {
        say(n, &(struct air_message){.type = AIR_AUTHENTICATION_REJECT});
        return;
    }
    n->verified++;
    say(n, &(struct air_message){
               .type = AIR_ATTACH_ACCEPT, .plmn = PLMN, .lac = 7, .guti = {0xF6, 1}});
}

static void on_failure(struct net *n, const struct air_message *msg)
{
    uint8_t sqn[AKA_SQN_LEN];

    if (msg->cause != AIR_CAUSE_SYNCH_FAILURE) {
        n->mac_failures++;
        say(n, &(struct air_message){.type = AIR_AUTHENTICATION_REJECT});
        return;
    }
    n->resyncs++;
    if (aka_open_auts(&n->asking->aka, n->vector.rand, msg->auts, sqn) != XK_OK)
        abort();
    n->asking->sqn = aka_sqn_get(sqn);
    challenge(n, n->asking);
}

static void answer(struct net *n, uint8_t ref)
{
    uint8_t mem[16];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (rp_encode(&(struct rp_message){.type = RP_ACK, .direction = SMS_TO_MS, .ref = ref}, &b))
        abort();
    say(n, &(struct air_message){.type = AIR_CP_DATA, .rp = buf_bytes(&b)});
}

static void on_rp(struct net *n, struct bytes wire)
{
    struct rp_message rp;

    if (rp_decode(wire, &rp) != XK_OK)
        abort();
    n->acks += rp.type == RP_ACK;
    n->errors += rp.type == RP_ERROR;
    if (rp.type != RP_DATA || n->mos == MO_MAX)
        return;
    memcpy(n->mo[n->mos].tpdu, rp.tpdu.p, rp.tpdu.n);
    n->mo[n->mos++].n = rp.tpdu.n;
    answer(n, rp.ref);
}

static void on_air(struct net *n, struct bytes wire)
{
    struct air_message msg;

    if (air_decode(wire, &msg) != XK_OK)
        abort();
    if (msg.type == AIR_ATTACH_REQUEST)
        on_attach(n, &msg);
    else if (msg.type == AIR_AUTHENTICATION_RESPONSE)
        on_response(n, &msg);
    else if (msg.type == AIR_AUTHENTICATION_FAILURE)
        on_failure(n, &msg);
    else if (msg.type == AIR_DETACH_REQUEST)
        n->detaches++;
    else if (msg.type == AIR_CP_DATA)
        on_rp(n, msg.rp);
}

/* ---- the operator ---- */

static void net_init(struct net *n, enum air_rat rat)
{
    const struct modem_config config = {
        .imei = "861234567890128", .imeisv = "8612345678901201", .rat = rat};
    struct usim_personalisation p = rig_personalisation();

    memset(n, 0, sizeof *n);
    n->now = START;
    rig_init(&n->rig, &p);
    n->rig.rand = xk_rand_prng(&n->rig.prng);
    snprintf(n->sub[0].imsi, sizeof n->sub[0].imsi, "%s", RIG_IMSI);
    n->sub[0].aka = p.seed;
    n->sub[0].open = true;
    snprintf(n->sub[1].imsi, sizeof n->sub[1].imsi, "%s", NEW_IMSI);
    n->sub[1].aka.algorithm = AKA_MILENAGE;
    rig_secret("A0A1A2A3A4A5A6A7A8A9AAABACADAEAF", &n->sub[1].aka.k);
    rig_secret("B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF", &n->sub[1].aka.opc);
    if (modem_new(&config, &n->modem) != XK_OK)
        abort();
    give(n, MODEM_IN_POWER_ON, BYTES_NONE);
    say(n, &(struct air_message){.type = AIR_SYSTEM_INFO, .plmn = PLMN, .lac = 7, .cell = 99});
    pump(n);
}

static void net_fini(struct net *n)
{
    modem_free(n->modem);
    rig_fini(&n->rig);
}

static struct modem_status status(const struct net *n)
{
    struct modem_status s;

    modem_get_status(n->modem, &s);
    return s;
}

static void deliver(struct net *n, struct bytes ud)
{
    struct sms_tpdu t = {.type = SMS_DELIVER,
                         .udhi = true,
                         .address = RIG_PLATFORM,
                         .pid = SMS_PID_USIM_DOWNLOAD,
                         .dcs = SMS_DCS_8BIT_CLASS2,
                         .ud = ud};
    struct rp_message rp = {
        .type = RP_DATA, .direction = SMS_TO_MS, .ref = n->ref++, .originator = "+8613800100500"};
    uint8_t tpdu[SMS_TPDU_MAX], wire[256];
    struct buf b;

    sms_encode_scts(n->now, t.scts);
    buf_init_fixed(&b, tpdu, sizeof tpdu);
    if (sms_encode(&t, &b) != XK_OK)
        abort();
    rp.tpdu = buf_bytes(&b);
    buf_init_fixed(&b, wire, sizeof wire);
    if (rp_encode(&rp, &b) != XK_OK)
        abort();
    say(n, &(struct air_message){.type = AIR_CP_DATA, .rp = buf_bytes(&b)});
    pump(n);
}

static void fill_script(struct script *s, const struct usim_personalisation *p, uint8_t flags,
                        uint8_t k[16], uint8_t opc[16])
{
    *s = (struct script){.version = SCRIPT_VERSION_AES, .task_id = {1, 2, 3, 4, 5, 6, 7, 8}};
    s->flags = flags;
    s->algorithm = SCRIPT_ALGORITHM_MILENAGE;
    s->has_imsi = s->has_keys = true;
    if (script_cid_encode(RIG_CID, s->cid) != XK_OK || ef_encode_imsi(NEW_IMSI, s->imsi) != XK_OK ||
        hex_decode_exact(BYTES_STR("A0A1A2A3A4A5A6A7A8A9AAABACADAEAF"), k, 16) != XK_OK ||
        hex_decode_exact(BYTES_STR("B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF"), opc, 16) != XK_OK ||
        script_wrap_key(SCRIPT_SUITE_AES, &p->kik, s, SCRIPT_TAG_K, BYTES(k, 16), k) != XK_OK ||
        script_wrap_key(SCRIPT_SUITE_AES, &p->kik, s, SCRIPT_TAG_OPC, BYTES(opc, 16), opc) != XK_OK)
        abort();
    s->k = BYTES(k, 16);
    s->opc = BYTES(opc, 16);
}

/* Writes the new number, prepared and committed at once. */
static void write_number(struct net *n, uint8_t flags)
{
    struct usim_personalisation p = rig_personalisation();
    struct scp80_command c = {.spi1 = 0x16,
                              .spi2 = 0x39,
                              .kic = 0x12,
                              .kid = 0x12,
                              .tar = {0xB0, 0x58, 0x4B},
                              .counter = 1};
    uint8_t k[16], opc[16];
    struct sms_parts parts;
    struct buf plain, packet;
    struct script s;

    fill_script(&s, &p, flags, k, opc);
    buf_init(&plain, SCRIPT_MAX);
    buf_init(&packet, SCP80_PACKET_MAX);
    if (script_layout_xieka()->encode(&s, &plain) != XK_OK)
        abort();
    c.data = buf_bytes(&plain);
    if (scp80_seal_command(&c, &p.ota, &packet) != XK_OK ||
        sms_split_packet(SMS_IEI_COMMAND_PACKET, buf_bytes(&packet), 1, &parts) != XK_OK)
        abort();
    for (size_t i = 0; i < parts.n; i++)
        deliver(n, BYTES(parts.part[i].ud, parts.part[i].ud_n));
    buf_fini(&plain);
    buf_fini(&packet);
}

/* The report in the i-th message from the card: of a response packet or a command packet. */
static enum xk_err report_of(const struct net *n, size_t i, struct script_report *out)
{
    struct usim_personalisation p = rig_personalisation();
    uint8_t plain[SMS_UD_MAX];
    struct scp80_response r;
    struct scp80_command c;
    struct sms_tpdu t;
    struct sms_udh h;
    struct bytes packet;

    TRY(sms_decode(SMS_FROM_MS, BYTES(n->mo[i].tpdu, n->mo[i].n), &t));
    TRY(sms_decode_udh(t.ud, &h, &packet));
    if (strcmp(t.address, RIG_PLATFORM) != 0)
        return XK_E_VALUE;
    if (h.response_packet) {
        TRY(scp80_open_response(packet, 0x39, 0x12, 0x12, &p.ota, plain, &r));
        return script_layout_xieka()->decode_report(r.data, out);
    }
    TRY(scp80_open_command(packet, &p.ota, plain, &c));
    return script_layout_xieka()->decode_report(c.data, out);
}

/* ---- the stories ---- */

TEST(attach_by_aka)
{
    static const enum air_rat rats[] = {AIR_GSM, AIR_LTE, AIR_NB_IOT, AIR_EMTC};

    for (size_t i = 0; i < ARRAY_LEN(rats); i++) {
        struct net n;

        net_init(&n, rats[i]);
        CHECK_INT(n.verified, 1);
        CHECK_INT(status(&n).registration, MODEM_REGISTERED_HOME);
        CHECK_STR(status(&n).imsi, RIG_IMSI);
        CHECK_STR(status(&n).iccid, "89860081234567890123");
        CHECK_OK(usim_check(n.rig.card));
        net_fini(&n);
    }
}

/* TS 33.102 6.3.3, 6.3.5: the network's counter is behind */
TEST(resynchronisation)
{
    struct net n;

    net_init(&n, AIR_LTE);
    n.sub[0].sqn = 0;
    give(&n, MODEM_IN_POWER_OFF, BYTES_NONE);
    give(&n, MODEM_IN_POWER_ON, BYTES_NONE);
    CHECK_INT(n.resyncs, 1);
    CHECK_INT(n.verified, 2);
    CHECK_INT(status(&n).aka_resyncs, 1);
    CHECK_INT(status(&n).registration, MODEM_REGISTERED_HOME);
    net_fini(&n);
}

TEST(wrong_key)
{
    struct net n;

    net_init(&n, AIR_LTE);
    n.sub[0].aka.k.bytes[0] ^= 1;
    give(&n, MODEM_IN_POWER_OFF, BYTES_NONE);
    give(&n, MODEM_IN_POWER_ON, BYTES_NONE);
    CHECK_INT(n.mac_failures, 1);
    CHECK_INT(status(&n).registration, MODEM_DENIED);
    net_fini(&n);
}

/* One write: packet in, PoR out, REFRESH, attach with the new number, final report. */
static void write_and_check(enum air_rat rat, uint8_t flags)
{
    struct script_report report;
    struct usim_state state;
    struct net n;

    net_init(&n, rat);
    n.sub[1].open = true;
    write_number(&n, flags);
    wait_ms(&n, 120000);
    CHECK(n.acks >= 2);
    CHECK_INT(n.errors, 0);
    REQUIRE(n.mos >= 2);
    CHECK_OK(report_of(&n, 0, &report));
    CHECK_INT(report.result, SCRIPT_COMMITTED);
    CHECK_OK(report_of(&n, n.mos - 1, &report));
    CHECK_INT(report.result, SCRIPT_OK);
    CHECK(report.has_imei);
    CHECK_INT(n.verified, 2);
    CHECK_INT(n.detaches, 1);
    CHECK_STR(status(&n).imsi, NEW_IMSI);
    CHECK_INT(status(&n).registration, MODEM_REGISTERED_HOME);
    CHECK_INT(status(&n).refreshes, 1);
    CHECK_OK(usim_get_state(n.rig.card, &state));
    CHECK_STR(state.imsi, NEW_IMSI);
    CHECK(!state.awaiting_attach);
    net_fini(&n);
}

TEST(write_by_initialisation)
{
    write_and_check(AIR_LTE, SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_KEEP_SEED);
    write_and_check(AIR_GSM, SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_KEEP_SEED);
    write_and_check(AIR_NB_IOT, SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_KEEP_SEED);
}

TEST(write_by_reset)
{
    uint8_t flags = SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_KEEP_SEED | SCRIPT_REFRESH_RESET;

    write_and_check(AIR_LTE, flags);
    write_and_check(AIR_GSM, flags);
}

/* The network never heard of the new number: back on the seed, and the card says so. */
TEST(fall_back)
{
    struct script_report report;
    struct net n;

    net_init(&n, AIR_LTE);
    write_number(&n, SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_KEEP_SEED);
    wait_ms(&n, 60000);
    CHECK_STR(status(&n).imsi, NEW_IMSI);
    CHECK_INT(status(&n).registration, MODEM_DENIED);
    wait_ms(&n, 45 * 60000);
    CHECK_STR(status(&n).imsi, RIG_IMSI);
    CHECK_INT(status(&n).registration, MODEM_REGISTERED_HOME);
    REQUIRE(n.mos >= 2);
    CHECK_OK(report_of(&n, n.mos - 1, &report));
    CHECK_INT(report.result, SCRIPT_FELL_BACK);
    net_fini(&n);
}

/* The device loses power in the middle of everything; the card finds its way in the end. */
TEST(power_cut_while_writing)
{
    for (int64_t at = 0; at < 40; at++) {
        struct net n;

        net_init(&n, AIR_LTE);
        n.sub[1].open = true;
        write_number(&n, SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_KEEP_SEED);
        wait_ms(&n, at * 1000);
        input(&n, MODEM_IN_POWER_CUT, BYTES_NONE);
        give(&n, MODEM_IN_POWER_ON, BYTES_NONE);
        wait_ms(&n, 120000);
        CHECK_INT(status(&n).registration, MODEM_REGISTERED_HOME);
        CHECK_STR(status(&n).imsi, NEW_IMSI);
        net_fini(&n);
    }
}

TESTS_MAIN(XT_CASE(attach_by_aka), XT_CASE(resynchronisation), XT_CASE(wrong_key),
           XT_CASE(write_by_initialisation), XT_CASE(write_by_reset), XT_CASE(fall_back),
           XT_CASE(power_cut_while_writing))
