/* SPDX-License-Identifier: Apache-2.0 */
/* Protection of profiles (SGP.22 2.5.3): a UPP is protected once, when it comes into stock, under
 * random keys of its own (PPK). At rest it is never in the clear: the segments go into the store as
 * they are, the PPK sealed. Binding for an eUICC (bind.h) is then cheap. */
#ifndef SERVER_SMDPP_PROTECT_H
#define SERVER_SMDPP_PROTECT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"

#define SMDPP_PACKAGE_ID_LEN 16
#define SMDPP_PPK_LEN 48 /* initial MAC chaining value, PPK-ENC, PPK-CMAC: 16 each */

struct smdpp_package {
    uint8_t id[SMDPP_PACKAGE_ID_LEN]; /* random: another protection of a profile has another */
    struct bytes segments;            /* a run of TLV 86, at most 1020 bytes each */
    struct secret ppk;                /* SMDPP_PPK_LEN; sealed at rest */
};

/* Segments go to the arena. The caller wipes out->ppk, and upp. XK_E_VALUE: upp is empty. */
enum xk_err smdpp_protect(struct bytes upp, const struct xk_rand *rand, struct arena *arena,
                          struct smdpp_package *out) XK_MUST_CHECK;
/* The UPP again, in the arena. XK_E_AUTH or XK_E_FORMAT when the segments were changed. */
enum xk_err smdpp_unprotect(const struct smdpp_package *package, struct arena *arena,
                            struct bytes *upp) XK_MUST_CHECK;

#endif
