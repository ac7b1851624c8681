/* SPDX-License-Identifier: Apache-2.0 */
/* The write interface towards cards: secured packets that came in short messages, to inputs of
 * service/order; short messages out of the outbox, to the parts an SMSC takes. */
#ifndef API_OTAW_OTAW_H
#define API_OTAW_OTAW_H

#include "base/arena.h"
#include "codec/smpp/smpp.h"
#include "service/order/order.h"

/* Opens a card's packet (IEI 70 or 71). Spans point into the arena. XK_E_AUTH, XK_E_FORMAT. */
enum xk_err otaw_open(const struct chip *chip, const struct chip_keys *keys, uint8_t iei,
                      struct bytes packet, struct arena *arena, struct order_report *out)
    XK_MUST_CHECK;
/* Finds the card that writes from this number, opens its packet and moves its task. XK_E_NOT_FOUND:
 * no card there; XK_E_AUTH, XK_E_FORMAT; XK_E_DENIED: a replay. Nothing has changed then. */
enum xk_err otaw_report(struct order_ctx *c, const char *from, uint8_t iei, struct bytes packet)
    XK_MUST_CHECK;

struct otaw_link {
    const char *source; /* the platform's own address towards cards */
    uint32_t validity_s;
};
/* The n-th part (from 0) of an outbox payload (IEI, packet) as a submit_sm; *parts how many there
 * are. A receipt is asked for the last. ud[140] holds the message and must outlive *sm. ref tells
 * the messages of one card apart. */
enum xk_err otaw_part(const struct otaw_link *link, const char *to, struct bytes payload,
                      uint8_t ref, size_t n, uint8_t *ud, struct smpp_sm *sm, size_t *parts)
    XK_MUST_CHECK;

#endif
