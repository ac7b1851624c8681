/* SPDX-License-Identifier: Apache-2.0 */
/* EC_KEY is the object that ECDSA_do_verify wants; see curve.h for why. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/engine.h"

#include <pthread.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/curve.h"

/* Written once under pthread_once, read-only ever after: OpenSSL's objects are shared by
 * threads. */
static struct {
    EVP_CIPHER *cipher[ENGINE_CIPHER_COUNT];
    EVP_MD *digest[ENGINE_DIGEST_COUNT];
    EVP_MAC *hmac;
    pthread_key_t thread_key; /* its destructor frees a thread's contexts */
    bool has_thread_key;
} fetched;

struct engine_thread {
    EVP_CIPHER_CTX *cipher[ENGINE_CIPHER_COUNT];
    EVP_MD_CTX *digest[ENGINE_DIGEST_COUNT];
    EVP_MAC_CTX *hmac[ENGINE_DIGEST_COUNT];
    EC_KEY *public_key[EC_CURVES];
};

static _Thread_local struct engine_thread *this_thread;

static const char *const cipher_names[ENGINE_CIPHER_COUNT] = {
#define CIPHER_ROW(id, name) name,
#include "crypto/algorithms.def"
};

static const char *const digest_names[ENGINE_DIGEST_COUNT] = {
#define DIGEST_ROW(id, name) name,
#include "crypto/algorithms.def"
};

static void thread_free(void *arg)
{
    struct engine_thread *t = arg;

    for (size_t i = 0; i < ENGINE_CIPHER_COUNT; i++)
        EVP_CIPHER_CTX_free(t->cipher[i]);
    for (size_t i = 0; i < ENGINE_DIGEST_COUNT; i++) {
        EVP_MD_CTX_free(t->digest[i]);
        EVP_MAC_CTX_free(t->hmac[i]);
    }
    for (size_t i = 0; i < EC_CURVES; i++)
        EC_KEY_free(t->public_key[i]);
    free(t);
    this_thread = NULL;
}

static void fetch_all(void)
{
    for (size_t i = 0; i < ENGINE_CIPHER_COUNT; i++)
        fetched.cipher[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
    for (size_t i = 0; i < ENGINE_DIGEST_COUNT; i++)
        fetched.digest[i] = EVP_MD_fetch(NULL, digest_names[i], NULL);
    fetched.hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    fetched.has_thread_key = pthread_key_create(&fetched.thread_key, thread_free) == 0;
}

static enum xk_err thread_new(struct engine_thread **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct engine_thread *t;

    if (pthread_once(&once, fetch_all) != 0 || !fetched.has_thread_key)
        return XK_E_CRYPTO;
    t = calloc(1, sizeof *t);
    if (!t)
        return XK_E_NOMEM;
    if (pthread_setspecific(fetched.thread_key, t) != 0) {
        free(t);
        return XK_E_NOMEM;
    }
    this_thread = t;
    *out = t;
    return XK_OK;
}

static inline enum xk_err thread_get(struct engine_thread **out)
{
    if (this_thread) {
        *out = this_thread;
        return XK_OK;
    }
    return thread_new(out);
}

/* Naming the cipher is the expensive part of an init; a context gets its cipher once and only keys
 * afterwards. */
static enum xk_err cipher_context(struct engine_thread *t, enum engine_cipher id)
{
    EVP_CIPHER_CTX *ctx;

    if (!fetched.cipher[id])
        return XK_E_CRYPTO;
    ctx = EVP_CIPHER_CTX_new();
    if (!ctx)
        return XK_E_NOMEM;
    if (EVP_CipherInit_ex2(ctx, fetched.cipher[id], NULL, NULL, ENGINE_ENCRYPT, NULL) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        return XK_E_CRYPTO;
    }
    t->cipher[id] = ctx;
    return XK_OK;
}

enum xk_err engine_cipher_start(enum engine_cipher id, enum engine_direction direction,
                                const uint8_t *key, const uint8_t *iv, EVP_CIPHER_CTX **out)
{
    struct engine_thread *t;

    TRY(thread_get(&t));
    if (!t->cipher[id])
        TRY(cipher_context(t, id));
    if (EVP_CipherInit_ex2(t->cipher[id], NULL, key, iv, (int)direction, NULL) != 1)
        return XK_E_CRYPTO;
    *out = t->cipher[id];
    return XK_OK;
}

/* Decryption would keep the last block back for its padding; EVP_Cipher goes straight to the
 * blocks. */
enum xk_err engine_decrypt(EVP_CIPHER_CTX *ctx, const uint8_t *in, size_t n, uint8_t *out)
{
    if (n > INT_MAX)
        return XK_E_LIMIT;
    if (n > 0 && EVP_Cipher(ctx, out, in, (unsigned)n) <= 0)
        return XK_E_CRYPTO;
    return XK_OK;
}

enum xk_err engine_digest_start(enum engine_digest id, EVP_MD_CTX **out)
{
    struct engine_thread *t;

    TRY(thread_get(&t));
    if (!t->digest[id])
        t->digest[id] = EVP_MD_CTX_new();
    if (!t->digest[id])
        return XK_E_NOMEM;
    if (!fetched.digest[id] || EVP_DigestInit_ex2(t->digest[id], fetched.digest[id], NULL) != 1)
        return XK_E_CRYPTO;
    *out = t->digest[id];
    return XK_OK;
}

/* The digest is set once per context: naming it makes OpenSSL fetch it. */
static enum xk_err hmac_context(struct engine_thread *t, enum engine_digest id)
{
    char name[16];
    OSSL_PARAM params[2];
    EVP_MAC_CTX *ctx = fetched.hmac ? EVP_MAC_CTX_new(fetched.hmac) : NULL;

    if (!ctx)
        return XK_E_CRYPTO;
    snprintf(name, sizeof name, "%s", digest_names[id]);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (EVP_MAC_CTX_set_params(ctx, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        return XK_E_CRYPTO;
    }
    t->hmac[id] = ctx;
    return XK_OK;
}

enum xk_err engine_hmac_start(enum engine_digest id, struct bytes key, EVP_MAC_CTX **out)
{
    static const uint8_t empty[1];
    struct engine_thread *t;

    TRY(thread_get(&t));
    if (!t->hmac[id])
        TRY(hmac_context(t, id));
    /* a NULL key would mean "the last one again" */
    if (EVP_MAC_init(t->hmac[id], key.n > 0 ? key.p : empty, key.n, NULL) != 1)
        return XK_E_CRYPTO;
    *out = t->hmac[id];
    return XK_OK;
}

enum xk_err engine_public_key(enum ec_curve curve, EC_KEY **out)
{
    const EC_GROUP *group = curve_group(curve);
    struct engine_thread *t;
    EC_KEY *key;

    TRY(thread_get(&t));
    if (!t->public_key[curve]) {
        key = group ? EC_KEY_new() : NULL;
        if (!key || EC_KEY_set_group(key, group) != 1) {
            EC_KEY_free(key);
            return XK_E_CRYPTO;
        }
        t->public_key[curve] = key;
    }
    *out = t->public_key[curve];
    return XK_OK;
}
