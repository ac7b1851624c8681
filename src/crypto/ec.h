/* SPDX-License-Identifier: Apache-2.0 */
/* The two curves of remote SIM provisioning and the long-lived private keys on them (SGP.22 2.6.7).
 * A private key is an object that can sign: in memory here, or elsewhere through struct ec_key_ops
 * (a hardware security module), and nobody who signs can tell which. Keys are read-only once made:
 * threads share them without a lock.
 *
 * A point is 65 bytes, 04 x y (X9.62 uncompressed, the form of GSMA certificates and of tag 5F49);
 * it is checked to lie on the curve wherever one comes in. */
#ifndef CRYPTO_EC_H
#define CRYPTO_EC_H

#include "base/buf.h"
#include "base/clock.h"

#define EC_SCALAR_LEN 32
#define EC_POINT_LEN 65

enum ec_curve { EC_P256, EC_BRAINPOOL_P256R1, EC_CURVES };

/* "P-256", "brainpoolP256r1" */
const char *ec_curve_name(enum ec_curve curve);

struct ec_key;

/* A new key pair; the scalar comes from rand. */
enum xk_err ec_key_generate(enum ec_curve curve, const struct xk_rand *rand, struct ec_key **out)
    XK_MUST_CHECK;
/* From the scalar, 32 bytes, 1 <= d < n. XK_E_VALUE for any other. */
enum xk_err ec_key_import(enum ec_curve curve, struct bytes scalar, struct ec_key **out)
    XK_MUST_CHECK;
/* From a file's contents: PKCS#8 or SEC 1, PEM or DER, not encrypted. XK_E_FORMAT: not such a key;
 * XK_E_UNSUPPORTED: a key, but on no curve of ours. */
enum xk_err ec_key_read(struct bytes file, struct ec_key **out) XK_MUST_CHECK;
/* A key held elsewhere. sign_digest gives r||s over a SHA-256 digest; it may be called by several
 * threads at once. free (may be NULL) is called by ec_key_free. point is the key's public half. */
struct ec_key_ops {
    enum xk_err (*sign_digest)(void *ctx, const uint8_t digest[32], uint8_t signature[64]);
    void (*free)(void *ctx);
};
enum xk_err ec_key_remote(enum ec_curve curve, struct bytes point, const struct ec_key_ops *ops,
                          void *ctx, struct ec_key **out) XK_MUST_CHECK;
/* Wipes the scalar. */
void ec_key_free(struct ec_key *key);

enum ec_curve ec_key_curve(const struct ec_key *key);
/* The public half, 65 bytes, as long as the key. */
struct bytes ec_key_point(const struct ec_key *key);
/* XK_E_DENIED for a key held elsewhere. The caller wipes scalar. */
enum xk_err ec_key_export(const struct ec_key *key, uint8_t scalar[EC_SCALAR_LEN]) XK_MUST_CHECK;
/* PKCS#8 in PEM, appended; the caller wipes out. XK_E_DENIED as above. */
enum xk_err ec_key_write_pem(const struct ec_key *key, struct buf *out) XK_MUST_CHECK;

/* XK_E_VALUE unless point is 65 bytes 04 x y and lies on the curve. */
enum xk_err ec_point_check(enum ec_curve curve, struct bytes point) XK_MUST_CHECK;

#endif
