/* SPDX-License-Identifier: Apache-2.0 */
/* The test algorithm of test USIMs, TS 34.108 8.1.2: exclusive-or instead of cryptography, so that
 * the system simulators of test laboratories know every key. All outputs of one RAND. */
#ifndef CRYPTO_TESTALGO_H
#define CRYPTO_TESTALGO_H

#include "crypto/aka.h"

#define TESTALGO_K_LEN 16

struct testalgo_out {
    uint8_t mac_a[8], mac_s[8]; /* f1, f1*: over SQN and the AMF given */
    uint8_t res[16];            /* f2; 4 to 16 bytes of it are used */
    uint8_t ck[16], ik[16];     /* f3, f4 */
    uint8_t ak[6];              /* f5 and f5* */
};

/* XK_E_VALUE when k is not of 16 bytes. */
enum xk_err testalgo_all(struct bytes k, const uint8_t rand[16], const uint8_t sqn[6],
                         const uint8_t amf[2], struct testalgo_out *out) XK_MUST_CHECK;
/* The same for who holds SQN xor AK; the SQN found is given back. */
enum xk_err testalgo_reveal(struct bytes k, const uint8_t rand[16], const uint8_t concealed[6],
                            const uint8_t amf[2], uint8_t sqn[6], struct testalgo_out *out)
    XK_MUST_CHECK;

#endif
