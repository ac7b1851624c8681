/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of the crypto room and of what stands right on it. The floor of a vector is OpenSSL's AES
 * alone, keyed once per vector and given the same blocks in the same two calls (OUT1 to OUT5 need
 * TEMP). */
#include <openssl/evp.h>

#include "bench.h"
#include "codec/scp80/scp80.h"
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

/* A command as the platform seals it and the card opens it: AES, checksum, ciphered, and the data
 * that fills one short message. The floor is OpenSSL's CBC over the same blocks with the same four
 * key set-ups: a CMAC is one block for its subkeys and then a CBC chain. */
#define SCP80_DATA_LEN 112

struct scp80_bench {
    struct scp80_keys keys;
    struct scp80_command command;
    uint8_t data[SCP80_DATA_LEN];
    uint8_t packet[SCP80_DATA_LEN + 64], plain[SCP80_DATA_LEN + 64];
    size_t packet_n;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *seal, *open;
};

static void scp80_work(void *ctx, size_t i)
{
    struct scp80_bench *b = ctx;
    struct scp80_command got;
    struct buf out;

    buf_init_fixed(&out, b->packet, sizeof b->packet);
    b->command.counter = i;
    if (scp80_seal_command(&b->command, &b->keys, &out) != XK_OK ||
        scp80_open_command(buf_bytes(&out), &b->keys, b->plain, &got) != XK_OK)
        die("SCP80");
    b->packet_n = out.n;
}

static void scp80_floor_mac(struct scp80_bench *b, size_t n)
{
    static const uint8_t zeros[16];
    uint8_t out[SCP80_DATA_LEN + 64];
    int done;

    if (EVP_EncryptInit_ex2(b->seal, NULL, b->keys.kid.bytes, zeros, NULL) != 1 ||
        EVP_EncryptUpdate(b->seal, out, &done, zeros, 16) != 1 ||
        EVP_EncryptUpdate(b->seal, out, &done, b->packet, (int)n) != 1)
        die("CMAC");
}

static void scp80_floor(void *ctx, size_t i)
{
    static const uint8_t zeros[16];
    struct scp80_bench *b = ctx;
    int mac_n = (int)(b->packet_n - 8 + 15) / 16 * 16; /* all but the checksum */
    int cipher_n = (int)(b->packet_n - 10) / 16 * 16;  /* all behind TAR */
    int done;

    (void)i;
    scp80_floor_mac(b, (size_t)mac_n);
    if (EVP_EncryptInit_ex2(b->seal, NULL, b->keys.kic.bytes, zeros, NULL) != 1 ||
        EVP_EncryptUpdate(b->seal, b->plain, &done, b->packet, cipher_n) != 1 ||
        EVP_DecryptInit_ex2(b->open, NULL, b->keys.kic.bytes, zeros, NULL) != 1 ||
        EVP_DecryptUpdate(b->open, b->plain, &done, b->packet, cipher_n) != 1)
        die("CBC");
    scp80_floor_mac(b, (size_t)mac_n);
}

static void scp80_seal_open(struct scp80_bench *b)
{
    b->keys.kic = (struct secret){.bytes = {1, 2, 3}, .n = 16};
    b->keys.kid = (struct secret){.bytes = {4, 5, 6}, .n = 16};
    b->command = (struct scp80_command){.spi1 = 0x16, .spi2 = 0x39, .kic = 0x12, .kid = 0x12};
    memcpy(b->command.tar, (uint8_t[]){0xB0, 0x58, 0x4B}, SCP80_TAR_LEN);
    b->command.data = BYTES_OF(b->data);
    b->cipher = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
    b->seal = EVP_CIPHER_CTX_new();
    b->open = EVP_CIPHER_CTX_new();
    if (!b->cipher || !b->seal || !b->open ||
        EVP_EncryptInit_ex2(b->seal, b->cipher, b->data, b->data, NULL) != 1 ||
        EVP_DecryptInit_ex2(b->open, b->cipher, b->data, b->data, NULL) != 1)
        die("AES");
    scp80_work(b, 0);
    bench_print(&(struct bench){"scp80_seal_open", scp80_work, scp80_floor, b});
    EVP_CIPHER_CTX_free(b->seal);
    EVP_CIPHER_CTX_free(b->open);
    EVP_CIPHER_free(b->cipher);
}

int main(void)
{
    static struct milenage_bench milenage;
    static struct scp80_bench scp80;

    milenage_vector(&milenage);
    scp80_seal_open(&scp80);
    return 0;
}
