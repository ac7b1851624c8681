/* SPDX-License-Identifier: Apache-2.0 */
/* ES9+ (SGP.22 5.6, 6.5, 6.6): what LPAs ask an SM-DP+ over HTTPS. Runs on the worker thread inside
 * the transaction of its job: session and order are checked out, server/smdpp decides, everything
 * that follows is stored; the answer is spoken after the commit.
 *
 * Answered by HTTP status: 400 unreadable, 404 no such function, 405 no POST, 413 too large, 415
 * another media type. Every other refusal is 200 with its subject and reason code (ASN.1 binding:
 * its error integer); notifications are 204. */
#ifndef API_ES9P_ES9P_H
#define API_ES9P_ES9P_H

#include "api/es9p/json.h"
#include "server/smdpp/smdpp.h"
#include "service/download/session.h"

#define ES9P_ADDRESSES_MAX 16

/* The addresses of one listener; read-only. */
struct es9p_address {
    const struct smdpp *smdpp;
    const char *fqdn; /* as configured */
};
struct es9p {
    struct es9p_address address[ES9P_ADDRESSES_MAX];
    size_t n;
};

struct es9p_request {
    const char *method, *path;
    const char *content_type, *protocol; /* X-Admin-Protocol; NULL when absent */
    struct bytes body;
    const char *peer; /* numeric address, for the log */
};
struct es9p_reply {
    unsigned status;
    const char *content_type; /* NULL without a body */
    struct buf *body;         /* given by the caller, filled here */
};

/* Whether the path belongs to ES9+ (and ES11). */
bool es9p_is_path(const char *path);
/* Always gives a reply when XK_OK. XK_E_BUSY: another decision on the same session or order was
 * committed meanwhile: decide anew, in a new savepoint. */
enum xk_err es9p_handle(const struct es9p *api, struct download_ctx *c,
                        const struct es9p_request *in, struct es9p_reply *out) XK_MUST_CHECK;

/* How HTTP and the two bindings wrap a call: shared with ES11. */
struct es9p_message {
    enum wire_media media;
    struct rsp_es9p_request request;
    struct rsp_status refused; /* a member of the JSON binding is missing or wrong */
};
/* False: out is the reply already. */
enum xk_err es9p_read(struct download_ctx *c, const struct es9p_request *in,
                      struct es9p_message *message, struct es9p_reply *out, bool *go_on)
    XK_MUST_CHECK;
enum xk_err es9p_write(enum wire_media media, const struct rsp_es9p_response *response,
                       struct es9p_reply *out) XK_MUST_CHECK;

#endif
