/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/curve.h"

#include <pthread.h>

#include <openssl/obj_mac.h>

/* FIPS 186-4 B.4.1: 64 bits more than the order, so that the remainder is as good as uniform */
#define RANDOM_LEN (EC_SCALAR_LEN + 8)

static const struct {
    int nid;
    const char *name;
} curves[EC_CURVES] = {
    [EC_P256] = {NID_X9_62_prime256v1, "P-256"},
    [EC_BRAINPOOL_P256R1] = {NID_brainpoolP256r1, "brainpoolP256r1"},
};

/* Written once under pthread_once, read-only ever after. */
static EC_GROUP *groups[EC_CURVES];

static void make_groups(void)
{
    for (size_t i = 0; i < EC_CURVES; i++)
        groups[i] = EC_GROUP_new_by_curve_name(curves[i].nid);
}

const EC_GROUP *curve_group(enum ec_curve curve)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    return pthread_once(&once, make_groups) == 0 ? groups[curve] : NULL;
}

const char *ec_curve_name(enum ec_curve curve)
{
    return curve < EC_CURVES ? curves[curve].name : "?";
}

enum xk_err curve_by_nid(int nid, enum ec_curve *out)
{
    for (size_t i = 0; i < EC_CURVES; i++) {
        if (curves[i].nid == nid) {
            *out = (enum ec_curve)i;
            return XK_OK;
        }
    }
    return XK_E_UNSUPPORTED;
}

/* 1 + random mod (n - 1) */
static bool reduce(const EC_GROUP *group, const uint8_t random[RANDOM_LEN],
                   uint8_t out[EC_SCALAR_LEN])
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *d = BN_bin2bn(random, RANDOM_LEN, NULL);
    BIGNUM *m = BN_dup(EC_GROUP_get0_order(group));
    bool ok = ctx && d && m && BN_sub_word(m, 1) == 1 && BN_mod(d, d, m, ctx) == 1 &&
              BN_add_word(d, 1) == 1 && BN_bn2binpad(d, out, EC_SCALAR_LEN) == EC_SCALAR_LEN;

    BN_clear_free(d);
    BN_free(m);
    BN_CTX_free(ctx);
    return ok;
}

enum xk_err curve_random_scalar(enum ec_curve curve, const struct xk_rand *rand,
                                uint8_t out[EC_SCALAR_LEN])
{
    const EC_GROUP *group = curve_group(curve);
    uint8_t random[RANDOM_LEN];
    bool ok;

    if (!group)
        return XK_E_CRYPTO;
    xk_rand_fill(rand, random, sizeof random);
    ok = reduce(group, random, out);
    explicit_bzero(random, sizeof random);
    return ok ? XK_OK : XK_E_CRYPTO;
}

enum xk_err curve_scalar(enum ec_curve curve, struct bytes scalar, BIGNUM **out)
{
    const EC_GROUP *group = curve_group(curve);
    BIGNUM *d;

    if (!group)
        return XK_E_CRYPTO;
    if (scalar.n != EC_SCALAR_LEN)
        return XK_E_VALUE;
    d = BN_bin2bn(scalar.p, EC_SCALAR_LEN, NULL);
    if (!d)
        return XK_E_NOMEM;
    if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group)) >= 0) {
        BN_clear_free(d);
        return XK_E_VALUE;
    }
    BN_set_flags(d, BN_FLG_CONSTTIME);
    *out = d;
    return XK_OK;
}

/* EC_POINT_oct2point refuses what is not on the curve; both curves have cofactor 1, so every point
 * of the curve but infinity, which 04 x y cannot be, has the full order. */
enum xk_err curve_point(enum ec_curve curve, struct bytes point, EC_POINT **out)
{
    const EC_GROUP *group = curve_group(curve);
    EC_POINT *p;

    if (!group)
        return XK_E_CRYPTO;
    if (point.n != EC_POINT_LEN || point.p[0] != 0x04)
        return XK_E_VALUE;
    p = EC_POINT_new(group);
    if (!p)
        return XK_E_NOMEM;
    if (EC_POINT_oct2point(group, p, point.p, EC_POINT_LEN, NULL) != 1) {
        EC_POINT_free(p);
        return XK_E_VALUE;
    }
    *out = p;
    return XK_OK;
}

enum xk_err curve_public(enum ec_curve curve, const BIGNUM *d, uint8_t out[EC_POINT_LEN])
{
    const EC_GROUP *group = curve_group(curve);
    BN_CTX *ctx = BN_CTX_new();
    EC_POINT *p = group ? EC_POINT_new(group) : NULL;
    bool ok = ctx && p && EC_POINT_mul(group, p, d, NULL, NULL, ctx) == 1 &&
              EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, out, EC_POINT_LEN, ctx) ==
                  EC_POINT_LEN;

    EC_POINT_free(p);
    BN_CTX_free(ctx);
    return ok ? XK_OK : XK_E_CRYPTO;
}

enum xk_err ec_point_check(enum ec_curve curve, struct bytes point)
{
    EC_POINT *p;

    TRY(curve_point(curve, point, &p));
    EC_POINT_free(p);
    return XK_OK;
}
