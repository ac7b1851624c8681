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

/* What a worker of xiekad does with the calls it finds waiting: a transaction for all of them, a
 * savepoint for each. answer: the body. */
void dp_place_begin(struct dp_place *p);
void dp_place_commit(struct dp_place *p);
void dp_place_call(struct dp_place *p, enum rsp_function function, struct bytes body,
                   struct buf *answer);

/* How the LPA of a card gets its body to a server and the answer's body back. */
struct dp_transport {
    void *ctx;
    void (*post)(void *ctx, enum rsp_function function, struct bytes body, struct buf *answer);
};
/* A download of order number `order`, call by call: DP_CALLS steps, the last one brings the
 * installation result. The arena is the card's. */
struct dp_download {
    struct rsp_card *card;
    size_t order, step;
    char matching_id[24];
    struct rsp_es9p_response response; /* to the last call */
};
void dp_download_step(struct dp_download *d, const struct dp_transport *way);
/* All of them. */
void dp_download(struct rsp_card *card, size_t order, const struct dp_transport *way);

void dp_iccid(size_t order, char out[DOWNLOAD_ICCID_TEXT]);

#endif
