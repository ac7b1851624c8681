/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/fleet/fleet.h"

#include "codec/script/script.h"
#include "prog/fleet/core.h"

#define EVENTS_PER_DEVICE 32
#define EVENTS_MIN 1024
#define CELLS 64

void fleet_config_default(struct fleet_config *c)
{
    *c = (struct fleet_config){
        .start_ms = 1000, .cut_min_ms = 1000, .cut_max_ms = 60000, .platform = "10658000"};
    testnet_config_default(&c->net);
}

/* ---- what the network says ---- */

static void to_device(void *ctx, uint32_t place, struct bytes wire)
{
    struct fleet *f = ctx;

    if (place < fleet_units(f))
        fleet_give(f, place, MODEM_IN_AIR, wire);
    else if (f->hooks.on_air)
        f->hooks.on_air(f->hooks.ctx, place, wire);
}

/* Back on the seed because the new number did not come through? The card knows. */
static void note_fallback(struct fleet *f, struct unit *u)
{
    struct usim_state s;

    if (usim_get_state(u->card, &s) != XK_OK || s.last_result != SCRIPT_FELL_BACK)
        return;
    f->fallbacks += !u->fell_back;
    u->fell_back = true;
}

static void note_attach(struct fleet *f, const struct testnet_attach *a)
{
    struct unit *u = &f->units[a->device];
    char seed[16];

    fleet_seed_imsi(f, a->device, seed);
    u->attaches++;
    u->on_new = strcmp(a->imsi, seed) != 0;
    if (u->on_new)
        u->fell_back = false;
    else
        note_fallback(f, u);
}

static void attached(void *ctx, const struct testnet_attach *a)
{
    struct fleet *f = ctx;

    if (a->device < f->config.devices)
        note_attach(f, a);
    else if (a->device < fleet_units(f))
        consumer_attached(f, a->device);
    if (f->hooks.on_attach)
        f->hooks.on_attach(f->hooks.ctx, a);
}

static void to_peer(void *ctx, const struct testnet_sm *sm)
{
    struct fleet *f = ctx;

    if (f->hooks.on_message)
        f->hooks.on_message(f->hooks.ctx, sm);
}

static void receipt(void *ctx, const struct testnet_receipt *r)
{
    struct fleet *f = ctx;

    if (f->hooks.on_receipt)
        f->hooks.on_receipt(f->hooks.ctx, r);
}

/* ---- making ---- */

static enum xk_err open_seed(struct fleet *f, const struct usim_personalisation *p)
{
    struct testnet_subscriber s = {.aka = p->seed};
    enum xk_err err;

    if (p->imsi[0] == '\0')
        return XK_OK;
    memcpy(s.imsi, p->imsi, sizeof p->imsi);
    memcpy(s.msisdn, p->msisdn, sizeof s.msisdn);
    err = testnet_open(f->net, &s);
    explicit_bzero(&s, sizeof s);
    return err;
}

static enum xk_err make_card(struct fleet *f, uint32_t i)
{
    struct usim_personalisation p;
    struct unit *u = &f->units[i];
    struct nvm_port port;
    enum xk_err err;

    u->memory = nvm_memory_new();
    if (!u->memory)
        return XK_E_NOMEM;
    port = nvm_memory_port(u->memory);
    err = fleet_personalisation(f, i, &p);
    if (err == XK_OK)
        err = usim_manufacture(&port, &p, &f->rand, &u->card);
    if (err == XK_OK)
        err = open_seed(f, &p);
    explicit_bzero(&p, sizeof p);
    return err;
}

static enum xk_err make_modem(struct fleet *f, uint32_t i)
{
    struct unit *u = &f->units[i];
    struct modem_config c = {.rat = fleet_rat_of(f, i),
                             .no_toolkit = f->config.no_toolkit,
                             .refuse_refresh = f->config.refuse_refresh,
                             .status_poll_s = f->config.status_poll_s,
                             .at_port = fleet_consumer_of(f, i) != NULL};
    struct testnet_device d = {.rat = c.rat, .cell = 1 + i % CELLS};
    uint32_t place;

    u->rat = (uint8_t)c.rat;
    fleet_imei(i, c.imei);
    memcpy(c.imeisv, c.imei, 14);
    memcpy(c.imeisv + 14, "01", 3);
    if (c.rat == AIR_NB_IOT || c.rat == AIR_EMTC) {
        c.psm_tau_s = f->config.psm_tau_s;
        c.psm_active_s = f->config.psm_active_s;
        c.edrx_s = f->config.edrx_s;
    }
    TRY(modem_new(&c, &u->modem));
    u->queued_at = INT64_MAX;
    /* the first places of a new network: place and device have the same number */
    TRY(testnet_add_device(f->net, f->now, &d, &place));
    return place == i ? XK_OK : XK_E_INTERNAL;
}

static enum xk_err make_device(struct fleet *f, uint32_t i)
{
    TRY(fleet_consumer_of(f, i) ? consumer_make(f, i) : make_card(f, i));
    TRY(make_modem(f, i));
    TRY(timerq_add(&f->queue, f->now + (int64_t)f->config.start_ms * i / (fleet_units(f) + 1),
                   FLEET_POWER_ON, i));
    fleet_plan_cut(f, i);
    return XK_OK;
}

static enum xk_err make_all(struct fleet *f)
{
    const struct testnet_ports ports = {.ctx = f,
                                        .to_device = to_device,
                                        .attached = attached,
                                        .to_peer = to_peer,
                                        .receipt = receipt};

    TRY(testnet_new(&f->config.net, &ports, &f->net));
    f->units = calloc((size_t)fleet_units(f) + 1, sizeof *f->units);
    f->consumers = calloc((size_t)f->config.consumers + 1, sizeof *f->consumers);
    if (!f->units || !f->consumers)
        return XK_E_NOMEM;
    for (uint32_t i = 0; i < fleet_units(f); i++)
        TRY(make_device(f, i));
    return XK_OK;
}

enum xk_err fleet_new(const struct fleet_config *config, const struct fleet_hooks *hooks,
                      int64_t now, struct fleet **out)
{
    struct fleet *f;
    enum xk_err err;

    if (config->devices > FLEET_DEVICES_MAX || config->consumers > FLEET_DEVICES_MAX ||
        config->blank > config->devices || (config->consumers > 0 && !hooks->make_euicc) ||
        config->cut_max_ms < config->cut_min_ms || strlen(config->platform) >= SMS_NUMBER_TEXT)
        return XK_E_VALUE;
    f = calloc(1, sizeof *f);
    if (!f)
        return XK_E_NOMEM;
    f->config = *config;
    f->hooks = *hooks;
    f->now = now;
    memcpy(f->platform, config->platform, strlen(config->platform) + 1);
    f->prng.state = config->net.seed ^ 0xF1EE7u;
    f->rand = xk_rand_prng(&f->prng);
    timerq_init(&f->queue,
                ((size_t)config->devices + config->consumers) * EVENTS_PER_DEVICE + EVENTS_MIN);
    buf_init_fixed(&f->response, f->mem, sizeof f->mem);
    err = make_all(f);
    if (err != XK_OK) {
        fleet_free(f);
        return err;
    }
    *out = f;
    return XK_OK;
}

void fleet_free(struct fleet *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; f->units && i < fleet_units(f); i++) {
        modem_free(f->units[i].modem);
        usim_free(f->units[i].card);
        nvm_memory_free(f->units[i].memory);
    }
    for (uint32_t k = 0; f->consumers && k < f->config.consumers; k++)
        consumer_free(&f->consumers[k]);
    testnet_free(f->net);
    timerq_fini(&f->queue);
    free(f->units);
    free(f->consumers);
    free(f);
}

/* ---- time ---- */

static void own_event(struct fleet *f, const struct timerq_entry *e)
{
    uint32_t i = (uint32_t)e->b;
    struct unit *u = &f->units[i];

    switch ((enum fleet_event)e->a) {
    case FLEET_DUE:
        if (u->queued_at != e->at)
            return;
        u->queued_at = INT64_MAX;
        fleet_give(f, i, MODEM_IN_TIME, BYTES_NONE);
        break;
    case FLEET_POWER_ON:
        fleet_power_on(f, f->now, i);
        break;
    case FLEET_CUT:
        fleet_cut_due(f, i);
        break;
    case FLEET_WAKE:
        if (f->consumers[i - f->config.devices].wake_at == e->at)
            consumer_wake(f, i);
        break;
    }
}

static int64_t own_deadline(const struct fleet *f)
{
    struct timerq_entry e;

    return timerq_peek(&f->queue, &e) ? e.at : INT64_MAX;
}

int64_t fleet_deadline(const struct fleet *f)
{
    int64_t own = own_deadline(f);
    int64_t net = testnet_deadline(f->net);

    return own < net ? own : net;
}

/* Network and devices take turns in order of time, so that virtual time may leap. */
void fleet_step(struct fleet *f, int64_t now)
{
    struct timerq_entry e;

    for (int64_t at = fleet_deadline(f); at <= now; at = fleet_deadline(f)) {
        f->now = at > f->now ? at : f->now;
        if (testnet_deadline(f->net) <= at)
            testnet_run(f->net, at);
        else if (timerq_pop_due(&f->queue, at, &e))
            own_event(f, &e);
    }
    f->now = now > f->now ? now : f->now;
}

/* ---- looking ---- */

struct testnet *fleet_net(struct fleet *f)
{
    return f->net;
}

uint32_t fleet_devices(const struct fleet *f)
{
    return f->config.devices;
}

struct usim *fleet_card(struct fleet *f, uint32_t i)
{
    return f->units[i].card;
}

enum xk_err fleet_get_device(const struct fleet *f, uint32_t i, struct fleet_device *out)
{
    struct testnet_subscriber_state s = {0};
    const struct unit *u = &f->units[i];
    struct modem_status m;

    if (i >= f->config.devices)
        return XK_E_NOT_FOUND;
    modem_get_status(u->modem, &m);
    *out = (struct fleet_device){.rat = (enum air_rat)u->rat,
                                 .powered = u->powered,
                                 .attaches = u->attaches,
                                 .refreshes = m.refreshes,
                                 .sms_mt = m.sms_mt,
                                 .sms_mo = m.sms_mo};
    fleet_cid(f, i, out->cid);
    fleet_seed_imsi(f, i, out->seed_imsi);
    memcpy(out->iccid, m.iccid, sizeof out->iccid);
    memcpy(out->imsi, m.imsi, sizeof out->imsi);
    testnet_device_imsi(f->net, i, out->attached_imsi);
    out->attached = out->attached_imsi[0] != '\0';
    out->on_seed = out->attached && strcmp(out->attached_imsi, out->seed_imsi) == 0;
    if (out->attached && testnet_get_subscriber(f->net, out->attached_imsi, &s) == XK_OK)
        out->verified = s.verified;
    return XK_OK;
}

enum xk_err fleet_find(const struct fleet *f, const char *cid, uint32_t *i)
{
    char own[USIM_CID_DIGITS + 1];
    uint32_t at = 0;

    if (strlen(cid) != USIM_CID_DIGITS)
        return XK_E_NOT_FOUND;
    for (size_t k = USIM_CID_DIGITS - 8; k < USIM_CID_DIGITS; k++)
        at = at * 10 + (uint32_t)(cid[k] - '0');
    if (at >= f->config.devices)
        return XK_E_NOT_FOUND;
    fleet_cid(f, at, own);
    if (strcmp(own, cid) != 0)
        return XK_E_NOT_FOUND;
    *i = at;
    return XK_OK;
}

void fleet_calm(struct fleet *f)
{
    f->config.cut_every_s = 0;
    testnet_set_troubles(f->net, &(struct testnet_troubles){0});
}

void fleet_get_stats(const struct fleet *f, struct fleet_stats *out)
{
    struct testnet_stats net;

    testnet_get_stats(f->net, &net);
    *out = (struct fleet_stats){.devices = f->config.devices,
                                .fallbacks = f->fallbacks,
                                .device_cuts = f->device_cuts,
                                .card_cuts = f->card_cuts,
                                .bytes = net.bytes + f->queue.cap * sizeof *f->queue.heap};
    for (uint32_t i = 0; i < f->config.devices; i++) {
        const struct unit *u = &f->units[i];
        struct modem_status m;
        char imsi[17];

        modem_get_status(u->modem, &m);
        testnet_device_imsi(f->net, i, imsi);
        out->attached += imsi[0] != '\0';
        out->on_new += imsi[0] != '\0' && u->on_new;
        out->on_seed += imsi[0] != '\0' && !u->on_new;
        out->refreshes += m.refreshes;
        out->bytes += sizeof *u + usim_bytes(u->card) + nvm_memory_bytes(u->memory);
    }
    out->consumers = f->config.consumers;
    for (uint32_t k = 0; k < f->config.consumers; k++) {
        const struct consumer *c = &f->consumers[k];
        char imsi[17];

        out->enabled += c->state == CONSUMER_ENABLED;
        out->failed += c->state == CONSUMER_FAILED;
        testnet_device_imsi(f->net, f->config.devices + k, imsi);
        out->settled += c->state == CONSUMER_FAILED || (c->state == CONSUMER_ENABLED && imsi[0]);
        out->consumer_bytes += sizeof(struct unit) + sizeof *c + euicc_bytes(c->card) +
                               flash_memory_bytes(c->memory) + (c->code ? sizeof *c->code : 0);
    }
}
