/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets at rest: each is sealed (AES-256-GCM envelope) under a master key that lives in one file
 * of mode 0600, made on first use. Thread-safe after open. */
#ifndef CRYPTO_KEYSTORE_H
#define CRYPTO_KEYSTORE_H

#include "base/clock.h"
#include "base/secret.h"

struct keystore;

/* sealed = version(1) key id(4) iv(12) ciphertext(n) tag(16); the key id is there for the day when
 * keys are rotated. One key is good for 2^32 seals (SP 800-38D 8.3). */
#define KEYSTORE_OVERHEAD 33
#define KEYSTORE_SEALED_MAX (SECRET_MAX + KEYSTORE_OVERHEAD)
#define KEYSTORE_CONTEXT_MAX 128

/* file = magic "XIEKAKEY"(8) version(1) reserved(3) key id(4) key(32) checksum(16), 64 bytes;
 * checksum: the first half of SHA-256 of what is before it */
#define KEYSTORE_FILE_LEN 64

/* Opens the file, or creates it when there is none: whole and synced before it has its name.
 * XK_E_DENIED when it is not ours or others than its owner may touch it, XK_E_FORMAT when it is not
 * a whole master key file (it is never made anew), XK_E_IO. rand must outlive the keystore. */
enum xk_err keystore_open(const char *path, const struct xk_rand *rand, struct keystore **out)
    XK_MUST_CHECK;
/* A keystore with a key of yours (32 bytes), for tests. */
enum xk_err keystore_of_key(struct bytes key, const struct xk_rand *rand, struct keystore **out)
    XK_MUST_CHECK;
void keystore_close(struct keystore *ks); /* wipes */

/* context binds the secret to its place ("card.kic:<cid>"); XK_E_LIMIT when too long. out must hold
 * secret->n + KEYSTORE_OVERHEAD (XK_E_LIMIT); *out_n is set. Unseal: XK_E_AUTH when it was tampered
 * with, or sealed under another context or key; XK_E_FORMAT when it is no envelope. */
enum xk_err keystore_seal(struct keystore *ks, struct bytes context, const struct secret *secret,
                          uint8_t *out, size_t cap, size_t *out_n) XK_MUST_CHECK;
enum xk_err keystore_unseal(struct keystore *ks, struct bytes context, struct bytes sealed,
                            struct secret *out) XK_MUST_CHECK;

#endif
