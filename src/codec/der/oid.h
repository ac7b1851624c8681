/* SPDX-License-Identifier: Apache-2.0 */
/* OBJECT IDENTIFIER contents (X.690 8.19) and dotted text. */
#ifndef CODEC_DER_OID_H
#define CODEC_DER_OID_H

#include "base/buf.h"

#define OID_MAX 32       /* bytes of contents that are written */
#define OID_TEXT_MAX 160 /* with the NUL */

/* "2.999.10" from contents. XK_E_FORMAT: no OID; XK_E_LIMIT: an arc over 2^63 or out too short. */
enum xk_err oid_text(struct bytes contents, char *out, size_t cap) XK_MUST_CHECK;
/* Contents from dotted text into out[OID_MAX]; *n is how many. XK_E_FORMAT or XK_E_LIMIT. */
enum xk_err oid_from_text(struct bytes text, uint8_t out[OID_MAX], size_t *n) XK_MUST_CHECK;

#endif
