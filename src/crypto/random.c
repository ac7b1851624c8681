/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/random.h"

#include <limits.h>

#include <openssl/rand.h>

static void openssl_fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    while (n > 0) {
        int part = n > INT_MAX ? INT_MAX : (int)n;

        if (RAND_bytes(out, part) != 1)
            abort();
        out += part;
        n -= (size_t)part;
    }
}

const struct xk_rand *random_openssl(void)
{
    static const struct xk_rand port = {.fill = openssl_fill};

    return &port;
}
