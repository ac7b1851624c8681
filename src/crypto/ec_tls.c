/* SPDX-License-Identifier: Apache-2.0 */
/* An EC_KEY with a method of its own is the one kind of key that OpenSSL 3.0 takes without a
 * provider: it keeps such a key out of its providers and calls the method. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/ec_tls.h"

#include <openssl/ec.h>
#include <pthread.h>

#include "crypto/curve.h"
#include "crypto/ec_key.h"
#include "crypto/ecdsa.h"

#define DIGEST_LEN 32

static struct {
    pthread_once_t once;
    EC_KEY_METHOD *method;
    int slot; /* of the struct ec_key in an EC_KEY */
} remote = {.once = PTHREAD_ONCE_INIT};

/* X9.62 7.3: of a longer digest the left bits count; a shorter one is a smaller number. */
static void fit_digest(const unsigned char *digest, int n, uint8_t out[DIGEST_LEN])
{
    size_t len = n < DIGEST_LEN ? (size_t)n : DIGEST_LEN;

    memset(out, 0, DIGEST_LEN);
    memcpy(out + DIGEST_LEN - len, digest, len);
}

/* 1, or 0 for OpenSSL's "failed". sig has room for the curve's longest signature. */
static int sign(int type, const unsigned char *digest, int n, unsigned char *sig,
                unsigned int *sig_n, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *own)
{
    const struct ec_key *key = EC_KEY_get_ex_data(own, remote.slot);
    uint8_t fitted[DIGEST_LEN], raw[ECDSA_LEN];

    (void)type;
    if (!key || n < 0 || kinv || r)
        return 0;
    fit_digest(digest, n, fitted);
    if (key->ops->sign_digest(key->ctx, fitted, raw) != XK_OK)
        return 0;
    *sig_n = (unsigned int)ecdsa_to_der(raw, sig);
    return 1;
}

static void finish(EC_KEY *own)
{
    ec_key_free(EC_KEY_get_ex_data(own, remote.slot));
    EC_KEY_set_ex_data(own, remote.slot, NULL);
}

static void make_method(void)
{
    EC_KEY_METHOD *method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());

    remote.slot = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    if (!method || remote.slot < 0)
        return;
    EC_KEY_METHOD_set_init(method, NULL, finish, NULL, NULL, NULL, NULL);
    EC_KEY_METHOD_set_sign(method, sign, NULL, NULL);
    remote.method = method;
}

static EC_KEY *wrap(const struct ec_key *key)
{
    const EC_GROUP *group = curve_group(key->curve);
    EC_KEY *own = group ? EC_KEY_new() : NULL;

    if (own && EC_KEY_set_group(own, group) == 1 &&
        EC_KEY_oct2key(own, key->point, EC_POINT_LEN, NULL) == 1 &&
        EC_KEY_set_method(own, remote.method) == 1)
        return own;
    EC_KEY_free(own);
    return NULL;
}

enum xk_err ec_key_to_evp(struct ec_key *key, EVP_PKEY **out)
{
    EVP_PKEY *evp;
    EC_KEY *own;

    if (!key->ops) {
        ec_key_free(key);
        return XK_E_VALUE;
    }
    pthread_once(&remote.once, make_method);
    evp = remote.method ? EVP_PKEY_new() : NULL;
    own = evp ? wrap(key) : NULL;
    if (!own || EC_KEY_set_ex_data(own, remote.slot, key) != 1) {
        EC_KEY_free(own);
        ec_key_free(key);
        EVP_PKEY_free(evp);
        return XK_E_CRYPTO;
    }
    if (EVP_PKEY_assign_EC_KEY(evp, own) != 1) {
        EC_KEY_free(own); /* and the key with it */
        EVP_PKEY_free(evp);
        return XK_E_CRYPTO;
    }
    *out = evp;
    return XK_OK;
}
