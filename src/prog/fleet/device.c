/* SPDX-License-Identifier: Apache-2.0 */
/* One device: what its modem wants of card and air is done at once; power comes and goes. */
#include "prog/fleet/core.h"

#define ROUNDS_MAX 20000 /* actions for one input; a modem that wants more is stuck */
#define RESETS_MAX 4
#define CARD_CUT_WRITES_MAX 12
#define PAGE_BYTES 64

void fleet_later(struct fleet *f, int64_t at, enum fleet_event event, uint32_t i)
{
    /* the queue has room for all devices' events at a time, see fleet_new */
    if (timerq_add(&f->queue, at, event, i) != XK_OK)
        f->units[i].queued_at = INT64_MAX;
}

static void input(struct fleet *f, struct unit *u, enum modem_input_type type, struct bytes data)
{
    modem_input(u->modem, f->now, &(struct modem_input){.type = type, .data = data});
}

static enum xk_err reset_once(struct fleet *f, uint32_t i, struct bytes *atr)
{
    struct consumer *c = fleet_consumer_of(f, i);

    return c ? euicc_reset(c->card, atr) : usim_reset(f->units[i].card, atr);
}

static void reset_card(struct fleet *f, uint32_t i)
{
    struct bytes atr = BYTES_NONE;
    enum xk_err err = XK_E_CLOSED;

    for (unsigned n = 0; n < RESETS_MAX && err == XK_E_CLOSED; n++) {
        err = reset_once(f, i, &atr);
        f->card_cuts += err == XK_E_CLOSED;
    }
    input(f, &f->units[i], MODEM_IN_CARD_ATR, err == XK_OK ? atr : BYTES_NONE);
}

static void lose_power(struct fleet *f, uint32_t i)
{
    struct unit *u = &f->units[i];

    f->device_cuts++;
    u->powered = false;
    if (fleet_consumer_of(f, i))
        consumer_power_lost(fleet_consumer_of(f, i));
    input(f, u, MODEM_IN_POWER_CUT, BYTES_NONE);
    fleet_later(f,
                f->now + f->config.cut_min_ms +
                    xk_prng_below(&f->prng, f->config.cut_max_ms - f->config.cut_min_ms + 1),
                FLEET_POWER_ON, i);
}

/* A card that lost its power in the middle falls silent; half of the time its device goes too. */
static void card_failed(struct fleet *f, uint32_t i, enum xk_err err)
{
    if (err == XK_E_CLOSED)
        f->card_cuts++;
    if (err == XK_E_CLOSED && xk_prng_chance(&f->prng, 500))
        lose_power(f, i);
    else
        input(f, &f->units[i], MODEM_IN_CARD_RESPONSE, BYTES_NONE);
}

static void transmit(struct fleet *f, uint32_t i, struct bytes command)
{
    struct consumer *c = fleet_consumer_of(f, i);
    enum xk_err err;

    buf_reset(&f->response);
    err = c ? euicc_transmit(c->card, command, &f->response)
            : usim_transmit(f->units[i].card, command, &f->response);
    if (err == XK_OK)
        input(f, &f->units[i], MODEM_IN_CARD_RESPONSE, buf_bytes(&f->response));
    else
        card_failed(f, i, err);
}

static void act(struct fleet *f, uint32_t i, const struct modem_action *a)
{
    switch (a->type) {
    case MODEM_OUT_CARD_RESET:
        reset_card(f, i);
        break;
    case MODEM_OUT_CARD_APDU:
        transmit(f, i, a->data);
        break;
    case MODEM_OUT_AIR:
        /* without memory it was not heard */
        if (testnet_air(f->net, f->now, i, a->data) != XK_OK)
            f->units[i].queued_at = INT64_MAX;
        break;
    case MODEM_OUT_AT:
        if (fleet_consumer_of(f, i) && fleet_consumer_of(f, i)->work)
            at_link_take(&fleet_consumer_of(f, i)->work->link, a->data);
        break;
    case MODEM_OUT_CARD_OFF:
        break;
    }
}

/* The modem's deadline has one entry in the queue that counts; earlier ones come to nothing. */
static void requeue(struct fleet *f, uint32_t i)
{
    struct unit *u = &f->units[i];
    int64_t at = modem_deadline(u->modem);

    if (at >= u->queued_at)
        return;
    u->queued_at = at > f->now ? at : f->now;
    fleet_later(f, u->queued_at, FLEET_DUE, i);
}

static void pump(struct fleet *f, uint32_t i)
{
    struct modem_action a;

    for (unsigned n = 0; n < ROUNDS_MAX && modem_next(f->units[i].modem, &a); n++)
        act(f, i, &a);
    requeue(f, i);
}

void fleet_give(struct fleet *f, uint32_t i, enum modem_input_type type, struct bytes data)
{
    input(f, &f->units[i], type, data);
    pump(f, i);
    if (fleet_consumer_of(f, i))
        consumer_run(f, i);
}

/* ---- power ---- */

void fleet_power_on(struct fleet *f, int64_t now, uint32_t i)
{
    f->now = now > f->now ? now : f->now;
    if (f->units[i].powered)
        return;
    f->units[i].powered = true;
    fleet_give(f, i, MODEM_IN_POWER_ON, BYTES_NONE);
    if (fleet_consumer_of(f, i))
        consumer_power_on(f, i);
}

void fleet_power_cut(struct fleet *f, int64_t now, uint32_t i)
{
    f->now = now > f->now ? now : f->now;
    if (!f->units[i].powered)
        return;
    lose_power(f, i);
    pump(f, i);
}

void fleet_cut_card(struct fleet *f, uint32_t i, uint32_t writes)
{
    struct consumer *c = fleet_consumer_of(f, i);
    uint64_t seed = xk_prng_next(&f->prng);

    if (c) /* its memory is written in bytes */
        flash_memory_cut_at(c->memory, (uint64_t)writes * PAGE_BYTES + seed % PAGE_BYTES, seed);
    else
        nvm_memory_cut_at(f->units[i].memory, writes, seed);
}

void fleet_plan_cut(struct fleet *f, uint32_t i)
{
    uint32_t mean = f->config.cut_every_s;

    if (mean == 0)
        return;
    fleet_later(f, f->now + mean * 100 + xk_prng_below(&f->prng, mean * 1800), FLEET_CUT, i);
}

/* Now, or within one of the next page writes of the card, that is in the middle of a command. */
void fleet_cut_due(struct fleet *f, uint32_t i)
{
    if (f->config.cut_every_s == 0)
        return;
    if (xk_prng_chance(&f->prng, 500))
        fleet_power_cut(f, f->now, i);
    else
        fleet_cut_card(f, i, 1 + xk_prng_below(&f->prng, CARD_CUT_WRITES_MAX));
    fleet_plan_cut(f, i);
}
