/* SPDX-License-Identifier: Apache-2.0 */
/* scp80_seal_open: command packets of 120 bytes of data, AES CC and ciphering, each sealed under a
 * card's own keys and opened again. The floor is OpenSSL's AES alone on the same bytes: CBC over
 * what is ciphered and CMAC's blocks over what is checked, there and back, keyed once each. */
#include <openssl/evp.h>

#include "bench.h"
#include "codec/scp80/scp80.h"

#define CARDS 256
#define DATA 120
#define CIPHERED 144 /* CNTR PCNTR CC data padding */
#define CHECKED 176  /* CMAC: its subkey's block, then 146 bytes in 10 blocks */

struct scp80_bench {
    struct scp80_keys keys[CARDS];
    uint8_t data[DATA];
    uint8_t packet[256], plain[256], blocks[CHECKED];
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *mac, *encrypt, *decrypt;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_scp80: %s failed\n", what);
    exit(1);
}

static void work(void *ctx, size_t i)
{
    struct scp80_bench *b = ctx;
    const struct scp80_keys *keys = &b->keys[i % CARDS];
    struct scp80_command c = {0x16, 0x39, 0x12, 0x12, {0xB0, 0x58, 0x4B}, i, BYTES_OF(b->data)};
    struct buf packet;

    buf_init_fixed(&packet, b->packet, sizeof b->packet);
    if (scp80_seal_command(&c, keys, &packet) != XK_OK ||
        scp80_open_command(buf_bytes(&packet), keys, b->plain, &c) != XK_OK || c.counter != i)
        die("packet");
}

static void bare(EVP_CIPHER_CTX *ctx, const struct secret *key, uint8_t *bytes, int n)
{
    static const uint8_t iv[16];

    if (EVP_CipherInit_ex2(ctx, NULL, key->bytes, iv, -1, NULL) != 1 ||
        EVP_Cipher(ctx, bytes, bytes, (unsigned)n) <= 0)
        die("AES");
}

static void floor_work(void *ctx, size_t i)
{
    struct scp80_bench *b = ctx;
    const struct scp80_keys *keys = &b->keys[i % CARDS];

    bare(b->mac, &keys->kid, b->blocks, CHECKED);
    bare(b->encrypt, &keys->kic, b->packet, CIPHERED);
    bare(b->decrypt, &keys->kic, b->packet, CIPHERED);
    bare(b->mac, &keys->kid, b->blocks, CHECKED);
}

static EVP_CIPHER_CTX *context(EVP_CIPHER *cipher, int encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (!ctx || EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL) != 1)
        die("context");
    return ctx;
}

int main(void)
{
    static struct scp80_bench b;
    struct xk_prng prng = {.state = 3};
    struct xk_rand rand = xk_rand_prng(&prng);

    for (size_t i = 0; i < CARDS; i++) {
        b.keys[i].kic.n = b.keys[i].kid.n = 16;
        xk_rand_fill(&rand, b.keys[i].kic.bytes, 16);
        xk_rand_fill(&rand, b.keys[i].kid.bytes, 16);
    }
    xk_rand_fill(&rand, b.data, sizeof b.data);
    b.cipher = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
    if (!b.cipher)
        die("AES-128-CBC");
    b.mac = context(b.cipher, 1);
    b.encrypt = context(b.cipher, 1);
    b.decrypt = context(b.cipher, 0);
    bench_print(&(struct bench){"scp80_seal_open", work, floor_work, &b});
    EVP_CIPHER_CTX_free(b.mac);
    EVP_CIPHER_CTX_free(b.encrypt);
    EVP_CIPHER_CTX_free(b.decrypt);
    EVP_CIPHER_free(b.cipher);
    return 0;
}
