/* SPDX-License-Identifier: Apache-2.0 */
/* struct secret: a key, PIN or other value that must never be printed, is compared in constant time
 * and wiped after use. Fixed room, so it lives on the stack or inside its owner. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/bytes.h"

#define SECRET_MAX 64

struct secret {
    uint8_t bytes[SECRET_MAX];
    uint8_t n;
};

static inline enum xk_err secret_set(struct secret *s, struct bytes value)
{
    if (value.n > SECRET_MAX)
        return XK_E_LIMIT;
    explicit_bzero(s->bytes, sizeof s->bytes);
    if (value.n > 0)
        memcpy(s->bytes, value.p, value.n);
    s->n = (uint8_t)value.n;
    return XK_OK;
}

static inline struct bytes secret_bytes(const struct secret *s)
{
    return BYTES(s->bytes, s->n);
}

static inline void secret_wipe(struct secret *s)
{
    explicit_bzero(s, sizeof *s);
}

/* AUTO_SECRET struct secret k; is wiped when it goes out of scope. */
#define AUTO_SECRET __attribute__((cleanup(secret_wipe)))

#endif
