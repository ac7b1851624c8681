/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room. */
#ifndef PROG_FLEET_CORE_H
#define PROG_FLEET_CORE_H

#include "base/timerq.h"
#include "codec/apdu/apdu.h"
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

struct fleet {
    struct fleet_config config;
    struct fleet_hooks hooks;
    char platform[SMS_NUMBER_TEXT];
    struct testnet *net;
    struct xk_prng prng;
    struct xk_rand rand;
    struct timerq queue;
    struct unit *units;
    int64_t now;
    uint64_t fallbacks, device_cuts, card_cuts;
    uint8_t mem[APDU_RESPONSE_MAX];
    struct buf response;
};

enum fleet_event { FLEET_DUE = 1, FLEET_POWER_ON, FLEET_CUT };

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

#endif
