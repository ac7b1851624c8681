/* SPDX-License-Identifier: Apache-2.0 */
/* ES2+ at our SM-DP+ (SGP.22 5.3): operators order, confirm, release and cancel over mutual TLS.
 * Who asks is what its TLS certificate says; functionRequesterIdentifier of the request is only
 * written down. A call that is repeated (same operator, same functionCallIdentifier) gets the
 * answer of the first time.
 *
 * A ConfirmOrder with an SM-DS is answered when that has: es2p_handle then says what it waits for,
 * the loop says it, and es2p_finish makes the answer. Meanwhile nothing but the HTTP request waits.
 *
 * Answered by HTTP status: 400 unreadable, 403 a certificate of no operator, 404, 405, 413, 415. */
#ifndef API_ES2P_ES2P_H
#define API_ES2P_ES2P_H

#include "api/es2p/json.h"
#include "service/download/operator.h"

struct es2p {
    const char *smdp_address; /* told to operators for profiles that any address serves */
};

struct es2p_call {
    struct download_ctx *c;
    const char *method, *path, *content_type;
    struct bytes body;
    struct bytes certificate; /* of the other end, DER */
    const char *peer;
};
struct es2p_reply {
    unsigned status;
    struct buf *body;  /* given by the caller */
    int64_t waits_for; /* not 0: there is no reply yet, the outbox row of this id brings it */
};
/* XK_E_BUSY: decide anew, in a new savepoint. */
enum xk_err es2p_handle(const struct es2p *api, const struct es2p_call *call,
                        struct es2p_reply *out) XK_MUST_CHECK;
/* The SM-DS has answered what outbox row `outbox_id` said for this ICCID: the answer for all that
 * wait for it goes to body, and is kept for those that ask again. */
enum xk_err es2p_finish(const struct es2p *api, struct download_ctx *c, int64_t outbox_id,
                        const char *iccid, enum download_smds_answer answer, struct buf *body)
    XK_MUST_CHECK;

#endif
