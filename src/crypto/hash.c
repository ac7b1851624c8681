/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include "crypto/engine.h"

static enum engine_digest digest_of(enum hash_algorithm algorithm)
{
    return algorithm == HASH_SM3 ? ENGINE_SM3 : ENGINE_SHA256;
}

enum xk_err hash_digest(enum hash_algorithm algorithm, struct bytes data, uint8_t out[HASH_LEN])
{
    EVP_MD_CTX *ctx;

    TRY(engine_digest_start(digest_of(algorithm), &ctx));
    if (EVP_DigestUpdate(ctx, data.p, data.n) != 1 || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        return XK_E_CRYPTO;
    return XK_OK;
}

enum xk_err hash_hmac(enum hash_algorithm algorithm, struct bytes key, struct bytes data,
                      uint8_t out[HASH_LEN])
{
    EVP_MAC_CTX *ctx;
    size_t n;

    TRY(engine_hmac_start(digest_of(algorithm), key, &ctx));
    if (EVP_MAC_update(ctx, data.p, data.n) != 1 || EVP_MAC_final(ctx, out, &n, HASH_LEN) != 1)
        return XK_E_CRYPTO;
    return XK_OK;
}
