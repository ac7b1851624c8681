/* SPDX-License-Identifier: Apache-2.0 */
/* Key agreement with one-time keys (SGP.22 2.6.7.3, BSI TR-03111 4.3.1: the shared value is the x
 * coordinate). A one-time key pair is plain data, so that a session can be put down and taken up
 * again; who keeps one wipes it. */
#ifndef CRYPTO_ECDH_H
#define CRYPTO_ECDH_H

#include "crypto/ec.h"

#define ECDH_LEN 32

struct ecdh_key {
    enum ec_curve curve;
    uint8_t scalar[EC_SCALAR_LEN]; /* secret */
    uint8_t point[EC_POINT_LEN];   /* otPK, as in tag 5F49 */
};

enum xk_err ecdh_generate(enum ec_curve curve, const struct xk_rand *rand, struct ecdh_key *out)
    XK_MUST_CHECK;
/* From a scalar of 32 bytes; the point is computed. XK_E_VALUE unless 1 <= d < n. */
enum xk_err ecdh_import(enum ec_curve curve, struct bytes scalar, struct ecdh_key *out)
    XK_MUST_CHECK;
/* XK_E_VALUE when peer is not a point of the key's curve. The caller wipes z. */
enum xk_err ecdh_agree(const struct ecdh_key *key, struct bytes peer, uint8_t z[ECDH_LEN])
    XK_MUST_CHECK;

static inline void ecdh_key_wipe(struct ecdh_key *key)
{
    explicit_bzero(key, sizeof *key);
}

#endif
