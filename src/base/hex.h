/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text. Encodes upper case unless told; decodes either. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/buf.h"

/* Room for hex_encode of n bytes with its NUL. */
#define HEX_LEN(n) (2 * (n) + 1)

/* Writes 2*n digits and a NUL; out must hold HEX_LEN(b.n). Returns out. */
char *hex_encode(struct bytes b, char *out);
char *hex_encode_lower(struct bytes b, char *out);
void buf_put_hex(struct buf *b, struct bytes data);
/* Decodes all of text (even count, digits only) to out[cap]; *n is the byte count.
 * XK_E_FORMAT or XK_E_LIMIT. hex_decode_exact wants just n bytes. */
enum xk_err hex_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n) XK_MUST_CHECK;
enum xk_err hex_decode_exact(struct bytes text, uint8_t *out, size_t n) XK_MUST_CHECK;
/* The value of one digit, or -1. */
int hex_digit(char c);

#endif
