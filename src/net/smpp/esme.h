/* SPDX-License-Identifier: Apache-2.0 */
/* The platform's side of SMPP 3.4: one transceiver session to an SMSC that is bound again and again
 * until stopped (back-off with jitter), with a window of outstanding submit_sm, a bounded queue in
 * front of it, enquire_link, and pauses when the SMSC throttles. Loop thread only.
 *
 * Promise: each smpp_esme_submit that returned XK_OK has exactly one `submitted` callback. A
 * deliver_sm is acknowledged only when you say so; what was not acknowledged when the session was
 * lost comes again from the SMSC. Callbacks may submit, answer and stop, but not free. */
#ifndef NET_SMPP_ESME_H
#define NET_SMPP_ESME_H

#include "base/clock.h"
#include "codec/smpp/smpp.h"
#include "net/loop/loop.h"

struct smpp_esme;

enum smpp_esme_state {
    SMPP_ESME_CONNECTING,
    SMPP_ESME_BINDING,
    SMPP_ESME_BOUND,
    SMPP_ESME_WAITING, /* for the next attempt */
    SMPP_ESME_UNBINDING,
    SMPP_ESME_STOPPED,
};
const char *smpp_esme_state_name(enum smpp_esme_state state);

/* err is XK_OK: the SMSC answered. XK_E_TIMEOUT: no answer in response_ms, or not sent within
 * queue_ms. XK_E_CLOSED: stopped, or the session was lost after it was sent (the SMSC may have
 * it). */
struct smpp_submit_result {
    enum xk_err err;
    uint32_t status;        /* command_status when XK_OK */
    const char *message_id; /* "" when there is none */
};

struct smpp_esme_events {
    void (*submitted)(void *ctx, uint64_t ref, const struct smpp_submit_result *result);
    /* deliver_sm (or data_sm); sm is valid during the call. Answer with smpp_esme_deliver_done,
     * here or later. */
    void (*deliver)(void *ctx, uint64_t token, const struct smpp_sm *sm);
    void (*state)(void *ctx, enum smpp_esme_state state); /* optional */
};

/* Strings are copied. A zero means the default in the comment. */
struct smpp_esme_options {
    struct loop *loop;
    const char *host; /* name or address */
    uint16_t port;
    const char *system_id, *password, *system_type; /* NULL: "" */
    const struct smpp_esme_events *on;              /* must outlive the session */
    void *ctx;
    struct xk_rand rand;  /* jitter; without one (fill NULL) there is none */
    unsigned window;      /* outstanding submit_sm: 64 */
    unsigned queue_max;   /* submits waiting for the window: 10 000 */
    unsigned deliver_max; /* deliver_sm not yet done; more are refused with RMSGQFUL: 4096 */
    uint32_t connect_ms;  /* TCP connection and bind, each: 5 s */
    uint32_t response_ms; /* 10 s */
    uint32_t queue_ms;    /* longest wait in the queue: 300 s */
    uint32_t enquire_ms;  /* silence before enquire_link: 30 s */
    uint32_t backoff_min_ms, backoff_max_ms;   /* between attempts: 500 ms, doubling, 30 s */
    uint32_t throttle_min_ms, throttle_max_ms; /* pause after RTHROTTLED, RMSGQFUL: 200 ms, 10 s */
};

struct smpp_esme_stats {
    enum smpp_esme_state state;
    unsigned queued, outstanding, delivers_open;
    uint64_t submitted, answered, delivered, throttled, timeouts, connects;
};

/* Starts connecting in the next turn. */
enum xk_err smpp_esme_new(const struct smpp_esme_options *options, struct smpp_esme **out)
    XK_MUST_CHECK;
/* The message is encoded here and copied. Also taken while not bound. XK_E_BUSY: the queue is full;
 * XK_E_CLOSED: stopped; else what smpp_encode says. Never calls back from within. */
enum xk_err smpp_esme_submit(struct smpp_esme *esme, const struct smpp_sm *sm, uint64_t ref)
    XK_MUST_CHECK;
/* Once per token, after what it said is committed. Without effect when the session it came by is
 * gone. */
void smpp_esme_deliver_done(struct smpp_esme *esme, uint64_t token, uint32_t status);
/* Unbinds and goes to STOPPED (reported by `state`); everything outstanding ends with
 * XK_E_CLOSED. */
void smpp_esme_stop(struct smpp_esme *esme);
void smpp_esme_stats(const struct smpp_esme *esme, struct smpp_esme_stats *out);
/* Closes without a word; no callbacks. NULL is fine. */
void smpp_esme_free(struct smpp_esme *esme);

#endif
