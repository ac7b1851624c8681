/* SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/ecdsa.h"

#include <openssl/ecdsa.h>

#include "crypto/curve.h"
#include "crypto/ec_key.h"
#include "crypto/engine.h"
#include "crypto/hash.h"

#define INT_LEN 32

struct ecdsa_public {
    EC_KEY *key;
};

static enum xk_err digest_parts(const struct bytes *parts, size_t n, uint8_t out[HASH_LEN])
{
    EVP_MD_CTX *ctx;

    TRY(engine_digest_start(ENGINE_SHA256, &ctx));
    for (size_t i = 0; i < n; i++) {
        if (EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) != 1)
            return XK_E_CRYPTO;
    }
    return EVP_DigestFinal_ex(ctx, out, NULL) == 1 ? XK_OK : XK_E_CRYPTO;
}

static enum xk_err sign_digest(EC_KEY *key, const uint8_t digest[HASH_LEN],
                               uint8_t signature[ECDSA_LEN])
{
    ECDSA_SIG *sig = ECDSA_do_sign(digest, HASH_LEN, key);
    bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, INT_LEN) == INT_LEN &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + INT_LEN, INT_LEN) == INT_LEN;

    ECDSA_SIG_free(sig);
    return ok ? XK_OK : XK_E_CRYPTO;
}

enum xk_err ecdsa_sign(const struct ec_key *key, const struct bytes *parts, size_t n,
                       uint8_t signature[ECDSA_LEN])
{
    uint8_t digest[HASH_LEN];

    TRY(digest_parts(parts, n, digest));
    if (key->ops)
        return key->ops->sign_digest(key->ctx, digest, signature);
    return sign_digest(key->own, digest, signature);
}

static enum xk_err set_point(EC_KEY *key, struct bytes point)
{
    if (point.n != EC_POINT_LEN || point.p[0] != 0x04)
        return XK_E_VALUE;
    return EC_KEY_oct2key(key, point.p, point.n, NULL) == 1 ? XK_OK : XK_E_VALUE;
}

static enum xk_err public_init(struct ecdsa_public *p, enum ec_curve curve, struct bytes point)
{
    const EC_GROUP *group = curve_group(curve);

    p->key = group ? EC_KEY_new() : NULL;
    if (!p->key || EC_KEY_set_group(p->key, group) != 1)
        return XK_E_CRYPTO;
    return set_point(p->key, point);
}

enum xk_err ecdsa_public_new(enum ec_curve curve, struct bytes point, struct ecdsa_public **out)
{
    struct ecdsa_public *p = calloc(1, sizeof *p);
    enum xk_err err;

    if (!p)
        return XK_E_NOMEM;
    err = public_init(p, curve, point);
    if (err != XK_OK) {
        ecdsa_public_free(p);
        return err;
    }
    *out = p;
    return XK_OK;
}

void ecdsa_public_free(struct ecdsa_public *key)
{
    if (!key)
        return;
    EC_KEY_free(key->key);
    free(key);
}

static enum xk_err verify(EC_KEY *key, const struct bytes *parts, size_t n, struct bytes signature)
{
    uint8_t digest[HASH_LEN];
    ECDSA_SIG *sig;
    BIGNUM *r, *s;
    bool good;

    if (signature.n != ECDSA_LEN)
        return XK_E_AUTH;
    TRY(digest_parts(parts, n, digest));
    sig = ECDSA_SIG_new();
    r = BN_bin2bn(signature.p, INT_LEN, NULL);
    s = BN_bin2bn(signature.p + INT_LEN, INT_LEN, NULL);
    if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
        ECDSA_SIG_free(sig);
        BN_free(r);
        BN_free(s);
        return XK_E_NOMEM;
    }
    good = ECDSA_do_verify(digest, HASH_LEN, sig, key) == 1;
    ECDSA_SIG_free(sig);
    return good ? XK_OK : XK_E_AUTH;
}

enum xk_err ecdsa_verify(const struct ecdsa_public *key, const struct bytes *parts, size_t n,
                         struct bytes signature)
{
    return verify(key->key, parts, n, signature);
}

enum xk_err ecdsa_verify_point(enum ec_curve curve, struct bytes point, const struct bytes *parts,
                               size_t n, struct bytes signature)
{
    EC_KEY *key;

    TRY(engine_public_key(curve, &key));
    TRY(set_point(key, point));
    return verify(key, parts, n, signature);
}

/* One INTEGER of X.690 8.3, not negative, of at most 32 bytes, shortest form. */
static void take_integer(struct cur *c, uint8_t out[INT_LEN])
{
    uint8_t tag = cur_u8(c);
    uint8_t length = cur_u8(c);
    struct bytes v = cur_take(c, length);

    if (c->bad || tag != 0x02 || v.n == 0 || (v.p[0] & 0x80) ||
        (v.n > 1 && v.p[0] == 0 && !(v.p[1] & 0x80))) {
        c->bad = true;
        return;
    }
    if (v.p[0] == 0)
        v = bytes_part(v, 1, v.n);
    if (v.n > INT_LEN) {
        c->bad = true;
        return;
    }
    memset(out, 0, INT_LEN - v.n);
    if (v.n > 0)
        memcpy(out + INT_LEN - v.n, v.p, v.n);
}

enum xk_err ecdsa_from_der(struct bytes der, uint8_t signature[ECDSA_LEN])
{
    struct cur c = cur_of(der);
    uint8_t raw[ECDSA_LEN];

    if (cur_u8(&c) != 0x30 || cur_u8(&c) != c.n)
        return XK_E_FORMAT;
    take_integer(&c, raw);
    take_integer(&c, raw + INT_LEN);
    TRY(cur_end(&c));
    memcpy(signature, raw, ECDSA_LEN);
    return XK_OK;
}

static size_t put_integer(const uint8_t in[INT_LEN], uint8_t *out)
{
    size_t skip = 0;
    size_t n = 2;

    while (skip < INT_LEN - 1 && in[skip] == 0)
        skip++;
    if (in[skip] & 0x80)
        out[n++] = 0;
    memcpy(out + n, in + skip, INT_LEN - skip);
    n += INT_LEN - skip;
    out[0] = 0x02;
    out[1] = (uint8_t)(n - 2);
    return n;
}

size_t ecdsa_to_der(const uint8_t signature[ECDSA_LEN], uint8_t der[ECDSA_DER_MAX])
{
    size_t n = 2;

    n += put_integer(signature, der + n);
    n += put_integer(signature + INT_LEN, der + n);
    der[0] = 0x30;
    der[1] = (uint8_t)(n - 2);
    return n;
}
