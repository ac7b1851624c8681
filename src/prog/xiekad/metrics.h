/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: what a Prometheus server reads (text format 0.0.4). What is counted in this process
 * is of the loop thread alone; what the database knows is asked for by a job. */
#ifndef PROG_XIEKAD_METRICS_H
#define PROG_XIEKAD_METRICS_H

#include "prog/xiekad/daemon.h"

#define METRICS_PATH "/metrics"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics;

enum xk_err metrics_new(struct metrics **out) XK_MUST_CHECK;
void metrics_free(struct metrics *m);

/* A call of the partner interface was answered. route: its pattern; "-" or NULL: none. */
void metrics_note_http(struct metrics *m, const char *method, const char *route, unsigned status,
                       int64_t took_ns);
/* One at a door of consumer RSP: "lpa", "es2p", "es12". */
enum metrics_door { METRICS_LPA, METRICS_ES2P, METRICS_ES12, METRICS_DOORS };
void metrics_note_rsp(struct metrics *m, enum metrics_door door, unsigned status);

/* Worker thread: what the database knows. */
enum xk_err metrics_put_store(struct store *s, struct buf *b) XK_MUST_CHECK;
/* Loop thread: the rest. */
enum xk_err metrics_put_process(const struct daemon *d, struct buf *b) XK_MUST_CHECK;

#endif
