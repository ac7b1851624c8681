/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"

#include "crypto/kdf.h"
#include "xt.h"
#include "xt_vectors.h"

#define DATA_MAX 2048

static enum cipher_algorithm des_of(struct bytes key)
{
    return key.n == 16 ? CIPHER_3DES_2 : CIPHER_3DES_3;
}

static const uint8_t *iv_of(struct vectors *v)
{
    struct bytes iv = vectors_hex(v, "iv");

    return iv.n > 0 ? iv.p : NULL;
}

static void check_ecb(struct vectors *v, enum cipher_algorithm algorithm)
{
    uint8_t out[DATA_MAX];
    struct bytes plain = vectors_hex(v, "plain");

    CHECK_OK(cipher_ecb_encrypt(algorithm, vectors_hex(v, "key"), plain, out));
    CHECK_HEX(BYTES(out, plain.n), vectors_text(v, "cipher"));
}

/* Encrypts, decrypts, and once more in place */
static void check_cbc(struct vectors *v, enum cipher_algorithm algorithm)
{
    uint8_t out[DATA_MAX];
    struct bytes key = vectors_hex(v, "key"), plain = vectors_hex(v, "plain");
    struct bytes in_place = BYTES(out, plain.n);
    const uint8_t *iv = iv_of(v);

    CHECK_OK(cipher_cbc_encrypt(algorithm, key, iv, plain, out));
    CHECK_HEX(in_place, vectors_text(v, "cipher"));
    CHECK_OK(cipher_cbc_decrypt(algorithm, key, iv, vectors_hex(v, "cipher"), out));
    CHECK_HEX(in_place, vectors_text(v, "plain"));
    CHECK_OK(cipher_cbc_encrypt(algorithm, key, iv, in_place, out));
    CHECK_HEX(in_place, vectors_text(v, "cipher"));
    CHECK_OK(cipher_cbc_decrypt(algorithm, key, iv, in_place, out));
    CHECK_HEX(in_place, vectors_text(v, "plain"));
}

/* SP 800-38A F.1, F.2 */
TEST(aes)
{
    struct vectors v;

    vectors_open(&v, "aes/ecb.txt");
    while (vectors_next(&v))
        check_ecb(&v, CIPHER_AES);
    vectors_open(&v, "aes/cbc.txt");
    while (vectors_next(&v))
        check_cbc(&v, CIPHER_AES);
}

TEST(triple_des)
{
    struct vectors v;

    vectors_open(&v, "des/ecb.txt");
    while (vectors_next(&v))
        check_ecb(&v, des_of(vectors_hex(&v, "key")));
    vectors_open(&v, "des/cbc.txt");
    while (vectors_next(&v))
        check_cbc(&v, des_of(vectors_hex(&v, "key")));
}

/* Two keys are three with the first again */
TEST(two_key_des)
{
    static const uint8_t k3[24] = {1,  2,  3,  4,  5, 6, 7, 8, 9, 10, 11, 12,
                                   13, 14, 15, 16, 1, 2, 3, 4, 5, 6,  7,  8};
    static const uint8_t data[16] = "sixteen bytes!!";
    uint8_t a[16], b[16];

    CHECK_OK(cipher_ecb_encrypt(CIPHER_3DES_2, BYTES(k3, 16), BYTES_OF(data), a));
    CHECK_OK(cipher_ecb_encrypt(CIPHER_3DES_3, BYTES_OF(k3), BYTES_OF(data), b));
    CHECK(memcmp(a, b, sizeof a) == 0);
}

/* GB/T 32907-2016 appendix A: once, and a million times */
TEST(sm4)
{
    struct vectors v;

    vectors_open(&v, "sm/sm4.txt");
    while (vectors_next(&v)) {
        uint8_t block[16];

        memcpy(block, vectors_hex(&v, "plain").p, sizeof block);
        for (long i = vectors_number(&v, "times"); i > 0; i--)
            if (cipher_ecb_encrypt(CIPHER_SM4, vectors_hex(&v, "key"), BYTES_OF(block), block))
                CHECK(!"encrypts");
        CHECK_HEX(BYTES_OF(block), vectors_text(&v, "cipher"));
    }
    vectors_open(&v, "sm/sm4_cbc.txt");
    while (vectors_next(&v))
        check_cbc(&v, CIPHER_SM4);
}

/* RFC 4493 4, SP 800-38B D */
TEST(cmac)
{
    struct vectors v;

    vectors_open(&v, "aes/cmac.txt");
    while (vectors_next(&v)) {
        uint8_t out[16];

        CHECK_OK(cipher_cmac(vectors_hex(&v, "key"), vectors_hex(&v, "data"), out));
        CHECK_HEX(BYTES_OF(out), vectors_text(&v, "mac"));
    }
}

/* RFC 4493 2.4 spelt out, for lengths around the blocks and the chunks inside */
static void slow_cmac(struct bytes key, struct bytes data, uint8_t out[16])
{
    uint8_t padded[DATA_MAX + 16] = {0}, subkey[16] = {0};
    size_t n = data.n > 0 ? (data.n + 15) / 16 * 16 : 16;
    bool whole = data.n > 0 && data.n % 16 == 0;

    CHECK_OK(cipher_ecb_encrypt(CIPHER_AES, key, BYTES_OF(subkey), subkey));
    for (int doublings = whole ? 1 : 2; doublings > 0; doublings--) {
        unsigned carry = subkey[0] >> 7;

        for (size_t i = 0; i < 16; i++)
            subkey[i] = (uint8_t)(subkey[i] << 1 | (i < 15 ? subkey[i + 1] >> 7 : 0));
        subkey[15] ^= carry ? 0x87 : 0;
    }
    memcpy(padded, data.p, data.n);
    if (!whole)
        padded[data.n] = 0x80;
    for (size_t i = 0; i < 16; i++)
        padded[n - 16 + i] ^= subkey[i];
    CHECK_OK(cipher_cbc_encrypt(CIPHER_AES, key, NULL, BYTES(padded, n), padded));
    memcpy(out, padded + n - 16, 16);
}

TEST(cmac_of_any_length)
{
    uint8_t data[DATA_MAX], key[16] = "a key of sixteen";

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 3);
    for (size_t n = 0; n <= sizeof data; n += n < 600 ? 1 : 97) {
        uint8_t fast[16], slow[16];

        CHECK_OK(cipher_cmac(BYTES_OF(key), BYTES(data, n), fast));
        slow_cmac(BYTES_OF(key), BYTES(data, n), slow);
        CHECK(memcmp(fast, slow, 16) == 0);
    }
}

/* A chaining value in front is as if it lay before the data, for any length of these. */
TEST(chained_cmac)
{
    uint8_t data[DATA_MAX], key[16] = "a key of sixteen", got[16], want[16];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 11 + 5);
    for (size_t n = 0; n <= sizeof data - 16; n += n < 600 ? 1 : 97) {
        CHECK_OK(cipher_cmac_chained(BYTES_OF(key), data, BYTES(data + 16, n), got));
        CHECK_OK(cipher_cmac(BYTES_OF(key), BYTES(data, 16 + n), want));
        CHECK(memcmp(got, want, 16) == 0);
    }
    CHECK_INT(cipher_cmac_chained(BYTES(key, 15), data, BYTES(data, 16), got), XK_E_VALUE);
}

/* The IV is the encrypted seed, in place or not. */
TEST(cbc_with_an_encrypted_iv)
{
    uint8_t data[64] = {9, 8, 7}, key[16] = {1}, seed[16] = {2}, iv[16], got[64], want[64];

    CHECK_OK(cipher_ecb_encrypt(CIPHER_AES, BYTES_OF(key), BYTES_OF(seed), iv));
    CHECK_OK(cipher_cbc_encrypt(CIPHER_AES, BYTES_OF(key), iv, BYTES_OF(data), want));
    CHECK_OK(cipher_cbc_encrypt_iv_of(CIPHER_AES, BYTES_OF(key), seed, BYTES_OF(data), got));
    CHECK(memcmp(got, want, sizeof want) == 0);
    CHECK_OK(cipher_cbc_encrypt_iv_of(CIPHER_AES, BYTES_OF(key), seed, BYTES_OF(data), data));
    CHECK(memcmp(data, want, sizeof want) == 0);
    CHECK_INT(cipher_cbc_encrypt_iv_of(CIPHER_AES, BYTES_OF(key), seed, BYTES(data, 17), got),
              XK_E_VALUE);
    CHECK_INT(cipher_cbc_encrypt_iv_of(CIPHER_AES, BYTES(key, 15), seed, BYTES(data, 16), got),
              XK_E_VALUE);
}

/* TS 102 225 5.1.2 */
TEST(cbc_mac)
{
    struct vectors v;
    static const uint8_t key[16] = {1}, zeros[16];
    uint8_t a[16], b[16];

    vectors_open(&v, "des/mac.txt");
    while (vectors_next(&v)) {
        CHECK_OK(cipher_cbc_mac(CIPHER_3DES_2, vectors_hex(&v, "key"), vectors_hex(&v, "data"), a));
        CHECK_HEX(BYTES(a, 8), vectors_text(&v, "mac"));
    }
    /* nothing at all is one block of padding */
    CHECK_OK(cipher_cbc_mac(CIPHER_AES, BYTES_OF(key), BYTES_NONE, a));
    CHECK_OK(cipher_ecb_encrypt(CIPHER_AES, BYTES_OF(key), BYTES_OF(zeros), b));
    CHECK(memcmp(a, b, 16) == 0);
}

/* The GCM specification's cases, sealed and opened */
TEST(gcm)
{
    struct vectors v;

    vectors_open(&v, "aes/gcm.txt");
    while (vectors_next(&v)) {
        struct bytes key = vectors_hex(&v, "key"), plain = vectors_hex(&v, "plain");
        uint8_t out[DATA_MAX], tag[16];

        CHECK_OK(
            cipher_gcm_seal(key, vectors_hex(&v, "iv").p, vectors_hex(&v, "aad"), plain, out, tag));
        CHECK_HEX(BYTES(out, plain.n), vectors_text(&v, "cipher"));
        CHECK_HEX(BYTES_OF(tag), vectors_text(&v, "tag"));
        CHECK_OK(cipher_gcm_open(key, vectors_hex(&v, "iv").p, vectors_hex(&v, "aad"),
                                 BYTES(out, plain.n), tag, out));
        CHECK_HEX(BYTES(out, plain.n), vectors_text(&v, "plain"));
    }
}

TEST(gcm_refusals)
{
    static const uint8_t key[32] = {1}, other[32] = {2}, iv[12] = {3}, iv_other[12] = {4};
    static const uint8_t data[20] = "what nobody may see";
    uint8_t sealed[20], tag[16], bad_tag[16], out[20], zeros[20] = {0};

    CHECK_OK(cipher_gcm_seal(BYTES_OF(key), iv, BYTES_STR("aad"), BYTES_OF(data), sealed, tag));
    memcpy(bad_tag, tag, sizeof tag);
    bad_tag[15] ^= 1;
#define OPEN(k, i, a, t) cipher_gcm_open(BYTES_OF(k), i, a, BYTES_OF(sealed), t, out)
    CHECK_INT(OPEN(other, iv, BYTES_STR("aad"), tag), XK_E_AUTH);
    CHECK_INT(OPEN(key, iv_other, BYTES_STR("aad"), tag), XK_E_AUTH);
    CHECK_INT(OPEN(key, iv, BYTES_STR("aae"), tag), XK_E_AUTH);
    CHECK_INT(OPEN(key, iv, BYTES_NONE, tag), XK_E_AUTH);
    memset(out, 0xEE, sizeof out);
    CHECK_INT(OPEN(key, iv, BYTES_STR("aad"), bad_tag), XK_E_AUTH);
    CHECK(memcmp(out, zeros, sizeof out) == 0);
    sealed[0] ^= 1;
    CHECK_INT(OPEN(key, iv, BYTES_STR("aad"), tag), XK_E_AUTH);
    sealed[0] ^= 1;
    CHECK_OK(OPEN(key, iv, BYTES_STR("aad"), tag));
    CHECK(memcmp(out, data, sizeof out) == 0);
    CHECK_INT(cipher_gcm_seal(BYTES(key, 16), iv, BYTES_NONE, BYTES_OF(data), sealed, tag),
              XK_E_VALUE);
    CHECK_INT(cipher_gcm_open(BYTES(key, 24), iv, BYTES_NONE, BYTES_OF(data), tag, out),
              XK_E_VALUE);
#undef OPEN
}

TEST(key_lengths)
{
    static const uint8_t key[64];
    static const struct {
        enum cipher_algorithm algorithm;
        size_t block, lengths[3];
    } rows[] = {
        {CIPHER_AES, 16, {16, 24, 32}},
        {CIPHER_3DES_2, 8, {16}},
        {CIPHER_3DES_3, 8, {24}},
        {CIPHER_SM4, 16, {16}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_INT(cipher_block(rows[i].algorithm), rows[i].block);
        for (size_t n = 0; n < sizeof key; n++) {
            const size_t *l = rows[i].lengths;
            bool right = n > 0 && (n == l[0] || n == l[1] || n == l[2]);
            uint8_t out[16];

            CHECK_INT(cipher_check_key(rows[i].algorithm, BYTES(key, n)),
                      right ? XK_OK : XK_E_VALUE);
            CHECK_INT(cipher_cbc_mac(rows[i].algorithm, BYTES(key, n), BYTES_NONE, out),
                      right ? XK_OK : XK_E_VALUE);
        }
    }
}

TEST(part_blocks_are_refused)
{
    static const uint8_t key[16], data[33];
    uint8_t out[33];

    for (size_t n = 0; n <= sizeof data; n++) {
        enum xk_err aes = n % 16 ? XK_E_VALUE : XK_OK, des = n % 8 ? XK_E_VALUE : XK_OK;
        struct bytes in = BYTES(data, n);

        CHECK_INT(cipher_ecb_encrypt(CIPHER_AES, BYTES_OF(key), in, out), aes);
        CHECK_INT(cipher_cbc_encrypt(CIPHER_AES, BYTES_OF(key), NULL, in, out), aes);
        CHECK_INT(cipher_cbc_decrypt(CIPHER_3DES_2, BYTES_OF(key), NULL, in, out), des);
        CHECK_INT(cipher_cbc_decrypt(CIPHER_SM4, BYTES_OF(key), NULL, in, out), aes);
    }
}

/* SP 800-108 4.1: the blocks put together by hand */
TEST(kdf)
{
    static const uint8_t key[16] = {9}, context[3] = {1, 2, 3};
    uint8_t want[32];
    static const size_t lengths[] = {16, 24, 32};
    struct secret out;

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        uint8_t bits = (uint8_t)(lengths[i] * 8 % 256), high = (uint8_t)(lengths[i] * 8 / 256);
        uint8_t in[] = {1, 'k', 'i', 'c', 0, 1, 2, 3, high, bits};

        CHECK_OK(cipher_cmac(BYTES_OF(key), BYTES_OF(in), want));
        in[0] = 2;
        CHECK_OK(cipher_cmac(BYTES_OF(key), BYTES_OF(in), want + 16));
        CHECK_OK(kdf_cmac(BYTES_OF(key), "kic", BYTES_OF(context), lengths[i], &out));
        CHECK_INT(out.n, lengths[i]);
        CHECK(memcmp(out.bytes, want, out.n) == 0);
    }
}

TEST(kdf_refusals)
{
    static const uint8_t key[16], context[300];
    struct secret out = {.n = 7};

    CHECK_INT(kdf_cmac(BYTES_OF(key), "kic", BYTES_NONE, 0, &out), XK_E_VALUE);
    CHECK_INT(kdf_cmac(BYTES_OF(key), "kic", BYTES_NONE, 20, &out), XK_E_VALUE);
    CHECK_INT(kdf_cmac(BYTES_OF(key), "kic", BYTES_NONE, 64, &out), XK_E_VALUE);
    CHECK_INT(kdf_cmac(BYTES(key, 15), "kic", BYTES_NONE, 16, &out), XK_E_VALUE);
    CHECK_INT(kdf_cmac(BYTES_OF(key), "kic", BYTES_OF(context), 16, &out), XK_E_LIMIT);
    CHECK_INT(out.n, 7);
}

TESTS_MAIN(XT_CASE(aes), XT_CASE(triple_des), XT_CASE(two_key_des), XT_CASE(sm4), XT_CASE(cmac),
           XT_CASE(cmac_of_any_length), XT_CASE(chained_cmac), XT_CASE(cbc_with_an_encrypted_iv),
           XT_CASE(cbc_mac), XT_CASE(gcm), XT_CASE(gcm_refusals), XT_CASE(key_lengths),
           XT_CASE(part_blocks_are_refused), XT_CASE(kdf), XT_CASE(kdf_refusals))
