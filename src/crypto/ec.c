/* SPDX-License-Identifier: Apache-2.0 */
/* EC_KEY is the object that ECDSA_do_sign wants; see curve.h for why. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/ec.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "crypto/curve.h"
#include "crypto/ec_key.h"

static enum xk_err own_new(enum ec_curve curve, const BIGNUM *d, const uint8_t *point, EC_KEY **out)
{
    const EC_GROUP *group = curve_group(curve);
    EC_KEY *own = group ? EC_KEY_new() : NULL;

    if (!own)
        return XK_E_CRYPTO;
    if (EC_KEY_set_group(own, group) != 1 || EC_KEY_set_private_key(own, d) != 1 ||
        EC_KEY_oct2key(own, point, EC_POINT_LEN, NULL) != 1) {
        EC_KEY_free(own);
        return XK_E_CRYPTO;
    }
    *out = own;
    return XK_OK;
}

static enum xk_err key_new(enum ec_curve curve, const BIGNUM *d, struct ec_key **out)
{
    struct ec_key *key = calloc(1, sizeof *key);
    enum xk_err err;

    if (!key)
        return XK_E_NOMEM;
    key->curve = curve;
    err = curve_public(curve, d, key->point);
    if (err == XK_OK)
        err = own_new(curve, d, key->point, &key->own);
    if (err != XK_OK) {
        free(key);
        return err;
    }
    *out = key;
    return XK_OK;
}

enum xk_err ec_key_import(enum ec_curve curve, struct bytes scalar, struct ec_key **out)
{
    BIGNUM *d;
    enum xk_err err;

    TRY(curve_scalar(curve, scalar, &d));
    err = key_new(curve, d, out);
    BN_clear_free(d);
    return err;
}

enum xk_err ec_key_generate(enum ec_curve curve, const struct xk_rand *rand, struct ec_key **out)
{
    uint8_t scalar[EC_SCALAR_LEN];
    enum xk_err err = curve_random_scalar(curve, rand, scalar);

    if (err == XK_OK)
        err = ec_key_import(curve, BYTES_OF(scalar), out);
    explicit_bzero(scalar, sizeof scalar);
    return err;
}

enum xk_err ec_key_remote(enum ec_curve curve, struct bytes point, const struct ec_key_ops *ops,
                          void *ctx, struct ec_key **out)
{
    struct ec_key *key;

    TRY(ec_point_check(curve, point));
    key = calloc(1, sizeof *key);
    if (!key)
        return XK_E_NOMEM;
    key->curve = curve;
    memcpy(key->point, point.p, EC_POINT_LEN);
    key->ops = ops;
    key->ctx = ctx;
    *out = key;
    return XK_OK;
}

void ec_key_free(struct ec_key *key)
{
    if (!key)
        return;
    EC_KEY_free(key->own); /* clears the scalar */
    if (key->ops && key->ops->free)
        key->ops->free(key->ctx);
    free(key);
}

enum ec_curve ec_key_curve(const struct ec_key *key)
{
    return key->curve;
}

struct bytes ec_key_point(const struct ec_key *key)
{
    return BYTES_OF(key->point);
}

enum xk_err ec_key_export(const struct ec_key *key, uint8_t scalar[EC_SCALAR_LEN])
{
    if (!key->own)
        return XK_E_DENIED;
    if (BN_bn2binpad(EC_KEY_get0_private_key(key->own), scalar, EC_SCALAR_LEN) != EC_SCALAR_LEN)
        return XK_E_CRYPTO;
    return XK_OK;
}

static EVP_PKEY *parse_file(struct bytes file)
{
    static const char begin[] = "-----BEGIN ";
    static char nobody[1] = "";
    BIO *bio;
    EVP_PKEY *pkey = NULL;

    if (file.n == 0 || file.n > INT_MAX)
        return NULL;
    bio = BIO_new_mem_buf(file.p, (int)file.n);
    if (!bio)
        return NULL;
    /* the passphrase tried is empty: a daemon has no one to ask */
    if (memmem(file.p, file.n, begin, sizeof begin - 1))
        pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, nobody);
    else
        pkey = d2i_PrivateKey_bio(bio, NULL);
    BIO_free(bio);
    return pkey;
}

static enum xk_err curve_of(const EVP_PKEY *pkey, enum ec_curve *out)
{
    char name[64];

    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(pkey, name, sizeof name, NULL) != 1)
        return XK_E_UNSUPPORTED;
    return curve_by_nid(OBJ_txt2nid(name), out);
}

enum xk_err ec_key_read(struct bytes file, struct ec_key **out)
{
    EVP_PKEY *pkey = parse_file(file);
    BIGNUM *d = NULL;
    enum ec_curve curve;
    uint8_t scalar[EC_SCALAR_LEN];
    enum xk_err err;

    if (!pkey)
        return XK_E_FORMAT;
    err = curve_of(pkey, &curve);
    if (err == XK_OK && (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1 ||
                         BN_bn2binpad(d, scalar, sizeof scalar) != sizeof scalar))
        err = XK_E_FORMAT;
    if (err == XK_OK)
        err = ec_key_import(curve, BYTES_OF(scalar), out);
    explicit_bzero(scalar, sizeof scalar);
    BN_clear_free(d);
    EVP_PKEY_free(pkey);
    return err;
}

enum xk_err ec_key_write_pem(const struct ec_key *key, struct buf *out)
{
    EVP_PKEY *pkey;
    BIO *bio;
    char *text;
    long n;
    bool ok;

    if (!key->own)
        return XK_E_DENIED;
    pkey = EVP_PKEY_new();
    bio = BIO_new(BIO_s_mem()); /* wiped when freed */
    ok = pkey && bio && EVP_PKEY_set1_EC_KEY(pkey, key->own) == 1 &&
         PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
    n = ok ? BIO_get_mem_data(bio, &text) : 0;
    if (n > 0)
        buf_put(out, text, (size_t)n);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return n > 0 ? buf_ok(out) : XK_E_CRYPTO;
}
