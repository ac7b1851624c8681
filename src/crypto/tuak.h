/* SPDX-License-Identifier: Apache-2.0 */
/* TUAK, TS 35.231: the second algorithm set, over Keccak-f[1600]. Sizes: K 128 or 256 bits, RES 32,
 * 64, 128 or 256 bits (we use up to 128), MAC 64 bits, CK and IK 128 bits. */
#ifndef CRYPTO_TUAK_H
#define CRYPTO_TUAK_H

#include "crypto/aka.h"

#define TUAK_TOPC_LEN 32

struct tuak_out {
    uint8_t mac_a[32], mac_s[32];
    uint8_t res[32];
    uint8_t ck[32], ik[32];
    uint8_t ak[6], ak_star[6];
};

/* In bytes, and how often the permutation runs. */
struct tuak_sizes {
    uint8_t mac;         /* 8, 16 or 32 */
    uint8_t res;         /* 4, 8, 16 or 32 */
    uint8_t ck;          /* 16 or 32 */
    uint8_t ik;          /* 16 or 32 */
    unsigned iterations; /* 1..TUAK_ITERATIONS_MAX */
};

#define TUAK_ITERATIONS_MAX 255

/* XK_E_VALUE for a size that TS 35.231 has not; k of 16 or 32 bytes. Bytes behind the sizes asked
 * for are zero. */
enum xk_err tuak_all(struct bytes k, const uint8_t topc[32], const struct tuak_sizes *sizes,
                     const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                     struct tuak_out *out) XK_MUST_CHECK;
/* The same for who holds a concealed SQN: SQN xor AK (out of AUTN) or SQN xor AK* (out of AUTS);
 * the SQN found enters f1 and f1* and is given back. */
enum tuak_concealed { TUAK_BY_AK, TUAK_BY_AK_STAR };
enum xk_err tuak_reveal(struct bytes k, const uint8_t topc[32], const struct tuak_sizes *sizes,
                        const uint8_t rand[16], enum tuak_concealed by, const uint8_t concealed[6],
                        const uint8_t amf[2], uint8_t sqn[6], struct tuak_out *out) XK_MUST_CHECK;
enum xk_err tuak_topc(struct bytes k, const uint8_t top[32], unsigned iterations, uint8_t topc[32])
    XK_MUST_CHECK;

#endif
