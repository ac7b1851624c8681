/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA with SHA-256, signatures as r||s of 64 bytes: the value of tag 5F37 (SGP.22 2.6.7.2, BSI
 * TR-03111). What is signed may lie in several places: parts are hashed in order, as if joined. */
#ifndef CRYPTO_ECDSA_H
#define CRYPTO_ECDSA_H

#include "crypto/ec.h"

#define ECDSA_LEN 64
/* X9.62: SEQUENCE of two INTEGERs, as certificates carry it */
#define ECDSA_DER_MAX 72

enum xk_err ecdsa_sign(const struct ec_key *key, const struct bytes *parts, size_t n,
                       uint8_t signature[ECDSA_LEN]) XK_MUST_CHECK;

/* A public key to check with often (a CI's, an EUM's); shared by threads without a lock. XK_E_VALUE
 * for a point that is not on the curve. */
struct ecdsa_public;
enum xk_err ecdsa_public_new(enum ec_curve curve, struct bytes point, struct ecdsa_public **out)
    XK_MUST_CHECK;
void ecdsa_public_free(struct ecdsa_public *key);

/* XK_E_AUTH when the signature is not this key's over these parts; of a length other than 64, too.
 */
enum xk_err ecdsa_verify(const struct ecdsa_public *key, const struct bytes *parts, size_t n,
                         struct bytes signature) XK_MUST_CHECK;
/* The same with a point used once. XK_E_VALUE when it is not on the curve. */
enum xk_err ecdsa_verify_point(enum ec_curve curve, struct bytes point, const struct bytes *parts,
                               size_t n, struct bytes signature) XK_MUST_CHECK;

/* Between the two forms. XK_E_FORMAT: not DER, or a number longer than 32 bytes. */
enum xk_err ecdsa_from_der(struct bytes der, uint8_t signature[ECDSA_LEN]) XK_MUST_CHECK;
size_t ecdsa_to_der(const uint8_t signature[ECDSA_LEN], uint8_t der[ECDSA_DER_MAX]);

#endif
