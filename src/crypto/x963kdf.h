/* SPDX-License-Identifier: Apache-2.0 */
/* Key derivation function of ANS X9.63 with SHA-256 (BSI TR-03111 4.3.3; SGP.22 annex G): block i,
 * from 1, is SHA-256(z || [i]4 || shared_info). */
#ifndef CRYPTO_X963KDF_H
#define CRYPTO_X963KDF_H

#include "base/bytes.h"

/* Fills out[n]; the caller wipes it. On failure out is zeroed. */
enum xk_err x963kdf_sha256(struct bytes z, struct bytes shared_info, uint8_t *out, size_t n)
    XK_MUST_CHECK;

#endif
