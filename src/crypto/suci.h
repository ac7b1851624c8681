/* SPDX-License-Identifier: Apache-2.0 */
/* ECIES of the subscription concealed identifier (TS 33.501 C.3): profile A on Curve25519, profile
 * B on P-256, both with X9.63-KDF, AES-128-CTR and HMAC-SHA-256 cut to 8 bytes. */
#ifndef CRYPTO_SUCI_H
#define CRYPTO_SUCI_H

#include "base/buf.h"
#include "base/clock.h"

enum suci_scheme { SUCI_NULL, SUCI_PROFILE_A, SUCI_PROFILE_B }; /* identifiers of TS 33.501 C.1 */

#define SUCI_KEY_A_LEN 32
#define SUCI_KEY_B_LEN 33 /* compressed (C.3.4.2) */
#define SUCI_SCALAR_LEN 32
#define SUCI_TAG_LEN 8
#define SUCI_PLAIN_MAX 256

/* The scheme output: ephemeral public key, ciphertext, tag; for SUCI_NULL the text as it is.
 * XK_E_VALUE: no public key of the scheme (profile B takes the uncompressed form, too) or a text
 * longer than SUCI_PLAIN_MAX. */
enum xk_err suci_conceal(enum suci_scheme scheme, struct bytes home_key, struct bytes text,
                         const struct xk_rand *rand, struct buf *out) XK_MUST_CHECK;
/* The same with a chosen ephemeral key, for vectors. */
enum xk_err suci_conceal_by(enum suci_scheme scheme, const uint8_t ephemeral[SUCI_SCALAR_LEN],
                            struct bytes home_key, struct bytes text, struct buf *out)
    XK_MUST_CHECK;
/* The home network's side (SIDF), for a scalar in memory. XK_E_AUTH: the tag; XK_E_FORMAT: too
 * short, or no point. */
enum xk_err suci_reveal(enum suci_scheme scheme, const uint8_t home_scalar[SUCI_SCALAR_LEN],
                        struct bytes output, struct buf *text) XK_MUST_CHECK;

#endif
