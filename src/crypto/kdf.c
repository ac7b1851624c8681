/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kdf.h"

#include "base/buf.h"
#include "crypto/cipher.h"

#define KDF_INPUT_MAX 256

/* NIST SP 800-108 4.1, counter mode with an 8-bit counter and a 16-bit length */
enum xk_err kdf_cmac(struct bytes key, const char *label, struct bytes context, size_t n,
                     struct secret *out)
{
    uint8_t input[KDF_INPUT_MAX];
    AUTO_SECRET struct secret result = {0};
    uint8_t block[CIPHER_BLOCK_MAX];
    struct buf b;

    if (n != 16 && n != 24 && n != 32)
        return XK_E_VALUE;
    buf_init_fixed(&b, input, sizeof input);
    buf_put_u8(&b, 0);
    buf_put_str(&b, label);
    buf_put_u8(&b, 0);
    buf_put_bytes(&b, context);
    buf_put_u16(&b, (uint16_t)(n * 8));
    TRY(buf_ok(&b));
    for (size_t at = 0; at < n; at += sizeof block) {
        size_t part = n - at < sizeof block ? n - at : sizeof block;

        input[0]++;
        TRY(cipher_cmac(key, buf_bytes(&b), block));
        memcpy(result.bytes + at, block, part);
    }
    explicit_bzero(block, sizeof block);
    result.n = (uint8_t)n;
    *out = result;
    return XK_OK;
}
