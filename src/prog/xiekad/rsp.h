/* SPDX-License-Identifier: Apache-2.0 */
/* Consumer RSP in the daemon: the SM-DP+ addresses and the SM-DS of the configuration, their doors
 * (listeners), and what they say to operators and to SM-DSs.
 *
 *   door: request -> job -> worker: api/es9p, es11, es12, es2p decide -> commit -> door: answer
 *   a ConfirmOrder that an SM-DS must hear of first is parked until that has answered */
#ifndef PROG_XIEKAD_RSP_H
#define PROG_XIEKAD_RSP_H

#include "api/es11/es11.h"
#include "api/es12/es12.h"
#include "api/es2p/es2p.h"
#include "api/es9p/es9p.h"
#include "prog/xiekad/daemon.h"

#define RSP_SITES_MAX 16
#define RSP_DOORS_MAX 6
#define RSP_CRLS_MAX 32 /* files of one site */

/* rsp_site.c: one section of the configuration with what its files hold. */
struct rsp_site {
    const struct conf *conf;
    const char *fqdn;
    struct x509_store *store;
    struct ec_key *keys[2 * AUTH_IDENTITIES_MAX];
    size_t n_keys;
    struct arena memory, file_memory;  /* for good; while a file is read */
    int64_t looked;                    /* at the certificates, when last; 0: never */
    int64_t crl_changed[RSP_CRLS_MAX]; /* of its file, when it was read last; 0: never */
    struct smdpp *smdpp;               /* one of these two */
    struct smds *smds;
};
enum xk_err rsp_site_open_smdpp(struct rsp_site *site, const struct conf *conf) XK_MUST_CHECK;
enum xk_err rsp_site_open_smds(struct rsp_site *site, const struct conf *conf) XK_MUST_CHECK;
/* CRL files that have changed are read again. */
void rsp_site_read_crls(struct rsp_site *site);
/* Once a day: a line in the log for each certificate that devices refuse, or soon will. A lab may
 * want just that, so nothing is refused here. */
void rsp_site_look_at_certificates(struct rsp_site *site, int64_t now);
void rsp_site_close(struct rsp_site *site);

enum rsp_door_kind { RSP_DOOR_LPA, RSP_DOOR_ES2P, RSP_DOOR_ES12 };

/* A port with what is behind it. Sites with the same address and port share one, by name. */
struct rsp_door {
    struct daemon *d;
    enum rsp_door_kind kind;
    const char *address;
    uint16_t port;
    struct tls_server *tls;
    struct es9p es9p; /* RSP_DOOR_LPA */
    struct es11 es11; /* RSP_DOOR_LPA with an SM-DS behind it; fqdn NULL: none */
};

struct rsp {
    struct daemon *d;
    struct rsp_site sites[RSP_SITES_MAX];
    size_t n_sites;
    struct rsp_door doors[RSP_DOORS_MAX];
    size_t n_doors;
    struct es2p es2p;
    struct es12 es12;
    struct download_policy policy;
    struct download_ports ports;
    struct httpc *client; /* towards operators and SM-DSs */
    struct loop_timer *crl_timer;
    struct map parked;  /* outbox id -> list of struct rsp_parked */
    char requester[64]; /* our functionRequesterIdentifier */
    char repeatable[RSP_SITES_MAX * DOWNLOAD_FQDN_TEXT];
};

/* rsp.c: XK_OK and *out NULL when the configuration names no site. */
enum xk_err rsp_open(struct daemon *d, struct rsp **out) XK_MUST_CHECK;
enum xk_err rsp_listen(struct rsp *rsp) XK_MUST_CHECK;
void rsp_free(struct rsp *rsp);

/* rsp_inputs.c: worker thread, inside a savepoint. */
/* policy and ports of a context that is otherwise filled */
void rsp_plug(const struct rsp *rsp, struct download_ctx *out);
void rsp_context(struct daemon *d, struct job *job, struct download_ctx *out);
enum xk_err rsp_decide(struct daemon *d, struct job *job) XK_MUST_CHECK;
enum xk_err rsp_on_time(struct daemon *d, struct job *job, size_t limit, size_t *n) XK_MUST_CHECK;
enum xk_err rsp_encode_telling(void *rsp, const struct download_telling *t, struct buf *url,
                               struct buf *body) XK_MUST_CHECK;
enum xk_err rsp_tell_task(void *rsp, struct download_ctx *c, const struct download *d,
                          const struct download_event *event) XK_MUST_CHECK;
enum xk_err rsp_encode_event(void *rsp, enum download_smds_op op, const struct download *d,
                             const char *call_id, struct buf *url, struct buf *body) XK_MUST_CHECK;

/* rsp_http.c: loop thread. */
void rsp_take(void *door, struct http_request *request);
void rsp_answer(struct daemon *d, struct job *job);
void rsp_answer_parked(struct rsp *rsp, int64_t outbox_id, struct bytes body);
/* All that still wait, before the end of the server. */
void rsp_refuse_parked(struct rsp *rsp);

/* rsp_say.c: loop thread. */
void rsp_say(struct daemon *d, const struct outbox_item *item);

#endif
