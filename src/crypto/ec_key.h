/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: what a private key is made of. */
#ifndef CRYPTO_EC_KEY_H
#define CRYPTO_EC_KEY_H

#include <openssl/ec.h>

#include "crypto/ec.h"

struct ec_key {
    enum ec_curve curve;
    uint8_t point[EC_POINT_LEN];
    EC_KEY *own;                  /* the scalar; NULL when held elsewhere */
    const struct ec_key_ops *ops; /* when held elsewhere */
    void *ctx;
};

#endif
