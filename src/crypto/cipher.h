/* SPDX-License-Identifier: Apache-2.0 */
/* Block ciphers and MACs of the card world. Contexts are per thread and reused inside; a call costs
 * the key set-up and the blocks. Lengths must be whole blocks: padding is the codec's business. */
#ifndef CRYPTO_CIPHER_H
#define CRYPTO_CIPHER_H

#include "base/bytes.h"

enum cipher_algorithm {
    CIPHER_AES,    /* 16, 24 or 32 byte keys, block 16 */
    CIPHER_3DES_2, /* 16 byte key, block 8 */
    CIPHER_3DES_3, /* 24 byte key, block 8 */
    CIPHER_SM4,    /* 16 byte key, block 16 */
};

#define CIPHER_BLOCK_MAX 16

size_t cipher_block(enum cipher_algorithm algorithm);
/* XK_E_VALUE for a key of the wrong length. */
enum xk_err cipher_check_key(enum cipher_algorithm algorithm, struct bytes key) XK_MUST_CHECK;

/* in.n must be a multiple of the block (XK_E_VALUE); out[in.n] may be in.p. iv NULL means zeros. */
enum xk_err cipher_ecb_encrypt(enum cipher_algorithm algorithm, struct bytes key, struct bytes in,
                               uint8_t *out) XK_MUST_CHECK;
enum xk_err cipher_cbc_encrypt(enum cipher_algorithm algorithm, struct bytes key, const uint8_t *iv,
                               struct bytes in, uint8_t *out) XK_MUST_CHECK;
enum xk_err cipher_cbc_decrypt(enum cipher_algorithm algorithm, struct bytes key, const uint8_t *iv,
                               struct bytes in, uint8_t *out) XK_MUST_CHECK;

/* CBC whose IV is the encryption of `seed` (a block) under the same key, as counters are used by
 * secure channels: one key set-up for both. */
enum xk_err cipher_cbc_encrypt_iv_of(enum cipher_algorithm algorithm, struct bytes key,
                                     const uint8_t *seed, struct bytes in, uint8_t *out)
    XK_MUST_CHECK;

/* AES-CMAC (RFC 4493), whole 16 bytes. */
enum xk_err cipher_cmac(struct bytes key, struct bytes data, uint8_t out[16]) XK_MUST_CHECK;
/* The AES-CMAC of chain || data, where data lies elsewhere than the chaining value. */
enum xk_err cipher_cmac_chained(struct bytes key, const uint8_t chain[16], struct bytes data,
                                uint8_t out[16]) XK_MUST_CHECK;
/* CBC-MAC: zero IV, zero padding to the block, last block (ISO 9797-1 algorithm 1, padding 1).
 * out[cipher_block()] */
enum xk_err cipher_cbc_mac(enum cipher_algorithm algorithm, struct bytes key, struct bytes data,
                           uint8_t *out) XK_MUST_CHECK;

/* AES-256-GCM. out = ciphertext of in.n bytes; tag 16. Open: XK_E_AUTH when the tag is wrong, and
 * then out is zeroed. */
enum xk_err cipher_gcm_seal(struct bytes key, const uint8_t iv[12], struct bytes aad,
                            struct bytes in, uint8_t *out, uint8_t tag[16]) XK_MUST_CHECK;
enum xk_err cipher_gcm_open(struct bytes key, const uint8_t iv[12], struct bytes aad,
                            struct bytes in, const uint8_t tag[16], uint8_t *out) XK_MUST_CHECK;

#endif
