/* SPDX-License-Identifier: Apache-2.0 */
/* The message centre's side of SMPP 3.4: a listener, sessions that bind as transmitter, receiver or
 * transceiver, submit_sm answered now or later, deliver_sm to whoever is bound to receive. Loop
 * thread only. A peer that talks nonsense, is silent or too eager harms only its own session.
 * Callbacks may deliver, answer, drop and stop, but not free. */
#ifndef NET_SMPP_SMSC_H
#define NET_SMPP_SMSC_H

#include "codec/smpp/smpp.h"
#include "net/loop/loop.h"

#define SMPP_SMSC_SESSIONS_MAX 1024

struct smpp_smsc;

struct smpp_smsc_peer {
    uint32_t session; /* unique as long as the server lives */
    uint32_t command; /* SMPP_BIND_RECEIVER, _TRANSMITTER or _TRANSCEIVER */
    const char *system_id;
    const char *address; /* numeric */
};

struct smpp_deliver_result {
    enum xk_err err; /* XK_OK: the receiver answered; XK_E_TIMEOUT: nobody took it in deliver_ms;
                        XK_E_CLOSED: the server was stopped */
    uint32_t status; /* command_status when XK_OK */
};

struct smpp_smsc_events {
    /* The status to answer: SMPP_ROK accepts; SMPP_RINVPASWD, SMPP_RINVSYSID, ... refuse. */
    uint32_t (*bind)(void *ctx, const struct smpp_smsc_peer *peer, const char *password);
    /* A submit_sm (or data_sm), valid during the call. Answer with smpp_smsc_submit_done, here or
     * later. */
    void (*submit)(void *ctx, uint64_t token, const struct smpp_smsc_peer *peer,
                   const struct smpp_sm *sm);
    void (*delivered)(void *ctx, uint64_t ref, const struct smpp_deliver_result *result);
    /* Optional. admit is asked before each submit_sm is looked into: a status other than SMPP_ROK
     * (SMPP_RTHROTTLED, SMPP_RMSGQFUL) is answered at once. */
    uint32_t (*admit)(void *ctx, const struct smpp_smsc_peer *peer);
    void (*bound)(void *ctx, const struct smpp_smsc_peer *peer);
    void (*unbound)(void *ctx, const struct smpp_smsc_peer *peer);
};

/* Strings are copied. A zero means the default in the comment. */
struct smpp_smsc_options {
    struct loop *loop;
    const char *address;               /* as socket_listen */
    uint16_t port;                     /* 0: any free one, see smpp_smsc_port */
    const char *system_id;             /* ours, in bind_resp: "xieka" */
    const struct smpp_smsc_events *on; /* must outlive the server */
    void *ctx;
    unsigned sessions_max; /* 64; at most SMPP_SMSC_SESSIONS_MAX; one too many is closed at once */
    unsigned window;       /* outstanding deliver_sm per session: 64 */
    unsigned queue_max;    /* deliver_sm not yet reported: 100 000 */
    unsigned submit_max;   /* unanswered submit_sm per session; more get RMSGQFUL: 4096 */
    unsigned nonsense_max; /* PDUs answered by generic_nack before the session is closed: 8 */
    size_t output_max;     /* bytes a peer does not take before it is closed: 4 MiB */
    uint32_t bind_ms;      /* a connection must bind within: 10 s */
    uint32_t response_ms;  /* to deliver_sm, then it is sent again: 10 s */
    uint32_t enquire_ms;   /* silence before enquire_link: 60 s */
    uint32_t retry_ms;     /* wait after a temporary refusal of deliver_sm: 1 s */
    uint32_t deliver_ms;   /* longest life of a deliver_sm here: 600 s */
};

struct smpp_smsc_stats {
    unsigned sessions, bound;
    unsigned queued, outstanding; /* deliver_sm not yet reported; those of them that are sent */
    uint64_t submits, throttled, delivers, delivered, retries, nonsense;
};

enum xk_err smpp_smsc_new(const struct smpp_smsc_options *options, struct smpp_smsc **out)
    XK_MUST_CHECK;
uint16_t smpp_smsc_port(const struct smpp_smsc *smsc);
/* Once per token. message_id: NULL or "" when refused. Without effect when the session is gone. */
void smpp_smsc_submit_done(struct smpp_smsc *smsc, uint64_t token, uint32_t status,
                           const char *message_id);
/* Queues a deliver_sm for any session that receives (bound with this system_id, or NULL: whoever).
 * A lost session, silence or a temporary refusal (RX_T_APPN, RMSGQFUL, RTHROTTLED) sends it again,
 * so a receiver may see it twice. Exactly one `delivered` per XK_OK. XK_E_BUSY: the queue is full.
 * Never calls back from within. */
enum xk_err smpp_smsc_deliver(struct smpp_smsc *smsc, const struct smpp_sm *sm,
                              const char *system_id, uint64_t ref) XK_MUST_CHECK;
void smpp_smsc_stats(const struct smpp_smsc *smsc, struct smpp_smsc_stats *out);
/* Closes one session (operator's order, tests) without unbind; XK_E_NOT_FOUND. */
enum xk_err smpp_smsc_drop(struct smpp_smsc *smsc, uint32_t session) XK_MUST_CHECK;
/* Asks all to unbind, accepts nobody any more; free when stats say none is left, or at once. */
void smpp_smsc_stop(struct smpp_smsc *smsc);
void smpp_smsc_free(struct smpp_smsc *smsc); /* no callbacks; NULL is fine */

#endif
