/* SPDX-License-Identifier: Apache-2.0 */
/* Short messages on the air: RP-DATA and its answers (TS 24.011 7.3), TPDUs (TS 23.040 9.2). */
#include "testnet/core.h"

#define CAUSE_PROTOCOL_ERROR 111
#define CAUSE_INVALID_INFORMATION 96
#define CAUSE_CONGESTION 42
#define CAUSE_UNASSIGNED 1
#define FCS_TOOLKIT_BUSY 0xD4 /* TS 23.040 9.2.3.22 */

static void say_rp(struct testnet *t, uint32_t device, const struct rp_message *rp)
{
    uint8_t mem[AIR_MESSAGE_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (rp_encode(rp, &b) == XK_OK)
        testnet_say(t, device, &(struct air_message){.type = AIR_CP_DATA, .rp = buf_bytes(&b)});
}

/* ---- to the device ---- */

void testnet_send_message(struct testnet *t, struct subscriber *s, const struct message *m)
{
    struct sms_tpdu tpdu = {.type = SMS_DELIVER,
                            .udhi = m->udhi,
                            .pid = m->pid,
                            .dcs = m->dcs,
                            .ud = BYTES(m->ud, m->ud_n)};
    struct rp_message rp = {.type = RP_DATA, .direction = SMS_TO_MS, .ref = (uint8_t)s->sendings};
    uint8_t mem[SMS_TPDU_MAX];
    struct buf b;

    memcpy(tpdu.address, m->source, sizeof tpdu.address);
    memcpy(rp.originator, t->config.smsc, sizeof rp.originator);
    sms_encode_scts(t->now, tpdu.scts);
    if (sms_dcs_alphabet(m->dcs) == SMS_GSM7)
        tpdu.udl = (uint8_t)(m->ud_n * 8 / 7);
    buf_init_fixed(&b, mem, sizeof mem);
    if (sms_encode(&tpdu, &b) != XK_OK)
        return; /* its timer ends it */
    rp.tpdu = buf_bytes(&b);
    say_rp(t, s->device, &rp);
}

/* The subscriber whose message this answers, or TESTNET_NOBODY. */
static uint32_t answered(const struct testnet *t, uint32_t device, uint8_t ref)
{
    uint32_t subscriber = t->devices[device].subscriber;
    const struct subscriber *s;

    if (subscriber == TESTNET_NOBODY)
        return TESTNET_NOBODY;
    s = &t->subscribers[subscriber];
    return s->sending && (uint8_t)s->sendings == ref ? subscriber : TESTNET_NOBODY;
}

static bool is_temporary(const struct rp_message *rp)
{
    struct sms_tpdu report;

    if (rp->cause == CAUSE_PROTOCOL_ERROR && rp->tpdu.n > 0 &&
        sms_decode(SMS_FROM_MS, rp->tpdu, &report) == XK_OK)
        return report.type == SMS_DELIVER_REPORT && report.status == FCS_TOOLKIT_BUSY;
#define TESTNET_CAUSE(value, text)                                                                 \
    if (rp->cause == (value))                                                                      \
        return true;
#include "testnet/causes.def"
#undef TESTNET_CAUSE
    return false;
}

static void take_answer(struct testnet *t, uint32_t device, const struct rp_message *rp)
{
    uint32_t subscriber = answered(t, device, rp->ref);
    struct message *m;

    if (subscriber == TESTNET_NOBODY)
        return;
    m = t->subscribers[subscriber].sending;
    if (rp->type == RP_ACK)
        testnet_message_ended(t, subscriber, m, TESTNET_DELIVERED, 0);
    else if (is_temporary(rp))
        testnet_again(t, subscriber, m);
    else
        testnet_message_ended(t, subscriber, m, TESTNET_UNDELIVERABLE, rp->cause);
    testnet_later(t, t->now, EVENT_DELIVER, subscriber, 0);
}

/* ---- from the device ---- */

static void fill_sm(const struct testnet *t, uint32_t device, const struct sms_tpdu *tpdu,
                    struct testnet_sm *sm)
{
    const struct subscriber *s = &t->subscribers[t->devices[device].subscriber];

    *sm =
        (struct testnet_sm){.udhi = tpdu->udhi, .pid = tpdu->pid, .dcs = tpdu->dcs, .ud = tpdu->ud};
    memcpy(sm->source, s->msisdn, sizeof s->msisdn);
    memcpy(sm->destination, tpdu->address, sizeof sm->destination);
}

void testnet_to_peer(struct testnet *t, struct message *m)
{
    struct testnet_sm sm = {
        .udhi = m->udhi, .pid = m->pid, .dcs = m->dcs, .ud = BYTES(m->ud, m->ud_n)};

    memcpy(sm.source, m->source, sizeof sm.source);
    memcpy(sm.destination, m->destination, sizeof sm.destination);
    t->stats.to_peers++;
    t->ports.to_peer(t->ports.ctx, &sm);
    free(m);
}

static int64_t peer_time(struct testnet *t)
{
    const struct testnet_troubles *o = &t->config.troubles;
    int64_t at = t->now + testnet_between(t, o->delay_min_ms, o->delay_max_ms);

    if (!xk_prng_chance(&t->prng, o->late))
        return at;
    t->stats.late++;
    return at + testnet_between(t, 1, o->late_ms);
}

static uint8_t forward_to_peer(struct testnet *t, const struct testnet_sm *sm)
{
    unsigned copies = xk_prng_chance(&t->prng, t->config.troubles.duplicate) ? 2 : 1;

    if (xk_prng_chance(&t->prng, t->config.troubles.loss)) {
        t->stats.lost++;
        return 0;
    }
    t->stats.duplicated += copies - 1;
    for (unsigned i = 0; i < copies; i++) {
        struct message *m = testnet_message_new(sm);

        if (!m || !testnet_ptr_later(t, peer_time(t), EVENT_TO_PEER, m)) {
            free(m);
            return CAUSE_CONGESTION;
        }
    }
    return 0;
}

/* A number of ours gets it as any message; all others are for the SMPP side. */
static uint8_t forward(struct testnet *t, const struct testnet_sm *sm)
{
    uint64_t id;

    if (testnet_find_number(t, sm->destination) == TESTNET_NOBODY)
        return forward_to_peer(t, sm);
    return testnet_submit(t, t->now, sm, &id) == XK_OK ? 0 : CAUSE_CONGESTION;
}

static uint8_t take_data(struct testnet *t, uint32_t device, const struct rp_message *rp)
{
    struct testnet_sm sm;
    struct sms_tpdu tpdu;

    if (t->devices[device].subscriber == TESTNET_NOBODY)
        return CAUSE_UNASSIGNED;
    if (sms_decode(SMS_FROM_MS, rp->tpdu, &tpdu) != XK_OK || tpdu.type != SMS_SUBMIT ||
        tpdu.ud.n > SMS_UD_MAX)
        return CAUSE_INVALID_INFORMATION;
    t->stats.from_devices++;
    fill_sm(t, device, &tpdu, &sm);
    return forward(t, &sm);
}

void testnet_rp(struct testnet *t, uint32_t device, struct bytes wire)
{
    struct rp_message answer = {.direction = SMS_TO_MS};
    struct rp_message rp;

    if (rp_decode(wire, &rp) != XK_OK || rp.direction != SMS_FROM_MS)
        return;
    if (rp.type != RP_DATA) {
        take_answer(t, device, &rp);
        return;
    }
    answer.ref = rp.ref;
    answer.cause = take_data(t, device, &rp);
    answer.type = answer.cause ? RP_ERROR : RP_ACK;
    say_rp(t, device, &answer);
}
