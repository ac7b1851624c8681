/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: the permutation Keccak-f[1600] (FIPS 202 3), which OpenSSL keeps to
 * itself. */
#ifndef CRYPTO_KECCAK_H
#define CRYPTO_KECCAK_H

#include <stdint.h>

#define KECCAK_STATE_LEN 200

/* In place, over the state in its byte order. */
void keccak_permute(uint8_t state[KECCAK_STATE_LEN]);

#endif
