/* SPDX-License-Identifier: Apache-2.0 */
/* What the handlers of profiles and of templates share. */
#ifndef API_PARTNER_STOCK_H
#define API_PARTNER_STOCK_H

#include "api/partner/routes.h"
#include "base/buf.h"
#include "service/profile/prepare.h"

#define STOCK_METADATA_MAX 4096

/* False: refused, there is no SM-DP+ here. */
bool stock_open(struct call *c, struct download_ctx *out);
/* The body's package, its metadata and what the query says of it: owner, type, smdp, class, name,
 * spn, notify. metadata: given by the caller, has to stay. False: refused. */
bool stock_take_profile(struct call *c, struct buf *metadata, struct download *out);
const char *query_or(struct call *c, const char *name, const char *otherwise);

extern const struct prepare_ports stock_protection;

#endif
