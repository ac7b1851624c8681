/* SPDX-License-Identifier: Apache-2.0 */
/* One call of ES9+ or ES11 in the JSON binding (SGP.22 6.5): the LPA's request as HTTP wants it,
 * the answer as the LPA wants it. */
#ifndef PROG_LPA_ES9P_CALL_H
#define PROG_LPA_ES9P_CALL_H

#include "api/es9p/json.h"
#include "net/httpc/httpc.h"
#include "terminal/lpa/lpa.h"

#define ES9P_URL_MAX 512

struct es9p_call {
    struct httpc_request http; /* points to the rest */
    char url[ES9P_URL_MAX];
    struct buf body;
};

/* address: host or host:port. On failure there is nothing to be ended. */
enum xk_err es9p_call_init(struct es9p_call *call, const char *address,
                           const struct rsp_es9p_request *request) XK_MUST_CHECK;
void es9p_call_fini(struct es9p_call *call);
/* response and its spans live in the arena; texts as long as r. */
void es9p_call_answer(enum rsp_function function, const struct httpc_response *r,
                      struct arena *arena, struct rsp_es9p_response *response,
                      struct lpa_reply *out);

#endif
