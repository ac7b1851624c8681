/* SPDX-License-Identifier: Apache-2.0 */
/* Milenage, TS 35.206: f1, f1*, f2, f3, f4, f5, f5*. All outputs of one RAND in one call, because
 * they share TEMP; the blocks go through AES in two calls. */
#ifndef CRYPTO_MILENAGE_H
#define CRYPTO_MILENAGE_H

#include "crypto/aka.h"

struct milenage_out {
    uint8_t mac_a[8], mac_s[8]; /* f1, f1* */
    uint8_t res[8];             /* f2 */
    uint8_t ck[16], ik[16];     /* f3, f4 */
    uint8_t ak[6], ak_star[6];  /* f5, f5* */
};

/* cr NULL: the constants of TS 35.206 4.1. sqn and amf enter f1 and f1* only. XK_E_VALUE when k or
 * opc is not of 16 bytes, or an r of 128 or more. */
enum xk_err milenage_all(struct bytes k, struct bytes opc, const uint8_t *cr,
                         const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                         struct milenage_out *out) XK_MUST_CHECK;
/* The same for who holds a concealed SQN: `concealed` is SQN xor AK (out of AUTN) or SQN xor AK*
 * (out of AUTS); the SQN found enters f1 and f1* and is given back. */
enum milenage_concealed { MILENAGE_BY_AK, MILENAGE_BY_AK_STAR };
enum xk_err milenage_reveal(struct bytes k, struct bytes opc, const uint8_t *cr,
                            const uint8_t rand[16], enum milenage_concealed by,
                            const uint8_t concealed[6], const uint8_t amf[2], uint8_t sqn[6],
                            struct milenage_out *out) XK_MUST_CHECK;
/* OPc = E_K(OP) xor OP */
enum xk_err milenage_opc(struct bytes k, const uint8_t op[16], uint8_t opc[16]) XK_MUST_CHECK;

#endif
