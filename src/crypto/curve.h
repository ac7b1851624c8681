/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: OpenSSL's groups, made once for the process, and arithmetic on them. The
 * low-level calls are used because they measure better than EVP (one import, one multiplication, no
 * fetch) and because a group may be shared by threads. */
#ifndef CRYPTO_CURVE_H
#define CRYPTO_CURVE_H

#include <openssl/ec.h>

#include "crypto/ec.h"

/* NULL when OpenSSL has not got it. */
const EC_GROUP *curve_group(enum ec_curve curve);
/* XK_E_UNSUPPORTED for OpenSSL's name of no curve of ours. */
enum xk_err curve_by_nid(int nid, enum ec_curve *out) XK_MUST_CHECK;
/* Uniform in 1..n-1 (FIPS 186-4 B.4.1). */
enum xk_err curve_random_scalar(enum ec_curve curve, const struct xk_rand *rand,
                                uint8_t out[EC_SCALAR_LEN]) XK_MUST_CHECK;
/* The scalar as a number whose use is constant-time; XK_E_VALUE unless 32 bytes and 1 <= d < n.
 * BN_clear_free() it. */
enum xk_err curve_scalar(enum ec_curve curve, struct bytes scalar, BIGNUM **out) XK_MUST_CHECK;
/* XK_E_VALUE unless uncompressed and on the curve. EC_POINT_free() it. */
enum xk_err curve_point(enum ec_curve curve, struct bytes point, EC_POINT **out) XK_MUST_CHECK;
/* d times the generator, uncompressed. */
enum xk_err curve_public(enum ec_curve curve, const BIGNUM *d, uint8_t out[EC_POINT_LEN])
    XK_MUST_CHECK;

#endif
