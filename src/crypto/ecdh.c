/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ecdh.h"

#include "crypto/curve.h"

enum xk_err ecdh_import(enum ec_curve curve, struct bytes scalar, struct ecdh_key *out)
{
    uint8_t point[EC_POINT_LEN];
    BIGNUM *d;
    enum xk_err err;

    TRY(curve_scalar(curve, scalar, &d));
    err = curve_public(curve, d, point);
    BN_clear_free(d);
    if (err != XK_OK)
        return err;
    out->curve = curve;
    memmove(out->scalar, scalar.p, EC_SCALAR_LEN);
    memcpy(out->point, point, EC_POINT_LEN);
    return XK_OK;
}

enum xk_err ecdh_generate(enum ec_curve curve, const struct xk_rand *rand, struct ecdh_key *out)
{
    uint8_t scalar[EC_SCALAR_LEN];
    enum xk_err err = curve_random_scalar(curve, rand, scalar);

    if (err == XK_OK)
        err = ecdh_import(curve, BYTES_OF(scalar), out);
    explicit_bzero(scalar, sizeof scalar);
    return err;
}

/* BSI TR-03111 4.3.1: the x coordinate of d times the peer's point */
static bool shared_x(const EC_GROUP *group, const BIGNUM *d, const EC_POINT *peer,
                     uint8_t z[ECDH_LEN])
{
    BN_CTX *ctx = BN_CTX_new();
    EC_POINT *p = EC_POINT_new(group);
    BIGNUM *x = BN_new();
    bool ok = ctx && p && x && EC_POINT_mul(group, p, NULL, peer, d, ctx) == 1 &&
              EC_POINT_get_affine_coordinates(group, p, x, NULL, ctx) == 1 &&
              BN_bn2binpad(x, z, ECDH_LEN) == ECDH_LEN;

    BN_clear_free(x);
    EC_POINT_clear_free(p);
    BN_CTX_free(ctx);
    return ok;
}

enum xk_err ecdh_agree(const struct ecdh_key *key, struct bytes peer, uint8_t z[ECDH_LEN])
{
    EC_POINT *p;
    BIGNUM *d = NULL;
    enum xk_err err;

    TRY(curve_point(key->curve, peer, &p));
    err = curve_scalar(key->curve, BYTES_OF(key->scalar), &d);
    if (err == XK_OK && !shared_x(curve_group(key->curve), d, p, z))
        err = XK_E_CRYPTO;
    BN_clear_free(d);
    EC_POINT_free(p);
    return err;
}
