/* SPDX-License-Identifier: Apache-2.0 */
/* Inside net/smpp: a TCP connection as a stream of PDUs. Output is gathered and written once per
 * turn. enquire_link is asked and answered here; any byte received counts as a sign of life. */
#ifndef NET_SMPP_LINK_H
#define NET_SMPP_LINK_H

#include "codec/smpp/smpp.h"
#include "net/loop/loop.h"

struct smpp_link;

/* Callbacks may send, finish, break and free the link. */
struct smpp_link_events {
    void (*opened)(void *ctx); /* connected; not for accepted links */
    void (*pdu)(void *ctx, const struct smpp_pdu *pdu);
    /* A whole PDU that cannot be decoded: head has command, status and sequence. */
    void (*refused)(void *ctx, const struct smpp_pdu *head, uint32_t status);
    /* Once, at the end: free the link. XK_E_CLOSED, XK_E_TIMEOUT (enquire_link), XK_E_FORMAT
     * (command_length), XK_E_LIMIT (output_max). */
    void (*closed)(void *ctx, enum xk_err why);
};

struct smpp_link_options {
    struct loop *loop;
    const struct smpp_link_events *on;
    void *ctx;
    uint32_t enquire_ms, response_ms;
    size_t output_max;
};

enum xk_err smpp_link_accept(const struct smpp_link_options *options, int fd,
                             struct smpp_link **out)
    XK_MUST_CHECK; /* fd is the link's, also on failure */
enum xk_err smpp_link_connect(const struct smpp_link_options *options, const char *host,
                              uint16_t port, struct smpp_link **out) XK_MUST_CHECK;
uint32_t smpp_link_next_sequence(struct smpp_link *link);
/* These never call back from within; trouble is told by `closed` in a later turn. */
void smpp_link_send(struct smpp_link *link, const struct smpp_pdu *pdu);
void smpp_link_send_wire(struct smpp_link *link, struct bytes wire);
/* The answer without a body to a request: its response command, or generic_nack when the command
 * has none. */
void smpp_link_refuse(struct smpp_link *link, const struct smpp_pdu *request, uint32_t status);
/* Reads no more; `closed` when the peer has taken what was sent. */
void smpp_link_finish(struct smpp_link *link);
/* `closed` with this reason in the next turn. */
void smpp_link_break(struct smpp_link *link, enum xk_err why);
void smpp_link_free(struct smpp_link *link); /* NULL is fine */

#endif
