/* SPDX-License-Identifier: Apache-2.0 */
/* Members of profile metadata as our own interfaces write them in JSON. */
#ifndef API_WIRE_METADATA_H
#define API_WIRE_METADATA_H

#include "api/wire/json.h"
#include "codec/rsp/metadata.h"

/* {"type":"png","size":612}, or null */
void json_put_icon(struct json_out *o, const char *name, const struct rsp_metadata *m);
/* ["ppr1","ppr2"] */
void json_put_rules(struct json_out *o, const char *name, uint64_t ppr);

#endif
