/* SPDX-License-Identifier: Apache-2.0 */
/* Many devices in one process: each a modem (terminal/modem) with its card (card/usim, memory that
 * only keeps what differs), all in one test network (testnet). Behind them consumer devices with
 * eUICCs (consumer.h). No sockets; virtual or real time.
 * Everything is made from a seed: the same seed gives the same devices, cards and keys.
 *
 *     fleet_step(f, now);             // runs what is due, calls the hooks
 *     deadline = fleet_deadline(f);
 */
#ifndef PROG_FLEET_FLEET_H
#define PROG_FLEET_FLEET_H

#include "card/usim/usim.h"
#include "prog/fleet/consumer.h"
#include "terminal/modem/modem.h"
#include "testnet/testnet.h"

#define FLEET_CID_PREFIX "99970000" /* and twelve digits: the seed's, the device's */
#define FLEET_IMSI_PREFIX "0010190" /* and the device in eight digits */
#define FLEET_MSISDN_PREFIX "99970" /* likewise */
#define FLEET_KEYSET 1
#define FLEET_DEVICES_MAX 1000000

struct fleet;

struct fleet_hooks {
    void *ctx;
    /* A message from a device for somebody outside. Called from fleet_step. */
    void (*on_message)(void *ctx, const struct testnet_sm *sm);
    void (*on_receipt)(void *ctx, const struct testnet_receipt *r);
    void (*on_attach)(void *ctx, const struct testnet_attach *a);
    /* For a device that somebody else added to the network. */
    void (*on_air)(void *ctx, uint32_t device, struct bytes wire);
    /* With consumers: an eUICC out of the factory; the port outlives it. */
    enum xk_err (*make_euicc)(void *ctx, uint32_t consumer, const struct flash_port *port,
                              struct euicc **out);
    /* Its LPA asks a server: to be answered by fleet_reply under the ticket. Unless XK_OK it could
     * not be sent, and no answer will come. */
    enum xk_err (*on_post)(void *ctx, uint32_t consumer, uint64_t ticket, const char *address,
                           const struct rsp_es9p_request *request);
};

struct fleet_config {
    struct testnet_config net; /* its seed is the fleet's */
    uint32_t devices;
    uint32_t blank;                  /* the last so many have no seed number */
    uint32_t consumers;              /* further devices, with eUICCs */
    unsigned mix[TESTNET_RATS];      /* shares of the radios, by enum air_rat; all 0: LTE */
    uint32_t start_ms;               /* devices are switched on over this time */
    uint32_t cut_every_s;            /* mean time between power cuts of a device; 0: none */
    uint32_t cut_min_ms, cut_max_ms; /* how long the power is away */
    uint32_t status_poll_s;          /* 0: the modem's default */
    uint32_t psm_tau_s, psm_active_s, edrx_s; /* NB-IoT and eMTC devices */
    bool no_toolkit, refuse_refresh;          /* terminals that lack something (modem.h) */
    const char *platform;                     /* address on the cards, where reports go */
};
/* 0 devices, LTE, one after another in a second, no cuts, platform 10658000. */
void fleet_config_default(struct fleet_config *c);

/* Opens the seeds in the network, makes the cards. */
enum xk_err fleet_new(const struct fleet_config *config, const struct fleet_hooks *hooks,
                      int64_t now, struct fleet **out) XK_MUST_CHECK;
void fleet_free(struct fleet *f);
void fleet_step(struct fleet *f, int64_t now);
int64_t fleet_deadline(const struct fleet *f);
/* The network in it: subscribers and messages go there directly. */
struct testnet *fleet_net(struct fleet *f);

/* What the maker put into the i-th card: for tests and the export. */
enum xk_err fleet_personalisation(const struct fleet *f, uint32_t i, struct usim_personalisation *p)
    XK_MUST_CHECK;
/* All cards as an import file for the platform (docs/interfaces/import-files.md), piece by piece:
 * the head for i == 0, then a line each. */
enum xk_err fleet_export_card(const struct fleet *f, uint32_t i, struct buf *out) XK_MUST_CHECK;

struct fleet_device {
    char cid[USIM_CID_DIGITS + 1], iccid[21], imsi[17]; /* as the modem reads them; "" none */
    char seed_imsi[17];
    enum air_rat rat;
    bool powered, attached, on_seed;
    char attached_imsi[17]; /* in the network */
    uint32_t attaches;      /* verified by AKA, over its life */
    uint32_t verified;      /* of the number in use */
    uint32_t refreshes, sms_mt, sms_mo;
};
uint32_t fleet_devices(const struct fleet *f);
enum xk_err fleet_get_device(const struct fleet *f, uint32_t i, struct fleet_device *out)
    XK_MUST_CHECK;
/* XK_E_NOT_FOUND. */
enum xk_err fleet_find(const struct fleet *f, const char *cid, uint32_t *i) XK_MUST_CHECK;
struct usim *fleet_card(struct fleet *f, uint32_t i);

/* Power of one device. */
void fleet_power_on(struct fleet *f, int64_t now, uint32_t i);
void fleet_power_cut(struct fleet *f, int64_t now, uint32_t i);
/* The card loses power in the n-th page write from now on. */
void fleet_cut_card(struct fleet *f, uint32_t i, uint32_t writes);
/* No more power cuts, and no more troubles of messages. */
void fleet_calm(struct fleet *f);

/* The way of a blank card: in a jig, without radio. The secured packet goes in, the card's answer
 * (IEI 71) comes out; then the device is switched on again. XK_E_NOT_FOUND: no answer. */
enum xk_err fleet_relay(struct fleet *f, int64_t now, uint32_t i, struct bytes packet,
                        struct buf *answer) XK_MUST_CHECK;

struct fleet_stats {
    uint32_t devices, attached, on_seed, on_new;
    uint64_t fallbacks, refreshes, device_cuts, card_cuts;
    size_t bytes;             /* of all devices with cards and network, as far as they tell */
    uint32_t consumers;       /* and of them: */
    uint32_t enabled, failed; /* by state */
    uint32_t settled;         /* enabled and attached, or failed: nothing more will happen */
    size_t consumer_bytes;    /* of the consumers with their cards */
};
void fleet_get_stats(const struct fleet *f, struct fleet_stats *out);

#endif
