/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets at rest: each is sealed (AES-256-GCM envelope) under a master key that lives in one file
 * of mode 0600, made on first use. Thread-safe after open. */
#ifndef CRYPTO_KEYSTORE_H
#define CRYPTO_KEYSTORE_H

#include "base/clock.h"
#include "base/secret.h"

struct keystore;

/* sealed = version(1) key id(4) iv(12) ciphertext(n) tag(16) */
#define KEYSTORE_OVERHEAD 33
#define KEYSTORE_SEALED_MAX (SECRET_MAX + KEYSTORE_OVERHEAD)

/* Opens or creates the file. XK_E_DENIED when others than the owner may read it, XK_E_FORMAT when it
 * is not a master key file, XK_E_IO. */
enum xk_err keystore_open(const char *path, const struct xk_rand *rand, struct keystore **out)
    XK_MUST_CHECK;
/* A keystore with a key of yours (32 bytes), for tests. */
enum xk_err keystore_of_key(struct bytes key, const struct xk_rand *rand, struct keystore **out)
    XK_MUST_CHECK;
void keystore_close(struct keystore *ks); /* wipes */

/* context binds the secret to its place ("card.kic:<cid>"): opening under another context fails with
 * XK_E_AUTH. out must hold secret->n + KEYSTORE_OVERHEAD; *out_n is set. */
enum xk_err keystore_seal(struct keystore *ks, struct bytes context, const struct secret *secret,
                          uint8_t *out, size_t cap, size_t *out_n) XK_MUST_CHECK;
enum xk_err keystore_unseal(struct keystore *ks, struct bytes context, struct bytes sealed,
                            struct secret *out) XK_MUST_CHECK;

#endif
