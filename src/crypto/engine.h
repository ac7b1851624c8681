/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: OpenSSL's algorithms, fetched once for the process, and contexts that each
 * thread makes on first use, reuses, and loses (wiped) when it ends. A context remembers its last
 * key until the next one replaces it. */
#ifndef CRYPTO_ENGINE_H
#define CRYPTO_ENGINE_H

#include <limits.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto/ec.h"

enum engine_cipher {
#define CIPHER_ROW(id, name) ENGINE_##id,
#include "crypto/algorithms.def"
    ENGINE_CIPHER_COUNT
};

enum engine_digest {
#define DIGEST_ROW(id, name) ENGINE_##id,
#include "crypto/algorithms.def"
    ENGINE_DIGEST_COUNT
};

enum engine_direction { ENGINE_DECRYPT = 0, ENGINE_ENCRYPT = 1 }; /* EVP_CipherInit_ex2's values */

/* This thread's context, keyed; iv NULL for ECB. The key length is the algorithm's. */
enum xk_err engine_cipher_start(enum engine_cipher id, enum engine_direction direction,
                                const uint8_t *key, const uint8_t *iv, EVP_CIPHER_CTX **out)
    XK_MUST_CHECK;
/* Whole blocks through a context started so; out may be in. Padding is never finished, so
 * encryption gives each block at once. Inline: a vector is two such calls and little else. */
static inline XK_MUST_CHECK enum xk_err engine_encrypt(EVP_CIPHER_CTX *ctx, const uint8_t *in,
                                                       size_t n, uint8_t *out)
{
    int done;

    if (n > INT_MAX)
        return XK_E_LIMIT;
    if (n > 0 && EVP_EncryptUpdate(ctx, out, &done, in, (int)n) != 1)
        return XK_E_CRYPTO;
    return XK_OK;
}

enum xk_err engine_decrypt(EVP_CIPHER_CTX *ctx, const uint8_t *in, size_t n, uint8_t *out)
    XK_MUST_CHECK;
/* This thread's context, begun. */
enum xk_err engine_digest_start(enum engine_digest id, EVP_MD_CTX **out) XK_MUST_CHECK;
/* This thread's key object of a curve, for public points that are used once: making one costs as
 * much as a tenth of a verification. */
enum xk_err engine_public_key(enum ec_curve curve, EC_KEY **out) XK_MUST_CHECK;
enum xk_err engine_hmac_start(enum engine_digest id, struct bytes key, EVP_MAC_CTX **out)
    XK_MUST_CHECK;

#endif
