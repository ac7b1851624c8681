/* SPDX-License-Identifier: Apache-2.0 */
/* What SPI, KIc and KID ask for (TS 102 225 5.1.1 to 5.1.3), worked out once per packet. */
#ifndef CODEC_SCP80_LEVEL_H
#define CODEC_SCP80_LEVEL_H

#include "codec/scp80/scp80.h"
#include "crypto/cipher.h"

#define LEVEL_CHECKSUM_MAX 8

enum level_integrity { LEVEL_NONE, LEVEL_CRC16, LEVEL_CRC32, LEVEL_CC };

struct level {
    enum level_integrity integrity;
    size_t checksum_n; /* 0, 2, 4 or 8 */
    bool ciphered;
    enum cipher_algorithm mac;    /* with LEVEL_CC */
    enum cipher_algorithm cipher; /* with ciphered */
    size_t block;                 /* padding counter stays below this; 1: no padding */
};

/* For a command by its SPI byte 1, for a response by the command's SPI byte 2. XK_E_UNSUPPORTED. */
enum xk_err level_of_command(uint8_t spi1, uint8_t kic, uint8_t kid, struct level *out)
    XK_MUST_CHECK;
enum xk_err level_of_response(uint8_t spi2, uint8_t kic, uint8_t kid, struct level *out)
    XK_MUST_CHECK;

/* checksum_n bytes to out */
enum xk_err level_checksum(const struct level *l, const struct scp80_keys *keys, struct bytes data,
                           uint8_t out[LEVEL_CHECKSUM_MAX]) XK_MUST_CHECK;

#endif
