/* SPDX-License-Identifier: Apache-2.0 */
/* What the figures of the SM-DP+ share: an address over a database as xiekad keeps it, with stock
 * and released orders, and cards that download from it. Trouble ends the program. */
#ifndef BENCH_DP_PLACE_H
#define BENCH_DP_PLACE_H

#include "api/es9p/es9p.h"
#include "dp_die.h"
#include "rsp_card.h"

#define DP_UPP_LEN ((size_t)8 << 10) /* bytes of a profile package */
#define DP_MESSAGE_MAX ((size_t)64 << 10)
#define DP_CALLS 4

enum dp_eum { DP_EUM_CACHED, DP_EUM_NOT_CACHED };

struct dp_place {
    struct rsp_pki *pki;
    struct x509_store *trusted;
    struct smdpp *smdpp;
    struct es9p api;
    struct keystore *keystore;
    struct store *store;
    struct download_policy policy;
    struct download_ports ports;
    struct outbox_ids ids;
    struct arena arena; /* of one call */
    struct outbox_list said;
    struct download_ctx c;
};

/* database: as sqlite_store_open. master_key: a file, made when it is not there; NULL: some key. */
void dp_place_open(struct dp_place *p, const char *database, const char *master_key,
                   enum dp_eum eum);
void dp_place_close(struct dp_place *p);
/* Released orders number first to first + n - 1, for any eUICC, in one transaction. */
void dp_place_fill(struct dp_place *p, size_t first, size_t n);

/* One call as a worker of xiekad takes it: a transaction with a savepoint. answer: the body. */
void dp_place_call(struct dp_place *p, enum rsp_function function, struct bytes body,
                   struct buf *answer);

/* How the LPA of a card gets its body to a server and the answer's body back. */
struct dp_transport {
    void *ctx;
    void (*post)(void *ctx, enum rsp_function function, struct bytes body, struct buf *answer);
};
/* The whole download of order number `order`, installation result included. arena is the card's. */
void dp_download(struct rsp_card *card, size_t order, const struct dp_transport *way);
/* ES9+.InitiateAuthentication alone. */
void dp_initiate(struct rsp_card *card, const struct dp_transport *way);

void dp_iccid(size_t order, char out[DOWNLOAD_ICCID_TEXT]);

#endif
