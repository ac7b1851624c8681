/* SPDX-License-Identifier: Apache-2.0 */
/* The profile of a write task (SGP.22): made for the number that the task holds, ordered for its
 * eUICC, released, withdrawn. service/order decides when; what becomes of it is told through
 * tell_task of download_ports. Everything runs inside the caller's transaction. */
#ifndef SERVICE_PROFILE_OFFER_H
#define SERVICE_PROFILE_OFFER_H

#include "codec/rsp/activation_code.h"
#include "service/profile/prepare.h"

struct offer_request {
    const char *eid;
    const char *imsi; /* of the number, which has an ICCID and is the task's */
    const char *template_id;
    const char *address; /* of the SM-DP+, where the template names none */
};

/* Ordered and confirmed for the EID, not released. why: the row of model/code.def and the thing;
 * with CODE_OK the activation code is written. Nothing is made with another code. */
enum xk_err offer_make(struct download_ctx *c, const struct prepare_ports *ports,
                       const struct offer_request *r, char code[RSP_ACTIVATION_CODE_TEXT],
                       struct prepare_refusal *why) XK_MUST_CHECK;
/* It may be downloaded. XK_E_STATE: it is no order that waits for this. */
enum xk_err offer_release(struct download_ctx *c, const char *iccid) XK_MUST_CHECK;
/* One that was never released is removed, the number and its ICCID can be used again. Another is
 * cancelled for good, as far as it is not on an eUICC. */
enum xk_err offer_withdraw(struct download_ctx *c, const char *iccid) XK_MUST_CHECK;

#endif
