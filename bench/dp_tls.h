/* SPDX-License-Identifier: Apache-2.0 */
/* ES9+ over a blocking TLS connection with HTTP/1.1, and the floor of it: a bare TLS server that
 * reads as many bytes as xiekad was sent and answers as many as it answered. Trouble ends the
 * program. */
#ifndef BENCH_DP_TLS_H
#define BENCH_DP_TLS_H

#include <sys/types.h>

#include "dp_place.h"

struct dp_link {
    struct ssl_st *ssl;
    /* bytes of each message of the connection, with HTTP around it */
    size_t sent[DP_CALLS], got[DP_CALLS], n;
};

/* A new connection to 127.0.0.1 with a full handshake. */
void dp_link_open(struct dp_link *link, uint16_t port);
void dp_link_close(struct dp_link *link);
/* As dp_transport's post; ctx: struct dp_link. */
void dp_link_post(void *link, enum rsp_function function, struct bytes body, struct buf *answer);
/* Says and hears as many bytes as `like` did. */
void dp_link_repeat(struct dp_link *link, const struct dp_link *like);

/* A thread that serves one connection after the other under CERT.DPtls. */
struct dp_bare;
struct dp_bare *dp_bare_start(const struct rsp_pki *pki, const struct dp_link *like,
                              uint16_t *port);
/* Of its thread, so far. */
double dp_bare_cpu_us(const struct dp_bare *bare);
void dp_bare_stop(struct dp_bare *bare, uint16_t port);

/* A process that holds as many connections open as come, after their handshake and one message as
 * the first of `like`: what they cost a bare server. */
pid_t dp_holder_start(const struct rsp_pki *pki, const struct dp_link *like, uint16_t *port);
void dp_holder_stop(pid_t pid);

#endif
