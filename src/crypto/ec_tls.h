/* SPDX-License-Identifier: Apache-2.0 */
/* For net/tls only: an OpenSSL key whose signatures are made by a key held elsewhere. */
#ifndef CRYPTO_EC_TLS_H
#define CRYPTO_EC_TLS_H

#include <openssl/evp.h>

#include "crypto/ec.h"

/* Takes the key, also on failure; it is freed with the last reference to *out. XK_E_VALUE: a key in
 * memory, which OpenSSL reads from its file itself. */
enum xk_err ec_key_to_evp(struct ec_key *key, EVP_PKEY **out) XK_MUST_CHECK;

#endif
