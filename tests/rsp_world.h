/* SPDX-License-Identifier: Apache-2.0 */
/* An SM-DP+ with its store in memory, for tests: the service's duty (load, decide, commit effects)
 * in its simplest form. Sessions go through their encoding at each call; effects are committed by
 * copying, so that a test sees what a restart would leave. */
#ifndef TESTS_RSP_WORLD_H
#define TESTS_RSP_WORLD_H

#include "rsp_card.h"
#include "server/smdpp/smdpp.h"

#define WORLD_ORDERS 8
#define WORLD_SESSIONS 16
#define WORLD_NOTIFICATIONS 64
#define WORLD_EVENTS 64

#define WORLD_ICCID "8949449999999990023"
#define WORLD_MATCHING_ID "AC-TOKEN-1"
#define WORLD_CODE "12345678"

struct world_order {
    bool used;
    struct download download;
    struct smdpp_package package;
    bool has_binding;
    struct smdpp_binding binding;
};

struct world_session {
    bool used;
    uint8_t transaction_id[RSP_TRANSACTION_ID_MAX];
    uint8_t blob[SMDPP_SESSION_ENCODED_MAX];
    size_t n;
};

struct rsp_world {
    struct rsp_pki *pki;
    struct x509_store *store;
    struct smdpp *smdpp;
    struct smdpp_ports ports;
    struct xk_prng prng;
    struct xk_rand rand;
    int64_t now;
    struct arena arena;   /* of everything that stays */
    struct arena request; /* reset before each call */
    struct rsp_card card;
    struct bytes upp;
    struct world_order orders[WORLD_ORDERS];
    struct world_session sessions[WORLD_SESSIONS];
    struct smdpp_notification notifications[WORLD_NOTIFICATIONS];
    size_t n_notifications;
    /* what the operator would hear, in order */
    struct download_event events[WORLD_EVENTS];
    size_t n_events;
    unsigned smds_deletions;
    enum smdpp_exception exception; /* of the last call */
    enum xk_err port_fails;         /* every port answers with this when it is not XK_OK */
    bool lose_effects;              /* as if the server died before it committed */
};

enum world_protection { WORLD_SESSION_KEYS, WORLD_RANDOM_KEYS };

/* An address with certificates of the curve, one released order (WORLD_ICCID, WORLD_MATCHING_ID, no
 * EID, no code) and a card. */
void rsp_world_init(struct rsp_world *w, enum ec_curve curve);
void rsp_world_fini(struct rsp_world *w);
/* Makes the SM-DP+ anew with these settings over the defaults (config: in and out). */
void rsp_world_config(struct rsp_world *w, struct smdpp_config *config);
void rsp_world_restart(struct rsp_world *w, const struct smdpp_config *config);

/* One more released order. */
struct world_order *rsp_world_order(struct rsp_world *w, const char *iccid, const char *matching_id,
                                    enum world_protection protection);
void rsp_world_code(struct world_order *order, const char *code, uint32_t tries);
/* Metadata with an icon, so that it takes two TLVs. */
void rsp_world_icon(struct rsp_world *w, struct world_order *order);

/* The calls: load session, decide, commit. */
struct rsp_initiate_authentication_response
rsp_world_initiate(struct rsp_world *w, const struct rsp_initiate_authentication_request *req);
struct rsp_authenticate_client_response
rsp_world_authenticate(struct rsp_world *w, const struct rsp_authenticate_client_request *req);
struct rsp_get_bound_profile_package_response
rsp_world_package(struct rsp_world *w, const struct rsp_get_bound_profile_package_request *req);
void rsp_world_notify(struct rsp_world *w, const struct rsp_handle_notification_request *req);
struct rsp_es9p_cancel_session_response
rsp_world_cancel(struct rsp_world *w, const struct rsp_es9p_cancel_session_request *req);

/* The session of this transaction; NULL when there is none. */
struct world_session *rsp_world_session(struct rsp_world *w, struct bytes transaction_id);

/* "8.2.6/3.8", "ok" */
const char *rsp_world_verdict(const struct rsp_status *status);
/* "POINT1 CAUSE POINT2 ..." of the operator's events since the last call: "1:ATTEMPT 3:BIND",
 * with "!8.2.7/3.8" behind a failed one. */
const char *rsp_world_told(struct rsp_world *w);

#endif
