/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/scp80/level.h"

#define INTEGRITY_NONE 0
#define INTEGRITY_RC 1
#define INTEGRITY_CC 2
#define CC_LEN 8
#define LOW_NIBBLE 0x0F

/* TS 102 225 5.1.2, 5.1.3: the algorithms we do. Single DES (1, D) is not among them; 0 would mean
 * that both sides know without saying, and ours do not. */
static const struct {
    uint8_t nibble;
    enum cipher_algorithm algorithm;
} algorithms[] = {
    {SCP80_ALG_AES, CIPHER_AES},
    {SCP80_ALG_3DES_2, CIPHER_3DES_2},
    {SCP80_ALG_3DES_3, CIPHER_3DES_3},
};

static enum xk_err algorithm_of(uint8_t key_byte, enum cipher_algorithm *out)
{
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        if (algorithms[i].nibble == (key_byte & LOW_NIBBLE)) {
            *out = algorithms[i].algorithm;
            return XK_OK;
        }
    }
    return XK_E_UNSUPPORTED;
}

/* TS 102 225 5.1.3.1: with a redundancy check the low nibble of KID tells which CRC */
static enum xk_err set_crc(uint8_t kid, struct level *l)
{
    switch (kid & LOW_NIBBLE) {
    case SCP80_KID_CRC16:
        l->integrity = LEVEL_CRC16;
        l->checksum_n = 2;
        return XK_OK;
    case SCP80_KID_CRC32:
        l->integrity = LEVEL_CRC32;
        l->checksum_n = 4;
        return XK_OK;
    default:
        return XK_E_UNSUPPORTED;
    }
}

static enum xk_err set_integrity(unsigned integrity, uint8_t kid, struct level *l)
{
    switch (integrity) {
    case INTEGRITY_NONE:
        return XK_OK;
    case INTEGRITY_RC:
        return set_crc(kid, l);
    case INTEGRITY_CC:
        TRY(algorithm_of(kid, &l->mac));
        l->integrity = LEVEL_CC;
        l->checksum_n = CC_LEN;
        l->block = cipher_block(l->mac);
        return XK_OK;
    default: /* digital signature */
        return XK_E_UNSUPPORTED;
    }
}

static enum xk_err level_of(unsigned integrity, bool ciphered, uint8_t kic, uint8_t kid,
                            struct level *out)
{
    struct level l = {.ciphered = ciphered, .block = 1};

    TRY(set_integrity(integrity, kid, &l));
    if (ciphered) {
        TRY(algorithm_of(kic, &l.cipher));
        l.block = cipher_block(l.cipher);
    }
    *out = l;
    return XK_OK;
}

enum xk_err level_of_command(uint8_t spi1, uint8_t kic, uint8_t kid, struct level *out)
{
    return level_of(spi1 & SCP80_SPI1_INTEGRITY, spi1 & SCP80_SPI1_CIPHER, kic, kid, out);
}

enum xk_err level_of_response(uint8_t spi2, uint8_t kic, uint8_t kid, struct level *out)
{
    return level_of((spi2 & SCP80_SPI2_POR_INTEGRITY) / SCP80_SPI2_POR_RC,
                    spi2 & SCP80_SPI2_POR_CIPHER, kic, kid, out);
}

/* ISO/IEC 13239, bits from the right, start and final XOR all ones */
static uint32_t crc(struct bytes data, uint32_t polynomial, uint32_t ones)
{
    uint32_t sum = ones;

    for (size_t i = 0; i < data.n; i++) {
        sum ^= data.p[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ polynomial : sum >> 1;
    }
    return sum ^ ones;
}

static void put_uint(uint32_t v, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

static enum xk_err cc(const struct level *l, const struct scp80_keys *keys, struct bytes data,
                      uint8_t out[LEVEL_CHECKSUM_MAX])
{
    uint8_t mac[CIPHER_BLOCK_MAX];

    if (l->mac == CIPHER_AES)
        TRY(cipher_cmac(secret_bytes(&keys->kid), data, mac));
    else
        TRY(cipher_cbc_mac(l->mac, secret_bytes(&keys->kid), data, mac));
    memcpy(out, mac, CC_LEN);
    return XK_OK;
}

enum xk_err level_checksum(const struct level *l, const struct scp80_keys *keys, struct bytes data,
                           uint8_t out[LEVEL_CHECKSUM_MAX])
{
    switch (l->integrity) {
    case LEVEL_CRC16:
        put_uint(crc(data, 0x8408, 0xFFFF), out, 2);
        return XK_OK;
    case LEVEL_CRC32:
        put_uint(crc(data, 0xEDB88320, 0xFFFFFFFF), out, 4);
        return XK_OK;
    case LEVEL_CC:
        return cc(l, keys, data, out);
    case LEVEL_NONE:
    default:
        return XK_OK;
    }
}
