/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, coverage, delay and sleep (TS 23.682 4.5.4, 4.5.13). */
#include "testnet/core.h"

#define SLEEP_MARGIN_MS 1000  /* its timers and ours differ by what the air takes */
#define EDRX_ACTIVE_MS 8000   /* the terminal listens for 10 s behind the last message */
#define EDRX_WINDOW_IN_MS 500 /* not at the very beginning of a window */

static struct device *device_at(const struct testnet *t, uint32_t device)
{
    return device < t->device_n && t->devices[device].made ? &t->devices[device] : NULL;
}

static enum xk_err take_place(struct testnet *t, uint32_t *out)
{
    if (t->vacant_n > 0) {
        *out = t->vacant[--t->vacant_n];
        return XK_OK;
    }
    if (t->device_n >= t->config.devices_max)
        return XK_E_LIMIT;
    if (t->device_n == t->device_cap) {
        uint32_t cap = t->device_cap ? t->device_cap * 2 : 64;
        struct device *p = realloc(t->devices, cap * sizeof *p);

        if (!p)
            return XK_E_NOMEM;
        t->devices = p;
        t->device_cap = cap;
    }
    *out = t->device_n++;
    return XK_OK;
}

/* Between half and one and a half of the mean. */
static int64_t around(struct testnet *t, uint32_t mean_s)
{
    return testnet_between(t, mean_s * 500, mean_s * 1500);
}

static void plan_gap(struct testnet *t, uint32_t device)
{
    const struct testnet_radio *r = &t->config.radio[t->devices[device].rat];
    uint32_t mean = t->devices[device].covered ? r->gap_every_s : r->gap_s;

    if (r->gap_every_s)
        testnet_later(t, t->now + around(t, mean), EVENT_COVERAGE, device, t->devices[device].made);
}

enum xk_err testnet_add_device(struct testnet *t, int64_t now, const struct testnet_device *in,
                               uint32_t *device)
{
    if (in->rat < AIR_GSM || in->rat > AIR_EMTC)
        return XK_E_VALUE;
    t->now = now > t->now ? now : t->now;
    TRY(take_place(t, device));
    t->devices[*device] = (struct device){
        .subscriber = TESTNET_NOBODY, .made = ++t->made, .cell = in->cell, .rat = (uint8_t)in->rat};
    t->stats.devices++;
    testnet_cover(t, now, *device);
    plan_gap(t, *device);
    return XK_OK;
}

/* Without memory its place is not used again, which harms nobody. */
void testnet_remove_device(struct testnet *t, uint32_t device)
{
    struct device *d = device_at(t, device);

    if (!d)
        return;
    testnet_detach(t, device);
    d->made = 0;
    t->stats.devices--;
    if (t->vacant_n == t->vacant_cap) {
        uint32_t cap = t->vacant_cap ? t->vacant_cap * 2 : 16;
        uint32_t *p = realloc(t->vacant, cap * sizeof *p);

        if (!p)
            return;
        t->vacant = p;
        t->vacant_cap = cap;
    }
    t->vacant[t->vacant_n++] = device;
}

void testnet_device_imsi(const struct testnet *t, uint32_t device, char imsi[17])
{
    const struct device *d = device_at(t, device);

    imsi[0] = '\0';
    if (d && d->subscriber != TESTNET_NOBODY)
        memcpy(imsi, t->subscribers[d->subscriber].imsi, sizeof t->subscribers[d->subscriber].imsi);
}

/* ---- the air ---- */

static uint32_t air_delay(struct testnet *t, const struct device *d)
{
    const struct testnet_radio *r = &t->config.radio[d->rat];

    return testnet_between(t, r->delay_min_ms, r->delay_max_ms);
}

static struct wire *wire_new(const struct device *d, struct bytes b)
{
    struct wire *w = b.n <= AIR_MESSAGE_MAX ? malloc(sizeof *w + b.n) : NULL;

    if (!w)
        return NULL;
    w->made = d->made;
    w->n = (uint16_t)b.n;
    if (b.n > 0)
        memcpy(w->bytes, b.p, b.n);
    return w;
}

enum xk_err testnet_air(struct testnet *t, int64_t now, uint32_t device, struct bytes wire)
{
    struct device *d = device_at(t, device);
    int64_t at;
    struct wire *w;

    if (!d || !d->covered)
        return XK_OK; /* spoken into the void */
    if (wire.n > AIR_MESSAGE_MAX)
        return XK_E_LIMIT;
    w = wire_new(d, wire);
    if (!w)
        return XK_E_NOMEM;
    at = (now > t->now ? now : t->now) + air_delay(t, d);
    d->up_at = at > d->up_at ? at : d->up_at;
    testnet_later(t, d->up_at, EVENT_UPLINK, device, (uintptr_t)w);
    return XK_OK;
}

void testnet_say(struct testnet *t, uint32_t device, const struct air_message *m)
{
    struct device *d = &t->devices[device];
    uint8_t mem[AIR_MESSAGE_MAX];
    struct wire *w = NULL;
    struct buf b;
    int64_t at = t->now + air_delay(t, d);

    buf_init_fixed(&b, mem, sizeof mem);
    if (air_encode(m, &b) == XK_OK)
        w = wire_new(d, buf_bytes(&b));
    if (!w)
        return;
    d->down_at = at > d->down_at ? at : d->down_at;
    testnet_later(t, d->down_at, EVENT_DOWNLINK, device, (uintptr_t)w);
}

void testnet_uplink(struct testnet *t, uint32_t device, struct wire *w)
{
    struct device *d = device_at(t, device);
    struct air_message m;

    if (d && d->made == w->made && d->covered && air_decode(BYTES(w->bytes, w->n), &m) == XK_OK) {
        d->heard_at = t->now;
        if (m.type == AIR_CP_DATA)
            testnet_rp(t, device, m.rp);
        else
            testnet_mobility(t, device, &m);
    }
    free(w);
}

static bool is_about_cell(const struct wire *w)
{
    return w->n > 0 && (w->bytes[0] == AIR_SYSTEM_INFO || w->bytes[0] == AIR_NO_SERVICE);
}

void testnet_downlink(struct testnet *t, uint32_t device, struct wire *w)
{
    struct device *d = device_at(t, device);

    if (d && d->made == w->made && (d->covered || is_about_cell(w))) {
        if (!is_about_cell(w))
            d->heard_at = t->now;
        t->ports.to_device(t->ports.ctx, device, BYTES(w->bytes, w->n));
    }
    free(w);
}

/* ---- coverage ---- */

void testnet_cover(struct testnet *t, int64_t now, uint32_t device)
{
    struct device *d = device_at(t, device);
    struct air_message m = {.type = AIR_SYSTEM_INFO};

    if (!d || d->covered)
        return;
    t->now = now > t->now ? now : t->now;
    d->covered = true;
    m.rat = (enum air_rat)d->rat;
    m.lac = t->config.lac;
    m.cell = d->cell;
    memcpy(m.plmn, t->config.plmn, sizeof m.plmn);
    testnet_say(t, device, &m);
    if (d->subscriber != TESTNET_NOBODY)
        testnet_later(t, t->now + SLEEP_MARGIN_MS, EVENT_DELIVER, d->subscriber, 0);
}

void testnet_uncover(struct testnet *t, int64_t now, uint32_t device)
{
    struct device *d = device_at(t, device);

    if (!d || !d->covered)
        return;
    t->now = now > t->now ? now : t->now;
    d->covered = false;
    testnet_say(t, device, &(struct air_message){.type = AIR_NO_SERVICE});
}

bool testnet_is_covered(const struct testnet *t, uint32_t device)
{
    const struct device *d = device_at(t, device);

    return d && d->covered;
}

void testnet_coverage_due(struct testnet *t, uint32_t device)
{
    const struct device *d = device_at(t, device);

    if (!d)
        return;
    if (d->covered)
        testnet_uncover(t, t->now, device);
    else
        testnet_cover(t, t->now, device);
    plan_gap(t, device);
}

/* ---- sleep ---- */

static int64_t next_window(int64_t now, uint32_t edrx_s)
{
    int64_t cycle = (int64_t)edrx_s * 1000;

    return now - now % cycle + cycle + EDRX_WINDOW_IN_MS;
}

int64_t testnet_listens_at(const struct testnet *t, const struct device *d)
{
    if (!d->covered)
        return INT64_MAX;
    if (d->t3324_s && t->now > d->heard_at + (int64_t)d->t3324_s * 1000 - SLEEP_MARGIN_MS)
        return INT64_MAX;
    if (d->edrx_s == 0 || d->t3324_s || t->now <= d->heard_at + EDRX_ACTIVE_MS)
        return t->now;
    if (air_edrx_listens(t->now - EDRX_WINDOW_IN_MS, d->edrx_s) &&
        air_edrx_listens(t->now + 2 * SLEEP_MARGIN_MS, d->edrx_s))
        return t->now;
    return next_window(t->now, d->edrx_s);
}
