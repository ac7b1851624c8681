/* SPDX-License-Identifier: Apache-2.0 */
/* One-time codes by time (RFC 6238 with HMAC-SHA-1, which every authenticator knows). */
#ifndef CRYPTO_TOTP_H
#define CRYPTO_TOTP_H

#include "base/buf.h"
#include "base/secret.h"

#define TOTP_SECRET_LEN 20
#define TOTP_DIGITS 6
#define TOTP_DIGITS_MAX 8
#define TOTP_STEP_MS 30000

/* RFC 4226 5.3: the code of this counter. XK_E_VALUE: digits is not 6 to 8. */
enum xk_err totp_code(const struct secret *secret, uint64_t counter, unsigned digits,
                      char out[TOTP_DIGITS_MAX + 1]) XK_MUST_CHECK;
/* RFC 6238 5.2: whether code is that of the step of now, the one before or the one after, and that
 * step is later than *last, the one of the last code that was good: then *last is it. */
enum xk_err totp_check(const struct secret *secret, struct bytes code, int64_t now, int64_t *last,
                       bool *good) XK_MUST_CHECK;
/* otpauth://totp/ISSUER:NAME?secret=BASE32&...: what an authenticator reads as a QR code. Both
 * texts have no characters that a URI would have to escape. */
enum xk_err totp_uri(const char *issuer, const char *name, const struct secret *secret,
                     struct buf *out) XK_MUST_CHECK;

#endif
