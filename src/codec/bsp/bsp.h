/* SPDX-License-Identifier: Apache-2.0 */
/* BSP, the BPP protection protocol (SGP.22 2.5.3 to 2.6.4.3; SCP03t in v2): what lies in the TLVs
 * 86, 87 and 88 of a bound profile package.
 *
 *     86/87: tag length  AES-CBC(S-ENC, ICV, data 80 00..)  MAC(8)
 *     88:    tag length  data                               MAC(8)
 *     ICV = AES(S-ENC, counter as 16 bytes), counter from 1, one more for every TLV of the three
 *     MAC = AES-CMAC(S-MAC, chain || tag || length || contents before the MAC), first 8 bytes;
 *           all 16 are the next chain
 *
 * One struct bsp is one direction of one channel; both sides hold the same and use it in wire
 * order. Keys are wiped by bsp_wipe. */
#ifndef CODEC_BSP_BSP_H
#define CODEC_BSP_BSP_H

#include "base/buf.h"

#define BSP_KEY_LEN 16
#define BSP_MAC_LEN 8
#define BSP_KEY_TYPE_AES 0x88
#define BSP_HOST_ID_MAX 16
#define BSP_EID_LEN 16
/* A TLV that is produced: at most 1020 bytes in all, so at most 1007 of plaintext (ciphered) or
 * 1008 (88). A receiver takes up to BSP_RECEIVE_MAX, since programs in the field overshoot. */
#define BSP_SEGMENT_MAX 1020
#define BSP_PLAIN_MAX 1007
#define BSP_CLEAR_MAX 1008
#define BSP_RECEIVE_MAX 1100

enum bsp_tag {
    BSP_TAG_86 = 0x86, /* profile elements, ciphered */
    BSP_TAG_87 = 0x87, /* ConfigureISDP, ReplaceSessionKeys, ciphered */
    BSP_TAG_88 = 0x88, /* metadata, MAC only */
};

struct bsp_keys {
    uint8_t chain[BSP_KEY_LEN]; /* initial MAC chaining value */
    uint8_t enc[BSP_KEY_LEN];   /* S-ENC or PPK-ENC */
    uint8_t mac[BSP_KEY_LEN];   /* S-MAC or PPK-CMAC */
};

struct bsp {
    struct bsp_keys keys; /* chain moves on with every TLV */
    uint32_t counter;     /* of the next TLV */
};

/* What the X9.63 KDF is told. */
struct bsp_shared_info {
    uint8_t key_type; /* BSP_KEY_TYPE_AES */
    uint8_t key_len;  /* BSP_KEY_LEN */
    struct bytes host_id;
    struct bytes eid; /* BSP_EID_LEN bytes */
};

/* Session keys from the shared secret (SGP.22 2.6.4.1, annex G): KDF(Z, keyType keyLen LV(HostID)
 * LV(EID)) = chain, S-ENC, S-MAC. XK_E_VALUE: host ID or EID of the wrong length, or another key
 * type or length. */
enum xk_err bsp_derive_keys(struct bytes z, const struct bsp_shared_info *info,
                            struct bsp_keys *out) XK_MUST_CHECK;
/* Starts (or, for ReplaceSessionKeys, restarts) with these keys: counter 1. */
void bsp_start(struct bsp *s, const struct bsp_keys *keys);
void bsp_wipe(struct bsp *s);

/* Adds one TLV. XK_E_LIMIT: plain over BSP_PLAIN_MAX (88: BSP_CLEAR_MAX). The state moves on only
 * on success. */
enum xk_err bsp_protect(struct bsp *s, enum bsp_tag tag, struct bytes plain, struct buf *out)
    XK_MUST_CHECK;
/* Adds as many TLVs as data needs, the first full (SGP.22 2.5.3). Data may not be empty. */
enum xk_err bsp_protect_all(struct bsp *s, enum bsp_tag tag, struct bytes data, struct buf *out)
    XK_MUST_CHECK;
/* How many bytes bsp_protect_all adds for n bytes. */
size_t bsp_protected_len(enum bsp_tag tag, size_t n);

/* Checks and opens one TLV. out[cap] takes the plaintext (cap of tlv.n is always enough; out may
 * begin at or before tlv.p: in place); *plain points into out.
 *   XK_E_FORMAT  structure: no single TLV of this tag, too long, no room for MAC, contents not
 *                whole blocks (errorReason 7)
 *   XK_E_AUTH    security: MAC wrong, or right but the padding is not (errorReason 8)
 * On failure nothing is given out, and the channel must not be used further. */
enum xk_err bsp_unprotect(struct bsp *s, enum bsp_tag tag, struct bytes tlv, uint8_t *out,
                          size_t cap, struct bytes *plain) XK_MUST_CHECK;
/* A run of TLVs of one tag, as in a whole package; plaintexts one after another in out. */
enum xk_err bsp_unprotect_all(struct bsp *s, enum bsp_tag tag, struct bytes run, uint8_t *out,
                              size_t cap, struct bytes *plain) XK_MUST_CHECK;

#endif
