/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"

#include <limits.h>

#include "crypto/engine.h"

#define MAC_CHUNK 512 /* a MAC's discarded ciphertext goes through this much stack */
#define GCM_IV_LEN 12
#define GCM_TAG_LEN 16

static const uint8_t zero_iv[CIPHER_BLOCK_MAX];

/* One row per algorithm and key length. */
static const struct cipher_row {
    enum cipher_algorithm algorithm;
    uint8_t key_n, block;
    enum engine_cipher ecb, cbc;
} cipher_rows[] = {
    {CIPHER_AES, 16, 16, ENGINE_AES_128_ECB, ENGINE_AES_128_CBC},
    {CIPHER_AES, 24, 16, ENGINE_AES_192_ECB, ENGINE_AES_192_CBC},
    {CIPHER_AES, 32, 16, ENGINE_AES_256_ECB, ENGINE_AES_256_CBC},
    {CIPHER_3DES_2, 16, 8, ENGINE_DES_2_ECB, ENGINE_DES_2_CBC},
    {CIPHER_3DES_3, 24, 8, ENGINE_DES_3_ECB, ENGINE_DES_3_CBC},
    {CIPHER_SM4, 16, 16, ENGINE_SM4_ECB, ENGINE_SM4_CBC},
};

static enum xk_err find_row(enum cipher_algorithm algorithm, struct bytes key,
                            const struct cipher_row **out)
{
    for (size_t i = 0; i < ARRAY_LEN(cipher_rows); i++) {
        if (cipher_rows[i].algorithm != algorithm || cipher_rows[i].key_n != key.n)
            continue;
        *out = &cipher_rows[i];
        return XK_OK;
    }
    return XK_E_VALUE;
}

size_t cipher_block(enum cipher_algorithm algorithm)
{
    return algorithm == CIPHER_3DES_2 || algorithm == CIPHER_3DES_3 ? 8 : 16;
}

enum xk_err cipher_check_key(enum cipher_algorithm algorithm, struct bytes key)
{
    const struct cipher_row *row;

    return find_row(algorithm, key, &row);
}

enum xk_err cipher_ecb_encrypt(enum cipher_algorithm algorithm, struct bytes key, struct bytes in,
                               uint8_t *out)
{
    const struct cipher_row *row;
    EVP_CIPHER_CTX *ctx;

    TRY(find_row(algorithm, key, &row));
    if (in.n % row->block != 0)
        return XK_E_VALUE;
    TRY(engine_cipher_start(row->ecb, ENGINE_ENCRYPT, key.p, NULL, &ctx));
    return engine_encrypt(ctx, in.p, in.n, out);
}

struct cbc_job {
    struct bytes key;
    const uint8_t *iv;
    struct bytes in;
    enum engine_direction direction;
};

static enum xk_err cbc_run(enum cipher_algorithm algorithm, const struct cbc_job *job, uint8_t *out)
{
    const struct cipher_row *row;
    EVP_CIPHER_CTX *ctx;

    TRY(find_row(algorithm, job->key, &row));
    if (job->in.n % row->block != 0)
        return XK_E_VALUE;
    TRY(engine_cipher_start(row->cbc, job->direction, job->key.p, job->iv ? job->iv : zero_iv,
                            &ctx));
    if (job->direction == ENGINE_DECRYPT)
        return engine_decrypt(ctx, job->in.p, job->in.n, out);
    return engine_encrypt(ctx, job->in.p, job->in.n, out);
}

enum xk_err cipher_cbc_encrypt(enum cipher_algorithm algorithm, struct bytes key, const uint8_t *iv,
                               struct bytes in, uint8_t *out)
{
    return cbc_run(algorithm, &(struct cbc_job){key, iv, in, ENGINE_ENCRYPT}, out);
}

enum xk_err cipher_cbc_decrypt(enum cipher_algorithm algorithm, struct bytes key, const uint8_t *iv,
                               struct bytes in, uint8_t *out)
{
    return cbc_run(algorithm, &(struct cbc_job){key, iv, in, ENGINE_DECRYPT}, out);
}

/* The first block of a zero-IV run leaves the chain at E(seed): what follows has it as its IV. */
enum xk_err cipher_cbc_encrypt_iv_of(enum cipher_algorithm algorithm, struct bytes key,
                                     const uint8_t *seed, struct bytes in, uint8_t *out)
{
    const struct cipher_row *row;
    EVP_CIPHER_CTX *ctx;
    uint8_t iv[CIPHER_BLOCK_MAX];

    TRY(find_row(algorithm, key, &row));
    if (in.n % row->block != 0)
        return XK_E_VALUE;
    TRY(engine_cipher_start(row->cbc, ENGINE_ENCRYPT, key.p, zero_iv, &ctx));
    TRY(engine_encrypt(ctx, seed, row->block, iv));
    return engine_encrypt(ctx, in.p, in.n, out);
}

/* Whole blocks into a running CBC chain, of which only the state matters. */
static enum xk_err chain_blocks(EVP_CIPHER_CTX *ctx, struct bytes data)
{
    uint8_t scratch[MAC_CHUNK];

    for (size_t at = 0; at < data.n; at += sizeof scratch) {
        struct bytes part = bytes_part(data, at, sizeof scratch);

        TRY(engine_encrypt(ctx, part.p, part.n, scratch));
    }
    return XK_OK;
}

/* Doubling in GF(2^128), RFC 4493 2.3 */
static void cmac_double(uint8_t v[16])
{
    uint8_t carry = (uint8_t)(v[0] & 0x80 ? 0x87 : 0);

    for (int i = 0; i < 15; i++)
        v[i] = (uint8_t)(v[i] << 1 | v[i + 1] >> 7);
    v[15] = (uint8_t)(v[15] << 1 ^ carry);
}

/* The last block of the message, padded, under K1 or K2. RFC 4493 2.4 steps 2 to 4 */
static void cmac_last_block(struct bytes tail, uint8_t subkey[16], uint8_t block[16])
{
    memset(block, 0, 16);
    if (tail.n > 0)
        memcpy(block, tail.p, tail.n);
    cmac_double(subkey);
    if (tail.n < 16) {
        block[tail.n] = 0x80;
        cmac_double(subkey);
    }
    for (int i = 0; i < 16; i++)
        block[i] ^= subkey[i];
}

/* One key set-up for all: L = E(0) leaves the CBC chain at L, and the first block is given to it
 * xor L, which makes the chain start at zero again. */
enum xk_err cipher_cmac(struct bytes key, struct bytes data, uint8_t out[16])
{
    const struct cipher_row *row;
    EVP_CIPHER_CTX *ctx;
    uint8_t l[16], subkey[16], last[16], first[16];
    size_t whole = data.n > 0 ? (data.n - 1) / 16 * 16 : 0;

    TRY(find_row(CIPHER_AES, key, &row));
    TRY(engine_cipher_start(row->cbc, ENGINE_ENCRYPT, key.p, zero_iv, &ctx));
    TRY(engine_encrypt(ctx, zero_iv, 16, l));
    memcpy(subkey, l, sizeof l);
    cmac_last_block(bytes_part(data, whole, 16), subkey, last);
    for (int i = 0; i < 16; i++)
        first[i] = (uint8_t)(l[i] ^ (whole > 0 ? data.p[i] : last[i]));
    explicit_bzero(l, sizeof l);
    explicit_bzero(subkey, sizeof subkey);
    TRY(engine_encrypt(ctx, first, 16, first));
    if (whole > 0) {
        TRY(chain_blocks(ctx, bytes_part(data, 16, whole - 16)));
        TRY(engine_encrypt(ctx, last, 16, first));
    }
    memcpy(out, first, 16);
    return XK_OK;
}

enum xk_err cipher_cmac_chained(struct bytes key, const uint8_t chain[16], struct bytes data,
                                uint8_t out[16])
{
    const struct cipher_row *row;
    EVP_CIPHER_CTX *ctx;
    uint8_t l[16], last[16], first[16];
    size_t whole = data.n > 0 ? (data.n - 1) / 16 * 16 : 0;

    if (data.n == 0)
        return cipher_cmac(key, BYTES(chain, 16), out);
    TRY(find_row(CIPHER_AES, key, &row));
    TRY(engine_cipher_start(row->cbc, ENGINE_ENCRYPT, key.p, zero_iv, &ctx));
    TRY(engine_encrypt(ctx, zero_iv, 16, l));
    for (int i = 0; i < 16; i++)
        first[i] = (uint8_t)(l[i] ^ chain[i]);
    cmac_last_block(bytes_part(data, whole, 16), l, last);
    explicit_bzero(l, sizeof l);
    TRY(engine_encrypt(ctx, first, 16, first));
    TRY(chain_blocks(ctx, bytes_part(data, 0, whole)));
    TRY(engine_encrypt(ctx, last, 16, first));
    memcpy(out, first, 16);
    return XK_OK;
}

enum xk_err cipher_cbc_mac(enum cipher_algorithm algorithm, struct bytes key, struct bytes data,
                           uint8_t *out)
{
    const struct cipher_row *row;
    EVP_CIPHER_CTX *ctx;
    uint8_t last[CIPHER_BLOCK_MAX] = {0};
    size_t whole;

    TRY(find_row(algorithm, key, &row));
    whole = data.n > 0 ? (data.n - 1) / row->block * row->block : 0;
    if (data.n > 0)
        memcpy(last, data.p + whole, data.n - whole);
    TRY(engine_cipher_start(row->cbc, ENGINE_ENCRYPT, key.p, zero_iv, &ctx));
    TRY(chain_blocks(ctx, bytes_part(data, 0, whole)));
    return engine_encrypt(ctx, last, row->block, out);
}

static enum xk_err gcm_start(enum engine_direction direction, struct bytes key,
                             const uint8_t iv[GCM_IV_LEN], struct bytes aad, EVP_CIPHER_CTX **out)
{
    EVP_CIPHER_CTX *ctx;
    int n;

    if (key.n != 32)
        return XK_E_VALUE;
    if (aad.n > INT_MAX)
        return XK_E_LIMIT;
    TRY(engine_cipher_start(ENGINE_AES_256_GCM, direction, key.p, iv, &ctx));
    if (aad.n > 0 && EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.n) != 1)
        return XK_E_CRYPTO;
    *out = ctx;
    return XK_OK;
}

enum xk_err cipher_gcm_seal(struct bytes key, const uint8_t iv[GCM_IV_LEN], struct bytes aad,
                            struct bytes in, uint8_t *out, uint8_t tag[GCM_TAG_LEN])
{
    EVP_CIPHER_CTX *ctx;
    uint8_t none[CIPHER_BLOCK_MAX];
    int n;

    if (in.n > INT_MAX)
        return XK_E_LIMIT;
    TRY(gcm_start(ENGINE_ENCRYPT, key, iv, aad, &ctx));
    if (in.n > 0 && EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) != 1)
        return XK_E_CRYPTO;
    if (EVP_CipherFinal_ex(ctx, none, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, tag) != 1)
        return XK_E_CRYPTO;
    return XK_OK;
}

static enum xk_err gcm_finish_open(EVP_CIPHER_CTX *ctx, struct bytes in,
                                   const uint8_t tag[GCM_TAG_LEN], uint8_t *out)
{
    uint8_t want[GCM_TAG_LEN], none[CIPHER_BLOCK_MAX];
    int n;

    memcpy(want, tag, sizeof want);
    if (in.n > 0 && EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) != 1)
        return XK_E_CRYPTO;
    if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, want) != 1)
        return XK_E_CRYPTO;
    return EVP_CipherFinal_ex(ctx, none, &n) == 1 ? XK_OK : XK_E_AUTH;
}

enum xk_err cipher_gcm_open(struct bytes key, const uint8_t iv[GCM_IV_LEN], struct bytes aad,
                            struct bytes in, const uint8_t tag[GCM_TAG_LEN], uint8_t *out)
{
    EVP_CIPHER_CTX *ctx;
    enum xk_err err;

    if (in.n > INT_MAX)
        return XK_E_LIMIT;
    TRY(gcm_start(ENGINE_DECRYPT, key, iv, aad, &ctx));
    err = gcm_finish_open(ctx, in, tag, out);
    if (err != XK_OK && in.n > 0)
        explicit_bzero(out, in.n);
    return err;
}
