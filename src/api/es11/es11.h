/* SPDX-License-Identifier: Apache-2.0 */
/* ES11 (SGP.22 5.8): what LPAs ask our SM-DS, on the wire as ES9+. Runs on the worker thread inside
 * the transaction of its job. Answers as api/es9p does. */
#ifndef API_ES11_ES11_H
#define API_ES11_ES11_H

#include "api/es9p/es9p.h"
#include "server/smds/smds.h"

struct es11 {
    const struct smds *smds;
    const char *fqdn;
};
enum xk_err es11_handle(const struct es11 *api, struct download_ctx *c,
                        const struct es9p_request *in, struct es9p_reply *out) XK_MUST_CHECK;

#endif
