/* SPDX-License-Identifier: Apache-2.0 */
/* What the handlers of profiles and of templates share. */
#ifndef API_PARTNER_STOCK_H
#define API_PARTNER_STOCK_H

#include "api/partner/routes.h"
#include "base/buf.h"
#include "service/profile/prepare.h"

/* False: refused, there is no SM-DP+ here. */
bool stock_open(struct call *c, struct download_ctx *out);
/* What a package is for; of a template, numbers are not looked at: they are filled in later. */
enum stock_use { STOCK_PROFILE, STOCK_TEMPLATE };
/* The body's package and what the query says of it: owner, type, smdp, and its metadata. metadata:
 * given by the caller, has to stay. False: refused. */
bool stock_take_profile(struct call *c, enum stock_use use, struct buf *metadata,
                        struct download *out);
/* metadata.c: what the query says of class, name, spn, icon, notify, ppr, mccMnc, gid1 and gid2,
 * into profile->metadata. False: refused. */
bool stock_take_metadata(struct call *c, struct download *profile, struct buf *metadata);
/* A member "metadata" of the open object. XK_E_FORMAT: der is none. */
enum xk_err stock_put_metadata(struct json_out *o, struct bytes der) XK_MUST_CHECK;

extern const struct prepare_ports stock_protection;

#endif
