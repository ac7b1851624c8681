/* SPDX-License-Identifier: Apache-2.0 */
/* Key derivation: CMAC in counter mode (NIST SP 800-108), used to derive a card's keys from an
 * operator master key and the card's CID (product decision P-4). */
#ifndef CRYPTO_KDF_H
#define CRYPTO_KDF_H

#include "base/secret.h"

/* out.n = n (16, 24 or 32). input block i = [i]1 label 00 context [bits]2 */
enum xk_err kdf_cmac(struct bytes key, const char *label, struct bytes context, size_t n,
                     struct secret *out) XK_MUST_CHECK;

#endif
