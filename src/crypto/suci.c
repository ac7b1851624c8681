/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/suci.h"

#include <openssl/evp.h>

#include "crypto/cipher.h"
#include "crypto/curve.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/x963kdf.h"

#define Z_LEN 32
#define BLOCK 16

struct keys {
    uint8_t enc[16], icb[BLOCK], mac[32];
};

/* ---- key agreement --------------------------------------------------------------------------- */

static enum xk_err x25519_public(const uint8_t scalar[SUCI_SCALAR_LEN], uint8_t out[SUCI_KEY_A_LEN])
{
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, scalar, SUCI_SCALAR_LEN);
    size_t n = SUCI_KEY_A_LEN;
    bool ok = own && EVP_PKEY_get_raw_public_key(own, out, &n) == 1;

    EVP_PKEY_free(own);
    return ok ? XK_OK : XK_E_CRYPTO;
}

/* RFC 7748 6.1: OpenSSL refuses a peer that makes Z zero. */
static enum xk_err x25519_agree(const uint8_t scalar[SUCI_SCALAR_LEN], struct bytes peer,
                                uint8_t z[Z_LEN])
{
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, scalar, SUCI_SCALAR_LEN);
    EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer.p, peer.n);
    EVP_PKEY_CTX *ctx = own && other ? EVP_PKEY_CTX_new(own, NULL) : NULL;
    size_t n = Z_LEN;
    bool ok = ctx && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, other) == 1 &&
              EVP_PKEY_derive(ctx, z, &n) == 1;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(other);
    EVP_PKEY_free(own);
    return ok ? XK_OK : XK_E_VALUE;
}

/* Either form of a point becomes the uncompressed one. */
static enum xk_err uncompress(struct bytes key, uint8_t out[EC_POINT_LEN])
{
    const EC_GROUP *group = curve_group(EC_P256);
    EC_POINT *p = group ? EC_POINT_new(group) : NULL;
    bool ok = p && EC_POINT_oct2point(group, p, key.p, key.n, NULL) == 1 &&
              EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, out, EC_POINT_LEN,
                                 NULL) == EC_POINT_LEN;

    EC_POINT_free(p);
    return ok ? XK_OK : XK_E_VALUE;
}

static enum xk_err p256_agree(const uint8_t scalar[SUCI_SCALAR_LEN], struct bytes peer,
                              uint8_t z[Z_LEN])
{
    struct ecdh_key own;
    uint8_t point[EC_POINT_LEN];
    enum xk_err err;

    TRY(uncompress(peer, point));
    TRY(ecdh_import(EC_P256, BYTES(scalar, SUCI_SCALAR_LEN), &own));
    err = ecdh_agree(&own, BYTES_OF(point), z);
    ecdh_key_wipe(&own);
    return err;
}

/* shared: the ephemeral public key as it is sent, whoever computes. */
static enum xk_err derive(enum suci_scheme scheme, const uint8_t scalar[SUCI_SCALAR_LEN],
                          struct bytes peer, struct bytes shared, struct keys *out)
{
    uint8_t z[Z_LEN];
    enum xk_err err =
        scheme == SUCI_PROFILE_A ? x25519_agree(scalar, peer, z) : p256_agree(scalar, peer, z);

    if (err == XK_OK)
        err = x963kdf_sha256(BYTES_OF(z), shared, (uint8_t *)out, sizeof *out);
    explicit_bzero(z, sizeof z);
    return err;
}

static enum xk_err ephemeral_public(enum suci_scheme scheme, const uint8_t scalar[SUCI_SCALAR_LEN],
                                    uint8_t out[SUCI_KEY_B_LEN])
{
    struct ecdh_key own;

    if (scheme == SUCI_PROFILE_A)
        return x25519_public(scalar, out);
    TRY(ecdh_import(EC_P256, BYTES(scalar, SUCI_SCALAR_LEN), &own));
    out[0] = (uint8_t)(0x02 | (own.point[EC_POINT_LEN - 1] & 1));
    memcpy(out + 1, own.point + 1, SUCI_KEY_B_LEN - 1);
    ecdh_key_wipe(&own);
    return XK_OK;
}

/* ---- cipher ---------------------------------------------------------------------------------- */

static void next_counter(uint8_t block[BLOCK])
{
    for (size_t i = BLOCK; i > 0 && ++block[i - 1] == 0;)
        i--;
}

/* SP 800-38A 6.5, the whole block counts; in place. */
static enum xk_err cipher_ctr(const struct keys *k, uint8_t *data, size_t n)
{
    uint8_t counter[BLOCK], pad[BLOCK];

    memcpy(counter, k->icb, BLOCK);
    for (size_t at = 0; at < n; at += BLOCK) {
        TRY(cipher_ecb_encrypt(CIPHER_AES, BYTES_OF(k->enc), BYTES_OF(counter), pad));
        for (size_t i = 0; i < BLOCK && at + i < n; i++)
            data[at + i] ^= pad[i];
        next_counter(counter);
    }
    explicit_bzero(pad, sizeof pad);
    return XK_OK;
}

static size_t key_len(enum suci_scheme scheme)
{
    return scheme == SUCI_PROFILE_A ? SUCI_KEY_A_LEN : SUCI_KEY_B_LEN;
}

static enum xk_err seal(const struct keys *k, struct bytes text, struct buf *out)
{
    uint8_t cipher[SUCI_PLAIN_MAX], tag[HASH_LEN];

    memcpy(cipher, text.p, text.n);
    TRY(cipher_ctr(k, cipher, text.n));
    TRY(hash_hmac(HASH_SHA256, BYTES_OF(k->mac), BYTES(cipher, text.n), tag));
    buf_put_bytes(out, BYTES(cipher, text.n));
    buf_put_bytes(out, BYTES(tag, SUCI_TAG_LEN));
    return buf_ok(out);
}

enum xk_err suci_conceal_by(enum suci_scheme scheme, const uint8_t ephemeral[SUCI_SCALAR_LEN],
                            struct bytes home_key, struct bytes text, struct buf *out)
{
    uint8_t mem[SUCI_KEY_B_LEN];
    struct bytes sent = BYTES(mem, key_len(scheme));
    struct keys k;
    enum xk_err err;

    if (text.n == 0 || text.n > SUCI_PLAIN_MAX)
        return XK_E_VALUE;
    TRY(ephemeral_public(scheme, ephemeral, mem));
    err = derive(scheme, ephemeral, home_key, sent, &k);
    if (err == XK_OK) {
        buf_put_bytes(out, sent);
        err = seal(&k, text, out);
    }
    explicit_bzero(&k, sizeof k);
    return err;
}

enum xk_err suci_conceal(enum suci_scheme scheme, struct bytes home_key, struct bytes text,
                         const struct xk_rand *rand, struct buf *out)
{
    uint8_t scalar[SUCI_SCALAR_LEN];
    enum xk_err err = XK_OK;

    if (scheme == SUCI_NULL) {
        buf_put_bytes(out, text);
        return buf_ok(out);
    }
    if (scheme == SUCI_PROFILE_A)
        xk_rand_fill(rand, scalar, sizeof scalar);
    else
        err = curve_random_scalar(EC_P256, rand, scalar);
    if (err == XK_OK)
        err = suci_conceal_by(scheme, scalar, home_key, text, out);
    explicit_bzero(scalar, sizeof scalar);
    return err;
}

static enum xk_err unseal(const struct keys *k, struct bytes cipher, struct bytes tag,
                          struct buf *text)
{
    uint8_t plain[SUCI_PLAIN_MAX], expected[HASH_LEN];
    enum xk_err err;

    TRY(hash_hmac(HASH_SHA256, BYTES_OF(k->mac), cipher, expected));
    if (!bytes_eq_secret(tag, BYTES(expected, SUCI_TAG_LEN)))
        return XK_E_AUTH;
    memcpy(plain, cipher.p, cipher.n);
    err = cipher_ctr(k, plain, cipher.n);
    if (err == XK_OK) {
        buf_put_bytes(text, BYTES(plain, cipher.n));
        err = buf_ok(text);
    }
    explicit_bzero(plain, sizeof plain);
    return err;
}

enum xk_err suci_reveal(enum suci_scheme scheme, const uint8_t home_scalar[SUCI_SCALAR_LEN],
                        struct bytes output, struct buf *text)
{
    size_t head = key_len(scheme);
    struct bytes sent = bytes_part(output, 0, head);
    struct keys k;
    enum xk_err err;

    if (scheme == SUCI_NULL) {
        buf_put_bytes(text, output);
        return buf_ok(text);
    }
    if (output.n <= head + SUCI_TAG_LEN || output.n > head + SUCI_TAG_LEN + SUCI_PLAIN_MAX)
        return XK_E_FORMAT;
    err = derive(scheme, home_scalar, sent, sent, &k);
    if (err == XK_E_VALUE)
        err = XK_E_FORMAT;
    if (err == XK_OK)
        err = unseal(&k, bytes_part(output, head, output.n - SUCI_TAG_LEN - head),
                     bytes_part(output, output.n - SUCI_TAG_LEN, SUCI_TAG_LEN), text);
    explicit_bzero(&k, sizeof k);
    return err;
}
