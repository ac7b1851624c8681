/* SPDX-License-Identifier: Apache-2.0 */
/* A partner and the platform's side of it in one process: signs its calls, reads the answers. */
#ifndef TESTS_UNIT_API_PARTNER_BENCH_H
#define TESTS_UNIT_API_PARTNER_BENCH_H

#include "api/partner/partner.h"
#include "api/wire/json.h"

#define PARTNER_CID "89860000000000000001"

struct partner_bench {
    struct store *store;
    struct keystore *ks;
    struct partner *partner;
    struct audit *audit;
    struct partner_options options;
    struct order_policy policy;
    struct order_ports ports;
    struct outbox_ids ids;
    struct xk_prng prng;
    struct xk_rand rand;
    struct arena arena;
    struct outbox_list said;
    struct order_ctx c;
    char app[33]; /* who calls: "app" at first */
    char secret[64];
    char token[64];
    uint32_t nonces;
    struct json *doc; /* of the last answer */
    struct partner_reply reply;
    struct buf body;
};

/* What a call says; NULL and 0 take what a good caller would say. */
struct partner_ask {
    const char *method, *path, *query, *body;
    const char *app, *token, *timestamp, *nonce, *sign, *peer, *content_type, *language;
};

/* An application "app" with these roles, one card, a pool "main" of two numbers; a token is got
 * unless roles is NULL (then there is no application). */
void partner_bench_init(struct partner_bench *b, const char *roles, const char *ip_allow);
void partner_bench_fini(struct partner_bench *b);
/* Gives the code of the envelope (-1 when there is none). */
int partner_ask(struct partner_bench *b, const struct partner_ask *ask);
/* A second later, so that no limit is in the way. */
int partner_post(struct partner_bench *b, const char *path, const char *body);
int partner_get(struct partner_bench *b, const char *path, const char *query);
/* Calls come from this application from now on; the code of its token. */
int partner_become(struct partner_bench *b, const char *app, const char *secret);
int partner_get_token(struct partner_bench *b, const char *timestamp, const char *sign);
/* Of the last answer's data. */
const struct json *partner_data(const struct partner_bench *b, const char *name);
const char *partner_text(const struct partner_bench *b, const char *name);

#endif
