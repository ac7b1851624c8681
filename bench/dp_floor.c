/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA_do_sign and its like are the cheapest way to the operation that OpenSSL has. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "dp_floor.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>

#include "dp_die.h"

#define POINT_LEN 65
#define HASH_LEN 32
#define BYTES_MAX 4096

struct dp_floor {
    EC_KEY *key;
    const EC_GROUP *group;
    EC_POINT *own, *peer, *shared;
    BIGNUM *scalar, *x;
    BN_CTX *bn;
    ECDSA_SIG *signature;
    EVP_MD *sha;
    EVP_MD_CTX *hash;
    EVP_CIPHER *aes;
    EVP_CIPHER_CTX *cipher;
    uint8_t digest[HASH_LEN], peer_octets[POINT_LEN];
    uint8_t in[BYTES_MAX], out[BYTES_MAX];
};

static void need(bool ok, const char *what)
{
    if (!ok)
        dp_die(what);
}

static void make_points(struct dp_floor *f)
{
    f->own = EC_POINT_new(f->group);
    f->peer = EC_POINT_new(f->group);
    f->shared = EC_POINT_new(f->group);
    f->scalar = BN_new();
    f->x = BN_new();
    f->bn = BN_CTX_new();
    need(f->own && f->peer && f->shared && f->scalar && f->x && f->bn, "points");
    need(EC_POINT_point2oct(f->group, EC_KEY_get0_public_key(f->key), POINT_CONVERSION_UNCOMPRESSED,
                            f->peer_octets, POINT_LEN, f->bn) == POINT_LEN,
         "a peer");
}

struct dp_floor *dp_floor_new(void)
{
    struct dp_floor *f = calloc(1, sizeof *f);

    need(f, "calloc");
    f->key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    need(f->key && EC_KEY_generate_key(f->key) == 1, "a key");
    f->group = EC_KEY_get0_group(f->key);
    make_points(f);
    f->sha = EVP_MD_fetch(NULL, "SHA-256", NULL);
    f->hash = EVP_MD_CTX_new();
    f->aes = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
    f->cipher = EVP_CIPHER_CTX_new();
    f->signature = ECDSA_do_sign(f->digest, HASH_LEN, f->key);
    need(f->sha && f->hash && f->aes && f->cipher && f->signature, "algorithms");
    need(EVP_DigestInit_ex(f->hash, f->sha, NULL) == 1, "SHA-256");
    need(EVP_EncryptInit_ex2(f->cipher, f->aes, f->in, f->in, NULL) == 1, "AES");
    return f;
}

void dp_floor_free(struct dp_floor *f)
{
    EC_POINT_free(f->own);
    EC_POINT_free(f->peer);
    EC_POINT_free(f->shared);
    BN_free(f->scalar);
    BN_free(f->x);
    BN_CTX_free(f->bn);
    ECDSA_SIG_free(f->signature);
    EVP_MD_free(f->sha);
    EVP_MD_CTX_free(f->hash);
    EVP_CIPHER_free(f->aes);
    EVP_CIPHER_CTX_free(f->cipher);
    EC_KEY_free(f->key);
    free(f);
}

void dp_floor_ecdsa(struct dp_floor *f, const struct dp_operations *o)
{
    for (size_t i = 0; i < o->sign; i++) {
        ECDSA_SIG *signature = ECDSA_do_sign(f->digest, HASH_LEN, f->key);

        need(signature, "ECDSA_do_sign");
        ECDSA_SIG_free(signature);
    }
    memset(f->digest, 0, sizeof f->digest); /* what f->signature is over */
    for (size_t i = 0; i < o->verify; i++)
        need(ECDSA_do_verify(f->digest, HASH_LEN, f->signature, f->key) == 1, "ECDSA_do_verify");
}

static void hash(struct dp_floor *f, size_t n)
{
    need(n <= BYTES_MAX && EVP_DigestInit_ex2(f->hash, NULL, NULL) == 1 &&
             EVP_DigestUpdate(f->hash, f->in, n) == 1 &&
             EVP_DigestFinal_ex(f->hash, f->digest, NULL) == 1,
         "SHA-256");
}

static void agree(struct dp_floor *f)
{
    need(BN_bin2bn(f->digest, HASH_LEN, f->scalar) &&
             EC_POINT_mul(f->group, f->own, f->scalar, NULL, NULL, f->bn) == 1 &&
             EC_POINT_point2oct(f->group, f->own, POINT_CONVERSION_UNCOMPRESSED, f->out, POINT_LEN,
                                f->bn) == POINT_LEN,
         "a one-time key");
    need(EC_POINT_oct2point(f->group, f->peer, f->peer_octets, POINT_LEN, f->bn) == 1 &&
             EC_POINT_mul(f->group, f->shared, NULL, f->peer, f->scalar, f->bn) == 1 &&
             EC_POINT_get_affine_coordinates(f->group, f->shared, f->x, NULL, f->bn) == 1,
         "ECDH");
}

static void encrypt(struct dp_floor *f, size_t n)
{
    int got;

    need(n <= BYTES_MAX &&
             EVP_EncryptInit_ex2(f->cipher, NULL, f->digest, f->digest + 16, NULL) == 1 &&
             EVP_EncryptUpdate(f->cipher, f->out, &got, f->in, (int)n) == 1,
         "AES");
}

void dp_floor_rest(struct dp_floor *f, const struct dp_operations *o)
{
    need(RAND_bytes(f->in, (int)o->random_bytes) == 1, "RAND_bytes");
    for (size_t i = 0; i < o->n_signed; i++)
        hash(f, o->signed_bytes[i]);
    for (size_t i = 0; i < o->agree; i++)
        agree(f);
    hash(f, o->derived_bytes);
    hash(f, o->derived_bytes);
    encrypt(f, o->protected_bytes);
    encrypt(f, o->protected_bytes);
}
