/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords of people, kept as scrypt (RFC 7914) of them under a salt of their own:
 *
 *     scrypt$log2(N)$r$p$salt$hash    salt and hash (64 bytes) in lower-case hexadecimal
 *
 * so that what is kept stays good when the cost is raised. New ones: N = 2^15, r = 8, p = 1, which
 * takes 32 MiB and some tens of milliseconds. */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/bytes.h"
#include "base/clock.h"

#define PASSWORD_HASH_TEXT 192

enum xk_err password_hash(struct bytes password, const struct xk_rand *rand,
                          char out[PASSWORD_HASH_TEXT]) XK_MUST_CHECK;
/* XK_E_FORMAT: hash is none of ours, or of a cost that is out of reason. */
enum xk_err password_check(struct bytes password, const char *hash, bool *same) XK_MUST_CHECK;

#endif
