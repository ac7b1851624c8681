/* SPDX-License-Identifier: Apache-2.0 */
/* SCP80: secured packets (TS 102 225) as TS 31.115 puts them in short messages.
 *
 * command  (UDH 70):  CPL(2) CHL(1) SPI(2) KIc(1) KID(1) TAR(3) [CNTR(5) PCNTR(1) CC data pad]
 * response (UDH 71):  RPL(2) RHL(1) TAR(3) [CNTR(5) PCNTR(1) STS(1) CC data pad]
 *                                          [ ] ciphered when asked
 * The checksum of a command begins at CPL, of a response at the UDH bytes 02 71 00. Padding is
 * inside the checksum. */
#ifndef CODEC_SCP80_SCP80_H
#define CODEC_SCP80_SCP80_H

#include "base/buf.h"
#include "base/secret.h"

#define SCP80_TAR_LEN 3
#define SCP80_COUNTER_MAX 0xFFFFFFFFFFull /* FF FF FF FF FF: blocked */
/* What TS 31.115 concatenation carries at most: one first part of 132 octets and 19 of 134. */
#define SCP80_PACKET_MAX 2678
/* Head, counters, status and checksum of either packet, and padding: what sealing may add. */
#define SCP80_OVERHEAD_MAX 39

/* SPI byte 1 */
#define SCP80_SPI1_INTEGRITY 0x03 /* 00 none, 01 RC, 10 CC, 11 DS */
#define SCP80_SPI1_RC 0x01
#define SCP80_SPI1_CC 0x02
#define SCP80_SPI1_CIPHER 0x04
#define SCP80_SPI1_COUNTER 0x18 /* 00 none, 08 not checked, 10 higher, 18 exactly one more */
#define SCP80_SPI1_COUNTER_HIGHER 0x10
#define SCP80_SPI1_COUNTER_NEXT 0x18
/* SPI byte 2 */
#define SCP80_SPI2_POR 0x03 /* 00 none, 01 always, 02 on error */
#define SCP80_SPI2_POR_ALWAYS 0x01
#define SCP80_SPI2_POR_ON_ERROR 0x02
#define SCP80_SPI2_POR_INTEGRITY 0x0C
#define SCP80_SPI2_POR_RC 0x04
#define SCP80_SPI2_POR_CC 0x08
#define SCP80_SPI2_POR_CIPHER 0x10
#define SCP80_SPI2_POR_SUBMIT 0x20 /* in SMS-SUBMIT instead of SMS-DELIVER-REPORT */

/* Response status codes, TS 102 225 5.2: rows in status.def */
enum scp80_status {
#define SCP80_STATUS(name, value, text) SCP80_##name = value,
#include "codec/scp80/status.def"
#undef SCP80_STATUS
};
const char *scp80_status_text(uint8_t status);

/* The key pair of one key set. The algorithm is told by the low nibbles of KIc and KID. */
struct scp80_keys {
    struct secret kic;
    struct secret kid;
};

/* Algorithms by the low nibble of KIc / KID (TS 102 225 5.1.2, 5.1.3). Single DES is refused. */
#define SCP80_ALG_AES 0x2
#define SCP80_ALG_3DES_2 0x5
#define SCP80_ALG_3DES_3 0x9
#define SCP80_KID_CRC16 0x1 /* with RC */
#define SCP80_KID_CRC32 0x5

struct scp80_command {
    uint8_t spi1, spi2, kic, kid;
    uint8_t tar[SCP80_TAR_LEN];
    uint64_t counter;
    struct bytes data; /* after opening: points into `out` of scp80_open_command */
};

/* Builds CPL... into out. XK_E_VALUE: counter, reserved SPI bits, or a key of the wrong length;
 * XK_E_UNSUPPORTED: algorithm or digital signature; XK_E_LIMIT: over SCP80_PACKET_MAX. */
enum xk_err scp80_seal_command(const struct scp80_command *c, const struct scp80_keys *keys,
                               struct buf *out) XK_MUST_CHECK;
/* The clear head only (SPI, KIc, KID, TAR), to choose the keys. counter and data are not set.
 * Nothing in it is authenticated. */
enum xk_err scp80_peek_command(struct bytes packet, struct scp80_command *out) XK_MUST_CHECK;
/* Opens with these keys. XK_E_FORMAT (lengths, padding), XK_E_AUTH (checksum), XK_E_UNSUPPORTED
 * (algorithm), XK_E_VALUE (key length). Plaintext goes to plain[], which must hold packet.n bytes
 * and is zeroed on failure. Without integrity in SPI nothing is authenticated: what level is
 * enough, and the counter, are the caller's policy. */
enum xk_err scp80_open_command(struct bytes packet, const struct scp80_keys *keys, uint8_t *plain,
                               struct scp80_command *out) XK_MUST_CHECK;

struct scp80_response {
    uint8_t tar[SCP80_TAR_LEN];
    uint64_t counter; /* the command's */
    uint8_t status;
    struct bytes data;
};

/* A response to a command that said spi2, kic, kid. Out begins at RPL (the UDH 027100 is the SMS
 * layer's, but is part of the checksum). */
enum xk_err scp80_seal_response(const struct scp80_response *r, uint8_t spi2, uint8_t kic,
                                uint8_t kid, const struct scp80_keys *keys, struct buf *out)
    XK_MUST_CHECK;
enum xk_err scp80_peek_response_tar(struct bytes packet, uint8_t tar[SCP80_TAR_LEN]) XK_MUST_CHECK;
enum xk_err scp80_open_response(struct bytes packet, uint8_t spi2, uint8_t kic, uint8_t kid,
                                const struct scp80_keys *keys, uint8_t *plain,
                                struct scp80_response *out) XK_MUST_CHECK;

/* TS 102 225 5.1.4: what a receiver that stored this counter says to a received one under the mode
 * in SPI byte 1: SCP80_POR_OK, SCP80_CNTR_LOW, _HIGH or _BLOCKED. It stores before it executes. */
enum scp80_status scp80_check_counter(uint8_t spi1, uint64_t stored, uint64_t received);

#endif
