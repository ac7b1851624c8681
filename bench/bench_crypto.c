/* SPDX-License-Identifier: Apache-2.0 */
/* The figure of the crypto room. The floor of a vector is OpenSSL's AES alone, keyed once per
 * vector and given the same blocks in the same two calls (OUT1 to OUT5 need TEMP). */
#include <openssl/evp.h>

#include "bench.h"
#include "crypto/aka.h"

#define SUBSCRIBERS 256

struct milenage_bench {
    struct aka_subscriber subscribers[SUBSCRIBERS];
    struct aka_vector vector;
    uint8_t rand[SUBSCRIBERS][AKA_RAND_LEN];
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *aes;
    uint8_t blocks[5 * 16];
};

static void die(const char *what)
{
    fprintf(stderr, "bench_crypto: %s failed\n", what);
    exit(1);
}

static void milenage_work(void *ctx, size_t i)
{
    static const uint8_t amf[AKA_AMF_LEN] = {0x80, 0};
    struct milenage_bench *b = ctx;
    uint8_t sqn[AKA_SQN_LEN];

    aka_sqn_put(i, sqn);
    if (aka_make_vector(&b->subscribers[i % SUBSCRIBERS], b->rand[i % SUBSCRIBERS], sqn, amf,
                        &b->vector) != XK_OK)
        die("aka_make_vector");
}

static void milenage_floor(void *ctx, size_t i)
{
    struct milenage_bench *b = ctx;
    const uint8_t *key = b->subscribers[i % SUBSCRIBERS].k.bytes;
    int n;

    if (EVP_EncryptInit_ex2(b->aes, NULL, key, NULL, NULL) != 1 ||
        EVP_EncryptUpdate(b->aes, b->blocks, &n, b->rand[i % SUBSCRIBERS], 16) != 1 ||
        EVP_EncryptUpdate(b->aes, b->blocks, &n, b->blocks, sizeof b->blocks) != 1)
        die("AES");
}

static void milenage_vector(struct milenage_bench *b)
{
    struct xk_prng prng = {.state = 2};
    struct xk_rand rand = xk_rand_prng(&prng);

    for (size_t i = 0; i < SUBSCRIBERS; i++) {
        struct aka_subscriber *s = &b->subscribers[i];

        s->algorithm = AKA_MILENAGE;
        s->k.n = s->opc.n = 16;
        xk_rand_fill(&rand, s->k.bytes, s->k.n);
        xk_rand_fill(&rand, s->opc.bytes, s->opc.n);
        xk_rand_fill(&rand, b->rand[i], AKA_RAND_LEN);
    }
    b->cipher = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    b->aes = EVP_CIPHER_CTX_new();
    if (!b->cipher || !b->aes || EVP_EncryptInit_ex2(b->aes, b->cipher, b->blocks, NULL, NULL) != 1)
        die("AES");
    bench_print(&(struct bench){"milenage_vector", milenage_work, milenage_floor, b});
    EVP_CIPHER_CTX_free(b->aes);
    EVP_CIPHER_free(b->cipher);
}

int main(void)
{
    static struct milenage_bench milenage;

    milenage_vector(&milenage);
    return 0;
}
