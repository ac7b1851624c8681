/* SPDX-License-Identifier: Apache-2.0 */
/* SM-DS (SGP.22 5.8, 3.6): ES11 towards LPAs, ES12 towards SM-DP+s and other SM-DSs (ES15). Pure:
 * no store, no socket, no clock. As in server/smdpp, effects are committed before the answer is
 * spoken, and an xk_err is trouble of our own. */
#ifndef SERVER_SMDS_SMDS_H
#define SERVER_SMDS_SMDS_H

#include "codec/rsp/es9p.h"
#include "model/smds_event.h"
#include "server/auth/auth.h"

struct smds_config {
    struct auth_config auth; /* role AUTH_SMDS */
    int64_t session_ms;      /* from first to second call; 0: 10 minutes */
    struct bytes root;       /* FQDN of the root SM-DS that forwarded events go to (ES15); absent:
                                 this is the root */
};

struct smds; /* one address; read-only, shared by threads (see server/auth/auth.h) */

enum xk_err smds_new(const struct smds_config *config, struct smds **out, const char **why)
    XK_MUST_CHECK;
void smds_free(struct smds *smds);
bool smds_is_address(const struct smds *smds, struct bytes address);

/* A session of ES11: plain data without secrets, stored as a blob. */
struct smds_session {
    struct auth_session auth;
    int64_t valid_until; /* ms */
};
#define SMDS_SESSION_ENCODED_MAX 96
enum xk_err smds_session_encode(const struct smds_session *session, struct buf *out) XK_MUST_CHECK;
enum xk_err smds_session_decode(struct bytes blob, struct smds_session *out) XK_MUST_CHECK;

#define SMDS_EVENTS_MAX 64 /* told in one answer; the oldest come first */

struct smds_ports {
    void *ctx;
    /* The events of an eUICC, oldest first, at most max. event_id "": all; else those that have it
     * as event_id or as forwarded_id. *n may be 0. */
    enum xk_err (*find_events)(void *ctx, const char *eid, const char *event_id, size_t max,
                               struct smds_event *out, size_t *n);
};

struct smds_call {
    int64_t now; /* ms */
    const struct xk_rand *rand;
    const struct smds_ports *ports;
    struct arena *arena;
};

enum smds_effect_kind {
    SMDS_NO_EFFECT,
    SMDS_STORE_EVENT,  /* event is new */
    SMDS_DELETE_EVENT, /* event is to go */
};
struct smds_effects {
    enum smds_effect_kind kind;
    struct smds_event event;
    /* To be told to the root SM-DS by ES15, RegisterEvent or DeleteEvent after the kind, until it
     * has answered: eid, forwarded_id, and as address our own. */
    bool forward;
};

/* SGP.22 5.8.1. *session is written when the verdict is RSP_EXECUTED, and only then. */
enum xk_err smds_initiate_authentication(const struct smds *smds, const struct smds_call *call,
                                         const struct rsp_initiate_authentication_request *req,
                                         struct smds_session *session,
                                         struct rsp_initiate_authentication_response *resp)
    XK_MUST_CHECK;
/* SGP.22 5.8.2. session NULL: unknown transaction. The session is over when the verdict is
 * RSP_EXECUTED: the caller drops it. */
enum xk_err smds_authenticate_client(const struct smds *smds, const struct smds_call *call,
                                     const struct rsp_authenticate_client_request *req,
                                     const struct smds_session *session,
                                     struct rsp_es11_authenticate_client_response *resp)
    XK_MUST_CHECK;

/* ES12 (SGP.22 5.9.1, 5.9.2) and ES15, which is the same with an SM-DS asking. requester: who the
 * TLS client certificate says it is (its OID, dotted text). */
struct smds_register_request {
    const char *requester;
    const char *eid; /* 32 digits */
    const char *event_id;
    const char *address; /* rspServerAddress */
    bool forward;        /* forwardingIndicator */
};
/* 8.9.5/3.3: registered already. The very same registration again is answered as the first time,
 * and changes nothing. 1.6/2.1: no EID, event ID or address. */
enum xk_err smds_register_event(const struct smds *smds, const struct smds_call *call,
                                const struct smds_register_request *req,
                                struct smds_effects *effects, struct rsp_status *status)
    XK_MUST_CHECK;

struct smds_delete_request {
    const char *requester;
    const char *eid;
    const char *event_id;
};
/* 8.9.5/3.9: there is none, or another registered it. */
enum xk_err smds_delete_event(const struct smds *smds, const struct smds_call *call,
                              const struct smds_delete_request *req, struct smds_effects *effects,
                              struct rsp_status *status) XK_MUST_CHECK;

#endif
