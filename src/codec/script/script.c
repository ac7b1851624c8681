/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/script/script.h"

#include "base/hex.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"

const char *script_result_zh(uint8_t result)
{
    switch (result) {
#define SCRIPT_RESULT(name, value, zh, en)                                                         \
    case value:                                                                                    \
        return zh;
#include "codec/script/result.def"
#undef SCRIPT_RESULT
    default:
        return "?";
    }
}

const char *script_result_en(uint8_t result)
{
    switch (result) {
#define SCRIPT_RESULT(name, value, zh, en)                                                         \
    case value:                                                                                    \
        return en;
#include "codec/script/result.def"
#undef SCRIPT_RESULT
    default:
        return "?";
    }
}

/* P-3: which result byte tells the platform what was wrong */
enum script_result script_refusal(enum xk_err err, uint32_t failed)
{
    if (err == XK_E_AUTH)
        return SCRIPT_BAD_MAC;
    if (err == XK_E_UNSUPPORTED)
        return failed == SCRIPT_TAG_ALGORITHM ? SCRIPT_BAD_ALGORITHM : SCRIPT_BAD_VERSION;
    if (err == XK_E_LIMIT)
        return SCRIPT_NO_SPACE;
    if (err == XK_E_FORMAT || err == XK_E_VALUE)
        return SCRIPT_BAD_LENGTH;
    return SCRIPT_INTERNAL;
}

enum xk_err script_suite_of(uint8_t version, enum script_suite *out)
{
    if (version != SCRIPT_VERSION_AES && version != SCRIPT_VERSION_SM)
        return XK_E_UNSUPPORTED;
    *out = version == SCRIPT_VERSION_AES ? SCRIPT_SUITE_AES : SCRIPT_SUITE_SM4;
    return XK_OK;
}

struct second_layer {
    enum cipher_algorithm cipher;
    uint8_t iv[HASH_LEN]; /* its first block is used */
};

/* P-4: the IV is bound to task, card and field, so that no two values ever share one */
static enum xk_err second_layer(enum script_suite suite, const struct script *context, uint8_t tag,
                                struct bytes in, struct second_layer *out)
{
    bool sm4 = suite == SCRIPT_SUITE_SM4;
    uint8_t seed[SCRIPT_TASK_ID_LEN + SCRIPT_CID_LEN + 1];

    if (in.n == 0 || in.n > SECRET_MAX || in.n % CIPHER_BLOCK_MAX != 0)
        return XK_E_VALUE;
    memcpy(seed, context->task_id, SCRIPT_TASK_ID_LEN);
    memcpy(seed + SCRIPT_TASK_ID_LEN, context->cid, SCRIPT_CID_LEN);
    seed[sizeof seed - 1] = tag;
    out->cipher = sm4 ? CIPHER_SM4 : CIPHER_AES;
    return hash_digest(sm4 ? HASH_SM3 : HASH_SHA256, BYTES_OF(seed), out->iv);
}

enum xk_err script_wrap_key(enum script_suite suite, const struct secret *kik,
                            const struct script *context, uint8_t tag, struct bytes in,
                            uint8_t *out)
{
    struct second_layer l;

    TRY(second_layer(suite, context, tag, in, &l));
    return cipher_cbc_encrypt(l.cipher, secret_bytes(kik), l.iv, in, out);
}

enum xk_err script_unwrap_key(enum script_suite suite, const struct secret *kik,
                              const struct script *context, uint8_t tag, struct bytes in,
                              uint8_t *out)
{
    struct second_layer l;

    TRY(second_layer(suite, context, tag, in, &l));
    return cipher_cbc_decrypt(l.cipher, secret_bytes(kik), l.iv, in, out);
}

enum xk_err script_imsi_hash(const char *imsi, uint8_t out[SCRIPT_IMSI_HASH_LEN])
{
    uint8_t digest[HASH_LEN];

    TRY(hash_digest(HASH_SHA256, bytes_cstr(imsi), digest));
    memcpy(out, digest, SCRIPT_IMSI_HASH_LEN);
    return XK_OK;
}

enum xk_err script_cid_encode(const char *cid, uint8_t out[SCRIPT_CID_LEN])
{
    if (strlen(cid) != 2 * SCRIPT_CID_LEN || cid[strspn(cid, "0123456789")] != '\0')
        return XK_E_VALUE;
    return hex_decode_exact(bytes_cstr(cid), out, SCRIPT_CID_LEN);
}

void script_cid_decode(const uint8_t in[SCRIPT_CID_LEN], char out[2 * SCRIPT_CID_LEN + 1])
{
    hex_encode(BYTES(in, SCRIPT_CID_LEN), out);
}
