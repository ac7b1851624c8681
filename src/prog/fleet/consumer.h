/* SPDX-License-Identifier: Apache-2.0 */
/* Consumer devices of a fleet: the card is an eUICC that comes empty, and an LPA in the device gets
 * it a profile (SGP.22 3.1.3): download, enabling, notifications. The LPA speaks to the card by AT
 * commands over the modem (+CCHO, +CGLA), as in a real device, and to servers through the hooks, so
 * that no socket is in this room. What breaks off is begun again: after power cuts, gaps in
 * coverage, servers that are away.
 *
 * They are counted from 0, apart from the other devices. */
#ifndef PROG_FLEET_CONSUMER_H
#define PROG_FLEET_CONSUMER_H

#include "card/euicc/euicc.h"
#include "terminal/lpa/lpa.h"

#define FLEET_CONSUMER_IMSI_PREFIX "0010191" /* and the consumer in eight digits */
#define FLEET_CONSUMER_MSISDN_PREFIX "99971" /* likewise */
#define FLEET_PACKAGE_MAX 2048               /* bytes of a profile package */

struct fleet;

enum fleet_consumer_state {
#define CONSUMER(name) CONSUMER_##name,
#include "prog/fleet/consumer.def"
};
const char *fleet_consumer_state_name(enum fleet_consumer_state state); /* "ENABLED" */

struct fleet_consumer {
    char eid[EID_TEXT_MAX];
    enum fleet_consumer_state state;
    char fault[256];        /* why the last try failed; "" it did not */
    char iccid[21];         /* of the enabled profile; "" none */
    char imsi[17];          /* as the modem reads it */
    char attached_imsi[17]; /* in the network; "" not attached */
    uint32_t verified;      /* attaches of this number that AKA proved */
    uint32_t refreshes, tries;
    int64_t took_ms; /* from the activation code to the first attach; -1 not yet */
};

uint32_t fleet_consumers(const struct fleet *f);
enum xk_err fleet_get_consumer(struct fleet *f, uint32_t k, struct fleet_consumer *out)
    XK_MUST_CHECK;
struct euicc *fleet_euicc(struct fleet *f, uint32_t k);
/* The profile that the network's operator has for consumer k, as a package (SAIP 2.3) for the stock
 * of an SM-DP+: its number is open in the network from the start. */
enum xk_err fleet_consumer_package(const struct fleet *f, uint32_t k, struct buf *out)
    XK_MUST_CHECK;
void fleet_consumer_iccid(const struct fleet *f, uint32_t k, char iccid[21]);

/* The user scans it. XK_E_STATE: this consumer has one already. */
enum xk_err fleet_give_code(struct fleet *f, int64_t now, uint32_t k,
                            const struct rsp_activation_code *code) XK_MUST_CHECK;
/* The answer to on_post, never from within it; once, any time later. One that comes too late (the
 * device lost its power) is dropped. */
void fleet_reply(struct fleet *f, int64_t now, uint32_t k, uint64_t ticket,
                 const struct lpa_reply *reply);

#endif
