/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x963kdf.h"

#include "crypto/engine.h"
#include "crypto/hash.h"

static enum xk_err block(struct bytes z, uint32_t i, struct bytes shared_info, uint8_t *out)
{
    const uint8_t counter[4] = {(uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8),
                                (uint8_t)i};
    EVP_MD_CTX *ctx;

    TRY(engine_digest_start(ENGINE_SHA256, &ctx));
    if (EVP_DigestUpdate(ctx, z.p, z.n) != 1 ||
        EVP_DigestUpdate(ctx, counter, sizeof counter) != 1 ||
        EVP_DigestUpdate(ctx, shared_info.p, shared_info.n) != 1 ||
        EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        return XK_E_CRYPTO;
    return XK_OK;
}

enum xk_err x963kdf_sha256(struct bytes z, struct bytes shared_info, uint8_t *out, size_t n)
{
    uint8_t last[HASH_LEN];
    enum xk_err err = XK_OK;
    size_t done = 0;

    if (n / HASH_LEN >= UINT32_MAX)
        return XK_E_LIMIT;
    for (uint32_t i = 1; err == XK_OK && done < n; i++) {
        size_t part = n - done < HASH_LEN ? n - done : HASH_LEN;

        err = block(z, i, shared_info, last);
        if (err == XK_OK)
            memcpy(out + done, last, part);
        done += part;
    }
    explicit_bzero(last, sizeof last);
    if (err != XK_OK)
        explicit_bzero(out, n);
    return err;
}
