/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and MACs over OpenSSL, algorithms fetched once. XK_E_CRYPTO only when the library
 * fails. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/bytes.h"

#define HASH_LEN 32 /* SHA-256 and SM3 alike */

enum hash_algorithm { HASH_SHA256, HASH_SM3 };

enum xk_err hash_digest(enum hash_algorithm algorithm, struct bytes data, uint8_t out[HASH_LEN])
    XK_MUST_CHECK;
enum xk_err hash_hmac(enum hash_algorithm algorithm, struct bytes key, struct bytes data,
                      uint8_t out[HASH_LEN]) XK_MUST_CHECK;

#endif
