/* SPDX-License-Identifier: Apache-2.0 */
/* What a card refuses, over the whole way: short messages, modem, toolkit, SCP80, applet. Each row
 * bends one thing; the answer has the right status and result (P-3), and nothing on the card has
 * changed. */
#include "codec/ef/ef.h"
#include "codec/script/script.h"
#include "prog/fleet/fleet.h"
#include "xt.h"

#define START INT64_C(1767323045000)
#define MINUTE INT64_C(60000)
#define PLATFORM "10658000"
#define PACKET_MAX 2700
#define NO_RESULT (-1)
#define NO_ANSWER (-1)

struct way {
    struct fleet *fleet;
    struct usim_personalisation card;
    int64_t now;
    uint64_t counter;
    unsigned answers;
    int status, result; /* of the last answer */
};

static void on_message(void *ctx, const struct testnet_sm *sm)
{
    struct way *w = ctx;
    uint8_t plain[SMS_UD_MAX];
    struct script_report report;
    struct scp80_response r;
    struct bytes packet;
    struct sms_udh h;

    CHECK_STR(sm->destination, PLATFORM);
    CHECK_OK(sms_decode_udh(sm->ud, &h, &packet));
    if (!h.response_packet)
        return;
    w->answers++;
    if (scp80_open_response(packet, 0x39, 0x12, 0x12, &w->card.ota, plain, &r) != XK_OK &&
        scp80_open_response(packet, 0x21, 0x12, 0x12, &w->card.ota, plain, &r) != XK_OK) {
        w->status = NO_ANSWER;
        return;
    }
    w->status = r.status;
    w->result = NO_RESULT;
    if (r.data.n > 0 && script_layout_xieka()->decode_report(r.data, &report) == XK_OK)
        w->result = report.result;
}

static void way_init(struct way *w)
{
    const struct fleet_hooks hooks = {.ctx = w, .on_message = on_message};
    struct fleet_config c;

    memset(w, 0, sizeof *w);
    w->now = START;
    fleet_config_default(&c);
    c.devices = 2;
    CHECK_OK(fleet_new(&c, &hooks, START, &w->fleet));
    CHECK_OK(fleet_personalisation(w->fleet, 0, &w->card));
    w->now += MINUTE;
    fleet_step(w->fleet, w->now);
}

static void submit(struct way *w, struct bytes packet)
{
    struct testnet_sm sm = {
        .source = PLATFORM, .udhi = true, .pid = SMS_PID_USIM_DOWNLOAD, .dcs = SMS_DCS_8BIT_CLASS2};
    struct sms_parts parts;
    uint64_t id;

    memcpy(sm.destination, w->card.msisdn, sizeof sm.destination);
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET, packet, (uint8_t)w->counter, &parts));
    for (size_t i = 0; i < parts.n; i++) {
        sm.ud = BYTES(parts.part[i].ud, parts.part[i].ud_n);
        CHECK_OK(testnet_submit(fleet_net(w->fleet), w->now, &sm, &id));
    }
    w->status = w->result = NO_ANSWER;
    w->now += MINUTE;
    fleet_step(w->fleet, w->now);
}

/* A script on its way through its three forms. */
struct bend {
    struct script script;
    struct scp80_command command;
    struct scp80_keys keys;
    uint8_t k[16], opc[16];
    uint8_t plain_mem[SCRIPT_MAX + 64], packet_mem[PACKET_MAX];
    struct buf plain, packet;
};

static void make_script(const struct way *w, struct bend *b)
{
    struct script *s = &b->script;

    *s = (struct script){.version = SCRIPT_VERSION_AES,
                         .task_id = {1, 2, 3, 4, 5, 6, 7, 8},
                         .flags = SCRIPT_PREPARE | SCRIPT_KEEP_SEED,
                         .algorithm = SCRIPT_ALGORITHM_MILENAGE,
                         .has_imsi = true,
                         .has_keys = true,
                         .k = BYTES_OF(b->k),
                         .opc = BYTES_OF(b->opc)};
    CHECK_OK(script_cid_encode(w->card.cid, s->cid));
    CHECK_OK(ef_encode_imsi("001010000000077", s->imsi));
    memset(b->k, 1, sizeof b->k);
    memset(b->opc, 2, sizeof b->opc);
}

typedef void bend_fn(struct way *w, struct bend *b);

/* script, plain and packet: NULL leaves that form alone */
static void send_bent(struct way *w, bend_fn *script, bend_fn *plain, bend_fn *packet)
{
    struct bend *b = calloc(1, sizeof *b);

    b->command = (struct scp80_command){.spi1 = 0x16,
                                        .spi2 = 0x39,
                                        .kic = 0x12,
                                        .kid = 0x12,
                                        .tar = {0xB0, 0x58, 0x4B},
                                        .counter = ++w->counter};
    b->keys = w->card.ota;
    make_script(w, b);
    if (script)
        script(w, b);
    buf_init_fixed(&b->plain, b->plain_mem, sizeof b->plain_mem);
    buf_init_fixed(&b->packet, b->packet_mem, sizeof b->packet_mem);
    CHECK_OK(script_layout_xieka()->encode(&b->script, &b->plain));
    if (plain)
        plain(w, b);
    b->command.data = buf_bytes(&b->plain);
    CHECK_OK(scp80_seal_command(&b->command, &b->keys, &b->packet));
    if (packet)
        packet(w, b);
    submit(w, buf_bytes(&b->packet));
    free(b);
}

/* ---- script ---- */

static void other_card(struct way *w, struct bend *b)
{
    (void)w;
    b->script.cid[9] ^= 1;
}

static void commit_unprepared(struct way *w, struct bend *b)
{
    (void)w;
    b->script.flags = SCRIPT_COMMIT;
    b->script.has_imsi = b->script.has_keys = false;
    b->script.algorithm = 0;
    b->script.k = b->script.opc = BYTES_NONE;
}

/* ---- plain ---- */

static void other_version(struct way *w, struct bend *b)
{
    (void)w;
    b->plain.p[2] = 9;
}

static void other_digest(struct way *w, struct bend *b)
{
    (void)w;
    b->plain.p[b->plain.n - 1] ^= 1;
}

static void cut_plain(struct way *w, struct bend *b)
{
    (void)w;
    b->plain.n -= 5;
}

static void oversize(struct way *w, struct bend *b)
{
    (void)w;
    buf_put_fill(&b->plain, 0, SCRIPT_MAX + 1 - b->plain.n);
}

/* ---- command ---- */

static void other_tar(struct way *w, struct bend *b)
{
    (void)w;
    b->command.tar[2] ^= 1;
    b->command.spi2 = 0x21; /* plain answer: nobody has keys for it */
}

static void low_security(struct way *w, struct bend *b)
{
    (void)w;
    b->command.spi1 = 0x12;
}

static void other_keys(struct way *w, struct bend *b)
{
    struct usim_personalisation p;

    CHECK_OK(fleet_personalisation(w->fleet, 1, &p));
    b->keys = p.ota;
}

static void replay(struct way *w, struct bend *b)
{
    (void)w;
    b->command.counter = 1;
}

/* ---- packet ---- */

static void tamper(struct way *w, struct bend *b)
{
    (void)w;
    b->packet.p[b->packet.n / 2] ^= 0x10;
}

static void truncate(struct way *w, struct bend *b)
{
    (void)w;
    b->packet.n -= 16;
}

static const struct row {
    const char *what;
    bend_fn *script, *plain, *packet;
    int status, result;
} rows[] = {
    {"replayed", replay, NULL, NULL, SCP80_CNTR_LOW, SCRIPT_REPLAYED},
    {"tampered", NULL, NULL, tamper, SCP80_RC_CC_DS_FAILED, NO_RESULT},
    {"another card's keys", other_keys, NULL, NULL, SCP80_RC_CC_DS_FAILED, NO_RESULT},
    {"truncated", NULL, NULL, truncate, NO_ANSWER, NO_RESULT},
    {"low security", low_security, NULL, NULL, SCP80_INSUFFICIENT_SECURITY, NO_RESULT},
    {"oversize", NULL, oversize, NULL, SCP80_POR_OK, SCRIPT_NO_SPACE},
    {"version", NULL, other_version, NULL, SCP80_POR_OK, SCRIPT_BAD_VERSION},
    {"digest", NULL, other_digest, NULL, SCP80_POR_OK, SCRIPT_BAD_MAC},
    {"cut short", NULL, cut_plain, NULL, SCP80_POR_OK, SCRIPT_BAD_LENGTH},
    {"another card", other_card, NULL, NULL, SCP80_POR_OK, SCRIPT_WRONG_CARD},
    {"commit of nothing", commit_unprepared, NULL, NULL, SCP80_POR_OK, SCRIPT_INTERNAL},
    {"another application", other_tar, NULL, NULL, SCP80_TAR_UNKNOWN, NO_RESULT},
};

static void check_unchanged(struct way *w, const struct usim_state *before)
{
    struct usim_state after;
    struct fleet_device d;

    CHECK_OK(usim_check(fleet_card(w->fleet, 0)));
    CHECK_OK(usim_get_state(fleet_card(w->fleet, 0), &after));
    CHECK_STR(after.imsi, before->imsi);
    CHECK_STR(after.iccid, before->iccid);
    CHECK_INT(after.bank, before->bank);
    CHECK(!after.prepared && !after.awaiting_attach);
    CHECK_OK(fleet_get_device(w->fleet, 0, &d));
    CHECK(d.attached && d.on_seed);
}

TEST(each_refusal_leaves_the_card_as_it_was)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        struct usim_state before;
        struct way w;

        way_init(&w);
        w.counter = 5;
        CHECK_OK(usim_get_state(fleet_card(w.fleet, 0), &before));
        if (r->script == replay) { /* something that raises the counter first */
            send_bent(&w, other_card, NULL, NULL);
            CHECK_INT(w.result, SCRIPT_WRONG_CARD);
        }
        send_bent(&w, r->script, r->plain, r->packet);
        if (w.status != r->status || (r->status != NO_ANSWER && w.result != r->result))
            printf("# %s\n", r->what);
        CHECK_INT(w.status, r->status);
        if (r->status != NO_ANSWER)
            CHECK_INT(w.result, r->result);
        check_unchanged(&w, &before);
        /* and the right script after it is taken */
        send_bent(&w, NULL, NULL, NULL);
        CHECK_INT(w.result, SCRIPT_PREPARED);
        fleet_free(w.fleet);
    }
}

TESTS_MAIN(XT_CASE(each_refusal_leaves_the_card_as_it_was))
