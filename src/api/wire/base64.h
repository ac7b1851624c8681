/* SPDX-License-Identifier: Apache-2.0 */
/* base64 (RFC 4648 section 4) and base64url (section 5, without padding). */
#ifndef API_WIRE_BASE64_H
#define API_WIRE_BASE64_H

#include "base/buf.h"

void base64_put(struct buf *b, struct bytes data);
void base64url_put(struct buf *b, struct bytes data);
/* Strict: alphabet, padding, no line breaks. XK_E_FORMAT, XK_E_LIMIT. */
enum xk_err base64_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n) XK_MUST_CHECK;
enum xk_err base64url_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n) XK_MUST_CHECK;

#endif
