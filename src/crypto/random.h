/* SPDX-License-Identifier: Apache-2.0 */
/* The real randomness port: OpenSSL's generator. Ends the process when it fails: no key must ever
 * be made from anything less. */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include "base/clock.h"

const struct xk_rand *random_openssl(void);

#endif
