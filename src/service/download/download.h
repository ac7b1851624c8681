/* SPDX-License-Identifier: Apache-2.0 */
/* Download orders of the SM-DP+ (SGP.22 3.1, 5.3): what operators order over ES2+, what an engine
 * decides about it over ES9+, and what operators and SM-DS hear of it. Everything here runs inside
 * a transaction of the caller; what must be said afterwards is put into the outbox.
 *
 * A decision is leased by the version of its row: who saves over a version that is no longer there
 * gets XK_E_BUSY, and nothing of his transaction may be committed.
 *
 * A refusal to a peer is a verdict (RSP_EXECUTED: done), never an xk_err. */
#ifndef SERVICE_DOWNLOAD_DOWNLOAD_H
#define SERVICE_DOWNLOAD_DOWNLOAD_H

#include "base/clock.h"
#include "codec/rsp/status.h"
#include "crypto/keystore.h"
#include "model/download.h"
#include "service/exception/exception.h"
#include "service/notify/outbox.h"

struct download_policy {
    uint32_t attempts;   /* authentications an order allows: 10 */
    uint32_t code_tries; /* wrong confirmation codes that are forgiven: 3 */
    int64_t order_ms;    /* life of an order from DownloadOrder on; 0: no end */
    int64_t call_ms;     /* how long a call of ES2+ is known again: 7 days */
    bool hex_codes;      /* codes of digits are also accepted hashed as hexadecimal bytes */
    /* Addresses of ours, comma-separated in lower case, whose orders are offered again after each
     * installation: for test cards. NULL: none. */
    const char *repeatable;
};
void download_policy_default(struct download_policy *p);

/* What an operator is told (SGP.22 5.3.5, 5.3.6). */
struct download_telling {
    const struct download *download;
    const struct download_event *event;
    const char *call_id; /* unique: functionCallIdentifier */
    int64_t at;
    enum operator_callbacks {
        OPERATOR_HEARS_NOTHING,
        OPERATOR_HEARS_POINTS,     /* points 1 to 4, the others by HandleNotification */
        OPERATOR_HEARS_ALL_POINTS, /* every point by HandleDownloadProgressInfo */
    } callbacks;
    const char *base_url; /* of the operator */
};

/* What the SM-DS of an order is told (SGP.22 5.9). */
enum download_smds_op { DOWNLOAD_REGISTER_EVENT, DOWNLOAD_DELETE_EVENT };

struct download_ctx;
struct download_ports {
    void *ctx;
    /* The wire form of a telling, and where it goes. An empty url: it is not told. */
    enum xk_err (*encode_telling)(void *ctx, const struct download_telling *t, struct buf *url,
                                  struct buf *body);
    /* A write task waits for the order of d (d->for_task), of which this is an event. NULL: none
     * waits ever. */
    enum xk_err (*tell_task)(void *ctx, struct download_ctx *c, const struct download *d,
                             const struct download_event *event);
    enum xk_err (*encode_event)(void *ctx, enum download_smds_op op, const struct download *d,
                                const char *call_id, struct buf *url, struct buf *body);
};

struct download_ctx {
    struct store *store;
    struct keystore *keystore;
    const struct download_policy *policy;
    const struct download_ports *ports;
    const struct xk_rand *rand;
    struct outbox_ids *ids;
    struct arena *arena;      /* of this input */
    struct outbox_list *said; /* grows; said after the commit */
    int64_t now;
};

/* The same for service/exception. */
struct exception_ctx download_exceptions(const struct download_ctx *c);

/* ---- finding and keeping --------------------------------------------------------------------- */

/* XK_E_NOT_FOUND. metadata of the result is in the arena when it is asked for. */
enum download_parts { DOWNLOAD_WITHOUT_METADATA, DOWNLOAD_WITH_METADATA };
enum xk_err download_find_by_iccid(struct download_ctx *c, const char *iccid,
                                   enum download_parts parts, struct download *out) XK_MUST_CHECK;
/* With metadata, of the profiles that `address` of ours serves. matching_id is not empty. */
enum xk_err download_find_by_matching_id(struct download_ctx *c, struct bytes matching_id,
                                         struct bytes address, struct download *out) XK_MUST_CHECK;
/* The order for this eUICC that needs no matching ID: the oldest that is offered, else any. Needs
 * none: it has none, or it was ordered for this EID by way of an SM-DS, whose event ID some LPAs
 * keep to themselves. */
enum xk_err download_find_by_eid(struct download_ctx *c, const char *eid, struct bytes address,
                                 struct download *out) XK_MUST_CHECK;

/* Puts a new profile among the others, AVAILABLE or UNAVAILABLE; its order is empty. XK_E_EXISTS:
 * the ICCID is there. XK_E_STATE: another state. */
enum xk_err download_add(struct download_ctx *c, const struct download *profile) XK_MUST_CHECK;

/* Stores what an engine decided of d, its events as history, and what the operator hears. Of d: eid
 * and attempts_left with DOWNLOAD_BY_ATTEMPT alone, which moves no state; otherwise state (moved by
 * the table before), smds, code_tries_left, ended and last_seq. XK_E_BUSY: somebody else moved it
 * since it was found. */
enum xk_err download_commit(struct download_ctx *c, struct download *d,
                            const struct download_event *events, size_t n) XK_MUST_CHECK;
/* Moves d by the table for event->cause and stores all of it; the rest as download_commit.
 * XK_E_STATE: no such move. */
enum xk_err download_step(struct download_ctx *c, struct download *d,
                          const struct download_event *event) XK_MUST_CHECK;

/* The event at the SM-DS is no longer needed, when there is one (d is not saved). */
enum xk_err download_forget_event(struct download_ctx *c, struct download *d) XK_MUST_CHECK;
/* Tells owner a point of d outside of a commit (nothing when it does not want to hear). */
enum xk_err download_tell(struct download_ctx *c, const struct download *d,
                          const struct download_event *event) XK_MUST_CHECK;

struct download_history {
    int64_t seq, at;
    enum download_cause cause;
    enum download_state state;
    char eid[DOWNLOAD_EID_TEXT];
    struct download_verdict verdict;
    char detail[128];
    struct bytes data; /* valid during the call */
};
enum xk_err download_history(struct store *s, const char *iccid,
                             enum xk_err (*each)(void *arg, const struct download_history *h),
                             void *arg) XK_MUST_CHECK;

/* Downloads in order of ICCID after `after` ("" from the start), without metadata. owner and
 * profile_type "": any; state < 0: any. */
struct download_filter {
    const char *owner, *profile_type, *after;
    int state;
    size_t limit;
};
enum xk_err download_list(struct store *s, const struct download_filter *f,
                          enum xk_err (*each)(void *arg, const struct download *d), void *arg)
    XK_MUST_CHECK;

/* ---- ES2+ (orders.c) ------------------------------------------------------------------------- */

/* SGP.22 5.3.1. eid, iccid, profile_type: NULL when not given. */
struct download_order_request {
    const char *operator_id;
    const char *eid, *iccid, *profile_type;
    bool for_task; /* the platform's own, for a write task */
};
enum xk_err download_order(struct download_ctx *c, const struct download_order_request *r,
                           struct download *out, enum rsp_verdict *verdict) XK_MUST_CHECK;

/* SGP.22 5.3.2. eid, confirmation_code, smds_address: NULL when not given; matching_id NULL: one is
 * made; "": the eUICC asks at its default SM-DP+ address. */
struct download_confirm_request {
    const char *operator_id;
    const char *iccid, *eid, *matching_id, *confirmation_code, *smds_address;
    bool release;
};
/* With an SM-DS the order is confirmed only when that has the event: *waits_for is then the outbox
 * row that was said to it (0: decided), and download_event_registered brings the rest. */
enum xk_err download_confirm_order(struct download_ctx *c, const struct download_confirm_request *r,
                                   struct download *out, enum rsp_verdict *verdict,
                                   int64_t *waits_for) XK_MUST_CHECK;

/* What the SM-DS answered. */
enum download_smds_answer {
    DOWNLOAD_SMDS_OK,
    DOWNLOAD_SMDS_REFUSED,     /* Failed: 8.9/4.2 */
    DOWNLOAD_SMDS_UNREACHABLE, /* 8.9/5.1; the event may be there: it is deleted */
};
enum xk_err download_event_registered(struct download_ctx *c, const char *iccid,
                                      enum download_smds_answer answer, struct download *out,
                                      enum rsp_verdict *verdict) XK_MUST_CHECK;

/* SGP.22 5.3.3. eid, matching_id: NULL when not given. */
struct download_cancel_request {
    const char *operator_id;
    const char *iccid, *eid, *matching_id;
    enum download_cause cause; /* DOWNLOAD_BY_CANCEL_AVAILABLE or _UNAVAILABLE */
};
enum xk_err download_cancel_order(struct download_ctx *c, const struct download_cancel_request *r,
                                  struct download *out, enum rsp_verdict *verdict) XK_MUST_CHECK;

/* The order of a write task that has ended, which is not told any more: cancelled, the profile
 * never to be used again, as far as it is not on an eUICC already. */
enum xk_err download_give_up(struct download_ctx *c, const char *iccid) XK_MUST_CHECK;

/* SGP.22 5.3.4 */
enum xk_err download_release_profile(struct download_ctx *c, const char *operator_id,
                                     const char *iccid, struct download *out,
                                     enum rsp_verdict *verdict) XK_MUST_CHECK;

/* ---- time (expiry.c) ------------------------------------------------------------------------- */

/* Ends up to `limit` orders that are over, drops sessions and calls that are too old. *n: how many
 * orders; as many as limit: there may be more. */
enum xk_err download_on_time(struct download_ctx *c, size_t limit, size_t *n) XK_MUST_CHECK;

#endif
