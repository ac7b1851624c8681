/* SPDX-License-Identifier: Apache-2.0 */
/* SM-DP+, ES9+ (SGP.22 5.6): decides what an LPA is answered. Pure: no store, no socket, no clock.
 *
 * One function a function of ES9+. Each takes the session as it is stored, the request, and gives
 *   the answer    with its status: success, or why it is refused (SGP.22 5.2.6),
 *   the session   as it is to be stored; as it was when the request was refused,
 *   the effects   on the order, on the package kept for retries, and what the operator hears.
 * All three are committed in one transaction BEFORE the answer is spoken: then a lost answer, a
 * restart or a kill at any moment lets the LPA ask again and get the same (5.6.2, 3.1.3.3).
 *
 * An xk_err is trouble of our own (no memory, a port failed); nothing is to be stored then.
 *
 * Which call is taken in which state of a session: session.def. */
#ifndef SERVER_SMDPP_SMDPP_H
#define SERVER_SMDPP_SMDPP_H

#include "base/secret.h"
#include "codec/rsp/es9p.h"
#include "model/download.h"
#include "server/auth/auth.h"
#include "server/smdpp/protect.h"
#include "server/smdpp/session.h"

/* What happens when an eUICC that was handed a package comes back with another one-time key. */
enum smdpp_rebind {
    SMDPP_REBIND,        /* it gets the profile under new session keys */
    SMDPP_REFUSE_REBIND, /* 8.2/3.7 */
};

struct smdpp_config {
    struct auth_config auth; /* role AUTH_SMDPP */
    enum smdpp_rebind rebind;
    int64_t session_ms;   /* how long an LPA may take from first to last call; 0: 1 hour */
    int64_t result_ms;    /* how long a session that got its package waits for the result of the
                                 installation before it may be dropped; 0: 400 days */
    struct bytes host_id; /* 1 to 16 bytes of the BPP's CRT; absent: the OID's last 16 bytes */
};

struct smdpp; /* one address; read-only, shared by threads (see auth.h) */

/* As auth_new. */
enum xk_err smdpp_new(const struct smdpp_config *config, struct smdpp **out, const char **why)
    XK_MUST_CHECK;
void smdpp_free(struct smdpp *smdpp);
struct bytes smdpp_oid(const struct smdpp *smdpp);
/* Whether an LPA that dialled this (with or without ":port") means this address. */
bool smdpp_is_address(const struct smdpp *smdpp, struct bytes address);

/* A package bound for one eUICC, kept so that a retry gets the same (SGP.22 3.1.3.3): one row an
 * ICCID. keys is sealed at rest; it is empty (n 0) when the profile has its own PPK. */
struct smdpp_binding {
    char iccid[DOWNLOAD_ICCID_TEXT]; /* key */
    char eid[DOWNLOAD_EID_TEXT];
    uint8_t transaction_id[RSP_TRANSACTION_ID_MAX]; /* that `initialise` was signed for */
    uint8_t basis[32]; /* SHA-256 over what it was made from: package id and metadata */
    uint8_t euicc_otpk[RSP_OTPK_LEN];
    uint8_t smdp_otpk[RSP_OTPK_LEN];
    struct bytes initialise; /* BF23, TLV */
    struct bytes head;       /* A0, A1 and A2, TLVs */
    struct secret keys;      /* chain, S-ENC, S-MAC as they stand before the profile elements */
    uint32_t counter;        /* of the next TLV, with keys */
};

/* What an engine asks. Spans it is given must live as long as the arena. XK_E_NOT_FOUND where there
 * is none. Every answer is read under the transaction that will commit the effects. */
struct smdpp_ports {
    void *ctx;
    /* The order with this matching ID (never empty) at this address, in whatever state. */
    enum xk_err (*find_by_matching_id)(void *ctx, struct bytes matching_id, struct arena *arena,
                                       struct download *out);
    /* The order that waits for this eUICC and needs no matching ID (it has none, or it was ordered
     * for this EID by an SM-DS): the offered one (RELEASED, DOWNLOADED) that is oldest; else any.
     */
    enum xk_err (*find_by_eid)(void *ctx, const char *eid, struct arena *arena,
                               struct download *out);
    enum xk_err (*find_by_iccid)(void *ctx, const char *iccid, struct arena *arena,
                                 struct download *out);
    enum xk_err (*load_package)(void *ctx, const char *iccid, struct arena *arena,
                                struct smdpp_package *out);
    enum xk_err (*load_binding)(void *ctx, const char *iccid, struct arena *arena,
                                struct smdpp_binding *out);
    /* XK_OK when this notification was taken before (it was an effect and committed). */
    enum xk_err (*find_notification)(void *ctx, const char *eid, const char *iccid, uint32_t seq);
};

/* One call: when it is, and where everything it makes lives. */
struct smdpp_call {
    int64_t now; /* ms */
    const struct xk_rand *rand;
    const struct smdpp_ports *ports;
    struct arena *arena;
};

/* What is out of the ordinary and for the operator's eyes; the peer is not told (exception.def). */
enum smdpp_exception {
    SMDPP_NO_EXCEPTION,
#define SMDPP_EXCEPTION(name, text) SMDPP_##name,
#include "server/smdpp/exception.def"
#undef SMDPP_EXCEPTION
};
const char *smdpp_exception_text(enum smdpp_exception exception);

/* A notification that is to be known as taken: (eid, iccid, seq) is unique. */
struct smdpp_notification {
    char eid[DOWNLOAD_EID_TEXT], iccid[DOWNLOAD_ICCID_TEXT];
    uint32_t seq;
    uint32_t event; /* enum rsp_event */
};

#define SMDPP_EVENTS_MAX 4

struct smdpp_effects {
    bool has_download; /* download replaces the row with this ICCID, if that still has
                          download.version; otherwise the call is to be decided anew */
    struct download download;
    struct download_event events[SMDPP_EVENTS_MAX]; /* of that download, in order */
    size_t n_events;
    bool delete_smds_event; /* the order needs its event at the SM-DS no longer (ES12) */
    bool has_binding;       /* replaces the one of its ICCID */
    struct smdpp_binding binding;
    bool drop_binding; /* the one of download.iccid is of no use any more */
    bool has_notification;
    struct smdpp_notification notification;
    enum smdpp_exception exception;
};
/* Wipes keys. */
void smdpp_effects_wipe(struct smdpp_effects *effects);

/* SGP.22 5.6.1. *session is written when the verdict is RSP_EXECUTED, and only then. */
enum xk_err smdpp_initiate_authentication(const struct smdpp *smdpp, const struct smdpp_call *call,
                                          const struct rsp_initiate_authentication_request *req,
                                          struct smdpp_session *session,
                                          struct rsp_initiate_authentication_response *resp)
    XK_MUST_CHECK;

/* The others take session NULL when the store knows no session of that transaction ID. Of a session
 * that stays as it was *session is not written. */

/* SGP.22 5.6.3 */
enum xk_err smdpp_authenticate_client(const struct smdpp *smdpp, const struct smdpp_call *call,
                                      const struct rsp_authenticate_client_request *req,
                                      struct smdpp_session *session,
                                      struct rsp_authenticate_client_response *resp,
                                      struct smdpp_effects *effects) XK_MUST_CHECK;

/* SGP.22 5.6.2 */
enum xk_err smdpp_get_bound_profile_package(const struct smdpp *smdpp,
                                            const struct smdpp_call *call,
                                            const struct rsp_get_bound_profile_package_request *req,
                                            struct smdpp_session *session,
                                            struct rsp_get_bound_profile_package_response *resp,
                                            struct smdpp_effects *effects) XK_MUST_CHECK;

/* SGP.22 5.6.4. Which session a notification belongs to: the ID inside a ProfileInstallationResult;
 * absent for all others. The answer is always "204": what is wrong with one is an exception among
 * the effects. */
struct bytes smdpp_notification_transaction(const struct rsp_handle_notification_request *req);
enum xk_err smdpp_handle_notification(const struct smdpp *smdpp, const struct smdpp_call *call,
                                      const struct rsp_handle_notification_request *req,
                                      struct smdpp_session *session, struct smdpp_effects *effects)
    XK_MUST_CHECK;

/* SGP.22 5.6.5 */
enum xk_err smdpp_cancel_session(const struct smdpp *smdpp, const struct smdpp_call *call,
                                 const struct rsp_es9p_cancel_session_request *req,
                                 struct smdpp_session *session,
                                 struct rsp_es9p_cancel_session_response *resp,
                                 struct smdpp_effects *effects) XK_MUST_CHECK;

#endif
