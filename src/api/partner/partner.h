/* SPDX-License-Identifier: Apache-2.0 */
/* The partner interface: REST/JSON under /api/v1 (product decisions P-13 to P-17). One table of
 * routes (routes.def); authentication by token and signature (P-14), call limits (P-15), the
 * envelope {code, message, traceId, data}. Runs on the worker thread, inside the transaction of its
 * job. */
#ifndef API_PARTNER_PARTNER_H
#define API_PARTNER_PARTNER_H

#include "base/arena.h"
#include "service/audit/audit.h"
#include "service/download/download.h"
#include "service/order/order.h"

struct partner;

struct partner_options {
    struct keystore *keystore;
    const struct xk_rand *rand;
    uint32_t single_per_s, batch_per_s, apply_per_s; /* P-15: 20, 5, 2; 0 keeps the default */
    uint32_t token_ttl_s;                            /* 7200 */
    uint32_t skew_s;                                 /* 300 */
    bool has_home;                                   /* a home network that opens numbers */
    bool unlimited;                                  /* demo and tests: no call limits */
    /* Lines of text about a packet of the time line (server/ota describes it). */
    enum xk_err (*describe)(void *ctx, const struct chip *chip, const struct chip_keys *keys,
                            uint8_t iei, struct bytes packet, struct buf *text);
    /* W6: opens a card's answer that came over RELAY. XK_E_AUTH, XK_E_FORMAT. */
    enum xk_err (*open_report)(void *ctx, const struct chip *chip, const struct chip_keys *keys,
                               uint8_t iei, struct bytes packet, struct arena *arena,
                               struct order_report *out);
    /* What service/download needs for the routes under /dp; false: there is no SM-DP+ here. NULL:
     * the same. */
    bool (*download)(void *ctx, const struct order_ctx *order, struct download_ctx *out);
    /* GET /api/v1/status: the daemon's own members are added to the object. */
    void (*put_status)(void *ctx, struct buf *json_members);
    void *ctx;
};

/* One request, whole; spans and strings live until the reply has been used. */
struct partner_call {
    const char *method; /* "GET" ... */
    const char *path, *query;
    const char *(*header)(const void *request, const char *name);
    const void *request;
    struct bytes body;
    const char *peer;        /* numeric address */
    struct order_ctx *order; /* store, clock, arena, outbox of this job */
};

struct partner_reply {
    unsigned status;
    struct buf *body;       /* given by the caller, filled here */
    uint32_t retry_after_s; /* 429: header Retry-After; 0 none */
    const char *log;        /* for the access log: app id and route, never a secret */
};

enum xk_err partner_new(const struct partner_options *o, struct partner **out) XK_MUST_CHECK;
void partner_free(struct partner *p);
/* Where it is written down what is done and who was not let in; before the first call. It outlives
 * the partner. */
void partner_log_to(struct partner *p, struct audit *a);
/* Always gives a reply; an error means the job's transaction must be rolled back, and the reply
 * says INTERNAL or UNAVAILABLE. A refusal is a reply and XK_OK. */
enum xk_err partner_handle(struct partner *p, const struct partner_call *call,
                           struct partner_reply *reply) XK_MUST_CHECK;

/* The body of a write callback (C1, P-16), and its signature headers for sending it now. */
enum xk_err partner_encode_callback(const struct task *t, const char *event_id, int64_t at,
                                    struct buf *body) XK_MUST_CHECK;
/* That of C3, about an exception. */
enum xk_err partner_encode_exception(const struct exception *e, const struct exception_event *event,
                                     const char *event_id, struct buf *body) XK_MUST_CHECK;
#define PARTNER_SIGN_HEADERS 4
struct partner_signature {
    char header[PARTNER_SIGN_HEADERS][160]; /* "X-XK-...: ..." */
};
enum xk_err partner_sign(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                         const char *app_id, const char *method, const char *url, struct bytes body,
                         int64_t now, struct partner_signature *out) XK_MUST_CHECK;

/* Applications: made by `xiekad --add-app`, by the first start and by POST /app. */
struct partner_app {
    const char *id, *name, *org_id;
    const char *roles;     /* with commas */
    const char *ip_allow;  /* networks with commas; "" any */
    const char *algorithm; /* NULL "HMAC-SHA256" */
    int64_t daily_limit;   /* 0: that of P-15 */
};
#define PARTNER_SECRET_TEXT 64 /* 32 random bytes as text, shown once */
/* XK_E_VALUE: the id is none, a role or network means nothing, no such algorithm; XK_E_EXISTS:
 * there is one of this id. */
enum xk_err partner_add_app(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                            const struct partner_app *a, int64_t now,
                            char secret[PARTNER_SECRET_TEXT]) XK_MUST_CHECK;

/* The string both sides sign (P-14), and the signature; shared with the CLI. */
struct partner_to_sign {
    const char *method, *path, *query; /* query as sent; canonicalised here */
    struct bytes body;
    const char *timestamp, *nonce;
};
enum xk_err partner_signature_of(const struct partner_to_sign *w, const char *algorithm,
                                 struct bytes secret, struct arena *arena, char out[64])
    XK_MUST_CHECK;

#endif
