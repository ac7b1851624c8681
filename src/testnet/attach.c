/* SPDX-License-Identifier: Apache-2.0 */
/* Attach and authentication, the network's side (TS 24.301 5.4.2, 5.5.1; TS 33.102 6.3). */
#include "testnet/core.h"

#define GUTI_FIRST 0xF6 /* TS 24.301 9.9.3.12 */

void testnet_forget_challenge(struct device *d)
{
    if (d->challenge)
        explicit_bzero(d->challenge, sizeof *d->challenge);
    free(d->challenge);
    d->challenge = NULL;
}

void testnet_detach(struct testnet *t, uint32_t device)
{
    struct device *d = &t->devices[device];

    testnet_forget_challenge(d);
    if (d->subscriber == TESTNET_NOBODY)
        return;
    t->subscribers[d->subscriber].device = TESTNET_NOBODY;
    d->subscriber = TESTNET_NOBODY;
    t->stats.attached--;
}

static void reject(struct testnet *t, uint32_t device, uint8_t cause)
{
    t->stats.rejects++;
    testnet_forget_challenge(&t->devices[device]);
    testnet_say(t, device, &(struct air_message){.type = AIR_ATTACH_REJECT, .cause = cause});
}

static void refuse_authentication(struct testnet *t, uint32_t device)
{
    t->stats.rejects++;
    testnet_forget_challenge(&t->devices[device]);
    testnet_say(t, device, &(struct air_message){.type = AIR_AUTHENTICATION_REJECT});
}

/* GSM: triplets, the card answers SRES by c2; else quintets. */
static void challenge(struct testnet *t, uint32_t device)
{
    struct device *d = &t->devices[device];
    struct challenge *c = d->challenge;
    struct air_message m = {.type = AIR_AUTHENTICATION_REQUEST, .has_autn = d->rat != AIR_GSM};
    struct aka_vector v;

    if (testnet_vector(t, &t->subscribers[c->subscriber], (enum air_rat)d->rat, &v) != XK_OK) {
        reject(t, device, AIR_CAUSE_CONGESTION);
        return;
    }
    c->sync = m.sync = ++t->sync;
    memcpy(c->rand, v.rand, sizeof c->rand);
    c->expected_n = m.has_autn ? v.res_n : AKA_SRES_LEN;
    memcpy(c->expected, m.has_autn ? v.res : v.sres, c->expected_n);
    memcpy(m.rand, v.rand, sizeof m.rand);
    if (m.has_autn)
        memcpy(m.autn, v.autn, sizeof m.autn);
    explicit_bzero(&v, sizeof v);
    testnet_say(t, device, &m);
}

/* 0: let in */
static uint8_t cause_against(const struct testnet *t, uint32_t subscriber,
                             const struct air_message *m)
{
    if (subscriber == TESTNET_NOBODY || !t->subscribers[subscriber].open)
        return AIR_CAUSE_IMSI_UNKNOWN;
    if (m->plmn[0] && strcmp(m->plmn, t->config.plmn) != 0)
        return AIR_CAUSE_PLMN_NOT_ALLOWED;
    return t->subscribers[subscriber].barred;
}

static void attach_request(struct testnet *t, uint32_t device, const struct air_message *m)
{
    struct device *d = &t->devices[device];
    uint32_t subscriber = testnet_find(t, m->imsi);
    uint8_t cause = cause_against(t, subscriber, m);

    testnet_detach(t, device);
    memcpy(d->imei, m->imei, sizeof d->imei);
    if (cause == 0) {
        d->challenge = calloc(1, sizeof *d->challenge);
        cause = d->challenge ? 0 : AIR_CAUSE_CONGESTION;
    }
    if (cause) {
        reject(t, device, cause);
        return;
    }
    d->challenge->subscriber = subscriber;
    d->challenge->t3412_s = m->t3412_s;
    d->challenge->t3324_s = m->t3324_s;
    d->challenge->edrx_s = m->edrx_s;
    challenge(t, device);
}

static void tell_attach(struct testnet *t, uint32_t device)
{
    const struct device *d = &t->devices[device];
    const struct subscriber *s = &t->subscribers[d->subscriber];
    struct testnet_attach a = {.seq = ++t->attach_seq,
                               .time = t->now,
                               .device = device,
                               .rat = (enum air_rat)d->rat,
                               .lac = t->config.lac,
                               .cell = d->cell};

    memcpy(a.imsi, s->imsi, sizeof s->imsi);
    memcpy(a.msisdn, s->msisdn, sizeof s->msisdn);
    memcpy(a.imei, d->imei, sizeof a.imei);
    memcpy(a.plmn, t->config.plmn, sizeof a.plmn);
    t->ports.attached(t->ports.ctx, &a);
}

static void accept(struct testnet *t, uint32_t device)
{
    struct device *d = &t->devices[device];
    const struct challenge *c = d->challenge;
    struct subscriber *s = &t->subscribers[c->subscriber];
    struct air_message m = {.type = AIR_ATTACH_ACCEPT,
                            .lac = t->config.lac,
                            .guti = {GUTI_FIRST},
                            .t3412_s = c->t3412_s,
                            .t3324_s = c->t3324_s,
                            .edrx_s = c->edrx_s};

    if (s->device != TESTNET_NOBODY)
        testnet_detach(t, s->device); /* the same number elsewhere: the last one counts */
    memcpy(m.plmn, t->config.plmn, sizeof m.plmn);
    t->tmsi++;
    memcpy(m.guti + 1, &t->tmsi, sizeof t->tmsi);
    d->subscriber = c->subscriber;
    d->t3324_s = c->t3324_s;
    d->edrx_s = c->edrx_s;
    s->device = device;
    s->last_attach = t->now;
    s->verified++;
    t->stats.verified++;
    t->stats.attaches++;
    t->stats.attached++;
    testnet_say(t, device, &m);
    testnet_forget_challenge(d);
    testnet_rp_lost(t, d->subscriber);
    testnet_later(t, t->now, EVENT_DELIVER, d->subscriber, 0);
    tell_attach(t, device);
}

static bool is_answer(const struct challenge *c, const struct air_message *m)
{
    return c && m->sync == c->sync;
}

static void authentication_response(struct testnet *t, uint32_t device, const struct air_message *m)
{
    const struct challenge *c = t->devices[device].challenge;

    if (!is_answer(c, m))
        return;
    if (!bytes_eq_secret(BYTES(m->res, m->res_n), BYTES(c->expected, c->expected_n))) {
        t->stats.wrong_res++;
        refuse_authentication(t, device);
        return;
    }
    if (!t->subscribers[c->subscriber].open) {
        reject(t, device, AIR_CAUSE_IMSI_UNKNOWN);
        return;
    }
    accept(t, device);
}

/* TS 33.102 6.3.5: resynchronise once. */
static void authentication_failure(struct testnet *t, uint32_t device, const struct air_message *m)
{
    struct challenge *c = t->devices[device].challenge;

    if (!is_answer(c, m))
        return;
    if (m->cause == AIR_CAUSE_SYNCH_FAILURE && !c->resynchronised &&
        testnet_resync(&t->subscribers[c->subscriber], c->rand, m->auts) == XK_OK) {
        t->stats.resyncs++;
        c->resynchronised = true;
        challenge(t, device);
        return;
    }
    t->stats.mac_failures++;
    refuse_authentication(t, device);
}

/* Also: "I am awake". A terminal that the network forgot is sent away and attaches anew. */
static void tracking_area_update(struct testnet *t, uint32_t device)
{
    uint32_t subscriber = t->devices[device].subscriber;

    if (subscriber == TESTNET_NOBODY)
        testnet_say(t, device, &(struct air_message){.type = AIR_DETACH_REQUEST});
    else
        testnet_later(t, t->now, EVENT_DELIVER, subscriber, 0);
}

void testnet_mobility(struct testnet *t, uint32_t device, const struct air_message *m)
{
    if (m->type == AIR_ATTACH_REQUEST)
        attach_request(t, device, m);
    else if (m->type == AIR_AUTHENTICATION_RESPONSE)
        authentication_response(t, device, m);
    else if (m->type == AIR_AUTHENTICATION_FAILURE)
        authentication_failure(t, device, m);
    else if (m->type == AIR_DETACH_REQUEST)
        testnet_detach(t, device);
    else if (m->type == AIR_TRACKING_AREA_UPDATE)
        tracking_area_update(t, device);
}
