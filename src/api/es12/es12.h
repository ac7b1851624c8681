/* SPDX-License-Identifier: Apache-2.0 */
/* ES12 and ES15 at our SM-DS (SGP.22 5.9, 5.10): SM-DP+s, and SM-DSs that forward, register and
 * delete events over mutual TLS. Who asks is what its TLS certificate says, not what the request
 * does. Runs on the worker thread inside the transaction of its job. */
#ifndef API_ES12_ES12_H
#define API_ES12_ES12_H

#include "api/es12/json.h"
#include "server/smds/smds.h"
#include "service/notify/outbox.h"

struct es12 {
    const struct smds *smds;
    const char *fqdn; /* ours: what the root is told as address */
    const char *root; /* root SM-DS that events are forwarded to; "": we are it */
    const char *id;   /* our functionRequesterIdentifier there */
};

struct es12_call {
    struct store *store;
    const struct xk_rand *rand;
    struct arena *arena;
    struct outbox_ids *ids;
    struct outbox_list *said;
    int64_t now;
    const char *method, *path, *content_type;
    struct bytes body;
    struct bytes certificate; /* of the other end, DER; never empty: TLS saw to that */
    const char *peer;
};
struct es12_reply {
    unsigned status;
    struct buf *body; /* given by the caller */
};
/* Always gives a reply when XK_OK. */
enum xk_err es12_handle(const struct es12 *api, const struct es12_call *call,
                        struct es12_reply *out) XK_MUST_CHECK;

/* Who a TLS certificate says its holder is: the object identifier of SGP.22 4.5.2.1 in dotted text,
 * or "sha256:" and its fingerprint when it has none. */
#define ES12_HOLDER_TEXT DOWNLOAD_OPERATOR_TEXT
enum xk_err es12_holder(struct bytes certificate, char out[ES12_HOLDER_TEXT]) XK_MUST_CHECK;

#endif
