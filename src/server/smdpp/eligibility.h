/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this eUICC in this device can take the profile (SGP.22 5.6.3): asked before anything is
 * bound, so that a package that would fail on the card is never handed out. */
#ifndef SERVER_SMDPP_ELIGIBILITY_H
#define SERVER_SMDPP_ELIGIBILITY_H

#include "codec/rsp/authenticate.h"
#include "codec/rsp/status.h"
#include "model/download.h"

#define ELIGIBILITY_TEXT_MAX 192

/* RSP_EXECUTED, 8.2.5/4.3 or 8.1/4.8; text then names what is missing. */
enum rsp_verdict smdpp_eligibility(const struct download *profile,
                                   const struct rsp_euicc_signed1 *euicc,
                                   char text[ELIGIBILITY_TEXT_MAX]);

#endif
