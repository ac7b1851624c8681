/* SPDX-License-Identifier: Apache-2.0 */
/* Stock out of a template: each profile takes a number of a pool, with its ICCID, K and OPc, and
 * what else a subscriber needs for himself (PUKs, ADM codes, keys of security domains) is drawn.
 *
 * The number and its profile belong together by the ICCID. With a home network that listens, the
 * number is opened there first, and its profile is for sale only then:
 *
 *     prepared   number RESERVED, profile UNAVAILABLE; OPEN is in the outbox
 *     opened     number ASSIGNED, profile AVAILABLE
 *     refused    number BAD, profile UNAVAILABLE for good
 *     installed  number WRITTEN; enabled: IN_USE
 *
 * A profile that is deleted on its eUICC leaves the number IN_USE: the subscription goes on until
 * the operator ends it.
 *
 * Everything runs inside the caller's transaction. */
#ifndef SERVICE_PROFILE_PREPARE_H
#define SERVICE_PROFILE_PREPARE_H

#include "service/number/number.h"
#include "service/profile/stock.h"

#define PREPARE_MAX 100 /* profiles at once: one decision of the platform's worker */

/* Protection of packages is an engine's. */
struct prepare_ports {
    enum xk_err (*protect)(struct bytes upp, const struct xk_rand *rand, struct arena *arena,
                           struct stock_package *out);
    enum xk_err (*unprotect)(const struct stock_package *package, struct arena *arena,
                             struct bytes *upp);
};

struct prepare_request {
    const char *template_id, *pool_id;
    const char *msisdn; /* NULL or "": whichever are free; else count is 1 */
    const char *imsi; /* a number that is reserved already, for a write task, which opens it; NULL:
                         * one of the pool. Then count is 1 */
    uint32_t count;   /* 1 to PREPARE_MAX */
    bool opens;       /* there is a home network that listens */
};

struct prepared {
    char iccid[DOWNLOAD_ICCID_TEXT], imsi[16], msisdn[24];
};

/* code: CODE_OK or why not, a row of model/code.def; detail names the thing. */
struct prepare_refusal {
    int code;
    char detail[96];
};

/* out: room for request->count. With a code other than CODE_OK the caller rolls back: all or
 * nothing. */
enum xk_err prepare_stock(struct download_ctx *c, const struct prepare_ports *ports,
                          const struct prepare_request *request, struct prepared *out,
                          struct prepare_refusal *why) XK_MUST_CHECK;

/* The home network opened a number, or did not (reason). A number that waits for something else
 * than a profile is left alone. */
enum xk_err prepare_on_opened(struct download_ctx *c, const char *imsi, const char *reason)
    XK_MUST_CHECK;
/* The number of a profile that was installed or enabled moves along. Other causes, and profiles
 * that were not prepared here, are left alone. */
enum xk_err prepare_on_event(struct download_ctx *c, const char *iccid, enum download_cause cause)
    XK_MUST_CHECK;

/* What a template has places for and what it would make. XK_E_VALUE: not for numbers; *missing
 * names the position it has no place for. XK_E_FORMAT, XK_E_LIMIT. */
enum xk_err prepare_check_template(struct bytes upp, uint32_t *positions, const char **missing)
    XK_MUST_CHECK;

#endif
