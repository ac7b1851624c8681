/* SPDX-License-Identifier: Apache-2.0 */
#include "testnet/testnet.h"

#include "testnet/core.h"

#define EVENTS_PER_DEVICE 16
#define ROOM_MAX 1000000

void testnet_config_default(struct testnet_config *c)
{
    *c = (struct testnet_config){.seed = 1,
                                 .plmn = "00101",
                                 .lac = 1,
                                 .smsc = "+999700100500",
                                 .troubles = {.late_ms = 10000},
                                 .devices_max = ROOM_MAX,
                                 .subscribers_max = ROOM_MAX,
                                 .messages_max = ROOM_MAX};
#define TESTNET_RAT(name, min, max, every, gap)                                                    \
    c->radio[AIR_##name] = (struct testnet_radio){min, max, every, gap};
#include "testnet/rats.def"
#undef TESTNET_RAT
}

enum xk_err testnet_new(const struct testnet_config *config, const struct testnet_ports *ports,
                        struct testnet **out)
{
    struct testnet *t = calloc(1, sizeof *t);

    if (!t)
        return XK_E_NOMEM;
    t->config = *config;
    t->ports = *ports;
    t->prng.state = config->seed;
    timerq_init(&t->events,
                (size_t)config->devices_max * EVENTS_PER_DEVICE + (size_t)config->messages_max * 2);
    map_init(&t->by_imsi, config->subscribers_max, xk_prng_next(&t->prng));
    map_init(&t->by_msisdn, config->subscribers_max, xk_prng_next(&t->prng));
    *out = t;
    return XK_OK;
}

static enum event_kind kind_of(const struct timerq_entry *e)
{
    return (enum event_kind)(e->a >> 32);
}

static void drop_events(struct testnet *t)
{
    struct timerq_entry e;

    while (timerq_pop_due(&t->events, INT64_MAX, &e)) {
        enum event_kind kind = kind_of(&e);

        if (kind == EVENT_UPLINK || kind == EVENT_DOWNLINK || kind == EVENT_TO_PEER ||
            kind == EVENT_RECEIPT)
            free((void *)e.b);
    }
}

void testnet_free(struct testnet *t)
{
    if (!t)
        return;
    drop_events(t);
    timerq_fini(&t->events);
    for (uint32_t i = 0; i < t->device_n; i++)
        testnet_forget_challenge(&t->devices[i]);
    testnet_hlr_fini(t);
    map_fini(&t->by_imsi);
    map_fini(&t->by_msisdn);
    free(t->devices);
    free(t->vacant);
    free(t);
}

bool testnet_ptr_later(struct testnet *t, int64_t at, enum event_kind kind, void *b)
{
    return timerq_add(&t->events, at, (uint64_t)kind << 32, (uintptr_t)b) == XK_OK;
}

/* Without memory the event does not come: as if the air had swallowed it. */
void testnet_later(struct testnet *t, int64_t at, enum event_kind kind, uint32_t who, uintptr_t b)
{
    bool owned = kind == EVENT_UPLINK || kind == EVENT_DOWNLINK;

    if (timerq_add(&t->events, at, (uint64_t)kind << 32 | who, b) != XK_OK && owned)
        free((void *)b);
}

uint32_t testnet_between(struct testnet *t, uint32_t min, uint32_t max)
{
    return max > min ? min + xk_prng_below(&t->prng, max - min + 1) : min;
}

static void happen(struct testnet *t, const struct timerq_entry *e)
{
    uint32_t who = (uint32_t)e->a;

    switch (kind_of(e)) {
    case EVENT_UPLINK:
        testnet_uplink(t, who, (struct wire *)e->b);
        break;
    case EVENT_DOWNLINK:
        testnet_downlink(t, who, (struct wire *)e->b);
        break;
    case EVENT_COVERAGE:
        testnet_coverage_due(t, who);
        break;
    case EVENT_DELIVER:
        testnet_deliver(t, who);
        break;
    case EVENT_EXPIRE:
        testnet_expire(t, who);
        break;
    case EVENT_RP_DUE:
        testnet_rp_due(t, who, (uint32_t)e->b);
        break;
    case EVENT_TO_PEER:
        testnet_to_peer(t, (struct message *)e->b);
        break;
    case EVENT_RECEIPT:
        t->ports.receipt(t->ports.ctx, (const struct testnet_receipt *)e->b);
        free((void *)e->b);
        break;
    }
}

void testnet_run(struct testnet *t, int64_t now)
{
    struct timerq_entry e;

    while (timerq_pop_due(&t->events, now, &e)) {
        t->now = e.at > t->now ? e.at : t->now;
        happen(t, &e);
    }
    t->now = now > t->now ? now : t->now;
}

int64_t testnet_deadline(const struct testnet *t)
{
    struct timerq_entry e;

    return timerq_peek(&t->events, &e) ? e.at : INT64_MAX;
}

void testnet_get_stats(const struct testnet *t, struct testnet_stats *out)
{
    *out = t->stats;
    out->subscribers = (uint32_t)t->by_imsi.n;
    out->bytes = sizeof *t + t->device_cap * sizeof *t->devices +
                 t->subscriber_cap * sizeof *t->subscribers + t->vacant_cap * sizeof *t->vacant +
                 t->events.cap * sizeof *t->events.heap +
                 (t->by_imsi.cap + t->by_msisdn.cap) * (MAP_KEY_MAX + 2 * sizeof(uintptr_t)) +
                 t->stats.waiting * (sizeof(struct message) + SMS_UD_MAX);
}
