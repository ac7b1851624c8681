/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire/metadata.h"

#define BITS 64

void json_put_icon(struct json_out *o, const char *name, const struct rsp_metadata *m)
{
    if (m->icon.n == 0) {
        json_put_null(o, name);
        return;
    }
    json_open_object(o, name);
    json_put_text(o, "type", rsp_icon_type_name(m->icon_type));
    json_put_int(o, "size", (int64_t)m->icon.n);
    json_close_object(o);
}

void json_put_rules(struct json_out *o, const char *name, uint64_t ppr)
{
    json_open_array(o, name);
    for (unsigned i = 0; i < BITS; i++) {
        if (ppr & RSP_BIT(i))
            json_put_text(o, NULL, rsp_code_name(RSP_TABLE_PPR, i));
    }
    json_close_array(o);
}
