/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: a set of BSP keys as one secret of 48 bytes, chain, ENC, MAC. */
#ifndef SERVER_SMDPP_KEYS_H
#define SERVER_SMDPP_KEYS_H

#include "base/secret.h"
#include "codec/bsp/bsp.h"

/* XK_E_FORMAT: not of that length. The caller wipes out. */
enum xk_err smdpp_keys_get(const struct secret *secret, struct bsp_keys *out) XK_MUST_CHECK;
void smdpp_keys_put(const struct bsp_keys *keys, struct secret *out);

#endif
