/* SPDX-License-Identifier: Apache-2.0 */
/* Store and forward (TS 23.040 3.2): messages wait at the subscriber they are for, one of them at a
 * time is on the air. */
#include <assert.h>

#include "testnet/core.h"

#define RP_WAIT_MS 30000 /* TS 24.011 10: TC1N times its repeats, then the network gives up */
#define CAUSE_NO_ANSWER 27

/* Waits before the n-th attempt when nothing else (attach, waking up) comes first. */
static const uint32_t waits_s[] = {5, 30, 120, 300, 600, 1800, 3600};

struct message *testnet_message_new(const struct testnet_sm *sm)
{
    struct message *m = calloc(1, sizeof *m + sm->ud.n);

    if (!m)
        return NULL;
    memcpy(m->source, sm->source, sizeof m->source);
    memcpy(m->destination, sm->destination, sizeof m->destination);
    m->udhi = sm->udhi;
    m->pid = sm->pid;
    m->dcs = sm->dcs;
    m->receipt = sm->receipt;
    m->ud_n = (uint8_t)sm->ud.n;
    if (sm->ud.n > 0)
        memcpy(m->ud, sm->ud.p, sm->ud.n);
    return m;
}

static int64_t validity_ms(uint32_t s)
{
    return (int64_t)(s == 0 || s > TESTNET_VALIDITY_MAX_S ? TESTNET_VALIDITY_MAX_S : s) * 1000;
}

/* Delay of every message; some are held back so that later ones overtake. */
static int64_t arrives_at(struct testnet *t)
{
    const struct testnet_troubles *o = &t->config.troubles;
    int64_t at = t->now + testnet_between(t, o->delay_min_ms, o->delay_max_ms);

    if (!xk_prng_chance(&t->prng, o->late))
        return at;
    t->stats.late++;
    return at + testnet_between(t, 1, o->late_ms);
}

/* One event a subscriber, at the earliest end of a message: delivered ones leave nothing behind. */
static void plan_expiry(struct testnet *t, uint32_t subscriber, int64_t at)
{
    struct subscriber *s = &t->subscribers[subscriber];

    if (s->expire_at && s->expire_at <= at)
        return;
    s->expire_at = at;
    testnet_later(t, at, EVENT_EXPIRE, subscriber, 0);
}

enum xk_err testnet_keep(struct testnet *t, uint32_t subscriber, struct message *m)
{
    struct subscriber *s = &t->subscribers[subscriber];

    if (t->stats.waiting >= t->config.messages_max || s->waiting == UINT16_MAX)
        return XK_E_LIMIT;
    m->not_before = arrives_at(t);
    if (s->last)
        s->last->next = m;
    else
        s->first = m;
    s->last = m;
    s->waiting++;
    t->stats.waiting++;
    testnet_later(t, m->not_before, EVENT_DELIVER, subscriber, 0);
    plan_expiry(t, subscriber, m->expires);
    return XK_OK;
}

static void unlink_message(struct testnet *t, struct subscriber *s, struct message *m)
{
    struct message **at = &s->first;
    struct message *before = NULL;

    for (; *at != m; at = &(*at)->next) {
        assert(*at);
        before = *at;
    }
    *at = m->next;
    if (s->last == m)
        s->last = before;
    if (s->sending == m)
        s->sending = NULL;
    s->waiting--;
    t->stats.waiting--;
}

static void tell_receipt(struct testnet *t, const struct message *m, enum testnet_fate fate,
                         uint8_t cause)
{
    struct testnet_receipt *r = m->receipt ? calloc(1, sizeof *r) : NULL;

    if (!r)
        return;
    r->id = m->id;
    r->fate = fate;
    r->cause = cause;
    r->submitted = m->submitted;
    r->done = t->now;
    memcpy(r->source, m->source, sizeof r->source);
    memcpy(r->destination, m->destination, sizeof r->destination);
    if (!testnet_ptr_later(t, t->now, EVENT_RECEIPT, r))
        free(r);
}

void testnet_message_ended(struct testnet *t, uint32_t subscriber, struct message *m,
                           enum testnet_fate fate, uint8_t cause)
{
    t->stats.delivered += fate == TESTNET_DELIVERED;
    t->stats.expired += fate == TESTNET_EXPIRED;
    t->stats.undeliverable += fate == TESTNET_UNDELIVERABLE;
    unlink_message(t, &t->subscribers[subscriber], m);
    tell_receipt(t, m, fate, cause);
    free(m);
}

void testnet_smsc_fini(struct testnet *t, struct subscriber *s)
{
    while (s->first) {
        struct message *m = s->first;

        unlink_message(t, s, m);
        free(m);
    }
}

void testnet_again(struct testnet *t, uint32_t subscriber, struct message *m)
{
    size_t i = m->attempts < ARRAY_LEN(waits_s) ? m->attempts : ARRAY_LEN(waits_s) - 1;

    t->stats.retries++;
    m->attempts++;
    m->not_before = t->now + (int64_t)waits_s[i] * 1000;
    t->subscribers[subscriber].sending = NULL;
    testnet_later(t, m->not_before, EVENT_DELIVER, subscriber, 0);
    testnet_later(t, t->now, EVENT_DELIVER, subscriber, 0);
}

void testnet_rp_due(struct testnet *t, uint32_t subscriber, uint32_t sending)
{
    struct subscriber *s = &t->subscribers[subscriber];

    if (s->sending && s->sendings == sending)
        testnet_again(t, subscriber, s->sending);
}

void testnet_rp_lost(struct testnet *t, uint32_t subscriber)
{
    struct subscriber *s = &t->subscribers[subscriber];

    if (!s->sending)
        return;
    t->stats.retries++;
    s->sending->attempts++;
    s->sending->not_before = t->now;
    s->sending = NULL;
}

static void drop_expired(struct testnet *t, uint32_t subscriber)
{
    struct message *next;

    for (struct message *m = t->subscribers[subscriber].first; m; m = next) {
        next = m->next;
        if (m->expires <= t->now && m != t->subscribers[subscriber].sending)
            testnet_message_ended(t, subscriber, m, TESTNET_EXPIRED, CAUSE_NO_ANSWER);
    }
}

void testnet_expire(struct testnet *t, uint32_t subscriber)
{
    struct subscriber *s = &t->subscribers[subscriber];
    int64_t at = INT64_MAX;

    if (s->expire_at > t->now)
        return;
    s->expire_at = 0;
    drop_expired(t, subscriber);
    for (const struct message *m = s->first; m; m = m->next)
        at = m->expires < at ? m->expires : at;
    if (at != INT64_MAX)
        plan_expiry(t, subscriber, at > t->now ? at : t->now + RP_WAIT_MS);
}

/* Lost on the way to the device: the centre believes it went well, nobody hears of it. */
static bool lose(struct testnet *t, uint32_t subscriber, struct message *m)
{
    if (!xk_prng_chance(&t->prng, t->config.troubles.loss))
        return false;
    t->stats.lost++;
    m->receipt = false;
    unlink_message(t, &t->subscribers[subscriber], m);
    free(m);
    return true;
}

/* The oldest that is due and does not get lost now. */
static struct message *next_due(struct testnet *t, uint32_t subscriber)
{
    struct message *next;

    for (struct message *m = t->subscribers[subscriber].first; m; m = next) {
        next = m->next;
        if (m->not_before <= t->now && (m->attempts > 0 || !lose(t, subscriber, m)))
            return m;
    }
    return NULL;
}

void testnet_deliver(struct testnet *t, uint32_t subscriber)
{
    struct subscriber *s = &t->subscribers[subscriber];
    struct message *m;
    int64_t at;

    drop_expired(t, subscriber);
    if (s->sending || s->device == TESTNET_NOBODY || !s->first)
        return;
    at = testnet_listens_at(t, &t->devices[s->device]);
    if (at > t->now) {
        if (at != INT64_MAX)
            testnet_later(t, at, EVENT_DELIVER, subscriber, 0);
        return;
    }
    m = next_due(t, subscriber);
    if (!m)
        return;
    s->sending = m;
    s->sendings++;
    testnet_send_message(t, s, m);
    testnet_later(t, t->now + RP_WAIT_MS, EVENT_RP_DUE, subscriber, s->sendings);
}

static enum xk_err keep_copy(struct testnet *t, uint32_t subscriber, const struct testnet_sm *sm,
                             uint64_t id)
{
    struct message *m = testnet_message_new(sm);

    if (!m)
        return XK_E_NOMEM;
    m->id = id;
    m->submitted = t->now;
    m->expires = t->now + validity_ms(sm->validity_s);
    if (testnet_keep(t, subscriber, m) == XK_OK)
        return XK_OK;
    free(m);
    return XK_E_LIMIT;
}

enum xk_err testnet_submit(struct testnet *t, int64_t now, const struct testnet_sm *sm,
                           uint64_t *id)
{
    uint32_t subscriber = testnet_find_number(t, sm->destination);
    struct testnet_sm copy = *sm;

    t->now = now > t->now ? now : t->now;
    if (sm->ud.n > SMS_UD_MAX)
        return XK_E_VALUE;
    if (subscriber == TESTNET_NOBODY || !t->subscribers[subscriber].open)
        return XK_E_NOT_FOUND;
    TRY(keep_copy(t, subscriber, sm, t->message_id + 1));
    *id = ++t->message_id;
    t->stats.submitted++;
    if (xk_prng_chance(&t->prng, t->config.troubles.duplicate)) {
        t->stats.duplicated++;
        copy.receipt = false;
        return keep_copy(t, subscriber, &copy, *id) == XK_E_NOMEM ? XK_E_NOMEM : XK_OK;
    }
    return XK_OK;
}

void testnet_set_troubles(struct testnet *t, const struct testnet_troubles *troubles)
{
    t->config.troubles = *troubles;
}
