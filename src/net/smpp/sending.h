/* SPDX-License-Identifier: Apache-2.0 */
/* Inside net/smpp: messages on their way out. An item is an encoded PDU with the caller's
 * reference; it stands in a queue until a window has room, and in the window until it is
 * answered. */
#ifndef NET_SMPP_SENDING_H
#define NET_SMPP_SENDING_H

#include "codec/smpp/smpp.h"
#include "net/smpp/link.h"

struct smpp_item {
    struct smpp_item *next;
    uint64_t ref;
    uint64_t order; /* of arrival */
    int64_t born_ms;
    int64_t ready_ms; /* not before; smsc only */
    unsigned route;   /* smsc only */
    size_t len;
    uint8_t wire[]; /* the sequence number is written when it is sent */
};

/* The message as `command`, copied. What smpp_encode says, or XK_E_NOMEM. */
enum xk_err smpp_item_new(uint32_t command, const struct smpp_sm *sm, struct smpp_item **out)
    XK_MUST_CHECK;

struct smpp_queue {
    struct smpp_item *head, *tail;
    unsigned n;
};
void smpp_queue_push(struct smpp_queue *q, struct smpp_item *item);
/* Among the others by order of arrival: for what must be sent again. */
void smpp_queue_put_back(struct smpp_queue *q, struct smpp_item *item);
struct smpp_item *smpp_queue_pop(struct smpp_queue *q); /* NULL when empty */
void smpp_queue_free(struct smpp_queue *q);             /* and what is in it */

struct smpp_outstanding {
    uint32_t sequence;
    int64_t sent_ms;
    struct smpp_item *item;
};

struct smpp_window {
    struct smpp_outstanding *slots; /* oldest first */
    unsigned n, max;
};
enum xk_err smpp_window_init(struct smpp_window *w, unsigned max) XK_MUST_CHECK;
void smpp_window_fini(struct smpp_window *w);
/* Sends it; there is room (n < max). */
void smpp_window_send(struct smpp_window *w, struct smpp_link *link, struct smpp_item *item,
                      int64_t now_ms);
struct smpp_item *smpp_window_take(struct smpp_window *w, uint32_t sequence); /* NULL: unknown */
/* The oldest, when it was sent at or before `limit_ms`; NULL otherwise. */
struct smpp_item *smpp_window_take_oldest(struct smpp_window *w, int64_t limit_ms);

#endif
