/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room. */
#ifndef PROG_FLEET_CORE_H
#define PROG_FLEET_CORE_H

#include "base/timerq.h"
#include "codec/apdu/apdu.h"
#include "codec/at/card_link.h"
#include "prog/fleet/fleet.h"

struct unit {
    struct modem *modem;
    struct usim *card;
    struct nvm_memory *memory;
    int64_t queued_at; /* the entry in the queue that counts */
    uint32_t attaches;
    uint8_t rat;
    bool powered, on_new, fell_back;
};

/* ---- consumers ---- */

/* What a consumer's LPA waits for. */
enum consumer_wait {
    WAIT_NOTHING, /* no LPA at work; wake_at is the next try, if any */
    WAIT_APDU,
    WAIT_OPENED,
    WAIT_CLOSED,
    WAIT_CARD,  /* the modem starts the card anew */
    WAIT_READY, /* before a channel is opened */
    WAIT_REPLY,
    WAIT_TIME,
};

/* The LPA at work; gone when the device rests. */
struct consumer_work {
    struct lpa *lpa;
    enum lpa_task_type task;
    struct at_link link;
    struct lpa_input input;
    bool has_input;
    uint64_t ticket;
    uint32_t refreshes; /* of the modem, when the last command went to the card */
    unsigned polls;     /* of a card that is not ready */
    bool restarted;     /* the modem was told to start the card anew */
    struct bytes aid;   /* to be opened when the card is ready */
};

struct consumer {
    struct euicc *card;
    struct flash_memory *memory;
    struct flash_port port;
    struct consumer_work *work;       /* NULL: at rest */
    struct rsp_activation_code *code; /* NULL: none yet */
    char *fault;                      /* of the last try; NULL none */
    enum fleet_consumer_state state;
    enum consumer_wait wait;
    bool running; /* consumer_run is on the stack */
    int64_t wake_at;
    int64_t begun, attached; /* the code came; the first attach. 0 not yet */
    uint32_t tries, misses;
};

struct fleet {
    struct fleet_config config;
    struct fleet_hooks hooks;
    char platform[SMS_NUMBER_TEXT];
    struct testnet *net;
    struct xk_prng prng;
    struct xk_rand rand;
    struct timerq queue;
    struct unit *units; /* the devices, and behind them the consumers */
    struct consumer *consumers;
    uint64_t tickets;
    int64_t now;
    uint64_t fallbacks, device_cuts, card_cuts;
    uint8_t mem[APDU_RESPONSE_MAX];
    struct buf response;
};

enum fleet_event { FLEET_DUE = 1, FLEET_POWER_ON, FLEET_CUT, FLEET_WAKE };

/* Everything that has a modem: index into units, and place in the network. */
static inline uint32_t fleet_units(const struct fleet *f)
{
    return f->config.devices + f->config.consumers;
}

/* NULL when the unit has no eUICC. */
static inline struct consumer *fleet_consumer_of(const struct fleet *f, uint32_t i)
{
    return i >= f->config.devices ? &f->consumers[i - f->config.devices] : NULL;
}

/* device.c */
void fleet_give(struct fleet *f, uint32_t i, enum modem_input_type type, struct bytes data);
void fleet_later(struct fleet *f, int64_t at, enum fleet_event event, uint32_t i);
void fleet_plan_cut(struct fleet *f, uint32_t i);
void fleet_cut_due(struct fleet *f, uint32_t i);

/* cards.c */
enum air_rat fleet_rat_of(const struct fleet *f, uint32_t i);
void fleet_cid(const struct fleet *f, uint32_t i, char cid[USIM_CID_DIGITS + 1]);
void fleet_seed_imsi(const struct fleet *f, uint32_t i, char imsi[16]);
void fleet_imei(uint32_t i, char imei[17]);
/* What everything of one device is made from; salt: for what. */
struct xk_prng fleet_keys_of(const struct fleet *f, uint32_t i, uint64_t salt);
void fleet_make_key(struct xk_prng *r, struct secret *out);

/* package.c */
void fleet_consumer_subscriber(const struct fleet *f, uint32_t k, struct testnet_subscriber *out);

/* consumer.c: i is the unit */
enum xk_err consumer_make(struct fleet *f, uint32_t i) XK_MUST_CHECK;
void consumer_free(struct consumer *c);
void consumer_power_on(struct fleet *f, uint32_t i);
void consumer_power_lost(struct consumer *c);
void consumer_wake(struct fleet *f, uint32_t i);
void consumer_attached(struct fleet *f, uint32_t i);
/* The LPA goes on as far as it can. */
void consumer_run(struct fleet *f, uint32_t i);

/* link.c: what the LPA says to the modem; the answer comes to at_link_take */
void link_transmit(struct fleet *f, uint32_t i, uint8_t channel, struct bytes command);
void link_open(struct fleet *f, uint32_t i, struct bytes aid);
void link_close(struct fleet *f, uint32_t i, uint8_t channel);
void link_restart(struct fleet *f, uint32_t i); /* card and modem */

#endif
