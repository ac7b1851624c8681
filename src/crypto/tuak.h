/* SPDX-License-Identifier: Apache-2.0 */
/* TUAK, TS 35.231: the second algorithm set, over Keccak-f[1600]. Sizes: K 128 or 256 bits, RES 32,
 * 64, 128 or 256 bits (we use up to 128), MAC 64 bits, CK and IK 128 bits. */
#ifndef CRYPTO_TUAK_H
#define CRYPTO_TUAK_H

#include "crypto/aka.h"

struct tuak_out {
    uint8_t mac_a[32], mac_s[32];
    uint8_t res[32];
    uint8_t ck[32], ik[32];
    uint8_t ak[6], ak_star[6];
};

struct tuak_sizes { /* in bytes; iterations >= 1 */
    uint8_t mac, res, ck, ik;
    unsigned iterations;
};

enum xk_err tuak_all(struct bytes k, const uint8_t topc[32], const struct tuak_sizes *sizes,
                     const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                     struct tuak_out *out) XK_MUST_CHECK;
enum xk_err tuak_topc(struct bytes k, const uint8_t top[32], unsigned iterations, uint8_t topc[32])
    XK_MUST_CHECK;

#endif
