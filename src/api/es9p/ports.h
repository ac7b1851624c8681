/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: service/download behind the ports of server/smdpp, and the effects of its
 * decisions. */
#ifndef API_ES9P_PORTS_H
#define API_ES9P_PORTS_H

#include "api/es9p/es9p.h"

/* What the ports look at: one address of ours, in one transaction. */
struct ports_place {
    struct download_ctx *c;
    const char *fqdn;
};
/* place must outlive the ports. */
void ports_plug(struct ports_place *place, struct smdpp_ports *out);
/* Stores them. XK_E_BUSY: the order was moved meanwhile. */
enum xk_err ports_commit(struct download_ctx *c, const struct smdpp_effects *effects,
                         struct bytes notification) XK_MUST_CHECK;

#endif
